//! A baseline: what a scenario gave once, stored next to it for comparison (schema `waitline.baseline/1`).

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::engine::MODEL_VERSION;
use crate::model::{Metric, Named};
use crate::stats::{
    ClassConfidence, Estimated, Method, NotEstimable, ObjectiveResult, ObjectiveVerdict, Observations, Series, rounded,
};
use crate::study::run::Estimates;

/// The schema of baseline files. Fields are only ever added within a major version.
pub const BASELINE_SCHEMA: &str = "waitline.baseline/1";

/// What the name of the schema begins with, whatever its version.
const SCHEMA_NAME: &str = "waitline.baseline/";

/// What a scenario gave. Numbers are rounded to 6 decimals, as in every file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Baseline {
    /// The scenario as it was: JSON with sorted keys, without `$schema` and `description`.
    pub canonical: Value,
    /// Whether nothing is left to chance, so that any difference is one.
    pub deterministic: bool,
    /// What the values behind the intervals are of.
    pub method: BaselineMethod,
    /// The version of the model that the engine computes; other versions give other numbers.
    pub model_version: u32,
    /// Each objective and how it was judged; omitted if there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub objectives: Vec<BaselineObjective>,
    /// What each policy gave, by its name.
    pub policies: IndexMap<String, BaselinePolicy>,
    /// How many replications were run.
    pub replications: u64,
    /// The scenario's name.
    pub scenario: String,
    /// SHA-256 of the scenario, and of the files it names.
    pub scenario_sha256: String,
    /// The name and version of the schema.
    pub schema: String,
    /// The seed.
    pub seed: u64,
    /// The version of the program.
    pub waitline: String,
}

/// An objective and how it was judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BaselineObjective {
    /// As it was written.
    pub objective: String,
    /// The policy.
    pub policy: String,
    /// Its number; `null` if the run gave none.
    pub value: Option<f64>,
    /// Whether it was met.
    pub verdict: ObjectiveVerdict,
}

/// What values are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BaselineMethod {
    /// Independent runs.
    Replications,
    /// Stretches of one run.
    BatchMeans,
    /// There are none: the run is too short.
    None,
}

/// What a policy gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BaselinePolicy {
    /// The numbers of each class, by their names; empty if there is only one class.
    #[serde(default)]
    pub classes: IndexMap<String, BaselineNumbers>,
    /// The numbers of all requests together.
    pub metrics: BaselineNumbers,
}

/// Numbers by the names that objectives use.
pub type BaselineNumbers = IndexMap<String, BaselineNumber>;

/// One number.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BaselineNumber {
    /// The ends of its confidence interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<[f64; 2]>,
    /// Why it has no interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub not_estimable: Option<StoredReason>,
    /// What it is in each replication or batch, the shortest batches that will do first; of the numbers that are judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub samples: Vec<BaselineSample>,
    /// What it is; `null` if the run gave none.
    pub value: Option<f64>,
}

/// Why a number of a baseline has no interval.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged, from = "String")]
pub enum StoredReason {
    /// As this run found it.
    Found(NotEstimable),
    /// As a file says it.
    Read(String),
}

impl From<String> for StoredReason {
    fn from(text: String) -> Self {
        Self::Read(text)
    }
}

/// What a number is in each replication or batch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BaselineSample {
    /// How many requests a batch has; left out for replications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_requests: Option<u64>,
    /// In their order.
    pub values: Vec<f64>,
}

/// What is wrong with a text that should be a baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BadBaseline {
    /// It is empty.
    Empty,
    /// It has the marks of an unfinished merge.
    UnfinishedMerge,
    /// It ends in the middle.
    EndsEarly {
        /// Where, counted from 1.
        line: usize,
        /// Where, counted from 1.
        column: usize,
    },
    /// It is not JSON.
    NotJson {
        /// Where, counted from 1.
        line: usize,
        /// Where, counted from 1.
        column: usize,
    },
    /// It does not say which schema it has.
    NoSchema,
    /// It has a schema of a newer version of the program.
    NewerSchema(String),
    /// It has another schema.
    OtherSchema(String),
    /// It is of another version of the model.
    OtherModel {
        /// Which.
        version: u64,
    },
    /// A field is missing or has a wrong value.
    Damaged {
        /// What its reader says.
        error: String,
    },
}

