#!/usr/bin/env bash
# A Dask scheduler and two workers over loopback, of which one is killed: the merged bytes are those of one machine.
# Needs Python with venv, and a package index; WAITLINE is the program [default: waitline], PYTHON an environment that has dask.
set -euo pipefail
waitline=$(command -v "${WAITLINE:-waitline}")
recipe=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
pids=()
trap 'kill -9 "${pids[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
cd "$work"
if [ -z "${PYTHON:-}" ]; then
    python3 -m venv env && env/bin/pip install --quiet "dask[distributed]"
    PYTHON=$work/env/bin/python
fi
mkdir bin; ln -s "$waitline" bin/waitline; export PATH=$work/bin:$PATH
waitline init > shop.json
sweep=(sweep shop.json --vary "arrivals=x0.5..x1.5:0.1" --set "run.requests=${REQUESTS:-20000}")
waitline "${sweep[@]}" --out alone --format json > alone.json 2>/dev/null
"$PYTHON" -m distributed.cli.dask_scheduler --host 127.0.0.1 --port 28786 --no-dashboard 2> scheduler.err & pids+=($!)
sleep 3
worker() { setsid "$PYTHON" -m distributed.cli.dask_worker tcp://127.0.0.1:28786 --nworkers 1 --nthreads 1 --no-dashboard --no-nanny "$@"; }
worker --name one 2> one.err & pids+=($!)
worker --name two 2> two.err & two=$!; pids+=("$two")
sleep 3
"$PYTHON" "$recipe/sweep.py" tcp://127.0.0.1:28786 6 "${sweep[@]}" --out big & client=$!; pids+=("$client")
for _ in $(seq 300); do [ "$(ls big/shop/units 2>/dev/null | wc -l)" -ge 8 ] && break; sleep 0.1; done
# With all that it has started.
kill -9 -- "-$two" 2>/dev/null || pkill -9 -P "$two" || true
kill -9 "$two" 2>/dev/null || true
echo "a worker is killed after $(ls big/shop/units | wc -l) units"
wait "$client"
"$recipe/../same_bytes.sh" alone big shop
