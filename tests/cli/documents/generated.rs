//! Parts of the pages that are made from other files: measured cases, figures of accuracy, pictures of the lesson.
//!
//! `UPDATE_GOLDEN=1 cargo test --test cli documents` rewrites them.

use std::fmt::Write as _;
use std::{env, fs};

use serde_json::{Value, json};
use waitline::scenario::Scenario;
use waitline::study::case_ids;

use super::page::{END, Page, root};
use crate::common::program::{Desk, text};

const REWRITE: &str = "UPDATE_GOLDEN=1 cargo test --test cli documents";

/// Compares a part of a page with what it should be, or rewrites it.
pub fn check_part(page: &Page, mark: &str, current: &str) {
    let current = format!("\n{current}");
    let part = page.generated(mark).unwrap_or_else(|| panic!("{} has no {mark}", page.path));
    if env::var_os("UPDATE_GOLDEN").is_some() {
        Page::update(&page.path, |page| page.text.replace_range(page.generated(mark).unwrap(), &current));
    } else {
        assert!(page.text[part] == current, "{}: {mark} is not current ({REWRITE}):{current}", page.path);
    }
}

/// Predicted and observed times of a case, three rows of a table.
fn rows(case: &Value) -> String {
    let figures = case["figures"].as_array().unwrap();
    let cells =
        |value: &dyn Fn(&Value) -> String| figures.iter().map(|figure| value(figure) + " |").collect::<String>();
    let ms = |key: &'static str| cells(&|figure: &Value| format!(" {:.1} ms", figure[key].as_f64().unwrap()));
    let mut rows = String::new();
    let name = case["case"].as_str().unwrap();
    let _ = writeln!(rows, "| `{name}` | predicted |{}", ms("predicted_ms"));
    let _ = writeln!(rows, "| | observed |{}", ms("observed_ms"));
    let error = cells(&|figure: &Value| format!(" {:+.1} %", figure["error"].as_f64().unwrap() * 100.0));
    let _ = writeln!(rows, "| {} requests, {} repeats | difference |{error}", case["requests"], case["repeats"]);
    rows
}

/// What was run for a case, as a list item.
fn setting(name: &str) -> String {
    let case = fs::read_to_string(root().join(format!("validation/cases/{name}/case.json"))).unwrap();
    let case: Value = serde_json::from_str(&case).unwrap();
    let rate = match &case["arrivals"]["rate_per_s"] {
        Value::Null => String::new(),
        rate => format!(", {rate} requests per second"),
    };
    format!("- `{name}`: `{}` on {} core(s){rate}.\n", command(case["command"].as_str().unwrap()), case["cores"])
}

/// The command of a case without what only the harness needs.
fn command(command: &str) -> String {
    let mut words = command.split_whitespace();
    let mut kept: Vec<&str> = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "--worker-tmp-dir" | "--log-level" | "-b" | "--host" | "--port" => drop(words.next()),
            "--no-access-log" => {}
            _ => kept.push(word),
        }
    }
    kept.join(" ")
}

/// Each page that shows measured cases, with the mark and the names of the cases.
fn measured(page: &Page) -> Vec<(String, Vec<String>)> {
    let marks = page.prose().into_iter().filter_map(|(_, line)| Some((line, line.strip_prefix("<!-- measured: ")?)));
    let names = |list: &str| list.trim_end_matches(" -->").split(", ").map(String::from).collect();
    marks.map(|(mark, list)| (mark.to_owned(), names(list))).collect()
}

#[test]
fn the_measured_cases_on_the_pages_are_those_of_validation() {
    let mut shown = 0;
    for page in Page::all() {
        for (mark, names) in measured(&page) {
            let folders: Vec<String> =
                names.iter().map(|name| root().join("validation/cases").join(name).display().to_string()).collect();
            let desk = Desk::empty();
            let output = desk.waitline("replay --format json").args(&folders).output().unwrap();
            let document: Value = serde_json::from_str(&text(&output)).unwrap();
            let mut table = "\n| case | | mean | p50 | p95 | p99 |\n| --- | --- | --: | --: | --: | --: |\n".to_owned();
            table.extend(document["cases"].as_array().unwrap().iter().map(rows));
            table += "\n";
            table.extend(names.iter().map(|name| setting(name)));
            check_part(&page, &mark, &format!("{table}\n"));
            shown += names.len();
        }
    }
    assert!(shown >= 5, "{shown} cases are on pages");
}

