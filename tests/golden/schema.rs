//! `scenario.schema.json` describes what the program reads, and every scenario satisfies it; its output satisfies the others.
//!
//! `UPDATE_GOLDEN=1 cargo test` rewrites them.

use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::common::program::{Desk, errors, text};
use jsonschema::Validator;
use serde_json::Value;
use waitline::output::{
    baseline_schema, check_schema, coverage_schema, explain_schema, plan_schema, presets_schema, replay_schema,
    results_schema, selection_schema, sweep_schema, unit_schema, verification_schema,
};
use waitline::scenario::{Scenario, Source, schema, to_json};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn validator() -> Validator {
    jsonschema::draft202012::new(&schema()).unwrap()
}

/// The text of every shipped scenario, and of the one used by the tests.
fn scenarios() -> Vec<(PathBuf, String)> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(repository().join("scenarios")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    paths.retain(|path| !path.to_string_lossy().ends_with(".baseline.json"));
    paths.sort();
    paths.push(repository().join("tests/data/shop.json"));
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

fn json(text: &str) -> Value {
    to_json(Source::new("scenario", text)).unwrap()
}

/// The shipped schemas, by file name.
fn shipped() -> [(&'static str, Value); 13] {
    [
        ("scenario.schema.json", schema()),
        ("results.schema.json", results_schema()),
        ("baseline.schema.json", baseline_schema()),
        ("check.schema.json", check_schema()),
        ("sweep.schema.json", sweep_schema()),
        ("plan.schema.json", plan_schema()),
        ("explain.schema.json", explain_schema()),
        ("presets.schema.json", presets_schema()),
        ("replay.schema.json", replay_schema()),
        ("verification.schema.json", verification_schema()),
        ("coverage.schema.json", coverage_schema()),
        ("selection.schema.json", selection_schema()),
        ("unit.schema.json", unit_schema()),
    ]
}

#[test]
fn the_schemas_in_the_repository_are_up_to_date() {
    for (file, schema) in shipped() {
        let path = repository().join(file);
        let current = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &current).unwrap();
        }
        let stored = fs::read_to_string(&path).unwrap_or_default();
        assert!(stored == current, "{file} is out of date: run `UPDATE_GOLDEN=1 cargo test`");
    }
}

#[test]
fn the_output_of_the_program_satisfies_its_schemas() {
    let desk = Desk::new();
    for scenario in ["lecture", "shop"] {
        let results = text(&desk.run(&format!("run {scenario}.json --format json --replications 2"), 0));
        satisfies("results.schema.json", &results);
        let arguments = "--replications 2 --assert p50>0ms --assert warn:p50<1us";
        satisfies(
            "check.schema.json",
            &text(&desk.run(&format!("check {scenario}.json {arguments} --format json"), 3)),
        );
        let vary = "--vary workers=1,2 --vary cores=1,2 --replications 2";
        satisfies("sweep.schema.json", &text(&desk.run(&format!("sweep {scenario}.json {vary} --format json"), 0)));
        desk.run(&format!("check {scenario}.json {arguments} --update-baseline"), 0);
        satisfies("baseline.schema.json", &desk.read(&format!("{scenario}.baseline.json")));
        satisfies(
            "check.schema.json",
            &text(&desk.run(&format!("check {scenario}.json {arguments} --format json"), 0)),
        );
    }
    let folders = fs::read_dir(repository().join("output")).unwrap().map(|entry| entry.unwrap().path());
    for folder in folders.filter(|path| path.is_dir()) {
        satisfies("results.schema.json", &fs::read_to_string(folder.join("results.json")).unwrap());
    }
    for entry in fs::read_dir(repository().join("scenarios")).unwrap() {
        let path = entry.unwrap().path();
        if path.to_string_lossy().ends_with(".baseline.json") {
            satisfies("baseline.schema.json", &fs::read_to_string(path).unwrap());
        }
    }
}

/// A command line of each command that prints JSON, its exit code, and the schema of what it prints. Those of
/// `verify --coverage` and `--selection` take too long here (`tests/cli/verify.rs`).
const DOCUMENTS: [(&str, i32, &str); 10] = [
    ("run lecture.json --no-charts", 0, "results"),
    ("quick --rate 20/s --cpu 5ms --db 10ms --requests 100", 0, "results"),
    ("check lecture.json --no-baseline --assert p50>0ms", 0, "check"),
    ("sweep lecture.json --vary workers=1,2 --no-charts", 0, "sweep"),
    ("merge big", 0, "sweep"),
    ("plan shop.json --policy sync --slo p50<1s --no-charts", 0, "plan"),
    ("explain lecture.json --request 3", 0, "explain"),
    ("verify --only A01 D03", 0, "verification"),
    ("presets", 0, "presets"),
    ("replay cases", 0, "replay"),
];

