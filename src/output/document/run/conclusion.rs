//! What follows from a run, in one sentence: which policy answers fastest, by how much, and which do not sustain the load.
//!
//! "Within" is about every request that arrived, so a policy is never fast because it does not answer. Policies whose order
//! chance may explain are not put in order.

use std::cmp::Ordering;

use crate::model::ActivityGroup;
use crate::output::block::number::{self, TimeUnit, significant};
use crate::stats::{DifferenceVerdict, LoadWarning, MUCH_UNANSWERED, PolicyResults, ScenarioResults};
use crate::study::SHORT_RUN;

/// Maximum number of policies that are compared one by one with the fastest.
const COMPARED: usize = 4;

/// The sentence; `None` if no request arrived.
pub fn conclusion(results: &ScenarioResults) -> Option<String> {
    if results.policies.iter().all(|policy| policy.requests.arrived == 0) {
        return None;
    }
    let mut sound: Vec<Sound<'_>> = results.policies.iter().filter_map(Sound::of).collect();
    sound.sort_by(|one, other| one.takes_ms.total_cmp(&other.takes_ms));
    let troubles = troubles(results);
    let mut parts = Vec::new();
    if let Some((first, others)) = sound.split_first() {
        parts.push(ranking(first, others, results));
    }
    parts.extend(troubles);
    Some(format!("{}.", parts.join("; ")))
}

/// A policy that answers nearly every request, and would go on doing so.
#[derive(Clone, Copy)]
struct Sound<'a> {
    policy: &'a PolicyResults,
    /// The mean response time of a short run; the time within which 99 % of the requests of a long one are answered.
    takes_ms: f64,
}

impl<'a> Sound<'a> {
    fn of(policy: &'a PolicyResults) -> Option<Self> {
        let p99 = policy.all_arrived.numbers.get("p99").copied().flatten();
        let takes_ms = if is_short(policy) { policy.response_time_ms.mean } else { p99 }?;
        Trouble::of(policy).is_none().then_some(Self { policy, takes_ms })
    }
}

fn is_short(policy: &PolicyResults) -> bool {
    policy.requests.arrived <= SHORT_RUN
}

/// `async answers 99% of the requests within 230 ms, 4.1 × faster than sync`, or of a short run `async answers in 170 ms on average`.
fn ranking(first: &Sound<'_>, others: &[Sound<'_>], results: &ScenarioResults) -> String {
    let (equal, slower): (Vec<_>, Vec<_>) =
        others.iter().partition(|other| other.takes_ms.total_cmp(&first.takes_ms) == Ordering::Equal);
    let names: Vec<String> = std::iter::once(first).chain(equal).map(|sound| sound.policy.name.clone()).collect();
    let (verb, all) = match names.len() {
        1 => ("answers", ""),
        2 => ("answer", "both "),
        _ => ("answer", "all "),
    };
    let takes = time(first.takes_ms);
    let mut text = match is_short(first.policy) {
        true => format!("{} {all}{verb} in {takes} on average", list(&names)),
        false => format!("{} {all}{verb} 99% of the requests within {takes}", list(&names)),
    };
    let mut compared: Vec<(bool, String)> =
        slower.iter().take(COMPARED).map(|other| compared(first, other, results)).collect();
    // What is sure comes first.
    compared.sort_by_key(|(is_sure, _)| !is_sure);
    let compared: Vec<String> = compared.into_iter().map(|(_, words)| words).collect();
    if !compared.is_empty() {
        text.push_str(&format!(", {}", list(&compared)));
    }
    text
}

/// How a slower policy compares with the fastest, `4.1 × faster than sync`, and whether that is sure.
fn compared(first: &Sound<'_>, other: &Sound<'_>, results: &ScenarioResults) -> (bool, String) {
    let name = &other.policy.name;
    let faster = faster(other.takes_ms / first.takes_ms);
    match order(first, other, results) {
        Order::Faster => (true, format!("{faster} faster than {name}")),
        Order::Equal => (false, format!("no faster than {name} ({}) beyond chance", time(other.takes_ms))),
        Order::Undecided => (false, format!("{faster} faster than {name} in this run, which may be chance")),
    }
}

/// Whether the fastest is known to be faster than another.
enum Order {
    Faster,
    /// The interval of the difference contains 0.
    Equal,
    Undecided,
}

