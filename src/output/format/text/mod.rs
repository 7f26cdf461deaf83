//! Text: what a person reads in a terminal.

mod ascii;
mod axis;
mod bars;
mod glyphs;
mod lanes;
mod paint;
mod spreads;
mod table;

use unicode_width::UnicodeWidthStr;

use self::paint::{DIM, STRONG, WAIT, WORK, paint};
use crate::model::visible;
use crate::output::block::wrap::{WIDTH, cut_middle, wrapped};
use crate::output::block::{Block, Definitions, List, Table};
use crate::output::document::Document;
use crate::output::{View, escape};

/// The blocks, separated by blank lines.
pub fn render(document: &dyn Document, view: View<'_>) -> String {
    let blocks: Vec<String> = document.blocks().iter().map(|block| lines(block, view)).collect();
    let text = escape::in_log(&blocks.join("\n"), view.color);
    let text = if view.ascii { ascii::ascii(&text) } else { text };
    if view.before > 0 { format!("\n{text}") } else { text }
}

/// A block in lines that fit on the page, each ending in a newline.
fn lines(block: &Block, view: View<'_>) -> String {
    match block {
        Block::Title { name, about } => title(name, about, view),
        Block::Verdict { passes, sentence } => verdict(*passes, sentence, view),
        Block::Text(paragraphs) => paragraphs.iter().map(|paragraph| running(paragraph, view)).collect(),
        Block::Incomplete(reasons) => reasons.iter().map(|why| running(&format!("incomplete: {why}"), view)).collect(),
        Block::Warnings(warnings) => warnings.iter().map(|warning| self::warning(warning, view)).collect(),
        Block::Table(table) => table.aligned(view),
        Block::WideTable { parts, whole: _ } => {
            let parts: Vec<String> = parts.iter().map(|table: &Table| table.aligned(view)).collect();
            parts.join("\n")
        }
        Block::GroupedTable(grouped) => table::grouped(grouped, view),
        Block::Bars(bars) => bars::bars(bars, view),
        Block::Lanes(lanes) => lanes::lanes(lanes, view),
        Block::Spreads(spreads) => spreads::spreads(spreads, view),
        Block::Conclusion(sentence) => conclusion(sentence, view),
        Block::List(items) => list(items, view),
        Block::Definitions(entries) => definitions(entries, view),
        Block::Code { about, text, language: _ } => format!("{}  {}\n", running(about, view), visible(text)),
    }
}

/// Width of running text.
fn width(view: View<'_>) -> usize {
    WIDTH.min(view.columns())
}

/// Running text, wrapped.
fn running(text: &str, view: View<'_>) -> String {
    wrapped(text, width(view)).into_iter().map(|line| line + "\n").collect()
}

fn warning(warning: &str, view: View<'_>) -> String {
    let lines = wrapped(&format!("warning: {warning}"), width(view));
    lines.iter().map(|line| paint(view.color, WAIT, line) + "\n").collect()
}

fn title(name: &str, about: &[String], view: View<'_>) -> String {
    let name = paint(view.color, STRONG, &cut_middle(&visible(name), view.columns()));
    let about: String = about.iter().map(|sentence| running(sentence, view)).collect();
    format!("{name}\n{about}")
}

fn verdict(passes: bool, sentence: &str, view: View<'_>) -> String {
    let style = if passes { WORK } else { WAIT };
    let mut lines = wrapped(sentence, width(view)).into_iter();
    let first = paint(view.color, style, &lines.next().unwrap_or_default());
    let rest: String = lines.map(|line| format!("  {line}\n")).collect();
    format!("{first}\n{rest}")
}

fn conclusion(sentence: &str, view: View<'_>) -> String {
    wrapped(sentence, width(view)).iter().map(|line| paint(view.color, STRONG, line) + "\n").collect()
}

fn list(list: &List, view: View<'_>) -> String {
    let (first, next) = if list.has_bullets { ("  · ", "    ") } else { ("  ", "    ") };
    let mut text = paint(view.color, STRONG, &list.title) + "\n";
    for item in &list.items {
        for (place, line) in wrapped(item, width(view) - 4).iter().enumerate() {
            text.push_str(&format!("{}{line}\n", if place == 0 { first } else { next }));
        }
    }
    text
}

/// Terms in one column, what they stand for in the next.
fn definitions(definitions: &Definitions, view: View<'_>) -> String {
    const LEAST: usize = 24;
    let mut text = paint(view.color, STRONG, &visible(&definitions.title)) + "\n";
    if definitions.entries.is_empty() {
        text.push_str(&format!("  none: {}\n", definitions.none));
    }
    let most = view.columns() * 2 / 3;
    let terms: Vec<String> = definitions.entries.iter().map(|(term, _)| cut_middle(&visible(term), most)).collect();
    let room = terms.iter().map(|term| term.width()).max().unwrap_or(0);
    let width = width(view).saturating_sub(room + 4).max(LEAST);
    for (term, (_, value)) in terms.iter().zip(&definitions.entries) {
        for (place, line) in wrapped(value, width).iter().enumerate() {
            let term = if place == 0 { term } else { "" };
            let pad = " ".repeat(room - term.width());
            text.push_str(&format!("  {}{pad}  {line}\n", paint(view.color, DIM, term)));
        }
    }
    text
}
