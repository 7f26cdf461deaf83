//! The exact cases: ours beside the exact value, and how they compare.

use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;

use crate::output::block::number::{NONE, count};
use crate::output::block::paint::{DIM, STRONG, WAIT, WORK, paint};
use crate::output::json_text;
use crate::output::rows::rounded;
use crate::study::{CaseResult, FAMILY_LEVEL, FigureResult, Ours, Verdict, Verification};

/// A table for people: each case in words, under it its figures, and at the end what to make of them.
pub fn verification_text(verification: &Verification, color: bool) -> String {
    let rows: Vec<[String; COLUMNS]> = figures(verification).map(|(_, figure)| cells(figure)).collect();
    let widths = widths(&rows);
    let mut text = format!("{}\n", paint(color, DIM, &line(&HEADINGS, &widths)));
    let mut rows = rows.iter();
    for case in &verification.cases {
        text.push_str(&heading(case, color));
        for (figure, row) in case.figures.iter().zip(rows.by_ref()) {
            let style = if figure.verdict == Verdict::Pass { WORK } else { WAIT };
            let verdict = paint(color, style, verdict(figure.verdict));
            text.push_str(&format!("{}  {verdict}\n", line(row, &widths)));
        }
        text.push('\n');
    }
    text + &summary(verification, color)
}

/// The same as JSON.
pub fn verification_json(verification: &Verification) -> String {
    let cases = verification.cases.iter().map(|case| {
        json!({
            "id": case.id,
            "system": case.system,
            "formula": case.formula,
            "replications": case.replications,
            "passed": case.has_passed(),
            "figures": case.figures.iter().map(figure_json).collect::<Vec<_>>(),
        })
    });
    json_text(&json!({
        "schema": "waitline.verification/1",
        "passed": verification.has_passed(),
        "family_level": FAMILY_LEVEL,
        "interval_level": rounded(verification.level),
        "cases": cases.collect::<Vec<_>>(),
    }))
}

fn figure_json(figure: &FigureResult) -> Value {
    let (ours, half_width, allowed) = match figure.ours {
        Some(Ours::Estimate { interval, allowed }) => {
            (Some(interval.mean), Some(interval.half_width), Some(allowed * figure.exact.abs()))
        }
        Some(Ours::Number(number)) => (Some(number), None, None),
        None => (None, None, None),
    };
    json!({
        "name": figure.name,
        "unit": figure.unit,
        "exact": rounded(figure.exact),
        "ours": ours.map(rounded),
        "half_width": half_width.map(rounded),
        "allowed_half_width": allowed.map(rounded),
        "verdict": verdict(figure.verdict),
    })
}

/// All figures, each with its case.
fn figures(verification: &Verification) -> impl Iterator<Item = (&CaseResult, &FigureResult)> {
    verification.cases.iter().flat_map(|case| case.figures.iter().map(move |figure| (case, figure)))
}

const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::TooWide => "too wide",
        Verdict::Off => "off",
    }
}

fn heading(case: &CaseResult, color: bool) -> String {
    let runs = match case.replications {
        1 => "1 run".to_owned(),
        runs => format!("{runs} independent runs"),
    };
    let title = paint(color, STRONG, &format!("{}  {}", case.id, case.system));
    let source = paint(color, DIM, &format!("{}; {runs}", case.formula));
    format!("{title}\n{INDENT}{source}\n")
}

const COLUMNS: usize = 5;
const HEADINGS: [&str; COLUMNS] = ["", "ours", "interval", "allowed", "exact"];
const INDENT: &str = "     ";

fn cells(figure: &FigureResult) -> [String; COLUMNS] {
    let name = if figure.unit.is_empty() { figure.name.clone() } else { format!("{}, {}", figure.name, figure.unit) };
    let percent = |share: f64, decimals: usize| format!("±{:.decimals$}%", share * 100.0);
    let [ours, interval, allowed] = match figure.ours {
        Some(Ours::Estimate { interval, allowed }) => {
            [number(interval.mean, figure.exact), percent(interval.relative_to(figure.exact), 2), percent(allowed, 0)]
        }
        Some(Ours::Number(ours)) => [number(ours, figure.exact), String::new(), String::new()],
        None => [NONE.to_owned(), String::new(), String::new()],
    };
    [name, ours, interval, allowed, number(figure.exact, figure.exact)]
}

/// A number with as many decimals as six digits of the exact value have, none if that is whole.
fn number(value: f64, exact: f64) -> String {
    let is_whole = |value: f64| (value - value.round()).abs() < 5e-7;
    if is_whole(value) && is_whole(exact) {
        return format!("{value:.0}");
    }
    let digits_before = exact.abs().log10().floor().clamp(-3.0, 5.0) as i32 + 1;
    format!("{value:.*}", (6 - digits_before) as usize)
}

fn widths(rows: &[[String; COLUMNS]]) -> [usize; COLUMNS] {
    let mut widths = HEADINGS.map(UnicodeWidthStr::width);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = cell.width().max(*width);
        }
    }
    widths
}

/// The first cell begins at the left, the others end at the right.
fn line<T: AsRef<str>>(cells: &[T; COLUMNS], widths: &[usize; COLUMNS]) -> String {
    let mut line = INDENT.to_owned();
    for (place, (cell, width)) in cells.iter().zip(widths).enumerate() {
        let (cell, room) = (cell.as_ref(), " ".repeat(width - cell.as_ref().width()));
        line.push_str(&if place == 0 { format!("{cell}{room}") } else { format!("  {room}{cell}") });
    }
    line
}

fn summary(verification: &Verification, color: bool) -> String {
    let all = figures(verification).count();
    let failed: Vec<_> = figures(verification).filter(|(_, figure)| figure.verdict != Verdict::Pass).collect();
    let mut text = match failed.len() {
        0 => paint(color, STRONG, &format!("All {} figures pass.", count(all as u64))),
        some => paint(color, STRONG, &format!("{some} of {} figures do not pass:", count(all as u64))),
    };
    text.push('\n');
    for (case, figure) in failed {
        text.push_str(&format!("  {} {}: {} is {}\n", case.id, case.system, figure.name, verdict(figure.verdict)));
    }
    text + &format!(
        "A figure passes when its interval covers the exact value and is narrower than allowed. Each interval is of level \
         {:.3}%,\nso that an engine without an error passes with all figures of all cases {:.0} times in 100. `exp` is \
         exponential, of that mean.\n",
        verification.level * 100.0,
        FAMILY_LEVEL * 100.0
    )
}
