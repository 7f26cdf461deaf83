//! The report of `verify --selection`: how often plans were right.

use serde_json::{Value, json};

use super::{Document, DocumentId};
use crate::model::MetricUnit;
use crate::output::block::number::{self, NONE, quantity};
use crate::output::block::{Block, Finding, FindingStatus, List, Records, Table};
use crate::study::{LEAST_RIGHT, SelectedSystem, Selection, WrongPlan};

/// The report of `verify --selection`.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectionReport(pub Selection);

impl Document for SelectionReport {
    fn id(&self) -> DocumentId {
        let properties = vec![("within", self.0.within.to_string())];
        DocumentId { kind: ["set of plans", "sets of plans"], name: "selection".to_owned(), properties }
    }

    fn blocks(&self) -> Vec<Block> {
        let Self(selection) = self;
        let wrong: Vec<String> =
            selection.systems.iter().flat_map(|system| system.wrong.iter().map(|plan| wrong(system, plan))).collect();
        let mut blocks = vec![Block::Table(table(selection)), Block::Text(vec![verdict(selection)])];
        if !wrong.is_empty() {
            blocks.push(Block::List(List::plain("Wrong plans", wrong)));
        }
        blocks
    }

    fn findings(&self) -> Vec<Finding> {
        self.0.systems.iter().map(finding).collect()
    }

    fn records(&self) -> Records {
        Records::of(self.0.systems.iter().map(|system| {
            let mut record = fields(system);
            record["wrong"] = json!(system.wrong.len());
            record
        }))
    }

    fn value(&self) -> Value {
        let systems = self.0.systems.iter().map(|system| {
            let mut value = fields(system);
            let wrong = |plan: &WrongPlan| {
                let (size, exact) = plan.choice.unzip();
                json!({ "seed": plan.seed, "choice": size, "exact_ms": exact })
            };
            value["wrong"] = system.wrong.iter().map(wrong).collect();
            value
        });
        let (plans, right) = self.0.totals();
        json!({
            "schema": "waitline.selection/1",
            "within": self.0.within,
            "plans": plans,
            "right": right,
            "least": LEAST_RIGHT,
            "passed": self.0.passes(),
            "systems": systems.collect::<Vec<_>>(),
        })
    }
}

fn fields(system: &SelectedSystem) -> Value {
    let (least, exact) = system.exact.unzip();
    let (below, exact_below) = system.below.unzip();
    json!({
        "system": system.name,
        "objective": system.objective,
        "size": system.size,
        "least": least,
        "exact_ms": exact,
        "below": below,
        "exact_below_ms": exact_below,
        "plans": system.plans,
        "right": system.right,
        "undecided": system.undecided,
        "mean_requests": system.requests.round(),
    })
}

fn table(selection: &Selection) -> Table {
    let systems = &selection.systems;
    let within = number::short_percent(selection.within);
    let names = systems.iter().map(|system| (false, system.name.to_owned()));
    let mut table = Table::of(format!("Plans from other seeds, right within {within}"), "system", names);
    table.names("objective", systems.iter().map(|system| system.objective.to_owned()).collect());
    let exact = |found: Option<(u32, f64)>| {
        found.map_or_else(
            || NONE.to_owned(),
            |(size, exact)| format!("{size} ({})", quantity(exact, None, MetricUnit::Time)),
        )
    };
    let least =
        |system: &SelectedSystem| system.exact.map_or_else(|| "impossible".to_owned(), |found| exact(Some(found)));
    table.names("exact", systems.iter().map(least).collect());
    table.names("one less", systems.iter().map(|system| exact(system.below)).collect());
    table.apart();
    let numbers = |cell: fn(&SelectedSystem) -> u64| systems.iter().map(|system| number::count(cell(system))).collect();
    table.numbers("", "plans", numbers(|system| system.plans));
    table.numbers("", "right", numbers(|system| system.right));
    table.numbers("", "wrong", numbers(|system| system.wrong.len() as u64));
    table.numbers("", "undecided", numbers(|system| system.undecided));
    table.numbers("", "requests", numbers(|system| system.requests.round() as u64));
    table
}

fn verdict(selection: &Selection) -> String {
    let (plans, right) = selection.totals();
    let share = number::percent((plans > 0).then(|| right as f64 / plans as f64));
    let least = number::short_percent(LEAST_RIGHT);
    let passes = if selection.passes() { "at least" } else { "less than" };
    format!("{right} of {plans} plans are right ({share}), {passes} {least}; requests are the mean of a plan")
}

/// `seed 7, threads under a GIL: 5 threads, exactly 144 ms; p99 < 140ms`.
fn wrong(system: &SelectedSystem, plan: &WrongPlan) -> String {
    let choice = match plan.choice {
        Some((size, exact)) => format!("{} {size}, exactly {}", system.size, quantity(exact, None, MetricUnit::Time)),
        None => "nothing was said to meet it".to_owned(),
    };
    format!("{}, `{}`, seed {}: {choice}", system.name, system.objective, plan.seed)
}

fn finding(system: &SelectedSystem) -> Finding {
    let passes = system.right as f64 >= LEAST_RIGHT * system.plans as f64;
    let status = if passes { FindingStatus::Passes } else { FindingStatus::Warned };
    let message = format!("{} of {} plans are right", system.right, system.plans);
    Finding::new("selection", system.objective, status, message).of_part(system.name)
}