/// The sentence that starts with these words, up to its end.
fn sentence<'a>(page: &'a Page, start: &str) -> &'a str {
    let at = page.text.find(start).unwrap_or_else(|| panic!("{} says {start}", page.path));
    let line = page.text[..at].rfind('\n').map_or(0, |end| end + 1);
    let end = page.text[at..].find('\n').map_or(page.text.len(), |end| at + end);
    &page.text[line..end]
}

/// How often intervals cover, in the rows of the table of coverage with these words, lowest and highest.
fn coverage(page: &Page, is_heavy: bool) -> (f64, f64) {
    let rows = page.text.lines().filter(|line| line.contains("| 400 | 400 |") || line.contains("| 400 | 39"));
    let shares = rows.filter(|row| row.contains("cv 2") == is_heavy).map(|row| {
        let cell = row.split('|').nth(6).unwrap();
        cell.trim().trim_matches('*').trim_end_matches('%').parse::<f64>().unwrap()
    });
    shares.fold((100.0, 0.0), |(least, most): (f64, f64), share| (least.min(share), most.max(share)))
}

#[test]
fn the_figures_of_accuracy_in_the_readme_are_those_of_their_pages() {
    let validation = Page::read("validation/README.md");
    let summary = sentence(&validation, "cases are within the allowed error");
    let (within, rest) = summary.split_once(" cases are within the allowed error; leaving ranges aside, ").unwrap();
    let (near, medians) = rest.split_once(" are within 10 % or the server's own spread. ").unwrap();
    let (within, judged) = within.split_once(" of ").unwrap();
    let medians = medians.trim_start_matches("Median absolute error: ").trim_end_matches('.');
    let statistics = Page::read("docs/statistics.md");
    let ((least, most), (heavy, _)) = (coverage(&statistics, false), coverage(&statistics, true));
    let plan = Page::read("docs/plan.md");
    let plans = sentence(&plan, "plans are right").split_once("): ").unwrap().1.split_once(" plans").unwrap().0;
    let current = format!(
        "- **Real servers.** {near} of {judged} measured cases are within 10 % of the real server, or within the spread of its own\n  \
           repeats, at mean, p50, p95 and p99; {within} also by the stricter rule for cases that chance decides. Median error: {medians}.\n  \
           [All cases](validation/README.md), failures included.\n\
         - **Theory.** {} systems with exact results are compared by [`waitline verify`](docs/statistics.md), on your machine.\n\
         - **Intervals.** Those of 95 % contained the exact value in {least:.1} to {most:.1} % of 400 experiments; with heavy\n  \
           tails in {heavy:.1} % or more ([measured coverage](docs/statistics.md#measured-coverage)).\n\
         - **Plans.** {plans} plans were right ([how that was counted](docs/plan.md#is-it-right)).\n",
        case_ids().len(),
    );
    check_part(&Page::read("README.md"), "<!-- figures: generated -->", &current);
}

/// Products, by a word in the names of their cases.
const PRODUCTS: [(&str, &str); 10] = [
    ("_sync", "gunicorn `sync`"),
    ("gthread", "gunicorn `gthread`"),
    ("uvicorn", "uvicorn"),
    ("fastapi", "FastAPI"),
    ("waitress", "waitress"),
    ("node", "Node"),
    ("puma", "Puma"),
    ("tomcat", "Tomcat"),
    ("_go", "Go"),
    ("php", "PHP-FPM"),
];

/// The median of errors in percent, and how many of them are of predictions that are too fast.
fn direction(mut errors: Vec<f64>) -> String {
    errors.sort_by(f64::total_cmp);
    let middle = errors.len() / 2;
    let median = (errors[(errors.len() - 1) / 2] + errors[middle]) / 2.0;
    let fast = errors.iter().filter(|error| **error < 0.0).count();
    format!(" {median:+.1} % | {fast} of {} |", errors.len())
}

