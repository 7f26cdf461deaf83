//! Errors in a scenario: a message, the place underlined, and what to do.
//!
//! ```text
//! error: unknown backend `dbx`
//!    ╭─[ scenarios/shop.json:8:30 ]
//!  8 │       { "wait": { "backend": "dbx", "time": "200ms" } }
//!    │                              ──┬──
//!    │                                ╰── no such backend
//!    │ help: declared backends: `db`, `payments`; did you mean `db`?
//! ```

use std::borrow::Cow;
use std::error::Error;
use std::fmt::{self, Write as _};
use std::io;

use anstyle::{AnsiColor, Style};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::source::{Source, Span, char_boundary};
use crate::model::{visible, visible_lines};

/// Maximum width of the excerpt of a line, in terminal columns.
const WIDEST: usize = 100;
/// Number of bytes of a line that are examined on each side of the place.
const FARTHEST: usize = 2000;

/// An error in the user's input, shown with its place underlined.
#[derive(Clone, PartialEq, Eq)]
pub struct Diagnostic {
    message: String,
    places: Vec<Snippet>,
    help: Option<String>,
}

/// A part of a line, with its label.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Snippet {
    source: String,
    line: usize,
    column: usize,
    /// The end of the line before the part, the part, and the beginning of the rest; safe to show on a terminal.
    before: String,
    culprit: String,
    after: String,
    label: String,
}

impl Diagnostic {
    /// An error without a place in a text.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: lines(message), places: Vec::new(), help: None }
    }

    /// A file named by the user cannot be read.
    pub fn unreadable(name: &str, error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::new(format!("there is no file `{}`", shown(name)))
                .with_help("name a scenario file, or `-` to read one from standard input"),
            io::ErrorKind::IsADirectory => Self::new(format!("`{}` is a directory", shown(name)))
                .with_help("name the scenario files in it, such as `*.json`"),
            io::ErrorKind::FileTooLarge => Self::new(format!("cannot read `{}`: {error}", shown(name))).with_help(
                "move recorded requests and lists of durations to files of their own, and name these in the scenario",
            ),
            _ => Self::new(format!("cannot read `{}`: {error}", shown(name))),
        }
    }

    /// Adds what to do.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(lines(help));
        self
    }

    /// Underlines a part of a source: first the place of the error, then those that explain it.
    #[must_use]
    pub(super) fn at(mut self, source: &Source, span: Span, label: impl Into<String>) -> Self {
        self.places.push(Snippet::new(source, span, lines(label)));
        self
    }

    /// The same places with this message, and this label of the first place.
    #[must_use]
    pub(super) fn worded(mut self, message: impl Into<String>, label: impl Into<String>) -> Self {
        self.message = lines(message);
        if let Some(place) = self.places.first_mut() {
            place.label = lines(label);
        }
        self
    }

    /// What is wrong, in one sentence.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The place of the error: the name of the source, line and column, both from 1, in characters.
    pub fn place(&self) -> Option<(&str, usize, usize)> {
        self.places.first().map(|place| (place.source.as_str(), place.line, place.column))
    }

    /// The whole diagnostic for people, ending with a line break.
    pub fn render(&self, color: bool) -> String {
        let colors = Colors { enabled: color };
        let width = self.places.iter().map(|place| place.line.to_string().len()).max().unwrap_or(0);
        let margin = " ".repeat(width + 2);
        let mut out = format!("{} {}\n", colors.red("error:"), self.message);
        let mut source = None;
        for place in &self.places {
            place.draw(&mut out, source, width, colors);
            source = Some(place.source.as_str());
        }
        if let Some(help) = &self.help {
            let edge = if self.places.is_empty() { String::new() } else { format!("{margin}{} ", colors.dim("│")) };
            let mut lines = help.lines();
            let _ = writeln!(out, "{edge}{} {}", colors.cyan("help:"), lines.next().unwrap_or_default());
            for line in lines {
                let _ = writeln!(out, "{edge}      {line}");
            }
        }
        out
    }
}

impl Snippet {
    fn new(source: &Source, span: Span, label: String) -> Self {
        let text = source.text();
        let start = char_boundary(text, span.start);
        let mark = source.locate(start);
        let first_line = |stretch: &str| stretch.find('\n').unwrap_or(stretch.len());
        // A long line is cut around the place; the rest is not examined.
        let near = |at: usize| char_boundary(text, at.saturating_add(FARTHEST));
        let end = char_boundary(text, span.end.max(start));
        let stop = start + first_line(&text[start..end.min(near(start))]);
        let rest = &text[end..near(end)];
        let after = if text[start..stop].len() < end - start { "" } else { &rest[..first_line(rest)] };
        let farthest = char_boundary(text, start.saturating_sub(FARTHEST));
        let before = printable(&text[mark.line_start.max(farthest)..start]);
        let culprit = cut_end(&printable(&text[start..stop]), WIDEST * 3 / 5);
        let before = cut_start(&before, (WIDEST - culprit.width()) * 2 / 3);
        let after = cut_end(printable(after).trim_end(), WIDEST.saturating_sub(before.width() + culprit.width()));
        Self { source: printable(source.name()), line: mark.line, column: mark.column, before, culprit, after, label }
    }

