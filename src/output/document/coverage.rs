//! The report of `verify --coverage`: how often intervals covered the exact value.

use serde_json::{Value, json};

use super::{Document, DocumentId};
use crate::output::block::number::{self, NONE};
use crate::output::block::{Block, Finding, FindingStatus, Records, Table};
use crate::output::words;
use crate::study::{ALLOWED, Coverage, CoveredNumber};

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
            for (name, value) in fields(number) {
                record[name] = value;
            }
            record
        }))
    }

    fn value(&self) -> Value {
        let number = |number: &CoveredNumber| fields(number).into_iter().collect::<Value>();
        let systems = self.0.iter().map(|coverage| {
            json!({
                "system": coverage.system,
                "run_as": words::run_way(coverage.way),
                "numbers": coverage.numbers.iter().map(number).collect::<Vec<_>>(),
            })
        });
        json!({
            "schema": "waitline.coverage/1",
            "level": LEVEL,
            "allowed": [ALLOWED.0, ALLOWED.1],
            "systems": systems.collect::<Vec<_>>(),
        })
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

/// A number as JSON fields.
fn fields(number: &CoveredNumber) -> [(&'static str, Value); 10] {
    [
        ("name", json!(number.name)),
        ("exact_ms", json!(number.exact)),
        ("experiments", json!(number.experiments)),
        ("estimable", json!(number.estimated)),
        ("covered", json!(number.covered)),
        ("all_below", json!(number.below)),
        ("mean_relative_half_width", json!(number.half_width)),
        ("passed", json!(number.passes())),
        ("under_covers", json!(number.under_covers())),
        ("least", json!(number.least)),
    ]
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
