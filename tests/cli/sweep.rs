//! `waitline sweep`: every policy at many points.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::Value;
use waitline::output::svg::text_width;

use crate::common::program::{Desk, errors, text};

/// A shop that 4 workers sustain up to 266 requests per second.
const SHOP: &str = r#"{
  "classes": { "page": { "phases": [ { "compute": { "exponential": "5ms" } }, { "db": "10ms" } ] } },
  "arrivals": { "poisson": "30/s" },
  "machine": { "cores": 4 },
  "policies": [ { "sync": { "workers": 4 } }, { "threaded": { "workers": 4, "threads": 2 } }, { "async": {} } ],
  "run": { "requests": 1000, "replications": 2 },
  "slo": [ "p95 < 60ms" ]
}"#;

fn desk() -> Desk {
    Desk::empty().with("shop.json", SHOP)
}

fn json(desk: &Desk, options: &str) -> Value {
    let printed = text(&desk.run(&format!("sweep shop.json {options} --format json --quiet"), 0));
    serde_json::from_str(&printed).unwrap()
}

#[test]
fn a_range_of_workers_as_the_help_has_it_has_whole_numbers() {
    let desk = Desk::new();
    let command = "sweep shop.json --vary workers=1..64 --policy sync --set run.requests=200 --format json";
    let sweep: Value = serde_json::from_str(&text(&desk.run(command, 0))).unwrap();
    let points = sweep["points"].as_array().unwrap();
    let workers: Vec<u64> = points.iter().filter_map(|point| point["values"]["workers"].as_u64()).collect();
    assert_eq!(workers, [1, 8, 15, 22, 29, 36, 43, 50, 57, 64]);
}

#[test]
fn a_sweep_has_every_policy_at_every_point() {
    let desk = desk();
    let results = json(&desk, "--vary arrivals.poisson=30/s,60/s --vary workers=1..3");
    assert_eq!(results["schema"], "waitline.sweep/1");
    let points = results["points"].as_array().unwrap();
    assert_eq!(points.len(), 6);
    assert_eq!(points[4]["values"], serde_json::json!({ "arrivals.poisson": "60/s", "workers": 2 }));
    for point in points {
        let names: Vec<_> = point["policies"].as_array().unwrap().iter().map(|policy| policy["name"].clone()).collect();
        assert_eq!(names, ["sync", "threaded", "async"]);
        assert_eq!(point["slo"].as_array().unwrap().len(), 3);
    }
    assert_eq!(
        desk.read("output/shop/sweep.json"),
        text(
            &desk.run("sweep shop.json --vary arrivals.poisson=30/s,60/s --vary workers=1..3 --format json --quiet", 0)
        )
    );
    assert!(desk.read("output/shop/sweep.svg").starts_with("<svg"));
    assert_eq!(desk.files(), ["output", "output/shop", "output/shop/sweep.json", "output/shop/sweep.svg", "shop.json"]);
}

#[test]
fn a_point_is_what_run_gives_for_the_same_changes() {
    let desk = desk();
    let swept = json(&desk, "--vary workers,threads=2x3,1x6");
    let changes = "--set policies.sync.workers=2 --set policies.threaded.workers=2 --set policies.threaded.threads=3 \
                   --set policies.async.workers=2";
    let run = text(&desk.run(&format!("run shop.json {changes} --format json --quiet"), 0));
    let run: Value = serde_json::from_str(&run).unwrap();
    for (swept, run) in
        swept["points"][0]["policies"].as_array().unwrap().iter().zip(run["policies"].as_array().unwrap())
    {
        for number in ["requests", "response_time_ms", "utilization", "confidence"] {
            assert_eq!(swept[number], run[number], "{number} of {}", run["name"]);
        }
    }
    assert_eq!(swept["points"][0]["slo"][0]["verdict"], run["slo"][0]["verdict"]);
}

#[test]
fn the_same_bytes_with_any_number_of_jobs() {
    let desk = desk();
    let sweep = |jobs: u32| {
        let options = "--vary arrivals=x1,x4,x12 --vary workers=1,4 --format json --quiet";
        let printed = text(&desk.run(&format!("sweep shop.json {options} --jobs {jobs} --out jobs{jobs}"), 0));
        (printed, desk.read(&format!("jobs{jobs}/shop/sweep.svg")))
    };
    assert!(sweep(1) == sweep(2), "the bytes differ");
}

