#!/usr/bin/env python3
"""Times the workloads in waitline and in other simulators, on this machine, in one run: prints a Markdown table.

    benches/race/race.py            everything; needs cargo, python3 with venv, and the network once
    benches/race/race.py --rounds 5

Each program runs in its own process. Its CPU time (user and system) with few requests is subtracted from that with many, so
that start-up, reading a scenario and the short runs that waitline adds near saturation do not count. Programs take turns in
rounds, and the median is shown; the fastest runs indicate how much the machine was disturbed.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
WORKLOADS = ["w1", "w2", "w3a", "w3b", "w3c", "w4", "w5"]


def environment():
    """A Python with the pinned packages."""
    folder = ROOT / "target" / "race"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", HERE / "requirements.txt"], check=True)
    return python


def rust_programs():
    """The folder of the programs in `rust`, built with the pinned crates."""
    target = ROOT / "target" / "race-rust"
    options = ["--release", "--locked", "--quiet", "--target-dir", target]
    subprocess.run(["cargo", "build", *options], cwd=HERE / "rust", check=True)
    return target / "release"


def cpu_seconds(command):
    """The output of a program, and the CPU time it takes."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen([str(part) for part in command], stdout=output, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            raise SystemExit(f"{command} failed")
        output.seek(0)
        return output.read(), usage.ru_utime + usage.ru_stime


class Waitline:
    name, few, many = "waitline", 100_000, 2_100_000
    workloads = WORKLOADS
    program = ROOT / "target" / "release" / "waitline"

    def run(self, workload, requests):
        with tempfile.TemporaryDirectory() as folder:
            scenario = ROOT / "benches" / "scenarios" / f"{workload}.json"
            options = ["--set", f"run.requests={requests}", "--format", "json", "--no-charts", "--quiet", "--out", folder]
            text, seconds = cpu_seconds([self.program, "run", scenario, *options])
        times = json.loads(text)["policies"][0]["response_time_ms"]
        return times["mean"] / 1000, times["p99"] / 1000, seconds


class Other:
    def __init__(self, name, command, few, many, workloads=WORKLOADS):
        self.name, self.command, self.few, self.many, self.workloads = name, command, few, many, workloads

    def run(self, workload, requests):
        text, seconds = cpu_seconds([*self.command, workload, requests])
        mean, p99 = map(float, text.split())
        return mean, p99, seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    subprocess.run(["cargo", "build", "--release", "--quiet"], cwd=ROOT, check=True)
    rust = rust_programs()
    python = environment()
    racers = [
        Waitline(),
        Other("simcore 0.1.0", [rust / "with_simcore"], 100_000, 2_100_000),
        Other("NeXosim 1.0.0", [rust / "with_nexosim"], 100_000, 2_100_000),
        Other("SimPy 4.1.2", [python, HERE / "with_simpy.py"], 1_000, 31_000),
        Other("Ciw 3.2.7", [python, HERE / "with_ciw.py"], 1_000, 31_000, ["w1", "w2"]),
    ]
    print(f"{platform.machine()}, {os.cpu_count()} CPUs, {platform.system()} {platform.release()}; medians of {rounds} rounds\n")
    print("| workload | program | requests | mean, s | p99, s | CPU ns per request | fastest |")
    print("| --- | --- | --: | --: | --: | --: | --: |")
    for workload in WORKLOADS:
        spent = {racer.name: ([], []) for racer in racers}
        last = {}
        for _ in range(rounds):
            for racer in racers:
                if workload in racer.workloads:
                    _, _, before = racer.run(workload, racer.few)
                    mean, p99, after = racer.run(workload, racer.many)
                    spent[racer.name][0].append(before)
                    spent[racer.name][1].append(after)
                    last[racer.name] = (racer, mean, p99)
        for name, (racer, mean, p99) in last.items():
            few, many = spent[name]
            costs = [(after - before) / (racer.many - racer.few) * 1e9 for before, after in zip(few, many)]
            median, fastest = statistics.median(costs), (min(many) - min(few)) / (racer.many - racer.few) * 1e9
            columns = [workload, name, f"{racer.many:,}", f"{mean:.4g}", f"{p99:.4g}", f"{median:,.0f}", f"{fastest:,.0f}"]
            print("|", " | ".join(columns), "|", flush=True)


main()
