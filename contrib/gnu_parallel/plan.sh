#!/bin/sh
# A plan in rounds: the shares, one process each, on this machine or with --sshlogin on several that see one folder, until nothing
# is missing. Prints the plan and ends with its exit code.
#   ./plan.sh 8 shop.json --slo "p99 < 250ms"
set -eu
of=$1
shift
printed=$(mktemp)
trap 'rm -f "$printed"' EXIT
while :; do
    seq "$of" | parallel --retries 3 --quote waitline plan "$@" --out big --quiet --jobs 1 --shard "{}/$of"
    code=0
    waitline merge big > "$printed" || code=$?
    # Exit code 3 without a plan: units are missing. With one: it decides nothing.
    if [ "$code" -ne 3 ] || [ -s "$printed" ]; then
        cat "$printed"
        exit "$code"
    fi
done
