//! `waitline check` as users see it: verdicts, exit codes, messages, and what is written.

use std::fs;
use std::process::Output;

use crate::common::program::{Desk, LECTURE, errors, text};
use serde_json::Value;

/// A scenario with objectives that it meets, and replications to compare.
const SHOP: &str = r#"{
  "classes": {
    "page": { "weight": 3, "phases": [ { "compute": { "exponential": "5ms" } }, { "db": "60ms" } ] },
    "login": { "phases": [ { "db": "20ms" }, { "compute": "10ms" } ] } },
  "arrivals": { "poisson": "30/s" },
  "policies": [ { "sync": { "workers": 4 } }, { "async": {} } ],
  "run": { "requests": 1000, "replications": 5 },
  "slo": [
    "async.mean < 100ms",
    "warn: sync.login.p50 < 1ms" ]
}"#;

fn desk() -> Desk {
    Desk::empty().with("shop.json", SHOP)
}

/// A directory that already has a baseline.
fn with_baseline() -> Desk {
    let desk = desk();
    desk.run("check shop.json --update-baseline", 0);
    desk
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&text(output)).unwrap_or_else(|error| panic!("{error}\n{}", text(output)))
}

/// Everything that was printed.
fn said(output: &Output) -> String {
    text(output) + &errors(output)
}

#[track_caller]
fn says(output: &Output, all: &[&str]) {
    for words in all {
        assert!(said(output).contains(words), "no {words:?} in\n{}", said(output));
    }
}

#[test]
fn without_a_baseline_the_message_has_the_command_that_writes_one() {
    let desk = desk();
    let output = desk.run("check shop.json", 3);
    says(
        &output,
        &[
            "shop cannot be judged: there is no baseline `shop.baseline.json`",
            "waitline check shop.json --update-baseline",
        ],
    );
    assert_eq!(desk.files(), ["shop.json"], "only --update-baseline writes one");
    let output = desk.run("check shop.json --update-baseline", 0);
    says(&output, &["shop passes", "wrote shop.baseline.json"]);
    assert_eq!(desk.files(), ["shop.baseline.json", "shop.json"]);
    let output = desk.run("check shop.json", 0);
    says(&output, &["shop passes", "unchanged: all 32 numbers"]);
    assert!(errors(&output).is_empty(), "{}", errors(&output));
}

#[test]
fn a_new_baseline_lists_what_no_check_can_judge() {
    // A quarter of the requests are logins, and 10,000 logins are needed.
    let output = desk().run("check shop.json --update-baseline", 0);
    says(
        &output,
        &[
            "no check can compare p95 and p99 of sync, sync.page, sync.login, async and 2 more:",
            "replications of 41000 requests each would do",
        ],
    );
    let seconds =
        desk().run("check shop.json --set run={\"duration\":\"40s\",\"replications\":5} --update-baseline", 0);
    says(&seconds, &["no check can compare", "s each would do"]);
    let page = Desk::new();
    says(
        &page.run("check shop.json --replications 2 --update-baseline", 0),
        &["no check can compare p99 of sync and async: they", "replications of 10000 requests each would do"],
    );
    let enough = page.run("check shop.json --set run.requests=10000 --replications 2 --update-baseline", 0);
    assert!(!said(&enough).contains("no check can compare"), "{}", said(&enough));
    let exact = page.run("check lecture.json --update-baseline", 0);
    assert!(!said(&exact).contains("no check can compare"), "{}", said(&exact));
}

#[test]
fn a_number_without_an_interval_is_undecided_in_every_format() {
    let desk = with_baseline();
    let slower = "check shop.json --set classes.page.phases.1.db=66ms --tolerance mean=50% --tolerance p50=50%";
    let reason = "only 50 of these requests lie beyond it in the shortest replication";
    let printed = said(&desk.run(slower, 0));
    assert!(printed.starts_with("shop passes: ") && printed.contains("undecided"), "{printed}");
    let words: Vec<&str> = printed.split_whitespace().collect();
    let printed = words.join(" ");
    for words in ["sync.p95 undecided ", &format!("Undecided, sync.p95 and async.p95: {reason}")] {
        assert!(printed.contains(words), "no {words:?} in\n{printed}");
    }
    assert!(printed.contains("numbers that cannot be tested need more requests per run"), "{printed}");
    for (format, row) in [
        ("markdown", "| sync.p95 | undecided |"),
        ("csv", "shop,sync,all,p95,undecided,"),
        (
            "github",
            "::warning file=shop.json,title=shop%2C sync%3A is no worse than in the baseline::undecided whether",
        ),
        ("junit", "warning: undecided whether sync is worse than its baseline: p95 "),
    ] {
        let printed = text(&desk.run(&format!("{slower} --quiet --format {format}"), 0));
        assert!(printed.contains(row), "no {row:?} in\n{printed}");
        let says_why = format == "csv" || printed.replace("\\_", "_").contains(reason);
        assert!(says_why, "{format} does not say why:\n{printed}");
        if ["github", "junit"].contains(&format) {
            assert!(printed.contains("undecided: p95 "), "{printed}");
        }
    }
}

