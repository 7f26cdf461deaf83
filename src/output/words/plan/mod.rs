//! Plans in words.

mod products;

pub use self::products::product_flags;

use crate::policy::PolicySize;
use crate::scenario::{Diagnostic, Scenario};
use crate::study::{
    Configuration, NotPlannable, PlanChange, PlanDecision, PlanVerdict, PolicyPlan, ThumbRule, Unplannable, WhyNot,
};

use super::saturation::binding;

/// `2 workers × 4 threads`, `10 workers`, `pool.db.size 5`.
pub fn configuration(configuration: &Configuration) -> String {
    let size = |(name, size): (&String, &u32)| match name.as_str() {
        "workers" | "threads" | "cores" | "processes" | "replicas" => {
            let one = if *size == 1 {
                name.strip_suffix("es").filter(|_| name == "processes").unwrap_or(&name[..name.len() - 1])
            } else {
                name
            };
            format!("{size} {one}")
        }
        name => format!("{name} {size}"),
    };
    configuration.0.iter().map(size).collect::<Vec<_>>().join(" × ")
}

/// The sizes of the chosen policy that were not to be chosen: `with 4 workers`.
pub fn sizes_that_stay(plan: &PolicyPlan) -> Option<String> {
    let policy = plan.policy.as_ref()?;
    let rules = policy.rules();
    let threads = rules.thread_pool.as_ref().map(|pool| pool.threads).or(rules.slots);
    let sizes = [(PolicySize::Workers, Some(rules.workers)), (PolicySize::Threads, threads)];
    let stays = sizes.into_iter().filter_map(|(size, count)| {
        let name = policy.size_field(size).filter(|name| !plan.sizes.iter().any(|chosen| chosen == name))?;
        Some((name.to_owned(), count?))
    });
    let stays = Configuration(stays.collect());
    (!stays.0.is_empty()).then(|| format!("with {}", configuration(&stays)))
}

/// Why no configuration meets the objectives.
pub fn why_not(why: &WhyNot, floor: Option<&str>) -> String {
    match why {
        WhyNot::Floor { objective } => {
            let alone = floor.map(|floor| format!(": {floor} with no other request in the system")).unwrap_or_default();
            format!("impossible for any configuration, by the demands alone: `{objective}`{alone}")
        }
        WhyNot::Capacity { binding: stations } => {
            format!(
                "impossible: more requests arrive than the largest configuration can serve; limited by {}",
                binding(stations)
            )
        }
        WhyNot::AllFail => {
            "none of the configurations that were tried meets them, and larger ones are not nearer".to_owned()
        }
        WhyNot::WithinLimits { limits } => {
            format!("none of the configurations within {} meets them; larger ones were not tried", limits.join(", "))
        }
        WhyNot::TooClose => "undecided: the nearest configurations are too close to tell".to_owned(),
        WhyNot::Limits => "impossible: the limits allow no configuration".to_owned(),
        WhyNot::TimeLimit => "undecided: the time limit was reached".to_owned(),
    }
}

/// Why a configuration fails without a run.
pub const OVERLOADED: &str = "more arrive than it can serve";

/// A verdict in a word.
pub const fn plan_decision(decision: PlanDecision) -> &'static str {
    match decision {
        PlanDecision::Meets => "meets",
        PlanDecision::Fails => "fails",
        PlanDecision::Undecided => "undecided",
    }
}

/// A verdict of a policy in a word.
pub const fn plan_verdict(verdict: PlanVerdict) -> &'static str {
    match verdict {
        PlanVerdict::Meets => "meets",
        PlanVerdict::Impossible => "impossible",
        PlanVerdict::Undecided => "undecided",
    }
}

/// A usual rule, and where it comes from.
pub const fn thumb_rule(rule: ThumbRule) -> &'static str {
    match rule {
        ThumbRule::TwiceTheCoresPlusOne => "(2 × cores) + 1 workers (gunicorn's manual)",
        ThumbRule::OnePerCore => "one worker per core",
        ThumbRule::ProductDefault => "the product's default",
    }
}

/// What was changed: `load +10 %`.
pub fn plan_change(change: &PlanChange) -> String {
    let percent = |factor: f64| {
        let sign = if factor < 1.0 { "−" } else { "+" };
        format!("{sign}{:.0} %", ((factor - 1.0) * 100.0).abs())
    };
    match change {
        PlanChange::Load { factor } => format!("load {}", percent(*factor)),
        PlanChange::QueryTime { backend, factor } => format!("time of `{backend}` {}", percent(*factor)),
        PlanChange::CpuTime { factor } => format!("CPU time {}", percent(*factor)),
    }
}

/// Why there is no plan, and what to do about it.
pub fn not_plannable(why: &NotPlannable, scenario: &Scenario) -> Diagnostic {
    match why {
        NotPlannable::NoObjectives => Diagnostic::new(format!("`{}` has no objective to plan for", scenario.name()))
            .with_help("add one: `--slo \"p99 < 250ms\"`, or `slo` in the scenario; those with `warn:` are left out"),
        NotPlannable::Objective { place, why } => {
            let objective = &scenario.objectives()[*place];
            let (label, help) = match why {
                Unplannable::Equality => ("equality is never certain", "write `<`, `<=`, `>` or `>=`"),
                Unplannable::GrowsWithTheRun => (
                    "it grows with the length of the run, which a plan chooses",
                    "bound a percentile, a mean or a share",
                ),
            };
            objective.diagnostic("this objective cannot be planned for", label, help)
        }
        NotPlannable::NothingToChoose => Diagnostic::new("no policy has the sizes that are to be chosen")
            .with_help("choose other sizes with `--choose`: workers, threads, pool, cores, replicas"),
        NotPlannable::NoLoad => {
            Diagnostic::new("these arrivals have no constant rate, so there is no highest load to find")
                .with_help("use `poisson`, `constant`, `renewal` or `batches` arrivals and no faults")
        }
    }
}
