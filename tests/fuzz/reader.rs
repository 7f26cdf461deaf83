//! All inputs: scenarios, changes, objectives, traces, baselines.

use std::io::Cursor;
use std::sync::OnceLock;

use waitline::output::baseline_json;
use waitline::random::Files;
use waitline::scenario::{Change, Diagnostic, Scenario, Source, read};
use waitline::study::{Baseline, Options, estimate, judge, run};

use super::generator;
use super::runs::watch;
use super::texts::Dice;

const SHOP: &str = include_str!("../data/shop.json");

fn read_with(text: &str, changes: &[Change], file: String) -> Result<Scenario, Diagnostic> {
    let files = Files::new(move |_| Ok(Box::new(Cursor::new(file.clone()))));
    read(Source::new("scenario", text), "scenario", changes, &files)
}

/// An error has a place, and one or more lines that a terminal can show.
fn is_helpful(error: &Diagnostic) {
    let (_, line, column) = error.place().expect("an error has a place");
    assert!(line > 0 && column > 0, "lines and columns count from 1: {error}");
    assert!(!error.message().trim().is_empty(), "an error has a message");
    let shown = error.render(false);
    let raw = shown.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(raw, None, "a message contains no control character: {shown:?}");
    assert!(shown.len() < 20_000, "a message is short: {} bytes", shown.len());
}

fn read_or_refuse(result: Result<Scenario, Diagnostic>) {
    if let Err(error) = result {
        is_helpful(&error);
    }
}

pub fn scenario(case: u64) -> String {
    let mut dice = Dice::of(case, 1);
    let text = if dice.below(3) == 0 { SHOP.to_owned() } else { generator::scenario(case) };
    dice.damaged(text)
}

pub fn reads_or_says_where(text: &str) {
    read_or_refuse(read_with(text, &[], String::new()));
}

pub fn change(case: u64) -> String {
    const PATHS: &[&str] = &[
        "policies.0.workers=3",
        "policies.sync.workers=8",
        "run.requests=10",
        "machine.cores=4",
        "classes.list.weight=2",
        "arrivals.poisson=60/s",
        "backends.db.pool.size=3",
        "run={\"requests\":5}",
        "policies=[]",
        "slo.0=p99 < 5ms",
        "clients.timeout=5ms",
        "run.seed=9",
        "policies.9.sync.workers=1",
        "classes.list.phases.0.framework=1ms",
        "=",
        ".",
    ];
    let mut dice = Dice::of(case, 2);
    let path = dice.pick(PATHS).to_owned();
    if dice.below(4) == 0 { path } else { dice.damaged(path) }
}

pub fn changes_or_says_where(text: &str) {
    read_or_refuse(read_with(SHOP, &[Change::new(text)], String::new()));
}

pub fn objective(case: u64) -> String {
    const WORDS: &[&str] = &[
        "async",
        "sync",
        "threaded",
        "all",
        "list",
        "login",
        ".",
        ":",
        "warn",
        "during",
        "recovered",
        "answered",
        "p99",
        "p95",
        "p99.9",
        "mean",
        "max",
        "error_rate",
        "utilization",
        "backends",
        "db",
        "<",
        "<=",
        ">",
        ">=",
        "=",
        "400ms",
        "5",
        "80%",
        "1s",
        "99.9%",
        " ",
        " ",
        " ",
        "requests",
        "failed",
        "slowdown",
        "waiting_time",
    ];
    let mut dice = Dice::of(case, 3);
    let text: String = (0..dice.below(9)).map(|_| dice.pick(WORDS)).collect();
    let good = dice.pick(&["async.p99 < 400ms", "warn: all.list.p95 <= 500ms", "sync.utilization < 80%"]).to_owned();
    if dice.below(2) == 0 { text } else { dice.damaged(good) }
}

pub fn asks_or_says_where(text: &str) {
    let changes = [Change::new(format!("slo=[{}]", serde_json::Value::from(text)))];
    read_or_refuse(read_with(SHOP, &changes, String::new()));
}

pub fn trace(case: u64) -> String {
    let mut dice = Dice::of(case, 4);
    let line = |number: usize| {
        format!(r#"{{"time_ms": {}.5, "class": "web", "demands_ms": [2.824, 2.907, 32.378]}}"#, 10 * number)
    };
    let lines: String = (0..1 + dice.below(20)).map(|number| line(number) + "\n").collect();
    dice.damaged(lines)
}

pub fn replays_or_says_where(text: &str) {
    const REPLAY: &str = r#"{ "classes": { "web": { "phases": [{ "framework": "0ms" }, { "compute": "0ms" }, { "db": "0ms" }] } },
        "arrivals": { "trace": "requests.jsonl" }, "policies": [{ "sync": {} }] }"#;
    match read_with(REPLAY, &[], text.to_owned()) {
        Err(error) => is_helpful(&error),
        Ok(scenario) => {
            let results = run(&scenario, &Options::default(), &mut watch()).expect("the run is not interrupted");
            assert!(results.policies[0].incomplete.is_none(), "a validated trace is read to its end");
        }
    }
}

/// A scenario, and the text of its baseline.
fn stored() -> &'static (Scenario, Baseline, String) {
    static STORED: OnceLock<(Scenario, Baseline, String)> = OnceLock::new();
    STORED.get_or_init(|| {
        let changes = ["run.requests=4000"].map(Change::new);
        let scenario = read_with(SHOP, &changes, String::new()).expect("the shop is valid");
        let estimates = estimate(&scenario, &Options::default(), &mut watch()).expect("the run is not interrupted");
        let baseline = Baseline::of(&estimates);
        let text = baseline_json(&baseline);
        (scenario, baseline, text)
    })
}

pub fn baseline(case: u64) -> String {
    Dice::of(case, 5).damaged(stored().2.clone())
}

pub fn compares_or_says_why(text: &str) {
    let (scenario, new, _) = stored();
    if let Ok(old) = Baseline::read(text) {
        judge(&old, new, scenario.tolerances());
    }
}
