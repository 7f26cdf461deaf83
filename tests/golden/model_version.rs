//! The same scenario and seed give the same numbers as long as the version of the model stays the same.
//!
//! `tests/golden/model.json` has the results of some small scenarios for each version: a digest of every departure, and a
//! few numbers that show the size of a difference. If they differ, the semantics of the engine have changed, or its random
//! draws: increase `MODEL_VERSION` in `src/engine/mod.rs`, then run
//!
//! ```sh
//! UPDATE_GOLDEN=1 cargo test --test golden
//! ```
//!
//! This adds missing entries and never changes existing ones: numbers of a version for which others have baselines are not
//! rewritten. (Before a release, when no baselines exist: delete the file, then run it.)

use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use waitline::engine::{Departure, MODEL_VERSION, Observer};
use waitline::model::Activity;
use waitline::output::json_text;
use waitline::scenario::Scenario;
use waitline::study::{Options, Replication, Watch, run, simulation};

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/model.json")
}

/// Small scenarios that together use every feature of the engine.
fn scenarios() -> Vec<(&'static str, Value)> {
    let page = json!({ "phases": [{ "framework": "2ms" }, { "db": { "exponential": "30ms" } }, { "compute": { "exponential": "6ms" } }] });
    let three = json!([{ "sync": { "workers": 3 } }, { "threaded": { "workers": 2, "threads": 4 } }, { "async": { "workers": 2 } }]);
    vec![
        (
            "arrivals by hand: at",
            json!({
                "classes": { "page": { "phases": [{ "framework": "10ms" }, { "db": "60ms" }, { "compute": "10ms" }] }, "short": { "phases": [{ "compute": "5ms" }] } },
                "arrivals": { "at": [{ "time": "0ms", "class": "page" }, { "time": "0ms", "class": "short" }, { "time": "15ms", "class": "page" }] },
                "policies": three,
            }),
        ),
        (
            "threads of all kinds: lock, quantum, switch interval, context switch, wake-ups",
            json!({
                "classes": { "page": page, "batch": { "weight": 0.2, "phases": [{ "compute": { "lognormal": { "mean": "40ms", "cv": 1.5 } } }] } },
                "arrivals": { "poisson": "50/s" },
                "machine": { "cores": 2, "quantum": "1ms", "context_switch": "50us", "wake_preemption": "1.4ms" },
                "policies": [
                    { "threaded": { "workers": 2, "threads": 6, "name": "lock" } },
                    { "threaded": { "threads": 6, "switch_interval": "none", "name": "no hand-over" } },
                    { "threaded": { "threads": 6, "gil": false, "name": "no lock" } },
                    { "sync": { "workers": 6, "dispatch": "accept" } } ],
                "run": { "requests": 300, "seed": 5, "replications": 2 },
            }),
        ),
        (
            "loops: blocking waits, parallel waits, a thread pool, few places",
            json!({
                "classes": {
                    "page": { "phases": [{ "parallel": [{ "db": { "exponential": "20ms" } }, { "wait": { "backend": "search", "time": "25ms" } }] }, { "compute": "3ms" }] },
                    "report": { "weight": 0.3, "phases": [
                        { "db": { "time": { "gamma": { "mean": "30ms", "cv": 0.5 } }, "blocking": true } },
                        { "parallel": { "waits": [{ "sleep": "10ms" }, { "db": { "uniform": ["5ms", "50ms"] } }], "concurrent": true } },
                        { "compute": { "weibull": { "mean": "9ms", "cv": 1.2 } } }] } },
                "arrivals": { "renewal": { "gamma": { "mean": "20ms", "cv": 2 } } },
                "machine": { "cores": 2, "quantum": "processor_sharing" },
                "backends": { "search": { "concurrency": 2 } },
                "policies": [
                    { "async": { "workers": 2, "max_in_progress": 8, "dispatch": "least_busy", "thread_pool": { "threads": 2, "classes": ["report"], "switch_interval": "5ms" } } },
                    { "async": { "name": "plain" } },
                    { "threaded": { "threads": 5 } } ],
                "run": { "requests": 300, "seed": 6 },
            }),
        ),
        (
            "pools, and limits of backends",
            json!({
                "classes": { "page": page },
                "arrivals": { "poisson": "70/s" },
                "machine": { "cores": 4 },
                "backends": { "db": { "concurrency": 3, "pool": { "size": 2, "per": "worker", "acquire_timeout": "150ms", "hand_over": "releaser_first", "release": "owner_runs" } } },
                "policies": three,
                "run": { "requests": 300, "seed": 7, "warm_up": "500ms" },
            }),
        ),
        (
            "clients of backends: statements, locks, pools",
            json!({
                "classes": { "page": page },
                "arrivals": { "poisson": "50/s" },
                "machine": { "cores": 2 },
                "backends": { "db": {
                    "pool": { "size": 3, "acquire_timeout": "300ms" }, "round_trip": "300us", "query_overhead": "500us",
                    "client": { "before": "200us", "after": "100us", "begin": { "cpu": "200us", "time": "200us" }, "commit": { "cpu": "100us", "time": "200us" } } } },
                "faults": [{ "at": "2s", "for": "100ms", "down": { "backend": "db" } }],
                "policies": [{ "sync": { "workers": 3 } }, { "gunicorn": { "threads": 8 } }, { "async": { "thread_pool": { "threads": 6, "classes": ["page"] } } }],
                "run": { "requests": 300, "seed": 12 },
            }),
        ),
        (
            "queues: backlogs, orders, dispatch",
            json!({
                "classes": { "a": { "priority": 2, "phases": [{ "compute": { "exponential": "20ms" } }] }, "b": { "weight": 2, "priority": 1, "phases": [{ "sleep": { "erlang": { "stages": 2, "mean": "10ms" } } }, { "compute": { "pareto": { "mean": "8ms", "cv": 1.5 } } }] } },
                "arrivals": { "batches": { "rate": "12/s", "size": { "geometric": { "mean": 3 } } } },
                "machine": { "cores": 2 },
                "policies": [
                    { "sync": { "workers": 2, "order": "priority", "backlog": 6, "name": "first come" } },
                    { "sync": { "workers": 2, "order": "shortest", "dispatch": "round_robin", "name": "shortest" } },
                    { "threaded": { "workers": 2, "threads": 2, "order": "lifo", "dispatch": "random" } },
                    { "sync": { "workers": 2, "dispatch": "least_busy", "name": "least busy" } } ],
                "run": { "requests": 300, "seed": 8 },
            }),
        ),
        (
            "clients and faults",
            json!({
                "classes": { "page": page },
                "arrivals": { "poisson": "60/s" },
                "machine": { "cores": 2 },
                "clients": { "timeout": { "exponential": "200ms" }, "cancel": true, "patience": "100ms", "retries": { "max": 2, "backoff": "50ms", "jitter": 0.5, "budget": 0.5 } },
                "faults": [
                    { "at": "1s", "for": "1s", "slow": { "backend": "db", "factor": 3 } },
                    { "at": "2s", "for": "200ms", "down": { "backend": "db" } },
                    { "at": "3s", "for": "300ms", "restart": { "worker": 1 } },
                    { "at": "4s", "for": "500ms", "cores": 1 } ],
                "policies": three,
                "run": { "duration": "6s", "seed": 9 },
            }),
        ),
        (
            "late answers to clients who have gone",
            json!({
                "classes": { "page": page },
                "arrivals": [{ "for": "1s", "rate": "80/s" }, { "for": "1s", "rate": "10/s" }],
                "clients": { "timeout": "120ms" },
                "policies": three,
                "run": { "requests": 300, "seed": 10 },
            }),
        ),
        (
            "users who think",
            json!({
                "classes": { "page": page, "other": { "phases": [{ "db": { "mixture": [{ "weight": 9, "of": "1ms" }, { "weight": 1, "of": { "hyperexponential": [{ "weight": 1, "mean": "20ms" }, { "weight": 1, "mean": "80ms" }] } }] } }] } },
                "arrivals": { "users": { "count": 12, "think": { "exponential": "200ms" } } },
                "policies": three,
                "run": { "requests": 300, "seed": 11 },
            }),
        ),
        (
            "rates that change: a sine",
            varying(&page, &three, json!({ "sine": { "mean": "40/s", "amplitude": 0.8, "period": "2s" } })),
        ),
        (
            "rates that change: a ramp",
            varying(&page, &three, json!({ "ramp": { "from": "0/s", "to": "60/s", "over": "4s" } })),
        ),
        (
            "rates that change: states",
            varying(
                &page,
                &three,
                json!({ "mmpp": { "states": [{ "rate": "20/s", "mean": "500ms" }, { "rate": "120/s", "mean": "100ms" }] } }),
            ),
        ),
        (
            "rates that change: on and off",
            varying(
                &page,
                &three,
                json!({ "on_off": { "rate": "90/s", "on": { "exponential": "300ms" }, "off": "400ms" } }),
            ),
        ),
        (
            "goroutines, writes of a response, clients on the same cores, measured presets",
            json!({
                "classes": { "page": page, "nap": { "phases": [{ "compute": "3ms" }, { "sleep": { "exponential": "20ms" } }, { "compute": { "exponential": "12ms" } }] } },
                "arrivals": { "poisson": "30/s" },
                "machine": { "cores": 1, "quantum": "2ms", "wake_preemption": "1.4ms", "client_cpu": "0.3ms" },
                "policies": [
                    { "threaded": { "threads": 50, "gil": false, "scheduler": "go", "name": "goroutines" } },
                    { "threaded": { "threads": 5, "yields_to_respond": true, "response_writes": 2, "overhead": { "before": "0.3ms", "response": "0.2ms", "after": "0.1ms" }, "name": "two writes" } },
                    { "puma": {} }, { "go": {} }, { "tomcat": {} }, { "php_fpm": { "nginx": true } } ],
                "run": { "requests": 300, "seed": 5, "replications": 2 },
            }),
        ),
        ("bursts", varying(&page, &three, json!({ "bursts": { "every": "400ms", "size": 12, "spread": "50ms" } }))),
        ("constant arrivals", varying(&page, &three, json!({ "constant": "40/s" }))),
    ]
}

