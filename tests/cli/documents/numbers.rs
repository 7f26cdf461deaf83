//! Every number in the text of a page has a source, which is checked as far as it can be.
//!
//! A number that stands in a block of the page, or in a generated part, has its source there: other tests compare these
//! with what the program reads and prints. Other numbers need a mark above their paragraph, `<!-- numbers: SOURCES -->`, with
//! one or more sources, separated by `; `:
//!
//! | Source | Meaning |
//! | --- | --- |
//! | a file of the repository | the numbers of the paragraph are in it, as they are or as shares of one; of `results.json` also rounded |
//! | `product: …`, `measured: …`, `literature: …`, `example: …` | facts about products, figures that no test can repeat, articles, arithmetic and syntax: nothing to compare with |
//!
//! Whole numbers below ten need no source: they mostly count what the sentence is about. Neither does what a reader may write: a
//! piece of code that is an option, a command, a value of JSON, an assignment or a comparison.

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use super::page::{END, Page, root};

/// Sources with which nothing can be compared.
const ELSEWHERE: [&str; 4] = ["product", "measured", "literature", "example"];

/// Parts of `results.json` that hold nearly every number, so that finding one there proves nothing.
const DENSE: [&str; 8] =
    ["all_arrived", "comparisons", "confidence", "defaults", "over_time", "scenario", "timeline", "assumptions"];

/// The numbers of a text: digits, with `.` and `,` between them, that are no part of a word.
pub fn numbers(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut numbers = Vec::new();
    let mut at = 0;
    while at < characters.len() {
        let starts = characters[at].is_ascii_digit() && (at == 0 || !is_part_of_word(characters[at - 1]));
        let length = characters[at..].iter().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ',')).count();
        if starts {
            let number: String = characters[at..at + length].iter().filter(|c| **c != ',').collect();
            numbers.push(number.trim_end_matches('.').to_owned());
        }
        at += length.max(1);
    }
    numbers
}

fn is_part_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '.' | '#')
}

/// The numbers that the page's blocks and generated parts have.
fn shown(page: &Page) -> BTreeSet<String> {
    let mut shown = BTreeSet::new();
    for block in page.blocks() {
        shown.extend(numbers(page.content(&block)));
    }
    let mut rest = &*page.text;
    while let Some(end) = rest.find(END) {
        let start = rest[..end].rfind("<!-- ").unwrap();
        shown.extend(numbers(&rest[start..end]));
        rest = &rest[end + END.len()..];
    }
    shown
}

/// Where the numbers of a paragraph come from.
enum Source {
    /// Blocks and generated parts of the page, and these files.
    Files(Vec<Known>),
    Elsewhere,
}

/// Numbers with which those of a text are compared.
pub enum Known {
    Written(BTreeSet<String>),
    /// Those of results, which a text rounds.
    Measured(Vec<f64>),
}

impl Known {
    pub fn of(path: &str) -> Result<Self, String> {
        let text = fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}"))?;
        if !path.ends_with("/results.json") {
            return Ok(Self::Written(numbers(&without_separators(&text)).into_iter().collect()));
        }
        Ok(Self::of_results(&text))
    }

    /// The summary numbers of `results.json`.
    pub fn of_results(text: &str) -> Self {
        let mut measured = Vec::new();
        collect(&serde_json::from_str(text).unwrap(), &mut measured);
        Self::Measured(measured)
    }

    pub fn has(&self, number: &str) -> bool {
        let value = number.parse().unwrap_or(f64::NAN);
        match self {
            Self::Written(known) => {
                let is_same = |known: f64| is_near(known, value) || is_near(known * 100.0, value);
                known.iter().any(|known| known.parse().is_ok_and(is_same) || known == number)
            }
            Self::Measured(known) => {
                let decimals = number.split_once('.').map_or(0, |(_, decimals)| decimals.len());
                let as_shown = |known: f64| format!("{known:.decimals$}") == number;
                known.iter().any(|known| {
                    as_shown(*known) || as_shown(known / 1e3) || (*known <= 1.0 && as_shown(known * 100.0))
                })
            }
        }
    }
}

fn is_near(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9
}

/// The summary numbers of results.
fn collect(value: &Value, numbers: &mut Vec<f64>) {
    match value {
        Value::Number(number) => numbers.extend(number.as_f64()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, numbers)),
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| !DENSE.contains(&name.as_str()));
            kept.for_each(|(_, field)| collect(field, numbers));
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Numbers of Rust without the `_` between their digits.
fn without_separators(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let is_digit = |at: Option<usize>| at.and_then(|at| characters.get(at)).is_some_and(char::is_ascii_digit);
    let is_separator = |at: usize| characters[at] == '_' && is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
    (0..characters.len()).filter(|at| !is_separator(*at)).map(|at| characters[at]).collect()
}

