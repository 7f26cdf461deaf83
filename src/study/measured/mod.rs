//! What was measured of a policy in all replications, and what is estimated from that.

mod groups;

use crate::model::SimTime;
use crate::stats::{
    BatchObserver, ClassTimes, ClassWindows, Collector, Estimated, EstimatedFault, FEWEST_BATCHES, FaultWatch,
    LoadState, Method, Observations, OverTime, PercentileCurve, PolicyNumbers, PolicyProfile, RecordedTimeline,
    Saturation, TimeWindow, Totals, WindowCounts,
};

use self::groups::FaultGroups;
use super::capacity::{Capacity, Loads, sensitivity, with_retries};
use super::replications::{Halted, OnProgress, PolicyRun, Replicated};
use super::timelines::SHORT_RUN;

/// What was measured of a policy in all replications so far, in the order of their numbers.
#[derive(Debug)]
pub(super) struct Measured<'a> {
    run: PolicyRun<'a>,
    sum: Option<Sum>,
    /// The numbers of each replication.
    parts: Vec<PolicyNumbers>,
    /// Those of the requests during each fault, in replications and in groups of them; of faults with a name.
    during: FaultGroups,
    /// Of the first replication, which may be the only one.
    batches: Option<BatchObserver>,
    timeline: RecordedTimeline,
}

/// What replications add up to.
#[derive(Debug)]
struct Sum {
    collector: Collector,
    totals: Totals,
    /// `None` if it was not asked for.
    over_time: Option<OverTime>,
    faults: FaultWatch,
    class_times: ClassTimes,
}

impl<'a> Measured<'a> {
    /// Nothing yet.
    pub fn new(run: PolicyRun<'a>) -> Self {
        Self {
            run,
            sum: None,
            parts: Vec::new(),
            during: FaultGroups::new(),
            batches: None,
            timeline: RecordedTimeline::default(),
        }
    }

    /// Adds the next replication, if it is here.
    pub fn extend(&mut self, replicated: Option<Replicated>) {
        replicated.into_iter().for_each(|replicated| self.add(replicated));
    }

    /// Adds the next replication.
    pub fn add(&mut self, replicated: Replicated) {
        let Replicated { batches, faults, class_times, totals, timeline } = replicated;
        let over_time = batches.over_time().cloned();
        let collector = if batches.is_in_batches() {
            let collected = batches.collected();
            self.batches.get_or_insert(batches);
            collected
        } else {
            batches.into_collected()
        };
        let run = self.run;
        self.parts.push(run.numbers(&collector, &totals));
        self.during.add(faults.clone(), |faults| faults.during(|collector, totals| run.numbers(collector, totals)));
        match &mut self.sum {
            None => {
                self.sum = Some(Sum { collector, totals, over_time, faults, class_times });
                self.timeline = timeline;
            }
            Some(sum) => {
                sum.collector.merge(&collector);
                sum.totals.add(&totals);
                sum.over_time.iter_mut().zip(&over_time).for_each(|(sum, more)| sum.merge(more));
                sum.faults.merge(&faults);
                sum.class_times.merge(&class_times);
            }
        }
    }

    /// What the policy is.
    pub fn profile(&self) -> PolicyProfile {
        let (policy, rules) = (self.run.policy, self.run.scenario.rules(self.run.policy));
        PolicyProfile {
            name: policy.name().to_owned(),
            kind: policy.kind(),
            runner: policy.runner(),
            stands_for: policy.stands_for(),
            workers: rules.workers,
            slots: rules.slots,
        }
    }

    /// What the first requests did.
    pub fn timeline(&self) -> RecordedTimeline {
        self.timeline.clone()
    }

    /// Response times by percentile, of all replications together.
    pub fn curve(&self) -> Option<PercentileCurve> {
        self.sum.as_ref().and_then(|sum| sum.collector.curve(&sum.totals.classes))
    }

    /// What happened in each window of time.
    pub fn over_time(&self) -> Vec<TimeWindow> {
        let cores = self.run.scenario.machine().all_cores();
        self.windowed().map_or_else(Vec::new, |over_time| over_time.windows(cores))
    }

    /// How long the requests of each class took in each window of time, where that was asked for.
    pub fn class_times(&self) -> Vec<ClassWindows> {
        let windows = self.sum.as_ref().zip(self.windowed()).map(|(sum, all)| sum.class_times.windows(all));
        let names = self.run.scenario.workload().classes.iter().map(|class| class.name.clone());
        let named = names.zip(windows.into_iter().flatten());
        named.map(|(class, windows)| ClassWindows { class, windows }).collect()
    }

