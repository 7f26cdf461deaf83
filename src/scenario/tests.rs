//! Reading and changing scenarios. Error messages are checked in `tests/golden/errors/`.

use std::io::Cursor;

use super::*;
use crate::model::{BackendId, Named, PhaseKind, Quantum, Release};
use crate::random::{Arrivals, Distribution, Empirical, Phase, SinglePhase};

const SHOP: &str = include_str!("../../tests/data/shop.json");

/// The shop with these changes.
fn shop(changes: &[&str]) -> Scenario {
    let changes: Vec<Change> = changes.iter().map(|change| Change::new(*change)).collect();
    read(Source::new("shop.json", SHOP), "shop", &changes, &Files::none()).unwrap()
}

fn small(fields: &str) -> Scenario {
    let classes = r#""classes": { "page": { "phases": [] } }"#;
    Scenario::from_json(&format!("{{ {classes}, {fields} }}")).unwrap()
}

/// A run with defaults except for its end.
fn plain_run(end: RunEnd) -> RunSettings {
    RunSettings {
        end,
        seed: 1,
        max_in_flight: 250_000,
        warm_up: WarmUp::None,
        replications: 1,
        precision: None,
        confidence: 0.95,
    }
}

fn single(phase: &Phase) -> &SinglePhase {
    match phase {
        Phase::Single(phase) => phase,
        Phase::Parallel { .. } | Phase::Maybe { .. } | Phase::Hold { .. } => panic!("not one phase"),
    }
}

fn defaults(scenario: &Scenario) -> Vec<String> {
    scenario.defaults().iter().map(|(path, value)| format!("{path} = {value}")).collect()
}

#[test]
fn a_scenario_is_read_as_it_is_written() {
    let shop = shop(&[]);
    assert_eq!(shop.name(), "shop");
    assert_eq!(shop.description(), Some("Two kinds of page on a small host."));
    let classes = &shop.workload().classes;
    assert_eq!(classes.iter().map(|class| class.name.as_str()).collect::<Vec<_>>(), ["list", "login"]);
    assert_eq!(single(&classes[0].phases[3]).kind, PhaseKind::Backend { backend: BackendId(0), blocking: true });
    assert_eq!(single(&classes[1].phases[1]).kind, PhaseKind::Backend { backend: BackendId(1), blocking: false });
    assert_eq!(single(&classes[1].phases[1]).demand, Distribution::Constant(SimDuration::from_millis(120)));
    assert_eq!(shop.machine().cores, 2);
    assert!(shop.backends().keys().eq(["db", "idp"]));
    assert_eq!(shop.policies()[1].rules().hand_over_interval, None);
    assert_eq!(*shop.run(), plain_run(RunEnd::Requests(200_000)));
}

#[test]
fn db_is_the_first_backend_wherever_it_is_declared() {
    let declared = small(
        r#""arrivals": { "at": [{ "time": "0ms" }] }, "policies": [{ "sync": {} }], "backends": { "a": {}, "db": {}, "b": {} }"#,
    );
    assert!(declared.backends().keys().eq(["db", "a", "b"]));
}

