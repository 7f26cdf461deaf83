//! Processor sharing: all that are ready run at once, each as fast as its share of the cores; and queries that share a
//! backend.

use serde_json::{Value, json};

use super::super::case::Case;
use super::super::quantity::*;
use super::one_station::exponential;
use super::{RunLength, per_s, poisson, scenario, seconds};
use crate::stats::theory::{Mmc, birth_death, processor_sharing_response_time};

pub(super) fn cases() -> Vec<Case> {
    vec![
        c09(4.0, 40_000, "exp 200 ms", exponential("200ms")),
        c09(4.0, 17_000, "200 ms each", json!("200ms")),
        c09(3.0, 8_500, "exp 200 ms", exponential("200ms")),
        c09(3.0, 5_000, "200 ms each", json!("200ms")),
        c09(3.0, 13_500, "mean 200 ms, hyperexponential (cv² = 2)", hyperexponential()),
        c11(),
        c21(),
        c22(),
        c23(),
    ]
}

/// With enough threads for every request.
fn shared(service: Value, rate_per_s: f64, cores: u32) -> Value {
    let policy = json!({ "threaded": { "threads": 1000, "gil": false } });
    let mut scenario = scenario(json!([{ "compute": service }]), poisson(rate_per_s), cores, policy);
    scenario["machine"]["quantum"] = json!("processor_sharing");
    scenario
}

/// Mean 200 ms and mean square 0.12 s².
fn hyperexponential() -> Value {
    json!({ "hyperexponential": [{ "weight": 2, "mean": "100ms" }, { "weight": 1, "mean": "400ms" }] })
}

fn c09(rate_per_s: f64, requests: u64, law: &str, service: Value) -> Case {
    RunLength { requests, warm_up: seconds(300), precise: 1.0 }.case(
        "C09",
        format!("many threads share 1 core; {rate_per_s} requests/s of {law}"),
        shared(service, rate_per_s, 1),
        "M/G/1 processor sharing",
        &[(RESPONSE_TIME, processor_sharing_response_time(per_s(rate_per_s), 200.0))],
    )
}

/// The probability of more requests in the system is below 1e-50.
const TOP: u32 = 1000;

fn c11() -> Case {
    const MEAN_SERVICE: f64 = 1000.0 / 12.0;
    let exact = birth_death(TOP, |_| per_s(10.0), |number| f64::from(number.min(3)) / MEAN_SERVICE);
    let figure = |number: u32, name| (CaseQuantity::time_with(name, number), exact[number as usize]);
    RunLength { requests: 5_000, warm_up: seconds(10), precise: 6.5 }.case(
        "C11",
        "many threads share 3 cores; 10 requests/s of exp 1/12 s",
        shared(exponential("83.333333ms"), 10.0, 3),
        "M/M/3 processor sharing: birth–death",
        &[
            figure(0, "0 in system"),
            figure(1, "1 in system"),
            figure(2, "2 in system"),
            figure(3, "3 in system"),
            figure(4, "4 in system"),
        ],
    )
}

/// A loop whose requests do nothing except to query a database of that many units.
fn shared_backend(classes: Value, rate_per_s: f64, units: u32) -> Value {
    json!({
        "classes": classes,
        "arrivals": poisson(rate_per_s),
        "backends": { "db": { "concurrency": units, "sharing": true } },
        "policies": [{ "async": {} }],
    })
}

fn one_class(service: Value) -> Value {
    json!({ "request": { "phases": [{ "db": service }] } })
}

fn c21() -> Case {
    let exact = processor_sharing_response_time(per_s(4.0), 200.0);
    RunLength { requests: 40_000, warm_up: seconds(300), precise: 1.0 }.case(
        "C21",
        "queries share a database of 1 unit; 4 requests/s of exp 200 ms",
        shared_backend(one_class(exponential("200ms")), 4.0, 1),
        "M/M/1 processor sharing",
        &[(RESPONSE_TIME, exact)],
    )
}

/// The mean response time of a query is proportional to its demand: x / (1 − ρ).
fn c22() -> Case {
    let classes = json!({
        "short": { "weight": 2, "phases": [{ "db": "100ms" }] },
        "long": { "weight": 1, "phases": [{ "db": "400ms" }] },
    });
    RunLength { requests: 13_500, warm_up: seconds(300), precise: 1.0 }.case(
        "C22",
        "queries share a database of 1 unit; 3 requests/s of 100 ms (2 of 3) or 400 ms",
        shared_backend(classes, 3.0, 1),
        "M/G/1 processor sharing: x / (1 − ρ)",
        &[(SHORT_RESPONSE_TIME, 100.0 / 0.4), (LONG_RESPONSE_TIME, 400.0 / 0.4)],
    )
}

fn c23() -> Case {
    let exact = Mmc { arrival_rate: per_s(12.0), mean_service: 200.0, channels: 3 };
    RunLength { requests: 35_000, warm_up: seconds(100), precise: 1.0 }.case(
        "C23",
        "queries share a database of 3 units; 12 requests/s of exp 200 ms",
        shared_backend(one_class(exponential("200ms")), 12.0, 3),
        "M/M/3 processor sharing: the mean of M/M/3",
        &[(RESPONSE_TIME, exact.mean_response_time())],
    )
}
