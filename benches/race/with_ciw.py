"""The workloads that Ciw supports as queueing networks (w1, w2): prints mean and p99 of the response times in seconds.

    python with_ciw.py w1 100000
"""

import sys

import ciw

WORKLOADS = {"w1": (0.9, 1), "w2": (7.2, 8)}


def main(workload, requests):
    rate, workers = WORKLOADS[workload]
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=rate)],
        service_distributions=[ciw.dists.Exponential(rate=1.0)],
        number_of_servers=[workers],
    )
    ciw.seed(1)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(requests, method="Finish")
    times = sorted(record.exit_date - record.arrival_date for record in simulation.get_all_records())
    print(sum(times) / len(times), times[-(-len(times) * 99 // 100) - 1])


main(sys.argv[1], int(sys.argv[2]))
