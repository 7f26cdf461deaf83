//! The chart of a plan: for each policy and objective, the number of each configuration that was tried, with its interval, against
//! the bound.

mod panel;
mod rows;

use plotters::style::text_anchor::HPos;
use serde::Deserialize;
use serde_json::Value;

use self::panel::Panel;
use super::canvas::{Area, Drawn};
use super::page::{HIGHEST, MARGIN, Page};
use super::palette::{GREY, NOTE_SIZE, Type};
use super::panel::label;
use crate::output::document::{plan_choice, plan_headline};
use crate::output::words;
use crate::study::{Configuration, MoreIsWorse, Plan, PlanDecision, PlanVerdict, PolicyPlan, Tried};

const LEGEND: f64 = 26.0;
const ABOUT_LINES: usize = 3;
const NOTE: Type = Type::new(NOTE_SIZE, GREY);

/// What is drawn of a plan.
#[derive(Clone, Debug)]
struct DrawnPlan {
    scenario: String,
    robust: bool,
    /// Number of objectives.
    objectives: usize,
    policies: Vec<DrawnPolicy>,
}

/// What is drawn of the plan of a policy.
#[derive(Clone, Debug)]
struct DrawnPolicy {
    headline: String,
    choice: Option<Configuration>,
    more_is_worse: Option<MoreIsWorse>,
    tried: Vec<Tried>,
}

/// What charts need of a plan that was stored as JSON.
#[derive(Deserialize)]
struct StoredPlan {
    scenario: String,
    robust: bool,
    slo: Vec<String>,
    policies: Vec<StoredPolicy>,
}

#[derive(Deserialize)]
struct StoredPolicy {
    name: String,
    verdict: PlanVerdict,
    choice: Option<Configuration>,
    more_is_worse: Option<MoreIsWorse>,
    tried: Vec<Tried>,
}

/// The chart of a plan, as an SVG picture, with a panel per policy and objective; `None` if no configuration was run.
pub fn plan_svg(plan: &Plan) -> Option<String> {
    let policy = |policy: &PolicyPlan| DrawnPolicy {
        headline: plan_headline(policy),
        choice: policy.choice.clone(),
        more_is_worse: policy.more_is_worse.clone(),
        tried: policy.tried.clone(),
    };
    let policies = plan.policies.iter().map(policy).collect();
    DrawnPlan { scenario: plan.scenario.clone(), robust: plan.robust, objectives: plan.slo.len(), policies }.svg()
}

/// The same of a plan from its JSON; `None` also if that lacks something.
pub fn stored_plan_svg(plan: &Value) -> Option<String> {
    let StoredPlan { scenario, robust, slo, policies } = StoredPlan::deserialize(plan).ok()?;
    let policy = |StoredPolicy { name, verdict, choice, more_is_worse, tried }| DrawnPolicy {
        headline: plan_choice(&name, choice.as_ref(), more_is_worse.as_ref())
            .unwrap_or_else(|| format!("{name}: {}", words::plan_verdict(verdict))),
        choice,
        more_is_worse,
        tried,
    };
    let policies = policies.into_iter().map(policy).collect();
    DrawnPlan { scenario, robust, objectives: slo.len(), policies }.svg()
}

impl DrawnPlan {
    fn svg(&self) -> Option<String> {
        let about = self.about();
        let said: Vec<&str> = self.policies.iter().map(|policy| policy.headline.as_str()).collect();
        let page = Page::new("plan", &self.scenario, format!("{}: {about}", self.scenario), said.join("\n"));
        let page = page.with_text(&about, ABOUT_LINES);
        let top = page.top();
        let panels = self.panels(HIGHEST - top - LEGEND);
        if panels.is_empty() {
            return None;
        }
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

    /// A panel per policy and objective, with as many rows as there is room for.
    fn panels(&self, room: f64) -> Vec<Panel<'_>> {
        let with_rows = |most: usize| -> Vec<Panel<'_>> {
            let of_policy = |policy| (0..self.objectives).filter_map(move |place| Panel::new(policy, place, most));
            self.policies.iter().flat_map(of_policy).collect()
        };
        let all = with_rows(usize::MAX);
        with_rows(panel::rows_in(room / all.len().max(1) as f64))
    }

    fn about(&self) -> String {
        let robust =
            if self.robust { " The verdicts hold at +10 % load and with queries 20 % slower, too." } else { "" };
        format!("Configurations that were tried, with confidence intervals, against the bound (dashed).{robust}")
    }
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
