//! What there is to know about the choice: what binds next, other loads, more load, and whether more is worse.

use crate::policy::{PolicyChoice, PolicySize};
use crate::study::capacity::Capacity;
use crate::study::replications::Halted;

use super::course::steady_rate;
use super::measure::Asked;
use super::report::possible_ends;
use super::results::{
    BindingStation, FrontierPoint, MoreIsWorse, PlanChange, PlanDecision, PlanVariation, PlanVerdict, RuleOfThumb,
    ThumbRule, VariedObjective,
};
use super::search::{Search, Sizes};
use super::sizing::Sizing;
use super::subject::Subject;
use super::trial::{Decision, Evidence, Strictness};
use super::variation::{FASTER_QUERIES, LESS_LOAD, MORE_LOAD, SLOWER_QUERIES, varied, with_load, with_more_cpu_time};

/// Tests of other loads, at most.
const LOADS: u32 = 10;

/// A bracket of loads is narrow enough when its upper end is this many times its lower end.
const NARROW: f64 = 1.03;

/// Looks at a configuration under another load, at most.
const LOOKS_AT_LOADS: u32 = 5;

/// Looks at a variation, at most: it is described, and not chosen.
const LOOKS_AT_VARIATIONS: u32 = 3;

/// What binds first when there is more load, and what after that.
pub(super) fn binding(capacity: &Capacity) -> Vec<BindingStation> {
    let binds = capacity.stations.iter().filter(|bound| capacity.binding.contains(&bound.station));
    let others = capacity.stations.iter().filter(|bound| !capacity.binding.contains(&bound.station));
    let station = |is_first: bool| {
        move |bound: &crate::study::capacity::StationBound| BindingStation {
            station: bound.station.clone(),
            bound_per_s: bound.bound_per_s,
            binds: is_first,
        }
    };
    binds.map(station(true)).chain(others.map(station(false))).collect()
}

/// The highest rate that is known to be sustained within the objectives, and the lowest that is known not to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bracket {
    pub lowest: Option<f64>,
    pub highest: Option<f64>,
}

impl Bracket {
    /// Whether the objectives are met at a rate.
    pub fn at(self, rate: f64) -> PlanVerdict {
        match self {
            Self { lowest: Some(lowest), .. } if rate <= lowest => PlanVerdict::Meets,
            Self { highest: Some(highest), .. } if rate >= highest => PlanVerdict::Impossible,
            Self { lowest: _, highest: _ } => PlanVerdict::Undecided,
        }
    }
}