fn varying(page: &Value, policies: &Value, arrivals: Value) -> Value {
    json!({ "classes": { "page": page }, "arrivals": arrivals, "policies": policies, "run": { "requests": 200, "seed": 12 } })
}

/// Digests every departure: the request, the time, the outcome, and where its time went.
#[derive(Default)]
struct Witness(Sha256);

impl Observer for Witness {
    fn on_departures(&mut self, departures: &[Departure]) {
        for departure in departures {
            let entrance = &departure.entrance;
            let mut line = format!(
                "{} {} {} {} {} {}",
                entrance.request,
                entrance.class.0,
                entrance.arrival.since_start().as_nanos(),
                departure.departure.since_start().as_nanos(),
                departure.outcome.name(),
                departure.counts,
            );
            // The digests date from when waits for a thread were part of the wait in the run queue.
            let mut spent = departure.spent;
            spent[Activity::RunQueueWait as usize] += spent[Activity::ThreadWait as usize];
            for activity in Activity::ALL.into_iter().filter(|activity| *activity != Activity::ThreadWait) {
                write!(line, " {}", spent[activity as usize].as_nanos()).unwrap();
            }
            self.0.update(line + "\n");
        }
    }
}

/// The numbers of this version of the model.
fn numbers() -> Value {
    let mut all = Map::new();
    for (name, json) in scenarios() {
        let scenario = Scenario::from_json(&json.to_string()).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut watch = Watch { progress: &|_| ControlFlow::Continue(()), rows: None };
        let results = run(&scenario, &Options::default(), &mut watch).unwrap();
        let policies: Map<String, Value> = scenario
            .policies()
            .iter()
            .zip(&results.policies)
            .map(|(policy, results)| {
                // The second replication shows how replications are numbered.
                let digests: Vec<String> = (0..scenario.run().replications.max(1))
                    .map(|number| {
                        let replication = Replication { number, ..Replication::default() };
                        let mut simulation = simulation(&scenario, policy, &replication, Witness::default());
                        while simulation.advance(1_000_000) {}
                        let digest = simulation.finish().1.0.finalize();
                        digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
                    })
                    .collect();
                let rounded = |number: Option<f64>| number.map(|number| (number * 1e6).round() / 1e6);
                let numbers = json!({
                    "departures": digests,
                    "completed": results.requests.completed,
                    "events": results.events,
                    "mean_ms": rounded(results.response_time_ms.mean),
                    "p99_ms": rounded(results.response_time_ms.p99),
                    "cores": rounded(results.utilization.cores),
                });
                (policy.name().to_owned(), numbers)
            })
            .collect();
        all.insert(name.to_owned(), policies.into());
    }
    all.into()
}

