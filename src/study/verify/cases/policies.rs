//! The three policies on one class of requests: CPU work, then a query.

use serde_json::{Value, json};

use super::super::case::Case;
use super::super::quantity::*;
use super::{RunLength, per_s, poisson, scenario, seconds};
use crate::stats::theory::{Mg1, Mm1, ThreadPoolQueue};

/// Mean times of a request.
const CPU_MS: f64 = 20.0;
const DB_MS: f64 = 80.0;

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![d01()];
    cases.extend([(8.0, 36_000, 20), (20.0, 8_000, 20), (30.0, 36_000, 70)].map(|load| threaded("D02", 4, load)));
    cases.extend(
        [(8.0, 1_000, 5), (20.0, 1_000, 10), (30.0, 40_000, 10), (40.0, 38_000, 30)]
            .map(|load| threaded("D03", 8, load)),
    );
    cases.push(threaded("D04", 16, (40.0, 245_000, 30)));
    cases.extend([(8.0, 1_000, 2), (20.0, 1_000, 2), (30.0, 3_000, 5), (40.0, 12_000, 30)].map(d05));
    cases.extend([(20.0, 8_500, 5), (30.0, 10_000, 15)].map(d06));
    cases
}

/// Requests of exp 20 ms on the CPU, then exp 80 ms in the database.
fn request() -> Value {
    json!([{ "compute": { "exponential": "20ms" } }, { "db": { "exponential": "80ms" } }])
}

fn system(policy: &str, rate_per_s: f64) -> String {
    format!("{policy}; {rate_per_s} requests/s of exp 20 ms CPU + exp 80 ms db")
}

fn d01() -> Case {
    let mean_service = CPU_MS + DB_MS;
    let squared_cv = (CPU_MS.powi(2) + DB_MS.powi(2)) / mean_service.powi(2);
    let exact = Mg1 { arrival_rate: per_s(8.0), mean_service, squared_cv };
    RunLength { requests: 27_000, warm_up: seconds(90), precise: 1.5 }.case(
        "D01",
        system("sync, 1 worker", 8.0),
        scenario(request(), poisson(8.0), 1, json!({ "sync": {} })),
        "M/G/1: Pollaczek–Khinchine",
        &[(RESPONSE_TIME, exact.mean_response_time()), (RARE_WAITING_TIME, exact.mean_waiting_time())],
    )
}

fn threaded(id: &'static str, threads: u32, (rate_per_s, requests, warm_up): (f64, u64, u64)) -> Case {
    let policy = json!({ "threaded": { "threads": threads, "switch_interval": "none" } });
    let plan = RunLength { requests, warm_up: seconds(warm_up), precise: 6.5 };
    let system = system(&format!("threaded, {threads} threads, GIL"), rate_per_s);
    let scenario = scenario(request(), poisson(rate_per_s), 1, policy);
    thread_pool(plan, id, system, scenario, pool(rate_per_s, threads, 1))
}

fn d06((rate_per_s, requests, warm_up): (f64, u64, u64)) -> Case {
    let policy = json!({ "threaded": { "threads": 4, "gil": false } });
    let plan = RunLength { requests, warm_up: seconds(warm_up), precise: 6.5 };
    let system = system("threaded, 4 threads, no GIL, 4 cores", rate_per_s);
    let scenario = scenario(request(), poisson(rate_per_s), 4, policy);
    thread_pool(plan, "D06", system, scenario, pool(rate_per_s, 4, 4))
}

fn pool(rate_per_s: f64, threads: u32, running_at_once: u32) -> ThreadPoolQueue {
    let arrival_rate = per_s(rate_per_s);
    ThreadPoolQueue { arrival_rate, mean_cpu: CPU_MS, mean_backend: DB_MS, threads, running_at_once }
}

/// Where fewer requests have to wait for a thread, their wait is not looked at: it would take too many requests.
const NOTABLE: f64 = 0.01;

fn thread_pool(plan: RunLength, id: &'static str, system: String, scenario: Value, pool: ThreadPoolQueue) -> Case {
    let exact = pool.means();
    let figures = [
        (RESPONSE_TIME, exact.response_time),
        (RARE_WAITING_TIME, exact.waiting_time),
        (MUST_WAIT, exact.waiting_probability),
    ];
    let looked_at = if exact.waiting_probability < NOTABLE { &figures[..1] } else { &figures };
    plan.case(id, system, scenario, "Markov chain of the thread pool", looked_at)
}

fn d05((rate_per_s, requests, warm_up): (f64, u64, u64)) -> Case {
    let exact = Mm1 { arrival_rate: per_s(rate_per_s), mean_service: CPU_MS };
    RunLength { requests, warm_up: seconds(warm_up), precise: 1.0 }.case(
        "D05",
        system("async, 1 loop", rate_per_s),
        scenario(request(), poisson(rate_per_s), 1, json!({ "async": {} })),
        "M/M/1, then a delay (Jackson)",
        &[(RESPONSE_TIME, exact.mean_response_time() + DB_MS)],
    )
}
