//! Written files: they never replace a file that is read, are written completely or not at all, and where the user said.

use std::fs;

use crate::common::program::{Desk, LECTURE, SHOP, errors};

/// A scenario that names a trace and measured times.
const NAMING: &str = r#"{
  "classes": { "page": { "phases": [ { "compute": { "empirical": { "file": "times.txt" } } } ] } },
  "arrivals": { "trace": "requests.jsonl" },
  "policies": [ { "sync": {} } ]
}"#;

fn desk() -> Desk {
    Desk::new()
        .with("naming.json", NAMING)
        .with("times.txt", "1ms\n2ms\n")
        .with("requests.jsonl", "{\"time_ms\": 1, \"class\": \"page\"}\n")
}

/// The command is rejected before anything runs, and leaves every file unchanged.
#[track_caller]
fn refused(desk: &Desk, arguments: &str, says: &[&str]) {
    let contents = |desk: &Desk| -> Vec<(String, Option<Vec<u8>>)> {
        desk.files().into_iter().map(|name| (name.clone(), fs::read(desk.path(&name)).ok())).collect()
    };
    let before = contents(desk);
    desk.fails(arguments, 2, says);
    assert!(contents(desk) == before, "waitline {arguments} has changed something: {:?}", desk.files());
}

#[test]
fn nothing_replaces_a_file_that_is_read() {
    let desk = desk();
    desk.run("check shop.json --update-baseline --replications 2 --quiet", 0);
    fs::create_dir(desk.path("sub")).unwrap();
    for output in ["--csv", "--export json=", "--export csv="] {
        let output = if output.ends_with('=') { output.to_owned() } else { format!("{output} ") };
        refused(&desk, &format!("run shop.json {output}shop.json"), &["would replace `shop.json`, a scenario"]);
        refused(
            &desk,
            &format!("run lecture.json shop.json {output}./sub/../shop.json"),
            &["would replace `shop.json`"],
        );
        refused(
            &desk,
            &format!("run naming.json {output}requests.jsonl"),
            &["would replace ", "requests.jsonl`, a file that"],
        );
        refused(&desk, &format!("run naming.json {output}times.txt"), &["would replace ", "times.txt`, a file that"]);
        refused(&desk, &format!("run shop.json {output}shop.baseline.json"), &["the baseline of a scenario"]);
    }
    refused(&desk, "check shop.json --export json=shop.baseline.json", &["the baseline of a scenario"]);
    refused(&desk, "check shop.json --no-baseline --export json=shop.json", &["a scenario of this run"]);
    refused(&desk, "check naming.json --baseline times.txt --update-baseline", &["is not a baseline"]);
    refused(&desk, "check naming.json --no-baseline --export csv=times.txt", &["a file that a scenario"]);
}

#[cfg(target_os = "linux")]
#[test]
fn standard_output_is_not_appended_to_a_file_that_is_read() {
    let desk = desk();
    let before = desk.read("shop.json");
    let output = fs::File::options().append(true).open(desk.path("shop.json")).unwrap();
    let done = desk.process("run shop.json --format json").stdout(output).output().unwrap();
    assert_eq!(done.status.code(), Some(2), "{}", errors(&done));
    assert!(errors(&done).contains("`/dev/stdout` would replace `shop.json`"), "{}", errors(&done));
    assert_eq!(desk.read("shop.json"), before);
}

#[test]
fn the_results_folder_may_contain_the_scenario_itself() {
    let desk = Desk::empty();
    fs::create_dir(desk.path("results")).unwrap();
    let desk = desk.with("results/results.json", LECTURE);
    refused(&desk, "run results/results.json --out .", &["`./results/results.json` would replace"]);
    desk.run("run results/results.json --quiet", 0);
}

#[cfg(unix)]
#[test]
fn nothing_replaces_a_file_that_is_read_under_another_name() {
    let desk = desk();
    std::os::unix::fs::symlink("shop.json", desk.path("link.csv")).unwrap();
    std::os::unix::fs::symlink("requests.jsonl", desk.path("trace.csv")).unwrap();
    fs::hard_link(desk.path("shop.json"), desk.path("hard.csv")).unwrap();
    refused(&desk, "run shop.json --csv link.csv", &["`link.csv` would replace `shop.json`"]);
    refused(&desk, "run shop.json --csv hard.csv", &["`hard.csv` would replace `shop.json`"]);
    refused(&desk, "run link.csv --csv shop.json", &["`shop.json` would replace `link.csv`"]);
    refused(&desk, "run naming.json --export csv=trace.csv", &["`trace.csv` would replace ", "requests.jsonl`"]);
    let input = fs::File::open(desk.path("shop.json")).unwrap();
    let output = desk.process("run - --csv shop.json").stdin(input).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", errors(&output));
    assert!(errors(&output).contains("`shop.json` would replace"), "{}", errors(&output));
    assert_eq!(desk.read("shop.json"), SHOP);
}

