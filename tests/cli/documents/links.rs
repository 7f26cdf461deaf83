//! Every link of every page leads somewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use super::page::{Page, root};

/// The anchors of a page's headings, as GitHub forms them.
fn anchors(page: &Page) -> BTreeSet<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut anchors = BTreeSet::new();
    for (_, line) in page.prose() {
        if let Some(heading) = line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#')) {
            let anchor = slug(heading);
            let count = seen.entry(anchor.clone()).or_default();
            anchors.insert(if *count == 0 { anchor } else { format!("{anchor}-{count}") });
            *count += 1;
        }
    }
    anchors
}

/// The anchor of a heading: letters and digits in lower case, `-` for spaces, and nothing else.
pub fn slug(heading: &str) -> String {
    let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
}

/// The targets of links and pictures of a line.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next())
}

/// A path without `..`, from the root of the repository.
fn resolve(from: &str, target: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in Path::new(from).parent().unwrap().join(target).components() {
        match part {
            Component::ParentDir => drop(parts.pop()),
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Component::Prefix(_) | Component::RootDir | Component::CurDir => {}
        }
    }
    parts.iter().collect::<PathBuf>().to_string_lossy().into_owned()
}

/// What is wrong with a link, if anything is.
fn problem(page: &Page, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if path.is_empty() { page.path.clone() } else { resolve(&page.path, path) };
    if !root().join(&path).exists() {
        return Some(format!("there is no {path}"));
    }
    let is_missing = !anchor.is_empty() && !anchors(&Page::read(&path)).contains(anchor);
    is_missing.then(|| format!("{path} has no heading #{anchor}"))
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_exist() {
    let mut pages = Page::all();
    pages.extend(["ARCHITECTURE.md", "CHANGELOG.md"].map(Page::read));
    let mut problems = Vec::new();
    for page in &pages {
        for (number, line) in page.prose() {
            let wrong = targets(line).filter_map(|target| Some((target, problem(page, target)?)));
            problems.extend(wrong.map(|(target, why)| format!("{}:{number}: ]({target}): {why}", page.path)));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_page_of_the_documentation_can_be_reached_from_the_readme() {
    let mut reached = BTreeSet::new();
    let mut next = vec!["README.md".to_owned()];
    while let Some(path) = next.pop() {
        if reached.insert(path.clone()) {
            let page = Page::read(&path);
            let links: Vec<String> =
                page.prose().into_iter().flat_map(|(_, line)| targets(line)).map(String::from).collect();
            let pages = links.iter().map(|link| link.split('#').next().unwrap()).filter(|link| link.ends_with(".md"));
            next.extend(pages.filter(|link| !link.contains("://")).map(|link| resolve(&path, link)));
        }
    }
    let missing: Vec<String> =
        Page::all().into_iter().map(|page| page.path).filter(|path| !reached.contains(path)).collect();
    assert!(missing.is_empty(), "no link leads to {missing:?}");
}

#[test]
fn an_anchor_is_that_of_github() {
    assert_eq!(slug("`hold`: over phases"), "hold-over-phases");
    assert_eq!(slug("Where is …?"), "where-is-");
    assert_eq!(resolve("docs/guide/ci.md", "../../README.md"), "README.md");
}
