#!/usr/bin/env python3
"""Cost of an event as a scenario grows: CPU ns for each phase start and end, as Markdown tables.

    cargo build --release && benches/growth.py

Events are those counted in `results.json`. The CPU time of a short run is subtracted from that of a long one, so that start-up
and reading the scenario do not count; the median of three pairs is shown. "Looking ahead" is a scenario in which nothing can
intervene; "step by step" is the same with clients that would give up after eleven days, which none of them does.
"""

import json
import os
import statistics
import subprocess
import tempfile
from pathlib import Path

PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", Path(__file__).parent.parent / "target")) / "release" / "waitline"
ROUNDS = 3


def run(scenario, requests):
    """Events, CPU seconds, and the maximum number of requests in flight."""
    scenario = {**scenario, "run": {"requests": requests, "seed": 1, "max_in_flight": 10_000_000}}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scenario.json"
        file.write_text(json.dumps(scenario))
        options = ["--format", "json", "--no-charts", "--quiet", "--timeline", "0", "--out", folder]
        with open(Path(folder) / "out", "w+") as out:
            process = subprocess.Popen([PROGRAM, "run", file, *options], stdout=out, stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            if status != 0:
                raise SystemExit(f"waitline failed on {json.dumps(scenario)}")
            out.seek(0)
            policy = json.load(out)["policies"][0]
    return policy["events"], usage.ru_utime + usage.ru_stime, policy["in_system"]["max"]


def cost(scenario, many=1_000_000):
    pairs = []
    for _ in range(ROUNDS):
        (few_events, few_s, _), (events, seconds, in_system) = run(scenario, many // 10), run(scenario, many)
        pairs.append((seconds - few_s) / (events - few_events) * 1e9)
    return statistics.median(pairs), in_system


def scenario(phases, rate, workers=1, classes=1):
    return {
        "classes": {f"class{number}": {"phases": phases} for number in range(classes)},
        "arrivals": {"poisson": f"{rate}/s"},
        "machine": {"cores": workers},
        "policies": [{"async": {"workers": workers}}],
    }


def step_by_step(scenario):
    return {**scenario, "clients": {"timeout": "1000000s"}}


def table(name, rows):
    """Rows of (label, scenario, requests); without a label, the maximum number of requests in flight is shown."""
    print(f"\n| {name} | looking ahead | step by step |\n| --: | --: | --: |")
    for label, made, many in rows:
        (ahead, _), (steps, in_system) = cost(made, many), cost(step_by_step(made), many)
        print(f"| {label or in_system:,} | {ahead:.0f} | {steps:.0f} |", flush=True)


def page(wait_s):
    return [{"compute": {"exponential": "1ms"}}, {"db": {"exponential": f"{wait_s}s"}}]


def alternating(count):
    return [{kind: {"exponential": f"{8 / count}ms"}} for kind in ["compute", "db"] * (count // 2)]


def main():
    table("maximum in flight", [
        (None, scenario(page(wait), 500), max(1_000_000, int(2500 * wait))) for wait in [0.02, 0.2, 2, 20, 200, 2000]
    ])
    table("classes", [(n, scenario(page(0.02), 500, classes=n), 1_000_000) for n in [1, 10, 100, 1000]])
    table("phases", [(n, scenario(alternating(n), 125), 4_000_000 // n) for n in [2, 8, 32, 128]])
    table("workers", [(n, scenario(page(0.02), 500 * n, workers=n), 1_000_000) for n in [1, 4, 16, 64, 256]])


main()
