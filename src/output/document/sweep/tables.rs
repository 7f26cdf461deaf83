//! Tables: a percentile of every policy at every point, and all numbers of each policy.

use super::SweepReport;
use super::asked::{self, Headline};
use super::cells::{self, Number, mark, times, verdict};
use crate::model::{MetricUnit, visible};
use crate::output::block::Table;
use crate::output::block::number::{self, NONE, TimeUnit};
use crate::output::document::run::certainty::{self, Certainty};
use crate::output::words;
use crate::scenario::Dimension;
use crate::stats::reach;
use crate::study::{PointState, SWEPT_PERCENTILES, SweepAsked, SweepFigures, SweepNumber};

/// Up to this many points, each policy has a table of all its numbers.
const MOST_DETAILED: usize = 40;

/// Between the values of several dimensions.
const SEPARATOR: &str = " · ";

/// The overview first, then a table for each policy.
pub fn tables(report: &SweepReport) -> Vec<Table> {
    let policies = report.swept_policies();
    let mut tables = match report.dimensions.as_slice() {
        [_, _] => policies.iter().map(|policy| matrix(report, *policy)).collect(),
        _ if policies.len() > 1 || report.points() > MOST_DETAILED => vec![overview(report, &policies)],
        _ => Vec::new(),
    };
    if let Some(last) = tables.last_mut() {
        last.note.extend(marks_mean(report));
        last.note.extend(beyond_means(report));
    }
    if report.points() <= MOST_DETAILED {
        tables.extend(policies.iter().map(|policy| details(report, *policy)));
    }
    tables
}

fn marks_mean(report: &SweepReport) -> Option<String> {
    let has_objectives = report.all_figures().any(|figures| figures.meets_all().is_some());
    has_objectives.then(|| "✓ meets all objectives, ✗ does not, ? chance may have decided it.".to_owned())
}

fn beyond_means(report: &SweepReport) -> Option<String> {
    let unanswered = report.all_figures().any(|figures| figures.error_rate.is_some_and(|rate| rate > 0.0));
    unanswered.then(|| {
        "Percentiles are of every request that arrived: one without an answer is slower than any other.".to_owned()
    })
}

/// The unit of the times of these figures.
fn unit<'f>(figures: impl Iterator<Item = &'f SweepFigures>) -> TimeUnit {
    let measured = figures.filter(|figures| figures.state == PointState::Measured);
    TimeUnit::of(measured.flat_map(|figures| figures.percentiles.iter().map(|number| number.value)))
}

/// The unit of the number that overviews show.
fn unit_of<'f>(headline: &Headline, figures: impl Iterator<Item = &'f SweepFigures>) -> TimeUnit {
    match headline {
        Headline::Percentile(_) => unit(figures),
        Headline::Asked(_) => {
            let measured = figures.filter(|figures| figures.state == PointState::Measured);
            TimeUnit::of(measured.map(|figures| headline.of(figures).value))
        }
    }
}

/// A table whose rows are points: the values of all dimensions stand in the first column, which is repeated where a table
/// continues below.
fn of_points(report: &SweepReport, title: String) -> Table {
    let names: Vec<String> = report.dimensions.iter().map(Dimension::name).collect();
    let rows = (0..report.points()).map(|point| (false, report.labels(point).join(SEPARATOR)));
    Table::of(title, &visible(&names.join(SEPARATOR)), rows)
}

/// The figures of a policy at all points.
fn column(report: &SweepReport, policy: usize) -> Vec<Option<&SweepFigures>> {
    (0..report.points()).map(|point| report.figures(point, policy)).collect()
}

/// A percentile of every policy at every point.
fn overview(report: &SweepReport, policies: &[usize]) -> Table {
    let headline = report.headline();
    let unit = unit_of(&headline, report.all_figures());
    let mut table = of_points(report, format!("{} in {}", headline.name(), unit.name));
    table.apart();
    for policy in policies {
        table.numbers("", &report.policies[*policy], with_marks(&headline, unit, &column(report, *policy)));
    }
    table
}

