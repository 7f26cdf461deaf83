//! What a load means for a capacity.

use serde_json::{Value, json};
use waitline::output::words::load_warning;
use waitline::stats::{Excess, LeftOut, LoadState};
use waitline::study::saturation;

use super::near_saturation::close;
use super::{at_rate, binding_of, capacity_of, cpu_then_db, no_other, saturation_of, scenario};

#[test]
fn a_light_load_is_fine() {
    let fine = at_rate("40/s");
    assert_eq!((fine.state, &fine.message, &fine.sensitivity), (Some(LoadState::Fine), &None, &None));
    assert_eq!((fine.capacity_per_s, fine.offered_per_s, fine.load), (Some(50.0), Some(40.0), Some(0.8)));
    assert_eq!(binding_of(&fine.binding), "loop and cores");
}

#[test]
fn beyond_capacity_a_queue_grows() {
    let unstable = at_rate("54/s");
    assert_eq!(unstable.state, Some(LoadState::Unstable));
    let message = "unstable: offered 1.08 × capacity, the queue grows without bound; figures describe these 125 s only";
    assert_eq!(load_warning(&unstable).as_deref(), Some(message));
}

#[test]
fn a_load_within_the_interval_of_the_capacity_is_near_saturation() {
    let threads = json!({ "threaded": { "threads": 4 } });
    let found = capacity_of(cpu_then_db(20.0, 80.0), threads.clone(), no_other());
    let (per_s, half_width) = (found.per_s.unwrap(), found.half_width_per_s.unwrap());
    let at = |rate: f64| saturation_of(threads.clone(), json!({ "arrivals": { "poisson": format!("{rate}/s") } }));
    let within = at(per_s + 0.5 * half_width);
    assert_eq!((within.capacity_per_s, within.state), (Some(per_s), Some(LoadState::NearSaturation)));
    let message = load_warning(&within).unwrap();
    assert_eq!(message, "near saturation: offered 1.00 × capacity, or just below it");
    let below = load_warning(&at(per_s - 0.5 * half_width)).unwrap();
    assert_eq!(below, "near saturation: offered 1.00 × capacity");
    assert_eq!(at(per_s + 1.5 * half_width).state, Some(LoadState::Unstable));
    // An exact capacity has no such margin.
    assert_eq!(at_rate("50/s").state, Some(LoadState::Unstable));
}

#[test]
fn requests_that_give_up_or_are_rejected_do_not_queue() {
    let overloaded = |policy: Value, other: Value, excess: Excess, words: &str| {
        let mut other = other;
        other["arrivals"] = json!({ "poisson": "100/s" });
        let found = saturation_of(policy, other);
        assert_eq!((found.state, &found.excess[..]), (Some(LoadState::Overloaded), &[excess][..]), "{words}");
        let load = format!("{:.2}", found.load.unwrap());
        assert_eq!(load_warning(&found), Some(format!("overloaded: offered {load} × capacity, the excess {words}")));
    };
    overloaded(json!({ "sync": { "backlog": 5 } }), no_other(), Excess::Rejected, "is rejected");
    overloaded(json!({ "sync": {} }), json!({ "clients": { "patience": "1s" } }), Excess::TimedOut, "gives up");
    let cancelled = json!({ "clients": { "timeout": "1s", "cancel": true } });
    overloaded(json!({ "async": {} }), cancelled, Excess::TimedOut, "gives up");
    let pool = json!({ "backends": { "db": { "pool": { "size": 1, "acquire_timeout": "1s" } } } });
    overloaded(json!({ "async": {} }), pool, Excess::Failed, "fails");
}

#[test]
fn abandoned_work_that_continues_does_not_stop_the_queue() {
    // With unlimited slots the backlog is empty; a client that gives up without cancelling leaves its work behind.
    for (policy, clients) in [
        (json!({ "async": { "backlog": 5 } }), json!({ "patience": "1s" })),
        (json!({ "sync": {} }), json!({ "timeout": "1s" })),
    ] {
        let found = saturation_of(policy, json!({ "arrivals": { "poisson": "100/s" }, "clients": clients }));
        assert_eq!(found.state, Some(LoadState::Unstable));
    }
}

