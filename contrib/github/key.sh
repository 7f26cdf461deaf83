#!/usr/bin/env bash
# The key of the cache: a hash of the sources of this action. None if waitline is on the PATH, because then nothing is built.
# (`hashFiles` of a workflow sees only files of the workspace, and the action is outside.)
set -euo pipefail

command -v waitline >/dev/null && exit 0
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
sum() {
    if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi
}
key="$({ cat Cargo.toml Cargo.lock; find src -type f | LC_ALL=C sort | while IFS= read -r file; do echo "$file" && cat "$file"; done; } | sum)"
echo "key=${key%% *}" >>"$GITHUB_OUTPUT"