#[test]
fn no_file_is_written_twice() {
    let desk = desk();
    let twice = ["would be written twice"];
    refused(&desk, "run lecture.json --csv rows.csv --export csv=./rows.csv", &twice);
    refused(&desk, "run lecture.json --export json=a --export csv=a", &twice);
    refused(&desk, "run lecture.json --csv output/lecture/results.json", &twice);
    refused(&desk, "run lecture.json --out here --export markdown=here/lecture/timeline.svg", &twice);
    refused(&desk, "check shop.json --update-baseline --export json=shop.baseline.json", &twice);
    // Nothing is drawn, so nothing is written there.
    desk.run("run lecture.json --no-charts --quiet --csv output/lecture/timeline.svg", 0);
}

#[cfg(unix)]
#[test]
fn standard_output_counts_as_an_output_file() {
    let desk = desk();
    let printed = fs::File::create(desk.path("rows.csv")).unwrap();
    let output = desk.process("run lecture.json --csv rows.csv").stdout(printed).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", errors(&output));
    assert!(errors(&output).contains("`rows.csv` would be written twice"), "{}", errors(&output));
}

#[test]
fn a_missing_folder_is_named_and_only_result_folders_are_created() {
    let desk = desk();
    for (arguments, folder) in [
        ("run lecture.json --csv no/rows.csv", "`no`"),
        ("run lecture.json --export json=no/such/report.json", "`no/such`"),
        ("run lecture.json --out here --csv there/rows.csv", "`there`"),
        ("check shop.json --export junit=no/report.xml --no-baseline", "`no`"),
        ("check shop.json --baseline no/shop.json --update-baseline", "`no`"),
        ("quick --rate 8/s --cpu 1ms --csv no/rows.csv", "`no`"),
    ] {
        refused(&desk, arguments, &["there is no folder ", folder]);
    }
    desk.run("run lecture.json --quiet --out new/place --csv new/place/deep/rows.csv", 0);
    assert!(desk.read("new/place/deep/rows.csv").starts_with("policy,"));
}

#[test]
fn a_dash_is_not_a_file_name() {
    let desk = desk();
    for arguments in [
        "run lecture.json --csv -",
        "run lecture.json --export json=-",
        "check shop.json --baseline -",
        "replay . --picture -",
    ] {
        refused(&desk, arguments, &["`-` is n"]);
    }
    desk.run("run lecture.json --quiet --csv ./-", 0);
    assert!(desk.read("-").starts_with("policy,"));
}

#[cfg(unix)]
#[test]
fn a_replaced_file_keeps_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let desk = desk().with("rows.csv", "").with("report.json", "");
    desk.run("run lecture.json --quiet", 0);
    let outputs = [("rows.csv", 0o600), ("report.json", 0o664), ("output/lecture/results.json", 0o640)];
    for (name, mode) in outputs {
        fs::set_permissions(desk.path(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    desk.run("run lecture.json --quiet --csv rows.csv --export json=report.json", 0);
    for (name, mode) in outputs {
        assert!(!desk.read(name).is_empty());
        assert_eq!(fs::metadata(desk.path(name)).unwrap().permissions().mode() & 0o777, mode, "{name}");
    }
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link_and_its_target_is_written() {
    use std::os::unix::fs::symlink;
    let desk = desk().with("real.csv", "old");
    fs::create_dir(desk.path("sub")).unwrap();
    for (link, target) in
        [("rows.csv", "real.csv"), ("dangling.csv", "sub/new.csv"), ("two.csv", "next"), ("next", "x")]
    {
        symlink(target, desk.path(link)).unwrap();
    }
    for (link, target) in [("rows.csv", "real.csv"), ("dangling.csv", "sub/new.csv"), ("two.csv", "x")] {
        desk.run(&format!("run lecture.json --quiet --csv {link}"), 0);
        assert!(fs::symlink_metadata(desk.path(link)).unwrap().is_symlink(), "{link}");
        assert!(fs::symlink_metadata(desk.path(target)).unwrap().is_file(), "{target}");
        assert!(desk.read(target).starts_with("policy,"), "{target}");
    }
    symlink("no/rows.csv", desk.path("astray.csv")).unwrap();
    desk.fails("run lecture.json --csv astray.csv", 2, &["there is no folder ", "no` for `astray.csv`"]);
}

#[cfg(unix)]
#[test]
fn a_loop_of_links_is_an_error() {
    use std::os::unix::fs::symlink;
    let desk = desk();
    symlink("b.csv", desk.path("a.csv")).unwrap();
    symlink("a.csv", desk.path("b.csv")).unwrap();
    let before = desk.files();
    desk.fails("run lecture.json --csv a.csv", 4, &["cannot write `a.csv`: too many levels of symbolic links"]);
    assert_eq!(desk.files(), before);
}

#[cfg(unix)]
#[test]
fn a_pipe_is_written_to_until_its_reader_closes_it() {
    use std::io::Read;
    let desk = desk();
    assert!(std::process::Command::new("mkfifo").arg(desk.path("rows")).status().unwrap().success());
    let path = desk.path("rows");
    let reader = std::thread::spawn(move || {
        let mut begin = [0; 7];
        fs::File::open(path).unwrap().read_exact(&mut begin).unwrap();
        begin
    });
    desk.run("run shop.json --quiet --csv rows", 0);
    assert_eq!(&reader.join().unwrap(), b"policy,");
    assert!(!fs::metadata(desk.path("rows")).unwrap().is_file(), "the pipe was replaced");
}
