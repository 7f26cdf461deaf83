//! Requests without an answer: what response times leave out, and how objectives, baselines and comparisons treat it.

use crate::common::program::{Desk, errors, text};
use serde_json::{Value, json};

/// A page under an async worker, whose database is down for most of the run.
fn outage() -> Value {
    json!({
        "classes": { "page": { "phases": [{ "compute": "1ms" }, { "db": "20ms" }] } },
        "arrivals": { "poisson": "40/s" },
        "faults": [{ "at": "2s", "for": "26s", "down": { "backend": "db" } }],
        "policies": [{ "async": {} }],
        "run": { "duration": "30s" }
    })
}

/// Clients that give up long before the only worker is done.
fn hopeless() -> Value {
    json!({
        "classes": { "report": { "phases": [{ "db": "700ms" }] } },
        "arrivals": { "poisson": "20/s" },
        "clients": { "timeout": "300ms" },
        "policies": [{ "sync": { "workers": 2 } }],
        "run": { "duration": "20s" }
    })
}

/// A capacity of 20/s, overloaded by a burst of 40/s because clients make up to three attempts.
fn storm() -> Value {
    json!({
        "classes": { "call": { "phases": [{ "db": "50ms" }] } },
        "arrivals": [{ "for": "20s", "rate": "8/s" }, { "for": "10s", "rate": "40/s" }, { "for": "60s", "rate": "8/s" }],
        "clients": { "timeout": "750ms", "retries": { "max": 2, "backoff": "10ms" } },
        "policies": [
            { "sync": { "name": "open", "backlog": 256 } },
            { "sync": { "name": "shedding", "backlog": 5 } },
            { "async": {} }
        ],
        "run": { "duration": "90s", "warm_up": "5s" }
    })
}

/// A change of a scenario.
fn with(mut scenario: Value, path: &[&str], value: Value) -> Value {
    let mut place = &mut scenario;
    for key in path {
        place = &mut place[*key];
    }
    *place = value;
    scenario
}

fn desk(scenario: &Value) -> Desk {
    Desk::empty().with("it.json", scenario.to_string())
}

/// The results of a scenario.
fn results(scenario: &Value) -> Value {
    let output = desk(scenario).run("run it.json --format json --out out", 0);
    serde_json::from_str(&text(&output)).unwrap()
}

/// The verdict on an objective of a scenario, and the exit code of the check.
fn judged(scenario: &Value, objective: &str) -> (Value, i32) {
    let scenario = with(scenario.clone(), &["slo"], json!([objective]));
    let desk = desk(&scenario);
    let output = desk.waitline("check it.json --no-baseline --format json").output().unwrap();
    let check: Value = serde_json::from_slice(&output.stdout).unwrap_or(Value::Null);
    (check["results"]["slo"][0].clone(), output.status.code().unwrap())
}

#[test]
fn a_percentile_covers_every_request_that_arrived() {
    let (found, code) = judged(&outage(), "p99 < 100ms");
    assert_eq!((&found["verdict"], code), (&json!("broken"), 1), "{found}");
    assert_eq!((&found["value"], &found["metric"]), (&Value::Null, &json!("p99")), "{found}");
    assert!(found["without_answer"].as_f64().unwrap() > 0.8, "{found}");
    for lower in ["page.p50 < 100ms", "max < 10s", "slowdown.p99 < 50", "async.page.p95 <= 1s"] {
        assert_eq!(judged(&outage(), lower).1, 1, "{lower}");
    }
    let (found, code) = judged(&outage(), "answered.p99 < 100ms");
    assert_eq!((&found["verdict"], code), (&json!("met"), 0), "{found}");
    assert_eq!(found["metric"], json!("answered.p99"));
    assert_eq!(judged(&outage(), "p99 > 1s").1, 0, "a request without an answer is slower than any bound");
    let (found, code) = judged(&outage(), "mean < 100ms");
    assert_eq!((&found["answered_only"], code), (&json!(true), 0), "{found}");
}

#[test]
fn a_report_says_how_many_requests_its_times_leave_out() {
    let desk = desk(&with(outage(), &["slo"], json!(["p99 < 100ms"])));
    let output = desk.run("run it.json --out out", 0);
    for words in ["warning: async: ", "of the requests got no answer (", "response times are of the other", "no p99: "]
    {
        assert!(text(&output).contains(words), "no {words:?} in\n{}", text(&output));
    }
    assert!(
        text(&output).lines().any(|line| line.contains("no answer") && line.contains("failed")),
        "{}",
        text(&output)
    );
    assert!(desk.read("out/it/timeline.svg").contains("% no answer"));
    let formats =
        "check it.json --no-baseline --quiet --export junit=j.xml --export markdown=m.md --export github=g.txt";
    desk.run(formats, 1);
    assert!(desk.read("j.xml").contains("async.p99 does not exist, which does not meet"), "{}", desk.read("j.xml"));
    assert!(desk.read("j.xml").contains("got no answer; response times are of the others"));
    assert!(desk.read("m.md").contains("of the requests got no answer"), "{}", desk.read("m.md"));
    assert!(desk.read("g.txt").contains("::error file=it.json"), "{}", desk.read("g.txt"));
    desk.run("run it.json --quiet --format csv --out out", 0);
}

