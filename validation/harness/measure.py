"""Measures cases on this machine, on loopback only: `measure.py --out DIR [--only NAME …] [--repeats N]`.

Each case is a folder for `waitline replay`: case.json, requests.jsonl, observed_latency_ms.csv, summary.json. It is
written when the case is done, under a temporary name, and then renamed: an interrupted run leaves no incomplete case. Servers
run in their own process group, which is always ended. `--overhead` measures empty requests and suggests the
overhead of each product on this machine; `--schedules` writes the requests of each case without sending any, so that cases
can be predicted before they are measured.
"""

import argparse
import asyncio
import ctypes
import json
import math
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import client

HERE = Path(__file__).resolve().parent
APPS = HERE / "apps"
LONGEST_CASE_S = 120
MOST_REQUESTS = 20_000
# If the client itself was later than that for one percent of the requests, the latencies say little about the server.
LATEST_MS = 5


# --- What is sent -------------------------------------------------------------------------------------------------


def demand(phase, dice):
    """A phase is [kind, mean in ms, coefficient of variation]."""
    _, mean, cv = phase
    if cv == 0:
        return mean
    sigma = math.sqrt(math.log(1 + cv * cv))
    return round(dice.lognormvariate(math.log(mean) - sigma * sigma / 2, sigma), 3)


def arrivals(pattern, dice):
    """Seconds at which requests are sent."""
    if pattern["type"] == "periodic":
        return [index * pattern["period_s"] for index in range(pattern["n"])]
    if pattern["type"] == "burst":
        return [
            burst * pattern["every_s"] + index * 0.00005 for burst in range(pattern["bursts"]) for index in range(pattern["size"])
        ]
    times, now = [], 0.0
    while True:
        now += dice.expovariate(pattern["rate_per_s"])
        if now >= pattern["duration_s"]:
            return times
        times.append(now)


def schedule(case):
    dice = random.Random(case["seed"])
    names, weights = zip(*((name, spec["weight"]) for name, spec in case["classes"].items()))
    requests = []
    for time_s in arrivals(case["arrivals"], dice):
        name = dice.choices(names, weights)[0]
        demands = [demand(phase, dice) for phase in case["classes"][name]["phases"]]
        requests.append({"time_ms": round(time_s * 1000, 3), "class": name, "demands_ms": demands})
    if len(requests) > MOST_REQUESTS or requests[-1]["time_ms"] > LONGEST_CASE_S * 1000:
        sys.exit(f"{case['name']} is too long: at most {MOST_REQUESTS} requests in {LONGEST_CASE_S} s")
    return requests


def path(case, request):
    kinds = (phase[0] for phase in case["classes"][request["class"]]["phases"])
    letter = {"framework": "c", "compute": "c", "db": "d"}
    return "/" + "/".join(f"{letter[kind]}{ms}" for kind, ms in zip(kinds, request["demands_ms"]))


# --- What serves --------------------------------------------------------------------------------------------------


def command(application, port):
    (kind, options), *_ = application.items()
    bind = f"127.0.0.1:{port}"
    workers = str(options.get("workers", 1))
    python = [sys.executable, "-m"]
    if kind == "gunicorn":
        threads = ["--threads", str(options["threads"])] if "threads" in options else []
        sort = options.get("worker_class", "gthread" if threads else "sync")
        server = ["gunicorn", "-w", workers, "-k", sort, "-b", bind, "--worker-tmp-dir", "/dev/shm"]
        return python + server + ["--log-level", "warning", "--backlog", "2048", *threads, "wsgi_app:app"]
    if kind in ("uvicorn", "fastapi_threadpool"):
        app = "asgi_app:app" if kind == "uvicorn" else "fastapi_app:app"
        loop, http = options.get("loop", "asyncio"), options.get("http", "httptools")
        server = ["uvicorn", app, "--host", "127.0.0.1", "--port", str(port), "--loop", loop, "--http", http]
        return python + server + ["--no-access-log", "--log-level", "warning", "--workers", workers]
    if kind == "waitress":
        threads = options.get("threads", 4)
        return python + ["waitress", f"--listen={bind}", f"--threads={threads}", "wsgi_app:app"]
    if kind == "node":
        return ["node", "node_app.js", str(port)]
    sys.exit(f"`{kind}` cannot be measured")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            connection.settimeout(2)
            return connection.recv(15).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def confine(cores):
    """This process runs on these cores, and ends when its parent does, for whatever reason."""
    os.sched_setaffinity(0, cores)
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGTERM)