#[test]
fn a_regression_fails_and_shows_what_was_changed() {
    let desk = with_baseline();
    let before = desk.read("shop.baseline.json");
    let output = desk.run("check shop.json --set classes.page.phases.1.db=66ms", 1);
    says(
        &output,
        &[
            "shop fails: ",
            "numbers are worse than in the baseline",
            "sync.page.mean",
            "regressed",
            "Changed in the scenario\n  classes.page.phases.1.db: \"60ms\" → \"66ms\"",
            "If this is intended, put the changes of --set into the scenario file, then:\n  waitline check shop.json --update-baseline",
        ],
    );
    assert!(!said(&output).contains("66ms --update-baseline"), "{}", said(&output));
    assert!(errors(&output).contains("sync.mean is worse than in the baseline"), "{}", errors(&output));
    assert_eq!(desk.read("shop.baseline.json"), before);
    desk.run("check shop.json --set classes.page.phases.1.db=66ms --tolerance mean=50% --tolerance p50=50% --quiet", 0);
    desk.run("check shop.json --set classes.page.phases.1.db=54ms", 0);
}

#[test]
fn an_added_phase_is_one_change() {
    let desk = with_baseline();
    let more = SHOP.replace("{ \"db\": \"60ms\" }", "{ \"db\": \"60ms\" }, { \"db\": \"12ms\" }");
    fs::write(desk.path("shop.json"), more).unwrap();
    let output = desk.run("check shop.json", 1);
    says(&output, &["Changed in the scenario\n  classes.page.phases.2: added {\"db\":\"12ms\"}\n"]);
    let github = text(&desk.run("check shop.json --format github", 1));
    assert!(github.contains("classes.page.phases.2: added {\"db\":\"12ms\"}"), "{github}");
}

#[test]
fn objectives_that_changed_since_the_baseline_are_listed() {
    let desk = desk();
    desk.run("check shop.json --update-baseline --set slo.0=\"async.mean<50ms\"", 1);
    fs::write(desk.path("shop.json"), SHOP.replace("< 100ms", "< 50ms")).unwrap();
    desk.run("check shop.json --update-baseline", 1);
    let faster = SHOP.replace("< 100ms", "< 50ms").replace("60ms", "20ms");
    fs::write(desk.path("shop.json"), &faster).unwrap();
    let output = desk.run("check shop.json", 0);
    says(&output, &["shop passes: 1 objective is met that was not"]);
    says(&output, &["Objectives judged otherwise than in the baseline\n  async: `async.mean < 50ms` was not met ("]);
    let markdown = text(&desk.run("check shop.json --format markdown", 0));
    assert!(markdown.contains("was not met (") && markdown.contains(", is met ("), "{markdown}");
    let found = json(&desk.run("check shop.json --format json", 0));
    let changed = &found["baseline"]["objectives"][0];
    assert_eq!((changed["was"].as_str(), changed["is"].as_str()), (Some("broken"), Some("met")), "{changed}");

    desk.run("check shop.json --update-baseline", 0);
    fs::write(desk.path("shop.json"), faster.replace("20ms", "60ms")).unwrap();
    says(&desk.run("check shop.json", 1), &["was met (", ", is not met ("]);
    // A baseline that was written before objectives were stored has none to compare.
    let old: String = desk.read("shop.baseline.json");
    let mut old: Value = serde_json::from_str(&old).unwrap();
    old.as_object_mut().unwrap().remove("objectives");
    fs::write(desk.path("shop.baseline.json"), old.to_string()).unwrap();
    assert!(!said(&desk.run("check shop.json", 1)).contains("judged otherwise"));
}