/// By the paired difference at the highest percentile that has a verdict, else by whether the intervals at p99 are apart. A short run
/// is a picture of these requests, in which chance has no part.
fn order(first: &Sound<'_>, other: &Sound<'_>, results: &ScenarioResults) -> Order {
    if is_short(first.policy) || are_apart(first, other) {
        return Order::Faster;
    }
    let (first, other) = (first.policy.name.as_str(), other.policy.name.as_str());
    let pair = results.comparisons.iter().find(|pair| {
        let pair = [pair.policy.as_str(), pair.against.as_str()];
        pair == [first, other] || pair == [other, first]
    });
    let Some(pair) = pair else { return Order::Undecided };
    let expected = if pair.policy == first { DifferenceVerdict::Faster } else { DifferenceVerdict::Slower };
    let verdicts = pair.differences.iter().rev().map(|difference| (difference.metric, difference.verdict));
    let decided = verdicts.into_iter().find(|(_, verdict)| *verdict != DifferenceVerdict::Undecided);
    match decided {
        Some((_, verdict)) if verdict == expected => Order::Faster,
        Some(("p99", DifferenceVerdict::NoDifference)) => Order::Equal,
        Some(_) | None => Order::Undecided,
    }
}

/// Whether both have an interval at p99, and the intervals do not touch.
fn are_apart(first: &Sound<'_>, other: &Sound<'_>) -> bool {
    let interval = |sound: &Sound<'_>| sound.policy.all_arrived.confidence.as_ref()?.intervals.get("p99").copied();
    interval(first).zip(interval(other)).is_some_and(|([_, high], [low, _])| high < low)
}

/// What keeps a policy from answering nearly all requests in a time that does not grow.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trouble {
    Deadlock,
    Incomplete,
    /// The queue grows without bound.
    Unstable,
    /// The excess gets no answer.
    Overloaded,
    Collapsed {
        since_ms: f64,
    },
    /// More than 1 % of the requests get no answer.
    Unanswered,
}

impl Trouble {
    fn of(policy: &PolicyResults) -> Option<Self> {
        if policy.deadlock.is_some() {
            return Some(Self::Deadlock);
        }
        if policy.incomplete.is_some() {
            return Some(Self::Incomplete);
        }
        match policy.saturation.as_ref().and_then(|saturation| saturation.message) {
            Some(LoadWarning::Unstable { .. } | LoadWarning::Overloaded { begun: false, .. }) => Some(Self::Unstable),
            Some(LoadWarning::Overloaded { begun: true, .. }) => Some(Self::Overloaded),
            Some(LoadWarning::Collapsed(found)) => Some(Self::Collapsed { since_ms: found.since_ms }),
            Some(LoadWarning::NearSaturation { .. } | LoadWarning::PeakAboveCapacity { .. }) | None => {
                let share = policy.error_rate.unwrap_or_default();
                (share > MUCH_UNANSWERED).then_some(Self::Unanswered)
            }
        }
    }

    /// What happens to such a policy.
    fn clause(self, name: &str, policy: &PolicyResults) -> String {
        let unanswered = format!("{} of the requests get no answer", number::percent(policy.error_rate));
        match self {
            Self::Deadlock => format!("{name} comes to a deadlock, {unanswered}"),
            Self::Incomplete => format!("{name} did not run to its end"),
            Self::Unstable => format!("{name} is overloaded, and its mean wait of {} grows", time(waiting_ms(policy))),
            Self::Overloaded => format!("{name} is overloaded, {unanswered}"),
            Self::Collapsed { since_ms } => {
                format!("{name} collapses after {} s, {unanswered}", significant(since_ms / 1e3))
            }
            Self::Unanswered => {
                let share = number::percent(policy.error_rate);
                format!("{name} leaves {share} of the requests without an answer")
            }
        }
    }
}

/// What is wrong with each policy that has a trouble, a clause each.
fn troubles(results: &ScenarioResults) -> Vec<String> {
    let clause = |policy: &PolicyResults| Some(Trouble::of(policy)?.clause(&policy.name, policy));
    results.policies.iter().filter_map(clause).collect()
}

fn waiting_ms(policy: &PolicyResults) -> f64 {
    policy.breakdown_ms.total_of(ActivityGroup::Wait)
}

/// How many times as long the other takes: `4.1 ×`, and always so, that two of them can be compared.
fn faster(ratio: f64) -> String {
    match ratio {
        ..1.005 => "slightly".to_owned(),
        ..1.095 => format!("{ratio:.2} ×"),
        ..9.95 => format!("{ratio:.1} ×"),
        _ => format!("{} ×", number::count(ratio.round() as u64)),
    }
}

fn time(ms: f64) -> String {
    let unit = TimeUnit::of([Some(ms)]);
    format!("{} {}", unit.column(&[Some(ms)]).concat(), unit.name)
}

