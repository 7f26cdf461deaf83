//! Closed systems: each of a fixed number of users thinks, sends a request and waits for its answer.

use serde_json::{Value, json};

use super::super::case::{Case, CaseMethod, ExactFigure, Length, Sampled};
use super::super::quantity::*;
use super::one_station::exponential;
use super::{counted, in_per_s, scenario, seconds};
use crate::stats::theory::{MachineRepair, ServiceCenter, mean_value_analysis};

pub(super) fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> =
        [0.25, 0.5].into_iter().flat_map(|share| THREADS.map(|threads| d07(share, threads))).collect();
    cases.push(e01());
    cases.extend([(10, 2000, 3, 500, 2_500), (50, 1000, 8, 100, 300), (20, 4000, 1, 200, 9_500)].map(e03));
    cases.push(e51());
    cases
}

/// Few and long replications: the requests in the system at the ends of the measured time, which the throughput
/// misses, must be few compared with all others.
const REPLICATIONS: u64 = 20;

struct ClosedRunLength {
    duration_s: u64,
    warm_up_s: u64,
}

impl ClosedRunLength {
    fn case(
        self,
        id: &'static str,
        system: String,
        scenario: Value,
        formula: &'static str,
        exact: &[(CaseQuantity, f64)],
    ) -> Case {
        let trial = CaseMethod::Sampled(Sampled {
            replications: REPLICATIONS,
            length: Length::Duration(seconds(self.duration_s)),
            precise: 1.0,
            warm_up: seconds(self.warm_up_s),
            figures: exact.iter().map(|&(quantity, exact)| ExactFigure { quantity, exact }).collect(),
        });
        Case { id, system, formula, scenario, trial }
    }
}

fn users(count: u32, think: Value) -> Value {
    json!({ "users": { "count": count, "think": think } })
}

const THREADS: [u32; 6] = [1, 2, 3, 5, 8, 16];

/// A worker that is never short of requests: twice as many users as threads, who do not think. To its threads it is a
/// closed system of that many requests, which go from the GIL to the database and back.
fn d07(waiting: f64, threads: u32) -> Case {
    let (cpu, db) = (100.0 * (1.0 - waiting), 100.0 * waiting);
    let exact = MachineRepair { users: threads, mean_think: db, channels: 1, mean_service: cpu };
    let phases = json!([
        { "compute": exponential(&format!("{cpu}ms")) },
        { "db": exponential(&format!("{db}ms")) },
    ]);
    let policy = json!({ "threaded": { "threads": threads, "switch_interval": "none" } });
    let scenario = scenario(phases, users(2 * threads, json!("0ms")), 1, policy);
    ClosedRunLength { duration_s: 500, warm_up_s: 0 }.case(
        "D07",
        format!(
            "{} under a GIL, never short of requests of exp {cpu} ms CPU + exp {db} ms db",
            counted(threads, "thread")
        ),
        scenario,
        "machine repair: the threads go round",
        &[(THROUGHPUT, in_per_s(exact.throughput())), (TIME_IN_SLOT, exact.mean_response_time() + db)],
    )
}

fn station(users_count: u32, think_ms: u32, workers: u32, service_ms: u32) -> (MachineRepair, String, Value) {
    let exact = MachineRepair {
        users: users_count,
        mean_think: f64::from(think_ms),
        channels: workers,
        mean_service: f64::from(service_ms),
    };
    let in_words = counted(workers, "worker");
    let system =
        format!("{users_count} users who think exp {think_ms} ms; {in_words}, requests of exp {service_ms} ms");
    let scenario = scenario(
        json!([{ "compute": exponential(&format!("{service_ms}ms")) }]),
        users(users_count, exponential(&format!("{think_ms}ms"))),
        workers,
        json!({ "sync": { "workers": workers } }),
    );
    (exact, system, scenario)
}

fn e01() -> Case {
    let (exact, system, scenario) = station(4, 1000, 2, 1000);
    ClosedRunLength { duration_s: 20_000, warm_up_s: 20 }.case(
        "E01",
        system,
        scenario,
        "machine repair",
        &[
            (THROUGHPUT, in_per_s(exact.throughput())),
            (RESPONSE_TIME, exact.mean_response_time()),
            (WAITING_TIME, exact.mean_waiting_time()),
        ],
    )
}

fn e03((users, think_ms, workers, service_ms, duration_s): (u32, u32, u32, u32, u64)) -> Case {
    let (exact, system, scenario) = station(users, think_ms, workers, service_ms);
    ClosedRunLength { duration_s, warm_up_s: 50 }.case(
        "E03",
        system,
        scenario,
        "machine repair",
        &[(THROUGHPUT, in_per_s(exact.throughput())), (RESPONSE_TIME, exact.mean_response_time())],
    )
}

fn e51() -> Case {
    let exact =
        mean_value_analysis(&[ServiceCenter::Queue(20.0), ServiceCenter::Queue(30.0), ServiceCenter::Delay(200.0)], 10);
    let phases = json!([{ "compute": exponential("20ms") }, { "db": exponential("30ms") }]);
    let mut scenario = scenario(phases, users(10, exponential("200ms")), 1, json!({ "async": {} }));
    scenario["backends"] = json!({ "db": { "concurrency": 1 } });
    let response_time = exact.residence_times[0] + exact.residence_times[1];
    ClosedRunLength { duration_s: 500, warm_up_s: 5 }.case(
        "E51",
        "10 users who think exp 200 ms; async, exp 20 ms CPU + exp 30 ms in a db that runs one query at a time"
            .to_owned(),
        scenario,
        "mean value analysis",
        &[(THROUGHPUT, in_per_s(exact.throughput)), (RESPONSE_TIME, response_time)],
    )
}
