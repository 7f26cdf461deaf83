#!/usr/bin/env bash
# Writes $REPORT as a comment on pull request $PULL_REQUEST, or updates the comment that an earlier run wrote under the same
# $TITLE. A token that may not comment, as that of a fork, is a warning: the summary of the step has the report, too.
set -euo pipefail

MARKER="<!-- waitline: $TITLE -->"
export MARKER
# A comment has at most 65,536 characters.
most=60000
body="$RUNNER_TEMP/waitline-comment.md"
{
    printf '%s\n## %s\n\n' "$MARKER" "$TITLE"
    head -c "$most" "$REPORT"
    if [ "$(wc -c <"$REPORT")" -gt "$most" ]; then
        printf '\n\n…\n\nThe report is longer than a comment may be; the summary of the step has all of it.\n'
    fi
} | { iconv -f utf-8 -t utf-8 -c || true; } >"$body"

comments="repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments"
write() {
    earlier="$(gh api --paginate "$comments" --jq '.[] | select(.body | startswith(env.MARKER)) | .id')" || return
    earlier="${earlier%%$'\n'*}"
    if [ -n "$earlier" ]; then
        gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$earlier" --field "body=@$body" >/dev/null
    else
        gh api --method POST "$comments" --field "body=@$body" >/dev/null
    fi
}
write || echo "::warning::the comment could not be written; the job needs the permission \`pull-requests: write\`, which pull requests from forks do not get"
