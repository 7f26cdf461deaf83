//! JSON text to [`Scenario`]: every rule about a valid scenario lives here, with its message.
//!
//! The way of a scenario: [`Source`] (its text) is parsed (`syntax`) into a `document` whose values know their places;
//! `--set` changes the document (`changes`); serde reads it as the types of the file (`decode`, `format`), errors
//! are put into words (`explain`); `rules` checks what must hold between values and makes the [`Scenario`].

mod changes;
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
pub use self::objective::{Comparison, Objective, Origin};
pub use self::schema::schema;
pub use self::source::Source;
pub use self::tolerance::{Tolerance, Tolerances};
pub use self::valid::Scenario;

use self::document::Element;
use self::format::ScenarioForm;
use self::source::Sources;

/// Reads a scenario.
///
/// `name` is what results call it: the file's, without folder and ending. `changes` are applied in their order.
/// `files` opens those that the scenario names, by their path relative to the scenario.
///
/// # Errors
/// The first mistake, with its place: in the file, or in the change that made it.
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

/// A scenario's text as plain JSON, without its comments; only its syntax is checked.
///
/// # Errors
/// Where the text is not JSON with `//` comments, or gives a key twice.
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

/// The scenario in the form that its hash is taken of: what was read and changed, as JSON without spaces, the keys of
/// each object sorted, without `$schema` and `description`; a whole number is written without a point or exponent.
/// The texts of the files it names follow, each after a zero byte.
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
    /// The first mistake, with its place; also where the scenario names a file, which [`read`] can load.
    pub fn from_json(text: &str) -> Result<Self, Diagnostic> {
        read(Source::new("scenario", text), "scenario", &[], &Files::none())
    }
}

/// How long a run is, and from which seed.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSettings {
    /// When it ends.
    pub end: RunEnd,
    /// The seed of all its streams.
    pub seed: u64,
    /// It stops, incomplete, when more requests than this are in flight.
    pub max_in_flight: u32,
    /// What is left out at its beginning.
    pub warm_up: WarmUp,
    /// How many independent runs there are; at least 1.
    pub replications: u64,
    /// More replications are run until the intervals are as narrow as this.
    pub precision: Option<Precision>,
    /// The level of confidence intervals, between 0 and 1.
    pub confidence: f64,
}

/// What is left out of the numbers at the beginning of a run, while the system fills up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WarmUp {
    /// Nothing.
    #[default]
    None,
    /// The requests that arrive so long after the start, and that time.
    Fixed(SimDuration),
    /// As much as the run itself says: where its response times settle.
    Auto,
}

/// How narrow intervals must be, and for how long it is tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Precision {
    /// Half width / value is at most this.
    pub half_width: f64,
    /// Of these metrics of every policy.
    pub metrics: Vec<Metric>,
    /// With at most so many replications.
    pub at_most: u64,
}

/// When a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunEnd {
    /// So many requests arrive, and all of them are served.
    Requests(u64),
    /// The run stops then; requests not served by then are in flight.
    Duration(SimDuration),
    /// All arrivals of an explicit list or a trace, and all of them are served.
    Arrivals,
}
