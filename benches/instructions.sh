#!/bin/sh
# Instructions per request for the scenarios in benches/scenarios, counted by valgrind's callgrind: figures that do not
# depend on other load on the machine. Needs valgrind; builds the release first.
#
#   benches/instructions.sh              all scenarios
#   benches/instructions.sh w1 lock      only these
#   benches/instructions.sh > before.txt; ...; benches/instructions.sh | diff before.txt -
set -eu
cd "$(dirname "$0")/.."
cargo build --release --quiet
program=${CARGO_TARGET_DIR:-target}/release/waitline
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# Instructions of a run of scenario $1 with $2 requests.
count() {
    valgrind --tool=callgrind --callgrind-out-file="$out/callgrind" "$program" run "benches/scenarios/$1.json" \
        --set "run.requests=$2" --no-charts --quiet --timeline 0 --out "$out" 2>&1 >/dev/null |
        sed -n 's/.*refs: *//p' | tr -d ,
}

[ $# -gt 0 ] || set -- $(basename -s .json benches/scenarios/*.json)
for scenario in "$@"; do
    # The difference excludes the cost of a run before its first request and after its last.
    few=$(count "$scenario" 300000)
    many=$(count "$scenario" 600000)
    echo "$scenario $(((many - few) / 300000))"
done
