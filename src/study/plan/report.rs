//! What was tried, as the results of a plan.

use crate::model::Pool;
use crate::policy::PolicyChoice;
use crate::scenario::Scenario;
use crate::stats::Interval;
use crate::study::capacity::NEAR_SATURATION;
use crate::study::replications::Halted;

use super::answer::binding;
use super::candidate::Outcome;
use super::course::steady_rate;
use super::results::{Configuration, PlanDecision, PlanVerdict, PolicyPlan, Tried, TriedObjective, WhyNot};
use super::search::Search;
use super::sizing::Sizing;
use super::subject::Subject;
use super::trial::Decision;

impl Search<'_> {
    pub fn empty_plan(&self, policy: &PolicyChoice) -> PolicyPlan {
        PolicyPlan {
            name: policy.name().to_owned(),
            kind: policy.kind(),
            sizes: self.dimensions.iter().map(|dimension| dimension.name(self.scenario, policy)).collect(),
            verdict: PlanVerdict::Undecided,
            why: None,
            choice: None,
            policy: None,
            pools: Vec::new(),
            as_it_is: Configuration::default(),
            feasible: Vec::new(),
            ranges: Vec::new(),
            more_is_worse: None,
            undecided: Vec::new(),
            tried: Vec::new(),
            floor_ms: None,
            binds_next: Vec::new(),
            stations: Vec::new(),
            max_load_per_s: None,
            offered_per_s: steady_rate(self.scenario),
            capacity_per_s: None,
            near_saturation: None,
            variations: Vec::new(),
            more_cpu_time: None,
            rule_of_thumb: None,
            frontier: Vec::new(),
            requests: 0,
        }
    }

    pub fn configuration(&self, sizes: &[u32]) -> Configuration {
        let policy = &self.scenario.policies()[self.place];
        let names = self.dimensions.iter().map(|dimension| dimension.name(self.scenario, policy));
        Configuration(names.zip(sizes.iter().copied()).collect())
    }

    /// The sizes that are to be chosen, as the scenario has them.
    pub fn as_it_is(&self) -> Configuration {
        let policy = &self.scenario.policies()[self.place];
        let sizes: Vec<u32> =
            self.dimensions.iter().filter_map(|dimension| dimension.current(self.scenario, policy)).collect();
        if sizes.len() == self.dimensions.len() { self.configuration(&sizes) } else { Configuration::default() }
    }

    /// The pools whose size was chosen, as they are in the chosen configuration.
    pub fn pools(&self, configured: &Scenario) -> Vec<Pool> {
        let pool = |dimension: &Sizing| match dimension {
            Sizing::Pool(id) => {
                configured.backends().get_index(usize::from(id.0)).and_then(|(_, backend)| backend.pool.clone())
            }
            Sizing::Replicas | Sizing::Cores | Sizing::Workers | Sizing::Threads => None,
        };
        self.dimensions.iter().filter_map(pool).collect()
    }

    pub fn requests(&self) -> u64 {
        self.tried.values().map(|attempt| attempt.outcome.judged.requests).sum()
    }

    /// # Errors
    /// Those of the capacity.
    pub fn describe_capacity(&self, plan: &mut PolicyPlan, subject: &Subject) -> Result<(), Halted> {
        let capacity = self.trial(subject).capacity()?;
        plan.capacity_per_s = capacity.per_s;
        let load = plan.offered_per_s.zip(capacity.per_s).map(|(offered, capacity)| offered / capacity);
        plan.near_saturation = load.filter(|load| *load >= NEAR_SATURATION);
        plan.stations = binding(&capacity);
        plan.binds_next = capacity.binding;
        Ok(())
    }

    /// Completes the plan with what was tried.
    pub fn finish(&self, plan: &mut PolicyPlan, is_halted: bool) {
        let with = |decision: Decision| {
            let mut sizes: Vec<&Vec<u32>> = self
                .tried
                .iter()
                .filter(|(_, attempt)| attempt.outcome.judged.decision == decision)
                .map(|(sizes, _)| sizes)
                .collect();
            sizes.sort_by(|a, b| self.rank(a).total_cmp(&self.rank(b)).then(a.cmp(b)));
            sizes
        };
        plan.feasible = with(Decision::Meets).into_iter().map(|sizes| self.configuration(sizes)).collect();
        plan.tried = self.tried.iter().map(|(sizes, attempt)| self.tried_as_shown(sizes, &attempt.outcome)).collect();
        plan.frontier = self.frontier();
        let undecided = with(Decision::Undecided);
        if let Some(choice) = plan.choice.as_ref().map(|choice| choice.0.values().copied().collect::<Vec<u32>>()) {
            let rank = self.rank(&choice);
            plan.ranges = self.ranges(&choice);
            plan.more_is_worse = self.more_is_worse(&choice);
            let cheaper = undecided.into_iter().filter(|sizes| self.rank(sizes) < rank);
            plan.undecided = cheaper.map(|sizes| self.configuration(sizes)).collect();
            return;
        }
        if plan.verdict != PlanVerdict::Undecided || plan.max_load_per_s.is_some() {
            return;
        }
        (plan.verdict, plan.why) = match &self.too_small {
            _ if is_halted => (PlanVerdict::Undecided, Some(WhyNot::TimeLimit)),
            _ if !undecided.is_empty() => (PlanVerdict::Undecided, Some(WhyNot::TooClose)),
            Some(binding) if self.tried.is_empty() => {
                (PlanVerdict::Impossible, Some(WhyNot::Capacity { binding: binding.clone() }))
            }
            None if self.tried.is_empty() => (PlanVerdict::Impossible, Some(WhyNot::Limits)),
            Some(_) | None if self.limited => {
                (PlanVerdict::Impossible, Some(WhyNot::WithinLimits { limits: self.limits.shown() }))
            }
            Some(_) | None => (PlanVerdict::Impossible, Some(WhyNot::AllFail)),
        };
    }

    fn tried_as_shown(&self, sizes: &[u32], outcome: &Outcome) -> Tried {
        let judged = &outcome.judged;
        let objectives = self.asked.iter().zip(&judged.evidence).map(|(asked, evidence)| TriedObjective {
            objective: asked.objective.text.clone(),
            metric: self.metric_name(asked),
            unit: asked.objective.unit(),
            bound: asked.objective.bound,
            verdict: PlanDecision::from(evidence.decision),
            above: evidence.above.map(|above| above.mean),
            interval: evidence
                .above
                .map(|above| above.ends().map(|end| end.clamp(0.0, 1.0)))
                .or(evidence.number.map(possible_ends)),
            value: evidence.number.map(|number| number.mean),
            value_interval: evidence.number.map(possible_ends),
        });
        Tried {
            configuration: self.configuration(sizes),
            verdict: PlanDecision::from(judged.decision),
            under: outcome.under.clone(),
            under_objectives: self.varied(&outcome.varied),
            overloaded: self.is_overloaded(sizes),
            objectives: objectives.collect(),
            p99_ms: judged.p99_ms.map(|p99| p99.mean),
            p99_interval_ms: judged.p99_ms.map(possible_ends),
            requests: judged.requests,
            replications: judged.replications,
        }
    }
}

/// The ends of an interval around a time, a share or another number that is never below 0.
pub(super) fn possible_ends(interval: Interval) -> [f64; 2] {
    interval.ends().map(|end| end.max(0.0))
}