#[test]
fn every_json_document_of_every_command_satisfies_a_shipped_schema_that_the_program_prints() {
    let desk = Desk::new();
    let case = desk.path("cases/short");
    fs::create_dir_all(&case).unwrap();
    for file in fs::read_dir(repository().join("validation/cases/c00_overhead_fastapi")).unwrap().map(Result::unwrap) {
        if file.file_type().unwrap().is_file() {
            fs::copy(file.path(), case.join(file.file_name())).unwrap();
        }
    }
    desk.run("sweep lecture.json --vary workers=1,2 --shard 1/1 --out big --quiet", 0);
    for (arguments, code, schema) in DOCUMENTS {
        let file = format!("{schema}.schema.json");
        let document = text(&desk.run(&format!("{arguments} --format json"), code));
        satisfies(&file, &document);
        let printed = text(&desk.run(&format!("schema {schema}"), 0));
        assert_eq!(printed, fs::read_to_string(repository().join(file)).unwrap());
    }
    for entry in fs::read_dir(desk.path("big/lecture/units")).unwrap() {
        satisfies("unit.schema.json", &fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    let help = text(&desk.run("--help", 0));
    let commands = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    for command in
        commands.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next()).filter(|name| !name.is_empty())
    {
        let prints_json = command != "help"
            && text(&desk.run(&format!("{command} --help"), 0)).lines().any(|line| line.contains("--format <FORMAT>"));
        let is_listed = DOCUMENTS.iter().any(|(arguments, ..)| arguments.split(' ').next() == Some(command));
        assert_eq!(prints_json, is_listed, "{command}");
    }
}

#[track_caller]
fn satisfies(file: &str, text: &str) {
    let schema = shipped().into_iter().find(|(name, _)| *name == file).unwrap().1;
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let document: Value = serde_json::from_str(text).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&document).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{file}: {errors:#?}");
    let mut other = document;
    other["schema"] = Value::from("waitline.other/1");
    assert!(!validator.is_valid(&other), "{file} accepts any schema");
}

/// The schema's errors for a JSON text.
fn faults(validator: &Validator, text: &str) -> Vec<String> {
    let instance: Value = serde_json::from_str(text).unwrap();
    validator.iter_errors(&instance).map(|error| format!("{error} at {}", error.instance_path())).collect()
}

#[test]
fn the_results_of_a_run_with_all_features_satisfy_their_schema() {
    let validator = jsonschema::draft202012::new(&results_schema()).unwrap();
    let shop = r#"{
      "classes": { "page": { "phases": [ { "compute": { "exponential": "5ms" } }, { "db": "10ms" } ] },
                   "rare": { "weight": 0.001, "phases": [] } },
      "arrivals": { "poisson": "100/s" }, "machine": { "cores": 2 },
      "backends": { "db": { "concurrency": 4 } },
      "clients": { "timeout": "100ms", "retries": { "max": 1, "backoff": "10ms" } },
      "faults": [ { "at": "1s", "for": "1s", "slow": { "backend": "db", "factor": 3 } } ],
      "policies": [ { "sync": { "workers": 4 } }, { "threaded": { "threads": 4 } }, { "async": {} } ],
      "run": { "requests": 3000, "warm_up": "auto", "replications": 3, "precision": "0.1%", "max_in_flight": 60 },
      "slo": [ "p99 < 20ms", "warn: async.page.p50 < 1ms", "rare.slowdown.mean < 2", "utilization.backends.db < 99%" ]
    }"#;
    let desk = Desk::empty().with("shop.json", shop);
    for options in [
        "",
        "--precision 50%",
        "--set run.max_in_flight=100000 --set run.precision=20%",
        "--replications 1",
        "--timeline 5",
        "--set run.requests=50",
    ] {
        let mut command = desk.waitline(&format!("run shop.json --quiet --format json {options}"));
        let output = command.output().unwrap();
        assert!(!output.stdout.is_empty(), "{options}: {}", errors(&output));
        assert_eq!(faults(&validator, &text(&output)), [""; 0], "{options} {}", errors(&output));
    }
    let stored = fs::read_to_string(repository().join("output/lecture/results.json")).unwrap();
    for (old, new) in
        [("waitline.results/1", "waitline.results/2"), ("\"policies\"", "\"polices\""), ("\"p99\"", "\"p98\"")]
    {
        assert!(!faults(&validator, &stored.replace(old, new)).is_empty(), "the schema accepts {new}");
    }
}

