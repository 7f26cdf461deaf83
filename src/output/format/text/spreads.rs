//! Percentiles as marks on lines.

use unicode_width::UnicodeWidthStr;

use super::axis::Scale;
use super::paint::{DIM, STRONG, paint};
use crate::model::visible;
use crate::output::View;
use crate::output::block::number::TimeUnit;
use crate::output::block::wrap::{cut_middle, wrapped};
use crate::output::block::{Spread, Spreads};

/// The largest value divided by the smallest from which on the scale is logarithmic.
const WIDE: f64 = 20.0;
/// Minimum number of columns of a line.
const LEAST: usize = 16;

/// The title, the axis, a line per row, and the legend; nothing if no row has a mark.
pub fn spreads(spreads: &Spreads, view: View<'_>) -> String {
    let Some((low, high)) = spreads.ends_ms() else { return String::new() };
    let page = view.chart_columns();
    let names: Vec<String> = spreads.rows.iter().map(|row| cut_middle(&visible(&row.name), page / 4)).collect();
    let room = names.iter().map(|name| name.width()).max().unwrap_or(0);
    let label = spreads.rows.iter().map(|row| row.label.width()).max().unwrap_or(0);
    let columns = page.saturating_sub(room + 2 + 1 + label).max(LEAST);
    let is_wide = high / low > WIDE;
    let scale = if is_wide { Scale::logarithmic(low / 1.2, high, columns) } else { Scale::linear(0.0, high, columns) };
    let unit = TimeUnit::of([Some(low), Some(high)]);
    let how = if is_wide { ", logarithmic" } else { "" };
    let blank = " ".repeat(room + 2);

    let mut text = String::new();
    for line in wrapped(&format!("{} in {}{how}", spreads.title, unit.name), page) {
        text.push_str(&format!("{}\n", paint(view.color, STRONG, &line)));
    }
    let ticks = scale.line(|tick| unit.column(&[Some(tick)]).concat());
    text.push_str(&format!("{blank}{}\n", paint(view.color, DIM, &ticks)));
    for (row, name) in spreads.rows.iter().zip(&names) {
        let pad = " ".repeat(room - name.width());
        text.push_str(&format!("{name}{pad}  {} {}\n", drawn(row, &scale, view.ascii), row.label));
    }
    text + &format!("{blank}{}\n", legend(spreads, view.ascii))
}

/// The characters of the marks, in order.
const fn glyphs(ascii: bool) -> [char; 4] {
    if ascii { ['o', '+', 'x', '>'] } else { ['○', '┼', '●', '▶'] }
}

/// A line from the first mark to the last; where marks share a column, the highest is seen.
fn drawn(row: &Spread, scale: &Scale, ascii: bool) -> String {
    let known = row.marks_ms.iter().zip(glyphs(ascii));
    let marks: Vec<(usize, char)> = known.filter_map(|(mark, glyph)| Some((scale.column((*mark)?), glyph))).collect();
    let (Some((first, _)), Some((last, _))) = (marks.first(), marks.last()) else { return String::new() };
    let at = |column: usize| marks.iter().rev().find(|(place, _)| *place == column).map_or('─', |(_, glyph)| *glyph);
    " ".repeat(*first) + &(*first..=*last).map(at).collect::<String>()
}

fn legend(spreads: &Spreads, ascii: bool) -> String {
    let parts: Vec<String> =
        glyphs(ascii).iter().zip(spreads.marks).map(|(glyph, name)| format!("{glyph} {name}")).collect();
    parts.join("   ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(longest: f64) -> Spreads {
        let row =
            |name: &str, marks_ms, label: &str| Spread { name: name.to_owned(), marks_ms, label: label.to_owned() };
        Spreads {
            title: "Response time".to_owned(),
            marks: ["p50", "p95", "p99", "p99.9"],
            rows: vec![
                row("async", [Some(100.0), Some(200.0), Some(300.0), Some(400.0)], "p99 300 ms"),
                row("sync", [Some(100.0), Some(200.0), Some(longest), None], "p99 900 ms"),
            ],
        }
    }

    #[test]
    fn percentiles_are_marks_on_lines() {
        let text = spreads(&example(900.0), View { width: Some(60), ..View::default() });
        assert_eq!(
            text,
            "Response time in ms\n       │0                     │500\nasync      ○────┼────●───▶ p99 300 ms\nsync       \
             ○────┼───────────────────────────────● p99 900 ms\n       ○ p50   ┼ p95   ● p99   ▶ p99.9\n"
        );
    }

    #[test]
    fn values_of_different_magnitude_have_a_logarithmic_scale() {
        let text = spreads(&example(90_000.0), View { ascii: true, ..View::default() });
        assert!(text.starts_with("Response time in ms, logarithmic\n"), "{text}");
        assert!(text.contains("o p50   + p95   x p99   > p99.9"), "{text}");
    }

    #[test]
    fn without_a_value_there_is_no_chart() {
        let mut none = example(900.0);
        none.rows.iter_mut().for_each(|row| row.marks_ms = [None; 4]);
        assert_eq!(spreads(&none, View::default()), "");
    }
}
