//! What was asked of the results, and whether they meet it.
//!
//! Percentiles and maxima are of every request that arrived: one without an answer is slower than any bound. A number that
//! is infinite so is no value to show, but it breaks every upper bound.

use crate::model::{Metric, Named, Population, Quantity};
use crate::scenario::{Comparison, Objective, Scenario};
use crate::stats::{
    ClassNumbers, Estimated, MUCH_UNANSWERED, ObjectiveResult, ObjectiveVerdict, PolicyEstimate, Recovery,
    RequestCounts, RequestIntervals, Tails, Undecided, UndecidedReason,
};

use super::decision::{BoundEvidence, undecided};

/// Every objective of the scenario, evaluated for each policy it concerns; in the order of the scenario. Policies that did
/// not run are left out.
pub(super) fn judge(scenario: &Scenario, policies: &[PolicyEstimate], backends: &[&str]) -> Vec<ObjectiveResult> {
    let concerns = |objective: &Objective, policy: &PolicyEstimate| {
        objective.policy.is_none_or(|place| scenario.policies()[place].name() == policy.profile.name)
    };
    let pairs = scenario.objectives().iter().flat_map(|objective| {
        policies.iter().filter(move |policy| concerns(objective, policy)).map(move |policy| (objective, policy))
    });
    pairs.map(|(objective, policy)| judge_one(objective, policy, scenario, backends)).collect()
}

/// The numbers of a policy, or of one of its classes.
struct JudgedNumbers<'a> {
    estimated: &'a Estimated,
    /// The class's place in the scenario.
    class: Option<usize>,
    of_class: Option<&'a ClassNumbers>,
}

impl<'a> JudgedNumbers<'a> {
    fn new(estimated: &'a Estimated, class: Option<usize>) -> Self {
        let of_class = class.and_then(|class| estimated.numbers.classes.get_index(class));
        Self { estimated, class: class.filter(|_| of_class.is_some()), of_class: of_class.map(|(_, class)| class) }
    }

    fn number(&self, metric: Metric, backends: &[&str]) -> Option<f64> {
        match self.of_class {
            Some(class) => class.metric(metric),
            None => self.estimated.numbers.metric(metric, backends),
        }
    }

    fn requests(&self) -> &'a RequestCounts {
        self.of_class.map_or(&self.estimated.numbers.requests, |class| &class.requests)
    }

    fn error_rate(&self) -> Option<f64> {
        self.of_class.map_or(self.estimated.numbers.error_rate, |class| class.error_rate)
    }

    fn tails(&self) -> &'a Tails {
        self.of_class.map_or(&self.estimated.numbers.tails, |class| &class.tails)
    }

    /// The interval of a metric.
    fn interval(&self, metric: Metric, backends: &[&str]) -> Option<[f64; 2]> {
        let RequestIntervals { answered, all_arrived } = self.estimated.intervals(self.class)?;
        let intervals = if metric.population().is_arrived() { all_arrived } else { answered };
        intervals.intervals.get(&metric.name(backends)).copied()
    }

    /// The share without an answer of the requests or operations that a metric is about.
    fn without_answer(&self, metric: Metric) -> Option<f64> {
        let share = match metric.population().quantity()? {
            Quantity::OperationTime => self.operations_without_answer(),
            Quantity::ResponseTime | Quantity::Slowdown => self.error_rate(),
        };
        share.filter(|share| *share > 0.0)
    }

    fn operations_without_answer(&self) -> Option<f64> {
        self.estimated.numbers.operations.as_ref()?.error_rate
    }
}

