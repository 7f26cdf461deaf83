//! Colours of text.

use anstyle::{AnsiColor, Style};

/// Headings.
pub const STRONG: Style = Style::new().bold();
/// Headings of columns, notes and terms.
pub const DIM: Style = Style::new().dimmed();
/// Waiting, and bad news.
pub const WAIT: Style = AnsiColor::Red.on_default();
/// Working on the CPU, and good news.
pub const WORK: Style = AnsiColor::Green.on_default();
/// Away: a backend works, or the request sleeps.
pub const AWAY: Style = AnsiColor::Blue.on_default();

/// The text in a style if there is colour, else unchanged.
pub fn paint(color: bool, style: Style, text: &str) -> String {
    if color && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
}