#[test]
fn the_headline_says_what_would_decide() {
    let desk = with_baseline();
    // Slightly fewer pages: what differs may be chance.
    let check =
        "check shop.json --set classes.login.weight=1.02 --tolerance mean=0.1%,0.01ms --tolerance p50=0.1%,0.01ms";
    let shown = said(&desk.run(check, 0));
    let headline = shown.split("\n\n").next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
    for words in ["numbers are undecided (about --replications ", ", in the baseline too, would decide"] {
        assert!(headline.contains(words), "{words}: {headline}");
    }
    let found = json(&desk.run(&format!("{check} --format json"), 0));
    let metrics = found["baseline"]["metrics"].as_array().unwrap();
    let needed: Vec<u64> = metrics.iter().filter_map(|metric| metric["decided_by_replications"].as_u64()).collect();
    assert!(!needed.is_empty() && needed.iter().all(|count| (6..=500).contains(count)), "{needed:?}");
}

#[test]
fn changes_that_are_not_in_the_file_are_not_recommended_for_a_baseline() {
    let desk = with_baseline();
    let changed = "--set machine.cores=1";
    for arguments in [format!("check shop.json {changed}"), format!("check shop.json {changed} --seed 2")] {
        for format in ["text", "markdown", "json", "junit", "github"] {
            let output = desk.waitline(&format!("{arguments} --format {format}")).output().unwrap();
            let said = said(&output);
            assert!(!said.contains("cores=1 --"), "{said}");
            let commands = said.matches("--update-baseline").count();
            let explained = said.matches("scenario file").count() + said.matches("\"accept_needs_edit\": true").count();
            assert!(commands == 0 || explained > 0, "{said}");
        }
    }
    fs::remove_file(desk.path("shop.baseline.json")).unwrap();
    says(
        &desk.run(&format!("check shop.json {changed}"), 3),
        &["once the changes of `--set` are in the scenario file:"],
    );
}

#[test]
fn check_explains_defaults_too() {
    let desk = with_baseline();
    let table = text(&desk.run("check shop.json --explain-defaults", 0));
    assert!(table.contains("Assumed\n") && table.contains("Defaults in force\n"), "{table}");
    assert!(table.contains("machine.cores"), "{table}");
    let page = text(&desk.run("check shop.json --explain-defaults --format markdown", 0));
    assert!(page.contains("**Defaults in force**"), "{page}");
    assert!(!text(&desk.run("check shop.json", 0)).contains("Defaults"));
}

#[test]
fn a_broken_objective_fails_and_a_warning_does_not() {
    let desk = with_baseline();
    let output = desk.run("check shop.json --assert async.mean<1ms", 1);
    says(&output, &["shop fails: 1 objective is broken", "async.mean<1ms"]);
    desk.run("check shop.json --assert warn:async.mean<1ms", 0);
    // A baseline is not needed for objectives.
    let desk = self::desk();
    desk.run("check shop.json --no-baseline", 0);
    let output = desk.run("check shop.json --no-baseline --assert async.mean<1ms --quiet", 1);
    assert!(text(&output).is_empty());
    assert_eq!(errors(&output), "error: shop: async does not meet `async.mean<1ms`\n");
}

#[test]
fn an_impossible_comparison_takes_precedence_over_a_failure() {
    let desk = with_baseline();
    let output = desk.run("check shop.json --seed 2 --assert async.mean<1ms", 3);
    says(&output, &["is of seed 1, and this run of seed 2", "run with `--seed 1`", "1 objective is broken"]);
    says(&output, &["waitline check shop.json --seed 2 --update-baseline"]);
}

#[test]
fn a_bad_baseline_is_described_with_the_command_that_repairs_it() {
    let desk = with_baseline();
    let good = desk.read("shop.baseline.json");
    let results = desk.run("run shop.json --format json", 0);
    for (content, says) in [
        (good[..good.len() / 2].to_owned(), "ends in the middle"),
        (good[..good.len() - 2].to_owned(), "ends in the middle"),
        (String::new(), "is empty"),
        ("not json".to_owned(), "is not JSON (line 1, column 2)"),
        ("\u{0}\u{1}".to_owned(), "is not JSON"),
        (good.replace("waitline.baseline/1", "waitline.baseline/2"), "is of a newer version of waitline"),
        (good.replace("\"seed\": 1", "\"seed\": \"one\""), "is damaged: invalid type"),
        (good.replace("\"scenario\": \"shop\"", "\"scenario\": \"office\""), "is of another scenario, `office`"),
        (
            good.replace("\"model_version\": ", "\"model_version\": 9"),
            "of the model, and this program computes version",
        ),
        (
            good.replace("\"model_version\": ", "\"model_version\": 9").replace("\"replications\"", "\"runs\""),
            "of the model, and this program computes version",
        ),
        (text(&results), "is not a baseline but `waitline.results/1`"),
        (LECTURE.to_owned(), "it has no `schema`"),
    ] {
        fs::write(desk.path("shop.baseline.json"), &content).unwrap();
        let output = desk.run("check shop.json", 3);
        self::says(&output, &[says, "the baseline `shop.baseline.json`", "waitline check shop.json --update-baseline"]);
        desk.run("check shop.json --update-baseline --quiet", 0);
        assert_eq!(desk.read("shop.baseline.json"), good, "{says}: the command repairs it");
    }
}

