#!/usr/bin/env bash
# Turns the exit code of `waitline check` into that of the step, as $FAIL_ON asks.
set -euo pipefail

code=${EXIT_CODE:-}
[ -n "$code" ] || exit 2
case "$FAIL_ON" in
nothing) exit 0 ;;
error) if [ "$code" -eq 1 ]; then exit 0; else exit "$code"; fi ;;
*) exit "$code" ;;
esac
