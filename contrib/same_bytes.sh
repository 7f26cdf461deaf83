#!/usr/bin/env bash
# same_bytes.sh ALONE SHARED NAME: merges what shards wrote into the folder SHARED, and compares with what one machine printed
# (ALONE.json) and wrote into the folder ALONE. For the tests of the recipes.
set -euo pipefail
alone="$1" shared="$2" name="$3"
waitline merge "$shared" --format json > merged.json
cmp "$alone.json" merged.json
for file in sweep.json sweep.svg; do
    cmp "$alone/$name/$file" "$shared/$name/$file"
done
sha256sum "$alone.json" merged.json "$alone/$name/sweep.svg" "$shared/$name/sweep.svg"
echo "the same bytes"
