//! How much results may be worse than a baseline (`tolerances`, `--tolerance`).

use crate::model::{Metric, MetricUnit, Named};

use super::Scenario;
use super::diagnostic::{Diagnostic, allowed_names, shown};
use super::objective::quantity;
use super::part::Part;
use super::percentage::Percentage;
use super::source::{Source, Sources};

/// How much a metric may be worse than in a baseline; beyond both limits it is a regression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// As a share of the baseline's value.
    pub relative: f64,
    /// In the metric's unit.
    pub absolute: f64,
}

/// The tolerance of each metric.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tolerances(Vec<(Metric, Tolerance)>);

impl Tolerances {
    /// The tolerance of a metric. The default is 2 % and 1 ms (0.1 % of the requests for an error rate, and no absolute
    /// tolerance for throughput).
    pub fn of(&self, metric: Metric) -> Tolerance {
        let named = self.0.iter().find(|(named, _)| *named == metric).map(|(_, tolerance)| *tolerance);
        named.unwrap_or(Tolerance {
            relative: 0.02,
            absolute: match metric.unit() {
                MetricUnit::Time => 1.0,
                MetricUnit::Share => 0.001,
                MetricUnit::Rate | MetricUnit::Ratio | MetricUnit::Count | MetricUnit::Requests => 0.0,
            },
        })
    }

    /// Changes the given parts of a metric's tolerance.
    pub(super) fn change(&mut self, metric: Named, relative: Option<Percentage>, absolute: Option<f64>) {
        let metric = Metric::Named(metric);
        let before = self.of(metric);
        let relative = relative.map_or(before.relative, Percentage::share);
        self.0.retain(|(named, _)| *named != metric);
        self.0.push((metric, Tolerance { relative, absolute: absolute.unwrap_or(before.absolute) }));
    }
}

impl Scenario {
    /// Changes the tolerance of a metric, as `--tolerance` does: `p99=5%,2ms`, or one of the two: `p99=5%`, `p99=2ms`; for an
    /// error rate, whose values are both percentages, `error_rate=,0.1%`.
    ///
    /// # Errors
    /// What is wrong with it, with its place in the text; the scenario is unchanged.
    pub fn tolerate(&mut self, text: &str) -> Result<(), Diagnostic> {
        const HELP: &str = "write `--tolerance METRIC=RELATIVE,ABSOLUTE`, such as `p99=5%,2ms`, or one of them";
        let sources = Sources(vec![Source::new("--tolerance", text)]);
        let whole = Part::whole(&sources).trim();
        let Some((name, values)) = whole.split_once('=') else {
            return Err(whole.error("a tolerance must contain `=`", "only a metric, or only a value").with_help(HELP));
        };
        let metric = judged(name.trim())?;
        let (relative, absolute) = match values.split_once(',') {
            Some((relative, absolute)) => (relative.trim(), absolute.trim()),
            // A single value is relative if it has a percent sign.
            None if values.text.trim_end().ends_with('%') => (values.trim(), values.slice(0, 0)),
            None => (values.slice(0, 0), values.trim()),
        };
        if relative.text.is_empty() && absolute.text.is_empty() {
            return Err(values.error("a tolerance must have a value", "expected a value here").with_help(HELP));
        }
        let field = format!("the tolerance of `{}`", metric.name());
        let relative: Option<Percentage> = given(relative)
            .map(|part| {
                part.text.parse().map_err(|reason: String| {
                    let (what, _) = reason.split_once('\n').unwrap_or((&reason, ""));
                    part.error(format!("invalid value for {field}"), shown(what)).with_help(HELP)
                })
            })
            .transpose()?;
        let absolute = given(absolute).map(|part| quantity(part, metric.facts().unit, metric.name())).transpose()?;
        self.sections.tolerances.change(metric, relative, absolute);
        Ok(())
    }
}

fn given(part: Part<'_>) -> Option<Part<'_>> {
    (!part.text.is_empty()).then_some(part)
}

/// The metric with this name, if `check` compares it.
pub(super) fn judged(name: Part<'_>) -> Result<Named, Diagnostic> {
    let named = |metric: &&Named| metric.name() == name.text;
    Named::JUDGED.iter().find(named).copied().ok_or_else(|| {
        let (message, label) = match Named::ALL.iter().find(named) {
            Some(_) => ("is not compared with a baseline", "it has no tolerance"),
            None if name.text.is_empty() => ("is not a metric", "expected a metric here"),
            None => ("is not a metric", "no such metric"),
        };
        let names = Named::JUDGED.iter().map(|metric| metric.name());
        let help = allowed_names("metrics that are compared", name.text, names);
        name.error(format!("`{}` {message}", shown(name.text)), label).with_help(help)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOLERANT: &str = r#"{
      "classes": { "page": { "phases": [] } }, "arrivals": { "constant": "1/s" }, "policies": [{ "sync": {} }],
      "run": { "requests": 9 },
      "tolerances": { "p99": { "relative": "5%" }, "mean": { "absolute": "250us" },
                      "throughput": { "relative": "0%", "absolute": "2/s" }, "error_rate": { "absolute": "0.5%" } } }"#;

    fn of(scenario: &Scenario, metric: Named) -> (f64, f64) {
        let Tolerance { relative, absolute } = scenario.tolerances().of(Metric::Named(metric));
        (relative, absolute)
    }

    #[test]
    fn omitted_tolerances_have_their_defaults() {
        let scenario = Scenario::from_json(TOLERANT).unwrap();
        for (metric, expected) in [
            (Named::P99, (0.05, 1.0)),
            (Named::Mean, (0.02, 0.25)),
            (Named::P50, (0.02, 1.0)),
            (Named::Throughput, (0.0, 2.0)),
            (Named::ErrorRate, (0.02, 0.005)),
        ] {
            assert_eq!(of(&scenario, metric), expected, "{}", metric.name());
        }
    }

    #[test]
    fn the_command_line_changes_only_the_named_tolerance() {
        for (text, metric, expected) in [
            ("p99=10%,2ms", Named::P99, (0.1, 2.0)),
            ("p99=10%", Named::P99, (0.1, 1.0)),
            ("p99=2ms", Named::P99, (0.05, 2.0)),
            ("p99=,2ms", Named::P99, (0.05, 2.0)),
            (" mean = 10 % , 1 ms ", Named::Mean, (0.1, 1.0)),
            ("error_rate=10%", Named::ErrorRate, (0.1, 0.005)),
            ("error_rate=,1%", Named::ErrorRate, (0.02, 0.01)),
            ("throughput=0.5/s", Named::Throughput, (0.0, 0.5)),
        ] {
            let mut scenario = Scenario::from_json(TOLERANT).unwrap();
            scenario.tolerate(text).unwrap();
            assert_eq!(of(&scenario, metric), expected, "{text}");
        }
    }
}
