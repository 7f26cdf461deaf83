//! Sweeps: what they cost, what is missing, and where the knee is.

use crate::model::MetricUnit;
use crate::output::block::number;
use crate::stats::Knee;
use crate::study::SweepCost;

/// What was not finished.
pub fn unfinished(units: usize) -> String {
    match units {
        1 => "one policy at one point was not run".to_owned(),
        units => format!("{units} combinations of policy and point were not run"),
    }
}

/// What a sweep costs, before it starts: `12 points × 3 policies, 10 replications each, 3,600,000 requests`.
pub fn cost(cost: &SweepCost) -> String {
    let counted = |count: usize, one: &str, several: &str| {
        format!("{} {}", number::count(count as u64), if count == 1 { one } else { several })
    };
    let points = counted(cost.points, "point", "points");
    let policies = counted(cost.policies, "policy", "policies");
    let same = (cost.points * cost.policies).saturating_sub(cost.units);
    let same = (same > 0).then(|| format!(" ({same} of them give the same as others and are not run again)"));
    let replications = counted(cost.replications as usize, "replication", "replications");
    let most = (cost.replications > 1 && cost.most_replications > cost.replications)
        .then(|| format!(" (up to {} where chance may decide an objective)", cost.most_replications));
    let requests = cost.requests.map(|requests| format!(", {} requests", number::count(requests)));
    let parts = [same, most, requests].map(Option::unwrap_or_default);
    let [same, most, requests] = parts;
    format!("{points} × {policies}{same}, {replications} each{requests}{most}")
}

/// Where the knee of a policy is.
pub fn knee(knee: &Knee) -> String {
    let p99 = number::quantity(knee.p99_at_10_percent_ms, None, MetricUnit::Time);
    let rate = |rate: f64| number::quantity(rate, None, MetricUnit::Rate);
    let place = match (knee.offered_per_s, knee.between_per_s) {
        (Some(offered), _) => format!("at about {}", rate((offered * 10.0).round() / 10.0)),
        (None, [Some(low), Some(high)]) => format!("between {} and {}", rate(low), rate(high)),
        (None, [None, Some(high)]) => format!("below {}", rate(high)),
        (None, [Some(low), None]) => format!("above {}", rate(low)),
        (None, [None, None]) => "not known".to_owned(),
    };
    format!("Knee of {}: {place}; there its p99 is twice that at 10 % load ({p99}).", knee.policy)
}
