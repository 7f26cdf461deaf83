//! What would have helped: one change at a time, on the same requests.
//!
//! Shares are not causes: a request that is blamed for a wait may be replaced by another. So each change is run, with the same
//! random numbers, and the differences are those of pairs.

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::Activity;
use crate::policy::{PolicyChoice, PolicySize};
use crate::random::Arrivals;
use crate::scenario::Scenario;
use crate::stats::{DifferenceResult, Estimated, differences_of_class};

use super::choice::{Found, WhichRequests};
use super::{Look, NotExplained, Run};
use crate::study::measured::Measured;
use crate::study::plan::sizing::{Choose, Sizing};
use crate::study::pool::JobPool;
use crate::study::replications::{Halted, PolicyRun};
use crate::study::run::{Crew, ReplicationRange};
use crate::study::simulation::Replication;
use crate::study::units::Units;

/// By how much a phase is shortened: to this share of its time.
const SHORTER: f64 = 0.9;

/// Maximum number of phases that are shortened, those with most time first.
const PHASES: usize = 16;

/// A change of a scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum WhatIfChange {
    /// The requests of a class arrive and ask for nothing.
    ClassAbsent {
        /// The class.
        class: String,
    },
    /// A phase of a class takes a tenth less time.
    PhaseShorter {
        /// The class.
        class: String,
        /// Its number among the single phases of the class, depth first, counted from 1.
        phase: usize,
        /// What it is: `framework`, `compute`, `sleep` or the name of a backend.
        what: String,
    },
    /// There is one more of something.
    OneMore {
        /// What, by the scenario's own words: `workers`, `threads`, `pool.db.size`, `cores`, `replicas`.
        size: String,
        /// How many there are then.
        number: u32,
    },
    /// The requests run under another policy of the scenario.
    OtherPolicy {
        /// The policy.
        policy: String,
    },
}

/// What a change gives.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct WhatIf {
    /// The change.
    pub change: WhatIfChange,
    /// The response time of the explained request with the change; `None` if it is not answered then.
    pub response_time_ms: Option<f64>,
    /// That less its response time without the change; below 0 is faster.
    pub difference_ms: Option<f64>,
    /// By how much the response times of its class differ, over pairs of replications or batches.
    pub class_differences: Vec<DifferenceResult>,
}

impl WhatIf {
    /// The difference in the mean of the class.
    pub fn class_mean(&self) -> Option<&DifferenceResult> {
        self.class_differences.iter().find(|difference| difference.metric == "mean")
    }

    /// What changes are ranked by: how much slower the request gets, then its class.
    fn rank(&self) -> [f64; 2] {
        let mean = self.class_mean().map_or(0.0, |difference| difference.difference_ms);
        [self.difference_ms.unwrap_or(f64::INFINITY), mean]
    }
}

/// The request that changes are to help, and how it fares without them.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub scenario: &'a Scenario,
    /// The place of its policy.
    pub policy: usize,
    pub found: &'a Found,
    pub replication: Replication,
}

/// What each change gives, the best first.
///
/// # Errors
/// If the watch broke off.
pub(super) fn what_if(subject: Subject<'_>, pool: &JobPool, look: &Look<'_>) -> Result<Vec<WhatIf>, NotExplained> {
    let without = subject.estimate(subject.scenario, subject.policy, pool, look)?;
    let changes = subject.changes();
    let mut found = pool.each(&changes, |(change, scenario, policy)| {
        subject.outcome(change, (scenario, *policy), &without, pool, look)
    })?;
    found.sort_by(|one, other| {
        let [one, other] = [one.rank(), other.rank()];
        one[0].total_cmp(&other[0]).then(one[1].total_cmp(&other[1]))
    });
    Ok(found)
}

type Changed = (WhatIfChange, Scenario, usize);

