//! What a report compares with: a baseline, the results of an earlier run, or another scenario.

use std::path::Path;

use serde_json::Value;

use super::super::arguments::{ChangedScenarioArguments, ScenarioArguments, WhenUndecided};
use super::super::failure::Failure;
use super::super::files::{self, folder_of};
use super::super::outputs::{InputKind, Inputs};
use super::super::scenarios;
use crate::output::words;
use crate::scenario::{self, Diagnostic, Scenario, Source};
use crate::stats::SCHEMA;
use crate::study::{Baseline, NotComparableReason, WhyNotComparable};

/// What there was before.
#[derive(Debug)]
pub enum Before {
    /// Another scenario, or the same one without changes.
    Scenario(Scenario),
    /// A baseline, and the scenario as it was then, if this program still reads it.
    Baseline(Box<Baseline>, Option<Scenario>),
    /// The results of an earlier run.
    Results(Value),
}

/// What the schemas of files begin with.
const BASELINE: &str = "waitline.baseline/";
const RESULTS: &str = "waitline.results/";

impl Before {
    /// Reads the file and finds out what it is by its schema.
    ///
    /// # Errors
    /// [`Failure::Bad`] if it can be none of the three, [`Failure::Incomplete`] if it is a baseline that cannot be compared with.
    pub fn read(file: &Path, arguments: &ScenarioArguments, inputs: &Inputs) -> Result<Self, Failure> {
        let name = file.display().to_string();
        let text =
            files::text_up_to(file, files::MOST_OF_DATA).map_err(|error| Diagnostic::unreadable(&name, &error))?;
        let json: Option<Value> = serde_json::from_str(&text).ok();
        let schema = json.as_ref().and_then(|json| json.get("schema")).and_then(Value::as_str).unwrap_or_default();
        if schema.starts_with(BASELINE) {
            inputs.add(file, InputKind::Baseline);
            return Self::baseline(file, &text, inputs);
        }
        if schema.starts_with(RESULTS) {
            inputs.add(file, InputKind::Results);
            return Self::results(&name, schema, json.as_ref());
        }
        // Changes are of the other one; seed and precision of both.
        let seed = arguments.changed.seed;
        let arguments = ScenarioArguments {
            changed: ChangedScenarioArguments { policies: Vec::new(), changes: Vec::new(), seed },
            objectives: Vec::new(),
            undecided: WhenUndecided::Mark,
            ..arguments.clone()
        };
        scenarios::read_one(&name, &arguments, inputs).map(Self::Scenario)
    }

    fn results(name: &str, schema: &str, json: Option<&Value>) -> Result<Self, Failure> {
        if schema != SCHEMA {
            let why = format!("`{name}` is of another version of waitline (`{schema}`, this one reads `{SCHEMA}`)");
            return Err(Failure::Incomplete(why));
        }
        match json {
            Some(results) if results["policies"].is_array() => Ok(Self::Results(results.clone())),
            Some(_) | None => Err(Failure::Incomplete(format!("`{name}` is damaged: it has no `policies`"))),
        }
    }

    fn baseline(file: &Path, text: &str, inputs: &Inputs) -> Result<Self, Failure> {
        let name = file.display().to_string();
        let baseline = Baseline::read(text).map_err(|bad| {
            let why = WhyNotComparable { file: name.clone(), reason: NotComparableReason::Bad(bad) };
            Failure::Incomplete(words::why_not_comparable(&why))
        })?;
        let source = Source::from_bytes(name, baseline.canonical.to_string().into_bytes())?;
        let files = scenarios::files_in(folder_of(file), inputs);
        let scenario = scenario::read(source, &baseline.scenario, &[], &files).ok().map(|mut scenario| {
            scenario.reseed(baseline.seed);
            scenario
        });
        Ok(Self::Baseline(Box::new(baseline), scenario))
    }

    /// The scenario to run, for its timelines or its numbers.
    pub const fn scenario(&self) -> Option<&Scenario> {
        match self {
            Self::Scenario(scenario) => Some(scenario),
            Self::Baseline(_, scenario) => scenario.as_ref(),
            Self::Results(_) => None,
        }
    }
}
