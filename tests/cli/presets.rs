//! Presets: policies with the options of real products.

use crate::common::program::{Desk, errors, text};
use serde_json::{Value, json};
use waitline::policy::{PolicyChoice, examples};

/// A scenario with these policies: work, queries and sleeps at a load that makes requests wait.
fn scenario(policies: &Value) -> String {
    json!({
        "classes": {
            "page": { "phases": [
                { "framework": "1ms" }, { "db": { "exponential": "20ms" } }, { "compute": { "exponential": "5ms" } },
                { "sleep": { "exponential": "2ms" } }, { "compute": "1ms" } ] },
            "api": { "phases": [ { "compute": "3ms" }, { "db": "5ms" } ] } },
        "arrivals": { "poisson": "60/s" },
        "machine": { "cores": 2, "wake_preemption": "1.4ms" },
        "policies": policies,
        "run": { "requests": 3000 },
    })
    .to_string()
}

fn results(scenario: &str) -> Value {
    let desk = Desk::empty().with("app.json", scenario);
    serde_json::from_str(&text(&desk.run("run app.json --format json --no-charts", 0))).unwrap()
}

#[test]
fn a_preset_gives_the_numbers_of_its_plain_policy() {
    let mut policies = Vec::new();
    for (number, example) in examples().into_iter().enumerate() {
        let mut preset = example.written.clone();
        preset[example.policy.kind()]["name"] = json!(format!("preset {number}"));
        let mut plain = example.policy.stands_for().unwrap().policy;
        plain.as_object_mut().unwrap().values_mut().next().unwrap()["name"] = json!(format!("plain {number}"));
        policies.extend([preset, plain]);
    }
    let results = results(&scenario(&json!(policies)));
    let results = results["policies"].as_array().unwrap();
    assert_eq!(results.len(), policies.len());
    for pair in results.chunks(2) {
        let [preset, plain] = pair else { panic!("each preset is followed by its plain policy") };
        for key in ["requests", "response_time_ms", "breakdown_ms", "utilization", "runner", "slots", "events"] {
            assert_eq!(preset[key], plain[key], "{key} of {} and {}", preset["name"], plain["name"]);
        }
        assert!(preset["stands_for"]["policy"].is_object() && plain.get("stands_for").is_none());
    }
}

#[test]
fn every_preset_is_listed_with_its_plain_policy() {
    let listed = text(&Desk::empty().run("presets", 0));
    let document: Value = serde_json::from_str(&text(&Desk::empty().run("presets --format json", 0))).unwrap();
    assert_eq!(document["schema"], "waitline.presets/1");
    let presets = document["presets"].as_array().unwrap();
    for kind in PolicyChoice::KINDS {
        let is_preset = !["sync", "threaded", "async"].contains(kind);
        assert_eq!(presets.iter().any(|preset| preset["preset"] == *kind), is_preset, "{kind}");
        assert_eq!(listed.contains(&format!("{{\"{kind}\":{{")), is_preset || listed.contains(kind), "{kind}");
    }
    for part in
        ["before the handler", "not calibrated", "gunicorn 27.0.1 on one virtual machine", "\"dispatch\":\"accept\""]
    {
        assert!(listed.contains(part), "{part} is not in\n{listed}");
    }
}

