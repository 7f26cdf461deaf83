//! Whatever names, descriptions and file names contain, every output treats it as plain text.
//!
//! Hostile texts are put in every place for a user's text; each output is read by a reader of its format.

use std::process::Output;

use crate::common::program::Desk;
use serde_json::{Value, json};

/// Texts that some reader does not treat as plain text.
const HOSTILE: &[&str] = &[
    "=1+1",
    "@SUM(1)",
    "+1",
    "-1+cmd|' /C calc'!A0",
    "a;=1,\"b\"",
    "a`b``c",
    "a|b",
    "<script>alert(1)</script>",
    "</title><b>&amp;]]>",
    "![x](javascript:y) [z](w)",
    "# h",
    "- item",
    "1. item",
    "::error::pwn",
    "::set-output name=x::y",
    "##[error]pwn",
    "a##vso[task.setvariable]b",
    "%0A::error::pwn",
    "\u{202e}evil\u{2066}x",
    "z\u{200b}\u{feff}\u{ad}w",
    "tag\u{e0041}\u{e007f}",
    "$(touch x)`",
];

/// Texts with line breaks and control characters: allowed in descriptions and file names, but not in names of a scenario.
const CONTROLS: &[&str] =
    &["x\n::error::pwn", "a\u{1b}[2J\u{1b}[31mred", "a\rb\u{7}\u{7f}", "c1\u{9b}31m\u{85}x", "t\tu\u{b}v"];

/// A scenario with this text in all names: classes, policies, backends, with objectives and faults about them.
fn scenario(text: &str, description: &str) -> String {
    let policy = format!("{text} p");
    let class = format!("{text} c");
    let backend = format!("{text} b");
    json!({
        "description": description,
        "classes": {
            &class: { "phases": [ { "compute": { "exponential": "5ms" } }, { "wait": { "backend": &backend, "time": "8ms" } } ] },
            "other": { "phases": [ { "compute": "1ms" } ] } },
        "arrivals": { "poisson": "100/s" },
        "backends": { &backend: { "concurrency": 1, "pool": { "size": 1 } } },
        "policies": [ { "sync": { "name": &policy } }, { "gunicorn": { "name": format!("{text} g") } } ],
        "run": { "requests": 300, "warm_up": "100ms" },
        "slo": [ format!("{policy}.{class}.p99 < 1ms"), format!("warn: utilization.{backend} < 1%"), "mean < 10s" ],
        "faults": [ { "at": "100ms", "for": "200ms", "slow": { "backend": &backend, "factor": 3 } } ]
    })
    .to_string()
}

/// A file's name with this text in it.
fn file_name(text: &str) -> String {
    format!("{}.json", text.replace('/', "∕"))
}

const FORMATS: [&str; 7] = ["text", "json", "csv", "markdown", "html", "junit", "github"];

/// Runs the program on a file of any name.
fn printed(desk: &Desk, command: &str, file: &str) -> Output {
    let mut waitline = desk.waitline(command);
    waitline.args(["--", file]).output().unwrap()
}

fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e0fff}')
}

/// No raw control or bidi character, and no line that CI would execute.
#[track_caller]
fn is_harmless_in_a_log(what: &str, printed: &str, may_command: bool) {
    for line in printed.split('\n') {
        assert!(!line.chars().any(is_hidden), "{what}: {line:?}");
        assert!(may_command || !line.trim_start().starts_with("::"), "{what}: {line}");
        assert!(["##[", "##vso["].iter().all(|command| !line.contains(command)), "{what}: {line}");
    }
}

/// The fields of a CSV text (RFC 4180).
fn csv(text: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let (mut row, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            letter => field.push(letter),
        }
    }
    assert!(!quoted && field.is_empty() && row.is_empty(), "a CSV ends with a line");
    rows
}

