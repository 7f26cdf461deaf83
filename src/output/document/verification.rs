//! The report of `verify`: exact cases, our values and the exact ones.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Document, DocumentId};
use crate::output::block::number::{NONE, count};
use crate::output::block::{Block, Finding, FindingStatus, GroupedTable, List, Records, RowGroup, Table};
use crate::output::words;
use crate::stats::rounded;
use crate::study::{CaseResult, FAMILY_LEVEL, FigureResult, FigureVerdict, Ours, Verification};

/// The report of `verify`.
#[derive(Clone, Debug, PartialEq)]
pub struct VerificationReport(pub Verification);

impl Document for VerificationReport {
    fn id(&self) -> DocumentId {
        DocumentId {
            kind: ["set of exact cases", "sets of exact cases"],
            name: "verify".to_owned(),
            properties: vec![("interval_level", rounded(self.0.level).to_string())],
        }
    }

    /// Each case with its figures, and how to read them.
    fn blocks(&self) -> Vec<Block> {
        let Self(verification) = self;
        let how_to_read = format!(
            "A figure passes if its interval covers the exact value and is narrower than allowed. Each interval has \
             level {:.3}%, so that an engine without an error passes with all figures of all cases {:.0} times in 100. \
             `exp` is an exponential distribution with that mean.",
            verification.level * 100.0,
            FAMILY_LEVEL * 100.0
        );
        vec![
            Block::GroupedTable(table(verification)),
            Block::List(summary(verification)),
            Block::Text(vec![how_to_read]),
        ]
    }

    fn findings(&self) -> Vec<Finding> {
        figures(&self.0).map(|(case, figure)| finding(case, figure)).collect()
    }

    fn records(&self) -> Records {
        Records::of(figures(&self.0).map(|(case, figure)| {
            let mut record = json!({ "case": case.id, "system": case.system, "replications": case.replications });
            super::extend(&mut record, &VerifiedFigure::of(figure));
            record
        }))
    }

    fn value(&self) -> Value {
        let Self(verification) = self;
        let cases = verification.cases.iter().map(|case| VerifiedCase {
            id: case.id,
            system: case.system.clone(),
            formula: case.formula,
            replications: case.replications,
            passed: case.has_passed(),
            figures: case.figures.iter().map(VerifiedFigure::of).collect(),
        });
        words::plain(&ExactCases {
            schema: VERIFICATION_SCHEMA,
            passed: verification.has_passed(),
            family_level: FAMILY_LEVEL,
            interval_level: verification.level,
            cases: cases.collect(),
        })
    }
}

/// The schema of the JSON output of `verify`.
pub const VERIFICATION_SCHEMA: &str = "waitline.verification/1";

/// Systems with exact results, and what the simulator gives.
#[derive(Serialize, JsonSchema)]
pub struct ExactCases {
    schema: &'static str,
    /// Whether every figure passes.
    passed: bool,
    /// The probability that a simulator without an error passes with all figures.
    family_level: f64,
    /// The level of each confidence interval.
    interval_level: f64,
    /// Each case.
    cases: Vec<VerifiedCase>,
}

/// A system with exact results.
#[derive(Serialize, JsonSchema)]
struct VerifiedCase {
    /// Its number.
    id: &'static str,
    /// The system in words.
    system: String,
    /// Where the exact values come from.
    formula: &'static str,
    /// Number of independent replications.
    replications: u64,
    /// Whether every figure passes.
    passed: bool,
    /// What was compared.
    figures: Vec<VerifiedFigure>,
}

/// A number and its exact value.
#[derive(Serialize, JsonSchema)]
struct VerifiedFigure {
    /// What it is.
    name: String,
    /// Its unit: `ms`, `/s`, or empty for a share or a count.
    unit: &'static str,
    /// The exact value.
    exact: f64,
    /// The simulator's value; `None` if there was nothing to count.
    ours: Option<f64>,
    /// Half the width of its confidence interval; `None` if the value has none.
    half_width: Option<f64>,
    /// The largest half width that passes; `None` if the value has no interval.
    allowed_half_width: Option<f64>,
    /// `pass`, `too wide` or `off`.
    verdict: &'static str,
}

impl VerifiedFigure {
    fn of(figure: &FigureResult) -> Self {
        let (ours, half_width, allowed_half_width) = match figure.ours {
            Some(Ours::Estimate { interval, allowed }) => {
                (Some(interval.mean), Some(interval.half_width), Some(allowed * figure.exact.abs()))
            }
            Some(Ours::Number(number)) => (Some(number), None, None),
            None => (None, None, None),
        };
        Self {
            name: figure.name.clone(),
            unit: words::figure_unit(figure.unit),
            exact: figure.exact,
            ours,
            half_width,
            allowed_half_width,
            verdict: verdict(figure.verdict),
        }
    }
}

