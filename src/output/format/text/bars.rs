//! Bars of block characters.

use unicode_width::UnicodeWidthStr;

use super::glyphs::{self, legend};
use super::paint::{DIM, paint};
use crate::model::{ActivityGroup, visible};
use crate::output::View;
use crate::output::block::wrap::cut_middle;
use crate::output::block::{Bars, TimeBar};

/// Length of the longest bar in characters, on a page that is wide enough.
const LENGTH: usize = 56;
/// Room for the label behind a bar.
const LABEL: usize = 14;
/// Names are at least as wide as the heading of the tables above and below.
const LEAST_NAME: usize = "policy".len();

/// One bar per row, and a legend.
pub fn bars(bars: &Bars, view: View<'_>) -> String {
    let names: Vec<String> = bars.rows.iter().map(|row| cut_middle(&visible(&row.name), view.columns() / 3)).collect();
    let room = names.iter().map(|name| name.width()).max().unwrap_or(0).max(LEAST_NAME);
    let length = LENGTH.min(view.columns().saturating_sub(room + LABEL)) as f64;
    let mut text = String::new();
    for (row, name) in bars.rows.iter().zip(&names) {
        let pad = " ".repeat(room - name.width());
        text.push_str(&format!("{name}{pad}  {} {}\n", bar(row, length / bars.longest_ms, view), row.label));
    }
    text + &legend(room + 2, view)
}

/// One bar. Each part ends at the rounded sum so far, so that rounding errors do not add up.
fn bar(row: &TimeBar, characters_per_ms: f64, view: View<'_>) -> String {
    let mut bar = String::new();
    let (mut until_ms, mut drawn) = (0.0, 0);
    for (group, part_ms) in ActivityGroup::ALL.into_iter().zip(row.parts_ms) {
        until_ms += part_ms;
        let end = (until_ms * characters_per_ms).round() as usize;
        bar.push_str(&glyphs::run(group, end.saturating_sub(drawn), view));
        drawn = drawn.max(end);
    }
    if drawn == 0 { paint(view.color, DIM, "▏") } else { bar }
}
