//! Reports for machines: `--export`, JUnit, GitHub's annotations and step summary.
//!
//! `UPDATE_GOLDEN=1 cargo test --test cli` rewrites the expected files in `tests/golden/`.

use std::path::Path;
use std::{env, fs};

use crate::common::program::{Desk, LECTURE, errors, text};

/// The lecture with objectives: broken, without data, warned about, met; one of them twice.
fn judged() -> Desk {
    let classes = r#""idle": { "phases": [ { "compute": "1ms" } ] },
    "page":"#;
    let slo = r#"} ],
  "slo": [
    "p99 < 300ms",
    "warn: sync.short.slowdown.max <= 2",
    "async.idle.mean < 5ms",
    "requests.failed < 1%",
    "requests.failed < 1%" ]
}"#;
    let lecture = LECTURE.replacen("\"page\":", classes, 1);
    let end = lecture.rfind("} ]").unwrap();
    Desk::new().with("judged.json", format!("{}{slo}", &lecture[..end]))
}

/// Compares a text with a file of `tests/golden/`.
#[track_caller]
fn is_golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, text).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == text, "{name} differs:\n{text}\nif this is intended: UPDATE_GOLDEN=1 cargo test --test cli");
}

#[test]
fn objectives_are_test_cases_in_junit() {
    let desk = judged();
    let output = desk.run("run judged.json lecture.json --format junit", 0);
    is_golden("judged.junit.xml", &text(&output));
    let document = text(&output);
    let document = roxmltree::Document::parse(&document).unwrap();
    let suites: Vec<_> = document.root_element().children().filter(roxmltree::Node::is_element).collect();
    assert_eq!(suites.len(), 2);
    let with = |node: &roxmltree::Node<'_, '_>, tag: &str| {
        node.descendants().filter(|node| node.has_tag_name(tag)).count().to_string()
    };
    for node in suites.iter().chain([&document.root_element()]) {
        for (counted, tag) in [("tests", "testcase"), ("failures", "failure"), ("errors", "error")] {
            assert_eq!(node.attribute(counted), Some(&*with(node, tag)), "{counted} of {:?}", node.attribute("name"));
        }
        assert_eq!(node.attribute("timestamp").or(node.attribute("time")), None);
    }
    let mut names: Vec<_> = document
        .descendants()
        .filter(|node| node.has_tag_name("testcase"))
        .map(|case| (case.attribute("classname").unwrap(), case.attribute("name").unwrap()))
        .collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "no two cases have the same name: GitLab would show one");
}

#[test]
fn machine_readable_reports_have_the_same_bytes_for_any_number_of_jobs() {
    let desk = judged();
    let files = |jobs| {
        desk.run(&format!("run judged.json shop.json --quiet --jobs {jobs} --replications 4 --export junit=it.xml --export github=it.txt --assert mean<30ms"), 0);
        (desk.read("it.xml"), desk.read("it.txt"))
    };
    assert!(files(1) == files(2));
}

#[test]
fn objectives_are_annotated_on_their_lines() {
    let desk = judged();
    let output = desk.run("run judged.json --format github --assert async.p50<1ms --quiet", 0);
    is_golden("judged.github.txt", &text(&output));
    for line in text(&output).lines().filter(|line| line.contains("file=judged.json")) {
        let number = |property: &str| -> usize {
            let value = line.split(property).nth(1).unwrap();
            value[..value.find(|c: char| !c.is_ascii_digit()).unwrap()].parse().unwrap()
        };
        let scenario = desk.read("judged.json");
        let source = scenario.lines().nth(number(",line=") - 1).unwrap();
        let asked = &source[number(",col=") - 1..number(",endColumn=") - 1];
        assert!(line.contains(&format!("`{}`", asked.replace('%', "%25"))), "{asked} in {line}");
    }
}

#[test]
fn github_gets_no_more_annotations_than_it_shows() {
    let desk = judged();
    let mut command = desk.waitline("run judged.json --format github --quiet");
    for bound in 1..=12 {
        command.args(["--assert", &format!("sync.p99 < {bound}ms"), "--assert", &format!("warn: p99 < {bound}ms")]);
    }
    let printed = text(&command.output().unwrap());
    let starting = |word: &str| printed.lines().filter(|line| line.starts_with(word)).collect::<Vec<_>>();
    let (errors, warnings) = (starting("::error "), starting("::warning "));
    assert_eq!((errors.len(), warnings.len()), (10, 10), "{printed}");
    assert!(errors[9].starts_with("::error title=5 more errors::judged: sync.p99 is 475 ms"), "{}", errors[9]);
    assert!(warnings[9].starts_with("::warning title=28 more warnings::"), "{}", warnings[9]);
    assert_eq!(printed.lines().count(), 21, "{printed}");
}