#[test]
fn a_named_baseline_must_exist() {
    let desk = desk();
    desk.fails(
        "check shop.json --baseline other.json",
        2,
        &["cannot read the baseline `other.json`", "--baseline other.json --update-baseline"],
    );
    desk.run("check shop.json --baseline other.json --update-baseline", 0);
    desk.run("check shop.json --baseline other.json", 0);
    desk.fails("check shop.json --baseline .", 2, &["cannot read the baseline `.`"]);
    fs::create_dir(desk.path("shop.baseline.json")).unwrap();
    let output = desk.run("check shop.json", 3);
    says(&output, &["cannot be read"]);
    desk.run("check shop.json --update-baseline", 4);
}

#[test]
fn only_a_baseline_is_overwritten() {
    let desk = desk().with("notes.txt", "mine");
    desk.fails("check shop.json --baseline shop.json --update-baseline", 2, &["`shop.json` is not a baseline"]);
    desk.fails("check shop.json --baseline notes.txt --update-baseline", 2, &["`notes.txt` is not a baseline"]);
    assert_eq!((desk.read("shop.json"), desk.read("notes.txt")), (SHOP.to_owned(), "mine".to_owned()));
    // What is advised works.
    let advised = errors(&desk.run("check shop.json --baseline notes.txt", 3));
    assert!(advised.contains("waitline check shop.json --update-baseline"), "{advised}");
    desk.run("check shop.json --update-baseline", 0);
}

#[test]
fn invalid_objectives_are_errors_and_nothing_is_written() {
    let desk = desk();
    desk.fails(
        "check shop.json --assert async.logout.p99<1s --update-baseline",
        2,
        &["`logout`", "╭─[ --assert:1:7 ]"],
    );
    let output =
        desk.run("check shop.json --set classes.login.weight=0 --assert async.login.p99<1s --update-baseline", 2);
    says(&output, &["╭─[ --assert:1:1 ]", "the run has no such number", "has no p99 to evaluate"]);
    assert_eq!(desk.files(), ["shop.json"]);
}

#[test]
fn the_worst_of_several_verdicts_decides() {
    let desk = with_baseline().with("lecture.json", LECTURE);
    let worse = SHOP.replace("60ms", "90ms");
    let output = desk.run("check shop.json lecture.json", 3);
    says(&output, &["shop passes", "lecture cannot be judged"]);
    desk.run("check lecture.json --update-baseline", 0);
    desk.run("check shop.json lecture.json", 0);
    fs::write(desk.path("shop.json"), worse).unwrap();
    desk.run("check shop.json lecture.json", 1);
    let output = desk.run("check shop.json lecture.json --seed 3", 3);
    assert!(errors(&output).contains("lecture") && errors(&output).contains("shop"), "{}", errors(&output));
    desk.run("check shop.json lecture.json missing.json", 2);
}

#[test]
fn baselines_among_the_files_are_skipped() {
    let desk = with_baseline();
    desk.run("check shop.json shop.baseline.json", 0);
    desk.run("run shop.baseline.json shop.json --quiet", 0);
    desk.fails("check shop.baseline.json", 2, &["`shop.baseline.json` is a baseline, not a scenario", "shop.json"]);
}

#[test]
fn selected_policies_are_compared_with_their_baselines() {
    let desk = with_baseline();
    let output = desk.run("check shop.json --policy async", 0);
    says(&output, &["unchanged: all 16 numbers"]);
    desk.fails("check shop.json --policy async --update-baseline", 2, &["cannot be used with"]);
    let renamed = SHOP.replace("\"async\": {}", "\"async\": { \"name\": \"loop\" }").replace("async.mean", "loop.mean");
    fs::write(desk.path("shop.json"), renamed).unwrap();
    let output = desk.run("check shop.json", 0);
    says(&output, &["policy `async` is missing", "policy `loop` is new"]);
}