/// The number that overviews show with a sign for the objectives.
fn with_marks(headline: &Headline, unit: TimeUnit, figures: &[Option<&SweepFigures>]) -> Vec<String> {
    let cells = times(unit, figures, &|figures| headline.of(figures));
    let room = figures.iter().map(|figures| mark(*figures).chars().count()).max().unwrap_or(0);
    cells.iter().zip(figures).map(|(cell, figures)| format!("{cell}{:<room$}", mark(*figures))).collect()
}

/// A number of a policy over two dimensions: the first one down, the second one across.
fn matrix(report: &SweepReport, policy: usize) -> Table {
    let all = column(report, policy);
    let headline = report.headline();
    let unit = unit_of(&headline, all.iter().copied().flatten());
    let [down, across] = report.dimensions.as_slice() else { return overview(report, &[policy]) };
    let names = down.values.iter().map(|value| (false, value.label.clone()));
    let title = format!("{}: {} in {}", report.policies[policy], headline.name(), unit.name);
    let mut table = Table::of(title, &visible(&down.name()), names);
    let width = across.values.len();
    let cells = with_marks(&headline, unit, &all);
    for (place, value) in across.values.iter().enumerate() {
        let of_value = cells.iter().skip(place).step_by(width).cloned().collect();
        table.numbers(&across.name(), &value.label, of_value);
    }
    table
}

/// All numbers of a policy, a row per point.
fn details(report: &SweepReport, policy: usize) -> Table {
    let all = column(report, policy);
    let unit = unit(all.iter().copied().flatten());
    let bindings: Vec<String> = all.iter().map(|figures| binding(*figures)).collect();
    let binds_everywhere = bindings.first().filter(|first| bindings.iter().all(|other| other == *first));
    let limited = binds_everywhere.filter(|binding| *binding != NONE);
    let limited = limited.map(|binding| format!(", limited by {binding}")).unwrap_or_default();
    let title = format!("{}: response time in {}{limited}", report.policies[policy], unit.name);
    let mut table = of_points(report, title);
    add_load(&mut table, &all);
    add_times(&mut table, unit, &all);
    add_counts(&mut table, report, &all);
    add_asked(&mut table, report, unit, &all);
    if binds_everywhere.is_none() {
        table.apart();
        table.names("limited by", bindings);
    }
    if all.iter().flatten().any(|figures| figures.meets_all().is_some()) {
        table.apart();
        table.verdicts("objectives", all.iter().map(|figures| verdict(*figures)).collect());
    }
    table.note.extend(give_or_take(report, &all));
    table
}

/// What limits a policy at a point.
fn binding(figures: Option<&SweepFigures>) -> String {
    let known = figures.filter(|figures| !figures.binding.is_empty());
    known.map_or_else(|| NONE.to_owned(), |figures| words::binding(&figures.binding).replace('`', ""))
}

fn add_load(table: &mut Table, all: &[Option<&SweepFigures>]) {
    let load = |figures: &Option<&SweepFigures>| figures.and_then(|figures| figures.load);
    if all.iter().any(|figures| load(figures).is_some()) {
        table.apart();
        table.numbers("", "load", all.iter().map(|figures| number::percent(load(figures))).collect());
    }
}

fn add_times(table: &mut Table, unit: TimeUnit, all: &[Option<&SweepFigures>]) {
    table.apart();
    table.numbers("", "mean", with_certainty(unit, all, &|figures| figures.mean));
    for (place, named) in SWEPT_PERCENTILES.iter().enumerate() {
        table.numbers("", named.name(), with_certainty(unit, all, &|figures| figures.percentiles[place]));
    }
}

