//! Random inputs, valid and invalid: nothing panics, hangs or breaks an invariant.
//!
//! The input of each case is derived from a number, so a failure can be reproduced. By default a bounded number of cases
//! runs; to run more, or other cases:
//!
//! ```sh
//! WAITLINE_FUZZ_CASES=100000 WAITLINE_FUZZ_FIRST=1000000 cargo test --release --test fuzz
//! ```
//!
//! A failing case prints its input. To look at it again, set `WAITLINE_FUZZ_FIRST` to its number and
//! `WAITLINE_FUZZ_CASES` to 1.

#[path = "../common/generator/mod.rs"]
#[expect(dead_code, reason = "the invariants use the rest of it")]
mod generator;
mod reader;
mod runs;
mod texts;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// A case that takes longer than this, on any machine, hangs.
const HANG: Duration = Duration::from_secs(60);

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number of cases")))
}

/// Runs a number of cases on all cores. Failures are shown with the number and the input of their case.
fn each(cases: u64, input: impl Fn(u64) -> String + Sync, holds: impl Fn(&str) + Sync) {
    let cases = number("WAITLINE_FUZZ_CASES").unwrap_or(cases);
    let first = number("WAITLINE_FUZZ_FIRST").unwrap_or(0);
    let next = AtomicU64::new(first);
    let failures = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    let case = next.fetch_add(1, Ordering::Relaxed);
                    if case >= first + cases {
                        return;
                    }
                    let input = input(case);
                    if let Err(what) = tried(|| holds(&input)) {
                        let failure = (case, format!("case {case}: {what}\n{input}\n"));
                        failures.lock().expect("no thread panics while it holds the lock").push(failure);
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().expect("no thread panics while it holds the lock");
    failures.sort();
    let some: String = failures.iter().take(3).map(|(_, text)| text.as_str()).collect();
    assert!(failures.is_empty(), "{} of {cases} cases fail, the first of them:\n{some}", failures.len());
}

fn tried(holds: impl Fn()) -> Result<(), String> {
    let begin = Instant::now();
    catch_unwind(AssertUnwindSafe(holds)).map_err(|panic| message(panic.as_ref()))?;
    if begin.elapsed() > HANG { Err("it takes too long".to_owned()) } else { Ok(()) }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

#[test]
fn a_scenario_is_read_or_rejected_with_a_place() {
    each(2_000, reader::scenario, reader::reads_or_says_where);
}

#[test]
fn a_change_is_made_or_rejected_with_a_place() {
    each(1_000, reader::change, reader::changes_or_says_where);
}

#[test]
fn an_objective_is_read_or_rejected_with_a_place() {
    each(1_000, reader::objective, reader::asks_or_says_where);
}

#[test]
fn a_trace_is_read_or_rejected_with_its_line() {
    each(300, reader::trace, reader::replays_or_says_where);
}

#[test]
fn a_baseline_is_compared_or_rejected() {
    each(300, reader::baseline, reader::compares_or_says_why);
}

#[test]
fn every_run_ends_and_every_format_shows_it() {
    each(60, runs::scenario, runs::ends_and_is_shown);
}
