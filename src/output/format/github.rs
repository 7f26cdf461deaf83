//! GitHub Actions: annotations as workflow commands, and the summary of a step.
//!
//! GitHub shows at most ten errors, ten warnings and ten notices of a step, and drops a summary of more than 1 MiB.

use std::path::{Component, Path};

use crate::output::document::findings::{Finding, Outcome, Place, findings};
use crate::output::escape;
use crate::output::format::markdown;
use crate::output::{Report, View};

/// So many annotations of a kind are shown of a step.
const MOST: usize = 10;
/// A step's summary has at most so many bytes.
const SUMMARY_BYTES: usize = 1024 * 1024;

/// A kind of annotation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Kind {
    command: &'static str,
    /// What several of them are called.
    several: &'static str,
}

const ERROR: Kind = Kind { command: "error", several: "errors" };
const WARNING: Kind = Kind { command: "warning", several: "warnings" };
const NOTICE: Kind = Kind { command: "notice", several: "notices" };

/// The annotations of all scenarios, and a line that counts what was judged.
pub fn render(reports: &[Report], view: View<'_>) -> String {
    let found: Vec<(&str, Finding)> = reports
        .iter()
        .flat_map(|report| findings(report).into_iter().map(|finding| (&*report.results().scenario, finding)))
        .collect();
    let mut text = String::new();
    for kind in [ERROR, WARNING, NOTICE] {
        let of_kind: Vec<_> = found.iter().filter(|(_, finding)| kind_of(finding.outcome) == Some(kind)).collect();
        let shown = if of_kind.len() > MOST { MOST - 1 } else { of_kind.len() };
        for (scenario, finding) in &of_kind[..shown] {
            text.push_str(&annotation(kind, scenario, finding, view.folder));
        }
        text.push_str(&rest(kind, &of_kind[shown..]));
    }
    text.push_str(&count(reports.len(), &found));
    text
}

/// The summary of a step, in Markdown: what the format `markdown` says, as far as there is room; nothing if there is none.
/// `taken` bytes are in the summary already.
pub fn step_summary(reports: &[Report], view: View<'_>, taken: usize) -> String {
    let room = SUMMARY_BYTES.saturating_sub(taken);
    let blocks: Vec<String> = reports.iter().flat_map(|report| markdown::blocks(report, view)).collect();
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

/// What stands where a summary was cut off.
fn cut(blocks: usize) -> String {
    format!(
        "_Cut off here: GitHub shows at most 1 MiB of a step. {blocks} more headings and tables are in what \
         `--export markdown=FILE` writes._\n"
    )
}

const fn kind_of(outcome: Outcome) -> Option<Kind> {
    match outcome {
        Outcome::Passes => None,
        Outcome::Noted | Outcome::Skipped => Some(NOTICE),
        Outcome::Warned => Some(WARNING),
        Outcome::Failed | Outcome::Error => Some(ERROR),
    }
}

fn annotation(kind: Kind, scenario: &str, finding: &Finding, folder: &str) -> String {
    let title = match &finding.policy {
        Some(policy) => format!("{scenario}, {policy}: {}", finding.asked),
        None => format!("{scenario}: {}", finding.asked),
    };
    let lines: Vec<&str> = std::iter::once(&finding.message).chain(&finding.details).map(String::as_str).collect();
    let place = finding.place.as_ref().map(|place| Place { file: from_root(folder, &place.file), ..place.clone() });
    command(kind, place.as_ref(), &title, &lines.join("\n"))
}

/// A file as GitHub names it: from the root of the repository, without dots.
fn from_root(folder: &str, file: &str) -> String {
    let path = Path::new(folder).join(file);
    let mut parts: Vec<&str> = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(part) => parts.extend(part.to_str()),
            Component::CurDir => {}
            Component::ParentDir if !parts.is_empty() => drop(parts.pop()),
            // Nothing below the root.
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return file.to_owned(),
        }
    }
    parts.join("/")
}

