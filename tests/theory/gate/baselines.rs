//! Baselines as files.

use rand::RngExt;
use rand_pcg::Pcg64Dxsm;
use serde_json::json;
use waitline::output::{baseline_json, words};
use waitline::scenario::Tolerances;
use waitline::study::{BadBaseline, Baseline, StoredReason, judge};

use super::{baseline, shop};

#[test]
fn a_baseline_is_read_back_exactly() {
    let mut json = shop();
    json["run"] = json!({ "requests": 400, "replications": 3, "seed": u64::MAX });
    let text = baseline_json(&baseline(&json));
    let read = Baseline::read(&text).unwrap();
    assert_eq!(baseline_json(&read), text);
    let mut sorted = baseline(&json);
    sorted.policies.sort_keys();
    for policy in sorted.policies.values_mut() {
        policy.metrics.sort_keys();
        policy.classes.sort_keys();
        let of_classes = policy.classes.values_mut().flat_map(|class| class.values_mut());
        for number in policy.metrics.values_mut().chain(of_classes) {
            // A file holds the reason in words.
            if let Some(StoredReason::Found(reason)) = &number.not_estimable {
                number.not_estimable = Some(StoredReason::Read(words::not_estimable(*reason)));
            }
        }
        policy.classes.values_mut().for_each(|class| class.sort_keys());
    }
    assert_eq!(read, sorted);
    let lines = text.lines().filter(|line| line.contains("\"value\"")).count();
    assert!(text.lines().all(|line| line.matches("\"value\":").count() <= 1), "one number per line");
    assert!(lines > 3 * 20, "{lines} numbers");
}

#[test]
fn no_content_makes_the_reader_panic() {
    let small = json!({
        "classes": { "a": { "phases": [{ "compute": { "exponential": "10ms" } }] } },
        "arrivals": { "poisson": "60/s" },
        "policies": [{ "sync": {} }],
        "run": { "requests": 150, "replications": 3 }
    });
    let whole = baseline(&small);
    let text = baseline_json(&whole);
    for end in 0..text.len() - 1 {
        let bad = Baseline::read(&text[..end]).expect_err("a truncated baseline is invalid");
        assert!(matches!(bad, BadBaseline::EndsEarly { .. } | BadBaseline::Empty), "{bad:?}");
    }
    let mut dice = Pcg64Dxsm::new(7, 1);
    let mut read = 0;
    for _ in 0..4_000 {
        let mut bytes = text.clone().into_bytes();
        for _ in 0..dice.random_range(1..4) {
            let place = dice.random_range(0..bytes.len());
            match dice.random_range(0..4) {
                0 => bytes[place] = b"0123456789-+.eE\"{}[],: nt"[dice.random_range(0..25)],
                1 => drop(bytes.remove(place)),
                2 => bytes.insert(place, b"0123456789-eE\"{}[],:"[dice.random_range(0..20)]),
                _ => drop(bytes.drain(place..(place + dice.random_range(0..200)).min(bytes.len()))),
            }
        }
        let Ok(edited) = Baseline::read(&String::from_utf8_lossy(&bytes)) else { continue };
        read += 1;
        judge(&edited, &whole, &Tolerances::default());
        judge(&whole, &edited, &Tolerances::default());
        assert_eq!(
            Baseline::read(&baseline_json(&edited)).map(|again| baseline_json(&again)),
            Ok(baseline_json(&edited))
        );
    }
    assert!(read > 200, "{read} edits left a valid baseline");
}

#[test]
fn an_invalid_baseline_is_described() {
    for (text, says) in [
        ("", "is empty"),
        ("nonsense", "is not JSON (line 1, column 2)"),
        ("{ \"schema\": ", "ends in the middle"),
        ("[1]", "has no `schema`"),
        ("{ \"schema\": \"waitline.results/1\" }", "is not a baseline but `waitline.results/1`"),
        ("{ \"schema\": \"waitline.baseline/2\" }", "is of a newer version of waitline"),
        ("{ \"schema\": \"waitline.baseline/1\" }", "is damaged: missing field"),
        ("{\n<<<<<<< HEAD\n", "unfinished merge"),
    ] {
        let bad = Baseline::read(text).unwrap_err();
        assert!(words::bad_baseline(&bad).contains(says), "{text}: {bad:?}");
    }
}
