"""Measures cases on this machine, on loopback only: `measure.py --out DIR [--only NAME …] [--repeats N]`.

Each case is a folder for `waitline replay`: case.json, requests.jsonl, observed_latency_ms.csv, summary.json. It is
written when the case is done, under a temporary name, and then renamed: an interrupted run leaves no incomplete case. Servers
run in their own process groups, which are always ended. `--overhead` measures empty requests and suggests the
overhead of each product on this machine; `--schedules` writes the requests of each case without sending any, so that cases
can be predicted before they are measured.
"""

import argparse
import json
import math
import os
import random
import shutil
import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

import client
import servers
from servers import Server, kind_of

HERE = Path(__file__).resolve().parent
LONGEST_CASE_S = 120
MOST_REQUESTS = 20_000
# If the client itself was later than that for one percent of the requests, the latencies say little about the server.
LATEST_MS = 5
# What the light client takes for a request, in predictions made before it is measured.
LIGHT_CPU_MS = 0.2
# Rounds of warming up agree if the server's CPU time per request differs by less.
AGREE = 0.05
MOST_ROUNDS = 6


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
    if pattern["type"] == "pairs":
        return [index // 2 * pattern["period_s"] for index in range(pattern["n"])]
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
    if case.get("reports_times"):
        return "/t"
    return "/" + "/".join(f"{letter[kind]}{ms}" for kind, ms in zip(kinds, request["demands_ms"]))


# --- A case -------------------------------------------------------------------------------------------------------


def percentile(values, share):
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def burned_ms(case, requests):
    """What the requests ask the application to compute."""
    return sum(
        ms
        for request in requests
        for phase, ms in zip(case["classes"][request["class"]]["phases"], request["demands_ms"])
        if phase[0] != "db"
    )


def summary(case, requests, sent, used, repeat):
    """`used` is what the server was seen to use: CPU seconds of each part, idle CPU seconds per second, rounds of warming up;
    and when it first counted its idle children."""
    answered = [ms for ms in sent.latency_ms if ms is not None]
    letters = [phase[0] for spec in case["classes"].values() for phase in spec["phases"]]
    figures = {"n": len(answered), "mean": round(sum(answered) / len(answered), 3)} if answered else {"n": 0}
    for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)):
        if answered:
            figures[name] = round(percentile(answered, share), 3)
    per_request = lambda seconds: round(seconds * 1000 / len(requests), 3)
    return {
        "rep": repeat,
        "latency_ms": figures,
        "failed": len(sent.latency_ms) - len(answered),
        "client_late_ms": {
            "p50": round(percentile(sent.late_ms, 0.5), 3),
            "p99": round(percentile(sent.late_ms, 0.99), 3),
            "max": round(max(sent.late_ms), 3),
        },
        "client_cpu_ms_per_request": per_request(sent.cpu_s),
        "overhead_cpu_ms_per_request": per_request(sum(used["parts"].values()) - burned_ms(case, requests) / 1000),
        "empty": not letters,
        "cpu_ms_by_part_per_request": {name: per_request(seconds) for name, seconds in used["parts"].items()},
        "idle_cpu_ms_per_s": round(used["idle"] * 1000, 2),
        **({"warm_up_rounds": used["rounds"]} if used["rounds"] else {}),
        **({"first_count_ms": used["first_count_ms"]} if used["first_count_ms"] is not None else {}),
        **by_worker(sent),
    }


def workers(sent):
    """The number of the worker that answered each request, in the order in which they were started; empty if unknown."""
    numbers = {process: index + 1 for index, process in enumerate(sorted({one for one in sent.process if one}))}
    return [numbers.get(process) for process in sent.process]


def by_worker(sent):
    took = [worker for worker in workers(sent) if worker]
    return {"requests_by_worker": [took.count(worker + 1) for worker in range(max(took))]} if took else {}


def is_shared(case):
    """Whether the client has no core of its own."""
    return len(os.sched_getaffinity(0)) <= case["cores"]


def facts(case, command, cpu_ms):
    """What case.json says; `cpu_ms` is what the client takes for a request."""
    shown = {key: case[key] for key in ("application", "cores", "arrivals", "seed", "db_pool") if case.get(key)}
    warm_up = servers.WARM_UPS.get(kind_of(case["application"]))
    return {
        **shown,
        "phases": {name: [phase[0] for phase in spec["phases"]] for name, spec in case["classes"].items()},
        "classes": {name: spec for name, spec in case["classes"].items()},
        "client": {
            "program": case.get("client", "light"),
            "connections": "kept" if case.get("keep_alive") else "new",
            "cores": "shared" if is_shared(case) else "own",
            "cpu_ms": cpu_ms,
        },
        "command": command,
        "versions": servers.versions(kind_of(case["application"])),
        "machine": f"{os.cpu_count()} cores, {os.uname().sysname} {os.uname().release}",
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        **({"warm_up": warm_up} if warm_up else {}),
    }


