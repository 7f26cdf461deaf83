//! Why a command failed: a message and an exit code.

use std::io;
use std::path::Path;

use crate::scenario::Diagnostic;

/// Why a command ended without success.
#[derive(Debug)]
pub enum Failure {
    /// The command line or a file it names is invalid; exit code 2.
    Bad(Vec<Diagnostic>),
    /// The arguments are invalid, and clap has already shown why; exit code 2.
    Shown,
    /// A gate failed; exit code 1.
    Gate(String),
    /// A run was stopped by a limit; exit code 3.
    Incomplete(String),
    /// Something cannot be written; exit code 4.
    Write(String),
    /// Interrupted by the user; exit code 130.
    Interrupted,
    /// A bug in waitline; exit code 4.
    Internal(String),
}

impl Failure {
    /// Invalid input, and what to do about it.
    pub fn bad(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::from(Diagnostic::new(message).with_help(help))
    }

    /// A path that cannot be written, and the reason.
    pub fn write(path: &Path, why: &io::Error) -> Self {
        Self::Write(format!("cannot write `{}`: {}", path.display(), reason(why)))
    }

    /// The exit code.
    pub const fn code(&self) -> u8 {
        match self {
            Self::Bad(_) | Self::Shown => 2,
            Self::Gate(_) => 1,
            Self::Incomplete(_) => 3,
            Self::Write(_) | Self::Internal(_) => 4,
            Self::Interrupted => 130,
        }
    }

    /// The message alone, without colour and help.
    pub fn message(&self) -> String {
        match self {
            Self::Bad(diagnostics) => diagnostics.iter().map(Diagnostic::message).collect::<Vec<_>>().join("\n"),
            Self::Shown => String::new(),
            Self::Gate(message) | Self::Incomplete(message) | Self::Write(message) | Self::Internal(message) => {
                message.clone()
            }
            Self::Interrupted => "interrupted".to_owned(),
        }
    }

    /// The message for a person.
    pub fn render(&self, color: bool) -> String {
        let rendered = |message: &str| Diagnostic::new(message).render(color);
        match self {
            Self::Bad(diagnostics) => {
                diagnostics.iter().map(|diagnostic| diagnostic.render(color)).collect::<Vec<_>>().join("\n")
            }
            Self::Shown => String::new(),
            Self::Gate(message) | Self::Incomplete(message) | Self::Write(message) => rendered(message),
            Self::Interrupted => rendered("interrupted"),
            Self::Internal(message) => Diagnostic::new(format!("internal error: {message}"))
                .with_help(concat!(
                    "this is a bug in waitline ",
                    env!("CARGO_PKG_VERSION"),
                    ": please report it with the scenario, the command and this message"
                ))
                .render(color),
        }
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Bad(vec![diagnostic])
    }
}

/// The operating system's message, without the error number.
pub fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
