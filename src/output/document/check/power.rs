//! The smallest change that a check detects, in a sentence.

use crate::model::visible;
use crate::output::block::number;
use crate::study::{BaselineComparison, Finer, GATE_POWER, MetricComparison, MetricPower};

/// `this gate detects a change of 3 % at p99 of sync and of 1.2 % of the mean of sync, in 80 of 100 cases; for 1 % at p99
/// use 40 replications, in the baseline too`, for the policy whose changes are hardest to detect; `None` if no number has
/// a standard error.
pub fn sentence(comparison: &BaselineComparison) -> Option<String> {
    let tail = ["p99", "p95", "p50"].into_iter().find_map(|metric| least_seen(comparison, metric));
    let mean = least_seen(comparison, "mean");
    let seen: Vec<Detectable<'_>> = tail.into_iter().chain(mean).collect();
    let changes: Vec<String> = seen.iter().map(Detectable::change).collect();
    let is_bound = seen.iter().any(|seen| seen.power.is_bound);
    let less = if is_bound { ", or less if pairs of runs are similar" } else { "" };
    let finer = seen.first()?.finer().map(|finer| format!("; {finer}")).unwrap_or_default();
    let cases = GATE_POWER * 100.0;
    Some(format!("this gate detects a change of {}{less}, in {cases} of 100 cases{finer}", changes.join(" and of ")))
}

/// The smallest change of one number that is detected, for details: `; detects a change of 3.1 %`.
pub fn detail(metric: &MetricComparison) -> String {
    let share = metric.power.and_then(|power| power.relative);
    share.map(|share| format!("; detects a change of {}", two_digits(share))).unwrap_or_default()
}

/// A number with its smallest detectable change, as a share.
struct Detectable<'a> {
    metric: &'a MetricComparison,
    power: MetricPower,
    share: f64,
}

/// The metric of the policy whose changes are hardest to detect, over all requests.
fn least_seen<'a>(comparison: &'a BaselineComparison, name: &str) -> Option<Detectable<'a>> {
    let wanted = comparison.metrics.iter().filter(|metric| metric.class.is_none() && metric.metric == name);
    let seen = wanted.filter_map(|metric| {
        let power = metric.power?;
        Some(Detectable { metric, power, share: power.relative? })
    });
    seen.max_by(|one, other| one.share.total_cmp(&other.share))
}

impl Detectable<'_> {
    fn change(&self) -> String {
        format!("{} {}", two_digits(self.share), self.of())
    }

    fn of(&self) -> String {
        let policy = visible(&self.metric.policy);
        match self.metric.metric {
            "mean" => format!("of the mean of {policy}"),
            percentile => format!("at {percentile} of {policy}"),
        }
    }

    fn finer(&self) -> Option<String> {
        let Finer { relative, replications, times } = self.power.finer?;
        let what = match replications {
            Some(replications) => format!("{} replications", number::count(replications)),
            None => format!("{times:.1} times as many requests"),
        };
        let at = match self.metric.metric {
            "mean" => "of the mean".to_owned(),
            percentile => format!("at {percentile}"),
        };
        Some(format!("for {} {at} use {what}, in the baseline too", two_digits(relative)))
    }
}

/// A share in percent, in two significant digits: `3.1 %`.
fn two_digits(share: f64) -> String {
    let unit = 10f64.powf(share.abs().max(1e-9).log10().floor() - 1.0);
    number::short_percent((share / unit).round() * unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_has_two_digits() {
        for (share, text) in [(0.03142, "3.1 %"), (0.4, "40 %"), (0.0097, "0.97 %"), (1.234, "120 %")] {
            assert_eq!(two_digits(share), text);
        }
    }
}
