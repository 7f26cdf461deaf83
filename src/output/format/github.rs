//! GitHub Actions: annotations as workflow commands, and the summary of a step.
//!
//! GitHub shows at most ten errors, ten warnings and ten notices per step, and discards a summary of more than 1 MiB.

use std::path::{Component, Path};

use crate::output::block::{Finding, FindingStatus, Location};
use crate::output::document::{Document, DocumentId};
use crate::output::format::markdown;
use crate::output::{View, escape};

/// Maximum number of annotations of one level that are shown of a step.
const MOST: usize = 10;
/// Maximum size of a step's summary.
const SUMMARY_BYTES: usize = 1024 * 1024;

/// A level of annotations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct AnnotationLevel {
    command: &'static str,
    plural: &'static str,
}

const ERROR: AnnotationLevel = AnnotationLevel { command: "error", plural: "errors" };
const WARNING: AnnotationLevel = AnnotationLevel { command: "warning", plural: "warnings" };
const NOTICE: AnnotationLevel = AnnotationLevel { command: "notice", plural: "notices" };

/// The annotations of all documents, and a line that counts what was judged.
pub fn render(documents: &[Box<dyn Document>], view: View<'_>) -> String {
    let ids: Vec<DocumentId> = documents.iter().map(|document| document.id()).collect();
    let found: Vec<(&str, Finding)> = documents
        .iter()
        .zip(&ids)
        .flat_map(|(document, id)| document.findings().into_iter().map(|finding| (&*id.name, finding.visible())))
        .collect();
    let mut text = String::new();
    for level in [ERROR, WARNING, NOTICE] {
        let of_level: Vec<_> = found.iter().filter(|(_, finding)| level_of(finding.status) == Some(level)).collect();
        let shown = if of_level.len() > MOST { MOST - 1 } else { of_level.len() };
        for (name, finding) in &of_level[..shown] {
            text.push_str(&annotation(level, name, finding, view.folder));
        }
        text.push_str(&rest(level, &of_level[shown..]));
    }
    text + &count(&ids, &found)
}

/// The summary of a step, in Markdown, up to the limit of its size; empty if there is no room. `taken` bytes are in the
/// summary already.
pub fn step_summary(documents: &[Box<dyn Document>], taken: usize) -> String {
    let room = SUMMARY_BYTES.saturating_sub(taken);
    let blocks: Vec<String> = documents.iter().flat_map(|document| markdown::blocks(&**document)).collect();
    let whole: usize = blocks.iter().map(|block| block.len() + 1).sum();
    if whole <= room {
        return blocks.iter().map(|block| format!("{block}\n")).collect();
    }
    let room = room.saturating_sub(cut(blocks.len()).len());
    let mut summary = String::new();
    let fits = |summary: &String, block: &&String| summary.len() + block.len() < room;
    let mut left = blocks.iter().peekable();
    while let Some(block) = left.next_if(|block| fits(&summary, block)) {
        summary.push_str(block);
        summary.push('\n');
    }
    if summary.is_empty() { summary } else { summary + &cut(left.count()) }
}

/// The line at which a summary was cut off.
fn cut(blocks: usize) -> String {
    format!(
        "_Cut off here: GitHub shows at most 1 MiB of a step. {blocks} more headings and tables are in what \
         `--export markdown=FILE` writes._\n"
    )
}

const fn level_of(status: FindingStatus) -> Option<AnnotationLevel> {
    match status {
        FindingStatus::Passes => None,
        FindingStatus::Noted | FindingStatus::Skipped => Some(NOTICE),
        FindingStatus::Warned => Some(WARNING),
        FindingStatus::Failed | FindingStatus::Error => Some(ERROR),
    }
}

fn annotation(level: AnnotationLevel, name: &str, finding: &Finding, folder: &str) -> String {
    let title = match &finding.part {
        Some(part) => format!("{name}, {part}: {}", finding.asked),
        None => format!("{name}: {}", finding.asked),
    };
    let location = finding.location.as_ref();
    let location = location.map(|found| Location { file: from_root(folder, &found.file), position: found.position });
    command(level, location.as_ref(), &title, &finding.text())
}

/// A file name relative to the root of the repository, without dots, as GitHub expects.
fn from_root(folder: &str, file: &str) -> String {
    let path = Path::new(folder).join(file);
    let mut parts: Vec<&str> = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => parts.extend(part.to_str()),
            Component::CurDir => {}
            Component::ParentDir if !parts.is_empty() => drop(parts.pop()),
            // Outside the repository.
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return file.to_owned(),
        }
    }
    parts.join("/")
}