impl Subject<'_> {
    fn outcome(
        &self,
        change: &WhatIfChange,
        (scenario, policy): (&Scenario, usize),
        without: &Estimated,
        pool: &JobPool,
        look: &Look<'_>,
    ) -> Result<WhatIf, Halted> {
        let number = self.found.entrance.request;
        let run = Run { scenario, policy: &scenario.policies()[policy], replication: self.replication, look };
        let (found, _) = run.find(WhichRequests::Numbers(number, number + 1))?;
        let same = found.into_iter().find(|one| self.is_same(one));
        let response_time = same.map(|one| one.response_time());
        let before = self.found.response_time().as_millis();
        let with = self.estimate(scenario, policy, pool, look)?;
        let class = usize::from(self.found.entrance.class.0);
        Ok(WhatIf {
            change: change.clone(),
            response_time_ms: response_time.map(|time| time.as_millis()),
            difference_ms: response_time.map(|time| time.as_millis() - before),
            class_differences: differences_of_class(&with, without, class, scenario.run().confidence),
        })
    }

    /// Whether it is the same request, and was answered.
    fn is_same(&self, one: &Found) -> bool {
        let (entrance, ours) = (&one.entrance, &self.found.entrance);
        one.outcome == Some(crate::engine::Outcome::Completed)
            && (entrance.class, entrance.arrival) == (ours.class, ours.arrival)
    }

    /// All replications of a policy.
    fn estimate(
        &self,
        scenario: &Scenario,
        policy: usize,
        pool: &JobPool,
        look: &Look<'_>,
    ) -> Result<Estimated, Halted> {
        let runs = [PolicyRun::plain(scenario, &scenario.policies()[policy])];
        let mut measured = [Measured::new(runs[0])];
        let crew = Crew { pool, progress: &|_| look(), units: Units::HERE };
        let range = ReplicationRange::here(0..scenario.run().replications, self.replication.warm_up);
        crew.replicate(&runs, &range, &mut measured, None)?;
        let [measured] = &mut measured;
        Ok(measured.estimate())
    }

    fn changes(&self) -> Vec<Changed> {
        let mut changes = self.sizes();
        changes.extend(self.policies());
        // A trace may hold the demands of each request: they stay as they are.
        if !matches!(self.scenario.arrivals(), Arrivals::Trace(_)) {
            changes.extend(self.absent_classes());
            changes.extend(self.shorter_phases());
        }
        changes
    }

    fn policies(&self) -> Vec<Changed> {
        let others = self.scenario.policies().iter().enumerate().filter(|(place, _)| *place != self.policy);
        let other = |(place, policy): (usize, &PolicyChoice)| {
            (WhatIfChange::OtherPolicy { policy: policy.name().to_owned() }, self.scenario.clone(), place)
        };
        others.map(other).collect()
    }

    fn sizes(&self) -> Vec<Changed> {
        let (scenario, policy) = (self.scenario, &self.scenario.policies()[self.policy]);
        let pools = scenario.backends().keys().map(|name| Choose::Pool(Some(name.clone())));
        let mut all: Vec<Choose> = vec![Choose::Workers, Choose::Threads, Choose::Cores];
        if scenario.machine().replicas.count > 1 {
            all.push(Choose::Replicas);
        }
        let sizes = Sizing::of(&all.into_iter().chain(pools).collect::<Vec<_>>(), scenario, policy);
        let one_more = |size: Sizing| {
            let number = self.number(size)?.checked_add(1)?;
            let (_, most) = size.range(scenario, self.policy);
            let change = WhatIfChange::OneMore { size: size.name(scenario, policy), number };
            (number <= most).then(|| (change, size.applied(scenario.clone(), self.policy, number), self.policy))
        };
        sizes.into_iter().filter_map(one_more).collect()
    }

    /// How many of something there are.
    fn number(&self, size: Sizing) -> Option<u32> {
        let policy = &self.scenario.policies()[self.policy];
        let rules = policy.rules();
        match size {
            Sizing::Replicas => Some(self.scenario.machine().replicas.count),
            Sizing::Cores => Some(self.scenario.machine().cores),
            Sizing::Workers => policy.size_field(PolicySize::Workers).map(|_| rules.workers),
            Sizing::Threads => rules.thread_pool.map(|pool| pool.threads).or(rules.slots),
            Sizing::Pool(id) => {
                let (_, backend) = self.scenario.backends().get_index(usize::from(id.0))?;
                backend.pool.as_ref().map(|pool| pool.size.get())
            }
        }
    }

    fn absent_classes(&self) -> Vec<Changed> {
        let classes = self.scenario.workload().classes.iter().enumerate();
        let others = classes.filter(|(place, _)| *place != usize::from(self.found.entrance.class.0));
        let absent = others.map(|(place, class)| {
            let change = WhatIfChange::ClassAbsent { class: class.name.clone() };
            (change, self.scenario.clone().without_work_of(place), self.policy)
        });
        absent.collect()
    }

    fn shorter_phases(&self) -> Vec<Changed> {
        let classes = &self.scenario.workload().classes;
        let mut phases: Vec<(usize, usize, f64)> = Vec::new();
        for (class, of) in classes.iter().enumerate() {
            let singles = of.singles().enumerate();
            phases.extend(singles.map(|(phase, single)| (class, phase, of.weight * single.demand.mean_nanos())));
        }
        phases.retain(|(.., time)| *time > 0.0);
        phases.sort_by(|one, other| other.2.total_cmp(&one.2));
        phases.truncate(PHASES);
        let shorter = |(class, phase, _): (usize, usize, f64)| {
            let of = &classes[class];
            let kind = of.singles().nth(phase).map(|single| single.kind)?;
            let backend = kind.backend().and_then(|id| self.scenario.backends().get_index(usize::from(id.0)));
            let what = backend.map_or_else(|| Activity::name(kind.activity()).to_owned(), |(name, _)| name.clone());
            let change = WhatIfChange::PhaseShorter { class: of.name.clone(), phase: phase + 1, what };
            Some((change, self.scenario.clone().with_phase_times(class, phase, SHORTER), self.policy))
        };
        phases.into_iter().filter_map(shorter).collect()
    }
}