    /// Draws the line with its label; `above` is the source of the place drawn before.
    fn draw(&self, out: &mut String, above: Option<&str>, width: usize, colors: Colors) {
        let margin = " ".repeat(width + 2);
        let edge = format!("{margin}{}", colors.dim("│"));
        let header = format!("[ {}:{}:{} ]", self.source, self.line, self.column);
        let _ = match above {
            None => writeln!(out, "{margin}{}{header}", colors.dim("╭─")),
            Some(source) if source == self.source => writeln!(out, "{margin}{}", colors.dim("┆")),
            Some(_) => writeln!(out, "{margin}{}{header}", colors.dim("├─")),
        };
        let Self { before, culprit, after, .. } = self;
        let number = colors.dim(&format!(" {:>width$} │", self.line));
        let _ = writeln!(out, "{number} {before}{}{after}", colors.red(culprit));

        let indent = " ".repeat(before.width());
        let under = culprit.width().max(1);
        let left = under / 2;
        let line = format!("{}┬{}", "─".repeat(left), "─".repeat(under - left - 1));
        let _ = writeln!(out, "{edge} {indent}{}", colors.red(&line));
        let _ = writeln!(out, "{edge} {indent}{}{} {}", " ".repeat(left), colors.red("╰──"), self.label);
    }
}

impl fmt::Display for Diagnostic {
    /// One line: `shop.json:8:30: unknown backend `dbx` (no such backend); help: …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((source, line, column)) = self.place() {
            write!(f, "{source}:{line}:{column}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(place) = self.places.first() {
            write!(f, " ({})", place.label)?;
        }
        match &self.help {
            Some(help) => write!(f, "; help: {}", help.replace('\n', " ")),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Diagnostic {
    /// As rendered for people, so that `unwrap` and `expect` in tests show what is wrong.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}", self.render(false))
    }
}

impl Error for Diagnostic {}

/// The allowed name that was probably meant, if one is similar enough.
pub fn did_you_mean<'a>(found: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 60;
    let found = found.to_lowercase();
    if found.len() > LONGEST {
        return None;
    }
    let furthest = (found.chars().count() / 3).max(1);
    allowed
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&found, &name.to_lowercase()), name))
        .filter(|(distance, _)| *distance <= furthest)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Names as listed in messages: `` `db`, `payments` ``, and how many more there are.
pub(super) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    const MOST: usize = 16;
    let names: Vec<String> = names.into_iter().map(|name| format!("`{}`", shown(name))).collect();
    match names.len().checked_sub(MOST) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..MOST].join(", ")),
    }
}

/// The allowed names, and the one that was probably meant.
pub fn allowed_names<'a>(what: &str, found: &str, allowed: impl IntoIterator<Item = &'a str>) -> String {
    let allowed: Vec<&str> = allowed.into_iter().collect();
    let listed = format!("{what}: {}", list(allowed.iter().copied()));
    match did_you_mean(found, allowed) {
        Some(name) => format!("{listed}; did you mean `{}`?", shown(name)),
        None => listed,
    }
}

/// A name given by the user as shown in messages: on one line, shortened.
pub(super) fn shown(name: &str) -> String {
    const LONGEST: usize = 60;
    cut_end(&printable(name), LONGEST)
}

/// A sentence that contains user input, as shown in messages.
pub(super) fn shown_line(text: &str) -> String {
    const LONGEST: usize = 200;
    cut_end(&printable(text), LONGEST)
}

/// User input made safe for one line of a terminal: tabs as spaces, nothing that moves the cursor.
fn printable(text: &str) -> String {
    visible(&text.replace('\t', "    ")).into_owned()
}

/// A message that contains user input: only line feeds are kept of what is not visible.
fn lines(text: impl Into<String>) -> String {
    let text = text.into();
    match visible_lines(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(shown) => shown,
    }
}

/// The beginning of a text, at most this many columns wide.
fn cut_end(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut used = 1;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= width
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// The end of a text, at most this many columns wide.
fn cut_start(text: &str, width: usize) -> String {
    let reversed: String = text.chars().rev().collect();
    cut_end(&reversed, width).chars().rev().collect()
}

/// Colours, or none.
#[derive(Clone, Copy)]
struct Colors {
    enabled: bool,
}

impl Colors {
    fn red(self, text: &str) -> String {
        self.with(AnsiColor::Red.on_default().bold(), text)
    }

    fn cyan(self, text: &str) -> String {
        self.with(AnsiColor::Cyan.on_default(), text)
    }

    fn dim(self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    fn with(self, style: Style, text: &str) -> String {
        if self.enabled { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}
