//! The bound of an objective: a value in the unit of its metric.

use crate::model::{HEADROOM_NAME, Metric, MetricUnit, Named, SimDuration};
use crate::random::RateOrZero;
use crate::scenario::diagnostic::{Diagnostic, shown};
use crate::scenario::part::Part;
use crate::scenario::percentage::plain_number;

use super::Comparison;

/// A bound in the unit of its metric.
pub(super) struct Bound {
    pub number: f64,
    /// Whether a number of requests is given as a share of those that arrived.
    pub is_share: bool,
}

/// Reads the bound of the metric with this name.
pub(super) fn bound(
    sign: Part<'_>,
    value: Part<'_>,
    comparison: Comparison,
    metric: Metric,
    name: &str,
) -> Result<Bound, Diagnostic> {
    let is_share = metric.unit() == MetricUnit::Requests && value.text.ends_with('%');
    let unit = if is_share { MetricUnit::Share } else { metric.unit() };
    if value.text.is_empty() {
        return Err(value
            .error(format!("a bound for `{name}` is missing"), "expected a value here")
            .with_help(format!("write {}", example(unit))));
    }
    let number = if metric == Metric::Headroom { headroom(value)? } else { quantity(value, unit, name)? };
    let is_part = unit == MetricUnit::Share && metric != Metric::Named(Named::Retried);
    // The headroom of an overload is below 0, that of little load above 100 %.
    let empty = if metric == Metric::Headroom { None } else { says_nothing(comparison, number, is_part) };
    if let Some(Empty { always, why, help }) = empty {
        let judgement = if always { "always holds" } else { "never holds" };
        let written = format!("`{name} {} {}`", sign.text, shown(value.text));
        return Err(sign.error(format!("{written} {judgement}"), why).with_help(help));
    }
    Ok(Bound { number, is_share })
}

/// Headroom has no upper end: a capacity of three times the load is 200 %.
fn headroom(value: Part<'_>) -> Result<f64, Diagnostic> {
    let percent = value.text.strip_suffix('%').map(|number| plain_number(number.trim_end()).map(|n| n / 100.0));
    percent.unwrap_or_else(|| plain_number(value.text)).ok_or_else(|| {
        value
            .error(format!("invalid value for `{HEADROOM_NAME}`"), "not a percentage")
            .with_help("write a percentage such as 20%: how much more load the capacity must allow")
    })
}

/// A number in a unit: milliseconds, 0 to 1, per second, or plain; for the metric with this name.
pub(in crate::scenario) fn quantity(value: Part<'_>, unit: MetricUnit, name: &str) -> Result<f64, Diagnostic> {
    let text = value.text;
    let wrong =
        |what: &str, help: &str| value.error(format!("invalid value for `{name}`"), shown(what)).with_help(help);
    let other = |what: &str| wrong(&format!("`{text}` is not {what}"), &format!("write {}", example(unit)));
    let said = |reason: String| {
        let (what, help) = reason.split_once('\n').unwrap_or((&reason, ""));
        wrong(what, &help.replace('"', ""))
    };
    match unit {
        MetricUnit::Time => text.parse().map(SimDuration::as_millis).map_err(said),
        MetricUnit::Rate => text.parse().map(RateOrZero::as_per_second).map_err(said),
        MetricUnit::Share => {
            let percent = text.strip_suffix('%').map(|number| plain_number(number.trim_end()).map(|n| n / 100.0));
            match percent.unwrap_or_else(|| plain_number(text)) {
                Some(share) if share <= 1.0 => Ok(share),
                Some(_) if percent.is_none() => {
                    Err(wrong("above 100%", &format!("write a percentage such as {text}%, or a share from 0 to 1")))
                }
                Some(_) => Err(wrong("above 100%", "write a percentage from 0% to 100%")),
                None => Err(other("a percentage")),
            }
        }
        MetricUnit::Ratio => {
            let number = text.strip_suffix(['x', '×']).unwrap_or(text).trim_end();
            plain_number(number).ok_or_else(|| other("a factor"))
        }
        MetricUnit::Count => plain_number(text).ok_or_else(|| other("a number")),
        MetricUnit::Requests => {
            text.parse().map(|number: u64| number as f64).map_err(|_| other("a whole number or a percentage"))
        }
    }
}

/// How a value of a unit is written.
fn example(unit: MetricUnit) -> &'static str {
    match unit {
        MetricUnit::Time => "a duration with its unit, such as 400ms",
        MetricUnit::Share => "a percentage such as 80%, or a share from 0 to 1",
        MetricUnit::Rate => "a rate with its unit, such as 70/s",
        MetricUnit::Ratio => "a factor, such as 1.5x",
        MetricUnit::Count => "a number, such as 12.5",
        MetricUnit::Requests => "a whole number of requests, or a percentage of those that arrived, such as 1%",
    }
}

/// Why a comparison has the same outcome for every result.
struct Empty {
    /// Whether it always holds; otherwise it never does.
    always: bool,
    why: &'static str,
    help: &'static str,
}

/// Whether it holds, or fails, for every result: nothing is below 0, and no share is above 100 %, except that of retries,
/// which are not part of the arrivals.
fn says_nothing(comparison: Comparison, bound: f64, is_part: bool) -> Option<Empty> {
    let empty = |always, why, help| Some(Empty { always, why, help });
    let (is_least, is_most) = (bound <= 0.0, is_part && bound >= 1.0);
    match comparison {
        Comparison::Less if is_least => empty(false, "no value is below 0", "write `<=`, or a bound above 0"),
        Comparison::AtLeast if is_least => empty(true, "no value is below 0", "write `>`, or a bound above 0"),
        Comparison::Greater if is_most => empty(false, "no share is above 100%", "write `>=`, or a bound below 100%"),
        Comparison::AtMost if is_most => empty(true, "no share is above 100%", "write `<`, or a bound below 100%"),
        Comparison::Less | Comparison::AtLeast | Comparison::Greater | Comparison::AtMost | Comparison::Equal => None,
    }
}