#[test]
fn the_directions_of_errors_are_those_of_the_cases() {
    let page = Page::read("validation/README.md");
    let rows: Vec<Vec<&str>> = page.text.lines().map(|line| line.split('|').map(str::trim).collect()).collect();
    let is_judged = |row: &&Vec<&str>| row.len() > 17 && matches!(row[row.len() - 2], "within" | "off");
    let judged: Vec<&Vec<&str>> = rows.iter().filter(is_judged).collect();
    let error = |row: &&&Vec<&str>, column: usize| {
        row[column].trim_end_matches([' ', '!', '%']).parse::<f64>().unwrap_or_else(|_| panic!("{row:?}"))
    };
    let mut table = "| Product | Mean: median error | too fast | p99: median error | too fast |\n\
                     | --- | --: | --: | --: | --: |\n"
        .to_owned();
    let mut counted = 0;
    for (word, product) in PRODUCTS {
        let cases: Vec<_> = judged.iter().filter(|row| row[1].replace('\\', "").contains(word)).collect();
        let errors = |column| cases.iter().map(|row| error(row, column)).collect();
        let _ = writeln!(table, "| {product} |{}{}", direction(errors(5)), direction(errors(14)));
        counted += cases.len();
    }
    assert_eq!(counted, judged.len(), "each case belongs to one product");
    check_part(&page, "<!-- directions: generated -->", &table);
}

/// The largest percentile of a distribution as a multiple of its mean, as the message says that rejects a larger one.
fn largest(distribution: &str, percentile: &str) -> f64 {
    let times = json!({ distribution: { "mean": "1ms", percentile: "1000ms" } });
    let scenario = json!({
        "classes": { "page": { "phases": [ { "db": times } ] } },
        "arrivals": { "poisson": "1/s" }, "policies": [ { "sync": {} } ], "run": { "requests": 1 } });
    let message = Scenario::from_json(&scenario.to_string()).unwrap_err().to_string();
    let (_, rest) = message.split_once("write at most ").unwrap_or_else(|| panic!("{message}"));
    rest.split(' ').next().unwrap().parse().unwrap()
}

#[test]
fn the_largest_percentiles_on_the_page_are_those_of_the_messages() {
    let mut table = "| | p90 | p95 | p99 |\n| --- | --- | --- | --- |\n".to_owned();
    for distribution in ["lognormal", "gamma", "weibull", "pareto"] {
        let cells = ["p90", "p95", "p99"].map(|percentile| {
            let largest = largest(distribution, percentile);
            format!(" {largest:.0$} |", if largest < 10.0 { 3 } else { 2 })
        });
        let _ = writeln!(table, "| {distribution} |{}", cells.concat());
    }
    check_part(&Page::read("docs/distributions.md"), "<!-- largest percentiles: generated -->", &table);
}

#[test]
fn the_pictures_of_the_lesson_are_those_of_its_scenarios() {
    let folder = root().join("docs/lesson");
    let page = Page::read("docs/lesson.md").text;
    let mut steps = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.extension().is_some_and(|ending| ending == "json") {
            let desk = Desk::empty();
            desk.waitline("run --quiet").arg(&path).assert().success();
            let (drawn, stored) =
                (desk.read(&format!("output/{name}/timeline.svg")), folder.join(format!("{name}.svg")));
            if env::var_os("UPDATE_GOLDEN").is_some() {
                fs::write(&stored, &drawn).unwrap();
            }
            assert!(
                fs::read_to_string(&stored).unwrap_or_default() == drawn,
                "{} is not current: {REWRITE}",
                stored.display()
            );
            for file in [format!("](lesson/{name}.json)"), format!("](lesson/{name}.svg)")] {
                assert!(page.contains(&file), "docs/lesson.md does not show {file}");
            }
            steps += 1;
        }
    }
    assert!(steps >= 6, "{steps} steps");
}

#[test]
fn what_is_generated_has_an_end() {
    for page in Page::all() {
        let (begun, ended) = (page.text.matches(": generated -->").count(), page.text.matches(END).count());
        assert_eq!(begun + measured(&page).len(), ended, "{}", page.path);
    }
}