class Server:
    """A server on its own cores, ended with all its processes."""

    def __init__(self, case):
        self.case = case
        self.port = free_port()
        self.command = command(case["application"], self.port)

    def __enter__(self):
        cores = set(sorted(os.sched_getaffinity(0))[: self.case["cores"]])
        environment = {**os.environ, "PYTHONPATH": str(APPS), "PYTHONDONTWRITEBYTECODE": "1"}
        pool = self.case.get("db_pool")
        if pool:
            environment["POOL_SIZE"] = str(pool["size"])
            if "semaphore" not in pool["database"]:
                environment["DATABASE_URL"] = self.case["database_url"]
        self.process = subprocess.Popen(
            self.command, cwd=APPS, env=environment, start_new_session=True, preexec_fn=lambda: confine(cores)
        )
        until = time.monotonic() + 20
        while not answers(self.port):
            if self.process.poll() is not None or time.monotonic() > until:
                self.__exit__()
                sys.exit(f"{self.case['name']}: the server does not answer: {' '.join(self.command)}")
            time.sleep(0.1)
        time.sleep(0.5)
        return self

    def cpu_seconds(self):
        """CPU time of all processes of its session so far."""
        ticks = 0
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = entry.read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(fields[3]) == self.process.pid:
                ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def __exit__(self, *_):
        for end in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, end)
            except ProcessLookupError:
                break
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                continue
        self.process.wait()


# --- A case -------------------------------------------------------------------------------------------------------


def percentile(values, share):
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def summary(case, requests, sent, cpu_s, repeat):
    answered = [ms for ms in sent.latency_ms if ms is not None]
    letters = [phase[0] for spec in case["classes"].values() for phase in spec["phases"]]
    burned = sum(
        ms
        for request in requests
        for phase, ms in zip(case["classes"][request["class"]]["phases"], request["demands_ms"])
        if phase[0] != "db"
    )
    figures = {"n": len(answered), "mean": round(sum(answered) / len(answered), 3)} if answered else {"n": 0}
    for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)):
        if answered:
            figures[name] = round(percentile(answered, share), 3)
    return {
        "rep": repeat,
        "latency_ms": figures,
        "failed": len(sent.latency_ms) - len(answered),
        "client_late_ms": {
            "p50": round(percentile(sent.late_ms, 0.5), 3),
            "p99": round(percentile(sent.late_ms, 0.99), 3),
            "max": round(max(sent.late_ms), 3),
        },
        "overhead_cpu_ms_per_request": round((cpu_s * 1000 - burned) / len(requests), 3),
        "empty": not letters,
        **by_worker(sent),
    }


def workers(sent):
    """The number of the worker that answered each request, in the order in which they were started; empty if unknown."""
    numbers = {process: index + 1 for index, process in enumerate(sorted({one for one in sent.process if one}))}
    return [numbers.get(process) for process in sent.process]


def by_worker(sent):
    took = [worker for worker in workers(sent) if worker]
    return {"requests_by_worker": [took.count(worker + 1) for worker in range(max(took))]} if took else {}


def facts(case, server_command):
    versions = subprocess.run([sys.executable, "-m", "pip", "freeze"], capture_output=True, text=True).stdout.split()
    shown = {key: case[key] for key in ("application", "cores", "arrivals", "seed", "db_pool") if case.get(key)}
    return {
        **shown,
        "phases": {name: [phase[0] for phase in spec["phases"]] for name, spec in case["classes"].items()},
        "classes": {name: spec for name, spec in case["classes"].items()},
        "command": " ".join(server_command).replace(sys.executable, "python"),
        "versions": f"{sys.version.split()[0]} " + " ".join(versions),
        "machine": f"{os.cpu_count()} cores, {os.uname().sysname} {os.uname().release}",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
    }


def measure(case, repeats, out):
    requests = schedule(case)
    sending = [(request["time_ms"] / 1000, path(case, request)) for request in requests]
    runs, summaries = [], []
    # The client has the other cores, if there are any.
    mine = set(sorted(os.sched_getaffinity(0))[case["cores"] :]) or os.sched_getaffinity(0)
    all_cores = os.sched_getaffinity(0)
    for repeat in range(1, repeats + 1):
        with Server(case) as server:
            os.sched_setaffinity(0, mine)
            try:
                before = server.cpu_seconds()
                sent = asyncio.run(client.send(sending, server.port))
                time.sleep(0.3)
                cpu_s = server.cpu_seconds() - before
            finally:
                os.sched_setaffinity(0, all_cores)
        runs.append(sent)
        summaries.append(summary(case, requests, sent, cpu_s, repeat))
        print(f"{case['name']} repeat {repeat}: {json.dumps(summaries[-1])}", file=sys.stderr)
        if summaries[-1]["client_late_ms"]["p99"] > LATEST_MS:
            print(f"{case['name']} repeat {repeat}: the client was late, so the machine was not idle", file=sys.stderr)
    write(out / case["name"], case, requests, runs, summaries, server.command)
    return summaries


