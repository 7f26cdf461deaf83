//! The report page of the lecture: there is nothing in it that changes from run to run or from machine to machine.
//!
//! Its style and its script are files of the sources and are left out of what is stored, which has their hashes in the policy of
//! the page. `UPDATE_GOLDEN=1 cargo test --test golden report_page` rewrites it.

use std::{env, fs};

use super::outputs::{first_difference, repository};
use crate::common::program::Desk;

/// The page as the program writes it, with that many jobs.
fn page(jobs: u32) -> String {
    let desk = Desk::new();
    desk.run(&format!("report lecture.json --quiet --jobs {jobs}"), 0);
    desk.read("output/lecture/report.html")
}

/// The page without what its style, which is its first, and its script say.
fn skeleton(page: &str) -> String {
    let without = |page: &str, name: &str| {
        let (begin, end) = (format!("<{name}>"), format!("</{name}>"));
        let (before, rest) = page.split_once(&begin).unwrap_or_else(|| panic!("the page has a {name}"));
        let (_, after) = rest.split_once(&end).unwrap();
        format!("{before}{begin}…{end}{after}")
    };
    without(&without(page, "style"), "script")
}

#[test]
fn the_page_of_the_lecture_is_the_same_bytes_on_every_run() {
    let path = repository().join("tests/golden/lecture.report.html");
    let whole = page(1);
    assert!(page(2) == whole, "with two jobs");
    let produced = skeleton(&whole);
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(path, produced).unwrap();
        return;
    }
    let stored = fs::read_to_string(path).unwrap();
    assert!(stored == produced, "{}", first_difference(&stored, &produced));
}
