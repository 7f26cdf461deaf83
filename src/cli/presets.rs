//! `waitline presets`: the policies that stand for real products.

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::terminal::Stdout;
use crate::output::{presets_json, presets_text};
use crate::policy::examples;

const EXAMPLES: &str = "\
Examples:
  waitline presets                 what each preset stands for, and what it was measured on
  waitline presets --format json   the same for programs";

/// List the policies that stand for real products
///
/// A preset is a policy in a product's own words. It stands for a plain policy, which gives the same numbers, and for the
/// overhead of the product. `validation/` holds the predictions of presets against the real servers.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Presets {
    /// Print the list in this format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
}

/// How the list is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// for people
    Text,
    /// one JSON document
    Json,
}

impl Presets {
    /// Prints the list.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn execute(&self, stdout: &mut Stdout) -> Result<(), Failure> {
        let text = match self.format {
            Format::Text => presets_text(&examples(), stdout.has_color()),
            Format::Json => presets_json(&examples()),
        };
        stdout.write(&text)
    }
}
