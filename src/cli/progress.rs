//! A progress bar on standard error: on a terminal, and only for what takes a while.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::terminal::{note, stderr_is_terminal};
use crate::model::visible;

/// Nothing shorter than this shows a bar.
const PATIENCE: Duration = Duration::from_millis(500);
/// Number of steps of the bar.
const STEPS: u64 = 1000;

/// Shows the progress of something, from any thread.
pub struct Progress {
    name: String,
    begun: Instant,
    is_shown: bool,
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    /// A bar that is not shown yet, and never if `quiet`.
    pub fn new(name: &str, quiet: bool) -> Self {
        let is_shown = !quiet && stderr_is_terminal();
        Self { name: name.to_owned(), begun: Instant::now(), is_shown, bar: OnceLock::new() }
    }

    /// Shows which share is done, 0 to 1.
    pub fn update(&self, done: f64) {
        if self.is_shown && self.begun.elapsed() >= PATIENCE {
            let bar = self.bar.get_or_init(|| begin(&self.name));
            bar.set_position((done.clamp(0.0, 1.0) * STEPS as f64) as u64);
        }
    }
}

impl Drop for Progress {
    /// Removes the bar.
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

fn begin(name: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{prefix}  {bar:40.green/dim} {percent:>3}%  {eta} left");
    if let Ok(style) = style {
        bar.set_style(style.progress_chars("██░"));
    }
    bar.set_prefix(visible(name).into_owned());
    bar
}

/// Shows on a terminal what goes on where it is not known how long it will take.
pub struct Spinner {
    name: String,
    begun: Instant,
    is_shown: bool,
    bar: OnceLock<ProgressBar>,
}

impl Spinner {
    /// One that is not shown yet, and never if `quiet`.
    pub fn new(name: &str, quiet: bool) -> Self {
        let is_shown = !quiet && stderr_is_terminal();
        Self { name: name.to_owned(), begun: Instant::now(), is_shown, bar: OnceLock::new() }
    }

    /// Says something beforehand, on a terminal.
    pub fn note(&self, text: &str) {
        if self.is_shown {
            note(&format!("{}: {text}\n", visible(&self.name)));
        }
    }

    /// Shows what goes on.
    pub fn update(&self, text: &str) {
        if self.is_shown && self.begun.elapsed() >= PATIENCE {
            let bar = self.bar.get_or_init(|| spin(&self.name));
            bar.set_message(text.to_owned());
            bar.tick();
        }
    }
}

impl Drop for Spinner {
    /// Removes it.
    fn drop(&mut self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

fn spin(name: &str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{prefix}  {spinner} {msg}, {elapsed}") {
        bar.set_style(style);
    }
    bar.set_prefix(visible(name).into_owned());
    bar
}