#[track_caller]
fn check_csv(what: &str, text: &str) {
    let rows = csv(text);
    for row in &rows {
        assert_eq!(row.len(), rows[0].len(), "{what}: {row:?}");
        for field in row.iter().filter(|field| field.parse::<f64>().is_err()) {
            assert!(!field.trim_start().starts_with(['=', '+', '-', '@', '\t', '\r']), "{what}: {field}");
        }
    }
    assert!(rows.len() > 2, "{what}");
}

/// The markup that remains in a line of Markdown once escaped characters are removed.
fn unescaped_markup(line: &str) -> String {
    let mut left = String::new();
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            '`' | '<' | '>' | '[' | ']' | '*' | '|' | '~' | '$' => left.push(letter),
            _ => {}
        }
    }
    left
}

/// Every line is of a known kind: a heading, a title in bold, a row with the number of cells of its table, a list, a note.
#[track_caller]
fn check_markdown(what: &str, text: &str) {
    let mut columns = 0;
    let mut is_code = false;
    for line in text.lines() {
        if line.starts_with("```") {
            is_code = !is_code;
            continue;
        }
        if is_code {
            continue;
        }
        let markup = unescaped_markup(line);
        if line.starts_with('|') {
            let pipes = markup.matches('|').count();
            columns = if columns == 0 { pipes } else { columns };
            assert_eq!((pipes, markup.len()), (columns, columns), "{what}: {line}");
            continue;
        }
        columns = 0;
        let is_ours = match line {
            _ if line.starts_with("> **Warning:** ") => markup == ">****",
            _ if line.starts_with("**") => markup == "****",
            _ if line.starts_with("- ") => check_code_spans(&line[2..]),
            _ => markup.is_empty(),
        };
        assert!(is_ours, "{what}: {line}");
        let begins = line.trim_start_matches("- ").trim_start_matches("### ");
        let is_list = |line: &str| line.starts_with("- ") || line.starts_with("# ") || line.starts_with("1. ");
        assert!(!is_list(begins), "{what}: {line}");
    }
}

/// A list item is a sentence, or two pieces of code separated by a colon.
fn check_code_spans(item: &str) -> bool {
    let mut rest = item;
    if !rest.starts_with('`') {
        return unescaped_markup(rest).is_empty();
    }
    for place in 0..2 {
        let fence = &rest[..rest.len() - rest.trim_start_matches('`').len()];
        let inside = &rest[fence.len()..];
        let Some(end) = (0..inside.len()).find(|at| {
            inside.is_char_boundary(*at)
                && inside[*at..].starts_with(fence)
                && !inside[..*at].ends_with('`')
                && !inside[at + fence.len()..].starts_with('`')
        }) else {
            return false;
        };
        rest = &inside[end + fence.len()..];
        if place == 0 {
            let Some(behind) = rest.strip_prefix(": ") else { return false };
            rest = behind;
        }
    }
    rest.is_empty()
}

/// Each line is an annotation, except the last, which is a summary.
#[track_caller]
fn check_github(what: &str, text: &str) {
    let lines: Vec<&str> = text.lines().collect();
    for line in &lines[..lines.len() - 1] {
        let command = line.strip_prefix("::").unwrap_or_else(|| panic!("{what}: {line}"));
        let (head, _) = command.split_once("::").unwrap();
        let (name, properties) = head.split_once(' ').unwrap();
        assert!(["error", "warning", "notice"].contains(&name), "{what}: {line}");
        for property in properties.split(',') {
            let (key, value) = property.split_once('=').unwrap();
            assert!(["file", "line", "col", "endColumn", "title"].contains(&key), "{what}: {line}");
            assert!(!value.contains([':', ',']), "{what}: {line}");
        }
    }
    assert!(lines[lines.len() - 1].starts_with("waitline judged 1 scenario: "), "{what}: {text}");
}

