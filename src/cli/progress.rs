//! A progress bar on standard error: on a terminal, and only once it is worth looking at.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::terminal::stderr_is_terminal;
use crate::study::Progress;

/// A run shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(500);
/// Steps of the bar for each policy.
const STEPS: u64 = 1000;

/// Shows how far the run of one scenario is.
pub struct Bar {
    scenario: String,
    begun: Instant,
    is_shown: bool,
    bar: Option<ProgressBar>,
}

impl Bar {
    /// A bar that nobody sees yet; never when `quiet`.
    pub fn new(scenario: &str, quiet: bool) -> Self {
        let is_shown = !quiet && stderr_is_terminal();
        Self { scenario: scenario.to_owned(), begun: Instant::now(), is_shown, bar: None }
    }

    /// Shows how far it is.
    pub fn update(&mut self, progress: Progress<'_>) {
        if !self.is_shown || self.begun.elapsed() < PATIENCE {
            return;
        }
        let scenario = &self.scenario;
        let bar = self.bar.get_or_insert_with(|| begin(scenario, STEPS * progress.policies as u64));
        if bar.message() != progress.policy {
            bar.set_message(progress.policy.to_owned());
        }
        bar.set_position(STEPS * progress.index as u64 + (progress.done.clamp(0.0, 1.0) * STEPS as f64) as u64);
    }
}

impl Drop for Bar {
    /// Leaves no trace.
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn begin(scenario: &str, steps: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{prefix}  {msg:12} {bar:40.green/dim} {percent:>3}%  {eta} left");
    if let Ok(style) = style {
        bar.set_style(style.progress_chars("██░"));
    }
    bar.set_prefix(scenario.to_owned());
    bar
}
