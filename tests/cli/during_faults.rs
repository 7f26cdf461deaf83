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

/// Two classes of which a fault slows one.
const CLASSES: &str = r#"{
  "classes": { "pay": { "phases": [ { "db": "20ms" } ] }, "browse": { "weight": 3, "phases": [ { "sleep": "10ms" } ] } },
  "arrivals": { "poisson": "100/s" },
  "faults": [ { "name": "slow", "at": "3s", "for": "2s", "slow": { "backend": "db", "factor": 9 } } ],
  "policies": [ { "async": {} } ],
  "run": { "duration": "9s" },
  "slo": [ "during slow: pay.p95 < 1s", "pay.recovered slow < 1s" ]
}"#;

/// The paragraph that begins with a title.
fn paragraph<'t>(shown: &'t str, title: &str) -> &'t str {
    shown
        .split("\n\n")
        .find(|paragraph| paragraph.starts_with(title))
        .unwrap_or_else(|| panic!("no {title} in {shown}"))
}

#[test]
fn the_table_of_a_fault_has_rows_by_class() {
    let desk = desk().with("classes.json", CLASSES);
    let shown = text(&desk.run("run classes.json --no-charts", 0));
    let table = paragraph(&shown, "Fault slow by class: response time in ms");
    let row = |name: &str| {
        let rows: Vec<&str> = table.lines().skip_while(|line| !line.starts_with(name)).take(3).collect();
        rows.iter().map(|row| row.split_whitespace().rev().take(5).collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    // Served per second, p99, p95, p50 and mean: before, during and after.
    let (pay, browse) = (row("pay, before"), row("browse, before"));
    assert_eq!([pay[0][1], pay[1][1], pay[2][1]], ["20", "180", "20"], "{table}");
    assert_eq!([browse[0][1], browse[1][1], browse[2][1]], ["10", "10", "10"], "{table}");
    assert!(table.contains("async: pay recovered at its end; browse recovered at its end."), "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
    // One class needs no second table, and there is none of many.
    assert!(!text(&desk.run("run slow.json --no-charts", 0)).contains("by class"));
    let classes = (0..7).map(|class| format!(r#" --set classes.c{class}={{"phases":[{{"db":"1ms"}}]}}"#));
    let arguments = classes.collect::<String>();
    let shown = text(&desk.run(&format!("run classes.json --no-charts{arguments}"), 0));
    assert!(!shown.contains("by class") && shown.contains("has the numbers of each of the 9 classes."), "{shown}");
}

#[test]
fn json_and_csv_have_the_numbers_of_each_class() {
    let desk = desk().with("classes.json", CLASSES);
    let results = json(&desk, "run classes.json");
    let pay = &results["policies"][0]["faults"][0]["classes"]["pay"];
    assert_eq!((&pay["during"]["response_time_ms"]["p95"], &pay["recovery"]), (&180.0.into(), &"recovered".into()));
    let csv = text(&desk.run("run classes.json --format csv", 0));
    let cell = |csv: &str, row: usize, column: &str| -> Option<String> {
        let cells = |row: usize| csv.lines().nth(row).unwrap().split(',').map(str::to_owned).collect::<Vec<_>>();
        let place = cells(0).iter().position(|name| name == column)?;
        Some(cells(row)[place].clone())
    };
    assert!(csv.lines().next().unwrap().ends_with(",fault_1_recovery,fault_1_recovery_ms"), "{csv}");
    let p95 = [1, 2, 3].map(|row| cell(&csv, row, "fault_1_during_p95_ms").unwrap());
    assert_eq!([&p95[0], &p95[1], &p95[2]], ["180", "180", "10"], "all, pay, browse");
    assert_eq!(cell(&csv, 3, "fault_1_recovery_ms").as_deref(), Some("0"));
    // Files that share a header have the columns that all scenarios have.
    let several = text(&desk.run("run classes.json slow.json --format csv", 0));
    let widths: std::collections::BTreeSet<usize> = several.lines().map(|line| line.split(',').count()).collect();
    assert!(!several.contains("fault_1") && widths.len() == 1, "{several}");
}

#[test]
fn a_plan_tests_the_recovery_of_a_class() {
    let desk = desk().with("classes.json", CLASSES);
    let slo = ["--slo", "pay.recovered slow < 1s"];
    let mut command =
        desk.waitline("plan classes.json --set policies=[{\"sync\":{\"workers\":2}}] --format json --no-charts");
    let plan: Value = serde_json::from_str(&text(&command.args(slo).output().unwrap())).unwrap();
    let policy = &plan["policies"][0];
    assert_eq!((&policy["verdict"], &policy["choice"]["workers"]), (&"meets".into(), &3.into()), "{policy}");
    let two = policy["tried"].as_array().unwrap().iter().find(|tried| tried["configuration"]["workers"] == 2).unwrap();
    let (objective, of_two) = (&two["objectives"][0], two["objectives"][0]["value"].as_f64().unwrap());
    assert_eq!((&objective["metric"], &objective["verdict"]), (&"recovery".into(), &"fails".into()), "{two}");
    assert!(of_two > 1000.0, "{two}");
}
