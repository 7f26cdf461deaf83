//! One station: requests that only compute, and workers each with a core of its own.

use serde_json::{Value, json};

use super::super::case::Case;
use super::super::quantity::*;
use super::{RunLength, per_s, poisson, scenario, seconds};
use crate::stats::theory::{GiM1, Mg1, Mm1, Mmc};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = vec![a01(), a02(), a04(), a07(), a10(), a11()];
    cases.extend([(0.5, 8_500, 40), (0.8, 23_000, 600), (0.9, 87_000, 2000)].map(a12));
    let erlang = json!({ "erlang": { "stages": 4, "mean": "1s" } });
    cases.push(a14("Erlang of 4 stages (cv² = 1/4)", erlang, 0.25, 39_000, 600));
    cases.push(a14("exponential (cv² = 1)", exponential("1s"), 1.0, 50_000, 900));
    cases.push(a14("hyperexponential (cv² = 4)", hyperexponential(), 4.0, 150_000, 2500));
    cases.extend([a51(), a52()]);
    cases
}

/// Workers that each serve one request at a time on a core of its own, from one queue.
pub(super) fn station(service: Value, arrivals: Value, workers: u32) -> Value {
    scenario(json!([{ "compute": service }]), arrivals, workers, json!({ "sync": { "workers": workers } }))
}

pub(super) fn exponential(mean: &str) -> Value {
    json!({ "exponential": mean })
}

const EXPONENTIAL_RESPONSE: &str = "M/M/1: the response time is exponential";

fn a01() -> Case {
    let exact = Mm1 { arrival_rate: per_s(30.0), mean_service: 15.0 };
    RunLength { requests: 15_000, warm_up: seconds(2), precise: 2.3 }.case(
        "A01",
        "1 worker; 30 requests/s of exp 15 ms",
        station(exponential("15ms"), poisson(30.0), 1),
        EXPONENTIAL_RESPONSE,
        &[
            (RESPONSE_TIME, exact.mean_response_time()),
            (WAITING_TIME, exact.mean_waiting_time()),
            (IN_SYSTEM, exact.mean_in_system()),
            (RESPONSE_TIME_P50, exact.response_time_percentile(0.5)),
            (RESPONSE_TIME_P90, exact.response_time_percentile(0.9)),
            (RESPONSE_TIME_P95, exact.response_time_percentile(0.95)),
            (RESPONSE_TIME_P99, exact.response_time_percentile(0.99)),
            (WAITING_TIME_P95, exact.waiting_time_percentile(0.95)),
            (WAITING_TIME_P99, exact.waiting_time_percentile(0.99)),
        ],
    )
}

fn a02() -> Case {
    let exact = Mm1 { arrival_rate: per_s(0.75), mean_service: 1000.0 };
    RunLength { requests: 38_000, warm_up: seconds(600), precise: 3.0 }.case(
        "A02",
        "1 worker; 0.75 requests/s of exp 1 s",
        station(exponential("1s"), poisson(0.75), 1),
        EXPONENTIAL_RESPONSE,
        &[
            (RESPONSE_TIME, exact.mean_response_time()),
            (WAITING_TIME, exact.mean_waiting_time()),
            (IN_SYSTEM, exact.mean_in_system()),
            (RESPONSE_TIME_P99, exact.response_time_percentile(0.99)),
        ],
    )
}

fn a04() -> Case {
    let exact = Mmc { arrival_rate: per_s(1.0), mean_service: 800.0, channels: 3 };
    RunLength { requests: 70_000, warm_up: seconds(20), precise: 1.0 }.case(
        "A04",
        "3 workers; 1 request/s of exp 0.8 s",
        station(exponential("800ms"), poisson(1.0), 3),
        "M/M/3: Erlang C",
        &[
            (WAITING_TIME, exact.mean_waiting_time()),
            (RESPONSE_TIME, exact.mean_response_time()),
            (MUST_WAIT, exact.waiting_probability()),
        ],
    )
}

fn a07() -> Case {
    let exact = Mmc { arrival_rate: per_s(9.0), mean_service: 200.0, channels: 2 };
    RunLength { requests: 125_000, warm_up: seconds(400), precise: 6.0 }.case(
        "A07",
        "2 workers; 9 requests/s of exp 0.2 s",
        station(exponential("200ms"), poisson(9.0), 2),
        "M/M/2: Erlang C",
        &[(RESPONSE_TIME, exact.mean_response_time()), (WAITING_TIME_P99, exact.waiting_time_percentile(0.99))],
    )
}

