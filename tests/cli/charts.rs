//! Charts among the tables, and the conclusion below them.

use crate::common::program::{Desk, text};

/// The characters of charts.
const INK: [char; 5] = ['█', '▒', '○', '●', '▶'];

fn chart_lines(printed: &str) -> Vec<&str> {
    printed.lines().filter(|line| line.contains(INK)).collect()
}

#[test]
fn a_short_run_shows_what_each_request_did() {
    let printed = text(&Desk::new().run("run lecture.json", 0));
    let (_, lanes) = printed.split_once("What each request did: time in ms\n").expect("lanes");
    let lane = |policy: &str, request: &str| {
        let (_, of_policy) = lanes.split_once(&format!("{policy}\n")).unwrap();
        of_policy.lines().find(|line| line.trim_start().starts_with(request)).unwrap().to_owned()
    };
    assert!(lane("sync", "3 short").contains("▒▒▒▒▒▒▒▒▒▒█───"), "{lanes}");
    assert!(lane("sync", "3 short").ends_with("██ 475 ms") && !lane("async", "3 short").contains('▒'), "{lanes}");
    assert!(
        chart_lines(&printed).iter().all(|line| line.chars().count() <= 80),
        "80 columns where there is no terminal"
    );
    assert!(!printed.contains("p99.9"), "{printed}");
}

#[test]
fn a_long_run_shows_how_far_its_percentiles_lie_apart() {
    let printed = text(&Desk::new().run("run shop.json", 0));
    assert!(printed.contains("Response time of the answered requests in ms\n"), "{printed}");
    assert!(
        printed.contains("○ p50   ┼ p95   ● p99   ▶ p99.9\n") && !printed.contains("What each request did"),
        "{printed}"
    );
    assert!(chart_lines(&printed).iter().all(|line| line.chars().count() <= 80), "{printed}");
}

#[test]
fn a_run_ends_with_a_conclusion() {
    let desk = Desk::new();
    let last = |arguments: &str| {
        let printed = text(&desk.run(arguments, 0));
        printed.rsplit("\n\n").next().unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let says = "async answers in 170 ms on average, 1.4 × faster than threaded and 2.1 × faster than sync.";
    assert_eq!(last("run lecture.json"), says);
    assert_eq!(last("run lecture.json --no-charts"), says);
    assert_eq!(last("run lecture.json --format markdown"), format!("**{says}**"));
    assert_eq!(last("run lecture.json --policy sync"), "sync answers in 353 ms on average.");
    assert!(last("run shop.json").starts_with("async answers 99% of the requests within "));
}

#[test]
fn charts_can_be_left_out_and_tables_stay() {
    let desk = Desk::new();
    for file in ["lecture.json", "shop.json"] {
        let printed = text(&desk.run(&format!("run {file} --no-charts"), 0));
        assert_eq!(chart_lines(&printed), Vec::<&str>::new());
        assert!(printed.contains("Where the time went") && printed.contains("Throughput and utilization"), "{printed}");
    }
    let markdown = text(&desk.run("run lecture.json shop.json --format markdown", 0));
    assert_eq!(chart_lines(&markdown), Vec::<&str>::new(), "Markdown has tables only");
}

#[test]
fn ascii_has_the_same_columns() {
    let desk = Desk::new();
    for command in ["run lecture.json", "run shop.json", "run lecture.json --explain-defaults", "presets"] {
        let (plain, ascii) = (desk.run(command, 0), desk.run(&format!("{command} --ascii"), 0));
        let (plain, ascii) = (text(&plain), text(&ascii));
        assert!(
            ascii.is_ascii(),
            "{command}: {:?}",
            ascii.chars().filter(|letter| !letter.is_ascii()).collect::<Vec<_>>()
        );
        let widths = |text: &str| text.lines().map(|line| line.chars().count()).collect::<Vec<_>>();
        assert_eq!(widths(&plain), widths(&ascii), "{command}");
    }
    let printed = text(&desk.run("--ascii run lecture.json --export text=it.txt", 0));
    assert_eq!(desk.read("it.txt"), printed);
    assert!(printed.contains("= waiting in line   # working on the CPU   - away at a backend or asleep"), "{printed}");
    assert!(
        text(&desk.run("run lecture.json --ascii --format json", 0))
            == text(&desk.run("run lecture.json --format json", 0))
    );
}

#[test]
fn colour_is_for_those_who_want_it() {
    let desk = Desk::new();
    let printed = |variable: &str| text(&desk.waitline("run lecture.json").env(variable, "1").output().unwrap());
    let (plain, colored) = (text(&desk.run("run lecture.json", 0)), printed("CLICOLOR_FORCE"));
    assert_eq!(printed("NO_COLOR"), plain);
    assert!(colored.contains("\u{1b}[31m▒▒") && !plain.contains('\u{1b}'), "{colored}");
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain);
}
