//! A configuration in a panel: its number with its interval, its verdict by colour and shape, and what else is said about it.

use plotters::element::{Circle, PathElement};
use plotters::style::text_anchor::HPos;
use plotters::style::{Color, RGBColor};

use super::DrawnPolicy;
use crate::output::block::number::{quantity, range};
use crate::output::svg::canvas::{Area, Drawn, units};
use crate::output::svg::frame::Frame;
use crate::output::svg::marks::{Bar, titled};
use crate::output::svg::page::{MARGIN, WIDTH};
use crate::output::svg::palette::{BAD, GREY, GRID, INK, NOTE_SIZE, RUNNING_COLOR, Type, UNSTABLE, line};
use crate::output::svg::panel::label;
use crate::output::svg::text::ellipsize;
use crate::output::words;
use crate::study::{PlanDecision, Tried, TriedObjective};

const REMARK: Type = Type::new(NOTE_SIZE, INK);
/// The line of a row.
const GUIDE: f64 = 1.0;
const SIZE: f64 = 4.2;

/// A configuration in a panel.
pub struct Row<'a> {
    pub name: String,
    pub is_choice: bool,
    tried: &'a Tried,
    /// The objective of the panel.
    objective: Option<&'a TriedObjective>,
    remark: String,
}

impl<'a> Row<'a> {
    pub fn new(policy: &DrawnPolicy, tried: &'a Tried, place: usize) -> Self {
        let objective = tried.objectives.get(place);
        Self {
            name: words::configuration(&tried.configuration),
            is_choice: policy.choice.as_ref() == Some(&tried.configuration),
            tried,
            objective,
            remark: remark(policy, tried, objective),
        }
    }

    /// Draws it at a height; `x` tells where a number is.
    pub fn draw(&self, area: &Area<'_>, frame: &Frame, y: f64, x: impl Fn(f64) -> f64) -> Drawn {
        frame.line(area, (frame.left, y), (frame.right, y), GRID, GUIDE)?;
        titled(area, "tried", &self.title(), |area| self.number(area, frame, y, x))?;
        let room = WIDTH - MARGIN - frame.right - 12.0;
        let font = if self.is_choice { REMARK.bold() } else { REMARK };
        let remark = ellipsize(&self.remark, room, font.size, font.bold);
        label(area, &remark, (frame.right + 12.0, y), font, HPos::Left)
    }

    fn number(&self, area: &Area<'_>, frame: &Frame, y: f64, x: impl Fn(f64) -> f64) -> Drawn {
        let value = self.objective.and_then(|objective| objective.value);
        let Some(value) = value.filter(|_| !self.tried.overloaded) else {
            let corners = [(units(frame.left), units(y - 5.0)), (units(frame.right), units(y + 5.0))];
            area.draw(&Bar { corners, paint: UNSTABLE })?;
            return sign(area, (frame.right - 6.0, y), self.tried.verdict);
        };
        if let Some([low, high]) = self.objective.and_then(|objective| objective.value_interval) {
            frame.line(area, (x(low), y), (x(high), y), color(self.tried.verdict), 2.4)?;
            for end in [low, high] {
                frame.line(area, (x(end), y - 3.5), (x(end), y + 3.5), color(self.tried.verdict), 1.2)?;
            }
        }
        sign(area, (x(value), y), self.tried.verdict)
    }

    /// What is shown when one points at it.
    fn title(&self) -> String {
        let number = self.objective.and_then(|objective| {
            let value = quantity(objective.value?, None, objective.unit);
            let interval = objective.value_interval.map(|ends| format!(" ({})", range(ends, objective.unit)));
            Some(format!("{} {value}{}", objective.metric, interval.unwrap_or_default()))
        });
        let found = number.unwrap_or_else(|| "no number".to_owned());
        format!("{}: {found}; {}", self.name, words::plan_decision(self.tried.verdict))
    }
}

/// `182 ms, meets`, `fails at load +10 %`, `fails; more is worse from here`.
fn remark(policy: &DrawnPolicy, tried: &Tried, objective: Option<&TriedObjective>) -> String {
    let value = objective.and_then(|one| Some(quantity(one.value?, None, one.unit)));
    let value = value.filter(|_| !tried.overloaded).map(|value| format!("{value}: ")).unwrap_or_default();
    let verdict = words::plan_decision(tried.verdict);
    let why = match &tried.under {
        Some(change) => format!(" at {}", words::plan_change(change)),
        None if tried.overloaded => format!(": {}", words::OVERLOADED),
        None => String::new(),
    };
    let is_worse_from_here = policy.more_is_worse.as_ref().is_some_and(|worse| {
        let outer = |sizes: Vec<u32>| sizes.split_last().map(|(last, outer)| (*last, outer.to_vec()));
        let own = outer(tried.configuration.0.values().copied().collect());
        let choice = policy.choice.as_ref().and_then(|choice| outer(choice.0.values().copied().collect()));
        own.zip(choice).is_some_and(|((size, own), (_, chosen))| own == chosen && size == worse.fails_from)
    });
    let worse = if is_worse_from_here { "; more is worse" } else { "" };
    let choice = if policy.choice.as_ref() == Some(&tried.configuration) { ", the choice" } else { "" };
    format!("{value}{verdict}{why}{choice}{worse}")
}

fn color(decision: PlanDecision) -> RGBColor {
    match decision {
        PlanDecision::Meets => RUNNING_COLOR,
        PlanDecision::Fails => BAD,
        PlanDecision::Undecided => GREY,
    }
}

/// The sign of a verdict: a disc, a cross, or a ring.
pub fn sign(area: &Area<'_>, (x, y): (f64, f64), decision: PlanDecision) -> Drawn {
    let color = color(decision);
    let at = (units(x), units(y));
    let stroke = |dx: f64, dy: f64| [(units(x - dx), units(y - dy)), (units(x + dx), units(y + dy))];
    match decision {
        PlanDecision::Meets => area.draw(&Circle::new(at, units(SIZE), color.filled())),
        PlanDecision::Fails => {
            area.draw(&PathElement::new(stroke(SIZE, SIZE), line(color, 2.2)))?;
            area.draw(&PathElement::new(stroke(SIZE, -SIZE), line(color, 2.2)))
        }
        PlanDecision::Undecided => area.draw(&Circle::new(at, units(SIZE), line(color, 1.8))),
    }
}
