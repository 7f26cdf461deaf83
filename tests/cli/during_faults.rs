//! Objectives about the requests that arrive during a fault: of all replications together, and decided by more of them.

use serde_json::Value;

use crate::common::program::{Desk, text};

/// A backend that is twice as slow for a second, so that more requests arrive than can be served.
const SLOW: &str = r#"{
  "classes": { "page": { "phases": [ { "db": { "exponential": "20ms" } } ] } },
  "arrivals": { "poisson": "170/s" },
  "faults": [ { "name": "slow", "at": "1s", "for": "1s", "slow": { "backend": "db", "factor": 2 } } ],
  "policies": [ { "sync": { "workers": 5 } } ],
  "run": { "duration": "3s", "replications": 4 },
  "slo": [ "during slow: p90 < 20ms" ]
}"#;

fn desk() -> Desk {
    Desk::empty().with("slow.json", SLOW)
}

fn json(desk: &Desk, arguments: &str) -> Value {
    serde_json::from_str(&text(&desk.run(&format!("{arguments} --format json --no-charts"), 0))).unwrap()
}

#[test]
fn a_plan_and_a_run_give_the_same_percentile() {
    let desk = desk();
    let slo = ["--slo", "during slow: p90 < 150ms"];
    let mut command = desk.waitline("plan slow.json --within 20% --format json --no-charts");
    let plan: Value = serde_json::from_str(&text(&command.args(slo).output().unwrap())).unwrap();
    let tried = plan["policies"][0]["tried"].as_array().unwrap();
    assert!(tried.len() > 4, "{plan}");
    for tried in tried {
        let Some(value) = tried["objectives"][0]["value"].as_f64() else { continue };
        let (workers, replications) = (&tried["configuration"]["workers"], &tried["replications"]);
        let run = format!("run slow.json --set policies.sync.workers={workers} --replications {replications}");
        let of_run = json(&desk, &run)["slo"][0]["value"].as_f64().unwrap();
        assert!(
            (value / of_run - 1.0).abs() < 1e-3,
            "{workers} workers: {value} ms in the plan, {of_run} ms in the run"
        );
    }
}

#[test]
fn replications_decide_it_and_their_number_does_not_grow_with_what_was_run() {
    let desk = desk();
    let shown =
        |replications: u32| text(&desk.run(&format!("run slow.json --no-charts --replications {replications}"), 0));
    for replications in [4, 8] {
        let shown = shown(replications);
        assert!(shown.contains("Objectives: 1 not met, but undecided\n"), "{shown}");
        assert!(!shown.contains("BROKEN"), "{shown}");
        let needed = shown.replace('\n', " ");
        assert!(needed.contains("about 64 replications would decide it, fewer if the fault lasts longer"), "{shown}");
    }
    let decided = shown(64);
    assert!(decided.contains("Objectives: 1 broken\n") && decided.contains("BROKEN  during slow: p90"), "{decided}");
    // A fault that repeats has as many requests in fewer replications.
    let longer =
        desk.run("run slow.json --no-charts --replications 64 --set run.duration=9s --set faults.0.every=2s", 0);
    assert!(text(&longer).contains("Objectives: 1 broken"), "{}", text(&longer));
}

#[test]
fn a_check_that_fails_by_chance_says_so() {
    let desk = desk();
    let output = desk.run("check slow.json --no-baseline", 1);
    let (shown, failed) = (text(&output), crate::common::program::errors(&output));
    assert!(shown.starts_with("slow fails: 1 objective is not met, which may be chance\n"), "{shown}");
    assert!(failed.contains("does not meet `during slow: p90 < 20ms` in this run, undecided by chance"), "{failed}");
    desk.run("check slow.json --no-baseline --undecided fail", 3);
    let github = text(&desk.run("check slow.json --no-baseline --format github", 1));
    assert!(github.contains("in this run; chance may have decided it"), "{github}");
}