/// All figures, each with its case.
fn figures(verification: &Verification) -> impl Iterator<Item = (&CaseResult, &FigureResult)> {
    verification.cases.iter().flat_map(|case| case.figures.iter().map(move |figure| (case, figure)))
}

const fn verdict(verdict: FigureVerdict) -> &'static str {
    match verdict {
        FigureVerdict::Pass => "pass",
        FigureVerdict::TooWide => "too wide",
        FigureVerdict::Off => "off",
    }
}

/// A group per case, a row per figure.
fn table(verification: &Verification) -> GroupedTable {
    let figures: Vec<&FigureResult> = figures(verification).map(|(_, figure)| figure).collect();
    let mut table = Table::of("", "", figures.iter().map(|figure| (false, name(figure))));
    let cells: Vec<[String; 3]> = figures.iter().map(|figure| cells(figure)).collect();
    for (place, heading) in ["ours", "interval", "allowed"].into_iter().enumerate() {
        table.numbers("", heading, cells.iter().map(|cells| cells[place].clone()).collect());
    }
    table.numbers("", "exact", figures.iter().map(|figure| number(figure.exact, figure.exact)).collect());
    let passes = |figure: &&FigureResult| (figure.verdict == FigureVerdict::Pass, verdict(figure.verdict).to_owned());
    table.verdicts("", figures.iter().map(passes).collect());
    GroupedTable { table, groups: verification.cases.iter().map(group).collect() }
}

fn group(case: &CaseResult) -> RowGroup {
    let runs = match case.replications {
        1 => "1 run".to_owned(),
        runs => format!("{runs} independent runs"),
    };
    RowGroup {
        title: format!("{}  {}", case.id, case.system),
        about: format!("{}; {runs}", case.formula),
        rows: case.figures.len(),
    }
}

/// The name of a figure, with its unit.
fn name(figure: &FigureResult) -> String {
    match words::figure_unit(figure.unit) {
        "" => figure.name.clone(),
        unit => format!("{}, {unit}", figure.name),
    }
}

/// Our value, its interval, and how wide that may be.
fn cells(figure: &FigureResult) -> [String; 3] {
    let percent = |share: f64, decimals: usize| format!("±{:.decimals$}%", share * 100.0);
    match figure.ours {
        Some(Ours::Estimate { interval, allowed }) => {
            [number(interval.mean, figure.exact), percent(interval.relative_to(figure.exact), 2), percent(allowed, 0)]
        }
        Some(Ours::Number(ours)) => [number(ours, figure.exact), String::new(), String::new()],
        None => [NONE.to_owned(), String::new(), String::new()],
    }
}

/// A number with the decimals of the exact value in six digits; none if both are whole.
fn number(value: f64, exact: f64) -> String {
    let is_whole = |value: f64| (value - value.round()).abs() < 5e-7;
    if is_whole(value) && is_whole(exact) {
        return format!("{value:.0}");
    }
    let digits_before = exact.abs().log10().floor().clamp(-3.0, 5.0) as i32 + 1;
    format!("{value:.*}", (6 - digits_before) as usize)
}

/// How many figures pass, and which do not.
fn summary(verification: &Verification) -> List {
    let all = count(figures(verification).count() as u64);
    let failed = figures(verification).filter(|(_, figure)| figure.verdict != FigureVerdict::Pass);
    let failed: Vec<String> = failed
        .map(|(case, figure)| format!("{} {}: {} is {}", case.id, case.system, figure.name, verdict(figure.verdict)))
        .collect();
    let title = match failed.len() {
        0 => format!("All {all} figures pass."),
        some => format!("{some} of {all} figures do not pass:"),
    };
    List::plain(title, failed)
}

fn finding(case: &CaseResult, figure: &FigureResult) -> Finding {
    let status = match figure.verdict {
        FigureVerdict::Pass => FindingStatus::Passes,
        FigureVerdict::TooWide | FigureVerdict::Off => FindingStatus::Failed,
    };
    let ours = figure.ours.map_or(NONE.to_owned(), |ours| match ours {
        Ours::Estimate { interval, .. } => {
            let half_width = number(interval.half_width, figure.exact);
            format!("{} ± {half_width}", number(interval.mean, figure.exact))
        }
        Ours::Number(ours) => number(ours, figure.exact),
    });
    let exact = number(figure.exact, figure.exact);
    let message = format!("{}: ours {ours}, exact {exact}: {}", name(figure), verdict(figure.verdict));
    Finding {
        details: vec![case.system.clone(), case.formula.to_owned()],
        ..Finding::new("verify", figure.name.clone(), status, message).of_part(case.id)
    }
}
