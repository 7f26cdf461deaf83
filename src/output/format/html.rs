//! HTML: a page that reads and prints without scripts, and blocks as parts of a larger page.

use crate::model::{ActivityGroup, visible};
use crate::output::View;
use crate::output::block::{Bars, Block, Column, Definitions, GroupedTable, List, Row, Table, TimeBar};
use crate::output::document::Document;
use crate::output::escape::{self, xml as escaped};
use crate::output::html::Shell;

/// All documents as one page.
pub fn render(documents: &[Box<dyn Document>], _: View<'_>) -> String {
    let names: Vec<String> = documents.iter().map(|document| document.id().name).collect();
    let title = if names.is_empty() { "waitline".to_owned() } else { names.join(", ") };
    let articles = documents.iter().map(|document| format!("<article>\n{}</article>\n", blocks(&document.blocks())));
    let body = format!("<main>\n{}</main>\n", articles.collect::<String>());
    Shell { title: &title, styles: &[], script: None, body: &body }.page()
}

/// Blocks one after another, as the content of an element.
pub fn blocks(blocks: &[Block]) -> String {
    let written: String = blocks.iter().map(block).collect();
    escape::xml_in_log(&written)
}

fn block(block: &Block) -> String {
    match block {
        Block::Title { name, about } => format!("<h1>{}</h1>\n{}", escaped(name), paragraphs("about", about)),
        Block::Verdict { passes, sentence } => {
            format!("<p class=\"verdict {}\">{}</p>\n", verdict_class(*passes), escaped(sentence))
        }
        Block::Text(texts) => paragraphs("text", texts),
        Block::Incomplete(reasons) => notices("incomplete", "Incomplete", reasons),
        Block::Warnings(warnings) => notices("warnings", "Warning", warnings),
        Block::Table(cells) => table(cells),
        Block::WideTable { whole, parts: _ } => table(whole),
        Block::GroupedTable(cells) => grouped(cells),
        Block::Bars(rows) => bars(rows),
        // Pictures show these.
        Block::Lanes(_) | Block::Spreads(_) => String::new(),
        Block::Conclusion(sentence) => format!("<p class=\"conclusion\">{}</p>\n", escaped(sentence)),
        Block::List(items) => list(items),
        Block::Definitions(entries) => definitions(entries),
        Block::Code { about, language, text } => format!(
            "<p>{}</p>\n<pre tabindex=\"0\"><code class=\"language-{language}\">{}</code></pre>\n",
            escaped(about),
            escaped(text)
        ),
    }
}

const fn verdict_class(passes: bool) -> &'static str {
    if passes { "good" } else { "bad" }
}

fn paragraphs(class: &str, texts: &[String]) -> String {
    texts.iter().map(|text| format!("<p class=\"{class}\">{}</p>\n", escaped(text))).collect()
}

fn notices(class: &str, kind: &str, sentences: &[String]) -> String {
    let items: String =
        sentences.iter().map(|sentence| format!("<li><strong>{kind}:</strong> {}</li>\n", escaped(sentence))).collect();
    format!("<ul class=\"notices {class}\">\n{items}</ul>\n")
}

fn list(List { title, items, has_bullets }: &List) -> String {
    let class = if *has_bullets { "bulleted" } else { "plain" };
    let items: String = items.iter().map(|item| format!("<li>{}</li>\n", escaped(item))).collect();
    let items = if items.is_empty() { "<li>none</li>\n".to_owned() } else { items };
    format!("<h3>{}</h3>\n<ul class=\"{class}\">\n{items}</ul>\n", escaped(title))
}

fn definitions(Definitions { title, entries, none }: &Definitions) -> String {
    let heading = format!("<h3>{}</h3>\n", escaped(title));
    if entries.is_empty() {
        return format!("{heading}<p>none: {}</p>\n", escaped(none));
    }
    let entry = |(term, value): &(String, String)| {
        format!("<dt><code>{}</code></dt><dd>{}</dd>\n", escaped(term), escaped(value))
    };
    format!("{heading}<dl>\n{}</dl>\n", entries.iter().map(entry).collect::<String>())
}

/// A table; it scrolls by itself where the page is narrower.
fn table(table: &Table) -> String {
    let rows: String = table.rows.iter().map(|cells| row(&table.columns, cells)).collect();
    let body = format!("<table>\n{}<tbody>\n{rows}</tbody>\n</table>\n", headings(&table.columns));
    let heading = if table.title.is_empty() { String::new() } else { format!("<h3>{}</h3>\n", escaped(&table.title)) };
    heading + &scrolling(&table.title, &body) + &paragraphs("note", &table.note)
}

/// A table per group, and the note.
fn grouped(grouped: &GroupedTable) -> String {
    let GroupedTable { table, groups } = grouped;
    let mut rows = &table.rows[..];
    let mut written = String::new();
    for group in groups {
        let (of_group, rest) = rows.split_at(group.rows.min(rows.len()));
        rows = rest;
        let cells: String = of_group.iter().map(|cells| row(&table.columns, cells)).collect();
        let body = format!("<table>\n{}<tbody>\n{cells}</tbody>\n</table>\n", headings(&table.columns));
        written.push_str(&format!("<h3>{}</h3>\n<p>{}</p>\n", escaped(&group.title), escaped(&group.about)));
        written.push_str(&scrolling(&group.title, &body));
    }
    written + &paragraphs("note", &table.note)
}

/// What is wider than a narrow page can be scrolled with the keyboard, too.
fn scrolling(name: &str, content: &str) -> String {
    format!("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{}\">\n{content}</div>\n", escaped(name))
}