#[test]
fn users_have_a_capacity_but_no_load() {
    let users = json!({ "arrivals": { "users": { "count": 500, "think": "1s" } } });
    let closed = saturation_of(json!({ "async": {} }), users);
    assert_eq!((closed.capacity_per_s, closed.offered_per_s, closed.load), (Some(50.0), None, None));
    assert_eq!((closed.state, closed.message), (None, None));
}

#[test]
fn the_peak_of_rates_that_end_is_compared_with_the_capacity() {
    let ramp = json!({ "arrivals": { "ramp": { "from": "0/s", "to": "70/s", "over": "60s" } } });
    let list = json!({ "arrivals": [{ "for": "10s", "rate": "70/s" }, { "for": "10s", "rate": "10/s" }] });
    for other in [ramp, list] {
        let found = saturation_of(json!({ "async": {} }), other);
        assert_eq!((found.state, found.load), (Some(LoadState::PeakAboveCapacity), None));
        assert_eq!(load_warning(&found).as_deref(), Some("offers up to 1.4 × capacity at its peak"));
    }
    let low = json!({ "arrivals": [{ "for": "10s", "rate": "20/s" }] });
    let low = saturation_of(json!({ "async": {} }), low);
    assert_eq!((low.state, low.peak_load, low.message), (Some(LoadState::Fine), Some(0.4), None));
    let sine = json!({ "arrivals": { "sine": { "mean": "40/s", "amplitude": 0.5, "period": "60s" } } });
    let message = load_warning(&saturation_of(json!({ "async": {} }), sine));
    assert_eq!(message.as_deref(), Some("offers up to 1.2 × capacity at its peak, 0.80 × in the long run"));
}

#[test]
fn faults_and_retries_are_reported_as_omitted() {
    let other = json!({
        "clients": { "retries": { "max": 1, "backoff": "1s" } },
        "faults": [{ "at": "1s", "for": "1s", "slow": { "backend": "db", "factor": 2 } }],
    });
    let note = saturation_of(json!({ "async": {} }), other).note;
    assert_eq!(note, [LeftOut::Faults, LeftOut::Retries]);
}

#[test]
fn limits_are_reported_as_omitted_and_reject_the_excess() {
    let limited = saturation_of(json!({ "async": { "limit": 5 } }), json!({ "arrivals": { "poisson": "80/s" } }));
    assert_eq!(limited.note, [LeftOut::Limits]);
    assert_eq!((limited.state, limited.excess), (Some(LoadState::Overloaded), vec![Excess::Rejected]));
    let killed = saturation_of(json!({ "sync": { "worker_timeout": "30s" } }), no_other());
    assert_eq!(killed.note, [LeftOut::WorkerTimeouts]);
}

#[test]
fn requests_that_a_limit_rejects_whatever_happens_are_no_load() {
    // Ten streams of 10 s arrive per second, and no more than 8 are open at once: 8 / 10 s = .8 per second are let in, beside 90
    // pages. Of 40 threads, .8 × 10 + 90 × .1 = 17 are taken.
    let limited = |limit: Value, rate: &str, clients: Value| {
        let scenario = scenario(
            json!([]),
            json!({ "threaded": { "threads": 40, "gil": false } }),
            json!({
                "classes": {
                    "stream": { "weight": 1, "limit": limit, "phases": [{ "sleep": "10s" }] },
                    "page": { "weight": 9, "phases": [{ "db": "100ms" }] },
                },
                "arrivals": { "poisson": rate },
                "clients": clients,
            }),
        );
        saturation(&scenario, &scenario.policies()[0], 125.0)
    };
    let found = limited(json!({ "in_progress": 8 }), "100/s", no_other());
    assert_eq!(
        (found.offered_per_s, found.let_in_per_s, found.state),
        (Some(100.0), Some(90.8), Some(LoadState::Fine))
    );
    close(found.load, 17.0 / 40.0);
    close(found.capacity_per_s, 40.0 / (17.0 / 90.8));
    // At a tenth of the rate, or with a limit that is not reached, all are let in.
    for (limit, rate) in [(8, "8/s"), (100, "100/s")] {
        let found = limited(json!({ "in_progress": limit }), rate, no_other());
        assert_eq!(found.let_in_per_s, None);
        close(found.capacity_per_s, 40.0 / 1.09);
    }
    // A client that gives up may make room before the demand of its stream is over, so nothing is known.
    assert_eq!(limited(json!({ "in_progress": 8 }), "100/s", json!({ "timeout": "1s" })).let_in_per_s, None);
}