/// A document of these elements and no others.
#[track_caller]
fn check_xml(what: &str, text: &str, elements: &[&str]) {
    let document = roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{what}: {error}"));
    for node in document.descendants().filter(roxmltree::Node::is_element) {
        assert!(elements.contains(&node.tag_name().name()), "{what}: <{}>", node.tag_name().name());
    }
    for node in document.descendants().filter_map(|node| node.text()) {
        assert!(!node.chars().any(|letter| letter != '\n' && is_hidden(letter)), "{what}: {node:?}");
    }
}

const SVG: &[&str] = &[
    "svg", "title", "desc", "g", "rect", "text", "line", "polyline", "polygon", "circle", "path", "defs", "pattern",
    "style",
];
const JUNIT: &[&str] =
    &["testsuites", "testsuite", "testcase", "properties", "property", "failure", "error", "skipped", "system-out"];

const HTML: &[&str] = &[
    "main", "article", "header", "section", "h1", "h2", "h3", "p", "ul", "li", "dl", "dt", "dd", "div", "span",
    "small", "strong", "b", "table", "thead", "tbody", "tfoot", "tr", "th", "td", "figure", "pre", "code", "details",
    "summary", "button", "label", "select", "option", "output", "svg", "g", "defs", "use", "pattern", "path", "rect",
    "line", "circle", "text", "title", "style", "desc", "polyline", "polygon",
];

/// A page of these elements and no others, whose attributes run nothing and load nothing.
#[track_caller]
fn check_html(what: &str, page: &str) {
    let (head, body) = page.split_once("<body>").unwrap();
    let body = body.split("<script>").next().unwrap().replace("</body>\n</html>\n", "");
    check_xml(what, &body, HTML);
    assert!(!head.split("<title>").nth(1).unwrap().split("</title>").next().unwrap().contains('<'), "{what}");
    assert_eq!(
        (page.matches("<script").count(), page.matches("</script").count()),
        if page.contains("<script") { (1, 1) } else { (0, 0) }
    );
    let document = roxmltree::Document::parse(&body).unwrap();
    for style in document
        .descendants()
        .filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "style")) || node.has_tag_name("style"))
    {
        assert!(
            style.text().unwrap_or_default().starts_with("@media (prefers-color-scheme:dark){"),
            "{what}: {style:?}"
        );
    }
    for attribute in document.descendants().flat_map(|node| node.attributes()) {
        let name = attribute.name();
        assert!(!name.starts_with("on") && !["style", "src", "srcdoc"].contains(&name), "{what}: {name}");
        assert!(name != "href" || attribute.value().starts_with('#'), "{what}: {}", attribute.value());
    }
}

#[track_caller]
fn check(format: &str, what: &str, text: &str) {
    let what = format!("{format} of {what}");
    is_harmless_in_a_log(&what, text, format == "github");
    match format {
        "text" => assert!(text.lines().count() > 10, "{what}: {text}"),
        "json" => drop(serde_json::from_str::<Value>(text).unwrap()),
        "csv" => check_csv(&what, text),
        "markdown" => check_markdown(&what, text),
        "html" => check_html(&what, text),
        "junit" => check_xml(&what, text, JUNIT),
        "github" => check_github(&what, text),
        other => panic!("no reader for {other}"),
    }
}