/// One line for those that are not shown one by one.
fn rest(kind: Kind, found: &[&(&str, Finding)]) -> String {
    if found.is_empty() {
        return String::new();
    }
    let title = format!("{} more {}", found.len(), kind.several);
    let messages: Vec<String> =
        found.iter().map(|(scenario, finding)| format!("{scenario}: {}", finding.message)).collect();
    command(kind, None, &title, &messages.join("\n"))
}

/// A workflow command: `::error file=shop.json,line=7,col=9,endColumn=29,title=…::…`.
fn command(kind: Kind, place: Option<&Place>, title: &str, message: &str) -> String {
    let mut properties = Vec::new();
    if let Some(Place { file, position }) = place {
        properties.push(format!("file={}", escape::github_property(file)));
        if let Some([line, column, end_column]) = position {
            properties.push(format!("line={line},col={column},endColumn={end_column}"));
        }
    }
    properties.push(format!("title={}", escape::github_property(title)));
    format!("::{} {}::{}\n", kind.command, properties.join(","), escape::github_message(message))
}

/// What was judged, in a line that is no command.
fn count(scenarios: usize, found: &[(&str, Finding)]) -> String {
    let with = |outcome: Outcome| found.iter().filter(|(_, finding)| finding.outcome == outcome).count();
    let outcomes = [
        (with(Outcome::Failed), "failed"),
        (with(Outcome::Error), "could not be judged"),
        (with(Outcome::Warned), "warned"),
        (with(Outcome::Skipped), "skipped"),
        (with(Outcome::Noted) + with(Outcome::Passes), "passed"),
    ];
    let outcomes: Vec<String> =
        outcomes.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let scenarios = if scenarios == 1 { "1 scenario".to_owned() } else { format!("{scenarios} scenarios") };
    format!("waitline judged {scenarios}: {}\n", outcomes.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::ScenarioResults;

    #[test]
    fn what_github_would_take_for_its_own_is_escaped() {
        let place = Place { file: "a,b:c.json".into(), position: Some([2, 3, 9]) };
        assert_eq!(
            command(ERROR, Some(&place), "50% of: x,y", "100%: a,b\n::warning::c\u{7f}"),
            "::error file=a%2Cb%3Ac.json,line=2,col=3,endColumn=9,title=50%25 of%3A x%2Cy\
             ::100%25: a,b%0A::warning::c\u{fffd}\n"
        );
    }

    #[test]
    fn files_are_named_from_the_root_of_the_repository() {
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
            policy: Some("sync".into()),
            asked: "p99 < 1ms".into(),
            outcome: Outcome::Failed,
            kind: "slo",
            message: "too slow".into(),
            details: Vec::new(),
            place: None,
        };
        let found = vec![("shop", finding); 3];
        let line = rest(ERROR, &found.iter().collect::<Vec<_>>());
        assert_eq!(line, "::error title=3 more errors::shop: too slow%0Ashop: too slow%0Ashop: too slow\n");
    }

    #[test]
    fn a_summary_is_cut_where_a_table_ends_and_says_so() {
        let report = |name: &str| {
            Report::Run(ScenarioResults {
                scenario: name.to_owned(),
                description: Some("x".repeat(400_000)),
                ..ScenarioResults::default()
            })
        };
        let (view, reports) = (View::default(), [report("one"), report("two"), report("three")]);
        let whole = step_summary(&reports[..2], view, 0);
        assert!(whole.len() > 800_000 && !whole.contains("Cut off here"));
        let summary = step_summary(&reports, view, 0);
        assert!(summary.len() <= SUMMARY_BYTES && summary.starts_with(&whole), "{} bytes", summary.len());
        assert!(summary.ends_with("`--export markdown=FILE` writes._\n"), "{}", &summary[summary.len() - 200..]);
        assert!(step_summary(&reports, view, 500_000).len() <= SUMMARY_BYTES - 500_000);
        assert_eq!(step_summary(&reports, view, SUMMARY_BYTES - 10), "");
    }
}
