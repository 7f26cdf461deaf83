//! `waitline presets`: the policies that represent real products.

use clap::Args;

use super::arguments::formats_for;
use super::failure::Failure;
use super::reports;
use super::shutdown::Shutdown;
use super::terminal::Stdout;
use crate::output::{Format, PresetList, Shows};
use crate::policy::examples;
use crate::scenario::allowed_names;

const EXAMPLES: &str = "\
Examples:
  waitline presets                 what each preset stands for, and where it was measured
  waitline presets gunicorn        those of one product
  waitline presets --format json   the same for programs";

/// List the policies that represent real products
///
/// A preset is a policy with the options of a product. It stands for a plain policy, which gives the same numbers, and for
/// the overhead of the product. `validation/` compares the predictions of presets with the real servers.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PresetsCommand {
    /// Presets to list, by name [default: all]
    #[arg(value_name = "NAME")]
    names: Vec<String>,

    /// Print the list in this format
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = formats_for(&[Shows::Everything]))]
    format: Format,
}

impl PresetsCommand {
    /// Prints the list.
    ///
    /// # Errors
    /// If a name is that of no preset, or the list cannot be written.
    pub fn execute(&self, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        let all = examples();
        let mut kinds: Vec<&str> = all.iter().map(|example| example.policy.kind()).collect();
        kinds.dedup();
        if let Some(unknown) = self.names.iter().find(|name| !kinds.contains(&name.as_str())) {
            let help = allowed_names("presets", unknown, kinds);
            return Err(Failure::bad(format!("there is no preset `{unknown}`"), help));
        }
        let is_asked = |kind: &str| self.names.is_empty() || self.names.iter().any(|name| name == kind);
        let asked = all.into_iter().filter(|example| is_asked(example.policy.kind())).collect();
        reports::print(PresetList(asked), Some(self.format), stdout, shutdown)
    }
}
