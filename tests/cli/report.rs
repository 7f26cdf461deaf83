//! `waitline report`: one page per scenario, which loads nothing and shows everything as it is.

use std::collections::BTreeSet;
use std::fs;

use crate::common::program::{Desk, OVERLOAD, errors};

/// The body of a page without its script: written so that it can be read as XML.
fn body(page: &str) -> &str {
    page.split_once("<body>\n").unwrap().1.split_once("<script>").unwrap().0
}

/// Sections, charts and events have identifiers of their own.
fn expect_unique_ids(page: &str) {
    let parsed = roxmltree::Document::parse(body(page)).unwrap();
    let mut ids: Vec<&str> = parsed.descendants().filter_map(|node| node.attribute("id")).collect();
    assert!(ids.len() > 10);
    ids.sort_unstable();
    let twice: Vec<&[&str]> = ids.windows(2).filter(|pair| pair[0] == pair[1]).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

#[test]
fn the_page_of_the_lecture_holds_everything_in_order() {
    let desk = Desk::new();
    let output = desk.run("report lecture.json", 0);
    assert!(output.stdout.is_empty() && errors(&output).contains("wrote output/lecture/report.html"));
    let page = desk.read("output/lecture/report.html");
    let mut rest = &*page;
    for part in [
        "<title>lecture · waitline</title>",
        "<h1>lecture</h1>",
        "What each request did",
        "request 3 (short): waiting in the backlog, 30–400 ms, 370 ms",
        "requests 2 and 3 are waiting in the backlog",
        "Whose fault it is, and what would help",
        "request 3 (short) took 475 ms, 4.5 × its demand: 370 ms in the backlog",
        "What would have helped request 3 (short), in ms",
        "<h3>Response time in ms</h3>",
        "Not modelled",
        "waitline report lecture.json",
        "scenario_sha256",
        "&quot;policies&quot;",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("no {part} in its place"));
        rest = &rest[at..];
    }
    assert!(page.len() < 200_000, "{} bytes", page.len());
    roxmltree::Document::parse(body(&page)).unwrap();
}

