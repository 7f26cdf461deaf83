//! Errors on the command line: messages, exit codes, and what is left behind.

use std::fs;
use std::io::Read;
use std::process::Stdio;

use crate::common::program::{Desk, LECTURE, SHOP, errors, text};

/// Commands that print something, each in its own way.
#[cfg(unix)]
const PRINTING: [&str; 9] = [
    "run lecture.json",
    "check shop.json --no-baseline",
    "verify --only A01",
    "presets",
    "init",
    "schema scenario",
    "completions bash",
    "man",
    "--help",
];

#[test]
fn reasons_why_a_file_cannot_be_read_are_distinguished() {
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
fn two_scenarios_with_the_same_name_are_rejected() {
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
fn an_unknown_policy_is_answered_with_the_existing_ones() {
    let desk = Desk::new();
    desk.fails(
        "run lecture.json --policy asinc",
        2,
        &["no policy `asinc`", "`sync`, `threaded`, `async`", "did you mean"],
    );
}

#[test]
fn bad_usage_is_reported_on_standard_error() {
    let desk = Desk::new();
    desk.fails("", 2, &["Usage"]);
    desk.fails("run", 2, &["<FILE>"]);
    desk.fails("run lecture.json --format xml", 2, &["text", "markdown"]);
    desk.fails("runn", 2, &["'run'"]);
    desk.fails("quick --rate 80 --cpu 10ms", 2, &["`80` has no unit"]);
    desk.fails("man runn", 2, &["no command `runn`"]);
}

#[test]
fn errors_suggest_what_was_probably_meant() {
    let desk = Desk::new();
    for (arguments, meant) in [
        ("rn lecture.json", "did you mean 'run'?"),
        ("chek shop.json", "did you mean 'check'?"),
        ("quick --rate 80/s --cpu 1ms --worker 2", "did you mean '--workers'?"),
        ("run lecture.json --worker 2", "did you mean '--workers'? Only 'quick' has it"),
        ("explain lecture.json --shard 1/2", "Only 'run', 'check', 'plan' and 'sweep' have it"),
        ("check shop.json --worker 2", "--set policies.sync.workers=8"),
        ("run lecture.json --plicy sync", "did you mean '--policy'?"),
        ("run shop.json --precision 2", "did you mean \"2%\"?"),
        ("run shop.json --precision 0.02", "did you mean \"2%\"?"),
        ("run shop.json --set run.confidence=95", "did you mean \"95%\"?"),
        ("run shop.json --set run.confidence=\"95\"", "did you mean \"95%\"?"),
    ] {
        desk.fails(arguments, 2, &[meant]);
    }
    assert!(!errors(&desk.run("xyzzy", 2)).contains("did you mean"));
    assert!(!errors(&desk.run("run lecture.json --xyzzy", 2)).contains("did you mean"));
}

#[test]
fn an_unwritable_output_is_reported_before_the_run() {
    let desk = Desk::new();
    desk.fails("run lecture.json --out shop.json/out", 4, &["cannot write `shop.json/out/lecture/results.json`"]);
    desk.fails("run lecture.json --csv shop.json/rows.csv", 4, &["cannot write `shop.json/rows.csv`"]);
    desk.fails("run lecture.json --csv .", 4, &["cannot write `.`", "directory"]);
    // The chart's place is taken.
    fs::create_dir_all(desk.path("output/lecture/timeline.svg")).unwrap();
    desk.fails("run lecture.json", 4, &["cannot write `output/lecture/timeline.svg`"]);
    assert!(!desk.path("output/lecture/results.json").exists());
    assert_eq!(desk.read("shop.json"), SHOP);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_and_a_device_is_not_replaced() {
    let desk = Desk::new();
    desk.fails("run lecture.json --quiet --csv /dev/full", 4, &["cannot write `/dev/full`: no space left"]);
    for arguments in PRINTING {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = desk.process(arguments).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(4), "{arguments}");
        assert!(errors(&output).contains("cannot write to standard output"), "{}", errors(&output));
    }
    assert!(!fs::metadata("/dev/full").unwrap().is_file());
}

#[cfg(unix)]
#[test]
fn a_closed_standard_output_is_an_error_if_anything_is_printed() {
    let desk = Desk::new();
    let closed = |arguments: &str| {
        let command = format!("\"$0\" {arguments} >&-");
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &command, env!("CARGO_BIN_EXE_waitline")]).current_dir(desk.path(""));
        shell.output().unwrap()
    };
    for arguments in PRINTING {
        let output = closed(arguments);
        assert_eq!(output.status.code(), Some(4), "{arguments}");
        assert!(errors(&output).contains("cannot write to standard output: it is closed"), "{}", errors(&output));
    }
    assert_eq!(closed("run lecture.json --quiet").status.code(), Some(0));
    // Discarded output does not count as closed, however it was opened.
    let null = fs::File::options().read(true).write(true).open("/dev/null").unwrap();
    assert!(desk.process("run lecture.json").stdout(null).status().unwrap().success());
}

#[test]
fn a_reader_that_goes_away_only_ends_the_printing() {
    let desk = Desk::new();
    for arguments in
        ["run lecture.json shop.json", "run shop.json --format json --timeline 2000", "man", "schema scenario"]
    {
        let mut child = desk.process(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{arguments}: {said}");
        assert!(!said.contains("panic") && !said.contains("error"), "{said}");
    }
    assert!(desk.path("output/shop/results.json").exists());
}

#[test]
fn a_pipe_gets_no_colour() {
    let desk = Desk::new();
    let output = desk.run("run lecture.json", 0);
    assert!(!text(&output).contains('\u{1b}') && !errors(&output).contains('\u{1b}'));
    assert!(!errors(&desk.run("run nothing.json", 2)).contains('\u{1b}'));
    let forced = desk.waitline("run lecture.json").env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(text(&forced).contains('\u{1b}'));
    let refused = desk.waitline("run lecture.json").env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").output().unwrap();
    assert!(!text(&refused).contains('\u{1b}'));
}
