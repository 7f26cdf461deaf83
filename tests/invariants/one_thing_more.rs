//! A calm scenario plus exactly one feature: which shortcut a run takes, and that both ways give the same numbers.

use std::io::Cursor;

use serde_json::{Map, Value, json};
use waitline::engine::{Observer, Shortcut};
use waitline::random::Files;
use waitline::scenario::{Scenario, Source, read};
use waitline::study::{Replication, simulation};

use super::shortcuts::check_numbers;

/// The shortcut of a run, if any.
type Taken = Option<Shortcut>;

const EVENTS: Taken = None;
const WALK: Taken = Some(Shortcut::Walk);
const AHEAD: Taken = Some(Shortcut::LookAhead);
const DIRECT: Taken = Some(Shortcut::Direct);

/// The policies of the calm scenario.
const POLICIES: [(&str, &str); 5] = [
    ("sync", "{}"),
    ("sync", r#"{ "workers": 3 }"#),
    ("threaded", r#"{ "threads": 4, "switch_interval": "none" }"#),
    ("async", "{}"),
    ("async", r#"{ "workers": 3 }"#),
];

/// The shortcut of each policy, in that order: if nothing intervenes, if something does between an arrival and a departure,
/// and if there is something that takes more than a worker, a turn and a core.
const CALM: [Taken; 5] = [WALK, WALK, AHEAD, AHEAD, AHEAD];
const UNCERTAIN: [Taken; 5] = [DIRECT; 5];
const DISTURBED: [Taken; 5] = [EVENTS; 5];

/// Arrivals that are Poisson, at a constant rate, and several at the same instant, with the demand of short requests: where
/// it is constant, many things happen at the same instant.
const LOADS: [(&str, &str); 3] = [
    (r#"{ "poisson": "250/s" }"#, r#"{ "exponential": "2ms" }"#),
    (r#"{ "constant": "250/s" }"#, r#""2ms""#),
    (r#"{ "batches": { "rate": "60/s", "size": 4 } }"#, r#""2ms""#),
];

const TRACE: &str = r#"{"time_ms": 1, "class": "page"}
{"time_ms": 2, "class": "page"}
{"time_ms": 2, "class": "short"}"#;

const TRACE_WITH_DEMANDS: &str = r#"{"time_ms": 1, "class": "page", "demands_ms": [2, 3, 4, 5]}
{"time_ms": 2, "class": "page", "demands_ms": [1, 1, 1, 1]}
{"time_ms": 2, "class": "short", "demands_ms": [3]}"#;

/// The calm scenario under one policy.
fn calm((kind, options): (&str, &str), (arrivals, short): (&str, &str)) -> Value {
    json!({
        "classes": {
            "page": { "phases": [ { "framework": "1ms" }, { "db": "4ms" }, { "compute": "2ms" }, { "sleep": "3ms" } ] },
            "short": { "priority": 1, "phases": [ { "compute": value(short) } ] },
        },
        "arrivals": value(arrivals),
        "machine": { "cores": 4 },
        "backends": { "db": {} },
        "clients": {},
        "policies": [ { kind: value(options) } ],
        "run": { "requests": 120 },
    })
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

/// Sets the value at a path such as `machine.cores`; `policy` stands for the options of the policy.
fn set(scenario: &mut Value, path: &str, json: &str) {
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let mut place = scenario;
    for part in parent.split('.').filter(|part| !part.is_empty()) {
        place = match part {
            "policy" => place["policies"][0].as_object_mut().unwrap().values_mut().next().unwrap(),
            _ => place.as_object_mut().unwrap().entry(part).or_insert_with(|| Map::new().into()),
        };
    }
    place[name] = value(json);
}

fn scenario(json: &Value) -> Scenario {
    let files = Files::new(|file| {
        let content = if file.ends_with("with_demands.jsonl") { TRACE_WITH_DEMANDS } else { TRACE };
        Ok(Box::new(Cursor::new(content)))
    });
    let text = json.to_string();
    read(Source::new("scenario", text.as_str()), "scenario", &[], &files)
        .unwrap_or_else(|error| panic!("{text}\n{error:?}"))
}

/// One feature that the calm scenario lacks: a path, the value there, and the shortcut of each policy.
type Thing = (&'static str, &'static str, [Taken; 5]);

const THINGS: &[Thing] = &[
    // Order, dispatch and backlog limit.
    ("policy.order", r#""fifo""#, CALM),
    ("policy.order", r#""lifo""#, UNCERTAIN),
    ("policy.order", r#""shortest""#, UNCERTAIN),
    ("policy.order", r#""priority""#, UNCERTAIN),
    ("policy.backlog", "3", UNCERTAIN),
    ("policy.dispatch", r#""shared""#, CALM),
    ("policy.dispatch", r#""round_robin""#, DISTURBED),
    ("policy.dispatch", r#""random""#, DISTURBED),
    ("policy.dispatch", r#""least_busy""#, DISTURBED),
    ("policy.dispatch", r#""accept""#, DISTURBED),
    // Workers that are replaced, or take requests ahead.
    ("policy.max_requests", r#"{ "count": 20, "jitter": 4, "boot": "5ms" }"#, DISTURBED),
    // Overhead of the application server.
    ("policy.overhead", r#"{ "before": "1ms" }"#, DISTURBED),
    ("policy.overhead", r#"{ "response": "1ms" }"#, DISTURBED),
    ("policy.overhead", r#"{ "after": "1ms" }"#, DISTURBED),
    // Clients: nothing fails, so there is nothing to retry.
    ("clients.timeout", r#""20ms""#, UNCERTAIN),
    ("clients.patience", r#""5ms""#, UNCERTAIN),
    ("clients.retries", r#"{ "max": 3, "backoff": "1ms" }"#, CALM),
    ("clients", r#"{ "patience": "5ms", "retries": { "max": 3, "backoff": "1ms" } }"#, DISTURBED),
    ("clients", r#"{ "timeout": "20ms", "cancel": true }"#, UNCERTAIN),
    ("classes.page.timeout", r#""20ms""#, UNCERTAIN),
    ("classes.short.limit", r#"{ "in_progress": 2 }"#, DISTURBED),
    ("classes.short.limit", r#"{ "in_progress": 1, "per": "worker" }"#, DISTURBED),
    // Faults.
    ("faults", r#"[ { "at": "50ms", "for": "200ms", "slow": { "backend": "db", "factor": 3 } } ]"#, DISTURBED),
    ("faults", r#"[ { "at": "50ms", "for": "200ms", "slow": { "backend": "db", "time": "9ms" } } ]"#, DISTURBED),
    ("faults", r#"[ { "at": "50ms", "for": "20ms", "down": { "backend": "db" } } ]"#, DISTURBED),
    ("faults", r#"[ { "at": "50ms", "for": "20ms", "restart": { "worker": 1 } } ]"#, DISTURBED),
    ("faults", r#"[ { "at": "50ms", "for": "200ms", "cores": 1 } ]"#, DISTURBED),
    ("faults", r#"[ { "at": "50ms", "for": "9ms", "every": "99ms", "cores": 1 } ]"#, DISTURBED),
    // The machine: with a core for each turn no request is preempted.
    ("machine.cores", "1", [WALK, DIRECT, AHEAD, AHEAD, DIRECT]),
    ("machine.cores", "2", [WALK, DIRECT, AHEAD, AHEAD, DIRECT]),
    ("machine.cores", "3", CALM),
    ("machine.quantum", r#""100us""#, CALM),
    ("machine.quantum", r#""processor_sharing""#, DISTURBED),
    ("machine.context_switch", r#""50us""#, DISTURBED),
    ("machine.wake_preemption", r#""100us""#, CALM),
    ("machine.client_cpu", r#""1ms""#, DISTURBED),
    ("machine.cpu_limit", "2.5", DISTURBED),
    ("replicas", r#"{ "count": 1 }"#, CALM),
    ("replicas", r#"{ "count": 2 }"#, DISTURBED),
    ("replicas", r#"{ "count": 1, "health": {} }"#, DISTURBED),
    // Backends. A loop keeps its core, so there is no lock that a client could wait for.
    ("backends.db.concurrency", "2", DISTURBED),
    ("backends.db", r#"{ "concurrency": 2, "sharing": true }"#, DISTURBED),
    ("backends.db.pool", r#"{ "size": 2 }"#, DISTURBED),
    ("backends.db.pool", r#"{ "size": 2, "per": "application" }"#, DISTURBED),
    ("backends.db.pool", r#"{ "size": 2, "acquire_timeout": "2ms" }"#, DISTURBED),
    ("backends.db.pool", r#"{ "size": 2, "hand_over": "releaser_first" }"#, DISTURBED),
    ("backends.db.pool", r#"{ "size": 2, "hand_over": "random" }"#, DISTURBED),
    ("backends.db.pool", r#"{ "size": 2, "hand_over": "barging" }"#, DISTURBED),
    ("backends.db.pool", r#"{ "size": 2, "hand_over": "woken_first" }"#, DISTURBED),
    ("backends.db.pool", r#"{ "size": 2, "overflow": 1, "min": 0, "connect": "3ms" }"#, DISTURBED),
    ("backends.db.max_connections", "2", CALM),
    ("backends.db.pool", r#"{ "size": 2, "release": "owner_runs" }"#, DISTURBED),
    ("backends.db.pool", r#"{ "size": 2, "held": "request" }"#, DISTURBED),
    ("backends.db.pool", r#"{ "size": 2, "held": "from_first_query" }"#, DISTURBED),
    ("backends.db.round_trip", r#""1ms""#, DISTURBED),
    ("backends.db.query_overhead", r#""1ms""#, DISTURBED),
    ("backends.db.client", r#""psycopg""#, DISTURBED),
    ("backends.db.client", r#""asyncpg""#, DISTURBED),
    ("backends.db.client", r#"{ "before": "1ms" }"#, DISTURBED),
    ("backends.db.client", r#"{ "after": "1ms" }"#, DISTURBED),
    ("backends.db.client", r#"{ "begin": {} }"#, DISTURBED),
    ("backends.db.client", r#"{ "commit": {} }"#, DISTURBED),
    ("backends.db.client", r#"{ "yields": true }"#, [EVENTS, EVENTS, EVENTS, AHEAD, AHEAD]),
    ("backends.db.stand_in", "true", CALM),
    ("backends.db.errors", "0", CALM),
    ("backends.db.errors", r#""20%""#, DISTURBED),
    ("backends.db.abandoned", r#""finish""#, CALM),
    ("backends.other", "{}", CALM),
    // Phases. Under sync a request can be a single burst; elsewhere a wait must follow a turn.
    ("classes.page.phases", "[]", CALM),
    ("classes.page.phases", r#"[ { "compute": "2ms" }, { "db": { "time": "4ms", "timeout": "3ms" } } ]"#, DISTURBED),
    (
        "classes.page.phases",
        r#"[ { "compute": "2ms" }, { "db": { "time": "4ms", "retries": { "max": 1 } } } ]"#,
        DISTURBED,
    ),
    ("classes.page.phases", r#"[ { "db": { "time": "4ms", "blocking": true } } ]"#, [WALK, WALK, DIRECT, AHEAD, AHEAD]),
    ("classes.page.phases", r#"[ { "db": "4ms" }, { "compute": "2ms" } ]"#, [WALK, WALK, DIRECT, DIRECT, DIRECT]),
    (
        "classes.page.phases",
        r#"[ { "compute": "2ms" }, { "db": "4ms" }, { "db": "4ms" } ]"#,
        [WALK, WALK, DIRECT, DIRECT, DIRECT],
    ),
    (
        "classes.page.phases",
        r#"[ { "compute": "2ms" }, { "parallel": [ { "db": "4ms" }, { "sleep": "5ms" } ] } ]"#,
        [AHEAD, DIRECT, DIRECT, EVENTS, EVENTS],
    ),
    (
        "classes.page.phases",
        r#"[ { "compute": "2ms" }, { "parallel": { "waits": [ { "db": "4ms" }, { "sleep": "5ms" } ], "concurrent": true } } ]"#,
        DISTURBED,
    ),
    (
        "classes.page.phases",
        r#"[ { "compute": "2ms" }, { "maybe": { "probability": "50%", "phases": [ { "db": "4ms" } ] } } ]"#,
        DISTURBED,
    ),
    ("classes.page.phases", r#"[ { "maybe": { "probability": 0, "phases": [] } } ]"#, DISTURBED),
    // Arrivals. Users wait for answers, and the requests of a trace cannot be drawn again.
    ("arrivals", r#"{ "at": [ { "time": "1ms" }, { "time": "1ms", "class": "page" } ] }"#, CALM),
    ("arrivals", r#"{ "trace": "requests.jsonl" }"#, [AHEAD, DIRECT, AHEAD, AHEAD, AHEAD]),
    ("arrivals", r#"{ "trace": "with_demands.jsonl" }"#, [AHEAD, DIRECT, AHEAD, AHEAD, AHEAD]),
    (
        "arrivals",
        r#"{ "users": { "count": 9, "think": { "exponential": "20ms" } } }"#,
        [AHEAD, DIRECT, AHEAD, AHEAD, DIRECT],
    ),
    ("arrivals", r#"{ "users": { "count": 9, "think": "4ms" } }"#, [AHEAD, DIRECT, AHEAD, AHEAD, DIRECT]),
    // The run.
    ("run.warm_up", r#""100ms""#, CALM),
    ("run.max_in_flight", "9", CALM),
    ("run", r#"{ "duration": "400ms" }"#, CALM),
    ("run", r#"{ "duration": "400ms", "max_in_flight": 9 }"#, CALM),
];

/// A feature that only one of the policies can have: the policy, a path, the value there, and the shortcut.
type OptionOfOne = (&'static str, &'static str, &'static str, &'static str, Taken);

const THREADED: &str = r#"{ "threads": 4, "switch_interval": "none" }"#;

const OPTIONS: &[OptionOfOne] = &[
    ("threaded", THREADED, "policy.switch_interval", r#""1ms""#, DIRECT),
    ("threaded", THREADED, "policy.gil", "false", DIRECT),
    ("threaded", THREADED, "policy.threads", "1", AHEAD),
    ("threaded", THREADED, "policy.worker_connections", "6", EVENTS),
    ("threaded", THREADED, "policy.prefetch", "2", EVENTS),
    ("sync", "{}", "policy.prefetch", "2", EVENTS),
    ("sync", "{}", "policy.worker_timeout", r#""9ms""#, EVENTS),
    ("sync", r#"{ "workers": 4 }"#, "policy.spare_workers", r#"{ "start": 1, "min": 1, "max": 2 }"#, EVENTS),
    ("async", "{}", "policy.worker_timeout", r#""5ms""#, EVENTS),
    ("async", "{}", "policy.limit", "2", EVENTS),
    ("threaded", THREADED, "policy.workers", "2", DIRECT),
    ("threaded", THREADED, "policy.yields_to_respond", "true", EVENTS),
    ("threaded", r#"{ "threads": 4, "gil": false }"#, "policy.scheduler", r#""go""#, EVENTS),
    ("async", "{}", "policy.max_in_progress", "1", AHEAD),
    ("async", "{}", "policy.max_in_progress", "2", AHEAD),
    ("async", r#"{ "workers": 2 }"#, "policy.max_in_progress", "2", DIRECT),
    ("async", r#"{ "workers": 3 }"#, "policy.max_in_progress", "2", DIRECT),
    ("async", "{}", "policy.timer_resolution", r#""2ms""#, EVENTS),
    (
        "async",
        "{}",
        "policy.thread_pool",
        r#"{ "threads": 1, "classes": [ "page" ], "switch_interval": "none" }"#,
        EVENTS,
    ),
    ("async", "{}", "policy.thread_pool", r#"{ "threads": 1, "classes": [ "page" ], "gil": false }"#, EVENTS),
    // Its threads have no requests, but requests could wait for one.
    ("async", "{}", "policy.thread_pool", r#"{ "threads": 1, "classes": [], "switch_interval": "none" }"#, EVENTS),
    // A loop that runs one request at a time, and never continues with another, behaves like a sync worker.
    (
        "async",
        r#"{ "max_in_progress": 1 }"#,
        "classes.page.phases",
        r#"[ { "db": { "time": "4ms", "blocking": true } }, { "compute": "2ms" } ]"#,
        WALK,
    ),
];

/// Every case: its name, the scenario, and the shortcut that it takes.
fn cases() -> Vec<(String, Scenario, Taken)> {
    let mut cases = Vec::new();
    for load in LOADS {
        let mut add = |policy: (&str, &str), path: &str, json: &str, taken| {
            let mut calm = calm(policy, load);
            set(&mut calm, path, json);
            cases.push((format!("{policy:?}, {load:?}, {path} = {json}"), scenario(&calm), taken));
        };
        for (path, json, taken) in THINGS {
            POLICIES.into_iter().zip(taken).for_each(|(policy, taken)| add(policy, path, json, *taken));
        }
        OPTIONS.iter().for_each(|(kind, options, path, json, taken)| add((kind, options), path, json, *taken));
    }
    cases
}

fn shortcut<O: Observer>(scenario: &Scenario, observer: O) -> Taken {
    simulation(scenario, &scenario.policies()[0], &Replication::default(), observer).shortcut()
}

#[test]
fn a_run_takes_its_shortcut_unless_the_added_feature_forbids_it() {
    let wrong: Vec<String> = cases()
        .into_iter()
        .map(|(name, scenario, taken)| (name, shortcut(&scenario, ()), taken))
        .filter(|(_, found, taken)| found != taken)
        .map(|(name, found, taken)| format!("{name}: {found:?} instead of {taken:?}"))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn with_one_added_feature_both_ways_give_the_same_numbers() {
    for (name, scenario, _) in cases() {
        check_numbers(&scenario, &name, &[0, 100]);
    }
}

/// Watches each step, or the order of events at one instant, or waits.
struct Watching {
    segments: bool,
    order: bool,
    waits: bool,
}

impl Observer for Watching {
    fn watches_segments(&self) -> bool {
        self.segments
    }

    fn minds_order(&self) -> bool {
        self.order
    }

    fn watches_waits(&self) -> bool {
        self.waits
    }
}

#[test]
fn an_observer_of_each_step_or_of_the_order_of_several_workers_sees_every_event() {
    let nothing = || Watching { segments: false, order: false, waits: false };
    let watching = [
        (CALM, nothing()),
        (DISTURBED, Watching { segments: true, ..nothing() }),
        ([WALK, DIRECT, AHEAD, AHEAD, DIRECT], Watching { order: true, ..nothing() }),
        (CALM, Watching { waits: true, ..nothing() }),
    ];
    for (taken, Watching { segments, order, waits }) in watching {
        for (policy, taken) in POLICIES.into_iter().zip(taken) {
            let calm = scenario(&calm(policy, LOADS[0]));
            assert_eq!(shortcut(&calm, Watching { segments, order, waits }), taken, "{policy:?}");
        }
    }
}
