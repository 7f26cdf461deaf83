//! What is said about the choice of a policy, on one screen.

use std::collections::HashSet;

use crate::model::MetricUnit;
use crate::output::block::number::{self, count, quantity, range, short_percent, significant};
use crate::output::block::{Block, Definitions, Table};
use crate::output::words;
use crate::study::{
    Configuration, MoreIsWorse, Plan, PlanChange, PlanDecision, PlanVerdict, PolicyPlan, RuleOfThumb, Tried,
    TriedObjective, VariedObjective,
};

/// The verdict in a sentence.
pub fn headline(policy: &PolicyPlan) -> String {
    let name = &policy.name;
    if let Some(choice) = choice(name, policy.choice.as_ref(), policy.more_is_worse.as_ref()) {
        let stays = words::sizes_that_stay(policy).map(|sizes| format!(" ({sizes})")).unwrap_or_default();
        return format!("{choice}{stays}");
    }
    match policy.verdict {
        PlanVerdict::Meets => format!("{name}: {}", max_load(policy).unwrap_or_default()),
        PlanVerdict::Impossible | PlanVerdict::Undecided => {
            let floor = policy.floor_ms.map(|floor| quantity(floor, None, MetricUnit::Time));
            let why = policy.why.as_ref().map(|why| words::why_not(why, floor.as_deref()));
            let why = why.or(max_load(policy)).unwrap_or_else(|| words::plan_verdict(policy.verdict).to_owned());
            format!("{name}: {why}")
        }
    }
}

/// What was chosen for a policy, if anything was.
pub fn choice(name: &str, choice: Option<&Configuration>, more_is_worse: Option<&MoreIsWorse>) -> Option<String> {
    let worse = match more_is_worse {
        Some(worse) => format!("; more is worse: it fails from {} {} on", worse.fails_from, worse.size),
        None => String::new(),
    };
    Some(format!("{name}: {}{worse}", words::configuration(choice?)))
}

/// All blocks of a policy.
pub fn sections(plan: &Plan, policy: &PolicyPlan) -> Vec<Block> {
    let passes = policy.verdict == PlanVerdict::Meets;
    let mut blocks = vec![Block::Verdict { passes, sentence: headline(policy) }];
    blocks.extend(near_saturation(plan, policy).map(|warning| Block::Warnings(vec![warning])));
    let entries = entries(plan, policy);
    if !entries.is_empty() {
        blocks.push(Block::Definitions(Definitions { title: plan.slo.join(", "), entries, none: "" }));
    }
    match policy.choice {
        Some(_) => blocks.extend(flags(policy)),
        None => blocks.extend(tried(policy).map(Block::Table)),
    }
    blocks
}

/// Term by term, in the order in which one asks.
fn entries(plan: &Plan, policy: &PolicyPlan) -> Vec<(String, String)> {
    let mut entries: Vec<(String, String)> = Vec::new();
    let mut add = |term: &str, value: Option<String>| entries.extend(value.map(|value| (term.to_owned(), value)));
    let choice = policy.tried.iter().find(|tried| Some(&tried.configuration) == policy.choice.as_ref());
    if let Some(choice) = choice {
        for (name, objective) in names(&choice.objectives).iter().zip(&choice.objectives) {
            add(name, value_at(objective));
        }
        let has_p99 = choice.objectives.iter().any(|objective| objective.metric == "p99");
        add("p99", p99(choice).filter(|_| !has_p99));
        add("certainty", Some(certainty(plan, policy)));
        add("in the file", smaller_than_it_is(policy));
    }
    add("more load", max_load(policy).filter(|_| choice.is_some()));
    add("binds next", binds_next(policy));
    for variation in policy.variations.iter().chain(&policy.more_cpu_time) {
        let found = |objective: &VariedObjective| valued(objective.value, objective.value_interval, objective.unit);
        let objectives = variation.objectives.iter();
        let values: Vec<String> = names_of(objectives.clone().map(|one| (&*one.metric, &*one.objective)))
            .into_iter()
            .zip(objectives)
            .map(|(name, objective)| format!("{name} {}", found(objective)))
            .collect();
        let verdict = words::plan_decision(variation.verdict);
        let found = if variation.overloaded { words::OVERLOADED.to_owned() } else { values.join(", ") };
        add(&words::plan_change(&variation.change), Some(format!("{verdict}; {found}")));
    }
    add("rule of thumb", policy.rule_of_thumb.as_ref().map(|rule| rule_of_thumb(policy, rule)));
    add("feasible", feasible(policy));
    add("cheaper, too close", undecided(policy));
    add("frontier", frontier(policy));
    entries
}

