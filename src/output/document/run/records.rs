//! A record per policy and class, `all` classes first.

use serde::Serialize;
use serde_json::{Value, json};

use crate::output::block::Records;
use crate::stats::{PolicyResults, RequestCounts, ScenarioResults, Slowdown, Summary};

/// The records of a run: policies and their classes.
pub fn records(results: &ScenarioResults) -> Records {
    let mut records = Records::default();
    for record in results.policies.iter().flat_map(records_of) {
        let numbers = record.numbers();
        if records.columns.is_empty() {
            records.columns = ["scenario", "policy", "kind", "class"].map(str::to_owned).into();
            records.columns.extend(numbers.iter().map(|(name, _)| name.clone()));
        }
        let names = [&*results.scenario, &record.policy.name, record.policy.kind, record.class];
        records
            .rows
            .push(names.into_iter().map(Value::from).chain(numbers.into_iter().map(|(_, value)| value)).collect());
    }
    records
}

/// The record of a policy and those of its classes.
fn records_of(policy: &PolicyResults) -> Vec<ClassRecord<'_>> {
    let all = ClassRecord {
        policy,
        class: "all",
        requests: &policy.requests,
        response: &policy.response_time_ms,
        slowdown: &policy.slowdown,
        error_rate: policy.error_rate,
    };
    let classes = policy.classes.iter().map(|(name, class)| ClassRecord {
        policy,
        class: name,
        requests: &class.requests,
        response: &class.response_time_ms,
        slowdown: &class.slowdown,
        error_rate: class.error_rate,
    });
    std::iter::once(all).chain(classes).collect()
}

/// What is known of one class of requests, or of all.
struct ClassRecord<'a> {
    policy: &'a PolicyResults,
    class: &'a str,
    requests: &'a RequestCounts,
    response: &'a Summary,
    slowdown: &'a Slowdown,
    error_rate: Option<f64>,
}

impl ClassRecord<'_> {
    /// Names and values, as in results.json; null where there is none for a single class.
    fn numbers(&self) -> Vec<(String, Value)> {
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
    // Nested objects have columns of their own.
    let numbers = values.as_object().into_iter().flatten().filter(|(_, value)| !value.is_object());
    for (name, value) in numbers {
        // A probability has no unit.
        let after = if name == "probability" { "" } else { after };
        cells.push((format!("{before}{name}{after}"), value.clone()));
    }
}
