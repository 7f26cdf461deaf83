//! What can be reckoned by hand, to the nanosecond.

use serde_json::json;

use super::super::case::{Case, CaseMethod, Reckoned};
use super::{poisson, scenario};

pub(super) fn cases() -> Vec<Case> {
    vec![d08(), g01(), g02()]
}

fn d08() -> Case {
    let request = json!([
        { "compute": { "exponential": "20ms" } },
        { "db": { "time": { "exponential": "80ms" }, "blocking": true } },
    ]);
    let mut scenario = scenario(request, poisson(8.0), 1, json!({ "sync": {} }));
    scenario["policies"] = json!([{ "sync": {} }, { "async": {} }]);
    scenario["run"] = json!({ "requests": 20_000 });
    let differing = Reckoned::count("requests not as under sync", 0.0, |policies| {
        let [sync, blocked] = [&policies[0].stays, &policies[1].stays];
        sync.iter().zip(blocked).filter(|(sync, blocked)| sync != blocked).count()
    });
    Case {
        id: "D08",
        system: "async, 1 loop that its waits block; the requests of D01".into(),
        formula: "what sync gives, request by request",
        scenario,
        trial: CaseMethod::ByHand(vec![differing]),
    }
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
            { "time": "0ms", "class": "page" },
            { "time": "15ms", "class": "page" },
            { "time": "30ms", "class": "short" } ] },
        "policies": [
            { "sync": {} },
            { "async": {} },
            { "threaded": { "threads": 2 } },
            { "threaded": { "threads": 2, "switch_interval": "none", "name": "GIL held" } } ],
    });
    let expected = [
        ("sync", [200.0, 385.0, 475.0]),
        ("async", [200.0, 205.0, 105.0]),
        ("2 threads", [200.0, 215.0, 285.0]),
        ("2 threads, GIL held", [200.0, 205.0, 295.0]),
    ];
    let figures = expected.iter().enumerate().flat_map(|(policy, (name, times))| {
        times.iter().enumerate().map(move |(request, exact)| {
            let name = format!("{name}: request {}", request + 1);
            Reckoned::time(name, *exact, move |policies| policies[policy].response_time_ms(request))
        })
    });
    Case {
        id: "G01",
        system: "the lecture: two pages, then a short request; 1 core".into(),
        formula: "response times by hand, to the nanosecond",
        scenario,
        trial: CaseMethod::ByHand(figures.collect()),
    }
}

fn g02() -> Case {
    let mut scenario = scenario(json!([{ "compute": "21s" }]), json!({ "constant": "0.2/s" }), 1, json!({}));
    scenario["policies"] = json!([{ "sync": { "backlog": 2 } }]);
    scenario["run"] = json!({ "duration": "51s" });
    let rejections = [20_000.0, 25_000.0, 35_000.0, 40_000.0, 45_000.0];
    let mut figures =
        vec![Reckoned::count("rejected", rejections.len() as f64, |policies| policies[0].losses().count())];
    figures.extend(rejections.iter().enumerate().map(|(place, exact)| {
        let name = format!("rejection {}", place + 1);
        Reckoned::time(name, *exact, move |policies| policies[0].losses().nth(place).map(|time| time.as_millis()))
    }));
    figures.extend([26_000.0, 47_000.0].iter().enumerate().map(|(request, exact)| {
        let name = format!("departure of request {}", request + 1);
        Reckoned::time(name, *exact, move |policies| policies[0].departure(request).map(|time| time.as_millis()))
    }));
    Case {
        id: "G02",
        system: "1 worker, at most 3 in system; one request every 5 s, of 21 s each; until 51 s".into(),
        formula: "times by hand, to the nanosecond",
        scenario,
        trial: CaseMethod::ByHand(figures),
    }
}
