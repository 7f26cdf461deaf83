//! The answers of `docs/questions.md` are those of the program; that of the Django page is a plan, which has tests of its own.

use std::fs;
use std::path::Path;

use crate::common::program::{Desk, text};

#[test]
fn the_questions_have_the_answers_of_their_page() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/questions.md");
    let page = fs::read_to_string(path).unwrap();
    let scenarios: Vec<&str> =
        page.split("```json\n").skip(1).map(|rest| rest.split_once("```").expect("its end").0).collect();
    let [django, api, puma] = scenarios[..] else { panic!("three scenarios, not {}", scenarios.len()) };
    let desk = Desk::empty().with("django.json", django).with("api.json", api).with("puma.json", puma);
    desk.run("run django.json --no-charts", 0);
    let load = text(&desk.run("plan api.json --max-load --within 5%", 1));
    assert!(load.contains("loop; capacity 253/s"), "{load}");
    let swept = "sweep puma.json --vary classes.checkout.phases[1].wait.time=300ms,2s --replications 2";
    let swept = text(&desk.run(&format!("{swept} --most-replications 2 --no-charts"), 0));
    assert!(swept.contains("40.8%") && swept.contains("no answer"), "{swept}");
    desk.run("run puma.json --set classes.checkout.phases[1].wait.timeout=500ms --no-charts", 0);
}
