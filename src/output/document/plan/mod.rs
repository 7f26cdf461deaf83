//! The report of `plan`: the smallest configurations, how sure that is, and what else is known about them.

mod choice;

use serde_json::{Value, json};

pub use self::choice::{choice as plan_choice, headline as plan_headline};

use self::choice::{headline, sections};
use super::{Document, DocumentId};
use crate::output::block::{Block, Finding, FindingStatus, Records};
use crate::output::words;
use crate::study::{Plan, PlanVerdict, PolicyPlan};

/// The report of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanReport(pub Plan);

impl Document for PlanReport {
    fn id(&self) -> DocumentId {
        DocumentId {
            kind: ["plan", "plans"],
            name: self.0.scenario.clone(),
            properties: vec![("seed", self.0.seed.to_string()), ("within", self.0.within.to_string())],
        }
    }

    fn blocks(&self) -> Vec<Block> {
        let Self(plan) = self;
        plan.policies.iter().flat_map(|policy| sections(plan, policy)).collect()
    }

    fn findings(&self) -> Vec<Finding> {
        let Self(plan) = self;
        plan.policies.iter().map(|policy| finding(plan, policy)).collect()
    }

    /// Each configuration that was tried, with each objective.
    fn records(&self) -> Records {
        let Self(plan) = self;
        let rows = plan.policies.iter().flat_map(|policy| {
            policy.tried.iter().flat_map(move |tried| {
                tried.objectives.iter().map(move |objective| {
                    let [low, high] = objective.interval.map_or([None; 2], |ends| ends.map(Some));
                    json!({
                        "scenario": plan.scenario,
                        "policy": policy.name,
                        "configuration": words::configuration(&tried.configuration),
                        "is_choice": policy.choice.as_ref() == Some(&tried.configuration),
                        "verdict": words::plan_decision(tried.verdict),
                        "objective": objective.objective,
                        "above": objective.above,
                        "low": low,
                        "high": high,
                        "value": objective.value,
                        "p99_ms": tried.p99_ms,
                        "requests": tried.requests,
                        "replications": tried.replications,
                    })
                })
            })
        });
        Records::of(rows)
    }

    fn value(&self) -> Value {
        words::plan_value(&self.0)
    }
}

fn finding(plan: &Plan, policy: &PolicyPlan) -> Finding {
    let status = match policy.verdict {
        PlanVerdict::Meets => FindingStatus::Passes,
        PlanVerdict::Impossible => FindingStatus::Failed,
        PlanVerdict::Undecided => FindingStatus::Error,
    };
    Finding::new("plan", plan.slo.join(", "), status, headline(policy)).of_part(policy.name.clone())
}
