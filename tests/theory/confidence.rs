//! How sure the numbers are: replications, batches, warm-up, precision, comparisons and objectives, as users see them.

use crate::common::program::{Desk, LECTURE, errors, text};
use serde_json::Value;

/// M/M/1 at half load, and a slower policy: 20,000 requests.
const QUEUE: &str = r#"{
  "classes": { "page": { "phases": [ { "compute": { "exponential": "10ms" } } ] } },
  "arrivals": { "poisson": "50/s" },
  "machine": { "cores": 2 },
  "policies": [
    { "sync": { "name": "one", "workers": 1 } },
    { "sync": { "name": "two", "workers": 2 } } ],
  "run": { "requests": 20000 }
}"#;

fn desk() -> Desk {
    Desk::empty().with("queue.json", QUEUE).with("lecture.json", LECTURE)
}

fn results(arguments: &str) -> Value {
    let output = desk().run(&format!("run --format json --no-charts {arguments}"), 0);
    serde_json::from_str(&text(&output)).unwrap()
}

/// The interval of a number of a policy.
fn interval(policy: &Value, metric: &str) -> Option<(f64, f64)> {
    let ends = &policy["confidence"]["intervals"][metric];
    Some((ends[0].as_f64()?, ends[1].as_f64()?))
}

#[test]
fn the_number_of_jobs_changes_no_byte() {
    let everything = |jobs: u32| {
        let desk = desk();
        let arguments = "--replications 5 --set run.requests=2000 --set run.warm_up=auto";
        let printed = text(&desk.run(&format!("run queue.json {arguments} --jobs {jobs}"), 0));
        (printed, desk.read("output/queue/results.json"), desk.read("output/queue/timeline.svg"))
    };
    assert!(everything(1) == everything(2));
    assert!(everything(1) == everything(7));
}

#[test]
fn replications_are_independent_and_add_up() {
    let one = results("queue.json --set run.requests=2000");
    let five = results("queue.json --set run.requests=2000 --replications 5");
    for place in 0..2 {
        let (one, five) = (&one["policies"][place], &five["policies"][place]);
        assert_eq!(one["requests"]["arrived"], 2000);
        assert_eq!(five["requests"]["arrived"], 10_000);
        assert_ne!(one["response_time_ms"]["mean"], five["response_time_ms"]["mean"]);
        assert_eq!(five["confidence"]["method"], "replications");
        assert_eq!(five["confidence"]["samples"], 5);
    }
    assert_eq!(five["replications"], 5);
}

#[test]
fn a_long_run_has_intervals_around_its_numbers_from_batches() {
    let results = results("queue.json");
    let policy = &results["policies"][0];
    assert_eq!(policy["confidence"]["method"], "batch_means");
    assert_eq!(policy["confidence"]["level"], 0.95);
    for (metric, value) in [
        ("mean", &policy["response_time_ms"]["mean"]),
        ("p95", &policy["response_time_ms"]["p95"]),
        ("throughput", &policy["throughput_per_s"]),
        ("utilization.cores", &policy["utilization"]["cores"]),
        ("breakdown.backlog_wait", &policy["breakdown_ms"]["backlog_wait"]),
    ] {
        let (low, high) = interval(policy, metric).unwrap_or_else(|| panic!("{metric} has an interval"));
        let value = value.as_f64().unwrap();
        assert!(low < value && value < high, "{metric}: {value} is not in {low} to {high}");
        assert!(high - low < value, "{metric}: {low} to {high} says nothing about {value}");
    }
    // M/M/1 at half load: 20 ms; two workers: S / (1 - (ρ/2)²) = 10.667 ms.
    let covers = |place: usize, exact: f64| {
        let (low, high) = interval(&results["policies"][place], "mean").unwrap();
        low <= exact && exact <= high
    };
    assert!(covers(0, 20.0) && covers(1, 10.667));
}

#[test]
fn the_level_of_confidence_sets_the_width() {
    let width = |level: &str| {
        let results = results(&format!("queue.json --set run.requests=5000 --set run.confidence={level}"));
        let (low, high) = interval(&results["policies"][0], "mean").unwrap();
        high - low
    };
    assert!(width("80%") < width("95%") && width("95%") < width("99%"));
}

#[test]
fn a_number_for_which_the_run_is_too_short_is_not_estimable_with_a_reason() {
    let output = desk().run("run queue.json --replications 20 --set run.requests=5000", 0);
    let table = text(&output);
    let why = "±? at p99: only 50 of these requests lie beyond it in the shortest replication";
    assert!(table.contains(why), "{table}");
    let results = results("queue.json --replications 20 --set run.requests=5000");
    let policy = &results["policies"][0];
    assert!(interval(policy, "p99").is_none() && interval(policy, "mean").is_some());
    assert!(policy["confidence"]["not_estimable"]["p99"].as_str().unwrap().contains("10000 of these requests in each"));
}

