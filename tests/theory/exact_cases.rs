//! The engine agrees with exact results of theory: each within a narrow confidence interval, all of them at 99 %.

use std::ops::ControlFlow;

use waitline::output::{Format, VerificationReport, View};
use waitline::study::{Halted, JobPool, Verification, case_ids, verify};

fn run(ids: &[String]) -> Verification {
    verify(ids, false, &JobPool::default(), &|_| ControlFlow::Continue(()))
        .unwrap_or_else(|Halted| unreachable!("the run is not interrupted"))
}

/// Every case whose number begins with this letter passes.
fn check(letter: char) {
    let ids: Vec<String> = case_ids().into_iter().filter(|id| id.starts_with(letter)).map(String::from).collect();
    assert!(!ids.is_empty(), "there are cases {letter}");
    let verification = run(&ids);
    let has_passed = verification.has_passed();
    let report = Format::Text.piece(&VerificationReport(verification), View::default());
    assert!(has_passed, "{report}");
}

#[test]
fn one_station() {
    check('A');
}

#[test]
fn limits_and_patience() {
    check('B');
}

#[test]
fn processor_sharing() {
    check('C');
}

#[test]
fn the_three_policies() {
    check('D');
}

#[test]
fn closed_systems() {
    check('E');
}

#[test]
fn by_hand() {
    check('G');
}

#[test]
fn replicas() {
    check('R');
}

#[test]
fn every_case_is_in_one_of_these_groups() {
    let letters: Vec<char> = case_ids().iter().filter_map(|id| id.chars().next()).collect();
    assert!(letters.iter().all(|letter| "ABCDEGR".contains(*letter)), "{letters:?}");
}

#[test]
fn the_numbers_do_not_depend_on_the_number_of_threads() {
    let ids = ["D05", "G01"].map(String::from);
    let with_threads = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
        pool.install(|| run(&ids))
    };
    assert_eq!(with_threads(1), with_threads(3));
}
