//! The chart of a plan: for each policy and objective, the number of each configuration that was tried, with its interval, against
//! the bound.

mod panel;
mod rows;

use plotters::style::text_anchor::HPos;

use self::panel::Panel;
use super::canvas::{Area, Drawn};
use super::page::{MARGIN, Page};
use super::palette::{GREY, NOTE_SIZE, Type};
use super::panel::label;
use crate::output::document::plan_headline;
use crate::study::{Plan, PlanDecision};

const LEGEND: f64 = 26.0;
const ABOUT_LINES: usize = 3;
const NOTE: Type = Type::new(NOTE_SIZE, GREY);

/// The chart of a plan, as an SVG picture, with a panel per policy and objective; `None` if no configuration was run.
pub fn plan_svg(plan: &Plan) -> Option<String> {
    let panels = panels(plan);
    if panels.is_empty() {
        return None;
    }
    let said: Vec<String> = plan.policies.iter().map(plan_headline).collect();
    let about = about(plan);
    let page = Page::new("plan", &plan.scenario, format!("{}: {about}", plan.scenario), said.join("\n"));
    let page = page.with_text(&about, ABOUT_LINES);
    let top = page.top();
    let bottom = top + LEGEND + panels.iter().map(Panel::height).sum::<f64>();
    Some(page.svg(bottom, |area| {
        legend(area, top + 8.0)?;
        let mut y = top + LEGEND;
        for panel in &panels {
            panel.draw(area, y)?;
            y += panel.height();
        }
        Ok(())
    }))
}

fn panels(plan: &Plan) -> Vec<Panel<'_>> {
    let of_policy = |policy| (0..plan.slo.len()).filter_map(move |objective| Panel::new(policy, objective));
    plan.policies.iter().flat_map(of_policy).collect()
}

fn about(plan: &Plan) -> String {
    let robust = if plan.robust { " The verdicts hold at +10 % load and with queries 20 % slower, too." } else { "" };
    format!("Configurations that were tried, with confidence intervals, against the bound (dashed).{robust}")
}

/// The signs of the verdicts.
fn legend(area: &Area<'_>, y: f64) -> Drawn {
    let mut x = MARGIN + 5.0;
    for (decision, text) in [
        (PlanDecision::Meets, "meets all objectives"),
        (PlanDecision::Fails, "fails"),
        (PlanDecision::Undecided, "too close to tell"),
    ] {
        rows::sign(area, (x, y), decision)?;
        label(area, text, (x + 11.0, y), NOTE, HPos::Left)?;
        x += 11.0 + NOTE.width(text) + 24.0;
    }
    Ok(())
}
