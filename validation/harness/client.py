"""Open-loop clients: they send each request when it is due, regardless of earlier ones.

The latency of a request counts from when it was due until its last byte has arrived. The lateness of the client itself is
measured too: if it was late, the latencies say nothing about the server. There are two: this one, in Python, which opens a
connection for each request, and the light one of `client/`, which takes a tenth of its CPU time.
"""

import asyncio
import resource
import subprocess
import time


class Sent:
    def __init__(self, requests):
        self.latency_ms = [None] * requests
        self.late_ms = [0.0] * requests
        # The process that answered, if the application reports it.
        self.process = [None] * requests
        # When each was sent, entered and left, and when its first and last byte were there, if the application reports times.
        self.times = [None] * requests
        # CPU time of the client itself.
        self.cpu_s = 0.0
        # When the schedule began, in seconds since 1970.
        self.start = 0.0


async def one(index, due, path, port, timeout, sent):
    begun = time.perf_counter()
    sent.late_ms[index] = (begun - due) * 1000
    writer = None
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            answer = await reader.readuntil(b"\r\n\r\n")
            first_byte = time.perf_counter()
            headers = dict(line.lower().split(b":", 1) for line in answer.split(b"\r\n") if b":" in line)
            await reader.readexactly(int(headers[b"content-length"]))
        last_byte = time.perf_counter()
        if b"x-times" in headers:
            entered, left = (int(micros) / 1e6 for micros in headers[b"x-times"].split())
            sent.times[index] = {"sent": begun, "entered": entered, "left": left, "first_byte": first_byte, "last_byte": last_byte}
        if answer.split(b" ", 2)[1] == b"200":
            sent.latency_ms[index] = (last_byte - due) * 1000
            sent.process[index] = int(headers.get(b"x-process", 0)) or None
    except (OSError, TimeoutError, asyncio.IncompleteReadError, KeyError):
        pass
    finally:
        if writer:
            writer.close()


async def send(schedule, port, timeout=60.0):
    """Sends a schedule of (seconds after the start, path); returns latencies and how late each was sent, in ms."""
    sent = Sent(len(schedule))
    start = time.perf_counter() + 0.5
    sent.start = time.time() + 0.5
    tasks = []
    for index, (time_s, path) in enumerate(schedule):
        due = start + time_s
        # Sleeps end late, so the last two milliseconds are a busy wait.
        while (left := due - time.perf_counter()) > 0.002:
            await asyncio.sleep(left - 0.0015)
        while time.perf_counter() < due:
            await asyncio.sleep(0)
        tasks.append(asyncio.create_task(one(index, due, path, port, timeout, sent)))
    await asyncio.gather(*tasks)
    return sent


def cpu_seconds(whose):
    """CPU time so far, of this process or of its children that have ended."""
    used = resource.getrusage(whose)
    return used.ru_utime + used.ru_stime


def send_from_here(schedule, port):
    """Sends a schedule with this process as the client."""
    before = cpu_seconds(resource.RUSAGE_SELF)
    sent = asyncio.run(send(schedule, port))
    sent.cpu_s = cpu_seconds(resource.RUSAGE_SELF) - before
    return sent


def send_lightly(program, schedule, port, keeps_connections):
    """Sends a schedule with the light client."""
    lines = "".join(f"{time_s:.6f} {path}\n" for time_s, path in schedule)
    options = ["--keep-alive"] if keeps_connections else []
    before = cpu_seconds(resource.RUSAGE_CHILDREN)
    result = subprocess.run([program, str(port), *options], input=lines, capture_output=True, text=True, check=True)
    sent = Sent(len(schedule))
    sent.cpu_s = cpu_seconds(resource.RUSAGE_CHILDREN) - before
    sent.start = float(result.stderr.split()[1])
    number = lambda cell: None if cell == "-" else float(cell)
    for index, line in enumerate(result.stdout.splitlines()):
        latency, late, _, process = line.split(" ")
        sent.latency_ms[index], sent.late_ms[index] = number(latency), number(late)
        sent.process[index] = None if process == "-" else int(process)
    return sent
