//! The report of `replay`: measured cases, predictions compared with observations.

use serde_json::{Value, json};

use super::{Document, DocumentId};
use crate::output::block::number::{self, NONE};
use crate::output::block::{Block, Finding, FindingStatus, Records, Table};
use crate::output::words;
use crate::study::{Figure, ReplayRange, ReplayVerdict, Replayed, ReplayedCase, WithoutAnswer};

/// The schema of the JSON output of `replay`.
pub const REPLAY_SCHEMA: &str = "waitline.replay/1";

/// The report of `replay`.
#[derive(Clone, Debug, PartialEq)]
pub struct ReplayReport(pub Replayed);

impl Document for ReplayReport {
    fn id(&self) -> DocumentId {
        let kind = ["set of measured cases", "sets of measured cases"];
        DocumentId { kind, name: "replay".to_owned(), properties: Vec::new() }
    }

    /// How predictions compare with observations, and the overall result.
    fn blocks(&self) -> Vec<Block> {
        let Self(replayed) = self;
        let mut blocks =
            vec![Block::WideTable { whole: whole(replayed), parts: vec![errors(replayed), observed(replayed)] }];
        blocks.extend(ranges(replayed).map(Block::Table));
        blocks.push(Block::Text(reasons(replayed)));
        blocks
    }

    fn findings(&self) -> Vec<Finding> {
        self.0.cases.iter().map(finding).collect()
    }

    fn records(&self) -> Records {
        Records::of(self.0.cases.iter().flat_map(|case| case.figures.iter().map(move |figure| record(case, figure))))
    }

    fn value(&self) -> Value {
        let content = words::replay_value(&self.0);
        json!({ "schema": REPLAY_SCHEMA, "summary": content["summary"], "cases": content["cases"] })
    }
}

/// A figure of a case as JSON fields.
fn record(case: &ReplayedCase, figure: &Figure) -> Value {
    json!({
        "case": case.case,
        "policy": case.policy,
        "requests": case.requests,
        "figure": figure.name,
        "predicted_ms": figure.predicted_ms,
        "observed_ms": figure.observed_ms,
        "error": figure.error,
        "spread": figure.spread,
        "verdict": verdict(case.verdict),
    })
}

fn finding(case: &ReplayedCase) -> Finding {
    let status = match case.verdict {
        ReplayVerdict::Within => FindingStatus::Passes,
        ReplayVerdict::Calibration => FindingStatus::Noted,
        ReplayVerdict::NoPrediction => FindingStatus::Skipped,
        ReplayVerdict::Off => FindingStatus::Failed,
    };
    let figures: Vec<String> =
        case.figures.iter().map(|figure| format!("{} {}", figure.name, error(case, figure))).collect();
    let message = format!("{}: {}", verdict(case.verdict), figures.join(", "));
    Finding {
        details: case.no_prediction.into_iter().map(words::no_prediction).collect(),
        ..Finding::new("replay", "is predicted", status, message).of_part(case.case.clone())
    }
}

/// A row per case: the error of each figure, and the verdict.
fn errors(replayed: &Replayed) -> Table {
    let mut cases = Cases::new("Predicted against observed", &replayed.cases);
    cases.numbers("", "load", |case| number::percent(case.load));
    cases.figures("error", error);
    cases.numbers("error", "request", |case| share(Some(case.request_error)));
    cases.verdicts();
    cases.note(&[ERROR, REQUEST]);
    cases.table
}

/// A row per case: the observed figures, and the spread of the server's own repeats.
fn observed(replayed: &Replayed) -> Table {
    let mut cases = Cases::new("Observed: what the server did", &replayed.cases);
    cases.figures("time in ms", |_, figure| time(figure.observed_ms));
    cases.figures("spread", |_, figure| share(figure.spread));
    cases.numbers("spread", "request", |case| share(case.request_spread));
    cases.note(&[SPREAD]);
    cases.table
}

/// A row per case: the observation, error and spread of each figure.
fn whole(replayed: &Replayed) -> Table {
    let mut cases = Cases::new("Predicted against observed, times in ms", &replayed.cases);
    cases.numbers("", "requests", |case| number::count(case.requests as u64));
    cases.numbers("", "load", |case| number::percent(case.load));
    let figures = replayed.cases.first().map_or(&[][..], |case| &case.figures);
    for (place, Figure { name, .. }) in figures.iter().enumerate() {
        cases.numbers(name, "observed", |case| time(case.figures[place].observed_ms));
        cases.numbers(name, "error", |case| error(case, &case.figures[place]));
        cases.numbers(name, "spread", |case| share(case.figures[place].spread));
    }
    cases.numbers("each request", "error", |case| share(Some(case.request_error)));
    cases.numbers("each request", "spread", |case| share(case.request_spread));
    cases.verdicts();
    cases.note(&[ERROR, SPREAD, REQUEST]);
    cases.table
}