#[test]
fn the_step_summary_is_appended() {
    let desk = judged().with("summary.md", "Before.\n\n");
    let summarize = |format: &str| {
        let mut command = desk.waitline(&format!("run judged.json lecture.json --quiet --format {format}"));
        command.env("GITHUB_STEP_SUMMARY", desk.path("summary.md")).output().unwrap()
    };
    summarize("text");
    assert_eq!(desk.read("summary.md"), "Before.\n\n", "only the format `github` writes to it");
    assert_eq!(summarize("github").status.code(), Some(0));
    let summary = desk.read("summary.md");
    assert!(summary.starts_with("Before.\n\n### judged\n"), "{summary}");
    assert!(
        summary.contains("\n### lecture\n") && summary.contains("| BROKEN | p99 \\< 300ms | sync | 475 ms |"),
        "{summary}"
    );
    let printed = text(&desk.run("run judged.json lecture.json --format markdown", 0));
    assert_eq!(summary.trim_start_matches("Before.\n\n").trim_end(), printed.trim_end());

    fs::write(desk.path("summary.md"), "x".repeat(1024 * 1024 - 1000)).unwrap();
    summarize("github");
    let summary = desk.read("summary.md");
    assert!(
        summary.len() <= 1024 * 1024 && summary.contains("\n_Cut off here: GitHub shows at most 1 MiB"),
        "{}",
        summary.len()
    );

    let mut command = desk.waitline("run judged.json --quiet --format github");
    let output = command.env("GITHUB_STEP_SUMMARY", desk.path(".")).output().unwrap();
    assert_eq!(output.status.code(), Some(4), "{}", errors(&output));
}

#[test]
fn annotations_name_files_relative_to_the_root_of_the_repository() {
    let desk = judged();
    fs::create_dir(desk.path("web")).unwrap();
    let mut command = desk.waitline("run ../judged.json --quiet --format github");
    command.current_dir(desk.path("web")).env("GITHUB_WORKSPACE", desk.path("."));
    let printed = text(&command.output().unwrap());
    assert!(printed.starts_with("::error file=judged.json,line="), "{printed}");
    let mut command = desk.waitline("run judged.json --quiet --format github");
    let printed = text(&command.env("GITHUB_WORKSPACE", desk.path("..")).output().unwrap());
    let folder = desk.path(".").canonicalize().unwrap();
    let named = format!("::error file={}/judged.json,line=", folder.file_name().unwrap().to_string_lossy());
    assert!(printed.starts_with(&named), "{printed}");
}

#[test]
fn a_run_is_exported_in_several_formats_at_once() {
    let desk = Desk::new();
    fs::create_dir(desk.path("ci")).unwrap();
    let all = "--export json=ci/all.json --export csv=all.csv --export markdown=ci/all.md --export text=all.txt";
    let output = desk.run(&format!("run lecture.json shop.json --out results {all}"), 0);
    let notes = errors(&output);
    assert!(notes.ends_with("wrote ci/all.json\nwrote all.csv\nwrote ci/all.md\nwrote all.txt\n"), "{notes}");
    let printed = |format: &str| text(&desk.run(&format!("run lecture.json shop.json --format {format}"), 0));
    for (format, file) in [("json", "ci/all.json"), ("csv", "all.csv"), ("markdown", "ci/all.md"), ("text", "all.txt")]
    {
        assert!(desk.read(file) == printed(format), "{file} is what --format {format} prints");
    }
}

#[test]
fn an_exported_text_has_no_colour() {
    let desk = Desk::new();
    let mut command = desk.waitline("run lecture.json --export text=it.txt");
    let output = command.env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(text(&output).contains('\u{1b}') && !desk.read("it.txt").contains('\u{1b}'));
}

#[test]
fn an_invalid_export_is_rejected_before_anything_is_written() {
    let desk = Desk::new();
    for (export, says) in [
        ("--export junit", "write FORMAT=FILE"),
        ("--export marcdown=it.md", "did you mean `markdown`?"),
        ("--export json=", "the file name is missing"),
        ("--export json=-", "`--format json` prints to standard output"),
        ("--export json=it --export csv=./it", "`./it` would be written twice"),
        ("--export csv=rows.csv --csv rows.csv", "`rows.csv` would be written twice"),
    ] {
        desk.fails(&format!("run lecture.json {export}"), 2, &[says]);
    }
    assert_eq!(desk.files(), ["lecture.json", "shop.json"]);
}

#[test]
fn an_export_that_cannot_be_written_ends_the_command_before_a_scenario_runs() {
    let desk = Desk::new().with("file", "");
    desk.fails("run lecture.json --export json=file/it.json", 4, &["cannot write `file/it.json`"]);
    desk.fails("run lecture.json --export json=.", 4, &["cannot write `.`"]);
    assert_eq!(desk.files(), ["file", "lecture.json", "shop.json"]);
}

