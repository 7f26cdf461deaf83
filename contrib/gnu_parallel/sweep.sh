#!/bin/sh
# The shares of a sweep, one process each, on this machine or with --sshlogin on several that see one folder.
#   ./sweep.sh 8 shop.json --vary workers=1..64
set -eu
of=$1
shift
seq "$of" | parallel --retries 3 --quote waitline sweep "$@" --out big --quiet --jobs 1 --shard "{}/$of"
exec waitline merge big
