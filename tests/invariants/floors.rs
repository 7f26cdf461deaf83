//! The floors of `src/`: a file uses its own floor and those below it; only `cli` touches the outside world; no code
//! compares a policy's name.
//!
//! The checker reads Rust as tokens, without comments: `crate::…`, `super::…` and `std::…` paths, single or in braces.
//! Test modules inside `src/` follow the order as well, but may read files and print.

use std::fs;
use std::path::{Path, PathBuf};

use crate::common::tokens::{Token, paths, tokens};
use waitline::policy::PolicyChoice;

/// From the lowest floor up.
const FLOORS: [&str; 9] = ["model", "random", "engine", "policy", "scenario", "stats", "study", "output", "cli"];

/// The parts of `std` that touch the outside world.
const OUTSIDE: [&str; 5] = ["fs", "env", "process", "net", "os"];

/// Macros that write to the terminal.
const PRINTING: [&str; 5] = ["print", "println", "eprint", "eprintln", "dbg"];

/// The violations in a file at this path below `src/`, in words.
fn faults(path: &Path, text: &str) -> Vec<String> {
    let module: Vec<String> = module_path(path);
    let Some(floor) = module.first().and_then(|name| level(name)) else { return Vec::new() };
    let tokens = tokens(text);
    let mut faults = Vec::new();
    for used in paths(&tokens, &module) {
        if let Some(other) = used.in_crate().and_then(level)
            && other > floor
        {
            faults.push(format!("line {}: `{}` uses the floor `{}` above it", used.line, FLOORS[floor], FLOORS[other]));
        }
        if let Some(part) = used.in_std().filter(|part| OUTSIDE.contains(part))
            && FLOORS[floor] != "cli"
            && !used.in_tests
        {
            faults.push(format!("line {}: only `cli` may use std::{part}", used.line));
        }
    }
    faults.extend(printing(&tokens).filter(|_| FLOORS[floor] != "cli"));
    faults.extend(compared_names(&tokens));
    faults
}

fn level(name: &str) -> Option<usize> {
    FLOORS.iter().position(|floor| *floor == name)
}

/// `stats/results.rs` is the module `stats::results`; `stats/mod.rs` is `stats`.
fn module_path(path: &Path) -> Vec<String> {
    let mut parts: Vec<String> =
        path.with_extension("").components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod") {
        parts.pop();
    }
    parts
}

fn printing(tokens: &[Token]) -> impl Iterator<Item = String> {
    tokens.windows(2).filter(|pair| pair[1].is("!") && !pair[0].in_tests).filter_map(|pair| {
        let name = PRINTING.iter().find(|name| pair[0].is(name))?;
        Some(format!("line {}: only `cli` may use {name}!", pair[0].line))
    })
}

/// A policy's kind as a string literal next to `==`, `!=`, `=>` or `|`: code that depends on the name.
/// `policy/mod.rs` has the list of kinds, in a macro: the only place where kinds precede `=>`.
fn compared_names(tokens: &[Token]) -> impl Iterator<Item = String> {
    let is_list =
        tokens.windows(3).any(|three| three[0].is("macro_rules") && three[1].is("!") && three[2].is("policies"));
    let compares = move |token: Option<&Token>| {
        token.is_some_and(|token| ["==", "!=", "|"].iter().any(|sign| token.is(sign)) || (token.is("=>") && !is_list))
    };
    tokens.iter().enumerate().filter_map(move |(place, token)| {
        let kind = token.literal().filter(|text| PolicyChoice::KINDS.contains(text))?;
        let before = place.checked_sub(1).and_then(|before| tokens.get(before));
        let is_compared = !token.in_tests && (compares(before) || compares(tokens.get(place + 1)));
        is_compared.then(|| format!("line {}: the name of a policy, {kind:?}, is compared", token.line))
    })
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn every_file_only_uses_its_floor_and_those_below() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    files.sort();
    assert!(files.len() > 20, "the sources were not found");
    let mut all = String::new();
    for file in files {
        let path = file.strip_prefix(&src).unwrap();
        let text = fs::read_to_string(&file).unwrap();
        // A file that is compiled for tests only is a test module.
        let text = if is_for_tests(&file) { format!("#[cfg(test)]\nmod tests {{ {text} }}") } else { text };
        for fault in faults(path, &text) {
            all.push_str(&format!("src/{}: {fault}\n", path.display()));
        }
    }
    assert!(all.is_empty(), "\n{all}");
}

