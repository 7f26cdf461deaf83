//! Limits: bounded room for requests, and clients who do not wait forever.

use serde_json::{Value, json};

use super::super::case::Case;
use super::super::quantity::*;
use super::one_station::{exponential, station};
use super::{RunLength, per_s, poisson, scenario, seconds};
use crate::stats::theory::{LimitedRoom, Mm1, PatienceInQueue, erlang_b};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![b04()];
    for (offered_load, workers) in [(8, 10), (20, 20), (3, 5)] {
        cases.push(b07(offered_load, workers, 3_200, "exp 100 ms", exponential("100ms")));
        cases.push(b07(offered_load, workers, 2_000, "100 ms each", json!("100ms")));
        let lognormal = json!({ "lognormal": { "mean": "100ms", "cv": 2 } });
        cases.push(b07(offered_load, workers, 6_500, "mean 100 ms, lognormal (cv² = 4)", lognormal));
    }
    cases.push(b10());
    cases.extend(b12());
    cases
}

fn b04() -> Case {
    let exact = LimitedRoom { arrival_rate: per_s(10.0), mean_service: 100.0, channels: 1, room: 10 };
    let policy = json!({ "sync": { "backlog": 9 } });
    RunLength { requests: 7_000, warm_up: seconds(100), precise: 5.0 }.case(
        "B04",
        "1 worker, at most 10 in system; 10 requests/s of exp 100 ms",
        scenario(json!([{ "compute": exponential("100ms") }]), poisson(10.0), 1, policy),
        "M/M/1/10: birth–death",
        &[(REJECTED, exact.rejected()), (RESPONSE_TIME, exact.mean_response_time())],
    )
}

fn b07(offered_load: u32, workers: u32, requests: u64, law: &str, service: Value) -> Case {
    let rate_per_s = f64::from(offered_load) * 10.0;
    let policy = json!({ "sync": { "workers": workers, "backlog": 0 } });
    RunLength { requests, warm_up: seconds(5), precise: 6.5 }.case(
        "B07",
        format!("{workers} workers, no queue; {rate_per_s} requests/s of {law}"),
        scenario(json!([{ "compute": service }]), poisson(rate_per_s), workers, policy),
        "M/G/c/c: Erlang B",
        &[(REJECTED, erlang_b(workers, f64::from(offered_load)))],
    )
}

fn b10() -> Case {
    let exact = PatienceInQueue { arrival_rate: per_s(0.8), mean_service: 1000.0, patience: 5000.0 };
    let mut scenario = station(exponential("1s"), poisson(0.8), 1);
    scenario["clients"] = json!({ "patience": "5s" });
    RunLength { requests: 5_000, warm_up: seconds(300), precise: 6.5 }.case(
        "B10",
        "1 worker; 0.8 requests/s of exp 1 s; who has waited 5 s in the queue leaves it",
        scenario,
        "M/M/1 with patience: workload density",
        &[(TIMED_OUT, exact.left()), (IDLE, exact.idle())],
    )
}

fn b12() -> [Case; 3] {
    let exact = Mm1 { arrival_rate: per_s(0.8), mean_service: 1000.0 };
    let late = |timeout_s: u32| exact.response_time_exceeds(f64::from(timeout_s) * 1000.0);
    let goodput = |timeout_s| (GOODPUT, 0.8 * (1.0 - late(timeout_s)));
    [
        given_up(2, 14_000, 1.0, &[goodput(2)]),
        given_up(5, 8_500, 4.0, &[(TIMED_OUT, late(5)), goodput(5), (UTILIZATION, exact.utilization())]),
        given_up(10, 5_000, 1.0, &[goodput(10)]),
    ]
}

fn given_up(timeout_s: u32, requests: u64, precise: f64, exact: &[(CaseQuantity, f64)]) -> Case {
    let mut scenario = station(exponential("1s"), poisson(0.8), 1);
    scenario["clients"] = json!({ "timeout": format!("{timeout_s}s") });
    RunLength { requests, warm_up: seconds(900), precise }.case(
        "B12",
        format!("1 worker; 0.8 requests/s of exp 1 s; clients give up after {timeout_s} s, the work goes on"),
        scenario,
        "M/M/1: the response time is exponential",
        exact,
    )
}