#[test]
fn every_scenario_satisfies_the_schema_and_names_it() {
    let validator = validator();
    for (path, text) in scenarios() {
        let scenario = json(&text);
        let errors: Vec<String> =
            validator.iter_errors(&scenario).map(|error| format!("{error} at {}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
        let named = scenario["$schema"].as_str().expect("a scenario names its schema");
        let named = path.parent().unwrap().join(named).canonicalize().unwrap();
        assert_eq!(named, repository().join("scenario.schema.json").canonicalize().unwrap(), "{}", path.display());
        assert!(scenario["description"].is_string(), "{} says what it shows", path.display());
    }
}

#[test]
fn the_schema_rejects_what_the_reader_rejects() {
    let shop = fs::read_to_string(repository().join("tests/data/shop.json")).unwrap();
    let validator = validator();
    for (old, new) in [
        (r#""weight": 3"#, r#""weight": -3"#),
        (r#""weight": 3"#, r#""wieght": 3"#),
        (r#""cores": 2"#, r#""cores": 0"#),
        (r#""cores": 2"#, r#""cores": 1.5"#),
        (r#""quantum": "4ms""#, r#""quantum": 4"#),
        (r#""sleep": "5ms""#, r#""sleep": "5 parsecs""#),
        (r#""sleep": "5ms""#, r#""slep": "5ms""#),
        (r#""sleep": "5ms""#, r#""sleep": "5ms", "compute": "5ms""#),
        (r#"{ "sleep": "5ms" }"#, "{}"),
        (r#""25/s""#, r#""25""#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "at": [] }"#),
        (r#"{ "poisson": "25/s" }"#, r#"[]"#),
        (r#"{ "poisson": "25/s" }"#, r#"[{ "for": "1s", "rate": "25" }]"#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "piecewise": { "rates": [] } }"#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "ramp": { "from": "0/s", "to": "25/s" } }"#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "sine": { "mean": "25/s", "amplitude": 2, "period": "1m" } }"#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "mmpp": { "states": [] } }"#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "on_off": { "rate": "25/s", "on": "1s" } }"#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "batches": { "rate": "25/s", "size": 0 } }"#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "batches": { "rate": "25/s", "size": { "geometric": { "mean": 0.5 } } } }"#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "bursts": { "every": "1s" } }"#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "users": { "count": 0, "think": "1s" } }"#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "trace": {} }"#),
        (r#"{ "sync": { "workers": 5 } }"#, r#"{ "asink": { "workers": 5 } }"#),
        (r#"{ "sync": { "workers": 5 } }"#, r#"{ "sync": { "threads": 5 } }"#),
        (r#""gil": true"#, r#""gil": "true""#),
        (r#""requests": 200000"#, r#""requests": 0"#),
        (r#""seed": 1 }"#, r#""warm_up": "10" }"#),
        (r#""seed": 1 }"#, r#""warm_up": "automatic" }"#),
        (r#""seed": 1 }"#, r#""replications": 0 }"#),
        (r#""seed": 1 }"#, r#""replications": 100001 }"#),
        (r#""seed": 1 }"#, r#""confidence": "95" }"#),
        (r#""seed": 1 }"#, r#""confidence": 0.95 }"#),
        (r#""seed": 1 }"#, r#""precision": 0.02 }"#),
        (r#""seed": 1 }"#, r#""precision": { "metrics": ["p99"] } }"#),
        (r#""seed": 1 }"#, r#""precision": { "half_width": "2%", "metrics": [] } }"#),
        (r#""seed": 1 }"#, r#""precision": { "half_width": "2%", "replications": 1 } }"#),
        (r#""seed": 1 }"#, r#""seed": 1 }, "slo": "p99 < 4ms""#),
        (r#""seed": 1 }"#, r#""seed": 1 }, "slo": ["p99"]"#),
        (r#""seed": 1 }"#, r#""seed": 1 }, "slo": ["p99 = 4ms"]"#),
        (r#""seed": 1 }"#, r#""seed": 1 }, "slo": ["p99 <"]"#),
        (r#""seed": 1 }"#, r#""seed": 1 }, "tolerances": { "p99": "5%" }"#),
        (r#""seed": 1 }"#, r#""seed": 1 }, "tolerances": { "p99": { "relative": 5 } }"#),
        (r#""seed": 1 }"#, r#""seed": 1 }, "tolerances": { "max": { "relative": "5%" } }"#),
        (r#""backend": "idp", "time": "120ms""#, r#""backend": "idp""#),
    ] {
        assert_eq!(shop.matches(old).count(), 1, "{old} occurs once in the shop");
        let broken = shop.replace(old, new);
        assert!(Scenario::from_json(&broken).is_err(), "the reader accepts {new}");
        assert!(!validator.is_valid(&json(&broken)), "the schema accepts {new}");
    }
}

#[test]
fn the_schema_accepts_what_the_reader_accepts() {
    let shop = fs::read_to_string(repository().join("tests/data/shop.json")).unwrap();
    let validator = validator();
    for (old, new) in [
        (r#""weight": 3"#, r#""weight": 0.5"#),
        (r#""cores": 2"#, r#""cores": 2.0"#),
        (r#""requests": 200000"#, r#""requests": 2e5"#),
        (r#""requests": 200000"#, r#""duration": "10m""#),
        (r#""sleep": "5ms""#, r#""sleep": { "erlang": { "stages": 3, "mean": "5ms" } }"#),
        (r#""sleep": "5ms""#, r#""db": { "time": { "exponential": "5ms" } }"#),
        (r#""sleep": "5ms""#, r#""db": "1.5 s""#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "at": [{ "time": "0ms" }, { "time": "1ms", "class": "list" }] }"#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "renewal": { "gamma": { "mean": "40ms", "cv": 2 } } }"#),
        (r#"{ "poisson": "25/s" }"#, r#"[{ "for": "10s", "rate": "20/s" }, { "for": "2s", "rate": "0/s" }]"#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "piecewise": [{ "for": "10s", "rate": "20/s" }] }"#),
        (
            r#"{ "poisson": "25/s" }"#,
            r#"{ "piecewise": { "rates": [{ "for": "10s", "rate": "20/s" }], "repeat": true } }"#,
        ),
        (r#"{ "poisson": "25/s" }"#, r#"{ "ramp": { "from": "0/s", "to": "25/s", "over": "1m" } }"#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "sine": { "mean": "25/s", "amplitude": 0.8, "period": "1m" } }"#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "mmpp": { "states": [{ "rate": "200/s", "mean": "1s" }] } }"#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "on_off": { "rate": "25/s", "on": "1s", "off": { "exponential": "9s" } } }"#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "batches": { "rate": "25/s", "size": 10 } }"#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "batches": { "rate": "25/s", "size": { "geometric": { "mean": 4 } } } }"#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "bursts": { "every": "10s", "size": 100, "spread": "50ms" } }"#),
        (r#"{ "poisson": "25/s" }"#, r#"{ "users": { "count": 50, "think": { "exponential": "7s" } } }"#),
        (r#"{ "idp": {} }"#, r#"{ "idp": {}, "db": {} }"#),
        (r#""switch_interval": "none""#, r#""switch_interval": "50us", "name": "python""#),
        (r#""seed": 1 }"#, r#""warm_up": "10s", "replications": 20, "confidence": "99 %", "precision": "2.5%" }"#),
        (r#""seed": 1 }"#, r#""warm_up": "auto", "precision": { "half_width": "2%" } }"#),
        (
            r#""seed": 1 }"#,
            r#""warm_up": "none", "precision": { "half_width": "2%", "metrics": ["p99"], "replications": 9 } }"#,
        ),
        (
            r#""seed": 1 }"#,
            r#""seed": 1 }, "slo": ["warn: async.list.p99<=0.4s", "utilization < .8", "requests.failed == 0"]"#,
        ),
        (
            r#""seed": 1 }"#,
            r#""seed": 1 }, "tolerances": { "p99": { "relative": "5%" }, "throughput": { "absolute": "1/s" }, "mean": {} }"#,
        ),
    ] {
        assert_eq!(shop.matches(old).count(), 1, "{old} occurs once in the shop");
        let other = shop.replace(old, new);
        Scenario::from_json(&other).unwrap();
        let json = json(&other);
        assert!(validator.is_valid(&json), "{new}: {:?}", validator.iter_errors(&json).next());
    }
}