impl Baseline {
    /// The baseline of what a run says.
    pub fn of(estimates: &Estimates<'_>) -> Self {
        let scenario = estimates.scenario;
        let backends: Vec<&str> = scenario.backends().keys().map(String::as_str).collect();
        let observed = estimates.policies.iter().find_map(|policy| policy.estimated.levels.first());
        let policies = estimates
            .policies
            .iter()
            .map(|policy| (policy.profile.name.clone(), numbers_of(&policy.estimated, &backends)));
        Self {
            canonical: scenario.canonical().clone(),
            deterministic: scenario.is_deterministic(),
            method: match observed.map(|observations| observations.method) {
                Some(Method::Replications) => BaselineMethod::Replications,
                Some(Method::Batches { .. }) => BaselineMethod::BatchMeans,
                None => BaselineMethod::None,
            },
            model_version: MODEL_VERSION,
            objectives: estimates.objectives.iter().map(BaselineObjective::of).collect(),
            policies: policies.collect(),
            replications: estimates.replications,
            scenario: scenario.name().to_owned(),
            scenario_sha256: scenario.sha256().to_owned(),
            schema: BASELINE_SCHEMA.to_owned(),
            seed: scenario.run().seed,
            waitline: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Reads a baseline file.
    ///
    /// # Errors
    /// Why it is none, or none that this version reads.
    pub fn read(text: &str) -> Result<Self, BadBaseline> {
        if text.trim().is_empty() {
            return Err(BadBaseline::Empty);
        }
        let json: Value = serde_json::from_str(text).map_err(|error| not_json(text, &error))?;
        match json.get("schema").and_then(Value::as_str) {
            Some(BASELINE_SCHEMA) => {}
            Some(other) => return Err(other_schema(other)),
            None => return Err(BadBaseline::NoSchema),
        }
        // Before anything else is read: another version may have kept other things.
        match json.get("model_version").and_then(Value::as_u64) {
            Some(version) if version != u64::from(MODEL_VERSION) => return Err(BadBaseline::OtherModel { version }),
            Some(_) | None => {}
        }
        serde_json::from_str(text).map_err(|error| BadBaseline::Damaged { error: error.to_string() })
    }
}

impl BaselineObjective {
    fn of(result: &ObjectiveResult) -> Self {
        Self {
            objective: result.objective.clone(),
            policy: result.policy.clone(),
            value: result.value.map(rounded),
            verdict: result.verdict,
        }
    }
}

fn not_json(text: &str, error: &serde_json::Error) -> BadBaseline {
    let (line, column) = (error.line(), error.column());
    if text.lines().any(|line| line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ")) {
        BadBaseline::UnfinishedMerge
    } else if error.is_eof() {
        BadBaseline::EndsEarly { line, column }
    } else {
        BadBaseline::NotJson { line, column }
    }
}

fn other_schema(schema: &str) -> BadBaseline {
    let version = schema.strip_prefix(SCHEMA_NAME).and_then(|version| version.parse::<u64>().ok());
    match version {
        Some(version) if version > 1 => BadBaseline::NewerSchema(schema.to_owned()),
        Some(_) | None => BadBaseline::OtherSchema(schema.to_owned()),
    }
}

fn numbers_of(estimated: &Estimated, backends: &[&str]) -> BaselinePolicy {
    let metrics: Vec<Metric> = Metric::with_interval(backends).collect();
    let all = |metric: Metric| estimated.numbers.metric(metric, backends);
    let confidence = |class: Option<usize>| estimated.intervals(class).map(|intervals| &intervals.answered);
    let series = |read: &dyn Fn(&Observations) -> &Series| -> Vec<(Method, Series)> {
        estimated.levels.iter().map(|level| (level.method, read(level).clone())).collect()
    };
    let classes = &estimated.numbers.classes;
    let several = classes.iter().enumerate().filter(|_| classes.len() > 1);
    BaselinePolicy {
        metrics: numbers(&metrics, &all, confidence(None), &series(&|level| &level.all), backends),
        classes: several
            .map(|(place, (name, class))| {
                let levels = series(&|level| &level.classes[place]);
                let read = |metric: Metric| class.metric(metric);
                (name.clone(), numbers(&metrics, &read, confidence(Some(place)), &levels, backends))
            })
            .collect(),
    }
}

/// Numbers that are there, or that are judged and should be.
fn numbers(
    metrics: &[Metric],
    read: &dyn Fn(Metric) -> Option<f64>,
    confidence: Option<&ClassConfidence>,
    levels: &[(Method, Series)],
    backends: &[&str],
) -> BaselineNumbers {
    let number = |metric: &Metric| {
        let value = read(*metric);
        value?;
        let name = metric.name(backends);
        let is_judged = matches!(metric, Metric::Named(named) if Named::JUDGED.contains(named));
        let interval = confidence.and_then(|told| told.intervals.get(&name));
        let number = BaselineNumber {
            interval: interval.map(|ends| ends.map(rounded)),
            not_estimable: confidence.and_then(|told| told.not_estimable.get(&name)).copied().map(StoredReason::Found),
            samples: if is_judged { samples(*metric, levels) } else { Vec::new() },
            value: value.map(rounded),
        };
        Some((name, number))
    };
    metrics.iter().filter_map(number).collect()
}

fn samples(metric: Metric, levels: &[(Method, Series)]) -> Vec<BaselineSample> {
    let sample = |(method, series): &(Method, Series)| {
        let values = series.get(&metric)?.as_ref().ok()?;
        let batch_requests = match method {
            Method::Batches { requests } => Some(*requests),
            Method::Replications => None,
        };
        Some(BaselineSample { batch_requests, values: values.iter().copied().map(rounded).collect() })
    };
    levels.iter().filter_map(sample).collect()
}