def send(case, requests, server):
    """Sends requests with the client of the case, which has the cores that the server has not, if there are any."""
    all_cores = os.sched_getaffinity(0)
    sending = [(request["time_ms"] / 1000, path(case, request)) for request in requests]
    os.sched_setaffinity(0, set(sorted(all_cores)[case["cores"] :]) or all_cores)
    try:
        if case.get("client", "light") == "light":
            return client.send_lightly(case["light_client"], sending, server.port, bool(case.get("keep_alive")))
        return client.send_from_here(sending, server.port)
    finally:
        os.sched_setaffinity(0, all_cores)


def total(cpu_seconds):
    return sum(cpu_seconds.values())


def warm_up(case, server):
    """Sends requests until two rounds in a row take the same CPU time. Returns the number of rounds."""
    pattern = servers.WARM_UPS.get(kind_of(case["application"]))
    if not pattern or case.get("cold"):
        return 0
    warming = {**case, "name": "warm-up", **pattern, "keep_alive": False}
    requests, last = schedule(warming), None
    for rounds in range(1, MOST_ROUNDS + 1):
        before = total(server.cpu_seconds())
        send(warming, requests, server)
        took = total(server.cpu_seconds()) - before
        if last and abs(took - last) <= AGREE * last:
            return rounds
        last = took
    print(f"{case['name']}: still not warm after {MOST_ROUNDS} rounds", file=sys.stderr)
    return MOST_ROUNDS


def repeat_once(case, requests, out):
    """Starts the server, sends the requests, ends it. Returns what was sent, what the server used, and its command."""
    with Server(case, out) as server:
        rounds = warm_up(case, server)
        idle = total(server.cpu_seconds())
        time.sleep(1)
        before = server.cpu_seconds()
        idle = total(before) - idle
        sent = send(case, requests, server)
        time.sleep(0.3)
        parts = {name: seconds - before[name] for name, seconds in server.cpu_seconds().items()}
        used = {"parts": parts, "idle": idle, "rounds": rounds, "first_count_ms": server.first_count_ms(sent.start)}
        return sent, used, server.command()


def as_it_ran(application, summaries):
    """The application with when it first counted its idle children: chance decides that, and a prediction needs it."""
    counts = [one["first_count_ms"] for one in summaries if "first_count_ms" in one]
    if not counts:
        return application
    kind = kind_of(application)
    return {kind: {**application[kind], "first_count": f"{statistics.median(counts)}ms"}}


def measure(case, repeats, out):
    requests = schedule(case)
    runs, summaries = [], []
    for repeat in range(1, repeats + 1):
        sent, used, command = repeat_once(case, requests, out)
        runs.append(sent)
        summaries.append(summary(case, requests, sent, used, repeat))
        print(f"{case['name']} repeat {repeat}: {json.dumps(summaries[-1])}", file=sys.stderr)
        if summaries[-1]["client_late_ms"]["p99"] > LATEST_MS:
            print(f"{case['name']} repeat {repeat}: the client was late, so the machine was not idle", file=sys.stderr)
    cpu_ms = round(statistics.mean(one["client_cpu_ms_per_request"] for one in summaries), 3)
    case = {**case, "application": as_it_ran(case["application"], summaries)}
    write(out / case["name"], case, requests, runs, summaries, facts(case, command, cpu_ms))
    return summaries


def write_schedule(folder, requests, case_facts):
    lines = "".join(json.dumps(request, separators=(",", ":")) + "\n" for request in requests)
    (folder / "requests.jsonl").write_text(lines)
    (folder / "case.json").write_text(json.dumps(case_facts, indent=1) + "\n")


def table(repeats):
    """One line per request, one column per repeat; empty if unknown."""
    columns = list(repeats)
    lines = ["request," + ",".join(f"rep{index + 1}" for index in range(len(columns)))]
    for index, cells in enumerate(zip(*columns)):
        lines.append(f"{index + 1}," + ",".join("" if cell is None else str(cell) for cell in cells))
    return "\n".join(lines) + "\n"


def write(folder, case, requests, runs, summaries, case_facts):
    folder.parent.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=folder.parent))
    try:
        write_schedule(part, requests, case_facts)
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
    kind = kind_of(application)
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
    {"puma": {"workers": 1, "threads": 5}},
    {"go": {}},
    {"tomcat": {"threads": 20}},
    {"php_fpm": {"pm": "static", "max_children": 6}},
]


def suggest(application, summaries):
    """CPU of an empty request, a fifth more under load; split as it was on the machine of the presets."""
    cpu = sum(one["overhead_cpu_ms_per_request"] for one in summaries) / len(summaries) * 1.2
    before, response, after = (0.8, 0.1, 0.1) if "fastapi_threadpool" in application else (0.57, 0.17, 0.26)
    parts = {"before": before * cpu, "response": response * cpu, "after": after * cpu}
    kind = kind_of(application)
    overhead = {key: f"{value:.2f}ms" for key, value in parts.items()}
    print(json.dumps({kind: {**application[kind], "overhead": overhead}}))


