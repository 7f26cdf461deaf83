//! The report page of the lecture, byte for byte: there is nothing in it that changes from run to run or from machine to machine.
//!
//! `UPDATE_GOLDEN=1 cargo test --test golden report_page` rewrites it.

use std::{env, fs};

use super::outputs::{first_difference, repository};
use crate::common::program::Desk;

/// The page as the program writes it, with that many jobs.
fn page(jobs: u32) -> String {
    let desk = Desk::new();
    desk.run(&format!("report lecture.json --quiet --jobs {jobs}"), 0);
    desk.read("output/lecture/report.html")
}

#[test]
fn the_page_of_the_lecture_is_the_same_bytes_on_every_run() {
    let path = repository().join("tests/golden/lecture.report.html");
    let produced = page(1);
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, produced).unwrap();
        return;
    }
    let stored = fs::read_to_string(path).unwrap();
    assert!(stored == produced, "{}", first_difference(&stored, &produced));
    assert!(page(2) == produced, "with two jobs");
}
