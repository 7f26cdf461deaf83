//! Charts of long runs: response times by percentile, what happened when, and where time goes. Policies share axes.

mod breakdown;
mod latency;
mod over_time;
mod scale;

pub use self::breakdown::{breakdown_svg, breakdown_svg_as, has_breakdown};
pub use self::latency::{has_latency, latency_svg, latency_svg_as};
pub use self::over_time::{has_over_time, over_time_svg, over_time_svg_as};

use plotters::style::text_anchor::HPos;

use super::canvas::{Area, Drawn, units};
use super::marks::Curve;
use super::page::MARGIN;
use super::palette::{GREY, INK, NOTE_SIZE, PolicyLine, TEXT_SIZE, Type};
use super::panel::label;
use super::scale::decimal;
use super::text::ellipsize;
use crate::stats::{PolicyPictures, PolicyResults, ScenarioResults};

/// A run of at most this many requests is a picture by itself: its timeline shows all of them.
const FEW: u64 = 100;

const TEXT: Type = Type::new(TEXT_SIZE, INK);
const NOTE: Type = Type::new(NOTE_SIZE, GREY);
const LEGEND_LINE: f64 = 20.0;
const SAMPLE: f64 = 24.0;
const LONGEST_NAME: f64 = 200.0;

/// Whether enough requests arrived under some policy.
fn is_long(results: &ScenarioResults) -> bool {
    results.policies.iter().any(|policy| policy.requests.arrived > FEW)
}

/// The policies of which pictures were made, with their places.
fn pictured(results: &ScenarioResults) -> impl Iterator<Item = (usize, &PolicyResults, &PolicyPictures)> {
    let pictures = results.pictures.iter().flat_map(|pictures| &pictures.policies);
    results.policies.iter().zip(pictures).enumerate().map(|(place, (policy, pictures))| (place, policy, pictures))
}

/// The share without an answer, in words, if there is any.
fn without_answer(policy: &PolicyResults) -> Option<String> {
    let percent = policy.error_rate.filter(|share| *share > 0.0)? * 100.0;
    Some(if percent < 0.1 { "< 0.1 %".to_owned() } else { format!("{} %", decimal(percent, 1)) })
}

/// Lines with the names of policies, laid out in rows.
struct PolicyLegend {
    items: Vec<(f64, f64, usize, String)>,
    rows: usize,
}

impl PolicyLegend {
    fn new<'a>(policies: impl Iterator<Item = (usize, &'a str)>, room: f64) -> Self {
        let mut legend = Self { items: Vec::new(), rows: 1 };
        let mut x = 0.0;
        for (place, name) in policies {
            let name = ellipsize(name, LONGEST_NAME, TEXT.size, false);
            let width = SAMPLE + 6.0 + TEXT.width(&name);
            if x > 0.0 && x + width > room {
                (x, legend.rows) = (0.0, legend.rows + 1);
            }
            legend.items.push((x, LEGEND_LINE * (legend.rows as f64 - 0.5), place, name));
            x += width + 20.0;
        }
        legend
    }

    fn height(&self) -> f64 {
        LEGEND_LINE * self.rows as f64
    }

    fn draw(&self, area: &Area<'_>, top: f64) -> Drawn {
        for (x, y, place, name) in &self.items {
            let (x, y) = (MARGIN + x, top + y);
            area.draw(&curve(*place, vec![(units(x), units(y)), (units(x + SAMPLE), units(y))], 2.5))?;
            label(area, name, (x + SAMPLE + 6.0, y), TEXT, HPos::Left)?;
        }
        Ok(())
    }
}

/// A line of the policy with this place.
fn curve(place: usize, points: Vec<(i32, i32)>, width: f64) -> Curve<(i32, i32)> {
    let PolicyLine { dashes, .. } = PolicyLine::of(place);
    Curve { points, color: PolicyLine::of(place).color(), width, dashes }
}
