//! CSV: one row for each policy and class, `all` first.

use serde::Serialize;
use serde_json::{Value, json};

use super::rows::{push_number, push_text};
use super::{Report, View};
use crate::stats::{PolicyResults, RequestCounts, Slowdown, Summary};

/// The rows of a scenario, under a first line that only the first scenario has.
pub fn render(report: &Report, view: View<'_>) -> String {
    let results = report.results();
    let mut text = String::new();
    for (place, line) in results.policies.iter().flat_map(lines).enumerate() {
        let cells = line.cells();
        if place == 0 && view.before == 0 {
            let names: Vec<_> = cells.iter().map(|(name, _)| name.as_str()).collect();
            text.push_str(&format!("scenario,policy,kind,class,{}\n", names.join(",")));
        }
        for name in [&results.scenario, &line.policy.name, line.policy.kind, line.class] {
            push_text(name, &mut text);
            text.push(',');
        }
        for (place, (_, value)) in cells.iter().enumerate() {
            if place > 0 {
                text.push(',');
            }
            push_value(value, &mut text);
        }
        text.push('\n');
    }
    text
}

fn push_value(value: &Value, text: &mut String) {
    match value.as_f64() {
        None => {}
        Some(_) if value.is_u64() => text.push_str(&value.to_string()),
        Some(number) => push_number(number, text),
    }
}

/// The line of a policy and those of its classes.
fn lines(policy: &PolicyResults) -> Vec<Line<'_>> {
    let all = Line {
        policy,
        class: "all",
        requests: &policy.requests,
        response: &policy.response_time_ms,
        slowdown: &policy.slowdown,
    };
    let classes = policy.classes.iter().map(|(name, class)| Line {
        policy,
        class: name,
        requests: &class.requests,
        response: &class.response_time_ms,
        slowdown: &class.slowdown,
    });
    std::iter::once(all).chain(classes).collect()
}

struct Line<'a> {
    policy: &'a PolicyResults,
    class: &'a str,
    requests: &'a RequestCounts,
    response: &'a Summary,
    slowdown: &'a Slowdown,
}

impl Line<'_> {
    /// Names and values, as in results.json; what is not known of a single class is left empty.
    fn cells(&self) -> Vec<(String, Value)> {
        let policy = self.policy;
        let mut cells = Vec::new();
        flatten("", self.requests, "", &mut cells);
        flatten("response_time_", self.response, "_ms", &mut cells);
        flatten("slowdown_", self.slowdown, "", &mut cells);
        let known_of_classes = cells.len();
        flatten("", &policy.breakdown_ms, "_ms", &mut cells);
        flatten("waiting_time_", &policy.waiting_time_ms, "_ms", &mut cells);
        flatten("in_system_", &policy.in_system, "", &mut cells);
        cells.push(("throughput_per_s".to_owned(), json!(policy.throughput_per_s)));
        cells.push(("goodput_per_s".to_owned(), json!(policy.goodput_per_s)));
        let utilization = &policy.utilization;
        for (name, share) in
            [("cores", utilization.cores), ("workers", utilization.workers), ("slots", utilization.slots)]
        {
            cells.push((format!("utilization_{name}"), json!(share)));
        }
        if self.class != "all" {
            cells[known_of_classes..].iter_mut().for_each(|(_, value)| *value = Value::Null);
        }
        cells
    }
}

fn flatten(before: &str, values: &impl Serialize, after: &str, cells: &mut Vec<(String, Value)>) {
    let values = json!(values);
    for (name, value) in values.as_object().into_iter().flatten() {
        // A probability has no unit.
        let after = if name == "probability" { "" } else { after };
        cells.push((format!("{before}{name}{after}"), value.clone()));
    }
}
