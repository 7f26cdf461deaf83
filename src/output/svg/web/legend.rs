//! The legend of the timeline on a page: what its bars mean.

use super::super::legend::{holds, looks};
use super::super::palette::Fill;
use super::super::scale::TimeScale;
use super::super::strip::strip;
use super::super::timeline::Drawing;

/// A list with a sample of each bar that occurs; its items have the class names of the bars.
pub fn legend(drawings: &[Drawing<'_>], scale: &TimeScale) -> String {
    let items = |in_line| -> String {
        looks(drawings, scale, in_line).iter().map(|(look, words)| item(look.fill(), words)).collect()
    };
    let groups = [
        ("A request", items(false) + ALONE),
        ("stands in line", items(true)),
        ("What runs it", runners(drawings, scale)),
    ];
    let written = groups.iter().filter(|(_, items)| !items.is_empty());
    let lists: String = written.map(|(head, items)| format!("<dt>{head}</dt><dd><ul>{items}</ul></dd>\n")).collect();
    format!("<dl class=\"legend timeline\">\n{lists}</dl>\n")
}

const ALONE: &str = "<li><svg class=\"swatch\" aria-hidden=\"true\"><rect class=\"alone\" y=\"5\" width=\"100%\" height=\"2\"/></svg> as \
                     long as it takes alone</li>";

fn runners(drawings: &[Drawing<'_>], scale: &TimeScale) -> String {
    let rows: Vec<_> = drawings.iter().flat_map(|drawing| strip(drawing, scale).rows).collect();
    let holds = holds(rows.iter().flat_map(|row| &row.blocks));
    holds.into_iter().map(|hold| item(hold.fill(), hold.legend())).collect()
}

fn item(fill: Fill, words: &str) -> String {
    let (id, paint) = (fill.id(), fill.on_page());
    format!(
        "<li data-look=\"{id}\"><svg class=\"swatch\" aria-hidden=\"true\"><rect class=\"{id}\" width=\"100%\" height=\"100%\" fill=\"{paint}\"/></svg> {words}</li>"
    )
}