/// The differences, one per line.
fn differences(stored: &Value, now: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (scenario, policies) in now.as_object().unwrap() {
        for (policy, numbers) in policies.as_object().unwrap() {
            match &stored[scenario][policy] {
                Value::Null => found.push(format!("{scenario}, {policy}: no entry")),
                stored if stored != numbers => {
                    found.push(format!("{scenario}, {policy}:\n  stored {stored}\n  now    {numbers}"))
                }
                _ => {}
            }
        }
    }
    found
}

#[test]
fn a_version_of_the_model_keeps_its_numbers() {
    let mut stored: Value =
        fs::read_to_string(path()).map_or_else(|_| json!({}), |text| serde_json::from_str(&text).unwrap());
    let (version, now) = (MODEL_VERSION.to_string(), numbers());
    let is_known = stored.get(&version).is_some();
    if env::var_os("UPDATE_GOLDEN").is_some() {
        for (scenario, policies) in now.as_object().unwrap() {
            if stored[&version].get(scenario).is_none() {
                stored[&version][scenario] = policies.clone();
            }
        }
        fs::write(path(), json_text(&stored)).unwrap();
    }
    let found = differences(&stored[&version], &now);
    let what = if is_known {
        "the numbers of this version have changed: raise MODEL_VERSION in src/engine/mod.rs, which makes baselines of the \
         version before incomparable, and then"
    } else {
        "there is no entry for this version:"
    };
    assert!(
        found.is_empty(),
        "version {version}: {what} run UPDATE_GOLDEN=1 cargo test --test golden\n{}",
        found.join("\n")
    );
}

#[test]
fn changed_numbers_are_detected() {
    let stored = json!({ "one": { "sync": { "departures": ["ab"], "mean_ms": 1.5 } } });
    assert!(differences(&stored, &stored).is_empty());
    let other = json!({ "one": { "sync": { "departures": ["cd"], "mean_ms": 1.5 } } });
    assert_eq!(differences(&stored, &other).len(), 1);
    assert_eq!(differences(&json!({}), &stored).len(), 1);
}