#[test]
fn points_beyond_capacity_are_unstable_and_have_no_numbers() {
    let desk = desk();
    let output = desk.run("sweep shop.json --vary arrivals.poisson=100/s,200/s,300/s --policy sync", 0);
    let printed = text(&output);
    let row = printed.lines().find(|line| line.starts_with("300/s")).unwrap();
    assert!(row.contains("unstable") && row.ends_with("broken"), "{row}");
    assert!(printed.contains("warning: 1 of 3 results are unstable"), "{printed}");
    assert!(printed.contains("sync meets all objectives at arrivals.poisson = 100/s"), "{printed}");
    assert!(printed.contains("Knee of sync: "), "{printed}");
    let csv =
        text(&desk.run("sweep shop.json --vary arrivals.poisson=100/s,300/s --policy sync --format csv --quiet", 0));
    let mut lines = csv.lines();
    let columns: Vec<&str> = lines.next().unwrap().split(',').collect();
    assert_eq!(columns[..5], ["scenario", "point", "arrivals.poisson", "policy", "state"]);
    let place = columns.iter().position(|column| *column == "p99_ms").unwrap();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert_eq!((rows[0][4], rows[1][4]), ("measured", "unstable"));
    assert!(!rows[0][place].is_empty() && rows[1][place].is_empty(), "{rows:?}");
}

#[test]
fn a_policy_that_does_not_change_is_run_once() {
    let desk = desk();
    let said = errors(&desk.run("sweep shop.json --vary threads=1,2,4", 0));
    assert!(said.contains("3 points × 3 policies (4 of them give the same"), "{said}");
}

#[test]
fn more_replications_where_an_objective_is_undecided() {
    let desk = desk();
    let results = json(&desk, "--vary arrivals.poisson=40/s,250/s --policy sync --set run.requests=3000");
    let bound = results["points"][1]["policies"][0]["response_time_ms"]["p95"].as_f64().unwrap();
    let options =
        format!("--vary arrivals.poisson=40/s,250/s --policy sync --set run.requests=3000 --assert p95<{bound:.1}ms");
    let results = json(&desk, &options);
    let replications =
        |point: usize| results["points"][point]["policies"][0]["confidence"]["samples"].as_u64().unwrap();
    assert_eq!((replications(0), replications(1) > 2), (2, true));
    assert!(replications(1) <= results["most_replications"].as_u64().unwrap());
}

#[test]
fn a_sweep_that_was_stopped_is_continued_with_the_same_bytes() {
    let desk = desk();
    let options = "--vary arrivals.poisson=30..150/s:10 --format json --quiet";
    let whole = text(&desk.run(&format!("sweep shop.json {options} --out whole"), 0));
    let stopped = desk.run(&format!("sweep shop.json {options} --time-limit 1ns"), 3);
    assert!(errors(&stopped).contains("--resume continues"), "{}", errors(&stopped));
    let mut child = desk.process(&format!("sweep shop.json {options}"));
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let (begun, units) = (Instant::now(), desk.path("output/shop/sweep.units"));
    let is_under_way =
        |child: &mut Child| child.try_wait().unwrap().is_none() && fs::read_dir(&units).map_or(0, Iterator::count) < 3;
    while is_under_way(&mut child) && begun.elapsed() < Duration::from_secs(60) {
        sleep(Duration::from_millis(1));
    }
    interrupt(&child);
    let ended = child.wait_with_output().unwrap();
    // It may have been faster than the signal.
    assert!(ended.status.success() || errors(&ended).contains("--resume continues"), "{}", errors(&ended));
    let finished = fs::read_dir(&units).map_or(0, Iterator::count);
    let resumed = desk.run(&format!("sweep shop.json {options} --resume"), 0);
    assert!(text(&resumed) == whole, "after {finished} units");
    assert!(!units.exists(), "finished units are removed");
}

/// Sends Ctrl-C where there are signals, and ends the process elsewhere.
fn interrupt(child: &Child) {
    let process = child.id().to_string();
    let killed = match cfg!(unix) {
        true => Command::new("kill").args(["-INT", &process]).status(),
        false => Command::new("taskkill").args(["/F", "/PID", &process]).status(),
    };
    killed.unwrap();
}

#[test]
fn another_sweep_is_not_continued() {
    let desk = desk();
    desk.run("sweep shop.json --vary workers=1,2 --time-limit 1ns --quiet", 3);
    fs::create_dir_all(desk.path("output/shop/sweep.units")).unwrap();
    fs::write(desk.path("output/shop/sweep.units/point-0.policy-0.unit.json"), "{}").unwrap();
    desk.fails("sweep shop.json --vary workers=1,3 --resume", 2, &["cannot read", "start over without --resume"]);
    desk.run("sweep shop.json --vary workers=1,3 --quiet", 0);
}

