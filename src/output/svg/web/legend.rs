//! The legend of the timeline on a page: what its bars mean.

use super::super::looks::Look;
use super::super::palette::{Fill, HELD, RUNNING};
use super::super::timeline::Drawing;
use crate::model::{Activity, ActivityGroup};

/// A list with a sample of each bar that occurs; its items have the class names of the bars.
pub fn legend(drawings: &[Drawing<'_>]) -> String {
    let groups = [
        ("A request", items(&looks(drawings, false), false)),
        ("stands in line", items(&looks(drawings, true), true)),
        ("What runs it", runners()),
    ];
    let written = groups.iter().filter(|(_, items)| !items.is_empty());
    let lists: String = written.map(|(head, items)| format!("<dt>{head}</dt><dd><ul>{items}</ul></dd>\n")).collect();
    format!("<dl class=\"legend timeline\">\n{lists}</dl>\n")
}

/// The looks of segments that occur, of time in line or of other time.
fn looks(drawings: &[Drawing<'_>], in_line: bool) -> Vec<Look> {
    let segments = || drawings.iter().flat_map(Drawing::entries).flat_map(|entry| &entry.segments);
    let kinds = Activity::ALL.into_iter().filter(|kind| (kind.group() == ActivityGroup::Wait) == in_line);
    kinds.flat_map(Look::all_of).filter(|look| segments().any(|segment| Look::of(segment) == *look)).collect()
}

fn items(looks: &[Look], in_line: bool) -> String {
    let alone = if in_line { "" } else { ALONE };
    looks.iter().map(|look| item(look.fill(), look.legend())).collect::<String>() + alone
}

const ALONE: &str = "<li><svg class=\"swatch\" aria-hidden=\"true\"><rect class=\"alone\" y=\"5\" width=\"100%\" height=\"2\"/></svg> as \
                     long as it takes alone</li>";

fn runners() -> String {
    item(RUNNING, "runs the request of that number") + &item(HELD, "held by a request that waits")
}

fn item(fill: Fill, words: &str) -> String {
    let (id, paint) = (fill.id(), fill.on_page());
    format!(
        "<li data-look=\"{id}\"><svg class=\"swatch\" aria-hidden=\"true\"><rect class=\"{id}\" width=\"100%\" height=\"100%\" fill=\"{paint}\"/></svg> {words}</li>"
    )
}
