//! The timeline as part of a page: HTML tables whose lanes are small SVG pictures that are as wide as the page allows.
//!
//! Positions are shares of a lane's width, so that text keeps its size on narrow pages and when the lanes are zoomed. Without
//! scripts all policies stand below each other; the script of the page shows one at a time, zooms and tells stories. It finds
//! everything it needs, words included, in these elements: class names, `data-` attributes, and titles.

mod events;
mod lanes;
mod legend;
mod panel;

use super::timeline::Drawing;
use super::timeline::{drawings, partial_note, sample, time_scale};
use crate::output::escape::xml as escaped;
use crate::stats::ScenarioResults;

pub use self::events::events_table;

/// A number of results whose timelines stand on one page.
pub type Side<'a> = (&'a str, &'a ScenarioResults);

/// The timelines of all policies on one time axis, and their legend; `None` if there are none. Of several results the names say
/// which is which; policies of the same name stand next to each other.
pub fn page_timeline(sides: &[Side<'_>]) -> Option<String> {
    let panels = panels(sides);
    let all: Vec<Drawing<'_>> = panels.iter().map(|(_, drawing)| drawing.clone()).collect();
    if all.is_empty() {
        return None;
    }
    let scale = time_scale(&all);
    let notes = partial_note(&all).into_iter().chain(sample(&all));
    let partial: String = notes.map(|note| format!("<p class=\"note\">{}</p>\n", escaped(&note))).collect();
    let merged = all.iter().flat_map(Drawing::entries).any(|entry| entry.merged_segments > 0);
    let merged = if merged { MERGED } else { "" };
    let written: String =
        panels.iter().enumerate().map(|(place, (name, drawing))| panel::panel(place, name, drawing, &scale)).collect();
    let legend = legend::legend(&all, &scale);
    Some(format!(
        "{}{merged}{}{legend}<div class=\"panels\" data-start=\"{}\" data-end=\"{}\" data-caption=\"{}\">\n{}{written}</div>\n",
        partial,
        panel::patterns(&[&written, &legend]),
        scale.position(scale.start_ms),
        scale.position(scale.end_ms),
        escaped(&scale.caption()),
        panel::grid(&all, &scale),
    ))
}

const MERGED: &str =
    "<p class=\"note\">Many short turns of one request are merged: within such a stretch the order is lost.</p>\n";

/// The policies that have a timeline, each with its name on the page.
fn panels<'a>(sides: &[Side<'a>]) -> Vec<(String, Drawing<'a>)> {
    let named = |(side, results): &Side<'a>| -> Vec<(String, Drawing<'a>)> {
        let name = |drawing: &Drawing<'_>| match sides.len() {
            0 | 1 => drawing.policy.name.clone(),
            _ => format!("{} {side}", drawing.policy.name),
        };
        drawings(results).into_iter().map(|drawing| (name(&drawing), drawing)).collect()
    };
    let mut panels: Vec<(String, Drawing<'a>)> = sides.iter().flat_map(named).collect();
    let order = |policy: &str| {
        let mut names = sides.iter().flat_map(|(_, results)| results.policies.iter().map(|policy| &policy.name));
        names.position(|name| name == policy)
    };
    panels.sort_by_key(|(_, drawing)| order(&drawing.policy.name));
    panels
}

/// A share of the width, in percent with at most four decimals.
fn percent(share: f64) -> String {
    let text = format!("{:.4}", 100.0 * share);
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}
