"""The workloads in SimPy: prints mean and p99 of the response times in seconds.

    python with_simpy.py w1 100000
"""

import random
import sys
from collections import deque

import simpy

PHASES = [("cpu", 0.002), ("db", 0.020), ("cpu", 0.003), ("db", 0.060), ("cpu", 0.005)]
# Arrivals per second, requests in progress at once, cores, phases.
WORKLOADS = {
    "w1": (0.9, None, 1, [("cpu", 1.0)]),
    "w2": (7.2, None, 8, [("cpu", 1.0)]),
    "w3a": (71.1, 8, 8, PHASES),
    "w3b": (80.0, None, 1, PHASES),
    "w3c": (80.0, 32, 1, PHASES),
    "w4": (64.0, 8, 2, PHASES),
    "w5": (213.0, 8, 4, PHASES),
}
# How long a burst keeps its core while others wait for one; how many workers with a lock each there are, and how long a
# request waits for the lock before it takes it over.
QUANTUM = {"w4": 0.004}
WORKERS = {"w5": 4}
SWITCH_INTERVAL = 0.005


class Lock:
    """The lock of a worker; bursts are [time left, when they began to run, event at the end]."""

    def __init__(self, env):
        self.env, self.running, self.ready, self.turns, self.in_progress = env, None, deque(), 0, 0

    def run(self, duration):
        """An event at the end of a burst."""
        done = self.env.event()
        self.ready.append([duration, None, done])
        if self.running is None:
            self.begin_turn()
        elif len(self.ready) == 1:
            self.after(SWITCH_INTERVAL, self.hand_over)
        return done

    def after(self, delay, action):
        turn = self.turns
        timeout = self.env.timeout(delay)
        timeout.callbacks.append(lambda _: action() if self.turns == turn else None)

    def begin_turn(self):
        self.turns += 1
        self.running = self.ready.popleft()
        self.running[1] = self.env.now
        self.after(self.running[0], self.end)
        if self.ready:
            self.after(SWITCH_INTERVAL, self.hand_over)

    def end(self):
        if self.running is None:
            return
        self.running[2].succeed()
        self.running = None
        if self.ready:
            self.begin_turn()

    def hand_over(self):
        if self.running is None or not self.ready:
            return
        self.running[0] -= self.env.now - self.running[1]
        self.ready.append(self.running)
        self.begin_turn()


def main(workload, requests):
    rate, taken_at_once, core_count, phases = WORKLOADS[workload]
    quantum = QUANTUM.get(workload)
    draw = random.Random(1).expovariate
    env = simpy.Environment()
    cores = simpy.Resource(env, core_count)
    slots = simpy.Resource(env, taken_at_once) if taken_at_once else None
    locks = [Lock(env) for _ in range(WORKERS.get(workload, 0))]
    backlog = deque()
    times = []

    def burst(left):
        while left > 0:
            with cores.request() as core:
                yield core
                while left > 0:
                    part = min(left, quantum or left)
                    yield env.timeout(part)
                    left -= part
                    if cores.queue:
                        break

    def serve():
        for kind, mean in phases:
            if kind == "cpu":
                yield from burst(draw(1 / mean))
            else:
                yield env.timeout(draw(1 / mean))

    def serve_in(lock):
        for kind, mean in phases:
            yield lock.run(draw(1 / mean)) if kind == "cpu" else env.timeout(draw(1 / mean))

    def request_of_worker():
        arrival = env.now
        lock = min(locks, key=lambda lock: lock.in_progress)
        if lock.in_progress < taken_at_once:
            lock.in_progress += 1
        else:
            backlog.append(env.event())
            lock = yield backlog[-1]
        yield from serve_in(lock)
        if backlog:
            backlog.popleft().succeed(lock)
        else:
            lock.in_progress -= 1
        times.append(env.now - arrival)

    def request():
        arrival = env.now
        if slots is None:
            yield from serve()
        else:
            with slots.request() as slot:
                yield slot
                yield from serve()
        times.append(env.now - arrival)

    def arrivals():
        for _ in range(requests):
            yield env.timeout(draw(rate))
            env.process(request_of_worker() if locks else request())

    env.process(arrivals())
    env.run()
    times.sort()
    print(sum(times) / len(times), times[-(-len(times) * 99 // 100) - 1])


main(sys.argv[1], int(sys.argv[2]))
