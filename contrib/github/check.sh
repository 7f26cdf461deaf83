#!/usr/bin/env bash
# Runs `waitline check` on $SCENARIOS: annotations and the step's summary, reports in files, and the exit code as an output.
# Fails by itself only if it is used wrongly: judge.sh fails, once the comment is written.
# Written for bash 3.2, which macOS has.
set -euo pipefail

undecided=()
case "$FAIL_ON" in
worse | error | nothing) ;;
undecided) undecided=(--undecided fail) ;;
*)
    echo "::error::fail-on is \`$FAIL_ON\`; it must be worse, undecided, error or nothing"
    exit 2
    ;;
esac

# One glob a line; names may hold spaces. Arguments are words.
files=()
while IFS= read -r glob; do
    glob="$(sed 's/^[[:space:]]*//; s/[[:space:]]*$//' <<<"$glob")"
    [ -n "$glob" ] || continue
    before=${#files[@]}
    while IFS= read -r file; do files+=("$file"); done < <(compgen -G "$glob" | LC_ALL=C sort)
    if [ "${#files[@]}" -eq "$before" ]; then
        echo "::error::no file matches \`$glob\`"
        exit 2
    fi
done <<<"$SCENARIOS"
if [ "${#files[@]}" -eq 0 ]; then
    echo "::error::scenarios is empty; it must name files, such as scenarios/*.json"
    exit 2
fi
IFS=' ' read -r -a arguments <<<"${ARGUMENTS:-}"

report="$RUNNER_TEMP/waitline.md"
junit="$RUNNER_TEMP/waitline.xml"
rm -f "$report" "$junit"
code=0
waitline check "${files[@]}" ${undecided[@]+"${undecided[@]}"} ${arguments[@]+"${arguments[@]}"} --format github \
    --export "markdown=$report" --export "junit=$junit" || code=$?
{
    echo "exit-code=$code"
    [ ! -f "$report" ] || echo "report=$report"
    [ ! -f "$junit" ] || echo "junit=$junit"
} >>"$GITHUB_OUTPUT"
