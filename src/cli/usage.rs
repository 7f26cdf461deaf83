//! Suggestions for a mistyped command line.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};

use crate::output::words::listed;
use crate::scenario::did_you_mean;

/// The same error with the command or option that was probably meant, even if clap has no suggestion: it ignores short
/// words, and it only looks at the options of one command.
pub fn with_suggestion(mut error: Error, waitline: &mut Command, arguments: &[String]) -> Error {
    let unknown = |kind| match error.get(kind) {
        Some(ContextValue::String(unknown)) => Some(unknown.clone()),
        _ => None,
    };
    let meant = match error.kind() {
        ErrorKind::InvalidSubcommand => {
            unknown(ContextKind::InvalidSubcommand).and_then(|name| command(&name, waitline))
        }
        ErrorKind::UnknownArgument => {
            unknown(ContextKind::InvalidArg).and_then(|name| option(&name, waitline, arguments))
        }
        _ => None,
    };
    if let Some(meant) = meant {
        for kind in [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg] {
            error.remove(kind);
        }
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![StyledStr::from(meant)]));
    }
    error
}

fn command(unknown: &str, waitline: &Command) -> Option<String> {
    let meant = did_you_mean(unknown, waitline.get_subcommands().map(Command::get_name))?;
    Some(format!("did you mean '{meant}'?"))
}

/// An option of the command that is used, or of another one.
fn option(unknown: &str, waitline: &mut Command, arguments: &[String]) -> Option<String> {
    waitline.build();
    let unknown = unknown.strip_prefix("--")?;
    let used = arguments.iter().skip(1).find_map(|name| waitline.find_subcommand(name))?;
    if let Some(meant) = did_you_mean(unknown, options(used)) {
        return Some(format!("did you mean '--{meant}'?"));
    }
    let meant = did_you_mean(unknown, waitline.get_subcommands().flat_map(options))?;
    let have = waitline.get_subcommands().filter(|other| options(other).any(|name| name == meant));
    let have: Vec<String> = have.map(|other| format!("'{}'", other.get_name())).collect();
    let set = match options(used).any(|name| name == "set") {
        true => {
            format!("; '{}' changes its scenario with --set, such as --set policies.sync.workers=8", used.get_name())
        }
        false => String::new(),
    };
    let question = if meant == unknown { String::new() } else { format!("did you mean '--{meant}'? ") };
    let verb = if have.len() == 1 { "has" } else { "have" };
    Some(format!("{question}Only {} {verb} it{set}", listed(&have)))
}

fn options(command: &Command) -> impl Iterator<Item = &str> {
    command.get_arguments().filter(|argument| !argument.is_hide_set()).filter_map(|argument| argument.get_long())
}
