//! A record per point and policy.

use serde_json::{Value, json};

use super::SweepReport;
use super::asked;
use crate::model::{MetricUnit, Named};
use crate::output::block::Records;
use crate::output::words;
use crate::study::{PointState, SWEPT_PERCENTILES, SweepAsked, SweepFigures, SweepNumber};

/// The records of a sweep; unstable points have no times.
pub fn records(report: &SweepReport) -> Records {
    let paths = report.dimensions.iter().flat_map(|dimension| dimension.paths.iter().cloned());
    let columns = ["scenario".to_owned(), "point".to_owned()].into_iter().chain(paths);
    let columns = columns.chain(["policy".to_owned()]).chain(NUMBERS.map(str::to_owned)).chain(time_columns());
    let asked = report.asked();
    let columns = columns.chain(asked.iter().flat_map(asked_columns));
    let rows = report.records.values().filter_map(|record| {
        let point = record.key.point?;
        let values = report.summary.points.get(point)?.values.values().cloned();
        let first = [Value::from(report.summary.scenario.clone()), Value::from(point)].into_iter().chain(values);
        let policy = Value::from(report.policies.get(record.key.policy)?.clone());
        let figures = &record.figures;
        let of_asked = asked.iter().flat_map(|asked| ends(figures, asked::number(figures, asked)));
        Some(first.chain([policy]).chain(numbers(figures)).chain(times(figures)).chain(of_asked).collect())
    });
    Records { columns: columns.collect(), rows: rows.collect(), own_columns: 0 }
}

const NUMBERS: [&str; 10] = [
    "state",
    "replications",
    "requests",
    "offered_per_s",
    "capacity_per_s",
    "load",
    "limited_by",
    "throughput_per_s",
    "error_rate",
    "meets_slo",
];

fn numbers(figures: &SweepFigures) -> [Value; NUMBERS.len()] {
    [
        json!(figures.state),
        json!(figures.replications),
        json!(figures.requests),
        json!(figures.offered_per_s),
        json!(figures.capacity_per_s),
        json!(figures.load),
        Value::from(words::binding(&figures.binding)),
        json!(figures.throughput_per_s),
        json!(figures.error_rate),
        json!(figures.meets_all()),
    ]
}

/// The mean and the percentiles, each with the ends of its interval.
fn time_columns() -> impl Iterator<Item = String> {
    let names = std::iter::once(Named::Mean).chain(SWEPT_PERCENTILES).map(Named::name);
    names.flat_map(|name| ["ms", "low_ms", "high_ms"].map(|end| format!("{name}_{end}")))
}

fn times(figures: &SweepFigures) -> impl Iterator<Item = Value> {
    std::iter::once(figures.mean).chain(figures.percentiles).flat_map(move |number| ends(figures, number))
}

/// What an objective bounds, with the ends of its interval: `browse.p95_ms`.
fn asked_columns(asked: &SweepAsked) -> [String; 3] {
    let unit = match asked.unit {
        MetricUnit::Time => "_ms",
        MetricUnit::Share | MetricUnit::Rate | MetricUnit::Ratio | MetricUnit::Count | MetricUnit::Requests => "",
    };
    ["", "_low", "_high"].map(|end| format!("{}{end}{unit}", asked::name(asked)))
}

/// A number and the ends of its interval, of a point that is measured.
fn ends(figures: &SweepFigures, number: SweepNumber) -> [Value; 3] {
    let SweepNumber { value, interval, is_beyond: _ } = number;
    let [low, high] = interval.map_or([None; 2], |ends| ends.map(Some));
    [value, low, high].map(|number| json!(number.filter(|_| figures.state == PointState::Measured)))
}