impl Search<'_> {
    fn strictness(&self, tests: u32, looks: u32) -> Strictness {
        Strictness { error: self.error / f64::from(tests), looks, level: self.level }
    }

    /// The highest load of a configuration within its objectives, as a bracket; `known`: what is known at its own load.
    ///
    /// # Errors
    /// [`Halted`] when the watch broke off.
    pub fn bracket(&self, subject: &Subject, known: Option<Decision>) -> Result<Bracket, Halted> {
        let none = Bracket { lowest: None, highest: None };
        let Some(rate) = steady_rate(&subject.scenario) else { return Ok(none) };
        let strictness = self.strictness(LOADS, LOOKS_AT_LOADS);
        let at = |factor: f64| -> Result<Decision, Halted> {
            match with_load(subject, factor) {
                Some((_, other)) => Ok(self.judge_one(&other, &strictness)?.judged.decision),
                None => Ok(Decision::Fails),
            }
        };
        let mut ends = Ends::default();
        ends.add(
            1.0,
            match known {
                Some(decision) => decision,
                None => at(1.0)?,
            },
        );
        let full = self.trial(subject).capacity()?.per_s.map(|per_s| per_s / rate);
        for _ in 1..LOADS {
            let Some(next) = ends.next(full) else { break };
            ends.add(next, at(next)?);
        }
        Ok(Bracket { lowest: ends.meets.map(|factor| factor * rate), highest: ends.fails.map(|factor| factor * rate) })
    }

    /// The choice with other loads and other query times.
    ///
    /// # Errors
    /// [`Halted`] when the watch broke off.
    pub fn variations_of(&self, subject: &Subject) -> Result<Vec<PlanVariation>, Halted> {
        let strictness = self.strictness(4, LOOKS_AT_VARIATIONS);
        let all = varied(subject, &[LESS_LOAD, MORE_LOAD], &[FASTER_QUERIES, SLOWER_QUERIES]);
        all.into_iter().map(|(change, subject)| self.variation(change, &subject, &strictness)).collect()
    }

    /// The choice with more CPU time.
    ///
    /// # Errors
    /// [`Halted`] when the watch broke off.
    pub fn more_cpu_time(&self, subject: &Subject) -> Result<Option<PlanVariation>, Halted> {
        let strictness = self.strictness(1, LOOKS_AT_VARIATIONS);
        let changed = with_more_cpu_time(subject);
        changed.map(|(change, subject)| self.variation(change, &subject, &strictness)).transpose()
    }

    fn variation(
        &self,
        change: PlanChange,
        subject: &Subject,
        strictness: &Strictness,
    ) -> Result<PlanVariation, Halted> {
        let outcome = self.judge_one(subject, strictness)?;
        let objectives = self.varied(&outcome.judged.evidence);
        let (verdict, overloaded) = (PlanDecision::from(outcome.judged.decision), outcome.is_overloaded());
        Ok(PlanVariation { change, verdict, overloaded, objectives })
    }

    pub fn metric_name(&self, asked: &Asked<'_>) -> String {
        let backends: Vec<&str> = self.scenario.backends().keys().map(String::as_str).collect();
        asked.objective.metric_name(&backends)
    }

    /// What was found of each objective; nothing without evidence.
    pub fn varied(&self, evidence: &[Evidence]) -> Vec<VariedObjective> {
        let pairs = self.asked.iter().zip(evidence);
        pairs
            .map(|(asked, evidence)| VariedObjective {
                objective: asked.objective.text.clone(),
                metric: self.metric_name(asked),
                unit: asked.objective.unit(),
                value: evidence.number.map(|number| number.mean),
                value_interval: evidence.number.map(possible_ends),
            })
            .collect()
    }

    /// What the usual rule says, and whether it is right.
    ///
    /// # Errors
    /// [`Halted`] when the watch broke off.
    pub fn rule_of_thumb(&mut self, choice: Option<&[u32]>) -> Result<Option<RuleOfThumb>, Halted> {
        let policy = &self.scenario.policies()[self.place];
        let Some((rule, dimension, size)) = thumb(policy, self.scenario.machine().cores) else { return Ok(None) };
        let Some(place) = self.dimensions.iter().position(|own| *own == dimension) else { return Ok(None) };
        // Sizes that the rule says nothing about are those of the choice.
        let Some(choice) = choice else { return Ok(None) };
        let (least, most) = dimension.range(self.scenario, self.place);
        if !(least..=most).contains(&size) {
            return Ok(None);
        }
        let mut sizes: Sizes = choice.to_vec();
        sizes[place] = size;
        let verdict = match self.is_monotone(&sizes) && sizes[place] >= choice[place] {
            true => Decision::Meets,
            false => self.decision(&sizes, LOOKS_AT_LOADS)?,
        };
        let configuration = self.configuration(&sizes);
        let times_cost = self.cost(&sizes) / self.cost(choice);
        Ok(Some(RuleOfThumb {
            rule,
            configuration,
            verdict: PlanDecision::from(verdict),
            is_choice: sizes == choice,
            times_cost,
        }))
    }

    /// The sizes of the last dimension that meet the objectives, with the outer sizes of the choice, as ranges of those that were
    /// tried.
    pub fn ranges(&self, choice: &[u32]) -> Vec<[u32; 2]> {
        let mut ranges: Vec<[u32; 2]> = Vec::new();
        let mut is_open = false;
        for (size, decision) in self.with_same_outer(choice) {
            match (decision, ranges.last_mut()) {
                (Decision::Meets, Some(range)) if is_open => range[1] = size,
                (Decision::Meets, _) => ranges.push([size; 2]),
                (Decision::Fails | Decision::Undecided, _) => {}
            }
            is_open = decision == Decision::Meets;
        }
        ranges
    }

    /// From which size of the last dimension on the objectives are no longer met.
    pub fn more_is_worse(&self, choice: &[u32]) -> Option<MoreIsWorse> {
        let chosen = choice.last()?;
        let mut above = self.with_same_outer(choice).into_iter().filter(|(size, _)| size > chosen);
        let fails = above.find(|(_, decision)| *decision == Decision::Fails)?;
        let policy = &self.scenario.policies()[self.place];
        let size = self.dimensions.last()?.name(self.scenario, policy);
        Some(MoreIsWorse { size, fails_from: fails.0 })
    }

    fn with_same_outer(&self, choice: &[u32]) -> Vec<(u32, Decision)> {
        let Some((_, outer)) = choice.split_last() else { return Vec::new() };
        let same = self.tried.iter().filter(|(sizes, _)| sizes.starts_with(outer));
        let mut sizes: Vec<_> =
            same.filter_map(|(sizes, attempt)| Some((*sizes.last()?, attempt.outcome.judged.decision))).collect();
        sizes.sort_unstable_by_key(|(size, _)| *size);
        sizes
    }

    /// The cheapest configuration for each 99th percentile, of those that were tried.
    pub fn frontier(&self) -> Vec<FrontierPoint> {
        let mut tried: Vec<FrontierPoint> = self
            .tried
            .iter()
            .map(|(sizes, attempt)| (sizes, &attempt.outcome.judged))
            .filter(|(_, judged)| judged.replications > 0 && !judged.stopped)
            .filter_map(|(sizes, judged)| {
                Some(FrontierPoint {
                    configuration: self.configuration(sizes),
                    p99_ms: judged.p99_ms?.mean,
                    cost: self.cost(sizes),
                })
            })
            .collect();
        tried.sort_by(|a, b| a.cost.total_cmp(&b.cost).then(a.p99_ms.total_cmp(&b.p99_ms)));
        let mut least = f64::INFINITY;
        tried.retain(|point| {
            let is_better = point.p99_ms < least * MUCH_BETTER;
            least = if is_better { point.p99_ms } else { least };
            is_better
        });
        tried
    }
}

