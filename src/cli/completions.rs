//! `waitline completions`: completion scripts for shells.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::failure::Failure;
use super::terminal::Stdout;

const EXAMPLES: &str = "\
Examples:
  waitline completions bash > ~/.local/share/bash-completion/completions/waitline
  waitline completions zsh > ~/.zfunc/_waitline
  waitline completions fish > ~/.config/fish/completions/waitline.fish";

/// Print completions for a shell
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CompletionsCommand {
    /// Shell
    shell: Shell,
}

impl CompletionsCommand {
    /// Prints them.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn execute(&self, stdout: &mut Stdout) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::Cli::command(), "waitline", &mut script);
        stdout.write(&String::from_utf8_lossy(&script))
    }
}