fn headings(columns: &[Column]) -> String {
    let is_grouped = columns.iter().any(|column| !column.group.is_empty());
    let heading =
        |column: &Column| format!("<th scope=\"col\"{}>{}</th>", classes(column, ""), escaped(&column.heading));
    let headings: String = columns.iter().map(heading).collect();
    let groups = if is_grouped { format!("<tr>{}</tr>\n", group_headings(columns)) } else { String::new() };
    format!("<thead>\n{groups}<tr>{headings}</tr>\n</thead>\n")
}

/// One heading over all neighbours of a group.
fn group_headings(columns: &[Column]) -> String {
    let group = |columns: &[Column]| {
        let (class, text) = (classes(&columns[0], "group"), escaped(&columns[0].group));
        let span = columns.len();
        match columns[0].group.is_empty() {
            true => format!("<td{class} colspan=\"{span}\"></td>"),
            false => format!("<th scope=\"colgroup\"{class} colspan=\"{span}\">{text}</th>"),
        }
    };
    columns.chunk_by(|one, next| one.group == next.group).map(group).collect()
}

fn classes(column: &Column, more: &str) -> String {
    let kinds = [(!column.is_name, "number"), (column.is_apart, "apart"), (!more.is_empty(), more)];
    let names: Vec<&str> = kinds.iter().filter(|(is_so, _)| *is_so).map(|(_, name)| *name).collect();
    if names.is_empty() { String::new() } else { format!(" class=\"{}\"", names.join(" ")) }
}

fn row(columns: &[Column], Row { is_part, passes, cells }: &Row) -> String {
    let last = cells.len().saturating_sub(1);
    let cell = |(place, (column, text)): (usize, (&Column, &String))| {
        let verdict = passes.filter(|_| place == last).map_or("", verdict_class);
        let (class, text) = (classes(column, verdict), escaped(text.trim()));
        match place {
            0 => format!("<th scope=\"row\"{class}>{text}</th>"),
            _ => format!("<td{class}>{text}</td>"),
        }
    };
    let cells: String = columns.iter().zip(cells).enumerate().map(cell).collect();
    format!("<tr{}>{cells}</tr>\n", if *is_part { " class=\"part\"" } else { "" })
}

/// A bar per row, drawn to one scale, with its times in words.
fn bars(bars: &Bars) -> String {
    let rows: String = bars.rows.iter().map(|bar| time_bar(bar, bars.longest_ms)).collect();
    let legend: String = ActivityGroup::ALL
        .into_iter()
        .map(|group| format!("<li><svg class=\"swatch\" aria-hidden=\"true\"><rect class=\"{}\" width=\"100%\" height=\"100%\"/></svg> {}</li>", class(group), group.doing()))
        .collect();
    format!(
        "<figure class=\"bars\">\n<table>\n<tbody>\n{rows}</tbody>\n</table>\n<ul class=\"legend\">{legend}</ul>\n</figure>\n"
    )
}

fn time_bar(TimeBar { name, parts_ms, label }: &TimeBar, longest_ms: f64) -> String {
    let mut until = 0.0;
    let part = |(group, part_ms): (ActivityGroup, &f64)| {
        let (start, share) = (until, 100.0 * part_ms / longest_ms);
        until += share;
        format!("<rect class=\"{}\" x=\"{start:.2}%\" width=\"{share:.2}%\" height=\"100%\"/>", class(group))
    };
    let parts: String = ActivityGroup::ALL.into_iter().zip(parts_ms).map(part).collect();
    format!(
        "<tr><th scope=\"row\">{}</th><td class=\"bar\"><svg aria-hidden=\"true\">{parts}</svg></td><td class=\"number\">{}</td></tr>\n",
        escaped(&visible(name)),
        escaped(label)
    )
}

const fn class(group: ActivityGroup) -> &'static str {
    match group {
        ActivityGroup::Wait => "wait",
        ActivityGroup::Cpu => "work",
        ActivityGroup::Away => "away",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_headings_of_groups_and_rows() {
        let mut data = Table::of("Time in ms", "policy", [(false, "a<b".into()), (true, "page".into())]);
        data.numbers("slowdown", "mean", vec!["1".into(), "2".into()]);
        data.numbers("slowdown", "max", vec!["4.52×".into(), "1×".into()]);
        let written = table(&data);
        for part in [
            "<h3>Time in ms</h3>",
            "<td class=\"group\" colspan=\"1\"></td><th scope=\"colgroup\" class=\"number apart group\" colspan=\"2\">slowdown</th>",
            "<th scope=\"row\">a&lt;b</th><td class=\"number apart\">1</td>",
            "<tr class=\"part\"><th scope=\"row\">page</th>",
        ] {
            assert!(written.contains(part), "no {part} in {written}");
        }
    }

    #[test]
    fn no_text_is_markup() {
        let text = "</script><b onclick='x'>\"&\u{202e}";
        let everything = [
            Block::Title { name: text.into(), about: vec![text.into()] },
            Block::Verdict { passes: true, sentence: text.into() },
            Block::Text(vec![text.into()]),
            Block::Incomplete(vec![text.into()]),
            Block::Warnings(vec![text.into()]),
            Block::List(List::bulleted(text, vec![text.into()])),
            Block::Definitions(Definitions { title: text.into(), entries: vec![(text.into(), text.into())], none: "" }),
            Block::Code { about: text.into(), language: "sh", text: text.into() },
        ];
        let written = blocks(&everything);
        assert!(!written.contains("<b") && !written.contains("</script") && !written.contains('\u{202e}'), "{written}");
        assert!(!written.contains('\'') && written.matches("&lt;/script&gt;").count() >= 10, "{written}");
    }
}