#[test]
fn a_deterministic_scenario_is_compared_exactly() {
    let desk = Desk::new();
    desk.run("check lecture.json --update-baseline", 0);
    says(&desk.run("check lecture.json", 0), &["unchanged: all"]);
    let output = desk.run("check lecture.json --set classes.page.phases.1.db=66ms", 1);
    says(&output, &["sync.page.mean", "regressed"]);
}

#[test]
fn the_number_of_jobs_changes_no_byte() {
    let desk = with_baseline();
    let one = desk.run("check shop.json --jobs 1 --format json", 0);
    let two = desk.run("check shop.json --jobs 2 --format json", 0);
    assert_eq!(one.stdout, two.stdout);
    let stored = desk.read("shop.baseline.json");
    for jobs in 1..=2 {
        desk.run(&format!("check shop.json --jobs {jobs} --update-baseline"), 0);
        assert_eq!(desk.read("shop.baseline.json"), stored);
    }
}

#[test]
fn the_verdict_is_machine_readable() {
    let desk = with_baseline();
    let check = json(&desk.run("check shop.json --set classes.page.phases.1.db=66ms --format json", 1));
    assert_eq!(check["schema"], "waitline.check/1");
    assert_eq!(check["verdict"], "fails");
    assert_eq!(check["baseline"]["status"], "compared");
    assert_eq!(check["baseline"]["changes"][0]["path"], "classes.page.phases.1.db");
    assert_eq!(check["baseline"]["metrics"][0]["verdict"], "regressed");
    assert_eq!(check["results"]["slo"][0]["verdict"], "met");
    let missing = json(&self::desk().run("check shop.json --format json", 3));
    assert_eq!(missing["verdict"], "incomplete");
    assert_eq!(missing["baseline"]["command"], "waitline check shop.json --update-baseline");
}

#[test]
fn a_pull_request_gets_a_comment() {
    let desk = with_baseline();
    let comment = text(&desk.run("check shop.json --set classes.page.phases.1.db=66ms --format markdown", 1));
    assert!(comment.starts_with("### shop fails: "), "{comment}");
    assert!(comment.contains("| sync.mean | regressed | "), "{comment}");
    assert!(comment.contains("```sh\nwaitline check shop.json"), "{comment}");
}

#[test]
fn standard_input_has_no_default_baseline() {
    let desk = with_baseline();
    desk.fails("check -", 2, &["a scenario from standard input has no baseline", "--no-baseline"]);
    let output = desk.waitline("check - --no-baseline").write_stdin(SHOP).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
}

#[test]
fn a_baseline_that_cannot_be_written_leaves_no_file() {
    let desk = desk().with("file", "");
    desk.run("check shop.json --baseline file/shop.baseline.json --update-baseline", 4);
    assert_eq!(desk.files(), ["file", "shop.json"]);
}

#[test]
fn an_incomplete_run_cannot_be_a_baseline() {
    let desk = desk();
    let output =
        desk.run("check shop.json --set arrivals.poisson=300/s --set run.max_in_flight=50 --update-baseline", 3);
    says(&output, &["no baseline was written: the run is incomplete"]);
    assert_eq!(desk.files(), ["shop.json"]);
}

#[test]
fn invalid_tolerances_are_reported_with_their_place() {
    desk().fails("check shop.json --tolerance p98=5%", 2, &["`p98` is not a metric", "╭─[ --tolerance:1:1 ]"]);
}

#[test]
fn headroom_is_judged_by_the_capacity() {
    // Four workers of 65 ms: 61.54 requests per second; 30 are offered.
    let desk = desk();
    let page =
        "--set machine.cores=4 --set classes.login.weight=0 --set classes.page.phases.0.compute=5ms --no-baseline";
    let met = desk.run(&format!("check shop.json {page} --assert sync.headroom>=100%"), 0);
    says(&met, &["headroom>=100%", "105.1%"]);
    let broken = desk.run(&format!("check shop.json {page} --assert sync.headroom>=110%"), 1);
    says(&broken, &["sync does not meet `sync.headroom>=110%`"]);
    let unknown = desk.run(
        "check shop.json --no-baseline --set arrivals={\"users\":{\"count\":3,\"think\":\"1s\"}} --assert headroom>=1%",
        2,
    );
    says(&unknown, &["has no headroom to evaluate"]);
}