#[test]
fn the_page_loads_nothing_and_runs_only_its_own_script() {
    let desk = Desk::new();
    desk.run("report lecture.json --quiet", 0);
    let page = desk.read("output/lecture/report.html");
    let policy = page.split("Content-Security-Policy\" content=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
    let markup = body(&page);
    for loading in [" src=", "href=\"http", "url(http", "@import", "<link", "<iframe", " style=", " onclick"] {
        assert!(!markup.contains(loading), "{loading}");
    }
    assert_eq!(page.matches("<script").count(), 1);
    assert!(!page.contains("fetch(") && !page.contains("XMLHttpRequest") && !page.contains("import("));
}

#[test]
fn the_same_command_writes_the_same_bytes() {
    let desk = Desk::new();
    for (out, jobs) in [("one", 1), ("two", 2)] {
        desk.run(&format!("report shop.json --quiet --out {out} --replications 3 --jobs {jobs}"), 0);
    }
    let page = desk.read("one/shop/report.html");
    assert!(page == desk.read("two/shop/report.html"));
    assert!(
        page.contains("waitline report shop.json --replications 3<"),
        "neither folders nor jobs are in the command"
    );
    let folder = desk.path("").display().to_string();
    assert!(!page.contains(folder.trim_end_matches('/')), "no path of this machine");
}

#[test]
fn the_command_on_the_page_has_the_options_that_change_it() {
    let desk = Desk::new();
    fs::create_dir(desk.path("below")).unwrap();
    fs::rename(desk.path("shop.json"), desk.path("below/my shop.json")).unwrap();
    let mut command = desk.waitline("report --seed 7 --set run.requests=500 --policy async --assert p99<1s --quiet");
    command.arg("below/my shop.json").assert().success();
    let page = desk.read("output/my shop/report.html");
    let expected = "waitline report &#39;my shop.json&#39; --policy async --set run.requests=500 --seed 7 --assert &#39;p99&lt;1s&#39;";
    assert!(page.contains(expected), "{}", page.split("<pre").nth(1).unwrap());
}

#[test]
fn an_incomplete_run_has_a_page_with_a_banner() {
    let desk = Desk::new();
    let output = desk.run("report shop.json --set run.max_in_flight=2", 3);
    assert!(errors(&output).contains("more requests were in flight than run.max_in_flight allows"));
    let page = desk.read("output/shop/report.html");
    assert!(page.contains("<ul class=\"notices incomplete\">\n<li><strong>Incomplete:</strong> sync stopped after"));
}

#[test]
fn what_cannot_be_written_or_read_is_said_before_anything_runs() {
    let desk = Desk::new().with("taken", "");
    desk.fails("report missing.json", 2, &["missing.json"]);
    desk.fails("report lecture.json --policy nothing", 2, &["no policy `nothing`"]);
    desk.fails("report lecture.json --out taken", 4, &["taken"]);
    desk.fails("report lecture.json shop.json", 2, &["shop.json"]);
}

#[test]
fn many_requests_are_a_small_page() {
    let desk = Desk::new();
    desk.run("report shop.json --set run.requests=20000 --quiet", 0);
    assert!(desk.read("output/shop/report.html").len() < 1_500_000);
}

#[test]
fn before_and_after_are_compared_pair_by_pair() {
    let desk = Desk::new();
    desk.run("report lecture.json --before lecture.json --set policies.threaded.threads=3 --quiet", 0);
    let page = desk.read("output/lecture/report.html");
    let mut rest = &*page;
    for part in [
        "Before and after",
        "policies.threaded.threads: 2 → 3",
        "numbers differ from lecture.json",
        "<th scope=\"row\">threaded.p99</th><td>improved</td><td class=\"number\">285 ms</td><td class=\"number\">205 ms</td>",
        "<span class=\"name\">threaded before</span>",
        "<span class=\"name\">threaded now</span>",
        "waitline report lecture.json --before lecture.json --set policies.threaded.threads=3",
    ] {
        let at = rest.find(part).unwrap_or_else(|| panic!("no {part} in its place"));
        rest = &rest[at..];
    }
}

#[test]
fn a_baseline_is_run_again_for_its_timelines() {
    let desk = Desk::new();
    desk.run("check lecture.json --update-baseline --quiet", 0);
    desk.run("report lecture.json --before lecture.baseline.json --set policies.threaded.threads=3 --quiet", 0);
    let page = desk.read("output/lecture/report.html");
    assert!(page.contains("policies.threaded.threads: 2 → 3") && page.contains("threaded before</span>"));
    assert!(page.contains("request 3 (short): waiting in the backlog, 30–400 ms, 370 ms"));
}

#[test]
fn earlier_results_stand_next_to_those_of_now() {
    let desk = Desk::new();
    desk.run("run lecture.json --quiet --out old", 0);
    desk.run("report lecture.json --before old/lecture/results.json --set policies.threaded.threads=3 --quiet", 0);
    let page = desk.read("output/lecture/report.html");
    assert!(page.contains("The scenario or the seed is not the same.") && page.contains("285 ms → 205 ms"));
    assert!(page.contains("chance cannot be told from change"));
}

#[test]
fn what_cannot_be_compared_with_is_said() {
    let desk = Desk::new().with("damaged.json", "{\"schema\": \"waitline.baseline/1\", \"model_version\": 9999}");
    desk.fails(
        "report lecture.json --before damaged.json",
        3,
        &["the baseline `damaged.json` is of version 9999 of the model"],
    );
    for (content, says) in [
        (r#"{ "schema": "waitline.results/9" }"#, "is of another version of waitline"),
        (r#"{ "schema": "waitline.results/1" }"#, "is damaged: it has no `policies`"),
    ] {
        std::fs::write(desk.path("results.json"), content).unwrap();
        desk.fails("report lecture.json --before results.json", 3, &[says]);
    }
    for (option, schema, content) in [
        ("--sweep", "waitline.sweep/1", r#"{ "schema": "waitline.sweep/9", "policies": [] }"#),
        ("--sweep", "waitline.sweep/1", r#"{ "schema": "waitline.sweep/1" }"#),
        ("--plan", "waitline.plan/1", r#"{ "schema": "waitline.plan/1" }"#),
    ] {
        std::fs::write(desk.path("other.json"), content).unwrap();
        let says = format!("is not JSON of the schema `{schema}`, or not all of it");
        desk.fails(&format!("report lecture.json {option} other.json"), 2, &[&says]);
    }
    desk.fails("report lecture.json --before missing.json", 2, &["there is no file `missing.json`"]);
    desk.run("check shop.json --update-baseline --quiet --replications 3", 0);
    let output = desk.run("report shop.json --before shop.baseline.json", 3);
    assert!(errors(&output).contains("is of replications, and this run of"), "{}", errors(&output));
    assert!(desk.read("output/shop/report.html").contains("<strong>Incomplete:</strong> the baseline"));
}

#[test]
fn nothing_is_compared_with_a_run_that_stopped() {
    let desk = Desk::empty().with("overload.json", OVERLOAD);
    let output = desk.run("report overload.json --set arrivals.constant=0.5/s --before overload.json", 3);
    let said = "nothing is compared with `overload.json`: sync: stopped after";
    assert!(errors(&output).contains(said), "{}", errors(&output));
    assert!(desk.read("output/overload/report.html").contains("<strong>Incomplete:</strong> nothing is compared"));
}

#[test]
fn a_sweep_and_a_plan_can_be_shown() {
    let desk = Desk::new();
    desk.run("sweep shop.json --vary workers=1,4 --set arrivals.poisson=120/s --set run.requests=500 --replications 2 --quiet", 0);
    let plan = desk.run("plan shop.json --slo p99<1s --policy sync --format json --quiet", 0);
    std::fs::write(desk.path("plan.json"), &plan.stdout).unwrap();
    desk.run("report shop.json --sweep output/shop/sweep.json --plan plan.json --quiet", 0);
    let page = desk.read("output/shop/report.html");
    assert!(page.contains("<th scope=\"row\">workers = 1</th>") && page.contains("unstable"), "sweep");
    assert!(page.contains("The smallest configuration with p99&lt;1s"), "plan");
    assert!(page.contains("waitline report shop.json --sweep output/shop/sweep.json --plan plan.json"), "command");
    for section in ["latency", "breakdown", "sweep", "plan"] {
        assert!(page.contains(&format!("<section id=\"{section}\"")), "{section}");
    }
    // Drawn from their numbers, the charts are those that the commands drew.
    for chart in ["sweep", "plan"] {
        let drawn = desk.read(&format!("output/shop/{chart}.svg"));
        assert!(drawn.starts_with("<svg") && page.contains(&drawn), "the chart of the {chart}");
    }
    expect_unique_ids(&page);
    // The scenario in another folder: files are named from there.
    std::fs::create_dir(desk.path("scenarios")).unwrap();
    std::fs::copy(desk.path("shop.json"), desk.path("scenarios/shop.json")).unwrap();
    desk.run("report scenarios/shop.json --sweep output/shop/sweep.json --quiet", 0);
    let page = desk.read("output/shop/report.html");
    assert!(page.contains("waitline report shop.json --sweep ../output/shop/sweep.json"), "command");
    // From there, the command writes the same page.
    let mut there = desk.waitline("report shop.json --sweep ../output/shop/sweep.json --quiet");
    there.current_dir(desk.path("scenarios")).assert().success();
    assert!(desk.read("scenarios/output/shop/report.html") == page, "the same page");
    desk.fails("report shop.json --sweep plan.json", 2, &["`plan.json` is not JSON of the schema `waitline.sweep/1`"]);
    desk.fails("report shop.json --sweep shop.json --out .", 2, &["shop.json"]);
}

/// Five requests each second for 40 s, on two workers that each keeps for 300 ms; the database is slow from 10 to 12 s.
const SLOW: &str = r#"{
  "classes": { "page": { "phases": [ { "compute": "10ms" }, { "db": "290ms" } ] } },
  "arrivals": { "poisson": "5/s" },
  "faults": [ { "name": "slow db", "at": "10s", "for": "2s", "slow": { "backend": "db", "factor": 5 } } ],
  "policies": [ { "sync": { "workers": 2 } }, { "async": {} } ],
  "run": { "duration": "40s", "seed": 1 }
}"#;

#[test]
fn the_timeline_shows_the_stretch_that_was_asked_for() {
    let desk = Desk::empty().with("slow.json", SLOW);
    for (option, shows, on_the_page) in [
        ("--window 20s..22s", "Shows 20 to 22 s.", "--window 20s..22s"),
        ("--around slowest", "the slowest request", "--around slowest"),
        ("--around worst", "here requests wait longest under sync", "--around worst"),
    ] {
        desk.run(&format!("report slow.json --quiet {option}"), 0);
        let page = desk.read("output/slow/report.html");
        assert!(page.contains(shows), "{option}: {}", page.split("What each request did").nth(1).unwrap_or_default());
        assert!(page.contains(&format!("waitline report slow.json {on_the_page}")), "{option}");
    }
    let mut command = desk.waitline("report slow.json --quiet --around fault");
    command.arg("slow db").assert().success();
    let page = desk.read("output/slow/report.html");
    assert!(page.contains("Shows 9 to 14 s: before, during and after the fault slow db."));
    // In one word, as the page writes it, it is the same command.
    assert!(page.contains("waitline report slow.json --around &#39;fault slow db&#39;"));
    desk.waitline("report slow.json --quiet --out again --around").arg("fault slow db").assert().success();
    assert!(page == desk.read("again/slow/report.html"));
}

#[test]
fn impossible_stretches_are_errors_and_nothing_is_written() {
    let desk = Desk::empty().with("slow.json", SLOW);
    for (options, message) in [
        ("--window 41s..42s", "`--window` begins at 41s, but `slow` runs for 40s only"),
        ("--around fault db", "faults: slow db"),
        ("--around slowest --timeline 3", "cannot be used with"),
        ("--around slowest --window 1s..2s", "cannot be used with"),
        ("--set run={\"requests\":200} --window 90m..91m", "is under way between"),
    ] {
        desk.fails(&format!("report slow.json {options}"), 2, &[message]);
    }
    assert_eq!(desk.files(), ["slow.json"]);
}

#[test]
fn a_sweep_of_two_dimensions_is_a_map_and_a_damaged_one_has_its_table_only() {
    let desk = Desk::new();
    desk.run("sweep shop.json --vary workers=1,4 --vary arrivals.poisson=40/s,80/s --set run.requests=300 --quiet", 0);
    desk.run("report shop.json --sweep output/shop/sweep.json --quiet", 0);
    assert!(desk.read("output/shop/report.html").contains(&desk.read("output/shop/sweep.svg")));
    let damaged = desk.read("output/shop/sweep.json").replace("\"dimensions\"", "\"dimension\"");
    std::fs::write(desk.path("damaged.json"), damaged).unwrap();
    desk.run("report shop.json --sweep damaged.json --quiet", 0);
    let page = desk.read("output/shop/report.html");
    assert!(!page.contains("id=\"sweep-title\">shop: ") && page.contains("<th scope=\"row\">workers = 1, "));
}

#[test]
fn a_baseline_is_not_a_scenario() {
    let desk = Desk::new();
    desk.run("check lecture.json --update-baseline --quiet", 0);
    for command in ["report lecture.baseline.json", "explain lecture.baseline.json", "plan lecture.baseline.json"] {
        desk.fails(
            command,
            2,
            &["`lecture.baseline.json` is a baseline, not a scenario", "waitline check lecture.json"],
        );
    }
}

/// The requests that are drawn of a policy, by their numbers.
fn drawn<'p>(page: &'p str, policy: &str) -> BTreeSet<&'p str> {
    let start = page.find(&format!("<span class=\"name\">{policy}</span>")).unwrap_or_else(|| panic!("no {policy}"));
    let end = page[start + 1..].find("<span class=\"name\">").map_or(page.len(), |end| start + 1 + end);
    let requests = page[start..end].split("data-request=\"").skip(1);
    requests.filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn long_runs_before_and_after_are_shown_in_the_same_stretch_and_chart_by_chart() {
    let desk = Desk::new();
    desk.run("report shop.json --before shop.json --set policies.sync.workers=3 --quiet", 0);
    let page = desk.read("output/shop/report.html");
    let (before, now) = (drawn(&page, "sync before"), drawn(&page, "sync now"));
    assert!(2 * before.intersection(&now).count() > before.len(), "{before:?}, {now:?}");
    expect_unique_ids(&page);
    for chart in ["latency", "over_time"] {
        for id in [format!("id=\"{chart}-before-title\""), format!("id=\"{chart}-title\"")] {
            assert_eq!(page.matches(&id).count(), 1, "{id}");
        }
    }
}
