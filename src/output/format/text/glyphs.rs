//! What requests do, as characters that differ without colour: the more ink, the more it should be noticed.

use anstyle::Style;
use unicode_width::UnicodeWidthStr;

use super::paint::{AWAY, WAIT, WORK, paint};
use crate::model::ActivityGroup;
use crate::output::View;

/// The character of an activity in a chart.
pub fn glyph(group: ActivityGroup, ascii: bool) -> char {
    match (group, ascii) {
        (ActivityGroup::Wait, false) => '▒',
        (ActivityGroup::Cpu, false) => '█',
        (ActivityGroup::Away, false) => '─',
        (ActivityGroup::Wait, true) => '=',
        (ActivityGroup::Cpu, true) => '#',
        (ActivityGroup::Away, true) => '-',
    }
}

const fn style(group: ActivityGroup) -> Style {
    match group {
        ActivityGroup::Wait => WAIT,
        ActivityGroup::Cpu => WORK,
        ActivityGroup::Away => AWAY,
    }
}

/// The character of an activity, several times.
pub fn run(group: ActivityGroup, count: usize, view: View<'_>) -> String {
    paint(view.color, style(group), &String::from(glyph(group, view.ascii)).repeat(count))
}

/// A line with the characters and what they mean, indented by that much if there is room.
pub fn legend(indent: usize, view: View<'_>) -> String {
    let of = |view: View<'_>| {
        let parts = ActivityGroup::ALL.map(|group| format!("{} {}", run(group, 1, view), group.doing()));
        parts.join("   ")
    };
    let fits = indent + of(View { color: false, ..view }).width() <= view.chart_columns();
    format!("{}{}\n", " ".repeat(if fits { indent } else { 0 }), of(view))
}