/// Whether the module of a file is declared for tests only.
fn is_for_tests(file: &Path) -> bool {
    let (Some(folder), Some(name)) = (file.parent(), file.file_stem()) else { return false };
    let parent = fs::read_to_string(folder.join("mod.rs")).unwrap_or_default();
    parent.contains(&format!("#[cfg(test)]\nmod {};", name.to_string_lossy()))
}

#[test]
fn every_folder_of_the_sources_is_a_floor() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(src).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        assert!(!entry.path().is_dir() || level(&name).is_some(), "src/{name} is not a floor");
    }
}

fn check(path: &str, text: &str, expected: &[&str]) {
    assert_eq!(faults(Path::new(path), text), expected, "{path}: {text}");
}

#[test]
fn a_use_of_a_higher_floor_is_found_in_every_form() {
    let fault = &["line 1: `engine` uses the floor `stats` above it"];
    check("engine/queue.rs", "use crate::stats::Summary;", fault);
    check("engine/queue.rs", "use crate::{model::SimTime, stats::{Summary, Slowdown}};", fault);
    check("engine/queue.rs", "fn f() -> crate::stats::Summary { todo() }", fault);
    check("engine/mod.rs", "use super::stats::Summary;", fault);
    check("engine/queue.rs", "use super::super::stats;", fault);
    check("engine/queue.rs", "mod tests { use super::super::super::stats::Summary; }", fault);
    check("engine/queue.rs", "pub(crate) use crate::stats as numbers;", fault);
}

#[test]
fn lower_floors_the_own_floor_and_words_in_comments_are_allowed() {
    check("engine/queue.rs", "use crate::model::SimTime; use crate::engine::Rules; use super::Rules;", &[]);
    check(
        "engine/queue.rs",
        "// crate::stats\n/// [`crate::stats`]\nconst A: &str = \"crate::stats\"; /* crate::cli */",
        &[],
    );
    check(
        "engine/queue.rs",
        "const A: &str = r#\"use \"crate::stats\" \"#; const B: char = '\"'; fn f<'a>(b: &'a str) {}",
        &[],
    );
    check("engine/a/b.rs", "use super::stats; mod tests { use super::super::stats; }", &[]);
    check("main.rs", "fn main() { waitline::cli::main() }", &[]);
}

#[test]
fn only_cli_touches_the_outside_world() {
    check("output/text.rs", "use std::fs::File;", &["line 1: only `cli` may use std::fs"]);
    check("output/text.rs", "\nuse std::{env, fmt};", &["line 2: only `cli` may use std::env"]);
    check("study/run.rs", "fn f() { println!(\"x\"); }", &["line 1: only `cli` may use println!"]);
    check("study/run.rs", "fn f() { std::process::exit(1) }", &["line 1: only `cli` may use std::process"]);
    check("cli/run.rs", "use std::fs; use std::process::ExitCode;", &[]);
    check("output/text.rs", "#[cfg(test)]\nmod tests { use std::fs; fn f() { println!() } }", &[]);
    check("output/text.rs", "use std::fmt::Write; fn f() { writeln!(x); }", &[]);
}

#[test]
fn no_code_compares_the_name_of_a_policy() {
    let fault = &["line 1: the name of a policy, \"sync\", is compared"];
    check("engine/queue.rs", "fn f() { if kind == \"sync\" {} }", fault);
    check("output/text.rs", "fn f() { match kind { \"sync\" => 1, _ => 2 } }", fault);
    check("output/text.rs", "fn f() { matches!(kind, \"other\" | \"sync\") }", fault);
    check("cli/quick.rs", "fn f() { json!({ \"sync\": 1 }) }", &[]);
    check("policy/mod.rs", "macro_rules! policies { () => {} } policies! { \"sync\" => Sync }", &[]);
}
