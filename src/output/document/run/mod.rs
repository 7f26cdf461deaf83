//! The report of `run` and `quick` about one scenario.

pub mod certainty;
mod comparison;
mod conclusion;
mod connections;
mod fault_effects;
pub mod faults;
mod findings;
mod lanes;
mod load;
mod objectives;
mod presets;
mod records;
mod requests;
mod response_times;
mod spreads;
mod stations;
mod time_spent;
mod tracks;
mod warnings;

pub use self::conclusion::conclusion;
pub use self::findings::findings;
pub use self::objectives::{broken_objectives, table as objectives};
pub use self::requests::ending;
pub use self::warnings::warnings;

use serde_json::Value;

use super::{Document, DocumentId};
use crate::output::block::{Block, Definitions, Finding, List, Records, Table, Tracks};
use crate::output::words;
use crate::stats::{NotModelled, ScenarioResults};
use crate::study::ScenarioTrace;

/// The report of one scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct RunReport {
    /// Its results.
    pub results: ScenarioResults,
    /// Whether to include the assumptions and the defaults in force.
    pub explains_defaults: bool,
    /// Whether to include charts.
    pub has_charts: bool,
    /// What ran when, if that was recorded.
    pub trace: Option<ScenarioTrace>,
}

impl Document for RunReport {
    fn id(&self) -> DocumentId {
        id(&self.results)
    }

    fn blocks(&self) -> Vec<Block> {
        let results = &self.results;
        let mut blocks = opening(results);
        blocks.extend(numbers(results, self.has_charts));
        blocks.extend(conclusion(results).map(Block::Conclusion));
        if self.explains_defaults {
            blocks.extend(explained(results));
        }
        blocks
    }

    fn findings(&self) -> Vec<Finding> {
        findings(&self.results)
    }

    fn records(&self) -> Records {
        records::records(&self.results)
    }

    fn value(&self) -> Value {
        words::results_value(&self.results)
    }

    fn tracks(&self) -> Tracks {
        tracks::tracks(&self.results, self.trace.as_ref())
    }
}

/// What the scenario is about, what to know before trusting its numbers, and its objectives.
pub fn opening(results: &ScenarioResults) -> Vec<Block> {
    let mut blocks = vec![title(results)];
    let incomplete = incomplete(results);
    blocks.extend((!incomplete.is_empty()).then_some(Block::Incomplete(incomplete)));
    let warnings = warnings(results);
    blocks.extend((!warnings.is_empty()).then_some(Block::Warnings(warnings)));
    blocks.extend(objectives(results).map(Block::Table));
    blocks
}

/// The numbers of each policy, with charts or without.
pub fn numbers(results: &ScenarioResults, has_charts: bool) -> Vec<Block> {
    let chart = |chart: fn(&ScenarioResults) -> Option<Block>| if has_charts { chart(results) } else { None };
    let mut blocks = vec![Block::Table(response_times::response_times(results))];
    blocks.extend(chart(|results| spreads::spreads(results).map(Block::Spreads)));
    blocks.extend(requests::single_requests(results).into_iter().map(Block::Table));
    blocks.extend(chart(|results| lanes::lanes(results).map(Block::Lanes)));
    blocks.extend(tables(results).into_iter().map(Block::Table));
    blocks.push(Block::Table(time_spent::table(results)));
    blocks.extend(chart(|results| time_spent::bars(results).map(Block::Bars)));
    blocks.push(Block::Table(load::load(results)));
    blocks
}

/// The name of the scenario, and the inputs of its results.
pub fn id(results: &ScenarioResults) -> DocumentId {
    DocumentId {
        kind: ["scenario", "scenarios"],
        name: results.scenario.clone(),
        properties: vec![
            ("waitline", results.waitline.to_owned()),
            ("scenario_sha256", results.scenario_sha256.clone()),
            ("seed", results.seed.to_string()),
            ("replications", results.replications.to_string()),
        ],
    }
}

/// Name, description and faults.
fn title(results: &ScenarioResults) -> Block {
    let faults = faults::sentence(&results.faults);
    let about = results.description.iter().cloned().chain((!faults.is_empty()).then_some(faults));
    Block::Title { name: results.scenario.clone(), about: about.collect() }
}

/// Which runs stopped before their end, and why.
fn incomplete(results: &ScenarioResults) -> Vec<String> {
    let stopped = results.policies.iter().filter_map(|policy| Some((&policy.name, policy.incomplete.as_ref()?)));
    stopped.map(|(name, why)| format!("{name} {}", words::incomplete(why))).collect()
}

/// The tables between those of response times and those of where the time went, in order.
fn tables(results: &ScenarioResults) -> Vec<Table> {
    let mut tables = fault_effects::tables(results);
    tables.extend(comparison::comparison(results));
    tables.extend(load::operations(results));
    tables.extend(load::capacity(results));
    tables.extend(stations::waits(results));
    tables.extend(stations::workers(results));
    tables.extend(stations::replicas(results));
    tables
}

/// The assumptions, what is not modelled, what presets stand for, and the defaults in force.
pub fn explained(results: &ScenarioResults) -> Vec<Block> {
    let assumptions = results.assumptions.iter().map(|assumption| words::assumption(*assumption).to_owned());
    let assumed = assumptions.chain(presets::missing_clients(results)).collect();
    let presets = presets::explained(results);
    let entries = results.defaults.iter().map(|(path, value)| (path.clone(), value.clone())).collect();
    let none = "the scenario says everything";
    let mut blocks = vec![Block::List(List::bulleted("Assumed", assumed))];
    let not_modelled = NotModelled::ALL.map(|what| words::not_modelled(what).to_owned()).into();
    blocks.push(Block::List(List::bulleted("Not modelled", not_modelled)));
    blocks.extend((!presets.is_empty()).then(|| Block::List(List::bulleted("Presets", presets))));
    blocks.push(Block::Definitions(Definitions { title: "Defaults in force".to_owned(), entries, none }));
    blocks
}
