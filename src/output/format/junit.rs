//! JUnit XML: what was judged, as test cases that CI reads.
//!
//! A suite for each scenario. Its cases are called `scenario.policy` (what GitLab shows as the suite, Jenkins as package
//! and class) and what was asked, each once. A warning is no failure: it stands in `system-out`. What only the baseline or
//! only the scenario has is skipped. What could not be judged is an error. No time, no date and no host is told, so that the same results give the same bytes.

use std::collections::BTreeMap;

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use crate::model::visible;
use crate::output::document::findings::{Finding, Outcome, findings};
use crate::output::escape;
use crate::output::{Report, View};

/// The document of all scenarios.
pub fn render(reports: &[Report], _: View<'_>) -> String {
    let mut document = Document::new("waitline");
    document.add_test_suites(reports.iter().map(suite));
    escape::xml_in_log(&document.to_string().expect("text in memory takes anything"))
}

fn suite(report: &Report) -> TestSuite {
    let results = report.results();
    let scenario = visible(&results.scenario);
    let mut suite = TestSuite::new(&*scenario);
    for (name, value) in [
        ("waitline", results.waitline.to_owned()),
        ("scenario_sha256", results.scenario_sha256.clone()),
        ("seed", results.seed.to_string()),
        ("replications", results.replications.to_string()),
    ] {
        suite.add_property((name, &*value));
    }
    let mut names: BTreeMap<(Option<String>, String), usize> = BTreeMap::new();
    for finding in findings(report) {
        let times = names.entry((finding.policy.clone(), finding.asked.clone())).or_default();
        *times += 1;
        suite.add_test_case(case(&scenario, &finding, *times));
    }
    suite
}

/// A case; of two with the same name GitLab shows one, so that the second time something is asked has a number.
fn case(scenario: &str, finding: &Finding, time: usize) -> TestCase {
    let number = if time > 1 { format!(" ({time})") } else { String::new() };
    let mut case = TestCase::new(format!("{}{number}", finding.asked), status(finding));
    case.set_classname(match &finding.policy {
        Some(policy) => format!("{scenario}.{policy}"),
        None => scenario.to_owned(),
    });
    if let Some(place) = &finding.place {
        case.extra.insert("file".into(), place.file.as_str().into());
        if let Some([line, ..]) = place.position {
            case.extra.insert("line".into(), line.to_string().into());
        }
    }
    // Of all others this is in the status itself.
    if matches!(case.status, TestCaseStatus::Success { .. }) {
        let warning = if finding.outcome == Outcome::Warned { "warning: " } else { "" };
        case.set_system_out(format!("{warning}{}", told(finding)));
    }
    case
}

fn status(finding: &Finding) -> TestCaseStatus {
    let mut status = match finding.outcome {
        Outcome::Passes | Outcome::Noted | Outcome::Warned => return TestCaseStatus::success(),
        Outcome::Skipped => TestCaseStatus::skipped(),
        Outcome::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    status.set_message(&*finding.message).set_type(finding.kind).set_description(told(finding));
    status
}

fn told(finding: &Finding) -> String {
    let lines: Vec<&str> = std::iter::once(&finding.message).chain(&finding.details).map(String::as_str).collect();
    lines.join("\n")
}
