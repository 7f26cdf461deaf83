//! Measured cases: predicted against observed.

use serde_json::{Value, json};

use super::json_text;
use super::number::{self, NONE};
use super::rows::rounded;
use super::table::Table;
use crate::study::{Figure, ReplayVerdict, Replayed, ReplayedCase};

/// A table for people, and what it comes to.
pub fn replay_text(replayed: &Replayed, color: bool) -> String {
    let mut text = table(replayed).aligned(color);
    for reason in reasons(replayed) {
        text.push_str(&format!("{reason}\n"));
    }
    text
}

/// The same for a page.
pub fn replay_markdown(replayed: &Replayed) -> String {
    let mut text = super::markdown::table(&table(replayed));
    for reason in reasons(replayed) {
        text.push_str(&format!("\n{reason}\n"));
    }
    text
}

/// The same as JSON.
pub fn replay_json(replayed: &Replayed) -> String {
    let mut document = json!({ "schema": "waitline.replay/1" });
    let content = json!(replayed);
    for key in ["summary", "cases"] {
        document[key] = content[key].clone();
    }
    round(&mut document);
    json_text(&document)
}

fn round(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            *value = number.as_f64().filter(|number| number.is_finite()).map(rounded).into();
        }
        Value::Array(items) => items.iter_mut().for_each(round),
        Value::Object(fields) => fields.values_mut().for_each(round),
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// A row a case: of each figure ours, how far off it is, and how far the server's own repeats are apart.
fn table(replayed: &Replayed) -> Table {
    let cases = &replayed.cases;
    let names = cases.iter().map(|case| (false, case.case.clone()));
    let mut table = Table::of("Predicted against observed, times in ms", "case", names);
    table.numbers("", "requests", cases.iter().map(|case| number::count(case.requests as u64)).collect());
    table.numbers("", "load", cases.iter().map(|case| number::percent(case.load)).collect());
    let figures = cases.first().map_or(0, |case| case.figures.len());
    for place in 0..figures {
        let figure = |case: &ReplayedCase| case.figures[place];
        table.apart();
        let name = cases[0].figures[place].name;
        table.numbers(name, "observed", cases.iter().map(|case| time(figure(case).observed_ms)).collect());
        table.numbers(name, "error", cases.iter().map(|case| error(figure(case), case.is_judged())).collect());
        table.numbers(name, "spread", cases.iter().map(|case| share(figure(case).spread)).collect());
    }
    table.apart();
    table.numbers("each request", "error", cases.iter().map(|case| share(Some(case.request_error))).collect());
    table.numbers("each request", "spread", cases.iter().map(|case| share(case.request_spread)).collect());
    table.apart();
    table.names("verdict", cases.iter().map(|case| verdict(case.verdict).to_owned()).collect());
    table.note.push(
        "Error: predicted / observed − 1; a ! marks one beyond 10 % and the server's own spread. Spread: how far its repeats \
         are apart. Each request: the mean distance of its time from the observed one, as a share of the mean time."
            .to_owned(),
    );
    table
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

fn error(figure: Figure, is_judged: bool) -> String {
    let mark = if figure.is_within || !is_judged { "" } else { " !" };
    format!("{:+.1}%{mark}", figure.error * 100.0)
}

fn share(share: Option<f64>) -> String {
    share.map_or_else(|| NONE.to_owned(), |share| format!("{:.1}%", share * 100.0))
}

/// What all cases come to, and why some give no prediction; in sentences.
fn reasons(replayed: &Replayed) -> Vec<String> {
    let (judged, off) = replayed.judged();
    let mut reasons = Vec::new();
    if judged > 0 {
        let each = replayed.summary.iter().map(|figure| {
            format!("{} {:.1} % (largest {:.1} %)", figure.name, figure.median * 100.0, figure.largest * 100.0)
        });
        let within = judged - off;
        reasons.push(format!(
            "{within} of {judged} cases are within what is allowed. Median absolute error: {}.",
            each.collect::<Vec<_>>().join(", ")
        ));
    }
    for case in &replayed.cases {
        if let Some(why) = &case.no_prediction {
            reasons.push(format!("{}: no prediction is possible: {why}.", case.case));
        }
    }
    reasons
}
