//! Standard output and standard error: results go to the former, everything else to the latter.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use terminal_size::{Width, terminal_size_of};

use super::failure::{Failure, reason};
use crate::model::{is_hidden, visible_lines};
use crate::output::{View, in_log};

/// Standard output. Once its reader has gone, output is silently discarded; if it was closed from the start, writing fails.
#[derive(Debug)]
pub struct Stdout {
    is_closed: bool,
    reader_has_gone: bool,
    asks_for_ascii: bool,
}

impl Stdout {
    /// The standard output of this process.
    pub fn new() -> Self {
        Self { is_closed: closed::is_stdout_closed(), reader_has_gone: false, asks_for_ascii: false }
    }

    /// Whether it shows colour: if it is a terminal and `NO_COLOR` is not set.
    pub fn has_color(&self) -> bool {
        AutoStream::choice(&io::stdout()) != ColorChoice::Never
    }

    /// Whether reports consist of ASCII characters only, here and in files, because the user says so.
    pub const fn ask_for_ascii(&mut self, asks: bool) {
        self.asks_for_ascii = asks;
    }

    /// Whether the user asks for ASCII characters only.
    pub const fn asks_for_ascii(&self) -> bool {
        self.asks_for_ascii
    }

    /// A view with its colour and characters and the width of the terminal.
    pub fn view<'a>(&self, view: View<'a>) -> View<'a> {
        let width = terminal_size_of(io::stdout()).map(|(Width(columns), _)| usize::from(columns));
        let ascii =
            self.asks_for_ascii || io::stdout().is_terminal() && !locale_has_unicode(|name| env::var(name).ok());
        View { color: self.has_color(), width, ascii, ..view }
    }

    /// Writes and flushes the text.
    ///
    /// # Errors
    /// If it cannot be written, unless its reader has gone.
    pub fn write(&mut self, text: &str) -> Result<(), Failure> {
        if self.reader_has_gone {
            return Ok(());
        }
        if self.is_closed {
            return Err(unwritable(&io::Error::other("it is closed")));
        }
        // The text already has the right colours.
        let mut stdout = AutoStream::always(io::stdout().lock());
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Ok(()) => Ok(()),
            Err(error) => self.accept(&error),
        }
    }

    fn accept(&mut self, error: &io::Error) -> Result<(), Failure> {
        self.reader_has_gone = error.kind() == io::ErrorKind::BrokenPipe;
        if self.reader_has_gone { Ok(()) } else { Err(unwritable(error)) }
    }
}

/// Whether standard output was closed when the process started. Before `main`, Rust's runtime replaces closed descriptors by
/// `/dev/null`, so this is checked even earlier.
#[cfg(unix)]
mod closed {
    use std::sync::atomic::{AtomicBool, Ordering};

    static IS_CLOSED: AtomicBool = AtomicBool::new(false);

    #[ctor::ctor]
    fn look() {
        let is_closed = rustix::io::fcntl_getfd(rustix::stdio::stdout()).is_err();
        IS_CLOSED.store(is_closed, Ordering::Relaxed);
    }

    pub fn is_stdout_closed() -> bool {
        IS_CLOSED.load(Ordering::Relaxed)
    }
}

/// Not available on other systems.
#[cfg(not(unix))]
mod closed {
    pub const fn is_stdout_closed() -> bool {
        false
    }
}

/// Whether a terminal shows characters beyond ASCII. Where no variable says anything about the locale, as in most containers, it
/// does.
fn locale_has_unicode(variable: impl Fn(&str) -> Option<String>) -> bool {
    let said = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable).find(|value| !value.is_empty());
    let said = said.map(|locale| locale.to_lowercase());
    said.is_none_or(|locale| locale.contains("utf-8") || locale.contains("utf8"))
}

fn unwritable(error: &io::Error) -> Failure {
    Failure::Write(format!("cannot write to standard output: {}", reason(error)))
}

/// Writes to standard error, without hidden characters or lines that CI takes for commands. If that fails, there is nowhere
/// left to report it.
pub fn note(text: &str) {
    let text = in_log(text, color_on_stderr());
    let _ = AutoStream::always(io::stderr().lock()).write_all(text.as_bytes());
}

/// Whether standard error shows colour.
pub fn color_on_stderr() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}

/// Whether standard error is a terminal.
pub fn stderr_is_terminal() -> bool {
    io::stderr().is_terminal()
}

/// Shows a message of clap: help and version are results, everything else is an error. An error repeats arguments, which
/// may contain anything.
pub fn show_usage(usage: &clap::Error, stdout: &mut Stdout) -> Result<(), Failure> {
    let text = usage.render();
    if !usage.use_stderr() {
        return stdout.write(&if stdout.has_color() { text.ansi().to_string() } else { text.to_string() });
    }
    let is_plain = |argument: OsString| argument.to_str().is_some_and(|text| !text.chars().any(is_hidden));
    if color_on_stderr() && env::args_os().all(is_plain) {
        note(&text.ansi().to_string());
    } else {
        note(&visible_lines(&text.to_string()));
    }
    Err(Failure::Shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_says_something_decides_about_the_characters() {
        let has_unicode = |set: &[(&str, &str)]| {
            let of = |name: &str| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
            locale_has_unicode(of)
        };
        assert!(has_unicode(&[]) && has_unicode(&[("LANG", "de_DE.UTF-8")]) && has_unicode(&[("LC_CTYPE", "UTF-8")]));
        assert!(!has_unicode(&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")]) && !has_unicode(&[("LANG", "POSIX")]));
        assert!(has_unicode(&[("LC_ALL", ""), ("LANG", "C.utf8")]));
    }
}
