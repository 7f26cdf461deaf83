//! The report of `verify --coverage`: how often intervals covered the exact value.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Document, DocumentId};
use crate::output::block::number::{self, NONE};
use crate::output::block::{Block, Finding, FindingStatus, Records, Table};
use crate::output::words;
use crate::study::{ALLOWED, Coverage, CoveredNumber};

/// The schema of the JSON output of `verify --coverage`.
pub const COVERAGE_SCHEMA: &str = "waitline.coverage/1";

/// How often confidence intervals contained the exact value.
#[derive(Serialize, JsonSchema)]
pub struct MeasuredCoverage {
    schema: &'static str,
    /// The confidence level of the intervals.
    level: f64,
    /// The smallest and the largest share of intervals that pass.
    allowed: [f64; 2],
    /// Each system, in each way in which it was run.
    systems: Vec<SystemCoverage>,
}

/// The numbers of a system.
#[derive(Serialize, JsonSchema)]
struct SystemCoverage {
    /// The system in words.
    system: &'static str,
    /// How it was run, in words.
    run_as: String,
    /// Its numbers.
    numbers: Vec<NumberCoverage>,
}

/// How often the intervals of a number contained its exact value.
#[derive(Serialize, JsonSchema)]
struct NumberCoverage {
    /// Its name.
    name: &'static str,
    /// Its exact value.
    exact_ms: f64,
    /// Number of experiments.
    experiments: u64,
    /// Those that gave an interval.
    estimable: u64,
    /// Intervals that contain the exact value.
    covered: u64,
    /// Intervals that lie below it.
    all_below: u64,
    /// Mean of half width / exact value.
    mean_relative_half_width: f64,
    /// Whether the share is allowed, or no lower than is known.
    passed: bool,
    /// Whether intervals of this number are known to contain the exact value less often than their level.
    under_covers: bool,
    /// The smallest share that passes.
    least: f64,
}

impl NumberCoverage {
    fn of(number: &CoveredNumber) -> Self {
        Self {
            name: number.name,
            exact_ms: number.exact,
            experiments: number.experiments,
            estimable: number.estimated,
            covered: number.covered,
            all_below: number.below,
            mean_relative_half_width: number.half_width,
            passed: number.passes(),
            under_covers: number.under_covers(),
            least: number.least,
        }
    }
}

/// The report of `verify --coverage`.
#[derive(Clone, Debug, PartialEq)]
pub struct CoverageReport(pub Vec<Coverage>);

impl Document for CoverageReport {
    fn id(&self) -> DocumentId {
        DocumentId {
            kind: ["set of intervals", "sets of intervals"],
            name: "coverage".to_owned(),
            properties: vec![("level", LEVEL.to_string())],
        }
    }

    fn blocks(&self) -> Vec<Block> {
        let lines: Vec<_> = self.lines().collect();
        vec![Block::Table(table(&lines)), Block::Text(vec![verdict(&lines)])]
    }

    fn findings(&self) -> Vec<Finding> {
        self.lines().map(finding).collect()
    }

    fn records(&self) -> Records {
        Records::of(self.lines().map(|(coverage, number)| {
            let mut record = json!({ "system": coverage.system, "run_as": words::run_way(coverage.way) });
            super::extend(&mut record, &NumberCoverage::of(number));
            record
        }))
    }

    fn value(&self) -> Value {
        let systems = self.0.iter().map(|coverage| SystemCoverage {
            system: coverage.system,
            run_as: words::run_way(coverage.way),
            numbers: coverage.numbers.iter().map(NumberCoverage::of).collect(),
        });
        let allowed = [ALLOWED.0, ALLOWED.1];
        words::plain(&MeasuredCoverage { schema: COVERAGE_SCHEMA, level: LEVEL, allowed, systems: systems.collect() })
    }
}

/// The confidence level of the intervals.
const LEVEL: f64 = 0.95;

/// A number of a system.
type Line<'a> = (&'a Coverage, &'a CoveredNumber);

impl CoverageReport {
    /// Each number with its system.
    fn lines(&self) -> impl Iterator<Item = Line<'_>> {
        self.0.iter().flat_map(|coverage| coverage.numbers.iter().map(move |number| (coverage, number)))
    }
}

fn table(lines: &[Line<'_>]) -> Table {
    let names = lines.iter().map(|(coverage, _)| (false, coverage.system.to_owned()));
    let mut table = Table::of("Intervals of level 95 % that cover the exact value", "system", names);
    table.names("run as", lines.iter().map(|(coverage, _)| words::run_way(coverage.way)).collect());
    table.names("number", lines.iter().map(|(_, number)| number.name.to_owned()).collect());
    let numbers = |cell: &dyn Fn(&CoveredNumber) -> String| lines.iter().map(|(_, number)| cell(number)).collect();
    table.apart();
    table.numbers("", "experiments", numbers(&|number| number::count(number.experiments)));
    table.numbers("", "estimable", numbers(&|number| number::count(number.estimated)));
    table.numbers(
        "",
        "cover",
        numbers(&|number| number.share().map_or(NONE.into(), |share| number::percent(Some(share)))),
    );
    table.numbers("", "all below", numbers(&|number| number::count(number.below)));
    table.numbers("", "half width", numbers(&|number| number::percent(Some(number.half_width))));
    table
}

/// How many shares are in the allowed range.
fn verdict(lines: &[Line<'_>]) -> String {
    let failed = lines.iter().filter(|(_, number)| !number.passes()).count();
    let (least, most) = (ALLOWED.0 * 100.0, ALLOWED.1 * 100.0);
    let known_low = lines.iter().filter(|(_, number)| number.passes() && number.under_covers()).count();
    match (failed, known_low) {
        (0, 0) => format!("every share is between {least} % and {most} %"),
        (0, some) => format!(
            "{} of {} shares are between {least} % and {most} %; {some} below that, as expected for heavy tails",
            lines.len() - some,
            lines.len()
        ),
        (some, _) => format!("{some} of {} shares are not between {least} % and {most} %", lines.len()),
    }
}

fn finding((coverage, number): Line<'_>) -> Finding {
    let status = match (number.passes(), number.under_covers()) {
        (true, false) => FindingStatus::Passes,
        (true, true) => FindingStatus::Noted,
        (false, _) => FindingStatus::Failed,
    };
    let share = number::percent(number.share());
    let message = format!("{share} of {} intervals cover the exact value", number::count(number.estimated));
    let asked = format!("{}, run as {}", number.name, words::run_way(coverage.way));
    Finding::new("coverage", asked, status, message).of_part(coverage.system)
}
