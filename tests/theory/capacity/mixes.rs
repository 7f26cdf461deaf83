//! Arrivals that bring their own mix of classes and demands, or no load.

use std::io::Cursor;

use serde_json::json;
use waitline::random::Files;
use waitline::scenario::{Source, read};
use waitline::study::{capacity, saturation};

use super::{analytic, capacity_of, cpu_then_db, no_other};

#[test]
fn the_capacity_does_not_depend_on_the_load_or_on_other_policies() {
    let policy = json!({ "threaded": { "threads": 4 } });
    let other = json!({ "arrivals": { "users": { "count": 3, "think": "1s" } }, "clients": { "timeout": "1ms", "cancel": true } });
    let first = capacity_of(cpu_then_db(20.0, 80.0), policy.clone(), no_other());
    assert_eq!(first, capacity_of(cpu_then_db(20.0, 80.0), policy.clone(), other));
    let dispatch = json!({ "threaded": { "threads": 4, "dispatch": "random", "order": "shortest", "backlog": 5 } });
    assert_eq!(first, capacity_of(cpu_then_db(20.0, 80.0), dispatch, no_other()));
}

#[test]
fn a_list_has_its_own_mix_of_classes() {
    let other = json!({
        "classes": { "page": { "phases": [{ "compute": "10ms" }] }, "report": { "phases": [{ "compute": "40ms" }] } },
        "arrivals": { "at": [
            { "time": "0ms", "class": "page" }, { "time": "1ms", "class": "page" }, { "time": "2ms", "class": "report" },
        ] },
        "run": {},
    });
    analytic(json!([]), json!({ "async": {} }), other, 50.0, "loop and cores");
}

#[test]
fn a_trace_has_its_own_mix_and_its_own_demands() {
    let trace = "{\"time_ms\":0,\"class\":\"page\",\"demands_ms\":[10]}\n{\"time_ms\":1,\"class\":\"page\",\"demands_ms\":[20]}\n\
                 {\"time_ms\":2,\"class\":\"report\"}\n";
    let files = Files::new(move |_| Ok(Box::new(Cursor::new(trace))));
    let text = json!({
        "classes": { "page": { "phases": [{ "compute": "1s" }] }, "report": { "phases": [{ "compute": "45ms" }] } },
        "arrivals": { "trace": "requests.jsonl" },
        "policies": [{ "async": {} }],
    });
    let scenario = read(Source::new("scenario", text.to_string()), "scenario", &[], &files);
    let scenario = scenario.unwrap_or_else(|diagnostic| panic!("{}", diagnostic.render(false)));
    // 10, 20 and 45 ms.
    assert!((capacity(&scenario, &scenario.policies()[0]).per_s.unwrap() - 40.0).abs() < 1e-9);
    let saturation = saturation(&scenario, &scenario.policies()[0], 1.0);
    assert_eq!((saturation.offered_per_s, saturation.state), (None, None));
}