/// The sources that a mark names.
fn source(mark: &str) -> Result<Source, String> {
    let is_elsewhere =
        |part: &str| part.split_once(": ").is_some_and(|(kind, what)| ELSEWHERE.contains(&kind) && !what.is_empty());
    let (elsewhere, files): (Vec<&str>, Vec<&str>) = mark.split("; ").partition(|part| is_elsewhere(part));
    let known: Result<Vec<Known>, String> = files.into_iter().map(Known::of).collect();
    known.map(|known| if elsewhere.is_empty() { Source::Files(known) } else { Source::Elsewhere })
}

/// A line without the targets of its links, the number of its list item and what a reader may write.
pub fn text(line: &str) -> String {
    let mut parts = line.trim_start_matches(['#', ' ']).split("](");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text += part.split_once(')').map_or("", |(_, after)| after);
    }
    let item = text.split_once(". ").filter(|(number, _)| number.parse::<u32>().is_ok());
    let text = item.map(|(_, after)| after.to_owned()).unwrap_or(text);
    let is_kept = |(at, part): &(usize, &str)| at % 2 == 0 || !is_input(part);
    text.split('`').enumerate().filter(is_kept).map(|(_, part)| part).collect::<Vec<_>>().join("`")
}

/// Whether a piece of code is something to write, not something that is printed.
fn is_input(code: &str) -> bool {
    let begins = code.starts_with(['-', '{', '[', '"']) || code.starts_with("waitline ");
    begins || ["=", " < ", " > "].iter().any(|sign| code.contains(sign))
}

/// The parts of a page between marks of what is generated there; they are compared by other tests.
fn is_begin(line: &str) -> bool {
    line.ends_with(": generated -->") || line.starts_with("<!-- measured: ")
}

fn problems(page: &Page) -> Vec<String> {
    let shown = shown(page);
    let (mut now, mut is_generated) = (Source::Files(Vec::new()), false);
    let mut problems = Vec::new();
    for (line_number, line) in page.prose() {
        let mut fails = |problem: String| problems.push(format!("{}:{line_number}: {problem}", page.path));
        if let Some(mark) = line.strip_prefix("<!-- numbers: ") {
            let sources = mark.trim_end_matches(" -->");
            let found = if sources.contains(&page.path) { Err("is its own source".into()) } else { source(sources) };
            now = found.unwrap_or_else(|problem: String| {
                fails(problem);
                Source::Elsewhere
            });
        } else if line.is_empty() {
            now = Source::Files(Vec::new());
        }
        is_generated = line != END && (is_generated || is_begin(line));
        let Source::Files(files) = &now else { continue };
        if is_generated || line.starts_with("<!--") {
            continue;
        }
        let is_known = |number: &String| {
            number.len() == 1 || shown.contains(number) || files.iter().any(|known| known.has(number))
        };
        let unknown = numbers(&text(line)).into_iter().filter(|number| !is_known(number));
        unknown.for_each(|number| fails(format!("where does {number} come from?")));
    }
    problems
}

#[test]
fn every_number_in_the_text_of_a_page_has_a_source() {
    // The page of measured cases is about figures that were measured; its tables are compared by other tests.
    let pages = Page::all().into_iter().filter(|page| page.path != "validation/README.md");
    let problems: Vec<String> = pages.flat_map(|page| problems(&page)).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_wrong_number_is_found() {
    let wrong = |text: &str| {
        let page = Page { path: "page.md".into(), text: text.to_owned() };
        problems(&page).len()
    };
    assert_eq!(wrong("It takes 44 ms.\n\n```text\n45\n```\n"), 1);
    assert_eq!(wrong("<!-- numbers: no/such/file -->\nIt takes 44 ms.\n"), 1);
    assert_eq!(wrong("<!-- numbers: Cargo.toml -->\nIt takes 44,444 ms.\n"), 1);
    assert_eq!(wrong("<!-- numbers: page.md -->\nIt takes 44 ms.\n"), 1);
    assert_eq!(wrong("<!-- numbers: guesswork: mine -->\nIt takes 44 ms.\n"), 1);
    assert_eq!(wrong("<!-- numbers: output/gil/results.json -->\nIt takes 189 ms, and 188.\n"), 1);
    assert_eq!(wrong("<!-- numbers: example: 40 + 4 -->\nIt takes 44 ms.\n\nAnd 45.\n"), 1);
    assert_eq!(wrong("Write `--set machine.cores=44`, it prints `44/s`.\n"), 1);
}

#[test]
fn a_number_is_digits_outside_a_word() {
    let none: [&str; 0] = [];
    assert_eq!(numbers("p99 of h02_sync6 and #12"), none);
    assert_eq!(numbers("8,000 requests take 165.5 ms, or 3."), ["8000", "165.5", "3"]);
    assert_eq!(text("2. see [that](x12.md) 5"), "see [that 5");
    assert_eq!(without_separators("X: u64 = 6_000_000; p_9"), "X: u64 = 6000000; p_9");
}