/// What objectives bound, in names that differ if they do: `p95`, `browse.p95`, or with everything before the bound.
fn names_of<'o>(objectives: impl Iterator<Item = (&'o str, &'o str)>) -> Vec<&'o str> {
    let (metrics, texts): (Vec<&str>, Vec<&str>) = objectives.unzip();
    let wholes: Vec<&str> = texts.iter().map(|text| before_the_bound(text)).collect();
    let of_classes: Vec<&str> = wholes.iter().map(|whole| whole.rsplit(": ").next().unwrap_or(whole)).collect();
    let differ = |names: &[&str]| names.iter().collect::<HashSet<_>>().len() == names.len();
    if differ(&metrics) {
        metrics
    } else if differ(&of_classes) {
        of_classes
    } else {
        wholes
    }
}

/// `during slow payments: browse.p95` of `during slow payments: browse.p95 < 500ms`.
fn before_the_bound(objective: &str) -> &str {
    const COMPARISON: [char; 3] = ['<', '>', '='];
    let end = objective.rfind(COMPARISON).unwrap_or(objective.len());
    objective[..end].trim_end_matches(COMPARISON).trim_end()
}

fn names(objectives: &[TriedObjective]) -> Vec<&str> {
    names_of(objectives.iter().map(|one| (&*one.metric, &*one.objective)))
}

/// A warning where a little more load takes much more time, and what helps if nothing else was asked for.
fn near_saturation(plan: &Plan, policy: &PolicyPlan) -> Option<String> {
    let load = policy.near_saturation?;
    let warning = format!("{}: near saturation: offered {load:.2} × capacity", policy.name);
    let is_more = |change: &PlanChange| match change {
        PlanChange::Load { factor } => *factor > 1.0,
        PlanChange::QueryTime { .. } | PlanChange::CpuTime { .. } => false,
    };
    let more = policy.variations.iter().find(|variation| is_more(&variation.change));
    let hint = match more.map(|more| more.verdict) {
        _ if plan.robust || policy.choice.is_none() => None,
        Some(PlanDecision::Meets) => None,
        Some(PlanDecision::Fails) => Some("with a tenth more load it fails; `--robust` chooses one that stands it"),
        Some(PlanDecision::Undecided) | None => {
            Some("whether it stands a tenth more load is not known; `--robust` chooses one that does")
        }
    };
    Some(hint.map_or(warning.clone(), |hint| format!("{warning}; {hint}")))
}

/// That the choice is smaller than what the scenario has: what there is of the rest is not needed for these objectives.
fn smaller_than_it_is(policy: &PolicyPlan) -> Option<String> {
    let choice = policy.choice.as_ref().filter(|choice| choice.is_smaller_than(&policy.as_it_is))?;
    let as_it_is = words::configuration(&policy.as_it_is);
    Some(format!(
        "{as_it_is}, which these objectives do not need; if {} is too few in reality, the scenario lacks what makes it so",
        words::configuration(choice)
    ))
}

/// `241 ms (238 to 244 ms); 0.83% of the requests are above the bound (0.80% to 0.86%)`.
fn value_at(objective: &TriedObjective) -> Option<String> {
    let value = valued(objective.value, objective.value_interval, objective.unit);
    let above = shares_above(objective)
        .map(|[above, low, high]| format!("; {above} of the requests above the bound ({low} to {high})"));
    Some(format!("{value}{}", above.unwrap_or_default()))
}

/// The share of requests above the bound, and the ends of its interval.
fn shares_above(objective: &TriedObjective) -> Option<[String; 3]> {
    let percent = |share: f64| format!("{}%", significant(share.max(0.0) * 100.0));
    let [low, high] = objective.interval?;
    Some([objective.above?, low, high].map(percent))
}

fn valued(value: Option<f64>, interval: Option<[f64; 2]>, unit: MetricUnit) -> String {
    let Some(value) = value else { return "no value".to_owned() };
    let shown = quantity(value, None, unit);
    match interval.filter(|[low, high]| high > low) {
        Some(ends) => format!("{shown} ({})", range(ends, unit)),
        None => shown,
    }
}

