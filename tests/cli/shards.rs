//! `--shard` and `waitline merge`: any number of machines, the same bytes.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::common::program::{Desk, errors, text};

const SHOP: &str = r#"{
  "classes": { "page": { "phases": [ { "compute": { "exponential": "5ms" } }, { "db": "10ms" } ] } },
  "arrivals": { "poisson": "30/s" },
  "machine": { "cores": 2 },
  "policies": [ { "sync": { "workers": 2 } }, { "threaded": { "workers": 1, "threads": 4 } }, { "async": {} } ],
  "faults": [ { "name": "slow", "at": "3s", "for": "1s", "slow": { "backend": "db", "factor": 3 } } ],
  "clients": { "timeout": "200ms", "retries": { "max": 1, "backoff": "20ms" } },
  "run": { "requests": 400, "replications": 3, "warm_up": "auto" },
  "slo": [ "p95 < 60ms" ]
}"#;

fn desk() -> Desk {
    Desk::empty().with("shop.json", SHOP)
}

/// Runs all shares of a command; they write to `folder`.
fn run_shards(desk: &Desk, command: &str, folder: &str, of: u64, jobs: u64) {
    for number in 1..=of {
        let done = desk.run(&format!("{command} --out {folder} --shard {number}/{of} --jobs {jobs}"), 0);
        assert_eq!(text(&done), "", "a share prints no results");
    }
}

/// The files of a scenario's results, below a folder.
fn results(desk: &Desk, folder: &str, names: &[&str]) -> Vec<String> {
    names.iter().map(|name| desk.read(&format!("{folder}/shop/{name}"))).collect()
}

/// Any number of shares and jobs gives the bytes of one machine.
fn expect_the_same(command: &str, names: &[&str]) {
    let desk = desk();
    let alone = desk.run(&format!("{command} --out alone"), 0);
    for (of, jobs) in [(1, 2), (3, 1), (7, 2)] {
        let folder = format!("of{of}");
        run_shards(&desk, command, &folder, of, jobs);
        let merged = desk.run(&format!("merge {folder} --jobs {jobs}"), 0);
        assert_eq!(text(&merged), text(&alone), "{of} shards");
        assert_eq!(results(&desk, &folder, names), results(&desk, "alone", names), "{of} shards");
    }
}

const RUN_FILES: [&str; 4] = ["results.json", "timeline.svg", "latency.svg", "over_time.svg"];

#[test]
fn shards_of_a_run_are_merged_to_the_bytes_of_one_machine() {
    expect_the_same("run shop.json", &RUN_FILES);
}

#[test]
fn the_only_replication_of_a_run_is_merged_with_its_batches() {
    expect_the_same("run shop.json --replications 1 --set run.requests=3000", &RUN_FILES);
}

#[test]
fn shards_of_a_sweep_are_merged_to_the_bytes_of_one_machine() {
    expect_the_same("sweep shop.json --vary arrivals=x0.5..x2:0.5", &["sweep.json", "sweep.svg"]);
}

#[test]
fn shards_of_a_check_are_merged_to_the_same_verdict() {
    let desk = desk();
    desk.run("check shop.json --update-baseline", 0);
    let command = "check shop.json --set machine.cores=1 --format json";
    let alone = desk.process(command).output().unwrap();
    run_shards(&desk, command, "big", 2, 2);
    let merged = desk.process("merge big").output().unwrap();
    assert_eq!((text(&merged), merged.status.code()), (text(&alone), alone.status.code()));
    assert!(
        errors(&desk.run("check shop.json --update-baseline --shard 1/2 --out b", 2)).contains("--update-baseline")
    );
}

#[test]
fn replications_that_are_added_take_rounds_and_give_the_same_bytes() {
    let desk = desk();
    let command = r#"run shop.json --replications 1 --set run.precision={"half_width":"1%","metrics":["mean"],"replications":40}"#;
    let alone = desk.process(&format!("{command} --out alone")).output().unwrap();
    let mut rounds = 0;
    let merged = loop {
        run_shards(&desk, command, "big", 3, 2);
        rounds += 1;
        let merged = desk.process("merge big").output().unwrap();
        if !errors(&merged).contains("missing (") {
            break merged;
        }
        assert_eq!(merged.status.code(), Some(3));
        assert!(rounds < 10, "it does not end");
    };
    assert!(rounds > 1, "one round was enough: the precision is too wide for this test");
    assert_eq!((text(&merged), merged.status.code()), (text(&alone), alone.status.code()));
    assert_eq!(results(&desk, "big", &RUN_FILES), results(&desk, "alone", &RUN_FILES));
}

