//! What commands report, before any format: one file or folder per document.
//!
//! A document brings blocks for people, findings for CI, records for spreadsheets and a value for programs; it knows no
//! format.

mod check;
mod coverage;
mod explain;
mod plan;
mod presets;
mod replay;
mod run;
mod selection;
mod stored;
mod sweep;
mod verification;

pub use self::check::{CheckReport, before_and_after};
pub use self::coverage::{COVERAGE_SCHEMA, CoverageReport, MeasuredCoverage};
pub use self::explain::ExplainReport;
pub use self::plan::{PlanReport, plan_choice, plan_headline};
pub use self::presets::{ListedPresets, PRESETS_SCHEMA, PresetList};
pub use self::replay::{REPLAY_SCHEMA, ReplayReport};
pub use self::run::{RunReport, broken_objectives, conclusion, ending, explained, faults, numbers, opening};
pub use self::selection::{PlansOfSystems, SELECTION_SCHEMA, SelectionReport};
pub use self::stored::{stored_plan, stored_sweep};
pub use self::sweep::{Headline, SweepRecord, SweepReport};
pub use self::verification::{ExactCases, VERIFICATION_SCHEMA, VerificationReport};

use serde::Serialize;
use serde_json::Value;

use super::block::{Block, Finding, Records, Tracks};
use super::words;

/// Everything that a command reports about one subject.
pub trait Document {
    /// How CI identifies it.
    fn id(&self) -> DocumentId;

    /// What people read, in order.
    fn blocks(&self) -> Vec<Block>;

    /// What was judged; empty if nothing is.
    fn findings(&self) -> Vec<Finding>;

    /// The results as rows.
    fn records(&self) -> Records;

    /// The results as JSON.
    fn value(&self) -> Value;

    /// What ran when; nothing where a document has no timelines.
    fn tracks(&self) -> Tracks {
        Tracks::default()
    }
}

/// Adds the fields of plain data to a record.
fn extend(record: &mut Value, data: &impl Serialize) {
    if let (Some(record), Value::Object(fields)) = (record.as_object_mut(), words::plain(data)) {
        record.extend(fields);
    }
}

/// How CI identifies a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentId {
    /// What a document of this kind is called, one and several of them.
    pub kind: [&'static str; 2],
    /// Its name.
    pub name: String,
    /// What the results depend on.
    pub properties: Vec<(&'static str, String)>,
}