/// A more expensive configuration is part of the frontier if it is at least this much better.
const MUCH_BETTER: f64 = 0.995;

/// The factors of the load with a verdict, as far as they are ends of what is unknown.
#[derive(Clone, Copy, Debug, Default)]
struct Ends {
    meets: Option<f64>,
    fails: Option<f64>,
    /// The range of those that were too close to tell.
    undecided: Option<[f64; 2]>,
}

impl Ends {
    fn add(&mut self, factor: f64, decision: Decision) {
        match decision {
            Decision::Meets => self.meets = Some(self.meets.map_or(factor, |known| known.max(factor))),
            Decision::Fails => self.fails = Some(self.fails.map_or(factor, |known| known.min(factor))),
            Decision::Undecided => {
                let [low, high] = self.undecided.unwrap_or([factor; 2]);
                self.undecided = Some([low.min(factor), high.max(factor)]);
            }
        }
    }

    /// The factor to be tested next; `full` is that of the capacity. `None` once the bracket is narrow.
    fn next(&self, full: Option<f64>) -> Option<f64> {
        let middle = |low: f64, high: f64| (low * high).sqrt();
        match (self.meets, self.fails, self.undecided) {
            (None, None, Some([low, _])) => Some(low * 0.8),
            (None, None, None) => Some(1.0),
            (None, Some(fails), undecided) => Some(undecided.map_or(fails, |[low, _]| low.min(fails)) * 0.7),
            (Some(meets), None, undecided) => {
                let above = undecided.map_or(meets, |[_, high]| high) * 1.25;
                // Just below the capacity nothing can be told.
                match full {
                    Some(full) if above >= full => (meets * NARROW < full).then_some(full * 1.001),
                    Some(_) | None if above < 1000.0 => Some(above),
                    Some(_) | None => None,
                }
            }
            (Some(meets), Some(fails), None) => (fails / meets > NARROW).then(|| middle(meets, fails)),
            (Some(meets), Some(fails), Some([low, high])) => {
                let (below, above) = (low / meets, fails / high);
                if below.max(above) <= NARROW.sqrt() {
                    None
                } else if below > above {
                    Some(middle(meets, low))
                } else {
                    Some(middle(high, fails))
                }
            }
        }
    }
}

/// The usual rule for a policy: which size it is about, and what it says.
fn thumb(policy: &PolicyChoice, cores: u32) -> Option<(ThumbRule, Sizing, u32)> {
    let twice = (ThumbRule::TwiceTheCoresPlusOne, Sizing::Workers, 2 * cores + 1);
    let one_each = (ThumbRule::OnePerCore, Sizing::Workers, cores);
    let default = |dimension, size| (ThumbRule::ProductDefault, dimension, size);
    match policy {
        PolicyChoice::Sync(_) | PolicyChoice::Threaded(_) | PolicyChoice::Gunicorn(_) | PolicyChoice::Uwsgi(_) => {
            Some(twice)
        }
        PolicyChoice::Async(_)
        | PolicyChoice::Uvicorn(_)
        | PolicyChoice::FastapiThreadpool(_)
        | PolicyChoice::Hypercorn(_)
        | PolicyChoice::DjangoAsgi(_)
        | PolicyChoice::Node(_)
        | PolicyChoice::Puma(_) => Some(one_each),
        PolicyChoice::Celery(_) => Some((ThumbRule::OnePerCore, Sizing::Threads, cores)),
        PolicyChoice::Waitress(_) => Some(default(Sizing::Threads, 4)),
        PolicyChoice::Tomcat(_) => Some(default(Sizing::Threads, 200)),
        PolicyChoice::PhpFpm(_) => Some(default(Sizing::Workers, 5)),
        PolicyChoice::Unicorn(_) | PolicyChoice::Go(_) => None,
    }
    .filter(|(_, dimension, _)| match dimension {
        Sizing::Workers => policy.size_field(PolicySize::Workers).is_some(),
        Sizing::Threads => policy.size_field(PolicySize::Threads).is_some(),
        Sizing::Replicas | Sizing::Cores | Sizing::Pool(_) => true,
    })
}
