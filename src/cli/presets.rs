//! `waitline presets`: the policies that represent real products.

use clap::Args;

use super::arguments::formats_for;
use super::failure::Failure;
use super::reports;
use super::shutdown::Shutdown;
use super::terminal::Stdout;
use crate::output::{Format, PresetList, Shows};
use crate::policy::examples;

const EXAMPLES: &str = "\
Examples:
  waitline presets                 what each preset stands for, and where it was measured
  waitline presets --format json   the same for programs";

/// List the policies that represent real products
///
/// A preset is a policy with the options of a product. It stands for a plain policy, which gives the same numbers, and for
/// the overhead of the product. `validation/` compares the predictions of presets with the real servers.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PresetsCommand {
    /// Print the list in this format
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = formats_for(&[Shows::Everything]))]
    format: Format,
}

impl PresetsCommand {
    /// Prints the list.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn execute(&self, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        reports::print(PresetList(examples()), Some(self.format), stdout, shutdown)
    }
}
