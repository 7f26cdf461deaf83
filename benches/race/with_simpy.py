"""The five workloads in SimPy: prints mean and p99 of the response times in seconds.

    python with_simpy.py w1 100000
"""

import random
import sys

import simpy

PHASES = [("cpu", 0.002), ("db", 0.020), ("cpu", 0.003), ("db", 0.060), ("cpu", 0.005)]
# Arrivals per second, requests in progress at once, cores, phases.
WORKLOADS = {
    "w1": (0.9, None, 1, [("cpu", 1.0)]),
    "w2": (7.2, None, 8, [("cpu", 1.0)]),
    "w3a": (71.1, 8, 8, PHASES),
    "w3b": (80.0, None, 1, PHASES),
    "w3c": (80.0, 32, 1, PHASES),
}


def main(workload, requests):
    rate, taken_at_once, core_count, phases = WORKLOADS[workload]
    draw = random.Random(1).expovariate
    env = simpy.Environment()
    cores = simpy.Resource(env, core_count)
    slots = simpy.Resource(env, taken_at_once) if taken_at_once else None
    times = []

    def serve():
        for kind, mean in phases:
            if kind == "cpu":
                with cores.request() as core:
                    yield core
                    yield env.timeout(draw(1 / mean))
            else:
                yield env.timeout(draw(1 / mean))

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
            env.process(request())

    env.process(arrivals())
    env.run()
    times.sort()
    print(sum(times) / len(times), times[-(-len(times) * 99 // 100) - 1])


main(sys.argv[1], int(sys.argv[2]))