#[test]
fn an_objective_that_every_request_misses_is_broken() {
    let (found, code) = judged(&hopeless(), "p99 < 100ms");
    assert_eq!((&found["verdict"], code), (&json!("broken"), 1), "{found}");
    assert_eq!(found["longest_wait_ms"], json!(300.0), "clients wait no longer than that");
    for objective in ["p99 < 100ms", "max < 1s"] {
        let (found, code) = judged(&with(hopeless(), &["clients", "cancel"], json!(true)), objective);
        assert!(code == 1 && found.get("undecided").is_none(), "no batch has an answer: {found}");
    }
    assert_eq!(judged(&hopeless(), "mean < 100ms").1, 2, "the mean of no requests has no data");
}

#[test]
fn requests_in_flight_miss_a_bound_once_they_are_older() {
    let stuck = json!({
        "classes": { "slow": { "phases": [{ "db": "10s" }] }, "quick": { "phases": [{ "db": "10ms" }] } },
        "arrivals": { "at": [
            { "time": "0ms", "class": "slow" }, { "time": "500ms", "class": "quick" }, { "time": "600ms", "class": "quick" },
            { "time": "1900ms", "class": "slow" } ] },
        "policies": [{ "async": {} }],
        "run": { "duration": "2s" }
    });
    for (objective, code) in [
        ("max < 1s", 1),
        ("max < 3s", 0),
        ("p50 < 100ms", 0),
        ("p50 <= 10ms", 0),
        // Three of the four are older than 50 ms, and one of these is slow; both slow ones are older than 5 ms.
        ("p90 < 150ms", 1),
        ("slow.p50 < 1s", 1),
        ("slow.p50 < 3s", 2),
        ("slow.slowdown.p50 < 0.1", 1),
    ] {
        assert_eq!(judged(&stuck, objective).1, code, "{objective}");
    }
}

#[test]
fn waits_cover_the_requests_that_a_worker_took() {
    let scenario = json!({
        "classes": { "a": { "phases": [{ "db": "8ms" }] } },
        "arrivals": { "at": [{ "time": "0ms" }, { "time": "0ms" }, { "time": "1ms" }, { "time": "2ms" }] },
        "backends": { "db": { "pool": { "size": 1, "acquire_timeout": "6ms" } } },
        "policies": [{ "threaded": { "threads": 2, "backlog": 1 } }]
    });
    let waiting = results(&scenario)["policies"][0]["waiting_time_ms"].clone();
    // Two are taken at once, and one of them fails; the third is taken at 6 ms; the fourth is rejected.
    assert_eq!((&waiting["mean"], &waiting["probability"]), (&json!(1.666667), &json!(0.333333)), "{waiting}");
    // If the run ends while the third waits for a connection, the third still counts as taken.
    let cut = with(scenario, &["run"], json!({ "duration": "7ms" }));
    let waiting = results(&cut)["policies"][0]["waiting_time_ms"].clone();
    assert_eq!((&waiting["mean"], &waiting["probability"]), (&json!(1.666667), &json!(0.333333)), "{waiting}");
}

#[test]
fn an_abandoned_request_stays_timed_out_whatever_its_work_does() {
    // The first fails after its client has given up, the second is served late, the work of the third is still in progress.
    let scenario = json!({
        "classes": { "a": { "phases": [{ "db": "40ms" }] } },
        "arrivals": { "at": [{ "time": "0ms" }, { "time": "20ms" }, { "time": "80ms" }, { "time": "99ms" }] },
        "clients": { "timeout": "5ms" },
        "faults": [{ "at": "8ms", "for": "4ms", "down": { "backend": "db" } }],
        "policies": [{ "async": {} }],
        "run": { "duration": "100ms" }
    });
    let desk = desk(&scenario);
    let output = desk.run("run it.json --format json --csv rows.csv --out out", 0);
    let results: Value = serde_json::from_str(&text(&output)).unwrap();
    let counts = &results["policies"][0]["requests"];
    assert_eq!((&counts["timed_out"], &counts["failed"], &counts["in_flight"]), (&json!(3), &json!(0), &json!(1)));
    let rows = desk.read("rows.csv");
    let of = |outcome: &str| rows.lines().filter(|line| line.contains(outcome)).count();
    assert_eq!((of(",timed_out,"), of(",served_late,"), of(",failed,")), (2, 1, 0), "{rows}");
    assert!(rows.contains("3,a,timed_out,80,,,40,,"), "the work of the third is still in progress: {rows}");
    let reported: Vec<&Value> =
        results["policies"][0]["timeline"].as_array().unwrap().iter().map(|entry| &entry["outcome"]).collect();
    assert_eq!(reported, [&json!("timed_out"), &json!("served_late"), &json!("timed_out"), &Value::Null]);
}