#[test]
fn a_name_lists_the_presets_of_a_product() {
    let desk = Desk::empty();
    let listed = text(&desk.run("presets gunicorn puma", 0));
    assert!(listed.contains(r#"{"gunicorn":{"#) && listed.contains(r#"{"puma":{"#), "{listed}");
    assert!(!listed.contains(r#"{"uvicorn":{"#), "{listed}");
    let document: Value = serde_json::from_str(&text(&desk.run("presets uwsgi --format json", 0))).unwrap();
    assert!(document["presets"].as_array().unwrap().iter().all(|preset| preset["preset"] == "uwsgi"), "{document}");
    desk.fails("presets gunicron", 2, &["there is no preset `gunicron`", "did you mean `gunicorn`?"]);
    desk.fails("presets sync", 2, &["there is no preset `sync`"]);
}

#[test]
fn the_report_shows_the_plain_policy_of_a_preset_and_whether_it_is_calibrated() {
    let desk =
        Desk::empty().with("app.json", scenario(&json!([{ "gunicorn": { "workers": 4 } }, { "hypercorn": {} }])));
    let report = |options: &str| {
        let printed = text(&desk.run(&format!("run app.json --no-charts {options}"), 0));
        printed.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let short = report("");
    for sentence in [
        "gunicorn stands for `sync` with measured overhead (--explain-defaults).",
        "hypercorn stands for `async` with an overhead that is not calibrated (--explain-defaults).",
    ] {
        assert!(short.contains(sentence), "{short}");
    }
    assert!(!short.contains("\"backlog\""), "{short}");
    let report = report("--explain-defaults");
    assert!(report.contains(r#"gunicorn stands for { "sync": { "workers": 4, "backlog": 2048, "#), "{report}");
    assert!(report.contains("its overhead was measured with gunicorn 27.0.1"), "{report}");
    assert!(report.contains("its overhead is not calibrated"), "{report}");
}

#[test]
fn a_pool_used_by_a_python_product_without_a_client_is_noted() {
    let policies = json!([
        { "gunicorn": { "threads": 8 } }, { "waitress": {} }, { "uvicorn": {} }, { "fastapi_threadpool": {} },
        { "node": {} }, { "threaded": { "threads": 8 } } ]);
    let with = |backend: Value| {
        let mut scenario: Value = serde_json::from_str(&scenario(&policies)).unwrap();
        scenario["backends"] = json!({ "db": backend, "unasked": { "pool": { "size": 2 } } });
        let desk = Desk::empty().with("app.json", scenario.to_string());
        let report = |arguments: &str| {
            let report = text(&desk.run(&format!("run app.json --no-charts {arguments}"), 0));
            report.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let results: Value = serde_json::from_str(&report("--format json")).unwrap();
        (results["missing_clients"].clone(), report(""), report("--explain-defaults"))
    };
    let (missing, report, explained) = with(json!({ "pool": { "size": 4 } }));
    let of = |policy: &str, measured: &str| json!({ "policy": policy, "backend": "db", "measured": measured });
    let expected = [
        of("gunicorn", "psycopg"),
        of("waitress", "psycopg"),
        of("uvicorn", "asyncpg"),
        of("fastapi_threadpool", "psycopg"),
    ];
    assert_eq!(missing, json!(expected));
    let note = "gunicorn, waitress, fastapi_threadpool: `db` has a pool and no `client`, so";
    assert_eq!((report.matches(note).count(), explained.matches(note).count()), (1, 2), "{explained}");
    assert!(report.contains(r#"uvicorn: `db` has a pool and no `client`"#), "{report}");
    // With a client, without a pool, or with a wait instead of a query there is nothing to note.
    for backend in [
        json!({ "pool": { "size": 4 }, "client": "psycopg" }),
        json!({ "pool": { "size": 4 }, "client": {} }),
        json!({ "pool": { "size": 4 }, "stand_in": true }),
        json!({ "concurrency": 4 }),
    ] {
        let (missing, report, _) = with(backend.clone());
        assert!(missing.is_null() && !report.contains("no `client`"), "{backend}\n{report}");
    }
}

#[test]
fn a_scenario_may_set_its_own_overhead() {
    let overhead = |form: Value| {
        let results = results(&scenario(&json!([{ "gunicorn": { "workers": 4, "overhead": form } }])));
        results["policies"][0]["stands_for"]["policy"]["sync"]["overhead"].clone()
    };
    assert_eq!(overhead(json!({ "before": "2ms" })), json!({ "before": "2ms", "response": "200us", "after": "300us" }));
}

#[test]
fn no_prediction_is_possible_if_the_listen_queue_overflows() {
    let crowd = json!([{ "gunicorn": { "backlog": 1 } }]);
    let desk = Desk::empty().with("app.json", scenario(&crowd));
    let report = text(&desk.run("run app.json --no-charts", 0)).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(report.contains("no prediction of a real server is possible"), "{report}");
    assert!(report.contains("overflow the listen queue"), "{report}");
}

#[test]
fn requests_that_a_limit_rejects_do_not_overflow_the_listen_queue() {
    let mut limited: Value = serde_json::from_str(&scenario(&json!([{ "gunicorn": { "workers": 4 } }]))).unwrap();
    limited["classes"]["page"]["limit"] = json!({ "in_progress": 1, "per": "application" });
    let results = results(&limited.to_string());
    assert!(
        results["policies"][0]["requests"]["rejected_by"]["limit"].as_u64() > Some(0),
        "{}",
        results["policies"][0]["requests"]
    );
    assert!(results["policies"][0].get("no_prediction").is_none());
}

#[test]
fn no_prediction_is_possible_above_95_percent_of_the_capacity() {
    let busy = json!({
        "classes": { "page": { "phases": [ { "compute": { "exponential": "8.9ms" } } ] } },
        "arrivals": { "poisson": "97/s" },
        "policies": [ { "gunicorn": {} }, { "sync": {} } ],
        "run": { "requests": 2000 },
    });
    let desk = Desk::empty().with("busy.json", busy.to_string());
    let results: Value = serde_json::from_str(&text(&desk.run("run busy.json --format json --no-charts", 0))).unwrap();
    let why = results["policies"][0]["no_prediction"].as_str().unwrap();
    assert!(why.contains("97 % of what the application can sustain"), "{why}");
    assert!(results["policies"][1].get("no_prediction").is_none());
}

#[test]
fn errors_in_a_preset_are_shown_at_their_place() {
    for (policy, message, help) in [
        (r#"{ "gunicorn": { "worker_class": "tornado" } }"#, "tornado", "`sync`"),
        (r#"{ "uvicorn": { "looop": "uvloop" } }"#, "looop", "did you mean `loop`?"),
        (r#"{ "uvicorn": { "overhead": { "befor": "1ms" } } }"#, "befor", "did you mean `before`?"),
        (r#"{ "guniconr": {} }"#, "guniconr", "did you mean `gunicorn`?"),
        (r#"{ "fastapi_threadpool": { "classes": ["pgae"] } }"#, "unknown class `pgae`", "did you mean `page`?"),
    ] {
        let scenario = format!(
            r#"{{ "classes": {{ "page": {{ "phases": [] }} }}, "arrivals": {{ "at": [{{ "time": "0ms" }}] }}, "policies": [{policy}] }}"#
        );
        let output = Desk::empty().with("app.json", &scenario).run("run app.json", 2);
        let error = errors(&output);
        assert!(error.contains(message) && error.contains(help) && error.contains("─┬"), "{policy}\n{error}");
    }
}