/// One annotation for all findings that are not shown one by one.
fn rest(level: AnnotationLevel, found: &[&(&str, Finding)]) -> String {
    if found.is_empty() {
        return String::new();
    }
    let title = format!("{} more {}", found.len(), level.plural);
    let messages: Vec<String> = found.iter().map(|(name, finding)| format!("{name}: {}", finding.message)).collect();
    command(level, None, &title, &messages.join("\n"))
}

/// A workflow command: `::error file=shop.json,line=7,col=9,endColumn=29,title=…::…`.
fn command(level: AnnotationLevel, location: Option<&Location>, title: &str, message: &str) -> String {
    let mut properties = Vec::new();
    if let Some(Location { file, position }) = location {
        properties.push(format!("file={}", escape::github_property(file)));
        if let Some([line, column, end_column]) = position {
            properties.push(format!("line={line},col={column},endColumn={end_column}"));
        }
    }
    properties.push(format!("title={}", escape::github_property(title)));
    format!("::{} {}::{}\n", level.command, properties.join(","), escape::github_message(message))
}

/// What was judged, in a line that is no command.
fn count(ids: &[DocumentId], found: &[(&str, Finding)]) -> String {
    let with = |status: FindingStatus| found.iter().filter(|(_, finding)| finding.status == status).count();
    let counts = [
        (with(FindingStatus::Failed), "failed"),
        (with(FindingStatus::Error), "could not be judged"),
        (with(FindingStatus::Warned), "warned"),
        (with(FindingStatus::Skipped), "skipped"),
        (with(FindingStatus::Noted) + with(FindingStatus::Passes), "passed"),
    ];
    let counts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let [one, several] = ids.first().map_or(["scenario", "scenarios"], |id| id.kind);
    let noun = if ids.len() == 1 { one } else { several };
    format!("waitline judged {} {noun}: {}\n", ids.len(), counts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::document::RunReport;
    use crate::stats::ScenarioResults;

    #[test]
    fn characters_with_a_meaning_for_github_are_escaped() {
        let location = Location { file: "a,b:c.json".into(), position: Some([2, 3, 9]) };
        assert_eq!(
            command(ERROR, Some(&location), "50% of: x,y", "100%: a,b\n::warning::c\u{7f}"),
            "::error file=a%2Cb%3Ac.json,line=2,col=3,endColumn=9,title=50%25 of%3A x%2Cy\
             ::100%25: a,b%0A::warning::c\u{fffd}\n"
        );
    }

    #[test]
    fn file_names_are_relative_to_the_root_of_the_repository() {
        for (folder, file, named) in [
            ("", "scenarios/shop.json", "scenarios/shop.json"),
            ("", "./shop.json", "shop.json"),
            ("services/web", "shop.json", "services/web/shop.json"),
            ("services/web", "../shop.json", "services/shop.json"),
            ("", "../shop.json", "../shop.json"),
            ("services", "/tmp/shop.json", "/tmp/shop.json"),
        ] {
            assert_eq!(from_root(folder, file), named);
        }
    }

    #[test]
    fn more_annotations_than_github_shows_become_one_line() {
        let finding = Finding {
            part: Some("sync".into()),
            asked: "p99 < 1ms".into(),
            status: FindingStatus::Failed,
            kind: "slo",
            message: "too slow".into(),
            details: Vec::new(),
            location: None,
        };
        let found = vec![("shop", finding); 3];
        let line = rest(ERROR, &found.iter().collect::<Vec<_>>());
        assert_eq!(line, "::error title=3 more errors::shop: too slow%0Ashop: too slow%0Ashop: too slow\n");
    }

    #[test]
    fn a_summary_is_cut_after_a_table_with_a_notice() {
        let document = |name: &str| -> Box<dyn Document> {
            let (scenario, description) = (name.to_owned(), Some("x".repeat(400_000)));
            let results = ScenarioResults { scenario, description, ..ScenarioResults::default() };
            Box::new(RunReport { results, explains_defaults: false, has_charts: true, trace: None })
        };
        let documents = [document("one"), document("two"), document("three")];
        let whole = step_summary(&documents[..2], 0);
        assert!(whole.len() > 800_000 && !whole.contains("Cut off here"));
        let summary = step_summary(&documents, 0);
        assert!(summary.len() <= SUMMARY_BYTES && summary.starts_with(&whole), "{} bytes", summary.len());
        assert!(summary.ends_with("`--export markdown=FILE` writes._\n"), "{}", &summary[summary.len() - 200..]);
        assert!(step_summary(&documents, 500_000).len() <= SUMMARY_BYTES - 500_000);
        assert_eq!(step_summary(&documents, SUMMARY_BYTES - 10), "");
    }
}