    /// The numbers of all replications together, with their intervals. A picture of few requests has none.
    pub fn estimate(&mut self) -> Estimated {
        let numbers = self.sum.as_ref().map(|sum| self.run.numbers(&sum.collector, &sum.totals)).unwrap_or_default();
        let is_picture = self.parts.len() == 1 && numbers.requests.arrived <= SHORT_RUN;
        let levels = match &mut self.batches {
            _ if is_picture => Vec::new(),
            _ if self.parts.len() > 1 => vec![self.run.of_replications(&self.parts)],
            Some(batches) => self.run.of_batches(batches),
            None => Vec::new(),
        };
        self.run.estimated(numbers, levels)
    }

    /// What each fault did; the numbers during those with a name have intervals where there are several replications.
    pub fn faults(&self) -> Vec<EstimatedFault> {
        let Some(sum) = &self.sum else { return Vec::new() };
        let run = self.run;
        let measured = sum.faults.measured(|collector, totals| run.numbers(collector, totals));
        let estimate = |(place, numbers): (usize, PolicyNumbers)| {
            let sizes = self.during.of_fault(place, FEWEST_BATCHES).filter(|parts| parts.len() > 1);
            run.estimated(numbers, sizes.map(|parts| run.of_replications(&parts)).collect())
        };
        let faults = measured.into_iter().enumerate().map(|(place, fault)| EstimatedFault {
            effect: fault.effect,
            during: fault.during.map(|numbers| estimate((place, numbers))),
            replications: self.parts.len() as u64,
        });
        faults.collect()
    }

    /// What the policy can sustain, and how near the arrivals come to it, retries included; near saturation, what other
    /// loads would do to these numbers.
    ///
    /// # Errors
    /// [`Halted`] when `progress` broke off.
    pub fn saturation(&self, estimated: &Estimated, progress: &OnProgress<'_>) -> Result<Saturation, Halted> {
        let PolicyRun { scenario, policy, .. } = self.run;
        let seconds_each = self.seconds_each();
        let loads = Loads::new(scenario, policy);
        let mut found = loads.saturation(seconds_each);
        if found.state == Some(LoadState::NearSaturation) {
            found.sensitivity = sensitivity(scenario, policy, &found, estimated, progress)?;
            found.message = found.warning(seconds_each);
        }
        Ok(self.retried(found, &loads, estimated))
    }

    /// The same of a policy whose capacity is known, without other loads.
    pub fn saturation_at(&self, capacity: &Capacity, estimated: &Estimated) -> Saturation {
        let PolicyRun { scenario, policy, .. } = self.run;
        let loads = Loads::with_capacity(scenario, policy, capacity.clone());
        self.retried(loads.saturation(self.seconds_each()), &loads, estimated)
    }

    fn retried(&self, found: Saturation, loads: &Loads<'_>, estimated: &Estimated) -> Saturation {
        let (scenario, seconds_each) = (self.run.scenario, self.seconds_each());
        let replications = self.parts.len() as u64;
        let load_at = |rate| loads.load(rate);
        let windows = self.windows();
        let found = with_retries(found, &estimated.numbers, &windows, scenario, replications, seconds_each, load_at);
        Saturation { message: found.message.map(|message| message.with(&estimated.numbers.requests)), ..found }
    }

    fn windows(&self) -> Vec<(SimTime, SimTime, WindowCounts)> {
        self.windowed().map_or_else(Vec::new, |over_time| over_time.counts().collect())
    }

    fn windowed(&self) -> Option<&OverTime> {
        self.sum.as_ref()?.over_time.as_ref()
    }

    /// How long the measured time of each replication was, on average.
    fn seconds_each(&self) -> f64 {
        let nanos = self.sum.as_ref().map_or(0, |sum| sum.totals.nanos);
        nanos as f64 / 1e9 / self.parts.len().max(1) as f64
    }
}

impl PolicyRun<'_> {
    fn backends(&self) -> Vec<&str> {
        self.scenario.backends().keys().map(String::as_str).collect()
    }

    fn estimated(&self, numbers: PolicyNumbers, levels: Vec<Observations>) -> Estimated {
        Estimated::new(numbers, levels, self.scenario.run().confidence, &self.backends())
    }

    fn observations(&self, parts: &[PolicyNumbers], method: Method) -> Observations {
        Observations::of(parts, method, self.scenario.workload().classes.len(), &self.backends())
    }

    fn of_replications(&self, parts: &[PolicyNumbers]) -> Observations {
        self.observations(parts, Method::Replications)
    }

    /// What the batches of a run gave, then those twice as long, and so on.
    fn of_batches(&self, batches: &mut BatchObserver) -> Vec<Observations> {
        let mut levels = Vec::new();
        loop {
            let whole = batches.whole().map(|(collector, totals)| self.numbers(collector, &totals));
            let parts: Vec<_> = whole.collect();
            levels.push(self.observations(&parts, Method::Batches { requests: batches.size() }));
            if parts.len() / 2 < FEWEST_BATCHES {
                return levels;
            }
            batches.join_pairs();
        }
    }
}
