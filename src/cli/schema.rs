//! `waitline schema`: the JSON Schemas of the files that waitline reads and writes.

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::terminal::Stdout;
use crate::{output, scenario};

const EXAMPLES: &str = "\
Examples:
  waitline schema scenario > scenario.schema.json
  waitline schema results  > results.schema.json";

/// Print the JSON Schema of a file format
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SchemaCommand {
    /// File format
    name: SchemaName,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SchemaName {
    /// scenario files
    Scenario,
    /// results.json, and what `run --format json` prints
    Results,
    /// baselines of `check`
    Baseline,
    /// what `check --format json` prints
    Check,
    /// sweep.json, and what `sweep --format json` prints
    Sweep,
    /// what `plan --format json` prints
    Plan,
    /// what `explain --format json` prints
    Explain,
    /// what `presets --format json` prints
    Presets,
    /// what `replay --format json` prints
    Replay,
    /// what `verify --format json` prints
    Verification,
    /// what `verify --coverage --format json` prints
    Coverage,
    /// what `verify --selection --format json` prints
    Selection,
    /// files of --shard, which `merge` reads
    Unit,
}

impl SchemaCommand {
    /// Prints it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn execute(&self, stdout: &mut Stdout) -> Result<(), Failure> {
        let schema = match self.name {
            SchemaName::Scenario => scenario::schema(),
            SchemaName::Results => output::results_schema(),
            SchemaName::Baseline => output::baseline_schema(),
            SchemaName::Check => output::check_schema(),
            SchemaName::Sweep => output::sweep_schema(),
            SchemaName::Plan => output::plan_schema(),
            SchemaName::Explain => output::explain_schema(),
            SchemaName::Presets => output::presets_schema(),
            SchemaName::Replay => output::replay_schema(),
            SchemaName::Verification => output::verification_schema(),
            SchemaName::Coverage => output::coverage_schema(),
            SchemaName::Selection => output::selection_schema(),
            SchemaName::Unit => output::unit_schema(),
        };
        stdout.write(&format!("{schema:#}\n"))
    }
}
