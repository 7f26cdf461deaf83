//! Sweeps: what varies, what is unstable, which points meet the objectives, and where the knee is.

use crate::model::MetricUnit;
use crate::output::block::number;
use crate::output::document::SweepReport;
use crate::scenario::Dimension;
use crate::stats::Knee;
use crate::study::{PointState, SweepCost, SweepFigures};

/// Load from which on a little more of it takes much more time.
const NEAR: f64 = 0.85;

/// What was swept: `8 values of arrivals.poisson, 20 replications each, the same requests at every point`.
pub fn swept(report: &SweepReport) -> String {
    let dimension = |dimension: &Dimension| {
        let values = dimension.values.len();
        format!("{values} {} of {}", if values == 1 { "value" } else { "values" }, dimension.name())
    };
    let dimensions: Vec<String> = report.dimensions.iter().map(dimension).collect();
    let replications = match report.summary.replications {
        1 => "one replication each".to_owned(),
        several => format!("{several} replications each"),
    };
    let most = report.all_figures().map(|figures| figures.replications).max().unwrap_or(0);
    let sharper = match most > report.summary.replications {
        true => format!(" and up to {most} where an objective or the precision asked for it"),
        false => String::new(),
    };
    format!("{}: {replications}{sharper}; every point meets the same random numbers.", dimensions.join(" × "))
}

/// What was not finished.
pub fn unfinished(units: usize) -> String {
    match units {
        1 => "one policy at one point was not run".to_owned(),
        units => format!("{units} combinations of policy and point were not run"),
    }
}

/// What the cost of a sweep is, before it starts: `12 points × 3 policies × 10 replications = 3,600,000 requests`.
pub fn cost(cost: &SweepCost) -> String {
    let counted =
        |count: u64, one: &str| format!("{} {one}{}", number::count(count), if count == 1 { "" } else { "s" });
    let policies = if cost.policies == 1 { "1 policy".to_owned() } else { format!("{} policies", cost.policies) };
    let same = (cost.points * cost.policies).saturating_sub(cost.units);
    let same = match same {
        0 => String::new(),
        same => format!(" ({} of them give the same as others and are not run again)", number::count(same as u64)),
    };
    let requests = cost.requests.map(|requests| format!(", {} requests", number::count(requests)));
    format!(
        "{} × {policies}{same}, {} each{}",
        counted(cost.points as u64, "point"),
        counted(cost.replications, "replication"),
        requests.unwrap_or_default()
    )
}

/// What to know before trusting the numbers of a sweep.
pub fn sweep_warnings(report: &SweepReport) -> Vec<String> {
    let count = |is_it: &dyn Fn(&SweepFigures) -> bool| report.all_figures().filter(|figures| is_it(figures)).count();
    let unstable = count(&|figures| figures.state == PointState::Unstable);
    let stopped = count(&|figures| figures.state == PointState::Stopped);
    let is_near = |figures: &SweepFigures| figures.load.is_some_and(|load| load >= NEAR);
    let near = count(&|figures| figures.state == PointState::Measured && is_near(figures));
    let of_all = |some: usize| format!("{some} of {}", report.all_figures().count());
    let mut warnings = Vec::new();
    if unstable > 0 {
        warnings.push(format!("{} are unstable: more requests arrive than can be served, so their queue grows without bound and their times depend on the length of the run", of_all(unstable)));
    }
    if stopped > 0 {
        warnings.push(format!(
            "{} stopped before their end, at run.max_in_flight or because nothing went on",
            of_all(stopped)
        ));
    }
    if near > 0 {
        warnings.push(format!(
            "{} are near saturation (a load of 85 % or more): a little more load takes much more time",
            of_all(near)
        ));
    }
    warnings
}

/// Which points meet all objectives, a sentence per policy; empty without objectives, or with several dimensions.
pub fn feasible(report: &SweepReport) -> Vec<String> {
    let [dimension] = report.dimensions.as_slice() else { return Vec::new() };
    report.swept_policies().into_iter().filter_map(|policy| feasible_of(report, dimension, policy)).collect()
}

fn feasible_of(report: &SweepReport, dimension: &Dimension, policy: usize) -> Option<String> {
    let meets: Vec<Option<bool>> =
        (0..report.points()).map(|point| report.figures(point, policy)?.meets_all()).collect();
    if meets.iter().all(Option::is_none) {
        return None;
    }
    let name = &report.policies[policy];
    let good: Vec<usize> = (0..meets.len()).filter(|point| meets[*point] == Some(true)).collect();
    let label = |point: usize| dimension.values[point].label.as_str();
    let runs = good.chunk_by(|one, other| other - one == 1).map(|run| match run {
        [only] => label(*only).to_owned(),
        [first, .., last] => format!("{} to {}", label(*first), label(*last)),
        [] => String::new(),
    });
    let runs: Vec<String> = runs.collect();
    let at = match runs.split_last() {
        None => return Some(format!("{name} meets all objectives at none of the values.")),
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
    };
    // A larger value that fails after a smaller one that does not is no news where the load varies.
    Some(format!("{name} meets all objectives at {} = {at}.", dimension.name()))
}

/// Where the knee of each policy is, a sentence each.
pub fn knees(report: &SweepReport) -> Vec<String> {
    let sentence = |knee: &Knee| {
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
    };
    report.summary.knees.iter().map(sentence).collect()
}
