//! `llms.txt` and `--help-all`: what programs read before they call this one.

use std::{env, fs};

use super::{read, root};
use crate::common::program::{Desk, text};

const BEGIN: &str = "<!-- commands: generated -->\n";
const END: &str = "<!-- end of generated -->\n";

/// The commands with what they do, as `waitline --help` lists them.
fn commands() -> Vec<(String, String)> {
    let help = text(&Desk::empty().run("--help", 0));
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    let commands = list.lines().map(|line| line.trim().split_once(' ').unwrap());
    commands.map(|(name, about)| (name.to_owned(), about.trim().to_owned())).collect()
}

#[test]
fn the_list_of_commands_is_current() {
    let page = read("llms.txt");
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    let list: String = commands()
        .iter()
        .filter(|(name, _)| name != "help")
        .map(|(name, about)| format!("- `waitline {name}`: {about}\n"))
        .collect();
    let current = format!("{before}{BEGIN}{list}{END}{after}");
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(root().join("llms.txt"), &current).unwrap();
    }
    assert_eq!(read("llms.txt"), current, "run `UPDATE_GOLDEN=1 cargo test --test cli llms`");
}

#[test]
fn every_link_leads_to_a_file() {
    let page = read("llms.txt");
    let links = page.split("](").skip(1).map(|rest| rest.split(')').next().unwrap());
    let links: Vec<&str> = links.collect();
    assert!(links.len() > 15, "{links:?}");
    for link in links {
        assert!(root().join(link).is_file(), "{link}");
    }
}

#[test]
fn the_page_of_all_commands_has_the_help_of_each_under_its_name() {
    let desk = Desk::empty();
    let page = text(&desk.run("--help-all", 0));
    for (name, about) in commands().iter().filter(|(name, _)| name != "help") {
        let heading = format!("\nwaitline {name}\n{}\n\n", "=".repeat("waitline ".len() + name.len()));
        let (_, help) = page.split_once(&heading).unwrap_or_else(|| panic!("no {heading:?} in\n{page}"));
        assert!(help.starts_with(about), "{name}");
        let usage = format!("Usage: waitline {name} ");
        assert!(help.split("\n===").next().unwrap().contains(&usage), "{name} has no usage");
    }
    assert!(page.contains("Exit codes:") && page.lines().all(|line| line.chars().count() <= 120), "{page}");
}

#[test]
fn without_a_command_the_error_says_how_to_get_help() {
    Desk::empty().fails("--ascii", 2, &["a command is missing", "waitline [OPTIONS] <COMMAND>", "--help"]);
}
