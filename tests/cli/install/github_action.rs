//! The shell parts of the GitHub Action (`action.yml`), on a machine that looks like a runner: its variables, its files, and a
//! `gh` that records what it is called with.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};
use std::{env, fs, iter};

use super::{read, root};
use crate::common::program::{Desk, errors, text};

/// Meets its objective, without an interval for it.
const SHOP: &str = r#"{
  "classes": { "page": { "phases": [ { "compute": "5ms" }, { "db": "60ms" } ] } },
  "arrivals": { "poisson": "10/s" },
  "policies": [ { "async": {} } ],
  "run": { "requests": 50 },
  "slo": [ "async.p50 < 1s" ]
}"#;

/// A `gh` that writes its arguments to `calls` and finds the comments that the file `comments` lists. It fails if there is a
/// file `forbidden`, as GitHub does for the token of a fork.
const GH: &str = r#"#!/bin/sh
echo "$*" >> calls
[ ! -e forbidden ] || { echo "HTTP 403" >&2; exit 1; }
case "$*" in
*--paginate*) cat comments ;;
*) for argument; do case "$argument" in body=@*) cp "${argument#body=@}" body ;; esac; done ;;
esac
"#;

/// A `cargo` that installs a program which does nothing.
const CARGO: &str = r#"#!/bin/sh
echo "$*" >> cargo-calls
for argument; do root=$argument; done
mkdir -p "$root/bin"
printf '#!/bin/sh\necho waitline built\n' > "$root/bin/waitline"
chmod +x "$root/bin/waitline"
"#;

/// What the scripts call besides `cargo`, `gh` and `waitline`.
const TOOLS: [&str; 17] = [
    "bash",
    "cat",
    "chmod",
    "cp",
    "dirname",
    "env",
    "find",
    "head",
    "iconv",
    "mkdir",
    "rm",
    "sed",
    "sh",
    "sha256sum",
    "shasum",
    "sort",
    "wc",
];

/// A folder with a `gh`, a scenario, and the tools of a runner in `tools`.
fn runner() -> Desk {
    let desk = Desk::empty().with("a shop.json", SHOP).with("comments", "");
    fs::create_dir(desk.path("tools")).unwrap();
    let folders: Vec<_> = env::split_paths(&env::var_os("PATH").unwrap()).collect();
    for tool in TOOLS {
        if let Some(found) = folders.iter().map(|folder| folder.join(tool)).find(|path| path.exists()) {
            symlink(found, desk.path("tools").join(tool)).unwrap();
        }
    }
    executable(desk, "gh", GH)
}

