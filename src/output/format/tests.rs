//! Every format shows every document.

use std::num::NonZeroU32;
use std::ops::ControlFlow;

use serde_json::Value;

use super::Format;
use crate::output::{
    CheckReport, CoverageReport, Document, PresetList, ReplayReport, RunReport, VerificationReport, View,
};
use crate::policy::examples;
use crate::scenario::Scenario;
use crate::study::{
    self, Coverage, CoveredNumber, Gate, Halted, JobPool, Observed, Options, Replayed, RunWay, Stored, Watch, check,
    replay, verify,
};

const SCENARIO: &str = r#"{
  "classes": { "page": { "phases": [ { "db": "20ms" }, { "compute": "5ms" } ] } },
  "arrivals": { "at": [ { "time": "0ms" }, { "time": "1ms" } ] },
  "policies": [ { "sync": {} }, { "gunicorn": {} } ],
  "slo": [ "p99 < 1ms" ]
}"#;

fn scenario() -> Scenario {
    Scenario::from_json(SCENARIO).unwrap_or_else(|error| panic!("{error}"))
}

fn run_report() -> RunReport {
    let mut watch = Watch { progress: &|_| ControlFlow::Continue(()), rows: None };
    let results = study::run(&scenario(), &Options::default(), &mut watch).unwrap();
    RunReport { results, explains_defaults: true, has_charts: true, trace: None }
}

fn check_report() -> CheckReport {
    let mut watch = Watch { progress: &|_| ControlFlow::Continue(()), rows: None };
    let gate = Gate {
        file: "s.json",
        baseline_file: "s.baseline.json",
        stored: &Stored::Missing,
        update: "waitline check s.json --update-baseline",
        is_changed: false,
    };
    let checked = check(&scenario(), &Options::default(), &mut watch, &gate).unwrap();
    CheckReport { check: checked.check, explains_defaults: true }
}

fn replay_report() -> ReplayReport {
    let pool = JobPool::new(None);
    let observed = Observed::parse("request,rep1\n1,25\n2,49\n").unwrap();
    ReplayReport(Replayed::new(vec![replay("two", &scenario(), &observed, NonZeroU32::MIN, &pool).unwrap()]))
}

fn verification_report() -> VerificationReport {
    let watch = |_| ControlFlow::Continue(());
    VerificationReport(
        verify(&["G01".to_owned()], false, &JobPool::new(None), &watch)
            .unwrap_or_else(|Halted| unreachable!("never halted")),
    )
}

fn coverage_report() -> CoverageReport {
    let number = CoveredNumber {
        name: "mean",
        exact: 50.0,
        experiments: 400,
        estimated: 400,
        covered: 380,
        below: 12,
        half_width: 0.02,
        least: 0.92,
    };
    CoverageReport(vec![Coverage {
        system: "M/M/1",
        way: RunWay { replications: 1, requests: 10 },
        numbers: vec![number],
    }])
}

/// Every document, with words that all its formats for people show.
fn documents() -> Vec<(&'static str, Box<dyn Document>)> {
    vec![
        ("Defaults in force", Box::new(run_report())),
        ("cannot be judged", Box::new(check_report())),
        ("two", Box::new(replay_report())),
        ("G01", Box::new(verification_report())),
        ("M/M/1", Box::new(coverage_report())),
        ("not calibrated", Box::new(PresetList(examples()))),
    ]
}

fn written(format: Format, document: Box<dyn Document>) -> String {
    let piece = format.piece(&*document, View::default());
    piece + &format.together(&[document], View::default())
}

#[test]
fn people_read_every_document() {
    for (words, document) in documents() {
        let text = written(Format::Text, document);
        assert!(text.contains(words), "no {words:?} in\n{text}");
    }
    for (words, document) in documents() {
        let text = written(Format::Markdown, document);
        assert!(text.contains(words), "no {words:?} in\n{text}");
    }
}

#[test]
fn every_document_is_json_that_names_its_schema() {
    for (_, document) in documents() {
        let value: Value = serde_json::from_str(&written(Format::Json, document)).unwrap();
        let schema = value["schema"].as_str().unwrap_or_default();
        assert!(schema.starts_with("waitline.") && schema.ends_with("/1"), "{schema}");
    }
}

#[test]
fn every_record_has_a_value_per_column() {
    for (words, document) in documents() {
        let records = document.records();
        assert!(records.rows.iter().all(|row| row.len() == records.columns.len()), "{words}");
        let lines = written(Format::Csv, document).lines().count();
        assert_eq!(lines, records.rows.len() + 1, "{words}");
    }
}

#[test]
fn every_finding_is_a_test_case() {
    for (words, document) in documents() {
        let findings = document.findings().len();
        let text = written(Format::Junit, document);
        let suites = roxmltree::Document::parse(&text).unwrap();
        let cases = suites.descendants().filter(|node| node.has_tag_name("testcase")).count();
        assert_eq!(cases, findings, "{words}");
    }
}

#[test]
fn annotations_count_what_was_judged() {
    for (words, document) in documents() {
        let [one, _] = document.id().kind;
        let text = written(Format::Github, document);
        assert!(text.contains(&format!("waitline judged 1 {one}: ")), "{words}: {text}");
    }
}
