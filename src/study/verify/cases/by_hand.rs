//! What can be reckoned by hand, to the nanosecond.

use serde_json::json;

use super::super::case::{Case, Reckoned, Trial};
use super::{poisson, scenario};
use crate::stats::{PolicyResults, ScenarioResults, TimelineEntry};

pub(super) fn cases() -> Vec<Case> {
    vec![d08(), g01()]
}

fn d08() -> Case {
    let request = json!([
        { "compute": { "exponential": "20ms" } },
        { "db": { "time": { "exponential": "80ms" }, "blocking": true } },
    ]);
    let mut scenario = scenario(request, poisson(8.0), 1, json!({ "sync": {} }));
    scenario["policies"] = json!([{ "sync": {} }, { "async": {} }]);
    scenario["run"] = json!({ "requests": 20_000 });
    let differing = Reckoned {
        name: "not as under sync".into(),
        unit: "",
        exact: 0.0,
        read: Box::new(|results| {
            let [sync, blocked] = [0, 1].map(|policy| departures(&results.policies[policy]));
            let pairs = sync?.into_iter().zip(blocked?);
            Some(pairs.filter(|(sync, blocked)| sync != blocked).count() as f64)
        }),
    };
    Case {
        id: "D08",
        system: "async, 1 loop that its waits block; the requests of D01".into(),
        formula: "the same as under sync, request by request",
        scenario,
        trial: Trial::ByHand(vec![differing]),
    }
}

/// When each request departs, in nanoseconds; `None` unless all of them do.
fn departures(results: &PolicyResults) -> Option<Vec<i64>> {
    let nanos = |entry: &TimelineEntry| entry.departure_ms.map(|departure| (departure * 1e6).round() as i64);
    results.timeline.as_ref()?.iter().map(nanos).collect()
}

fn g01() -> Case {
    let scenario = json!({
        "classes": {
            "page": { "phases": [
                { "framework": "10ms" }, { "db": "60ms" }, { "compute": "10ms" },
                { "db": "100ms" }, { "compute": "10ms" }, { "framework": "10ms" } ] },
            "short": { "phases": [
                { "framework": "10ms" }, { "db": "75ms" }, { "compute": "10ms" }, { "framework": "10ms" } ] },
        },
        "arrivals": { "at": [
            { "time": "0ms", "class": "page" }, { "time": "15ms", "class": "page" }, { "time": "30ms", "class": "short" } ] },
        "policies": [
            { "sync": {} },
            { "async": {} },
            { "threaded": { "threads": 2, "name": "interval" } },
            { "threaded": { "threads": 2, "switch_interval": "none", "name": "held" } } ],
    });
    let expected = [[200.0, 385.0, 475.0], [200.0, 205.0, 105.0], [200.0, 215.0, 285.0], [200.0, 205.0, 295.0]];
    let names = ["sync", "async", "threads", "threads, GIL held"];
    let policies = expected.iter().zip(names).enumerate();
    let figures = policies.flat_map(|(policy, (times, name))| {
        times.iter().enumerate().map(move |(request, exact)| Reckoned {
            name: format!("request {} {name}", request + 1),
            unit: "ms",
            exact: *exact,
            read: Box::new(move |results| response_time(results, policy, request)),
        })
    });
    Case {
        id: "G01",
        system: "the lecture: two pages, then a short request; 1 core".into(),
        formula: "by hand, to the nanosecond",
        scenario,
        trial: Trial::ByHand(figures.collect()),
    }
}

fn response_time(results: &ScenarioResults, policy: usize, request: usize) -> Option<f64> {
    results.policies[policy].timeline.as_ref()?.get(request)?.response_time_ms
}