fn p99(choice: &Tried) -> Option<String> {
    Some(valued(Some(choice.p99_ms?), choice.p99_interval_ms, MetricUnit::Time))
}

fn certainty(plan: &Plan, policy: &PolicyPlan) -> String {
    let within = short_percent(plan.within);
    let robust =
        if plan.robust { ", also at +10 % load, with queries 20 % slower and with 20 % more CPU time" } else { "" };
    format!(
        "right with a probability of {} within {within} of each bound{robust}; {} configurations, {} requests",
        short_percent(plan.confidence),
        policy.tried.len(),
        count(policy.requests)
    )
}

/// `met up to 81.0/s, no longer at 83.5/s (80/s arrive)`.
fn max_load(policy: &PolicyPlan) -> Option<String> {
    let rate = |rate: f64| quantity(rate, None, MetricUnit::Rate);
    let offered = policy.offered_per_s.map(|offered| format!(" ({} arrive)", rate(offered))).unwrap_or_default();
    Some(match policy.max_load_per_s? {
        [Some(low), Some(high)] => format!("met up to {}, no longer at {}{offered}", rate(low), rate(high)),
        [Some(low), None] => format!("met up to {} at least{offered}", rate(low)),
        [None, Some(high)] => format!("not met at {}{offered}", rate(high)),
        [None, None] => return None,
    })
}

/// A station that would bind only at this many times the capacity is not mentioned.
const FAR: f64 = 100.0;

/// `workers, at 100/s; then the cores, at 200/s`.
fn binds_next(policy: &PolicyPlan) -> Option<String> {
    let capacity = policy.capacity_per_s?;
    let load =
        policy.offered_per_s.map(|offered| format!(", {} of it used", number::percent(Some(offered / capacity))));
    let first = format!(
        "{}; capacity {}{}",
        words::binding(&policy.binds_next),
        quantity(capacity, None, MetricUnit::Rate),
        load.unwrap_or_default()
    );
    let next = policy.stations.iter().find(|station| !station.binds && station.bound_per_s < FAR * capacity);
    let next = next.map(|station| {
        let name = words::binding(std::slice::from_ref(&station.station));
        format!("; then {name} at {}", quantity(station.bound_per_s, None, MetricUnit::Rate))
    });
    Some(format!("{first}{}", next.unwrap_or_default()))
}

/// What is known of a configuration that fails: `it fails (p95 631 ms (600 to 650 ms))`.
fn fails(tried: Option<&Tried>) -> String {
    let Some(tried) = tried else { return "wrong: it fails".to_owned() };
    let shown = |name: &str, value, interval, unit| format!("{name} {}", valued(value, interval, unit));
    let found: Vec<String> = match &tried.under {
        _ if tried.overloaded => vec![words::OVERLOADED.to_owned()],
        Some(_) => {
            let all = tried.under_objectives.iter().filter(|one| one.value.is_some());
            all.map(|one| shown(&one.metric, one.value, one.value_interval, one.unit)).collect()
        }
        None => {
            let failed =
                tried.objectives.iter().filter(|one| one.verdict == PlanDecision::Fails && one.value.is_some());
            failed.map(|one| shown(&one.metric, one.value, one.value_interval, one.unit)).collect()
        }
    };
    let found = if found.is_empty() { String::new() } else { format!(": {}", found.join(", ")) };
    let meets = tried.objectives.iter().all(|one| one.verdict == PlanDecision::Meets);
    match &tried.under {
        Some(change) if meets => {
            format!("meets the objectives as it is, fails at {}{found}", words::plan_change(change))
        }
        Some(change) => format!("wrong: it fails at {}{found}", words::plan_change(change)),
        None => format!("wrong: it fails{found}"),
    }
}

fn rule_of_thumb(policy: &PolicyPlan, rule: &RuleOfThumb) -> String {
    let tried = policy.tried.iter().find(|tried| tried.configuration == rule.configuration);
    let verdict = match (rule.verdict, rule.is_choice) {
        (PlanDecision::Meets, true) => "right: the same".to_owned(),
        (PlanDecision::Meets, false) => {
            format!("meets the objectives at {} the cost", number::times(Some(rule.times_cost)))
        }
        (PlanDecision::Fails, _) => fails(tried),
        (PlanDecision::Undecided, _) => "too close to tell".to_owned(),
    };
    format!("{}: {}; {verdict}", words::thumb_rule(rule.rule), words::configuration(&rule.configuration))
}