/// The share without an answer, and the number of replications, where they say something.
fn add_counts(table: &mut Table, report: &SweepReport, all: &[Option<&SweepFigures>]) {
    let rate = |figures: &Option<&SweepFigures>| figures.and_then(|figures| figures.error_rate);
    if all.iter().any(|figures| rate(figures).is_some_and(|rate| rate > 0.0)) {
        table.numbers("", "no answer", all.iter().map(|figures| number::percent(rate(figures))).collect());
    }
    let replications = |figures: &Option<&SweepFigures>| figures.map_or(0, |figures| figures.replications);
    if all.iter().any(|figures| replications(figures) > report.summary.replications) {
        table.numbers("", "runs", all.iter().map(|figures| number::count(replications(figures))).collect());
    }
}

/// The numbers that objectives bound, as far as no other column has them.
fn add_asked(table: &mut Table, report: &SweepReport, unit: TimeUnit, all: &[Option<&SweepFigures>]) {
    table.apart();
    for what in report.asked() {
        let cells = match what.unit {
            MetricUnit::Time => with_certainty(unit, all, &|figures| asked::number(figures, &what)),
            MetricUnit::Share | MetricUnit::Rate | MetricUnit::Ratio | MetricUnit::Count | MetricUnit::Requests => {
                all.iter().map(|figures| quantity(*figures, &what)).collect()
            }
        };
        table.numbers("", &asked::name(&what), cells);
    }
}

/// A number that is no time, with its unit.
fn quantity(figures: Option<&SweepFigures>, what: &SweepAsked) -> String {
    if let Some(instead) = cells::instead(figures) {
        return instead.to_owned();
    }
    let value = figures.and_then(|figures| asked::number(figures, what).value);
    value.map_or_else(|| NONE.to_owned(), |value| number::quantity(value, None, what.unit))
}

/// Times with half the width of their intervals.
fn with_certainty(unit: TimeUnit, all: &[Option<&SweepFigures>], of: Number<'_>) -> Vec<String> {
    let numbers: Vec<Option<SweepNumber>> = all.iter().map(|figures| cells::shown(*figures, of)).collect();
    let values: Vec<Option<f64>> = numbers.iter().map(|number| number.as_ref()?.value).collect();
    let has_chance = measured(all).any(has_interval);
    let certainty = |number: &Option<SweepNumber>| match number {
        Some(SweepNumber { value: Some(value), interval: Some(ends), .. }) => {
            Certainty::GiveOrTake(reach(*value, *ends))
        }
        Some(SweepNumber { value: Some(_), interval: None, .. }) if has_chance => Certainty::NotEstimable,
        Some(_) | None => Certainty::Unsaid,
    };
    let certainties: Vec<Certainty> = numbers.iter().map(certainty).collect();
    let known = certainty::cells(unit, &values, &certainties);
    let plain = times(unit, all, of);
    let is_number = |place: usize| values[place].is_some();
    let chosen = known.into_iter().zip(plain).enumerate();
    chosen.map(|(place, (known, plain))| if is_number(place) { known } else { plain }).collect()
}

/// The figures that are of a steady state.
fn measured<'f>(all: &'f [Option<&SweepFigures>]) -> impl Iterator<Item = &'f SweepFigures> {
    all.iter().copied().flatten().filter(|figures| figures.state == PointState::Measured)
}

/// Whether any of its times has an interval.
fn has_interval(figures: &SweepFigures) -> bool {
    figures.mean.interval.is_some() || figures.percentiles.iter().any(|number| number.interval.is_some())
}

/// What `±` means, and why it is sometimes followed by a question mark.
fn give_or_take(report: &SweepReport, all: &[Option<&SweepFigures>]) -> Vec<String> {
    if !measured(all).any(has_interval) {
        return Vec::new();
    }
    let level = number::short_percent(report.confidence);
    let from = match report.summary.replications {
        1 => "batches of one run".to_owned(),
        several => format!("{several} replications or more"),
    };
    let lacks = |figures: &SweepFigures| {
        figures.percentiles.iter().any(|number| number.interval.is_none() && !number.is_beyond)
    };
    let why = "±?: each run has too few requests for an interval; more of them (run.requests) give one.";
    let lacking = measured(all).any(lacks).then(|| why.to_owned());
    let means = format!("± is half a confidence interval of {level}, from {from}.");
    [means].into_iter().chain(lacking).collect()
}
