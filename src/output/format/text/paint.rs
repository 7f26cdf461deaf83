//! Colour: a style put around a piece of text, or not.

use anstyle::{AnsiColor, Style};

/// Headings.
pub const STRONG: Style = Style::new().bold();
/// What helps to read, but is not what is read.
pub const DIM: Style = Style::new().dimmed();
/// Waiting in line: what one wants less of.
pub const WAIT: Style = AnsiColor::Red.on_default();
/// At work on the CPU.
pub const WORK: Style = AnsiColor::Green.on_default();
/// Away: a backend works, or the request sleeps.
pub const AWAY: Style = AnsiColor::Blue.on_default();

/// The text in a style when there is colour, else as it is.
pub fn paint(color: bool, style: Style, text: &str) -> String {
    if color && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
}
