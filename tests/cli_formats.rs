//! Reports for machines: `--export`, JUnit, GitHub's annotations and step summary.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use common::program::{Desk, errors, text};

#[test]
fn a_run_is_exported_in_several_formats_at_once() {
    let desk = Desk::new();
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
fn an_export_that_makes_no_sense_is_refused_before_anything_is_written() {
    let desk = Desk::new();
    for (export, says) in [
        ("--export junit", "write FORMAT=FILE"),
        ("--export marcdown=it.md", "did you mean `markdown`?"),
        ("--export json=", "it names no file"),
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