fn judge_one(
    objective: &Objective,
    judged: &PolicyEstimate,
    scenario: &Scenario,
    backends: &[&str],
) -> ObjectiveResult {
    let fault = objective.during.or(objective.metric.fault());
    let fault = fault.and_then(|id| judged.faults.iter().find(|fault| fault.effect.fault == usize::from(id.0) + 1));
    let all_requests = judged.estimated.numbers.requests.arrived;
    let estimated = match objective.during {
        Some(_) => fault.and_then(|fault| fault.during.as_ref()).unwrap_or(&judged.estimated),
        None => &judged.estimated,
    };
    let metric = objective.metric;
    let class = objective.class.map(|class| usize::from(class.0));
    let scope = JudgedNumbers::new(estimated, class);
    let arrived = scope.requests().arrived;
    let recovery = metric.fault().and(fault).map(|fault| fault.effect.recovery_of(class));
    // What has not come to an end by the end of the run takes longer than any bound.
    let lasts = recovery.is_some_and(|(recovery, _)| recovery == Recovery::NotRecovered);
    let recovery_ms = recovery.and_then(|(_, time_ms)| time_ms);
    let headroom = (metric == Metric::Headroom).then(|| Headroom::of(judged)).flatten();
    let known = scope.number(metric, backends).or(recovery_ms).or(headroom.map(|headroom| headroom.share));
    let number = match known {
        Some(count) if objective.is_share => (arrived > 0).then(|| count / arrived as f64),
        number => number,
    };
    let number = number.or(lasts.then_some(f64::INFINITY));
    let verdict = verdict(objective, number, scope.tails());
    let value = number.filter(|number| number.is_finite());
    let interval = scope.interval(metric, backends).or(headroom.and_then(|headroom| headroom.interval));
    let uncertain = interval.is_some_and(|[low, high]| holds(objective, low) != holds(objective, high));
    let without_answer = scope.without_answer(metric);
    let has_no_value = value.is_none() && metric.population().is_arrived() && verdict != ObjectiveVerdict::NoData;
    let evidence = BoundEvidence {
        metric,
        number,
        bound: objective.bound,
        interval,
        without_answer: scope.interval(Metric::Named(Named::ErrorRate), backends),
        holds_bound: uncertain,
        class: scope.class,
        requests: scope.requests(),
        all_requests,
        during: objective.during.and(fault).map(|fault| fault.replications),
    };
    let is_known = verdict == ObjectiveVerdict::NoData || scenario.is_deterministic();
    ObjectiveResult {
        objective: objective.text.clone(),
        policy: judged.profile.name.clone(),
        fault: fault.and_then(|fault| fault.effect.name.clone()),
        class: scope.class.and_then(|class| estimated.numbers.classes.get_index(class)).map(|(name, _)| name.clone()),
        metric: objective.metric_name(backends),
        unit: objective.unit(),
        value,
        interval,
        without_answer,
        answered_only: matches!(metric.population(), Population::Answered(_))
            && without_answer.is_some_and(|share| share > MUCH_UNANSWERED),
        longest_wait_ms: scope.tails().longest_wait_ms.filter(|_| has_no_value),
        answered_value: has_no_value.then(|| scope.number(metric.of_answered(), backends)).flatten(),
        bound: objective.bound,
        warns: objective.warns,
        verdict,
        uncertain,
        undecided: match headroom {
            Some(_) => {
                let why = UndecidedReason::IntervalHoldsBound;
                uncertain.then_some(Undecided { why, requests: None, replications: None })
            }
            None if is_known => None,
            None => undecided(&evidence, estimated, scenario),
        },
        file: objective.origin.file.clone(),
        line: objective.origin.line,
        column: objective.origin.column,
        end_column: objective.origin.end_column,
    }
}

/// How much more load the capacity of a policy allows.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Headroom {
    /// Capacity / offered load − 1; infinite where nothing limits the policy.
    share: f64,
    /// Its interval, where the capacity was found by a run.
    interval: Option<[f64; 2]>,
}

impl Headroom {
    /// None where the arrivals have no load of their own.
    fn of(judged: &PolicyEstimate) -> Option<Self> {
        let saturation = judged.saturation.as_ref()?;
        let share = 1.0 / saturation.load? - 1.0;
        let margin = saturation.capacity_half_width_per_s.zip(saturation.capacity_per_s);
        let interval = margin.map(|(half_width, capacity)| {
            let reach = half_width / capacity * (share + 1.0);
            [share - reach, share + reach]
        });
        Some(Self { share, interval })
    }
}

fn holds(objective: &Objective, number: f64) -> bool {
    objective.comparison.holds(number, objective.bound)
}

fn verdict(objective: &Objective, number: Option<f64>, tails: &Tails) -> ObjectiveVerdict {
    let is_met = match number {
        Some(number) => holds(objective, number),
        // All are in flight. Those older than the bound have missed it, the others are left out.
        None => match at_least(objective.metric, tails) {
            Some(at_least) if at_least >= objective.bound => match objective.comparison {
                Comparison::Less | Comparison::AtMost | Comparison::Equal => false,
                Comparison::Greater | Comparison::AtLeast => true,
            },
            Some(_) | None => return ObjectiveVerdict::NoData,
        },
    };
    match (is_met, objective.warns) {
        (true, _) => ObjectiveVerdict::Met,
        (false, true) => ObjectiveVerdict::Warned,
        (false, false) => ObjectiveVerdict::Broken,
    }
}

/// What a percentile of every request that arrived is at least, where all that it is about are in flight.
fn at_least(metric: Metric, tails: &Tails) -> Option<f64> {
    metric.population().is_arrived().then(|| tails.at_least.get(metric.as_named()?.name()).copied())?
}