#[test]
fn mistakes_name_the_option_the_place_and_what_to_do() {
    let desk = desk();
    for (options, says) in [
        ("", &["--vary <PATH=VALUES>"][..]),
        ("--vary workers", &["a variation must contain `=`", "--vary", "workers=1,2,4,8"]),
        ("--vary worker=1", &["nothing in the scenario is called `worker`", "did you mean `workers`?"]),
        ("--vary workers=1,none", &["--vary", "none"]),
        ("--vary workers=4..1", &["from a lower to a higher value", "`1..4`"]),
        ("--vary workers=1,2 --vary workers=3", &["`workers` is varied twice"]),
        ("--vary arrivals.poisson=20/s,30/s --vary arrivals=x1,x2", &["cannot both be varied"]),
        ("--vary workers=1,2 --vary policies.sync.workers=3,4", &["is varied twice, under two names"]),
        ("--vary workers=1 --policy snyc", &["no policy `snyc`", "did you mean `sync`?"]),
        ("--vary workers=1 --format junit", &["invalid value 'junit'"]),
    ] {
        desk.fails(&format!("sweep shop.json {options}"), 2, says);
    }
    assert_eq!(desk.files(), ["shop.json"]);
}

#[test]
fn three_dimensions_have_a_table_and_no_chart() {
    let desk = desk();
    let printed = text(&desk.run("sweep shop.json --vary workers=1,2 --vary cores=1,2 --vary arrivals=x1,x2", 0));
    assert!(printed.contains("workers · cores · arrivals"), "{printed}");
    assert!(!desk.path("output/shop/sweep.svg").exists());
}

#[test]
fn the_first_table_fits_on_a_page_of_80_columns() {
    let desk = desk();
    let markdown = text(&desk.run("sweep shop.json --vary workers=1,2,4 --format markdown --quiet", 0));
    assert!(markdown.contains("| workers | sync | threaded | async |"), "{markdown}");
    let printed = text(&desk.run("sweep shop.json --vary workers=1,2,4 --vary arrivals=x1,x2", 0));
    assert!(printed.lines().take_while(|line| !line.contains("response time")).all(|line| line.chars().count() <= 88));
}

/// All texts of a picture lie on it, however long the names are.
#[track_caller]
fn check_picture(svg: &str) {
    let document = roxmltree::Document::parse(svg).unwrap();
    let number = |node: roxmltree::Node<'_, '_>, name: &str| node.attribute(name).unwrap().parse::<f64>().unwrap();
    let width = number(document.root_element(), "width");
    let texts: Vec<_> = document.descendants().filter(|node| node.has_tag_name("text")).collect();
    assert!(texts.len() > 5, "{svg}");
    for node in texts {
        let text = node.text().unwrap_or_default();
        let long = text_width(text, number(node, "font-size"), node.has_attribute("font-weight"));
        let before = match node.attribute("text-anchor") {
            None => 0.0,
            Some("middle") => long / 2.0,
            Some(_) => long,
        };
        let left = number(node, "x") - before;
        assert!(left >= 0.0 && left + long <= width, "{text:?} from {left} to {} of {width}", left + long);
    }
}

#[test]
fn charts_hold_their_texts_with_one_and_many_points_and_long_names() {
    let name = "a policy with a name that is so long that it does not fit above its panel at all";
    let long = SHOP.replace("{ \"workers\": 4 }", &format!("{{ \"name\": \"{name}\", \"workers\": 4 }}"));
    let desk = desk().with("long.json", long);
    let few = "--set run.requests=100 --quiet";
    for (scenario, variation) in [
        ("shop", "arrivals.poisson=30/s"),
        ("shop", "workers=1,2,4"),
        ("shop", "arrivals.poisson=2..400/s:2 --policy async"),
        ("long", "workers,threads=1x8,2x4,4x2"),
        (
            "long",
            r#"classes.page.phases[1].db={"lognormal":{"mean":"30ms","cv":1.5}},{"gamma":{"mean":"30ms","cv":1.5}}"#,
        ),
    ] {
        desk.run(&format!("sweep {scenario}.json --vary {variation} {few}"), 0);
        check_picture(&desk.read(&format!("output/{scenario}/sweep.svg")));
    }
    desk.run(&format!("sweep long.json --vary workers=1..4 --vary arrivals=x0.1..x3:0.1 --policy async {few}"), 0);
    check_picture(&desk.read("output/long/sweep.svg"));
}

