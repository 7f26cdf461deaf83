//! Bars: where the time went, drawn to one scale for all policies.

use unicode_width::UnicodeWidthStr;

use crate::model::{ActivityGroup, visible};
use crate::output::View;
use crate::output::block::number;
use crate::output::block::paint::{AWAY, DIM, WAIT, WORK, paint};
use crate::output::block::wrap::cut_middle;
use crate::output::document::run::breakdown_unit;
use crate::stats::{PolicyResults, ScenarioResults};

/// How many cells the longest bar has, on a page that is wide enough.
const CELLS: usize = 56;
/// Room for the mean behind a bar.
const MEAN: usize = 14;

/// One bar a policy and a legend; nothing when no request completed.
pub fn bars(results: &ScenarioResults, view: View<'_>) -> String {
    let color = view.color;
    let longest = results.policies.iter().filter_map(|policy| policy.response_time_ms.mean).fold(0.0, f64::max);
    if longest <= 0.0 {
        return String::new();
    }
    let unit = breakdown_unit(results);
    let means: Vec<_> = results.policies.iter().map(|policy| policy.response_time_ms.mean).collect();
    let names: Vec<String> =
        results.policies.iter().map(|policy| cut_middle(&visible(&policy.name), view.columns() / 3)).collect();
    let room = names.iter().map(|name| name.width()).max().unwrap_or(0).max("policy".len());
    let cells = CELLS.min(view.columns().saturating_sub(room + MEAN)) as f64;
    let mut text = String::new();
    for ((policy, name), mean) in results.policies.iter().zip(&names).zip(unit.column(&means)) {
        let pad = " ".repeat(room - name.width());
        let unanswered = match policy.requests.unanswered() {
            0 => String::new(),
            _ => format!(", {} no answer", number::percent(policy.error_rate)),
        };
        let bar = bar(policy, cells / longest, color);
        text.push_str(&format!("{name}{pad}  {bar} {mean} {}{unanswered}\n", unit.name));
    }
    text.push_str(&format!("{}  {}\n", " ".repeat(room), legend(color)));
    text
}

/// The bar of one policy. Its parts end where their sum ends, so that rounding never adds up.
fn bar(policy: &PolicyResults, cells_per_ms: f64, color: bool) -> String {
    let mut bar = String::new();
    let (mut until, mut drawn) = (0.0, 0);
    for group in ActivityGroup::ALL {
        until += policy.breakdown_ms.total_of(group);
        let cells = (until * cells_per_ms).round() as usize;
        bar.push_str(&cell(group, cells.saturating_sub(drawn), color));
        drawn = drawn.max(cells);
    }
    if drawn == 0 { paint(color, DIM, "▏") } else { bar }
}

fn cell(group: ActivityGroup, times: usize, color: bool) -> String {
    let (style, glyph) = match group {
        ActivityGroup::Wait => (WAIT, "░"),
        ActivityGroup::Cpu => (WORK, "█"),
        ActivityGroup::Away => (AWAY, "▒"),
    };
    paint(color, style, &glyph.repeat(times))
}

fn legend(color: bool) -> String {
    let parts = ActivityGroup::ALL.map(|group| format!("{} {}", cell(group, 1, color), words(group)));
    parts.join("   ")
}

const fn words(group: ActivityGroup) -> &'static str {
    match group {
        ActivityGroup::Wait => "waiting in line",
        ActivityGroup::Cpu => "working on the CPU",
        ActivityGroup::Away => "away at a backend or asleep",
    }
}