def write_schedule(folder, case, requests, server_command):
    lines = "".join(json.dumps(request, separators=(",", ":")) + "\n" for request in requests)
    (folder / "requests.jsonl").write_text(lines)
    (folder / "case.json").write_text(json.dumps(facts(case, server_command), indent=1) + "\n")


def table(repeats):
    """One line per request, one column per repeat; empty if unknown."""
    columns = list(repeats)
    lines = ["request," + ",".join(f"rep{index + 1}" for index in range(len(columns)))]
    for index, cells in enumerate(zip(*columns)):
        lines.append(f"{index + 1}," + ",".join("" if cell is None else str(cell) for cell in cells))
    return "\n".join(lines) + "\n"


def write(folder, case, requests, runs, summaries, server_command):
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
    try:
        write_schedule(part, case, requests, server_command)
        latencies = ([None if ms is None else f"{ms:.2f}" for ms in run.latency_ms] for run in runs)
        (part / "observed_latency_ms.csv").write_text(table(latencies))
        if any(any(run.process) for run in runs):
            (part / "observed_worker.csv").write_text(table(map(workers, runs)))
        (part / "summary.json").write_text(json.dumps(summaries, indent=1) + "\n")
        if folder.exists():
            shutil.rmtree(folder)
        part.chmod(0o755)
        part.rename(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


# --- Overhead -----------------------------------------------------------------------------------------------------


def empty(application):
    kind = next(iter(application))
    pattern = {"type": "periodic", "period_s": 0.02, "n": 400}
    classes = {"zero": {"weight": 1, "phases": []}}
    name = f"overhead_{kind}_{application[kind].get('worker_class', application[kind].get('loop', ''))}".rstrip("_")
    return {"name": name, "application": application, "cores": 1, "seed": 1, "arrivals": pattern, "classes": classes}


PRODUCTS = [
    {"gunicorn": {"worker_class": "sync", "workers": 1}},
    {"gunicorn": {"worker_class": "gthread", "workers": 1, "threads": 8}},
    {"uvicorn": {"workers": 1, "loop": "asyncio"}},
    {"uvicorn": {"workers": 1, "loop": "uvloop"}},
    {"fastapi_threadpool": {"workers": 1, "threads": 40}},
    {"waitress": {"threads": 8}},
    {"node": {"workers": 1}},
]


def suggest(application, summaries):
    """CPU of an empty request, a fifth more under load; split as it was on the machine of the presets."""
    cpu = sum(one["overhead_cpu_ms_per_request"] for one in summaries) / len(summaries) * 1.2
    before, response, after = (0.8, 0.1, 0.1) if "fastapi_threadpool" in application else (0.57, 0.17, 0.26)
    parts = {"before": before * cpu, "response": response * cpu, "after": after * cpu}
    kind = next(iter(application))
    overhead = {key: f"{value:.2f}ms" for key, value in parts.items()}
    print(json.dumps({kind: {**application[kind], "overhead": overhead}}))


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--only", nargs="*", default=[])
    arguments.add_argument("--repeats", type=int, default=2, choices=range(1, 6))
    arguments.add_argument("--overhead", action="store_true")
    arguments.add_argument("--schedules", action="store_true")
    arguments.add_argument("--database-url")
    chosen = arguments.parse_args()
    # A signal raises an exception, so that servers are ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if chosen.overhead:
        for application in PRODUCTS:
            if "node" in application and not shutil.which("node"):
                continue
            suggest(application, measure(empty(application), chosen.repeats, chosen.out))
        return
    cases = json.loads((HERE / "cases.json").read_text())
    unknown = set(chosen.only) - {case["name"] for case in cases}
    if unknown:
        sys.exit(f"no such case: {', '.join(sorted(unknown))}")
    for case in cases:
        if chosen.only and case["name"] not in chosen.only:
            continue
        if chosen.schedules:
            folder = chosen.out / case["name"]
            folder.mkdir(parents=True, exist_ok=True)
            write_schedule(folder, case, schedule(case), command(case["application"], 8000))
            continue
        if case.get("db_pool") and "semaphore" not in case["db_pool"]["database"]:
            if not chosen.database_url:
                print(f"{case['name']}: skipped, it needs --database-url", file=sys.stderr)
                continue
            case["database_url"] = chosen.database_url
        if "node" in case["application"] and not shutil.which("node"):
            print(f"{case['name']}: skipped, node is not installed", file=sys.stderr)
            continue
        measure(case, chosen.repeats, chosen.out)


if __name__ == "__main__":
    main()
