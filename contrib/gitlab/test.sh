#!/usr/bin/env bash
# Runs the recipe with gitlab-ci-local, on this machine: the merged bytes are those of one machine.
# Needs git, rsync, and npx with a registry; WAITLINE is the program [default: waitline].
set -euo pipefail
waitline=$(command -v "${WAITLINE:-waitline}")
recipe=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin" "$work/project"
ln -s "$waitline" "$work/bin/waitline"
export PATH=$work/bin:$PATH
cd "$work/project"
waitline init > shop.json
cp "$recipe/shards.gitlab-ci.yml" .gitlab-ci.yml
git init --quiet
git remote add origin https://gitlab.example.com/group/project.git
git add --all
git -c user.name=test -c user.email=test@example.com commit --quiet --message test
npx --yes gitlab-ci-local@4.60.1 --shell-executor-no-image
waitline sweep shop.json --vary workers=1..64 --out alone --quiet
for file in sweep.json sweep.svg; do
    cmp "alone/shop/$file" "big/shop/$file"
done
sha256sum alone/shop/* big/shop/sweep.*
echo "the same bytes"