# --- The split of the overhead ------------------------------------------------------------------------------------

# With one thread, the second of two requests that are sent at once is taken when all work for the first is done.
ONE_AT_A_TIME = [
    {"puma": {"workers": 1, "threads": 1}},
    {"go": {}},
    {"tomcat": {"threads": 1}},
    {"php_fpm": {"pm": "static", "max_children": 1}},
]


def split(application, repeats, out):
    """How the overhead divides: from pairs of requests, the application says when each was entered and left."""
    kind = kind_of(application)
    pattern = {"type": "pairs", "period_s": 0.04, "n": 300}
    case = {**empty(application), "name": f"split_{kind}", "arrivals": pattern, "client": "python", "reports_times": True}
    requests = schedule(case)
    for repeat in range(1, repeats + 1):
        sent, used, _ = repeat_once(case, requests, out)
        ordered = sorted((times for times in sent.times if times), key=lambda times: times["entered"])
        pairs = [(first, second) for first, second in zip(ordered, ordered[1:]) if second["sent"] - first["sent"] < 0.01]
        median = lambda values: round(statistics.median(values) * 1000, 3)
        print(json.dumps({
            "application": application,
            "rep": repeat,
            "pairs": len(pairs),
            "sent_to_entered_ms": median(first["entered"] - first["sent"] for first, _ in pairs),
            "left_to_first_byte_ms": median(first["first_byte"] - first["left"] for first, _ in pairs),
            "left_to_last_byte_ms": median(first["last_byte"] - first["left"] for first, _ in pairs),
            "last_byte_to_next_entered_ms": median(second["entered"] - first["last_byte"] for first, second in pairs),
            "left_to_next_entered_ms": median(second["entered"] - first["left"] for first, second in pairs),
            "cpu_ms_per_request": round(total(used["parts"]) * 1000 / len(requests), 3),
        }))


# --- The command --------------------------------------------------------------------------------------------------


def why_skipped(case, chosen):
    """Why a case cannot be measured here, if it cannot."""
    missing = servers.missing(case["application"])
    if missing:
        return f"{', '.join(missing)} not installed"
    if case.get("client", "light") == "light" and not chosen.light_client:
        return "it needs --light-client"
    if case.get("db_pool") and "semaphore" not in case["db_pool"]["database"] and not chosen.database_url:
        return "it needs --database-url"
    return None


def prepared(case, chosen):
    return {**case, "database_url": chosen.database_url, "light_client": chosen.light_client}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--only", nargs="*", default=[], help="names of cases, or their beginnings")
    parser.add_argument("--repeats", type=int, default=2, choices=range(1, 6))
    parser.add_argument("--overhead", action="store_true")
    parser.add_argument("--split", action="store_true")
    parser.add_argument("--schedules", action="store_true")
    parser.add_argument("--smoke", action="store_true", help="a few requests of each case, to see whether everything starts and ends")
    parser.add_argument("--missing", action="store_true", help="only cases that have not been measured yet")
    parser.add_argument("--database-url")
    parser.add_argument("--light-client", type=Path)
    return parser.parse_args()


def chosen_cases(only):
    cases = json.loads((HERE / "cases.json").read_text())
    unknown = [name for name in only if not any(case["name"].startswith(name) for case in cases)]
    if unknown:
        sys.exit(f"no such case: {', '.join(sorted(unknown))}")
    return [case for case in cases if not only or any(case["name"].startswith(name) for name in only)]


def all_overheads(chosen):
    for application in PRODUCTS:
        case = prepared(empty(application), chosen)
        if not why_skipped(case, chosen) and (not chosen.only or kind_of(application) in chosen.only):
            suggest(application, measure(case, chosen.repeats, chosen.out))


def smaller(case):
    """The beginning of a case."""
    arrivals = {**case["arrivals"], **{key: few for key, few in (("duration_s", 1), ("n", 20), ("bursts", 1)) if key in case["arrivals"]}}
    return {**case, "arrivals": arrivals, "cold": True}


def main():
    chosen = arguments()
    # A signal raises an exception, so that servers are ended too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if chosen.overhead:
        return all_overheads(chosen)
    if chosen.split:
        for application in ONE_AT_A_TIME:
            if not servers.missing(application):
                split(application, chosen.repeats, chosen.out)
        return None
    for case in chosen_cases(chosen.only):
        case = prepared(smaller(case) if chosen.smoke else case, chosen)
        if chosen.schedules:
            folder = chosen.out / case["name"]
            folder.mkdir(parents=True, exist_ok=True)
            write_schedule(folder, schedule(case), facts(case, "", LIGHT_CPU_MS))
            continue
        if chosen.missing and (chosen.out / case["name"]).exists():
            continue
        reason = why_skipped(case, chosen)
        if reason:
            print(f"{case['name']}: skipped, {reason}", file=sys.stderr)
            continue
        measure(case, chosen.repeats, chosen.out)
    return None


if __name__ == "__main__":
    main()