#[test]
fn a_list_of_arrivals_needs_no_run() {
    let explicit = small(r#""arrivals": { "at": [{ "time": "0ms" }] }, "policies": [{ "sync": {} }]"#);
    assert_eq!(*explicit.run(), plain_run(RunEnd::Arrivals));
}

#[test]
fn warm_up_replications_confidence_and_precision_are_read() {
    let run = |changes: &[&str]| shop(changes).run().clone();
    assert_eq!(run(&["run.warm_up=auto"]).warm_up, WarmUp::Auto);
    assert_eq!(run(&["run.warm_up=10s"]).warm_up, WarmUp::Fixed(SimDuration::from_millis(10_000)));
    assert_eq!(run(&["run.warm_up=0s"]).warm_up, WarmUp::None);
    assert_eq!(run(&["run.replications=100000"]).replications, 100_000);
    assert!((run(&["run.confidence=99.5%"]).confidence - 0.995).abs() < 1e-12);
    let precision = |text: &str| run(&[text]).precision.unwrap();
    let named = |names: &[Named]| names.iter().copied().map(Metric::Named).collect::<Vec<_>>();
    assert_eq!(
        precision("run.precision=2%"),
        Precision { half_width: 0.02, metrics: named(&[Named::Mean, Named::P95, Named::P99]), at_most: 1000 }
    );
    assert_eq!(
        precision(r#"run.precision={ "half_width": "0.5%", "metrics": ["p50", "slowdown.mean"], "replications": 40 }"#),
        Precision { half_width: 0.005, metrics: named(&[Named::P50, Named::SlowdownMean]), at_most: 40 }
    );
}

#[test]
fn arrivals_that_end_by_themselves_need_no_run() {
    let run = |arrivals: &str| {
        let classes = r#""classes": { "page": { "phases": [] } }"#;
        let text = format!(r#"{{ {classes}, "arrivals": {arrivals}, "policies": [{{ "sync": {{}} }}] }}"#);
        Scenario::from_json(&text).map(|scenario| scenario.run().end)
    };
    for arrivals in [
        r#"[{ "for": "10s", "rate": "20/s" }]"#,
        r#"{ "piecewise": { "rates": [{ "for": "10s", "rate": "20/s" }] } }"#,
        r#"{ "ramp": { "from": "20/s", "to": "0/s", "over": "10s" } }"#,
    ] {
        assert_eq!(run(arrivals).unwrap(), RunEnd::Arrivals, "{arrivals}");
    }
    for arrivals in [
        r#"{ "piecewise": { "rates": [{ "for": "10s", "rate": "20/s" }], "repeat": true } }"#,
        r#"{ "users": { "count": 5, "think": "1s" } }"#,
    ] {
        assert_eq!(run(arrivals).unwrap_err().message(), "the run never ends", "{arrivals}");
    }
}

#[test]
fn a_trace_is_checked_and_hashed() {
    let read_with = |trace: &'static str| {
        let files = Files::new(move |file| {
            assert_eq!(file, "requests.jsonl");
            Ok(Box::new(Cursor::new(trace)))
        });
        let changes = ["arrivals.trace=requests.jsonl", "run.requests=null"].map(Change::new);
        read(Source::new("shop.json", SHOP), "shop", &changes, &files).unwrap()
    };
    let one = read_with("{\"time_ms\": 1, \"class\": \"list\"}\n");
    assert_eq!((one.run().end, one.arrivals().count()), (RunEnd::Arrivals, Some(1)));
    let two = read_with("{\"time_ms\": 1, \"class\": \"list\"}\n{\"time_ms\": 2, \"class\": \"login\"}\n");
    assert_eq!(two.arrivals().count(), Some(2));
    assert_ne!(one.sha256(), two.sha256());
    assert_ne!(one.arrivals(), two.arrivals());
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_are_ignored() {
    let windows = format!("\u{feff}{}", SHOP.replace('\n', "\r\n"));
    assert_eq!(Scenario::from_json(&windows).unwrap().sha256(), shop(&[]).sha256());
}

#[test]
fn a_file_of_values_is_loaded_and_hashed() {
    let text = SHOP.replace(r#"{ "exponential": "6ms" }"#, r#"{ "empirical": { "file": "times.txt" } }"#);
    let read_with = |values: &str| {
        let values = values.to_owned();
        let files = Files::new(move |file| {
            assert_eq!(file, "times.txt");
            Ok(Box::new(Cursor::new(values.clone())))
        });
        read(Source::new("shop.json", text.as_str()), "shop", &[], &files).unwrap()
    };
    let scenario = read_with("5ms\n7ms\n");
    let values = [SimDuration::from_millis(5), SimDuration::from_millis(7)];
    let expected = Distribution::Empirical(Empirical::Values(values.into()));
    assert_eq!(single(&scenario.workload().classes[0].phases[2]).demand, expected);
    assert_ne!(scenario.sha256(), read_with("5ms\n8ms\n").sha256);
}

#[test]
fn the_hash_depends_on_the_content_not_on_the_layout() {
    let hash = shop(&[]).sha256().to_owned();
    assert_eq!(hash.len(), 64);
    for (old, new) in [
        ("  \"description\": \"Two kinds of page on a small host.\",\n", ""),
        ("// A scenario for tests of the reader.\n", ""),
        (r#""requests": 200000, "seed": 1"#, r#""seed": 1.0, "requests": 2e5"#),
        ("../../scenario.schema.json", "elsewhere.json"),
        ("\n", " \n "),
    ] {
        assert_eq!(Scenario::from_json(&SHOP.replace(old, new)).unwrap().sha256(), hash, "{new}");
    }
    assert_eq!(shop(&["run.seed=1"]).sha256(), hash);
    for change in ["run.seed=2", "policies.sync.workers=6", "classes.list.weight=2"] {
        assert_ne!(shop(&[change]).sha256(), hash, "{change}");
    }
}

#[test]
fn a_change_sets_the_value_at_its_path() {
    let quantum = SimDuration::from_millis(1);
    for changes in [
        ["machine.cores=7", "machine.quantum=1ms"],
        ["machine = {\"cores\": 7, \"quantum\": \"1ms\"}", "run.seed=1"],
        ["machine.cores=3", "machine={\"quantum\": \"1ms\", \"cores\": 7}"],
        ["machine.quantum=\"1ms\"", "machine.cores=7.0"],
    ] {
        let machine = shop(&changes).machine().clone();
        assert_eq!((machine.cores, machine.quantum), (7, Quantum::RoundRobin(quantum)), "{changes:?}");
    }
}

#[test]
fn an_item_is_named_by_number_by_name_or_by_kind() {
    for change in [
        "policies.1.threaded.threads=9",
        "policies[1].threaded.threads=9",
        "policies.threaded.threads=9",
        "policies.threaded={\"workers\": 2, \"threads\": 9, \"gil\": false}",
    ] {
        let rules = shop(&[change]).policies()[1].rules();
        assert_eq!((rules.workers, rules.slots), (2, Some(9)), "{change}");
    }
    let named = shop(&["policies.async.name=loops", "policies.loops.workers=3"]);
    assert_eq!((named.policies()[2].name(), named.policies()[2].rules().workers), ("loops", 3));
    let login = shop(&["classes.login.phases.wait.backend=db"]);
    assert_eq!(
        single(&login.workload().classes[1].phases[1]).kind,
        PhaseKind::Backend { backend: BackendId(0), blocking: false }
    );
}

#[test]
fn the_key_that_selects_a_variant_may_be_omitted() {
    for change in ["policies.0.workers=9", "policies[0].workers=9", "policies.0.sync.workers=9"] {
        let policies = shop(&[change]).policies().to_vec();
        assert_eq!((policies[0].kind(), policies[0].rules().workers), ("sync", 9), "{change}");
    }
    assert_eq!(shop(&["policies.0.name=small"]).policies()[0].name(), "small");
    assert_eq!(shop(&["policies.0.gunicorn.workers=9"]).policies()[0].kind(), "gunicorn");
}

#[test]
fn a_path_finds_names_with_dots() {
    let text = SHOP.replace("\"login\"", "\"GET /api/v1.0/users\"").replace("\"list\"", "\"GET /api/v1\"");
    for (change, class) in [
        ("classes.GET /api/v1.0/users.weight=7", 1),
        ("classes.GET /api/v1.weight=7", 0),
        (" classes . GET /api/v1.0/users . weight = 7", 1),
    ] {
        let changed = read(Source::new("shop.json", text.as_str()), "shop", &[Change::new(change)], &Files::none());
        assert!((changed.unwrap().workload().classes[class].weight - 7.0).abs() < 1e-12, "{change}");
    }
    let named = shop(&["policies.0.name=a.b", "policies.a.b.workers=8", "policies.a.b.name=c"]);
    assert_eq!((named.policies()[0].name(), named.policies()[0].rules().workers), ("c", 8));
}

#[test]
fn trailing_commas_and_percentages_are_accepted() {
    let same = SHOP
        .replace("\"cv\": 0.8 }", "\"cv\": \"80%\", }")
        .replace("{ \"sleep\": \"5ms\" } ]", "{ \"sleep\": \"5ms\" }, ]");
    assert_ne!(same, SHOP);
    assert_eq!(Scenario::from_json(&same).unwrap().workload(), shop(&[]).workload());
    let retries =
        |jitter: &str| shop(&[&format!("clients.retries={{\"max\": 2, \"backoff\": \"1s\", \"jitter\": {jitter}}}")]);
    assert_eq!(retries("\"20%\"").clients(), retries("0.2").clients());
}

#[test]
fn naming_another_variant_replaces_the_first() {
    let distribution =
        |scenario: &Scenario, phase: usize| single(&scenario.workload().classes[0].phases[phase]).demand.clone();
    let mean = SimDuration::from_millis(9);

    let constant_rate = Arrivals::Constant("80/s".parse().unwrap());
    assert_eq!(*shop(&["arrivals.constant=80/s"]).arrivals(), constant_rate);
    let changed =
        shop(&["classes.list.phases.1.db.exponential=9ms", "classes.list.phases.0.framework.exponential=9ms"]);
    assert_eq!(distribution(&changed, 1), Distribution::Exponential(mean));
    assert_eq!(distribution(&changed, 0), Distribution::Exponential(mean));
    let list = r#"arrivals=[{ "for": "10s", "rate": "20/s" }]"#;
    assert_eq!(*shop(&[list, "arrivals.constant=80/s"]).arrivals(), constant_rate);
    assert_eq!(shop(&[list, "arrivals.0.for=5s"]).arrivals().count(), Some(100));
    let other_phase = shop(&["classes.list.phases.1.sleep=9ms"]);
    assert_eq!(single(&other_phase.workload().classes[0].phases[1]).kind, PhaseKind::Sleep);
    let detail = shop(&["classes.list.phases.3.db.time=9ms"]);
    assert_eq!(distribution(&detail, 3), Distribution::Constant(mean));
    let loops = shop(&["policies.0.async.workers=4", "policies.0.async.name=loops"]).policies().to_vec();
    assert_eq!((loops[0].kind(), loops[0].rules().workers), ("async", 4));
}

#[test]
fn a_change_creates_missing_values() {
    let made = shop(&["backends.cache={}", "backends.search.x=1", "backends.search={}"]);
    assert!(made.backends().keys().eq(["db", "idp", "cache", "search"]));
    assert_eq!(shop(&["run.requests=null", "run.duration=10m"]).run().end, RunEnd::Duration("10m".parse().unwrap()));
    assert_eq!(shop(&["description=80/s"]).description(), Some("80/s"));
}

#[test]
fn the_defaults_in_force_are_listed_as_changes_would_name_them() {
    let queues =
        |policy: &str| [format!("policies.{policy}.dispatch = shared"), format!("policies.{policy}.order = fifo")];
    let of_the_shop = ["sync", "threaded", "async"].map(queues).concat();
    let others = |defaults: Vec<String>| -> Vec<String> {
        defaults.into_iter().filter(|line| !line.contains("dispatch") && !line.contains("order")).collect()
    };
    assert!(of_the_shop.iter().all(|line| defaults(&shop(&[])).contains(line)));
    assert_eq!(
        others(defaults(&shop(&[]))),
        [
            "machine.context_switch = 0ms",
            "run.warm_up = none",
            "run.replications = 1",
            "run.confidence = 95%",
            "run.max_in_flight = 250000",
        ]
    );
    let all = small(
        r#""arrivals": { "at": [{ "time": "0ms", "class": "page" }] },
           "policies": [{ "sync": {} }, { "threaded": {} }, { "threaded": { "name": "free", "gil": false } }, { "async": {} }]"#,
    );
    assert_eq!(
        others(defaults(&all)),
        [
            "machine.cores = 1",
            "machine.quantum = 4ms",
            "machine.context_switch = 0ms",
            "policies.sync.workers = 1",
            "policies.threaded.workers = 1",
            "policies.threaded.threads = 1",
            "policies.threaded.gil = true",
            "policies.threaded.switch_interval = 5ms",
            "policies.free.workers = 1",
            "policies.free.threads = 1",
            "policies.async.workers = 1",
            "run.warm_up = none",
            "run.seed = 1",
            "run.replications = 1",
            "run.confidence = 95%",
            "run.max_in_flight = 250000",
        ]
    );
    for (path, value) in all.defaults() {
        let change = Change::new(format!("{path}={value}"));
        let text = r#"{ "classes": { "page": { "phases": [] } }, "arrivals": { "at": [{ "time": "0ms", "class": "page" }] },
           "policies": [{ "sync": {} }, { "threaded": {} }, { "threaded": { "name": "free", "gil": false } }, { "async": {} }] }"#;
        let set = read(Source::new("scenario", text), "scenario", &[change], &Files::none()).unwrap();
        assert_eq!(set.defaults.len(), all.defaults().len() - 1, "{path} is no default any more once it is set");
        assert_eq!((set.policies(), set.machine()), (all.policies(), all.machine()), "{path}");
    }
}

#[test]
fn when_a_connection_is_released_depends_on_the_client() {
    for (client, release) in [
        ("", "query_end"),
        (r#", "client": { "before": "1ms", "yields": true }"#, "query_end"),
        (r#", "client": { "begin": {} }"#, "owner_runs"),
        (r#", "client": "psycopg""#, "owner_runs"),
        (r#", "client": "asyncpg""#, "owner_runs"),
    ] {
        let arrivals = r#""arrivals": { "at": [{ "time": "0ms", "class": "page" }] }, "policies": [{ "async": {} }]"#;
        let scenario = |release: &str| {
            small(&format!(r#""backends": {{ "db": {{ "pool": {{ "size": 1{release} }}{client} }} }}, {arrivals}"#))
        };
        let line = format!("backends.db.pool.release = {release}");
        assert!(defaults(&scenario("")).contains(&line), "{client}: {:?}", defaults(&scenario("")));
        let own = scenario(r#", "release": "query_end""#);
        assert_eq!(own.backends()["db"].release(), Some(Release::QueryEnd), "{client}");
    }
}

#[test]
fn default_weights_are_listed_where_classes_are_drawn() {
    let two = |arrivals: &str| {
        let text = r#"{ "classes": { "a": { "phases": [] }, "b": { "weight": 2, "phases": [] } }, "policies": [{ "sync": {} }], "#;
        defaults(&Scenario::from_json(&format!("{text} {arrivals} }}")).unwrap())
    };
    let weight = "classes.a.weight = 1".to_owned();
    assert!(two(r#""arrivals": { "poisson": "1/s" }, "run": { "requests": 1 }"#).contains(&weight));
    assert!(two(r#""arrivals": { "at": [{ "time": "0ms" }] }"#).contains(&weight));
    assert!(!two(r#""arrivals": { "at": [{ "time": "0ms", "class": "a" }] }"#).contains(&weight));
}

#[test]
fn a_diagnostic_is_one_line_in_a_log_and_coloured_on_a_terminal() {
    let error = Scenario::from_json(&SHOP.replace("\"idp\", \"time\"", "\"dbx\", \"time\"")).unwrap_err();
    let help = "declared backends: `db`, `idp`; did you mean `db`?";
    assert_eq!(error.to_string(), format!("scenario:14:30: unknown backend `dbx` (no such backend); help: {help}"));
    assert_eq!(error.place(), Some(("scenario", 14, 30)));
    assert_eq!((error.message(), error.help()), ("unknown backend `dbx`", Some(help)));
    let colored = error.render(true);
    assert!(colored.contains("\u{1b}["), "{colored}");
    let plain: String =
        colored.split("\u{1b}[").map(|part| part.split_once('m').map_or(part, |(_, rest)| rest)).collect();
    assert_eq!(plain.replacen("error:", "", 1), error.render(false).replacen("error:", "", 1));
}
