//! `waitline init`: a scenario that explains itself.

use clap::Args;

use super::failure::Failure;
use super::terminal::Stdout;

const EXAMPLES: &str = "\
Examples:
  waitline init > shop.json       start from it
  waitline init | waitline run -  try it at once";

/// Print a commented scenario to start from
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Init {}

impl Init {
    /// Prints it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn execute(&self, stdout: &mut Stdout) -> Result<(), Failure> {
        stdout.write(include_str!("init.jsonc"))
    }
}