#[test]
fn operations_are_all_attempts_of_a_client() {
    let results = results(&storm());
    for policy in results["policies"].as_array().unwrap() {
        let (requests, operations) = (&policy["requests"], &policy["operations"]);
        let count = |counts: &Value, name: &str| counts[name].as_u64().unwrap();
        let [arrived, answered, given_up, in_flight] =
            ["arrived", "answered", "given_up", "in_flight"].map(|name| count(operations, name));
        assert_eq!(arrived, count(requests, "arrived") - count(requests, "retried"), "{policy:.300}");
        assert_eq!(arrived, answered + given_up + in_flight);
        assert!((operations["error_rate"].as_f64().unwrap() - given_up as f64 / arrived as f64).abs() < 1e-6);
    }
    let operations = &results["policies"][0]["operations"];
    assert!(operations["error_rate"].as_f64().unwrap() > 0.5, "the storm does not end: {operations}");
    // Most attempts in the open queue get no answer, but the answered ones are faster than under async.
    let (found, code) = judged(&storm(), "open.operation_time.p50 < 10s");
    assert_eq!((&found["verdict"], code), (&json!("broken"), 1), "{found}");
    assert_eq!(judged(&storm(), "open.answered.operation_time.p50 < 10s").1, 0);
}

#[test]
fn throughput_counts_departures_in_the_measured_time() {
    for (policy, backends) in
        [("sync", json!({})), ("async", json!({})), ("threaded", json!({ "db": { "pool": { "size": 9 } } }))]
    {
        let scenario = json!({
            "classes": { "a": { "phases": [{ "db": "800ms" }] } },
            "arrivals": { "at": [{ "time": "0ms" }, { "time": "900ms" }, { "time": "2s" }, { "time": "4500ms" }] },
            "backends": backends,
            "policies": [{ policy: {} }],
            "run": { "duration": "5s", "warm_up": "1s" }
        });
        let results = results(&scenario);
        let policy = &results["policies"][0];
        assert_eq!(policy["requests"]["completed"], json!(1), "{policy}");
        // In four seconds the second and the third depart.
        assert_eq!((&policy["throughput_per_s"], &policy["goodput_per_s"]), (&json!(0.5), &json!(0.5)), "{policy}");
    }
}

#[test]
fn the_time_of_unanswered_requests_is_reported_separately() {
    let results = results(&hopeless());
    let policy = &results["policies"][0];
    let parts = |name: &str| policy[name].as_object().unwrap().values().filter_map(Value::as_f64).sum::<f64>();
    assert!(parts("unanswered_breakdown_ms") > 700.0, "{policy}");
    assert!(policy["unanswered_breakdown_ms"]["backlog_wait"].as_f64().unwrap() > 0.0, "{policy}");
    let answered = self::results(&with(hopeless(), &["clients"], json!({})));
    assert!(answered["policies"][0].get("unanswered_breakdown_ms").is_none());
}

#[test]
fn a_policy_that_leaves_more_requests_unanswered_is_not_called_faster() {
    let scenario = json!({
        "classes": { "page": { "phases": [{ "db": { "exponential": "50ms" } }] } },
        "arrivals": { "poisson": "90/s" },
        "policies": [{ "sync": { "name": "patient", "workers": 5 } }, { "sync": { "name": "curt", "workers": 5, "backlog": 0 } }],
        "run": { "requests": 4000, "replications": 5 }
    });
    let verdicts = |results: &Value| -> Vec<Value> {
        let differences = results["comparisons"][0]["differences"].as_array().unwrap();
        differences.iter().map(|difference| difference["verdict"].clone()).collect()
    };
    let found = results(&scenario);
    assert!(verdicts(&found).contains(&json!("incomparable")), "{}", found["comparisons"]);
    assert!(!verdicts(&found).contains(&json!("faster")), "{}", found["comparisons"]);
    let output = desk(&scenario).run("run it.json --out out", 0);
    assert!(text(&output).contains("curt is neither better nor worse"), "{}", text(&output));
    assert!(!text(&output).contains("curt is faster") && !text(&output).contains(" faster "), "{}", text(&output));
}

