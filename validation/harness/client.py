"""An open-loop client: sends each request when it is due, regardless of earlier ones.

Each request has its own connection, and its latency counts from when it was due until its last byte has arrived. The
lateness of the client itself is measured too: if it was late, the latencies say nothing about the server.
"""

import asyncio
import time


class Sent:
    def __init__(self, requests):
        self.latency_ms = [None] * requests
        self.late_ms = [0.0] * requests
        # The process that answered, if the application reports it.
        self.process = [None] * requests


async def one(index, due, path, port, timeout, sent):
    sent.late_ms[index] = (time.perf_counter() - due) * 1000
    writer = None
    try:
        async with asyncio.timeout(timeout):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            answer = await reader.readuntil(b"\r\n\r\n")
            headers = dict(line.lower().split(b":", 1) for line in answer.split(b"\r\n") if b":" in line)
            await reader.readexactly(int(headers[b"content-length"]))
        if answer.split(b" ", 2)[1] == b"200":
            sent.latency_ms[index] = (time.perf_counter() - due) * 1000
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