fn executable(desk: Desk, name: &str, script: &str) -> Desk {
    let desk = desk.with(name, script);
    fs::set_permissions(desk.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    desk
}

/// A script of the action, with the variables of a runner. Only what is in the desk's folder can be called, and the program.
fn script(desk: &Desk, name: &str, has_waitline: bool) -> Command {
    let program = Path::new(env!("CARGO_BIN_EXE_waitline")).parent().unwrap().to_owned();
    let mut folders = vec![desk.path(""), desk.path("tools")];
    folders.extend(has_waitline.then_some(program));
    let mut command = Command::new(root().join("contrib/github").join(name));
    command.current_dir(desk.path("")).env("PATH", env::join_paths(folders).unwrap());
    for (variable, file) in [
        ("GITHUB_OUTPUT", "outputs"),
        ("GITHUB_PATH", "path"),
        ("GITHUB_STEP_SUMMARY", "summary.md"),
        ("GITHUB_WORKSPACE", ""),
        ("RUNNER_TEMP", ""),
    ] {
        command.env(variable, desk.path(file));
    }
    command.env("GITHUB_REPOSITORY", "someone/shop");
    command
}

fn check(desk: &Desk, scenarios: &str, fail_on: &str, arguments: &str) -> Output {
    let variables = [("SCENARIOS", scenarios), ("FAIL_ON", fail_on), ("ARGUMENTS", arguments)];
    script(desk, "check.sh", true).envs(variables).output().unwrap()
}

fn comment(desk: &Desk) -> Output {
    let variables = [("PULL_REQUEST", "7"), ("REPORT", "report.md"), ("TITLE", "waitline")];
    script(desk, "comment.sh", true).envs(variables).output().unwrap()
}

fn judged(fail_on: &str, exit_code: &str) -> i32 {
    let variables = [("FAIL_ON", fail_on), ("EXIT_CODE", exit_code)];
    script(&runner(), "judge.sh", true).envs(variables).status().unwrap().code().unwrap()
}

#[test]
fn the_check_leaves_its_exit_code_annotations_summary_and_reports() {
    let desk = runner();
    let output = check(&desk, "*shop.json", "worse", "--no-baseline --assert async.p50<1ms");
    assert_eq!(output.status.code(), Some(0), "{}", errors(&output));
    assert!(text(&output).contains("::error "), "{}", text(&output));
    let outputs = desk.read("outputs");
    assert_eq!(outputs.lines().next(), Some("exit-code=1"));
    assert!(outputs.contains("waitline.md") && outputs.contains("waitline.xml"), "{outputs}");
    assert!(desk.read("waitline.md").contains("async.p50"), "{}", desk.read("waitline.md"));
    assert!(desk.read("waitline.xml").starts_with("<?xml"));
    assert!(desk.read("summary.md").contains("async.p50"));
}

#[test]
fn globs_are_lines_and_an_invalid_scenario_leaves_no_report() {
    let desk = runner().with("b.json", SHOP).with("c.json", "{");
    let output = check(&desk, "  a*.json\n\nb.json\n", "worse", "--no-baseline");
    assert_eq!(desk.read("outputs").lines().next(), Some("exit-code=0"), "{}", text(&output));
    let report = desk.read("waitline.md");
    assert!(report.contains("a shop") && report.contains('b'), "{report}");

    let output = check(&desk, "c.json", "worse", "");
    assert_eq!(output.status.code(), Some(0), "judge.sh fails");
    assert!(desk.read("outputs").ends_with("exit-code=2\n"), "{}", desk.read("outputs"));
}

#[test]
fn what_makes_the_step_fail_is_an_input() {
    let desk = runner();
    check(&desk, "*shop.json", "undecided", "--no-baseline --assert async.p50<66ms");
    assert_eq!(desk.read("outputs").lines().next(), Some("exit-code=3"), "50 requests have no interval");
    let codes = |fail_on| ["0", "1", "2", "3"].map(|code| judged(fail_on, code));
    assert_eq!(codes("worse"), [0, 1, 2, 3]);
    assert_eq!(codes("undecided"), [0, 1, 2, 3]);
    assert_eq!(codes("error"), [0, 0, 2, 3]);
    assert_eq!(codes("nothing"), [0, 0, 0, 0]);
    for fail_on in ["worse", "nothing"] {
        assert_eq!(judged(fail_on, ""), 2, "the check never ran");
    }
}

#[test]
fn wrong_inputs_are_errors_that_say_what_is_allowed() {
    let desk = runner();
    for (scenarios, fail_on, says) in [
        ("*shop.json", "always", "must be worse, undecided, error or nothing"),
        ("*shop.json\nnone*.json", "worse", "no file matches `none*.json`"),
        (" ", "worse", "scenarios is empty"),
    ] {
        let output = check(&desk, scenarios, fail_on, "");
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        assert!(text(&output).contains("::error::") && text(&output).contains(says), "{}", text(&output));
    }
    assert!(!desk.files().contains(&"outputs".to_owned()), "nothing ran");
}

#[test]
fn one_comment_is_written_and_then_updated() {
    let desk = runner().with("report.md", "a report\n");
    assert!(comment(&desk).status.success());
    let calls = desk.read("calls");
    assert!(calls.contains("--method POST repos/someone/shop/issues/7/comments"), "{calls}");
    let body = desk.read("body");
    assert!(body.starts_with("<!-- waitline: waitline -->\n## waitline\n"), "{body}");
    assert!(body.ends_with("a report\n"), "{body}");

    fs::write(desk.path("comments"), "41\n42\n").unwrap();
    assert!(comment(&desk).status.success());
    let calls = desk.read("calls");
    assert!(calls.contains("--method PATCH repos/someone/shop/issues/comments/41"), "{calls}");
    assert_eq!(calls.matches("POST").count(), 1, "{calls}");
}

#[test]
fn a_token_that_may_not_comment_is_a_warning() {
    let desk = runner().with("report.md", "a report\n").with("forbidden", "");
    let output = comment(&desk);
    assert!(output.status.success(), "{}", errors(&output));
    assert!(text(&output).contains("::warning::the comment could not be written"), "{}", text(&output));
}

#[test]
fn a_comment_is_cut_to_what_github_takes_between_characters() {
    let long: String = iter::repeat_n("é", 40_000).collect();
    let desk = runner().with("report.md", format!("x{long}"));
    assert!(comment(&desk).status.success());
    let body = desk.read("body");
    assert!(body.len() < 65_536 && body.contains("the summary of the step has all of it"), "{} bytes", body.len());
}

#[test]
fn a_program_that_is_there_is_used_and_neither_cached_nor_built() {
    let desk = executable(runner(), "cargo", CARGO);
    for (name, arguments) in [("key.sh", [].as_slice()), ("install.sh", &["nowhere"])] {
        let output = script(&desk, name, true).args(arguments).output().unwrap();
        assert!(output.status.success(), "{name}: {}", errors(&output));
    }
    for file in ["outputs", "path", "cargo-calls"] {
        assert!(!desk.files().contains(&file.to_owned()), "{file}");
    }
}

#[test]
fn otherwise_it_is_built_once_for_the_same_sources() {
    let desk = executable(runner(), "cargo", CARGO);
    let root = desk.path("installed").display().to_string();
    for _ in 0..2 {
        let output = script(&desk, "install.sh", false).arg(&root).output().unwrap();
        assert!(output.status.success(), "{}", errors(&output));
        assert_eq!(text(&output), "waitline built\n");
    }
    assert_eq!(desk.read("cargo-calls").lines().count(), 1, "{}", desk.read("cargo-calls"));
    assert_eq!(desk.read("path"), format!("{root}/bin\n{root}/bin\n"));

    for _ in 0..2 {
        assert!(script(&desk, "key.sh", false).status().unwrap().success());
    }
    let keys = desk.read("outputs");
    let keys: Vec<&str> = keys.lines().collect();
    assert!(keys[0] == keys[1] && keys[0].len() == "key=".len() + 64, "{keys:?}");
}

#[test]
fn without_a_program_and_cargo_the_error_says_what_to_install() {
    let desk = runner();
    let output = script(&desk, "install.sh", false).arg(desk.path("installed")).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", errors(&output));
    assert!(text(&output).contains("install Rust, or waitline, in an earlier step"), "{}", text(&output));
}

#[test]
fn the_action_runs_each_of_these_scripts_and_uses_each_of_its_inputs() {
    let action = read("action.yml");
    for entry in fs::read_dir(root().join("contrib/github")).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if !name.ends_with(".sh") {
            continue;
        }
        assert!(action.contains(&format!("$GITHUB_ACTION_PATH/contrib/github/{name}")), "{name} is not run");
        assert_ne!(entry.metadata().unwrap().permissions().mode() & 0o111, 0, "{name} is not executable");
    }
    let inputs = action.split("\ninputs:\n").nth(1).unwrap().split("\noutputs:\n").next().unwrap();
    let names = inputs.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    for name in names.map(|line| line.trim().trim_end_matches(':')) {
        assert!(action.contains(&format!("inputs.{name} ")), "{name} is not used");
    }
}