/// The shop with its baseline, and a database that has become slower since.
fn regressed() -> Desk {
    let desk = Desk::new();
    desk.run("check shop.json --replications 5 --update-baseline --quiet", 0);
    let slower = desk.read("shop.json").replace(r#""db": "10ms""#, r#""db": "13ms""#);
    desk.with("shop.json", slower)
}

#[test]
fn a_regression_fails_its_test_case_and_is_annotated() {
    let desk = regressed();
    fs::create_dir(desk.path("ci")).unwrap();
    let output = desk.run("check shop.json --replications 5 --quiet --format github --export junit=ci/it.xml", 1);
    let printed = text(&output);
    for line in [
        "::error file=shop.json,title=shop%2C sync%3A is no worse than in the baseline::sync is worse than its baseline: mean ",
        "::error file=shop.json,title=shop%2C async%3A is no worse than in the baseline::async is worse",
        "%0Achanged in the scenario: classes.page.phases.1.db: \"10ms\" → \"13ms\"%0A",
        "%0AIf this is intended: waitline check shop.json --replications 5 --update-baseline\n",
    ] {
        assert!(printed.contains(line), "no {line:?} in\n{printed}");
    }
    let junit = desk.read("ci/it.xml");
    let document = roxmltree::Document::parse(&junit).unwrap();
    let failed: Vec<_> = document.descendants().filter(|node| node.has_tag_name("failure")).collect();
    let cases: Vec<_> = failed.iter().map(|node| node.parent().unwrap().attribute("classname").unwrap()).collect();
    assert_eq!(cases, ["shop.sync", "shop.async"]);
    assert!(
        failed.iter().all(|node| node.attribute("type") == Some("baseline")
            && node.attribute("message").unwrap().contains("is worse than its baseline: mean ")
            && node.text().unwrap().contains("\nregressed: mean ")),
        "{junit}"
    );
}

#[test]
fn one_sided_comparisons_are_skipped_with_a_notice() {
    let desk = Desk::new();
    desk.run("check shop.json --replications 5 --update-baseline --quiet", 0);
    let other = desk.read("shop.json").replace("\"async\": {}", "\"async\": { \"name\": \"loop\" }");
    let other =
        other.replace("\"page\"", "\"site\"").replacen('{', r#"{ "backends": { "db": { "concurrency": 50 } },"#, 1);
    let desk = desk.with("shop.json", other);
    let printed = text(&desk.run("check shop.json --replications 5 --quiet --format github --export junit=it.xml", 0));
    let gone = "is missing: the baseline has it, the scenario does not";
    let new = "is new: the scenario has it, the baseline does not";
    let found = [
        ("shop.async", "is in the baseline and in the scenario", format!("policy `async` {gone}")),
        ("shop.loop", "is in the baseline and in the scenario", format!("policy `loop` {new}")),
        ("shop", "class page is in the baseline and in the scenario", format!("class `page` {gone}")),
        ("shop", "class site is in the baseline and in the scenario", format!("class `site` {new}")),
        ("shop", "backend db is in the baseline and in the scenario", format!("backend `db` {new}")),
    ];
    let junit = desk.read("it.xml");
    let document = roxmltree::Document::parse(&junit).unwrap();
    let skipped: Vec<_> = document.descendants().filter(|node| node.has_tag_name("skipped")).collect();
    let reported = skipped.iter().map(|node| {
        let case = node.parent().unwrap();
        let message = node.attribute("message").unwrap().to_owned();
        (case.attribute("classname").unwrap(), case.attribute("name").unwrap(), message)
    });
    assert_eq!(reported.collect::<Vec<_>>(), found, "{junit}");
    assert_eq!(document.root_element().attribute("failures"), Some("0"));
    for (_, asked, message) in found {
        let notice = |line: &str| line.starts_with("::notice file=shop.json,") && line.contains(asked);
        assert!(printed.lines().any(|line| notice(line) && line.ends_with(&message)), "no {message:?} in\n{printed}");
    }
    assert!(printed.contains(" 5 skipped, "), "{printed}");
}

#[test]
fn an_impossible_comparison_is_an_error() {
    let desk = Desk::new();
    let output = desk.run("check lecture.json --quiet --format junit --export github=it.txt", 3);
    let document = text(&output);
    let document = roxmltree::Document::parse(&document).unwrap();
    let error = document.descendants().find(|node| node.has_tag_name("error")).unwrap();
    assert_eq!(error.attribute("type"), Some("baseline"));
    assert!(error.text().unwrap().ends_with("waitline check lecture.json --update-baseline"));
    assert!(
        desk.read("it.txt").starts_with("::error file=lecture.json,title=lecture%3A is comparable with its baseline::")
    );
}

#[test]
fn a_check_is_exported_as_one_row_per_comparison() {
    let desk = regressed();
    let rows = text(&desk.run("check shop.json --replications 5 --quiet --format csv", 1));
    let rows: Vec<Vec<&str>> = rows.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0][..5], ["scenario", "policy", "class", "metric", "verdict"]);
    assert_eq!(rows[1][..5], ["shop", "sync", "all", "mean", "regressed"]);
    assert!(rows.iter().all(|row| row.len() == rows[0].len()) && rows.len() == 1 + 2 * 6, "{rows:?}");
}