#[test]
fn a_picture_of_few_requests_has_no_intervals() {
    let results = results("lecture.json");
    assert!(results["policies"][0].get("confidence").is_none());
    assert!(results.get("comparisons").is_none());
    assert!(!text(&desk().run("run lecture.json", 0)).contains('±'));
}

#[test]
fn policies_are_compared_pair_by_pair() {
    let results = results("queue.json");
    let comparison = &results["comparisons"][0];
    assert_eq!((&comparison["policy"], &comparison["against"]), (&"two".into(), &"one".into()));
    let mean = &comparison["differences"][0];
    assert_eq!((&mean["metric"], &mean["verdict"]), (&"mean".into(), &"faster".into()));
    let ends: Vec<f64> = mean["interval_ms"].as_array().unwrap().iter().map(|end| end.as_f64().unwrap()).collect();
    assert!(ends[0] < 10.667 - 20.0 && 10.667 - 20.0 < ends[1], "{ends:?}");

    let table = text(&desk().run("run queue.json --against two", 0));
    assert!(table.contains("Compared with two on the same requests"), "{table}");
    assert!(table.contains("one is") && table.contains("ms slower at p"), "{table}");
}

#[test]
fn a_policy_to_compare_with_must_exist_and_run() {
    desk().fails("run queue.json --against three", 2, &["no policy `three`", "`one`, `two`"]);
    desk().fails("run queue.json --policy one --against two", 2, &["names a policy that does not run", "--policy two"]);
}

#[test]
fn warm_up_is_excluded_and_reported() {
    let results = results("queue.json --set run.requests=5000 --set run.warm_up=10s");
    assert_eq!(results["warm_up"]["method"], "fixed");
    assert_eq!(results["warm_up"]["removed_ms"], 10_000.0);
    let policy = &results["policies"][0];
    let (removed, counted) = (&policy["warm_up_requests"], &policy["requests"]["arrived"]);
    assert_eq!(removed.as_u64().unwrap() + counted.as_u64().unwrap(), 5000);
    let table = text(&desk().run("run queue.json --set run.requests=5000 --set run.warm_up=10s", 0));
    assert!(table.contains("Warm-up: the first 10 s of the run are left out"), "{table}");
}

#[test]
fn the_warm_up_of_an_empty_system_is_found_automatically() {
    // The first request leaves after ten seconds of service: the start is far from the steady state.
    let slow =
        QUEUE.replace("\"10ms\"", "\"10s\"").replace("50/s", "4/s").replace("\"workers\": 1", "\"workers\": 100");
    let slow = slow.replace("\"cores\": 2", "\"cores\": 100").replace("\"workers\": 2", "\"workers\": 90");
    let desk = Desk::empty().with("slow.json", slow);
    let output = desk.run("run slow.json --format json --set run.warm_up=auto --set run.requests=40000", 0);
    let results: Value = serde_json::from_str(&text(&output)).unwrap();
    assert_eq!(results["warm_up"]["method"], "auto");
    assert!(results["warm_up"].get("unsettled").is_none(), "{}", results["warm_up"]);
}

#[test]
fn a_run_that_never_settles_is_reported_as_too_short() {
    let output = desk().run("run queue.json --set arrivals.poisson=150/s --policy one --set run.warm_up=auto", 0);
    let table = text(&output);
    assert!(table.contains("warning: response times of one had not settled by the middle of the run"), "{table}");
}

#[test]
fn replications_are_added_until_the_precision_is_reached() {
    let results = results("queue.json --set run.requests=10000 --precision 3%");
    assert_eq!(results["precision"]["reached"], true);
    for place in 0..2 {
        let policy = &results["policies"][place];
        let (low, high) = interval(policy, "p99").unwrap();
        let width = (high - low) / 2.0 / policy["response_time_ms"]["p99"].as_f64().unwrap();
        assert!(width <= 0.03, "{width}");
    }
    assert!(results["replications"].as_u64().unwrap() >= 10);
}

#[test]
fn a_precision_that_is_not_reached_is_incomplete() {
    let desk = desk();
    let precise = r#"--set run.precision={"half_width":"0.1%","metrics":["p99"],"replications":12}"#;
    let output = desk.run(&format!("run queue.json --set run.requests=10000 {precise}"), 3);
    assert!(errors(&output).contains("not as precise as asked: one, p99: ± "), "{}", errors(&output));
    assert!(text(&output).contains("the precision asked for (0.1 %) was not reached"), "{}", text(&output));
    assert!(desk.read("output/queue/results.json").contains("\"reached\": false"));
    // More replications do not help if each is too short.
    let output = desk.run("run queue.json --set run.requests=1000 --precision 2%", 3);
    assert!(errors(&output).contains("not estimable"), "{}", errors(&output));
}

