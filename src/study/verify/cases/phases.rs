//! Phases that some requests leave out, and connections held over phases.

use serde_json::json;

use super::super::case::Case;
use super::super::quantity::*;
use super::one_station::station;
use super::{RunLength, per_s, poisson, scenario, seconds};
use crate::stats::theory::{Mg1, Mmc};

pub(super) fn cases() -> Vec<Case> {
    vec![a61(), a62()]
}

/// 5 ms of each request, and 25 ms more of every fifth: mean 10 ms, mean square 0.8 · 25 + 0.2 · 900 = 200 ms².
fn a61() -> Case {
    let exact = Mg1 { arrival_rate: per_s(30.0), mean_service: 10.0, squared_cv: 1.0 };
    let more = json!({ "maybe": { "probability": "20%", "phases": [{ "compute": "25ms" }] } });
    let mut system = station(json!("5ms"), poisson(30.0), 1);
    system["classes"]["request"]["phases"] = json!([{ "compute": "5ms" }, more]);
    RunLength { requests: 15_000, warm_up: seconds(2), precise: 2.3 }.case(
        "A61",
        "1 worker; 30 requests/s of 5 ms, and 25 ms more with a probability of 20 %",
        system,
        "M/G/1: Pollaczek–Khinchine",
        &[(RESPONSE_TIME, exact.mean_response_time()), (WAITING_TIME, exact.mean_waiting_time())],
    )
}

/// The pool of a backend is a semaphore around a sleep: connections are the channels.
fn a62() -> Case {
    let exact = Mmc { arrival_rate: per_s(100.0), mean_service: 15.0, channels: 2 };
    let hold = json!({ "hold": { "backend": "semaphore", "phases": [{ "sleep": { "exponential": "15ms" } }] } });
    let mut system = scenario(json!([hold]), poisson(100.0), 1, json!({ "async": {} }));
    system["backends"] = json!({ "semaphore": { "pool": { "size": 2 } } });
    RunLength { requests: 40_000, warm_up: seconds(3), precise: 2.3 }.case(
        "A62",
        "2 connections held over a sleep of exp 15 ms; 100 requests/s",
        system,
        "M/M/2: Erlang C",
        &[
            (RESPONSE_TIME, exact.mean_response_time()),
            (RESPONSE_TIME_P50, exact.response_time_percentile(0.5)),
            (RESPONSE_TIME_P99, exact.response_time_percentile(0.99)),
        ],
    )
}
