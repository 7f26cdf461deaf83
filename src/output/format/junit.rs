//! JUnit XML: what was judged, as test cases that CI reads.
//!
//! Each document is a suite. Its cases are named `suite.part` (which GitLab shows as the suite, Jenkins as package and
//! class) and what was asked, each once. A warning is no failure: it is in `system-out`. What only the baseline or only
//! the scenario has is skipped. What could not be judged is an error. There is no time, date or host, so that the same
//! results give the same bytes.

use std::collections::BTreeMap;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::model::visible;
use crate::output::block::{Finding, FindingStatus};
use crate::output::document::Document;
use crate::output::{View, escape};

/// One file for all documents.
pub fn render(documents: &[Box<dyn Document>], _: View<'_>) -> String {
    let mut report = Report::new("waitline");
    report.add_test_suites(documents.iter().map(|document| suite(&**document)));
    escape::xml_in_log(&report.to_string().expect("writing to memory cannot fail"))
}

fn suite(document: &dyn Document) -> TestSuite {
    let id = document.id();
    let name = visible(&id.name);
    let mut suite = TestSuite::new(&*name);
    for (property, value) in &id.properties {
        suite.add_property((*property, &**value));
    }
    let mut names: BTreeMap<(Option<String>, String), usize> = BTreeMap::new();
    for finding in document.findings() {
        let finding = finding.visible();
        let times = names.entry((finding.part.clone(), finding.asked.clone())).or_default();
        *times += 1;
        suite.add_test_case(case(&name, &finding, *times));
    }
    suite
}

/// A case. Of two with the same name GitLab shows one, so from the second time on a case has a number.
fn case(suite: &str, finding: &Finding, time: usize) -> TestCase {
    let number = if time > 1 { format!(" ({time})") } else { String::new() };
    let mut case = TestCase::new(format!("{}{number}", finding.asked), status(finding));
    case.set_classname(match &finding.part {
        Some(part) => format!("{suite}.{part}"),
        None => suite.to_owned(),
    });
    if let Some(location) = &finding.location {
        case.extra.insert("file".into(), location.file.as_str().into());
        if let Some([line, ..]) = location.position {
            case.extra.insert("line".into(), line.to_string().into());
        }
    }
    // Otherwise the status has the text.
    if matches!(case.status, TestCaseStatus::Success { .. }) {
        let warning = if finding.status == FindingStatus::Warned { "warning: " } else { "" };
        case.set_system_out(format!("{warning}{}", finding.text()));
    }
    case
}

fn status(finding: &Finding) -> TestCaseStatus {
    let mut status = match finding.status {
        FindingStatus::Passes | FindingStatus::Noted | FindingStatus::Warned => return TestCaseStatus::success(),
        FindingStatus::Skipped => TestCaseStatus::skipped(),
        FindingStatus::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        FindingStatus::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    status.set_message(&*finding.message).set_type(finding.kind).set_description(finding.text());
    status
}
