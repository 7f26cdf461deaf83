//! A sweep or a plan that was run before, from its JSON.

use serde_json::Value;

use crate::output::block::number::{self, NONE, TimeUnit};
use crate::output::block::{Block, Table};

/// The 99th percentile of each policy at each point of a sweep, from `sweep.json`.
pub fn stored_sweep(sweep: &Value) -> Vec<Block> {
    let points = list(&sweep["points"]);
    let names = points.iter().map(|point| (false, assignments(&point["values"])));
    let policies: Vec<&str> = points.first().map(|point| names_of(&point["policies"])).unwrap_or_default();
    let p99 = |policy: &Value| policy["response_time_ms"]["p99"].as_f64();
    let all = points.iter().flat_map(|point| list(&point["policies"])).map(p99);
    let unit = TimeUnit::of(all);
    let mut table = Table::of(format!("p99 in {}", unit.name), "", names);
    for name in policies {
        let of_policy: Vec<Option<&Value>> = points
            .iter()
            .map(|point| list(&point["policies"]).iter().find(|policy| policy["name"].as_str() == Some(name)))
            .collect();
        let times: Vec<Option<f64>> = of_policy.iter().map(|policy| policy.and_then(p99)).collect();
        let cells = of_policy.iter().zip(unit.column(&times)).map(|(policy, time)| {
            let message = policy.and_then(|policy| policy["saturation"]["message"].as_str()).unwrap_or_default();
            let is_unstable = message.starts_with("unstable");
            if is_unstable { "unstable".to_owned() } else { time }
        });
        table.numbers("", name, cells.collect());
        let errors: Vec<Option<f64>> =
            of_policy.iter().map(|policy| policy.and_then(|policy| policy["error_rate"].as_f64())).collect();
        if errors.iter().flatten().any(|share| *share > 0.0) {
            table.numbers("", "no answer", errors.into_iter().map(number::percent).collect());
        }
    }
    table.note.push(depends_on(sweep));
    vec![Block::Table(table)]
}

/// What each policy needs, from `plan.json`.
pub fn stored_plan(plan: &Value) -> Vec<Block> {
    let policies = list(&plan["policies"]);
    let names = policies.iter().map(|policy| (false, text(&policy["name"])));
    let mut table =
        Table::of(format!("The smallest configuration with {}", words(&plan["slo"], " and ")), "policy", names);
    let column = |cell: &dyn Fn(&Value) -> String| policies.iter().map(cell).collect::<Vec<_>>();
    table.names(
        "choice",
        column(&|policy| match &policy["choice"] {
            Value::Null => text(&policy["verdict"]),
            choice => assignments(choice),
        }),
    );
    table.names("binds next", column(&|policy| words(&policy["binds_next"], ", ")));
    let load = |policy: &Value| policy["max_load_per_s"][0].as_f64();
    table.numbers(
        "",
        "meets up to",
        column(&|policy| load(policy).map_or(NONE.to_owned(), |load| format!("{}/s", number::significant(load)))),
    );
    table.note.push(depends_on(plan));
    let flags = policies.iter().flat_map(|policy| list(&policy["flags"]).iter().map(move |flags| (policy, flags)));
    let code = flags.map(|(policy, flags)| Block::Code {
        about: format!("{} as {}:", text(&policy["name"]), text(&flags["product"])),
        language: "sh",
        text: text(&flags["text"]),
    });
    std::iter::once(Block::Table(table)).chain(code).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn names_of(policies: &Value) -> Vec<&str> {
    list(policies).iter().filter_map(|policy| policy["name"].as_str()).collect()
}

/// A text without quotation marks; any other value as JSON.
fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn words(values: &Value, between: &str) -> String {
    let words: Vec<String> = list(values).iter().map(text).collect();
    if words.is_empty() { NONE.to_owned() } else { words.join(between) }
}

/// `workers = 4, threads = 2`.
fn assignments(values: &Value) -> String {
    let fields = values.as_object().into_iter().flatten();
    fields.map(|(path, value)| format!("{path} = {}", text(value))).collect::<Vec<_>>().join(", ")
}

fn depends_on(stored: &Value) -> String {
    format!("Seed {}, waitline {}.", stored["seed"], text(&stored["waitline"]))
}
