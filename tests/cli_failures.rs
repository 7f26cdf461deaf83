//! What goes wrong on the command line: messages, exit codes, and what is left behind.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};

use common::program::{Desk, LECTURE, SHOP, errors, text};

#[test]
fn files_that_cannot_be_read_are_told_apart() {
    let desk = Desk::new().with("bytes.json", b"{\n  \"a\xff\": 1 }").with("empty.json", "");
    desk.fails("run lectur.json", 2, &["there is no file `lectur.json`", "did you mean `lecture.json`?"]);
    desk.fails("run .", 2, &["is a directory"]);
    desk.fails("run bytes.json", 2, &["not valid UTF-8", "bytes.json:2:5"]);
    desk.fails("run empty.json", 2, &["empty.json"]);
    desk.fails("run -", 2, &["<stdin>"]);
}

#[test]
fn all_files_are_checked_before_the_first_one_runs() {
    let desk = Desk::new().with("bad.json", LECTURE.replace("\"db\": \"75ms\"", "\"db\": \"75\""));
    let before = desk.files();
    desk.fails("run lecture.json bad.json missing.json --csv rows.csv", 2, &["`75` has no unit", "`missing.json`"]);
    assert_eq!(desk.files(), before);
}

#[test]
fn two_scenarios_of_one_name_are_refused() {
    let desk = Desk::new();
    fs::create_dir(desk.path("other")).unwrap();
    let desk = desk.with("other/shop.json", SHOP);
    desk.fails("run shop.json other/shop.json", 2, &["`shop.json` and `other/shop.json` are both the scenario `shop`"]);
    assert!(!desk.path("output").exists());
}

#[test]
fn a_run_stopped_by_its_limit_writes_what_it_has_and_says_so() {
    let desk = Desk::new();
    let limited = "run shop.json --set arrivals.poisson=300/s --set run.max_in_flight=50";
    let output = desk.run(limited, 3);
    assert!(errors(&output).contains("shop, async: stopped after"), "{}", errors(&output));
    assert!(text(&output).contains("incomplete: async stopped after"), "{}", text(&output));
    assert!(desk.read("output/shop/results.json").contains("\"incomplete\""));
}

#[test]
fn an_unknown_policy_names_those_there_are() {
    let desk = Desk::new();
    desk.fails(
        "run lecture.json --policy asinc",
        2,
        &["no policy `asinc`", "`sync`, `threaded`, `async`", "did you mean"],
    );
}

#[test]
fn bad_usage_is_told_on_standard_error() {
    let desk = Desk::new();
    desk.fails("", 2, &["Usage"]);
    desk.fails("run", 2, &["<FILE>"]);
    desk.fails("run lecture.json --format xml", 2, &["text", "markdown"]);
    desk.fails("runn", 2, &["'run'"]);
    desk.fails("quick --rate 80 --cpu 10ms", 2, &["`80` has no unit"]);
    desk.fails("man runn", 2, &["no command `runn`"]);
}

#[test]
fn what_cannot_be_written_is_found_before_the_run_and_named() {
    let desk = Desk::new();
    desk.fails("run lecture.json --out shop.json/out", 4, &["cannot write `shop.json/out/lecture`"]);
    desk.fails("run lecture.json --csv shop.json/rows.csv", 4, &["cannot write `shop.json/rows.csv`"]);
    desk.fails("run lecture.json --csv .", 4, &["cannot write `.`", "directory"]);
    // The chart's place is taken: found only when it is written.
    fs::create_dir_all(desk.path("output/lecture/timeline.svg")).unwrap();
    desk.fails("run lecture.json", 4, &["cannot write `output/lecture/timeline.svg`"]);
    assert_eq!(desk.read("shop.json"), SHOP);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_a_device_is_not_replaced() {
    let desk = Desk::new();
    desk.fails("run lecture.json --quiet --csv /dev/full", 4, &["cannot write `/dev/full`: no space left"]);
    for arguments in ["run lecture.json", "init", "--help"] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = std_command(&desk, arguments).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{arguments}");
        assert!(errors(&output).contains("cannot write to standard output"), "{}", errors(&output));
    }
    assert!(!fs::metadata("/dev/full").unwrap().is_file());
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_what_it_points_to_is_replaced() {
    let desk = Desk::new().with("real.csv", "old");
    std::os::unix::fs::symlink("real.csv", desk.path("rows.csv")).unwrap();
    desk.run("run lecture.json --csv rows.csv", 0);
    assert!(fs::symlink_metadata(desk.path("rows.csv")).unwrap().is_symlink());
    assert!(desk.read("real.csv").starts_with("policy,"));
}

#[test]
fn a_reader_that_has_gone_ends_nothing_but_the_printing() {
    let desk = Desk::new();
    for arguments in
        ["run lecture.json shop.json", "run shop.json --format json --timeline 2000", "man", "schema scenario"]
    {
        let mut child = std_command(&desk, arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{arguments}: {said}");
        assert!(!said.contains("panic") && !said.contains("error"), "{said}");
    }
    assert!(desk.path("output/shop/results.json").exists());
}

#[test]
fn there_is_no_colour_in_a_pipe() {
    let desk = Desk::new();
    let output = desk.run("run lecture.json", 0);
    assert!(!text(&output).contains('\u{1b}') && !errors(&output).contains('\u{1b}'));
    assert!(!errors(&desk.run("run nothing.json", 2)).contains('\u{1b}'));
    let forced = desk.waitline("run lecture.json").env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(text(&forced).contains('\u{1b}'));
    let refused = desk.waitline("run lecture.json").env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").output().unwrap();
    assert!(!text(&refused).contains('\u{1b}'));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_run_with_130_and_leaves_nothing() {
    use std::thread::sleep;
    use std::time::{Duration, Instant};

    let desk = Desk::empty().with("shop.json", SHOP);
    let long = "run shop.json --set run.requests=1000000000 --csv rows.csv";
    let child = std_command(&desk, long).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let begun = Instant::now();
    while desk.files().len() == 1 {
        assert!(begun.elapsed() < Duration::from_secs(20), "the run did not begin");
        sleep(Duration::from_millis(10));
    }
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", errors(&output));
    assert!(output.stdout.is_empty());
    assert!(errors(&output).contains("interrupted"));
    assert_eq!(desk.files(), ["shop.json"]);
}

/// The program as the standard library starts it: its pipes can be closed.
fn std_command(desk: &Desk, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_waitline"));
    command.args(arguments.split_whitespace()).current_dir(desk.path(""));
    command
}