/// Two rows per case in which chance decides which worker accepts: the ranges of predictions and of repeats.
fn ranges(replayed: &Replayed) -> Option<Table> {
    let cases = replayed.cases.iter().filter(|case| case.predictions > 1);
    let rows: Vec<(&ReplayedCase, bool)> = cases.flat_map(|case| [(case, true), (case, false)]).collect();
    let figures = &rows.first()?.0.figures;
    let names =
        rows.iter().map(|(case, is_ours)| (!is_ours, if *is_ours { case.case.clone() } else { "observed".to_owned() }));
    let mut table = Table::of("Where chance decides which worker accepts: ranges in ms", "case", names);
    let runs = |(case, is_ours): &(&ReplayedCase, bool)| {
        if *is_ours { u64::from(case.predictions) } else { case.repeats as u64 }
    };
    table.numbers("", "runs", rows.iter().map(|row| number::count(runs(row))).collect());
    for (place, Figure { name, .. }) in figures.iter().enumerate() {
        let cell = |(case, is_ours): &(&ReplayedCase, bool)| {
            let figure = &case.figures[place];
            range(if *is_ours { figure.predicted_range_ms } else { figure.observed_range_ms })
        };
        table.numbers("from – to", name, rows.iter().map(cell).collect());
    }
    table.note.push(RANGES.to_owned());
    Some(table)
}

fn range(range: Option<ReplayRange>) -> String {
    range.map_or_else(|| NONE.to_owned(), |range| format!("{} – {}", time(range.least), time(range.most)))
}

const RANGES: &str = "If three or more repeats are more than 10 % apart, they must be within the range of the predictions, which may be \
                      at most 1.5 times as wide.";
const ERROR: &str = "Error: predicted / observed − 1; a ! marks one that is too large: above 10 % and the server's own spread, or by ranges.";
const SPREAD: &str = "Spread: the spread of the server's own repeats.";
const REQUEST: &str = "Each request: the mean distance of its time from the observed one, relative to the mean time.";

/// A table with a row per case.
struct Cases<'a> {
    cases: &'a [ReplayedCase],
    table: Table,
}

impl<'a> Cases<'a> {
    fn new(title: &str, cases: &'a [ReplayedCase]) -> Self {
        let names = cases.iter().map(|case| (false, case.case.clone()));
        Self { cases, table: Table::of(title, "case", names) }
    }

    fn numbers(&mut self, group: &str, heading: &str, cell: impl Fn(&ReplayedCase) -> String) {
        self.table.numbers(group, heading, self.cases.iter().map(cell).collect());
    }

    /// A column per figure.
    fn figures(&mut self, group: &str, cell: impl Fn(&ReplayedCase, &Figure) -> String) {
        let figures = self.cases.first().map_or(&[][..], |case| &case.figures);
        for (place, Figure { name, .. }) in figures.iter().enumerate() {
            self.numbers(group, name, |case| cell(case, &case.figures[place]));
        }
    }

    fn verdicts(&mut self) {
        self.table.names("verdict", self.cases.iter().map(|case| verdict(case.verdict).to_owned()).collect());
    }

    /// Sentences below the table, as one paragraph.
    fn note(&mut self, sentences: &[&str]) {
        self.table.note.push(sentences.join(" "));
    }
}

fn verdict(verdict: ReplayVerdict) -> &'static str {
    match verdict {
        ReplayVerdict::Within => "within",
        ReplayVerdict::Off => "off",
        ReplayVerdict::Calibration => "calibration",
        ReplayVerdict::NoPrediction => "no prediction",
    }
}

fn time(ms: f64) -> String {
    let decimals = if ms < 10.0 { 2 } else { 1 };
    format!("{ms:.decimals$}")
}

fn error(case: &ReplayedCase, figure: &Figure) -> String {
    let mark = if figure.is_within || !case.is_judged() { "" } else { " !" };
    format!("{:+.1}%{mark}", figure.error * 100.0)
}

fn share(share: Option<f64>) -> String {
    share.map_or_else(|| NONE.to_owned(), |share| format!("{:.1}%", share * 100.0))
}

/// The overall result, and why some cases have no prediction; in sentences.
fn reasons(replayed: &Replayed) -> Vec<String> {
    let (judged, off) = replayed.judged();
    let mut reasons = Vec::new();
    if judged > 0 {
        let each = replayed.summary.iter().map(|figure| {
            format!("{} {:.1} % (largest {:.1} %)", figure.name, figure.median * 100.0, figure.largest * 100.0)
        });
        let within = judged - off;
        let near = match replayed.near() {
            near if near == within => String::new(),
            near => format!("; leaving ranges aside, {near} are within 10 % or the server's own spread"),
        };
        reasons.push(format!(
            "{within} of {judged} cases are within the allowed error{near}. Median absolute error: {}.",
            each.collect::<Vec<_>>().join(", ")
        ));
    }
    for case in &replayed.cases {
        if let Some(WithoutAnswer { predicted, observed }) = case.without_answer {
            reasons.push(format!(
                "{}: {} of the requests get no answer in the prediction, {} got none from the server.",
                case.case,
                share(Some(predicted)),
                share(Some(observed))
            ));
        }
        if let Some(why) = case.no_prediction.map(words::no_prediction) {
            reasons.push(format!("{}: no prediction is possible: {why}.", case.case));
        }
    }
    reasons
}
