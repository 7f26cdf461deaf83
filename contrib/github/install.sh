#!/usr/bin/env bash
# Puts `waitline` on the PATH of the steps that follow: the one that is there already, the one of an earlier run (cached in
# the folder named by the first argument), or one built from the sources of this action.
set -euo pipefail

root=$1
sources="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"

if command -v waitline >/dev/null; then
    waitline --version
    exit 0
fi
if [ ! -x "$root/bin/waitline" ]; then
    command -v cargo >/dev/null || {
        echo "::error::waitline is not installed and there is no cargo to build it: install Rust, or waitline, in an earlier step"
        exit 2
    }
    cargo install --locked --quiet --path "$sources" --root "$root"
fi
"$root/bin/waitline" --version
echo "$root/bin" >>"$GITHUB_PATH"
