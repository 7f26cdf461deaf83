//! A record per policy and class, `all` classes first.

use serde::Serialize;
use serde_json::{Value, json};

use crate::output::block::Records;
use crate::stats::{
    ClassFaultEffect, FaultEffect, PhaseNumbers, PolicyResults, RequestCounts, ScenarioResults, Slowdown, Summary,
};

/// The records of a run: policies and their classes. Those of a scenario with faults have columns of its own at the end.
pub fn records(results: &ScenarioResults) -> Records {
    let mut records = Records::default();
    for record in results.policies.iter().flat_map(records_of) {
        let (numbers, of_faults) = (record.numbers(), record.fault_numbers());
        if records.columns.is_empty() {
            records.columns = ["scenario", "policy", "kind", "class"].map(str::to_owned).into();
            records.columns.extend(numbers.iter().chain(&of_faults).map(|(name, _)| name.clone()));
            records.own_columns = of_faults.len();
        }
        let names = [&*results.scenario, &record.policy.name, record.policy.kind, record.class];
        let numbers = numbers.into_iter().chain(of_faults).map(|(_, value)| value);
        records.rows.push(names.into_iter().map(Value::from).chain(numbers).collect());
    }
    records
}

/// The record of a policy and those of its classes.
fn records_of(policy: &PolicyResults) -> Vec<ClassRecord<'_>> {
    let all = ClassRecord {
        policy,
        class: ALL,
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

/// In place of the name of a class: all of them.
const ALL: &str = "all";

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
        if self.class != ALL {
            cells[known_of_classes..].iter_mut().for_each(|(_, value)| *value = Value::Null);
        }
        flatten("rejected_by_", &self.requests.rejected_by, "", &mut cells);
        flatten("failed_by_", &self.requests.failed_by, "", &mut cells);
        cells.push(("error_rate".to_owned(), json!(self.error_rate)));
        cells
    }

    /// The numbers before, during and after each fault: `fault_1_during_p95_ms`.
    fn fault_numbers(&self) -> Vec<(String, Value)> {
        let of_fault = |effect: &FaultEffect| {
            let name = format!("fault_{}", effect.fault);
            let ClassFaultEffect { before, during, after, recovery, recovery_ms } = effect_on(effect, self.class);
            let phases = [("before", before), ("during", during), ("after", after)];
            let mut cells: Vec<(String, Value)> =
                phases.iter().flat_map(|(phase, numbers)| phase_numbers(&format!("{name}_{phase}"), numbers)).collect();
            cells.push((format!("{name}_recovery"), json!(recovery)));
            cells.push((format!("{name}_recovery_ms"), json!(recovery_ms)));
            cells
        };
        self.policy.faults.iter().flat_map(of_fault).collect()
    }
}

/// What a fault did to a class, or to all.
fn effect_on(effect: &FaultEffect, class: &str) -> ClassFaultEffect {
    let FaultEffect { fault: _, name: _, before, during, after, recovery, recovery_ms, classes } = effect;
    let all = ClassFaultEffect {
        before: *before,
        during: *during,
        after: *after,
        recovery: Some(*recovery),
        recovery_ms: *recovery_ms,
    };
    classes.get(class).filter(|_| class != ALL).copied().unwrap_or(all)
}

fn phase_numbers(name: &str, numbers: &PhaseNumbers) -> [(String, Value); 7] {
    let times = &numbers.response_time_ms;
    [
        ("arrived", json!(numbers.requests.arrived)),
        ("error_rate", json!(numbers.error_rate)),
        ("mean_ms", json!(times.mean)),
        ("p50_ms", json!(times.p50)),
        ("p95_ms", json!(times.p95)),
        ("p99_ms", json!(times.p99)),
        ("throughput_per_s", json!(numbers.throughput_per_s)),
    ]
    .map(|(number, value)| (format!("{name}_{number}"), value))
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
