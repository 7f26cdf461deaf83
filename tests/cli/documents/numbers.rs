//! Every number in the text of the README, the guides and the lesson stands in a block of the page, which other tests
//! compare with what the program reads and prints.
//!
//! A paragraph below `<!-- numbers: SOURCE -->` has its numbers from elsewhere. Whole numbers below ten need no source: they
//! mostly count what the sentence is about.

use std::collections::BTreeSet;

use super::page::{END, Page};

/// The numbers of a text: digits, with `.` and `,` between them, that are no part of a word.
fn numbers(text: &str) -> Vec<String> {
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

/// A line without the targets of its links and the number of its list item.
fn text(line: &str) -> String {
    let mut parts = line.trim_start_matches(['#', ' ']).split("](");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        text += part.split_once(')').map_or("", |(_, after)| after);
    }
    let item = text.split_once(". ").filter(|(number, _)| number.parse::<u32>().is_ok());
    item.map(|(_, after)| after.to_owned()).unwrap_or(text)
}

fn problems(page: &Page) -> Vec<String> {
    let shown = shown(page);
    let (mut is_exempt, mut is_generated) = (false, false);
    let mut problems = Vec::new();
    for (line_number, line) in page.prose() {
        is_exempt = line.starts_with("<!-- numbers: ") || (is_exempt && !line.is_empty());
        is_generated =
            line != END && (is_generated || line.ends_with(": generated -->") || line.starts_with("<!-- measured: "));
        if is_exempt || is_generated || line.starts_with("<!--") {
            continue;
        }
        let unknown = numbers(&text(line)).into_iter().filter(|number| number.len() > 1 && !shown.contains(number));
        problems.extend(unknown.map(|number| format!("{}:{line_number}: where does {number} come from?", page.path)));
    }
    problems
}

#[test]
fn every_number_in_the_text_of_a_guide_stands_in_a_block_that_is_compared() {
    let is_checked = |path: &str| path == "README.md" || path == "docs/lesson.md" || path.starts_with("docs/guide/");
    let pages = Page::all().into_iter().filter(|page| is_checked(&page.path));
    let problems: Vec<String> = pages.flat_map(|page| problems(&page)).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_number_is_digits_outside_a_word() {
    let none: [&str; 0] = [];
    assert_eq!(numbers("p99 of h02_sync6 and #12"), none);
    assert_eq!(numbers("8,000 requests take 165.5 ms, or 3."), ["8000", "165.5", "3"]);
    assert_eq!(text("2. see [that](x12.md) 5"), "see [that 5");
}