#[test]
fn a_share_that_was_lost_is_named_and_only_it_is_done_again() {
    let desk = desk();
    run_shards(&desk, "run shop.json", "big", 2, 1);
    let lost = "big/shop/units/policy-1.replication-2.unit.json";
    let before = desk.read(lost);
    fs::remove_file(desk.path(lost)).unwrap();
    let message = errors(&desk.run("merge big", 3));
    assert!(message.contains("shop: policy-1.replication-2"), "{message}");
    assert!(message.contains("waitline run shop.json --shard I/N"), "{message}");
    let kept = "big/shop/units/policy-0.replication-0.unit.json";
    let written = fs::metadata(desk.path(kept)).unwrap().modified().unwrap();
    // Other shares than before.
    run_shards(&desk, "run shop.json", "big", 3, 1);
    assert_eq!(desk.read(lost), before);
    assert_eq!(fs::metadata(desk.path(kept)).unwrap().modified().unwrap(), written, "it was done again");
    desk.run("merge big --quiet", 0);
}

#[test]
fn folders_of_several_machines_are_merged_where_one_holds_them_all() {
    let desk = desk();
    run_shards(&desk, "run shop.json", "all/one", 1, 1);
    run_shards(&desk, "run shop.json", "all/two", 1, 1);
    let alone = text(&desk.run("run shop.json --out alone", 0));
    assert_eq!(text(&desk.run("merge all", 0)), alone, "units that were done twice");
}

#[test]
fn where_nothing_was_done_there_is_nothing_to_merge() {
    let desk = desk();
    assert!(errors(&desk.run("merge nowhere", 3)).contains("nothing to merge"));
    fs::create_dir(desk.path("empty")).unwrap();
    assert!(errors(&desk.run("merge empty", 3)).contains("nothing to merge"));
}

#[test]
fn units_of_other_seeds_commands_and_scenarios_are_refused() {
    let desk = desk();
    run_shards(&desk, "run shop.json", "big/one", 1, 1);
    assert!(errors(&desk.run("run shop.json --seed 2 --out big/one --shard 1/1", 2)).contains("another command"));
    run_shards(&desk, "run shop.json --seed 2", "big/two", 1, 1);
    assert!(errors(&desk.run("merge big", 2)).contains("different commands"));
    // Even where only the units came along.
    fs::remove_file(desk.path("big/two/waitline.shards.json")).unwrap();
    assert!(errors(&desk.run("merge big", 2)).contains("its seed is 2, not 1"));
    fs::remove_dir_all(desk.path("big/two")).unwrap();
    let desk = desk.with("shop.json", SHOP.replace("30/s", "31/s"));
    assert!(errors(&desk.run("merge big", 2)).contains("hash of the scenario"));
}

/// Changes the file of a unit, so that its digest is right.
fn forge(desk: &Desk, path: &str, change: impl Fn(&str) -> String) {
    let file = desk.read(path);
    let (header, state) = file.split_once(",\"state\":").unwrap();
    let state = change(state.strip_suffix("}\n").unwrap());
    let digest = sha256(&state);
    let (before, _) = header.split_once("\"state_sha256\":").unwrap();
    let forged = format!("{before}\"state_sha256\":\"{digest}\",\"state\":{state}}}\n");
    fs::write(desk.path(path), forged).unwrap();
}

fn sha256(text: &str) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn two_units_that_differ_are_refused() {
    let desk = desk();
    run_shards(&desk, "run shop.json", "all/one", 1, 1);
    run_shards(&desk, "run shop.json", "all/two", 1, 1);
    forge(&desk, "all/two/shop/units/policy-0.replication-1.unit.json", |state| {
        state.replacen("\"retried\":", "\"retried\":1", 1)
    });
    let message = errors(&desk.run("merge all", 2));
    assert!(message.contains("policy-0.replication-1.unit.json` are of one unit and differ"), "{message}");
}