/// Where more is worse, the ranges that were found.
fn feasible(policy: &PolicyPlan) -> Option<String> {
    policy.more_is_worse.as_ref()?;
    let range = |[from, to]: &[u32; 2]| if from == to { from.to_string() } else { format!("{from} to {to}") };
    let ranges: Vec<String> = policy.ranges.iter().map(range).collect();
    Some(format!("{} {} of those that were tried", ranges.join(", "), policy.sizes.last()?))
}

fn undecided(policy: &PolicyPlan) -> Option<String> {
    let all: Vec<String> = policy.undecided.iter().map(words::configuration).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// The cheapest configurations, with their p99.
fn frontier(policy: &PolicyPlan) -> Option<String> {
    const MOST: usize = 5;
    let choice = policy.frontier.iter().position(|point| Some(&point.configuration) == policy.choice.as_ref());
    let first = choice.map_or(0, |choice| choice.saturating_sub(1));
    let shown = policy.frontier.iter().skip(first).take(MOST);
    let shown: Vec<String> = shown
        .map(|point| {
            format!(
                "{} p99 {}",
                words::configuration(&point.configuration),
                quantity(point.p99_ms, None, MetricUnit::Time)
            )
        })
        .collect();
    (shown.len() > 1).then(|| shown.join("; "))
}

/// What to write for real products.
fn flags(policy: &PolicyPlan) -> Option<Block> {
    let entries: Vec<(String, String)> =
        words::product_flags(policy).into_iter().map(|flags| (flags.product.to_owned(), flags.text)).collect();
    (!entries.is_empty())
        .then(|| Block::Definitions(Definitions { title: format!("{} as flags", policy.name), entries, none: "" }))
}

/// The configurations that were tried, where none was chosen.
fn tried(policy: &PolicyPlan) -> Option<Table> {
    const MOST: usize = 12;
    let shown: Vec<&Tried> = policy.tried.iter().rev().take(MOST).collect();
    if shown.is_empty() {
        return None;
    }
    let names = shown.iter().map(|tried| (false, words::configuration(&tried.configuration)));
    let mut table = Table::of("Tried, the last first", "configuration", names);
    let missed = |tried: &Tried| tried.objectives.iter().find(|one| one.verdict != PlanDecision::Meets).cloned();
    table.names("verdict", shown.iter().map(|tried| words::plan_decision(tried.verdict).to_owned()).collect());
    let under: Vec<Option<String>> = shown.iter().map(|tried| tried.under.as_ref().map(words::plan_change)).collect();
    if under.iter().any(Option::is_some) {
        table.names("at", under.into_iter().map(Option::unwrap_or_default).collect());
    }
    table.names("found", shown.iter().map(|tried| found(tried, missed(tried).as_ref())).collect());
    let above = |tried: &&Tried| {
        let missed = missed(tried).filter(|_| !tried.overloaded && tried.under.is_none());
        let shares = missed.as_ref().and_then(shares_above);
        shares.map(|[above, low, high]| format!("{above} ({low} to {high})")).unwrap_or_default()
    };
    let above: Vec<String> = shown.iter().map(above).collect();
    if above.iter().any(|cell| !cell.is_empty()) {
        table.names("above the bound", above);
    }
    table.numbers("", "requests", shown.iter().map(|tried| count(tried.requests)).collect());
    Some(table)
}

/// What was found of the first objective that is not met.
fn found(tried: &Tried, missed: Option<&TriedObjective>) -> String {
    let varied = tried.under_objectives.iter().find(|one| one.value.is_some()).filter(|_| tried.under.is_some());
    match (varied, missed) {
        _ if tried.overloaded => words::OVERLOADED.to_owned(),
        (Some(one), _) => valued(one.value, one.value_interval, one.unit),
        (None, Some(missed)) => valued(missed.value, missed.value_interval, missed.unit),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objectives_have_names_that_differ() {
        let names = |texts: &[&'static str]| names_of(texts.iter().map(|text| ("p95", *text))).join(", ");
        assert_eq!(names(&["p95 < 1s"]), "p95");
        assert_eq!(names(&["a.p95 < 1s", "warn: b.p95<=1s"]), "a.p95, b.p95");
        assert_eq!(names(&["a.p95 < 1s", "during slow: a.p95>=1s"]), "a.p95, during slow: a.p95");
    }
}
