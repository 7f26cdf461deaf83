//! Replicas behind a balancer, of which each is a station of its own.

use serde_json::{Value, json};

use super::super::case::Case;
use super::super::quantity::*;
use super::one_station::{exponential, station};
use super::{RunLength, per_s, poisson, seconds};
use crate::stats::theory::{GiM1, Mm1, Mmc};

pub(super) fn cases() -> Vec<Case> {
    vec![r01(), r02(), r03()]
}

/// That many replicas of a station.
fn replicas(mut station: Value, count: u32, balancer: &str) -> Value {
    station["replicas"] = json!({ "count": count, "balancer": balancer });
    station
}

fn r01() -> Case {
    let exact = Mm1 { arrival_rate: per_s(0.6), mean_service: 1000.0 };
    RunLength { requests: 20_000, warm_up: seconds(100), precise: 3.0 }.case(
        "R01",
        "4 replicas of 1 worker, chosen at random; 2.4 requests/s of exp 1 s",
        replicas(station(exponential("1s"), poisson(2.4), 1), 4, "random"),
        "a Poisson process split at random is four of them: four M/M/1",
        &[
            (RESPONSE_TIME, exact.mean_response_time()),
            (RESPONSE_TIME_P99, exact.response_time_percentile(0.99)),
            (IN_SYSTEM, 4.0 * exact.mean_in_system()),
        ],
    )
}

fn r02() -> Case {
    // Of every four requests each replica gets one: A*(s) = (λ / (λ + s))⁴.
    let exact = GiM1::new(|s| (1.0 + s / per_s(2.8)).powi(-4), 1000.0);
    RunLength { requests: 20_000, warm_up: seconds(100), precise: 3.0 }.case(
        "R02",
        "4 replicas of 1 worker, in turn; 2.8 requests/s of exp 1 s",
        replicas(station(exponential("1s"), poisson(2.8), 1), 4, "round_robin"),
        "E₄/M/1 in each: σ = A*(μ(1 − σ))",
        &[
            (RESPONSE_TIME, exact.mean_response_time()),
            (MUST_WAIT, exact.waiting_probability()),
            (RESPONSE_TIME_P99, exact.response_time_percentile(0.99)),
        ],
    )
}

fn r03() -> Case {
    let exact = Mmc { arrival_rate: per_s(1.4), mean_service: 1000.0, channels: 2 };
    RunLength { requests: 40_000, warm_up: seconds(100), precise: 3.0 }.case(
        "R03",
        "3 replicas of 2 workers, chosen at random; 4.2 requests/s of exp 1 s",
        replicas(station(exponential("1s"), poisson(4.2), 2), 3, "random"),
        "M/M/2 in each: Erlang C",
        &[
            (RESPONSE_TIME, exact.mean_response_time()),
            (WAITING_TIME, exact.mean_waiting_time()),
            (MUST_WAIT, exact.waiting_probability()),
        ],
    )
}