#[test]
fn a_damaged_unit_is_not_used_and_its_shard_does_it_again() {
    let desk = desk();
    run_shards(&desk, "run shop.json", "big", 1, 1);
    let path = "big/shop/units/policy-2.replication-0.unit.json";
    let whole = desk.read(path);
    let deep = format!("{},\"state\":{}", whole.split_once(",\"state\":").unwrap().0, "[".repeat(100_000));
    let damaged = [
        whole[..whole.len() / 2].to_owned(),
        String::new(),
        whole.replacen("\"arrived\":", "\"arrived\":1", 1),
        "\u{1b}[31mnot JSON".to_owned(),
        deep,
    ];
    for text in damaged {
        fs::write(desk.path(path), &text).unwrap();
        let message = errors(&desk.run("merge big", 3));
        assert!(message.contains("is damaged") && !message.contains('\u{1b}'), "{message}");
        run_shards(&desk, "run shop.json", "big", 1, 1);
        assert_eq!(desk.read(path), whole);
    }
}

#[test]
fn a_forged_unit_neither_hangs_nor_panics() {
    let desk = desk();
    run_shards(&desk, "run shop.json", "big", 1, 1);
    let path = "big/shop/units/policy-2.replication-0.unit.json";
    let whole = desk.read(path);
    let changes: [fn(&str) -> String; 5] = [
        |state| state.replacen("\"width\":1953125", "\"width\":0", 1),
        |state| state.replacen("\"shift\":63", "\"shift\":200", 1),
        |state| state.replacen("\"classes\":[", "\"classes\":[],\"others\":[", 1),
        |_| "{}".to_owned(),
        |_| "[1e999]".to_owned(),
    ];
    for change in changes {
        forge(&desk, path, change);
        if desk.read(path) != whole {
            let message = errors(&desk.run("merge big", 3));
            assert!(message.contains("is damaged"), "{message}");
        }
        fs::write(desk.path(path), &whole).unwrap();
    }
}

#[test]
fn what_shards_were_asked_cannot_be_made_to_write_other_files() {
    let desk = desk();
    run_shards(&desk, "run shop.json", "big", 1, 1);
    let asked = desk.read("big/waitline.shards.json");
    for more in ["--csv=rows.csv", "--export=json=x.json", "--no-such-option"] {
        let changed = asked.replace("\"shop.json\"", &format!("\"shop.json\", \"{more}\""));
        fs::write(desk.path("big/waitline.shards.json"), changed).unwrap();
        assert!(errors(&desk.run("merge big", 2)).contains("does not say what shards were asked"), "{more}");
    }
    fs::write(desk.path("big/waitline.shards.json"), asked.replace("\"run\"", "\"init\"")).unwrap();
    desk.run("merge big", 2);
    assert!(desk.files().iter().all(|file| file != "rows.csv" && file != "x.json"));
}

#[test]
fn wrong_shares_are_refused() {
    let desk = desk();
    for share in ["0/3", "4/3", "3", "1/0", "a/b"] {
        desk.run(&format!("run shop.json --shard {share}"), 2);
    }
    let piped = desk.waitline("run - --shard 1/2").write_stdin(desk.read("shop.json")).output().unwrap();
    assert_eq!(piped.status.code(), Some(2));
    assert!(errors(&piped).contains("cannot read standard input"), "{}", errors(&piped));
    assert!(errors(&desk.run("run shop.json --shard 1/2 --csv rows.csv", 2)).contains("`--csv` cannot be used"));
}

#[test]
fn a_killed_share_leaves_whole_units_and_goes_on_where_it_was() {
    let desk = desk();
    let command = "sweep shop.json --vary arrivals=x0.5..x2:0.1 --set run.requests=20000";
    let mut share: Command = desk.process(&format!("{command} --out big --shard 1/1 --jobs 1"));
    let mut child = share.spawn().unwrap();
    let units = desk.path("big/shop/units");
    let count = || fs::read_dir(&units).map_or(0, |entries| entries.filter_map(Result::ok).count());
    let begun = std::time::Instant::now();
    while count() < 5 && begun.elapsed().as_secs() < 60 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(count() >= 5, "it was killed too early");
    for entry in fs::read_dir(&units).unwrap() {
        let text = fs::read_to_string(entry.unwrap().path()).unwrap();
        let unit: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(unit["schema"], "waitline.unit/1");
    }
    let alone = desk.run(&format!("{command} --out alone --quiet --format json"), 0);
    run_shards(&desk, command, "big", 2, 2);
    assert_eq!(text(&desk.run("merge big --format json", 0)), text(&alone));
}
