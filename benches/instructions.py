#!/usr/bin/env python3
"""Instructions per request, counted by valgrind: figures that do not depend on other load on the machine.

    benches/instructions.py               counts all workloads and compares with the last row of the history
    benches/instructions.py w1 lock       only these
    benches/instructions.py --check       the same as the first, and fails if one grew by more than 3 %
    benches/instructions.py --store "what changed"                           adds a row to the history
    benches/instructions.py --store "what changed" --grows "why it is worth it"
    benches/instructions.py --program OLD counts another build

The history is `benches/instructions.json`, with a row for each change of the engine. A row in which a workload grew by more
than 3 % says why. The workloads are those of `benches/scenarios` (without those that are about memory) and the web shop, all
policies together; of the lecture the whole run of the program is counted. Needs valgrind; builds the release first.
"""

import argparse
import datetime
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HISTORY = ROOT / "benches" / "instructions.json"
PROGRAM = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release" / "waitline"
FOLDERS = {"web_shop": "scenarios", "lecture": "scenarios"}
WORKLOADS = ["w1", "w2", "w3a", "w3b", "w3c", "w4", "w5", "pool", "lock", "quanta", *FOLDERS]
# The difference of two runs excludes what a run costs before its first request and after its last.
FEW, MANY = 300_000, 600_000
TOLERANCE = 0.03


def instructions(program, workload, requests=None):
    """Instructions of a run of the program."""
    scenario = ROOT / FOLDERS.get(workload, "benches/scenarios") / f"{workload}.json"
    with tempfile.TemporaryDirectory() as folder:
        valgrind = ["valgrind", "--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]
        options = ["--jobs", "1", "--no-charts", "--quiet", "--timeline", "0", "--out", folder]
        length = [] if requests is None else ["--set", f"run.requests={requests}"]
        command = [*valgrind, program, "run", scenario, *options, *length]
        found = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    count = re.search(r"refs: *([\d,]+)", found.stderr)
    if found.returncode != 0 or count is None:
        raise SystemExit(f"{command} failed:\n{found.stderr}")
    return int(count[1].replace(",", ""))


def per_request(program, workload):
    if workload == "lecture":
        return instructions(program, workload)
    few, many = (instructions(program, workload, requests) for requests in (FEW, MANY))
    return (many - few) // (MANY - FEW)


def rustc():
    return subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workloads", nargs="*", metavar="WORKLOAD", help=", ".join(WORKLOADS))
    parser.add_argument("--program", help="counts this program instead of building one")
    parser.add_argument("--check", action="store_true", help="fails if a workload grew by more than 3 %%")
    parser.add_argument("--store", metavar="CHANGE", help="adds a row to the history: what changed")
    parser.add_argument("--grows", metavar="REASON", help="why a workload may cost more than before")
    options = parser.parse_args()
    if unknown := set(options.workloads) - set(WORKLOADS):
        parser.error(f"no such workload: {', '.join(sorted(unknown))}; there are {', '.join(WORKLOADS)}")
    if options.store and options.workloads:
        parser.error("a row of the history has all workloads")
    if not options.program:
        subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    program = options.program or PROGRAM
    history = json.loads(HISTORY.read_text()) if HISTORY.exists() else []
    last = history[-1] if history else {"rustc": rustc(), "instructions": {}}
    if last["rustc"] != rustc():
        print(f"the last row was counted with rustc {last['rustc']}, this one with {rustc()}", file=sys.stderr)
    workloads = options.workloads or WORKLOADS
    counts, grown = {}, []
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as threads:
        for workload, count in zip(workloads, threads.map(lambda workload: per_request(program, workload), workloads)):
            counts[workload] = count
            before = last["instructions"].get(workload)
            change = f"{count / before - 1:+.1%}" if before else ""
            print(f"{workload:9}{count:>12,} {change:>7}", flush=True)
            if before and count > before * (1 + TOLERANCE):
                grown.append(workload)
    if options.store:
        if grown and not options.grows:
            raise SystemExit(f"{', '.join(grown)} grew by more than 3 %: say why with --grows")
        row = {"date": datetime.date.today().isoformat(), "rustc": rustc(), "change": options.store}
        row |= {"grows": options.grows} if grown else {}
        rows = [*history, row | {"instructions": counts}]
        HISTORY.write_text("[\n" + ",\n".join(map(json.dumps, rows)) + "\n]\n")
    elif options.check and grown:
        raise SystemExit(
            f"{', '.join(grown)} grew by more than 3 %: make it cheaper, or add a row to {HISTORY.relative_to(ROOT)} that says"
            ' why (benches/instructions.py --store "what changed" --grows "why it is worth it")'
        )


main()