fn a10() -> Case {
    let exact = Mmc { arrival_rate: per_s(80.0), mean_service: 100.0, channels: 10 };
    RunLength { requests: 165_000, warm_up: seconds(10), precise: 2.0 }.case(
        "A10",
        "10 workers, one queue; 80 requests/s of exp 100 ms",
        station(exponential("100ms"), poisson(80.0), 10),
        "M/M/10: Erlang C",
        &[
            (RESPONSE_TIME, exact.mean_response_time()),
            (WAITING_TIME, exact.mean_waiting_time()),
            (MUST_WAIT, exact.waiting_probability()),
            (WAITING_TIME_P95, exact.waiting_time_percentile(0.95)),
            (WAITING_TIME_P99, exact.waiting_time_percentile(0.99)),
        ],
    )
}

fn a11() -> Case {
    let exact = Mm1 { arrival_rate: per_s(8.0), mean_service: 100.0 };
    let policy = json!({ "sync": { "workers": 10, "dispatch": "random" } });
    RunLength { requests: 40_000, warm_up: seconds(90), precise: 6.5 }.case(
        "A11",
        "10 workers, each request bound to a random one; 80 requests/s of exp 100 ms",
        scenario(json!([{ "compute": exponential("100ms") }]), poisson(80.0), 10, policy),
        "ten M/M/1: the response time is exponential",
        &[(RESPONSE_TIME, exact.mean_response_time()), (RESPONSE_TIME_P99, exact.response_time_percentile(0.99))],
    )
}

fn a12((rate_per_s, requests, warm_up): (f64, u64, u64)) -> Case {
    let exact = Mg1::constant(per_s(rate_per_s), 1000.0);
    RunLength { requests, warm_up: seconds(warm_up), precise: 1.0 }.case(
        "A12",
        format!("1 worker; {rate_per_s} requests/s of 1 s each"),
        station(json!("1s"), poisson(rate_per_s), 1),
        "M/D/1: Pollaczek–Khinchine",
        &[(WAITING_TIME, exact.mean_waiting_time())],
    )
}

fn a14(law: &str, service: Value, squared_cv: f64, requests: u64, warm_up: u64) -> Case {
    let exact = Mg1 { arrival_rate: per_s(0.8), mean_service: 1000.0, squared_cv };
    RunLength { requests, warm_up: seconds(warm_up), precise: 1.0 }.case(
        "A14",
        format!("1 worker; 0.8 requests/s of mean 1 s, {law}"),
        station(service, poisson(0.8), 1),
        "M/G/1: Pollaczek–Khinchine",
        &[(WAITING_TIME, exact.mean_waiting_time())],
    )
}

/// Mean 1 s and mean square 5 s².
fn hyperexponential() -> Value {
    json!({ "hyperexponential": [{ "weight": 8, "mean": "250ms" }, { "weight": 3, "mean": "3s" }] })
}

fn a51() -> Case {
    // A*(s) = e^(−s/λ).
    let exact = GiM1::new(|s| (-s / per_s(0.8)).exp(), 1000.0);
    renewal("A51", "one request every 1.25 s", json!({ "constant": "0.8/s" }), exact, 18_000)
}

fn a52() -> Case {
    // A*(s) = (2λ / (2λ + s))².
    let exact = GiM1::new(|s| (1.0 + s / (2.0 * per_s(0.8))).powi(-2), 1000.0);
    let arrivals = json!({ "renewal": { "erlang": { "stages": 2, "mean": "1250ms" } } });
    renewal("A52", "0.8 requests/s (Erlang of 2 stages)", arrivals, exact, 27_000)
}

fn renewal(id: &'static str, requests_in_words: &str, arrivals: Value, exact: GiM1, requests: u64) -> Case {
    RunLength { requests, warm_up: seconds(600), precise: 5.5 }.case(
        id,
        format!("1 worker; {requests_in_words} of exp 1 s"),
        station(exponential("1s"), arrivals, 1),
        "GI/M/1: σ = A*(μ(1 − σ))",
        &[
            (RESPONSE_TIME, exact.mean_response_time()),
            (MUST_WAIT, exact.waiting_probability()),
            (RESPONSE_TIME_P99, exact.response_time_percentile(0.99)),
        ],
    )
}