#[test]
fn one_replication_is_one_if_that_is_asked_for() {
    let desk = desk();
    let one = json(&desk, "--vary workers=2,4 --replications 1 --most-replications 1");
    assert_eq!(one["replications"], 1);
    let of_the_file = json(&desk, "--vary workers=2,4");
    assert_eq!(of_the_file["replications"], 2);
    let default = json(&desk, "--vary workers=2,4 --set run.replications=1");
    assert_eq!(default["replications"], 10);
}

#[test]
fn what_all_points_have_in_common_is_not_varied() {
    for path in ["run.seed", "run.replications"] {
        desk().fails(
            &format!("sweep shop.json --vary {path}=1,2"),
            2,
            &[&format!("`{path}` cannot be varied"), "every point gets the same random numbers"],
        );
    }
}

/// Two classes, objectives on one of them, and a path that is long.
const PAGES: &str = r#"{
  "classes": { "page": { "phases": [ { "compute": "2ms" }, { "db": { "exponential": "20ms" } } ] },
               "report": { "weight": 0.2, "phases": [ { "wait": { "backend": "warehouse", "time": { "exponential": "400ms" } } } ] } },
  "arrivals": { "poisson": "30/s" },
  "backends": { "warehouse": {} },
  "policies": [ { "async": {} } ],
  "run": { "requests": 1000, "replications": 4 },
  "slo": [ "page.p95 < 90ms", "warn: page.error_rate < 1%", "page.p95 < 120ms" ]
}"#;

#[test]
fn a_sweep_has_a_column_for_each_number_that_an_objective_bounds() {
    let desk = Desk::empty().with("pages.json", PAGES);
    let command = "sweep pages.json --vary classes.report.phases[0].wait.time=x1,x2 --no-charts";
    let printed = text(&desk.run(command, 0));
    assert!(printed.contains(" page.p95 ") || printed.contains(" page.p95\n"), "{printed}");
    assert_eq!(printed.matches("page.error_rate").count(), 1, "{printed}");
    assert_eq!(printed.matches("page.p95").count(), 1, "the two objectives bound one number: {printed}");
    // The number of the class, and not that of all, which reports make slow.
    let sweep: Value = serde_json::from_str(&text(&desk.run(&format!("{command} --format json"), 0))).unwrap();
    let value = sweep["points"][1]["slo"][0]["value"].as_f64().unwrap();
    assert!(
        value < 90.0 && sweep["points"][1]["policies"][0]["all_arrived"]["numbers"]["p95"].as_f64().unwrap() > 200.0
    );
    // The path is not cut.
    assert!(printed.contains("\nclasses.report.") && printed.contains("wait.time"), "{printed}");
    assert!(!printed.contains('…') && printed.lines().all(|line| line.chars().count() <= 100), "{printed}");
    let csv = text(&desk.run(&format!("{command} --format csv"), 0));
    let columns: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    let asked = ["page.p95_ms", "page.p95_low_ms", "page.p95_high_ms"];
    let error_rate = ["page.error_rate", "page.error_rate_low", "page.error_rate_high"];
    assert_eq!(columns[columns.len() - 6..], [asked, error_rate].concat(), "{csv}");
    let cell = csv.lines().nth(2).unwrap().split(',').nth(columns.len() - 6).unwrap();
    assert!((cell.parse::<f64>().unwrap() / value - 1.0).abs() < 1e-6, "{cell}");
    let markdown = text(&desk.run(&format!("{command} --format markdown"), 0));
    assert!(markdown.contains("| page.p95 |"), "{markdown}");
}

#[test]
fn overviews_show_the_time_that_an_objective_bounds() {
    let desk = Desk::empty().with("pages.json", PAGES);
    let two = text(&desk.run("sweep pages.json --vary arrivals=x1,x2 --vary classes.report.weight=0.2,0.4", 0));
    assert!(two.contains("\nasync: page.p95 in ms\n"), "{two}");
    assert!(desk.read("output/pages/sweep.svg").contains("page.p95 against arrivals"), "{two}");
    let bounded = "--set slo=[\"page.p95<90ms\",\"p50<1s\"]";
    let two = text(&desk.run(&format!("sweep pages.json --vary arrivals=x1,x2 --vary workers=1,2 {bounded}"), 0));
    assert!(two.contains("\nasync: p50 in ms\n"), "an objective on all requests comes first: {two}");
}
