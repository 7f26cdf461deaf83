//! The report of `verify --selection`: how often plans were right.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Document, DocumentId};
use crate::model::MetricUnit;
use crate::output::block::number::{self, NONE, quantity};
use crate::output::block::{Block, Finding, FindingStatus, List, Records, Table};
use crate::output::words;
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
            let mut record = words::plain(&SystemPlans::of(system));
            record["wrong"] = json!(system.wrong.len());
            record
        }))
    }

    fn value(&self) -> Value {
        let Self(selection) = self;
        let (plans, right) = selection.totals();
        words::plain(&PlansOfSystems {
            schema: SELECTION_SCHEMA,
            within: selection.within,
            plans,
            right,
            least: LEAST_RIGHT,
            passed: selection.passes(),
            systems: selection.systems.iter().map(SystemPlans::of).collect(),
        })
    }
}

/// The schema of the JSON output of `verify --selection`.
pub const SELECTION_SCHEMA: &str = "waitline.selection/1";

/// How often plans of systems with known answers are right.
#[derive(Serialize, JsonSchema)]
pub struct PlansOfSystems {
    schema: &'static str,
    /// The indifference zone of the plans.
    within: f64,
    /// Number of plans.
    plans: u64,
    /// Those that are right.
    right: u64,
    /// The smallest share of right plans that passes.
    least: f64,
    /// Whether it passes.
    passed: bool,
    /// Each system.
    systems: Vec<SystemPlans>,
}

/// How often the plans of a system are right.
#[derive(Serialize, JsonSchema)]
struct SystemPlans {
    /// The system in words.
    system: &'static str,
    /// The objective.
    objective: &'static str,
    /// The size that is chosen, such as `workers`.
    size: &'static str,
    /// The smallest size that meets the objective; `None` if none does.
    least: Option<u32>,
    /// Its exact number.
    exact_ms: Option<f64>,
    /// The next smaller size; `None` if there is none, or it is not stable.
    below: Option<u32>,
    /// Its exact number.
    exact_below_ms: Option<f64>,
    /// Number of plans.
    plans: u64,
    /// Those that are right.
    right: u64,
    /// Those that decided nothing.
    undecided: u64,
    /// Mean number of requests of a plan.
    mean_requests: f64,
    /// The wrong plans.
    wrong: Vec<WrongChoice>,
}

/// A wrong plan.
#[derive(Serialize, JsonSchema)]
struct WrongChoice {
    /// Its seed.
    seed: u64,
    /// The size that it chose; `None` if it said that nothing meets the objective.
    choice: Option<u32>,
    /// The exact number of that size.
    exact_ms: Option<f64>,
}

impl SystemPlans {
    fn of(system: &SelectedSystem) -> Self {
        let (least, exact_ms) = system.exact.unzip();
        let (below, exact_below_ms) = system.below.unzip();
        Self {
            system: system.name,
            objective: system.objective,
            size: system.size,
            least,
            exact_ms,
            below,
            exact_below_ms,
            plans: system.plans,
            right: system.right,
            undecided: system.undecided,
            mean_requests: system.requests.round(),
            wrong: system.wrong.iter().map(WrongChoice::of).collect(),
        }
    }
}

impl WrongChoice {
    fn of(plan: &WrongPlan) -> Self {
        let (choice, exact_ms) = plan.choice.unzip();
        Self { seed: plan.seed, choice, exact_ms }
    }
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