#[test]
fn verdicts_on_objectives_come_first_and_do_not_change_the_exit_code() {
    let desk = desk();
    let objectives = ["one.p95 < 10ms", "warn: two.utilization < 10%", "all.page.mean < 1s", "requests.rejected == 0"];
    let arguments = objectives.map(|objective| format!("--assert\u{1f}{objective}")).join("\u{1f}");
    let output = desk.waitline("run queue.json").args(arguments.split('\u{1f}')).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    let table = text(&output);
    assert!(table.contains("Objectives: 1 broken, 1 warned about, 4 met"), "{table}");
    let place = |words: &str| table.find(words).unwrap_or_else(|| panic!("no {words:?} in\n{table}"));
    assert!(place("BROKEN") < place("warning") && place("warning") < place("Response time in ms"), "{table}");
    desk.fails("run queue.json --assert thre.p95<10ms", 2, &["thre", "--assert:1:1"]);
}

#[test]
fn rows_contain_the_number_of_the_replication() {
    let desk = desk();
    desk.run("run queue.json --quiet --replications 2 --set run.requests=10 --csv rows.csv", 0);
    let rows = desk.read("rows.csv");
    assert!(rows.starts_with("policy,replication,request,class"), "{rows}");
    assert_eq!(rows.lines().filter(|line| line.starts_with("one,2,")).count(), 10, "{rows}");
    assert_eq!(rows.lines().count(), 41);
}

/// Runs in which no batch is complete.
#[test]
fn a_run_without_a_complete_batch_has_numbers_and_no_intervals() {
    let wait = |demand: &str, rate: &str, policy: &str| {
        format!(
            r#"{{ "classes": {{ "a": {{ "phases": [ {{ "db": "{demand}" }} ] }} }}, "arrivals": {{ "constant": "{rate}" }},
                "policies": [ {{ "{policy}": {{}} }} ], "run": {{ "duration": "5s" }} }}"#
        )
    };
    // An overload, a run in which no request is answered, and a class whose requests all outlast the run.
    let streams = r#"{ "classes": { "page": { "weight": 9, "phases": [ { "db": "20ms" } ] },
                                    "stream": { "phases": [ { "sleep": "1h" } ] } },
        "arrivals": { "poisson": "40/s" }, "policies": [ { "async": {} } ], "run": { "duration": "30s" } }"#;
    let desk = Desk::empty()
        .with("overload.json", wait("500ms", "200/s", "sync"))
        .with("unanswered.json", wait("1m", "50/s", "async"))
        .with("streams.json", streams);
    for (name, answered, arrived) in [("overload", 9, 999), ("unanswered", 0, 249), ("streams", 1_000, 1_100)] {
        let output = desk.run(&format!("run {name}.json --format json --no-charts"), 0);
        let results: Value = serde_json::from_str(&text(&output)).unwrap();
        let policy = &results["policies"][0];
        let count = |what: &str| policy["requests"][what].as_u64().unwrap();
        assert!(count("completed").abs_diff(answered) <= answered / 10 + 1, "{name}: {}", policy["requests"]);
        assert!(count("arrived").abs_diff(arrived) <= arrived / 5, "{name}: {}", policy["requests"]);
        assert_eq!(policy["confidence"]["samples"], 0, "{name}");
        assert!(policy["confidence"]["intervals"].as_object().unwrap().is_empty(), "{name}");
        assert!(
            policy["confidence"]["not_estimable"]["throughput"].as_str().unwrap().contains("is complete"),
            "{name}"
        );
        let table = text(&desk.run(&format!("run {name}.json"), 0));
        assert_eq!(table.contains("±?"), answered > 0, "{table}");
        assert!(!table.contains("from 0 batches"), "{table}");
        // It can be a baseline, and nothing differs from it.
        desk.run(&format!("check {name}.json --update-baseline --quiet"), 0);
        desk.run(&format!("check {name}.json"), 0);
    }
    let table = text(&desk.run("run overload.json", 0));
    assert!(table.contains("unstable: offered 100.00 × capacity"), "{table}");
}

#[test]
fn a_truncated_interval_shows_its_longer_side() {
    // One wait in several thousand requests: most replications see none.
    let rare = QUEUE.replace("50/s", "20/s").replace("\"10ms\"", "\"100us\"");
    let desk = Desk::empty().with("rare.json", rare);
    let output = desk.run("run rare.json --format json --no-charts --replications 8 --set run.requests=150", 0);
    let results: Value = serde_json::from_str(&text(&output)).unwrap();
    let mut cut = 0;
    for policy in results["policies"].as_array().unwrap() {
        for (name, ends) in policy["confidence"]["intervals"].as_object().unwrap() {
            let [low, high] = [0, 1].map(|end| ends[end].as_f64().unwrap());
            assert!((0.0..=high).contains(&low), "{name}: {low} to {high}");
            cut += u32::from(low == 0.0 && high > 0.0);
        }
    }
    assert!(cut > 0, "no interval was truncated");
}
