//! `waitline man`: the manual pages.

use clap::{Args, CommandFactory};
use clap_mangen::Man as Page;

use super::failure::Failure;
use super::terminal::Stdout;

const EXAMPLES: &str = "\
Examples:
  waitline man | man -l -
  waitline man run > waitline-run.1";

/// Print a manual page
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ManCommand {
    /// The page of this command [default: the page of waitline itself]
    command: Option<String>,
}

impl ManCommand {
    /// Prints it.
    ///
    /// # Errors
    /// A command that does not exist, or when it cannot be written.
    pub fn execute(&self, stdout: &mut Stdout) -> Result<(), Failure> {
        let mut page = Vec::new();
        let rendered = Page::new(self.page()?).render(&mut page);
        // Writing to a vector cannot fail.
        debug_assert!(rendered.is_ok(), "writing to memory failed");
        stdout.write(&String::from_utf8_lossy(&page))
    }

    fn page(&self) -> Result<clap::Command, Failure> {
        let mut waitline = super::Cli::command();
        waitline.build();
        let Some(name) = &self.command else { return Ok(waitline) };
        waitline.find_subcommand(name).cloned().ok_or_else(|| {
            let names: Vec<_> = waitline.get_subcommands().map(|command| format!("`{}`", command.get_name())).collect();
            Failure::bad(format!("there is no command `{name}`"), format!("commands are {}", names.join(", ")))
        })
    }
}