/// `a`, `a and b`, `a, b and c`.
fn list(items: &[String]) -> String {
    match items.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use super::*;
    use crate::scenario::Scenario;
    use crate::study::{self, Options, Watch};

    fn results(policies: &str, rest: &str) -> ScenarioResults {
        let scenario = format!(
            r#"{{ "classes": {{ "page": {{ "phases": [ {{ "db": "20ms" }}, {{ "compute": "5ms" }} ] }} }}, "policies": [ {policies} ], {rest} }}"#
        );
        let scenario = Scenario::from_json(&scenario).unwrap_or_else(|error| panic!("{error}"));
        let mut watch = Watch { progress: &|_| ControlFlow::Continue(()), rows: None };
        study::run(&scenario, &Options::default(), &mut watch).unwrap()
    }

    fn of(policies: &str, rest: &str) -> String {
        conclusion(&results(policies, rest)).unwrap()
    }

    const TWO_AT_ONCE: &str = r#""arrivals": { "at": [ { "time": "0ms" }, { "time": "0ms" } ] }"#;

    #[test]
    fn a_short_run_is_told_as_what_happened() {
        assert_eq!(of(r#"{ "sync": {} }"#, TWO_AT_ONCE), "sync answers in 37.5 ms on average.");
        assert_eq!(
            of(r#"{ "sync": {} }, { "async": {} }"#, TWO_AT_ONCE),
            "async answers in 27.5 ms on average, 1.4 × faster than sync."
        );
    }

    #[test]
    fn all_others_are_compared_by_one_measure() {
        let [little, much] = [1.374, 2.1].map(faster);
        assert_eq!([little, much, faster(1.021), faster(1.001)], ["1.4 ×", "2.1 ×", "1.02 ×", "slightly"]);
    }

    #[test]
    fn equals_share_the_first_place() {
        let one = r#""arrivals": { "at": [ { "time": "0ms" } ] }"#;
        let three = r#"{ "sync": {} }, { "threaded": {} }, { "async": {} }"#;
        assert_eq!(of(three, one), "sync, threaded and async all answer in 25 ms on average.");
        assert_eq!(of(r#"{ "sync": {} }, { "async": {} }"#, one), "sync and async both answer in 25 ms on average.");
    }

    #[test]
    fn an_order_is_told_as_sure_as_it_is() {
        let policies = r#"{ "sync": { "workers": 3 } }, { "async": {} }"#;
        let run = |replications: u32, requests: u32| {
            of(
                policies,
                &format!(
                    r#""arrivals": {{ "poisson": "60/s" }}, "run": {{ "requests": {requests}, "replications": {replications} }}"#
                ),
            )
        };
        let decided = run(8, 2000);
        assert!(
            decided.starts_with("async answers 99% of the requests within ") && decided.ends_with("faster than sync."),
            "{decided}"
        );
        let undecided = run(1, 300);
        assert!(undecided.ends_with("faster than sync in this run, which may be chance."), "{undecided}");
        let twins = of(
            r#"{ "sync": { "workers": 3 } }, { "sync": { "name": "other", "workers": 3, "dispatch": "random" } }"#,
            r#""arrivals": { "constant": "30/s" }, "run": { "requests": 200, "replications": 4 }"#,
        );
        assert_eq!(twins, "sync and other both answer 99% of the requests within 25 ms.");
    }

    #[test]
    fn who_does_not_sustain_the_load_is_never_the_fastest() {
        let long = r#""run": { "requests": 3000 }"#;
        let overloaded =
            of(r#"{ "sync": {} }, { "async": {} }"#, &format!(r#""arrivals": {{ "poisson": "60/s" }}, {long}"#));
        assert!(overloaded.starts_with("async answers 99% of the requests within "), "{overloaded}");
        assert!(overloaded.contains("; sync is overloaded, and its mean wait of "), "{overloaded}");
        let rejects = of(
            r#"{ "sync": { "backlog": 0 } }, { "async": {} }"#,
            &format!(r#""arrivals": {{ "poisson": "60/s" }}, {long}"#),
        );
        assert!(rejects.starts_with("async answers ") && rejects.contains("; sync is overloaded, "), "{rejects}");
        assert!(rejects.ends_with("of the requests get no answer."), "{rejects}");
        // Nothing is rejected before the backlog is full.
        let grows = of(
            r#"{ "sync": { "backlog": 2048 } }, { "async": {} }"#,
            &format!(r#""arrivals": {{ "poisson": "45/s" }}, {long}"#),
        );
        assert!(grows.contains("; sync is overloaded, and its mean wait of "), "{grows}");
        assert!(!grows.contains("get no answer"), "{grows}");
        let none =
            of(r#"{ "sync": {} }, { "async": {} }"#, &format!(r#""arrivals": {{ "poisson": "900/s" }}, {long}"#));
        assert!(none.starts_with("sync is overloaded") && none.contains("; async is overloaded"), "{none}");
    }
}
