//! A progress bar on standard error: on a terminal, and only once it is worth looking at.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::terminal::stderr_is_terminal;
use crate::model::visible;

/// A run shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(500);
/// Steps of the bar.
const STEPS: u64 = 1000;

/// Shows how far something is, from any thread.
pub struct Progress {
    name: String,
    begun: Instant,
    is_shown: bool,
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    /// A bar that nobody sees yet; never when `quiet`.
    pub fn new(name: &str, quiet: bool) -> Self {
        let is_shown = !quiet && stderr_is_terminal();
        Self { name: name.to_owned(), begun: Instant::now(), is_shown, bar: OnceLock::new() }
    }

    /// Shows what part is done, 0 to 1.
    pub fn update(&self, done: f64) {
        if self.is_shown && self.begun.elapsed() >= PATIENCE {
            let bar = self.bar.get_or_init(|| begin(&self.name));
            bar.set_position((done.clamp(0.0, 1.0) * STEPS as f64) as u64);
        }
    }
}

impl Drop for Progress {
    /// Leaves no trace.
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
