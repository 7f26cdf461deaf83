//! The scenario file, both ways: reading with every rule and its message, and writing.
//!
//! Reading: a [`Source`] is parsed (`syntax`) into a `document` whose values have places; `--set` changes the document
//! (`changes`); serde turns it into the types of the file (`decode`, `format`), whose errors get messages (`explain`);
//! `rules` checks the values against each other. The result is a [`Scenario`].
//!
//! Writing: a form (`format`) becomes JSON without defaults (`encode`), which `layout` turns into text together with
//! comments. A [`Draft`] holds both; one that was read keeps the spelling and the comments of its file.

mod changes;
mod configured;
mod decode;
mod defaults;
mod determinism;
mod diagnostic;
mod document;
mod draft;
#[cfg(test)]
mod drawn;
mod encode;
mod explain;
pub(crate) mod format;
mod grid;
mod layout;
mod lines;
mod objective;
mod part;
mod percentage;
mod remarks;
mod rules;
mod schema;
mod source;
mod syntax;
#[cfg(test)]
mod tests;
mod tolerance;
mod traces;
mod unclosed;
mod valid;

use sha2::{Digest, Sha256};

use crate::model::{Metric, SimDuration};
use crate::random::Files;

pub use self::changes::Change;
pub use self::diagnostic::{Diagnostic, allowed_names, did_you_mean};
pub use self::draft::Draft;
pub use self::grid::{AxisKind, Dimension, Grid, GridValue, Variation};
pub use self::objective::{Comparison, Objective, Origin};
pub use self::schema::schema;
pub use self::source::Source;
pub use self::tolerance::Tolerances;
pub use self::valid::Scenario;

use self::document::Element;
use self::format::ScenarioForm;
use self::source::Sources;

/// Reads a scenario.
///
/// `name` is its name in results: the file name without directory and extension. `changes` are applied in order. `files`
/// opens the files named in the scenario, by their path relative to it.
///
/// # Errors
/// The first mistake, with its place in the file or in a change.
pub fn read(source: Source, name: &str, changes: &[Change], files: &Files) -> Result<Scenario, Diagnostic> {
    let (document, sources) = document(source, changes)?;
    let form: ScenarioForm = decode::decode(&document).map_err(|misfit| explain::explain(misfit, &sources))?;
    let canonical = canonical(&document);
    let mut hash = Sha256::new_with_prefix(canonical.to_string());
    let mut sections = rules::check(form, &document, &sources, &mut |file| {
        let text = files.text(file)?;
        hash.update(b"\0");
        hash.update(&text);
        Ok(text)
    })?;
    traces::check(&mut sections, &document, &sources, files, &mut hash)?;
    Ok(Scenario {
        name: name.to_owned(),
        sha256: hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect(),
        canonical,
        defaults: defaults::defaults(&document, &sections),
        sections,
    })
}

/// A scenario's text as plain JSON, without comments; only the syntax is checked.
///
/// # Errors
/// If the text is not JSON with `//` comments, or has a duplicate key.
#[cfg(feature = "internals")]
pub fn to_json(source: Source) -> Result<serde_json::Value, Diagnostic> {
    Ok(document(source, &[])?.0.to_json())
}

fn document(source: Source, changes: &[Change]) -> Result<(Element, Sources), Diagnostic> {
    let mut sources = Sources(vec![source]);
    let mut document = syntax::parse(&sources, sources.whole(0))?;
    for change in changes {
        sources.0.push(change.source());
        changes::apply(&mut document, &sources)?;
    }
    Ok((document, sources))
}

/// The scenario in the form that is hashed: what was read and changed, as JSON without spaces, with sorted keys, without
/// `$schema` and `description`; whole numbers have no point or exponent. In the hash, the content of each named file
/// follows, after a zero byte.
fn canonical(document: &Element) -> serde_json::Value {
    let mut json = document.to_json();
    if let Some(fields) = json.as_object_mut() {
        fields.retain(|key, _| key != "$schema" && key != "description");
    }
    json.sort_all_objects();
    json
}

impl Scenario {
    /// Reads a scenario from its text.
    ///
    /// # Errors
    /// The first mistake, with its place. A scenario that names files needs [`read`].
    pub fn from_json(text: &str) -> Result<Self, Diagnostic> {
        read(Source::new("scenario", text), "scenario", &[], &Files::none())
    }
}

/// Length of a run, its seed, and how often it is repeated.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSettings {
    /// When it ends.
    pub end: RunEnd,
    /// Seed of all random streams.
    pub seed: u64,
    /// Maximum number of requests in flight; beyond it the run stops and is incomplete.
    pub max_in_flight: u32,
    /// The part at the beginning that is excluded from results.
    pub warm_up: WarmUp,
    /// Number of independent runs; at least 1.
    pub replications: u64,
    /// Replications are added until intervals are as narrow as this.
    pub precision: Option<Precision>,
    /// Level of the confidence intervals, between 0 and 1.
    pub confidence: f64,
}

/// The part at the beginning of a run, while the system fills up, that is excluded from results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WarmUp {
    /// Nothing.
    #[default]
    None,
    /// The requests that arrive within this time from the start, and the time itself.
    Fixed(SimDuration),
    /// Until response times settle, as estimated from the run.
    Auto,
}

/// How narrow intervals must be, and the limit on replications.
#[derive(Clone, Debug, PartialEq)]
pub struct Precision {
    /// Maximum of half width / value.
    pub half_width: f64,
    /// The metrics that this applies to, under every policy.
    pub metrics: Vec<Metric>,
    /// Maximum number of replications.
    pub at_most: u64,
}

/// When a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// After this number of requests has arrived and been served.
    Requests(u64),
    /// At this time; requests that have not been served by then are in flight.
    Duration(SimDuration),
    /// After all arrivals of a list or a trace have been served.
    Arrivals,
}
