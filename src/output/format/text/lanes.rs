//! Lanes of single requests, a character for each column of time.

use unicode_width::UnicodeWidthStr;

use super::axis::Scale;
use super::glyphs::{self, legend};
use super::paint::{DIM, STRONG, paint};
use crate::model::{ActivityGroup, visible};
use crate::output::View;
use crate::output::block::number::TimeUnit;
use crate::output::block::wrap::{cut_middle, wrapped};
use crate::output::block::{Lane, Lanes};

/// Between the name of a lane, the lane and its label.
const GAP: &str = "  ";
/// Minimum number of columns of a lane.
const LEAST: usize = 16;

/// The title, the axis, the lanes under the name of their group, and the legend.
pub fn lanes(lanes: &Lanes, view: View<'_>) -> String {
    let page = view.chart_columns();
    let all = || lanes.groups.iter().flat_map(|group| &group.lanes);
    let names: Vec<String> = all().map(|lane| cut_middle(&visible(&lane.name), page / 4)).collect();
    let room = names.iter().map(|name| name.width()).max().unwrap_or(0);
    let label = all().map(|lane| lane.label.width()).max().unwrap_or(0);
    let indent = GAP.len() + room + GAP.len();
    let columns = page.saturating_sub(indent + 1 + label).max(LEAST);
    let scale = Scale::linear(lanes.start_ms, lanes.end_ms, columns);
    let unit = TimeUnit::of([Some(lanes.end_ms - lanes.start_ms)]);
    let blank = " ".repeat(indent);

    let mut text = String::new();
    for line in wrapped(&format!("{} in {}", lanes.title, unit.name), page) {
        text.push_str(&format!("{}\n", paint(view.color, STRONG, &line)));
    }
    let ticks = scale.line(|tick| unit.column(&[Some(tick)]).concat());
    text.push_str(&format!("{blank}{}\n", paint(view.color, DIM, &ticks)));
    let mut names = names.iter();
    for group in &lanes.groups {
        text.push_str(&format!("{}\n", cut_middle(&visible(&group.name), page)));
        for (lane, name) in group.lanes.iter().zip(names.by_ref()) {
            let pad = " ".repeat(room - name.width());
            text.push_str(&format!("{GAP}{name}{pad}{GAP}{} {}\n", drawn(lane, &scale, view), lane.label));
        }
    }
    text + &legend(indent, view)
}

/// A lane from its first stretch to its last: each column shows what took most of its time.
fn drawn(lane: &Lane, scale: &Scale, view: View<'_>) -> String {
    let (Some(first), Some(last)) = (lane.stretches.first(), lane.stretches.last()) else { return String::new() };
    let from = scale.column(first.start_ms);
    let until = (scale.position(last.end_ms).ceil() as usize).max(from + 1);
    let groups: Vec<ActivityGroup> = (from..until).filter_map(|column| most(lane, scale, column)).collect();
    let runs = groups.chunk_by(|one, next| one == next).map(|run| glyphs::run(run[0], run.len(), view));
    " ".repeat(from) + &runs.collect::<String>()
}

/// What took most of the time of a column; of equals, what a reader should notice first.
fn most(lane: &Lane, scale: &Scale, column: usize) -> Option<ActivityGroup> {
    let (start, end) = (column as f64, (column + 1) as f64);
    let share = |group: ActivityGroup| -> f64 {
        let of_group = lane.stretches.iter().filter(|stretch| stretch.group == group);
        let inside = of_group
            .map(|stretch| scale.position(stretch.end_ms).min(end) - scale.position(stretch.start_ms).max(start));
        inside.filter(|length| *length > 0.0).sum()
    };
    let found = ActivityGroup::ALL.map(|group| (group, share(group)));
    found.into_iter().rev().max_by(|(_, one), (_, other)| one.total_cmp(other)).map(|(group, _)| group)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::block::{LaneGroup, Stretch};

    fn stretch(group: ActivityGroup, start_ms: f64, end_ms: f64) -> Stretch {
        Stretch { group, start_ms, end_ms }
    }

    fn example() -> Lanes {
        use ActivityGroup::{Away, Cpu, Wait};
        let lane = |name: &str, stretches: Vec<Stretch>, label: &str| Lane {
            name: name.to_owned(),
            stretches,
            label: label.to_owned(),
        };
        let first = vec![stretch(Cpu, 0.0, 20.0), stretch(Away, 20.0, 80.0), stretch(Cpu, 80.0, 100.0)];
        let second = vec![stretch(Wait, 10.0, 100.0), stretch(Cpu, 100.0, 120.0)];
        let lanes = vec![lane("1 page", first, "100 ms"), lane("2 short", second, "110 ms")];
        let groups = vec![LaneGroup { name: "sync".to_owned(), lanes }];
        Lanes { title: "What each request did".to_owned(), groups, start_ms: 0.0, end_ms: 120.0 }
    }

    #[test]
    fn lanes_tell_waiting_working_and_being_away_apart_without_colour() {
        let text = lanes(&example(), View { width: Some(60), ..View::default() });
        assert_eq!(
            text,
            "What each request did in ms\n           │0               │50               │100\nsync\n  1 page   \
             ███████─────────────────────███████ 100 ms\n  2 short     \
             ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒███████ 110 ms\n▒ waiting in line   █ working on the CPU   ─ away at a \
             backend or asleep\n"
        );
    }

    #[test]
    fn a_request_that_takes_no_time_to_speak_of_is_still_seen() {
        let mut lanes = example();
        lanes.groups[0].lanes[0].stretches = vec![stretch(ActivityGroup::Cpu, 60.0, 60.001)];
        assert!(super::lanes(&lanes, View { ascii: true, ..View::default() }).contains(" # 100 ms"));
    }

    #[test]
    fn charts_are_as_wide_as_the_page() {
        for width in [40, 80, 100, 120] {
            let text = lanes(&example(), View { width: Some(width), ..View::default() });
            let widest = text.lines().filter(|line| line.contains("ms")).map(UnicodeWidthStr::width).max();
            assert!(widest > Some(width - 20) && widest <= Some(width), "{width}: {text}");
        }
    }
}