#[test]
fn fewer_answers_are_not_an_improvement_on_a_baseline() {
    let scenario = json!({
        "classes": { "page": { "phases": [{ "db": { "exponential": "50ms" } }] } },
        "arrivals": { "poisson": "90/s" },
        "policies": [{ "sync": { "workers": 5 } }],
        "tolerances": { "error_rate": { "absolute": "100%" }, "throughput": { "relative": "100%" } },
        "run": { "requests": 4000, "replications": 5 }
    });
    let desk = desk(&scenario);
    desk.run("check it.json --update-baseline", 0);
    let output = desk.run("check it.json --set policies.sync.backlog=0 --format json", 0);
    let check: Value = serde_json::from_str(&text(&output)).unwrap();
    let metrics = check["baseline"]["metrics"].as_array().unwrap();
    let mean = metrics.iter().find(|metric| metric["metric"] == "mean").unwrap();
    assert!(mean["difference"].as_f64().unwrap() < -10.0, "{mean}");
    assert_eq!(mean["verdict"], json!("undecided"), "{mean}");
    let output = desk.run("check it.json --set policies.sync.backlog=0", 0);
    assert!(text(&output).contains("more requests got no answer"), "{}", text(&output));
    assert!(text(&output).contains("0% →"), "the error rates are shown with the times:\n{}", text(&output));
}

#[test]
fn objectives_that_chance_may_have_decided_are_marked() {
    let short = json!({
        "classes": { "job": { "phases": [{ "db": { "exponential": "100ms" } }] } },
        "arrivals": { "poisson": "40/s" },
        "policies": [{ "async": {} }],
        "run": { "requests": 4000, "replications": 5 }
    });
    // The exact 99th percentile is 460.5 ms, the mean 100 ms.
    let (found, code) = judged(&short, "p99 < 470ms");
    assert_eq!(found["undecided"]["why"], json!("no_interval"), "{found}");
    let requests = found["undecided"]["requests"].as_u64().unwrap();
    assert!((50_000..5_000_000).contains(&requests), "{found}");
    assert_eq!(code, i32::from(found["verdict"] == json!("broken")), "the mark does not change the exit code");
    let (found, _) = judged(&short, "mean < 99ms");
    assert_eq!(found["undecided"]["why"], json!("interval_holds_bound"), "{found}");
    assert!(found["undecided"]["requests"].as_u64().unwrap() > 20_000, "{found}");
    let (found, _) = judged(&short, "mean < 150ms");
    assert!(found.get("undecided").is_none(), "{found}");
    let (found, _) = judged(&with(short.clone(), &["run", "requests"], json!(20_000)), "p99 < 600ms");
    assert!(found["interval"].is_array() && found.get("undecided").is_none(), "{found}");

    let desk = desk(&with(short, &["slo"], json!(["p99 < 600ms"])));
    desk.run("check it.json --no-baseline", 0);
    let output = desk.run("check it.json --no-baseline --undecided fail", 3);
    assert!(errors(&output).contains("`p99 < 600ms` is undecided by chance"), "{}", errors(&output));
    desk.run("run it.json --out out", 0);
    let output = desk.run("run it.json --out out --undecided fail", 3);
    assert!(errors(&output).contains("is undecided by chance"), "{}", errors(&output));
    assert!(text(&output).contains("requests would decide it"), "{}", text(&output));
}

#[test]
fn an_objective_without_randomness_is_decided() {
    let exact = json!({
        "classes": { "a": { "phases": [{ "db": "10ms" }] } },
        "arrivals": { "constant": "50/s" },
        "policies": [{ "async": {} }],
        "run": { "requests": 1000 },
        "slo": ["p99 < 11ms", "max < 11ms"]
    });
    desk(&exact).run("check it.json --no-baseline --undecided fail", 0);
}

#[test]
fn the_interval_of_an_objective_belongs_to_the_same_number() {
    // Two in a hundred get no answer, so the percentiles of all requests and of the answered ones differ.
    let scenario = json!({
        "classes": { "page": { "phases": [{ "db": { "exponential": "50ms" } }] } },
        "arrivals": { "poisson": "40/s" },
        "clients": { "timeout": "200ms" },
        "policies": [{ "async": {} }],
        "run": { "requests": 20_000, "replications": 5 },
        "slo": ["p95 < 1s", "answered.p95 < 1s"]
    });
    let results = results(&scenario);
    let value = |place: usize| results["slo"][place]["value"].as_f64().unwrap();
    let interval = |place: usize| -> Vec<f64> {
        results["slo"][place]["interval"].as_array().unwrap().iter().map(|end| end.as_f64().unwrap()).collect()
    };
    assert!(value(0) > value(1) + 2.0, "{}", results["slo"]);
    for place in [0, 1] {
        assert!(interval(place)[0] < value(place) && value(place) < interval(place)[1], "{}", results["slo"]);
    }
    assert!(interval(0)[0] > value(1), "{}", results["slo"]);
}
