//! CSV: one row for each policy and class, `all` first; of a check one for each number that was compared.

use serde::Serialize;
use serde_json::{Value, json};

use crate::output::document::findings::verdict;
use crate::output::rows::{push_number, push_text};
use crate::output::{Report, View};
use crate::stats::{PolicyResults, RequestCounts, ScenarioResults, Slowdown, Summary};
use crate::study::ScenarioCheck;

/// The rows of a scenario, under a first line that only the first scenario has: its policies and classes, or of a check
/// the numbers that were compared.
pub fn render(report: &Report, view: View<'_>) -> String {
    match report {
        Report::Run(results) => of_run(results, view.before == 0),
        Report::Check(check) => of_check(check, view.before == 0),
    }
}

fn of_run(results: &ScenarioResults, is_first: bool) -> String {
    let mut text = String::new();
    for (place, line) in results.policies.iter().flat_map(lines).enumerate() {
        let cells = line.cells();
        if place == 0 && is_first {
            let names: Vec<_> = cells.iter().map(|(name, _)| name.as_str()).collect();
            text.push_str(&format!("scenario,policy,kind,class,{}\n", names.join(",")));
        }
        push_row(&[&results.scenario, &line.policy.name, line.policy.kind, line.class], &cells, &mut text);
    }
    text
}

/// All comparisons, one row each; those of all requests of a policy say `all`.
fn of_check(check: &ScenarioCheck, is_first: bool) -> String {
    let mut text = String::new();
    if is_first {
        text.push_str(
            "scenario,policy,class,metric,verdict,baseline,value,difference,relative_difference,low,high,p_value,interval_level,sees\n",
        );
    }
    for metric in check.comparison().iter().flat_map(|comparison| &comparison.metrics) {
        let [low, high] = metric.interval.map_or([None; 2], |ends| ends.map(Some));
        let sees = metric.power.map(|power| power.sees);
        let compared = [metric.baseline, metric.value, metric.difference, metric.relative_difference];
        let cells = [&compared[..], &[low, high, metric.p_value, metric.interval_level, sees]].concat();
        let cells: Vec<_> = cells.iter().map(|value| (String::new(), json!(value))).collect();
        let class = metric.class.as_deref().unwrap_or("all");
        push_row(&[&check.scenario, &metric.policy, class, metric.metric, verdict(metric.verdict)], &cells, &mut text);
    }
    text
}

fn push_row(names: &[&str], cells: &[(String, Value)], text: &mut String) {
    for name in names {
        push_text(name, text);
        text.push(',');
    }
    for (place, (_, value)) in cells.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        push_value(value, text);
    }
    text.push('\n');
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
        error_rate: policy.error_rate,
    };
    let classes = policy.classes.iter().map(|(name, class)| Line {
        policy,
        class: name,
        requests: &class.requests,
        response: &class.response_time_ms,
        slowdown: &class.slowdown,
        error_rate: class.error_rate,
    });
    std::iter::once(all).chain(classes).collect()
}

struct Line<'a> {
    policy: &'a PolicyResults,
    class: &'a str,
    requests: &'a RequestCounts,
    response: &'a Summary,
    slowdown: &'a Slowdown,
    error_rate: Option<f64>,
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
        cells.push(("utilization_threads".to_owned(), json!(utilization.threads)));
        if self.class != "all" {
            cells[known_of_classes..].iter_mut().for_each(|(_, value)| *value = Value::Null);
        }
        flatten("rejected_by_", &self.requests.rejected_by, "", &mut cells);
        flatten("failed_by_", &self.requests.failed_by, "", &mut cells);
        cells.push(("error_rate".to_owned(), json!(self.error_rate)));
        cells
    }
}

fn flatten(before: &str, values: &impl Serialize, after: &str, cells: &mut Vec<(String, Value)>) {
    let values = json!(values);
    // What has numbers of its own has cells of its own.
    let numbers = values.as_object().into_iter().flatten().filter(|(_, value)| !value.is_object());
    for (name, value) in numbers {
        // A probability has no unit.
        let after = if name == "probability" { "" } else { after };
        cells.push((format!("{before}{name}{after}"), value.clone()));
    }
}