/// Checks everything printed and written for a scenario in a file of that name.
fn check_all(name: &str, description: &str, file: &str) {
    let what = format!("{name:?} in {file:?}");
    let desk = Desk::empty().with(file, scenario(name, description));
    let text = |output: &Output| String::from_utf8(output.stdout.clone()).unwrap();
    // Exports equal the printed output: a test of the formats compares them.
    let exports: String = FORMATS.iter().map(|format| format!(" --export {format}=it.{format}")).collect();
    let output =
        printed(&desk, &format!("run --explain-defaults --csv rows.csv {exports} --export trace=it.trace"), file);
    assert_eq!(output.status.code(), Some(0), "{what}: {}", String::from_utf8_lossy(&output.stderr));
    is_harmless_in_a_log(&what, &String::from_utf8(output.stderr.clone()).unwrap(), false);
    check("text", &what, &text(&output));
    FORMATS.iter().for_each(|format| check(format, &what, &desk.read(&format!("it.{format}"))));
    check_csv(&what, &desk.read("rows.csv"));
    let trace = desk.read("it.trace");
    is_harmless_in_a_log(&what, &trace, false);
    serde_json::from_str::<Value>(&trace).unwrap();
    let folder = file.strip_suffix(".json").unwrap();
    check_xml(&what, &desk.read(&format!("output/{folder}/timeline.svg")), SVG);
    let results: Value = serde_json::from_str(&desk.read(&format!("output/{folder}/results.json"))).unwrap();
    assert_eq!(results["policies"][0]["name"], format!("{name} p"), "JSON loses nothing");
    assert_eq!(results["scenario"], folder);

    let output = printed(&desk, "report --quiet", file);
    assert_eq!(output.status.code(), Some(0), "{what}: {}", String::from_utf8_lossy(&output.stderr));
    check_html(&what, &desk.read(&format!("output/{folder}/report.html")));

    let update = printed(&desk, "check --replications 3 --update-baseline", file);
    assert_eq!(update.status.code(), Some(1), "{what}: {}", String::from_utf8_lossy(&update.stderr));
    is_harmless_in_a_log(&what, &desk.read(&format!("{folder}.baseline.json")), false);
    let output = printed(&desk, &format!("check --replications 3 --set run.requests=200 {exports}"), file);
    is_harmless_in_a_log(&what, &String::from_utf8(output.stderr.clone()).unwrap(), false);
    let what = format!("a check of {what}");
    check("text", &what, &text(&output));
    FORMATS.iter().for_each(|format| check(format, &what, &desk.read(&format!("it.{format}"))));
}

#[test]
fn every_name_is_treated_as_plain_text() {
    // Names contain no `=`, `[` or `]`, which are special in paths of `--set`.
    for text in HOSTILE.iter().filter(|text| !text.contains(['=', '[', ']'])) {
        check_all(text, text, "shop.json");
    }
}

#[test]
fn every_file_name_and_description_is_treated_as_plain_text() {
    for text in HOSTILE.iter().chain(CONTROLS) {
        check_all("page", text, &file_name(text));
    }
}

#[test]
fn no_message_repeats_harmful_text() {
    let desk = Desk::empty().with("shop.json", scenario("page", ""));
    for text in HOSTILE.iter().chain(CONTROLS) {
        let bad = scenario("page", text).replace("\"requests\":300", &format!("\"requests\":300,{}:1", json!(text)));
        std::fs::write(desk.path("bad.json"), bad).unwrap();
        std::fs::write(desk.path(&file_name(text)), "{").unwrap();
        let file = file_name(text);
        for arguments in [
            vec!["run", "bad.json"],
            vec!["run", "--", text],
            vec!["run", "--", &file],
            vec!["check", "shop.json", "--baseline", text],
            vec!["run", "shop.json", "--policy", text],
            vec!["run", "shop.json", "--against", text],
            vec!["run", "shop.json", "--set", text],
            vec!["run", "shop.json", "--set", &format!("{text}=1")],
            vec!["run", "shop.json", "--assert", text],
            vec!["run", "shop.json", "--tolerance", text],
            vec!["run", "shop.json", "--format", text],
            vec!["run", "shop.json", "--export", text],
            vec!["run", "shop.json", "--jobs", &format!("{text}x")],
            vec!["run", "shop.json", &format!("--{text}")],
            vec!["run", "shop.json", "--csv", &format!("shop.json/{text}")],
            vec!["replay", text],
            vec!["schema", text],
            vec![text],
        ] {
            let output = desk.waitline("").args(&arguments).output().unwrap();
            assert!(matches!(output.status.code(), Some(2 | 4)), "{arguments:?}");
            is_harmless_in_a_log(&format!("{arguments:?}"), &String::from_utf8(output.stderr).unwrap(), false);
        }
    }
}
