//! Tables of names in the pages: they have every name that the program knows.

use std::collections::BTreeSet;

use serde_json::Value;
use waitline::model::Metric;

use super::page::Page;
use crate::common::program::{Desk, text};

/// The text between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The names of a cell such as "`a.` and `b.` `x`, `y`; `c`": a.x, a.y, b.x, b.y and c.
fn names(cell: &str) -> Vec<String> {
    cell.split(';').flat_map(names_of_part).collect()
}

fn names_of_part(part: &str) -> Vec<String> {
    let (prefixes, endings): (Vec<&str>, Vec<&str>) = quoted(part).partition(|name| name.ends_with('.'));
    let before_prefixes = endings.iter().filter(|name| part.find(&format!("`{name}`")) < part.find(".`"));
    let alone: Vec<String> = before_prefixes.map(|name| (*name).to_owned()).collect();
    if prefixes.is_empty() {
        return endings.into_iter().map(str::to_owned).collect();
    }
    let of = |prefix: &&str| endings.iter().map(|name| format!("{prefix}{name}")).collect::<Vec<_>>();
    alone.into_iter().chain(prefixes.iter().flat_map(of)).collect()
}

/// The names of the rows of a table, the first cells.
fn first_cells<'a>(page: &'a Page, heading: &'a str) -> impl Iterator<Item = &'a str> {
    let rows = page.text.lines().skip_while(move |line| !line.starts_with(heading)).skip(2);
    rows.take_while(|line| line.starts_with('|')).map(|line| line.split('|').nth(1).unwrap_or_default())
}

#[test]
fn the_table_of_objectives_has_every_metric() {
    let page = Page::read("docs/scenario.md");
    let mut known = BTreeSet::new();
    for cell in first_cells(&page, "| Metrics |") {
        let (cell, stations) = cell.split_once("STATION is").unwrap_or((cell, ""));
        for name in names(cell) {
            match name.strip_prefix("STATION.") {
                Some(number) => known.extend(quoted(stations).map(|station| format!("{station}.{number}"))),
                None => drop(known.insert(name)),
            }
        }
    }
    let missing: Vec<String> =
        Metric::all(1).into_iter().map(|metric| metric.name(&["NAME"])).filter(|name| !known.contains(name)).collect();
    assert_eq!(missing, [""; 0], "docs/scenario.md has no such metrics");
}

#[test]
fn the_table_of_causes_has_every_cause() {
    let schema: Value = serde_json::from_str(&text(&Desk::new().run("schema explain", 0))).unwrap();
    let causes = schema["$defs"]["BlameCause"]["oneOf"].as_array().unwrap();
    let page = Page::read("docs/explain.md");
    let known: Vec<&str> = first_cells(&page, "| cause |").flat_map(quoted).collect();
    for cause in causes {
        let name = cause["const"].as_str().unwrap();
        assert!(known.contains(&name), "docs/explain.md lacks the cause {name}");
    }
}
