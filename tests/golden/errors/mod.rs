//! The mistakes that people make in scenarios, each with its full message.
//!
//! One file of mistakes and one of messages for each section of the scenario file;
//! `UPDATE_GOLDEN=1 cargo test --test golden` rewrites the messages.

mod arrivals;
mod changes;
mod fields;
mod machine;
mod objectives;
mod run;
mod text;
mod tolerances;
mod traces;
mod values;

use std::fmt::Write as _;
use std::io::{BufRead, Cursor, ErrorKind};
use std::path::Path;
use std::{env, fs, io};

use proptest::prelude::*;
use waitline::random::Files;
use waitline::scenario::{Change, Diagnostic, Scenario, Source, read};

const SHOP: &str = include_str!("../../data/shop.json");

/// A mistake: in the text of the shop, in another text, or in a change.
enum Mistake {
    /// The shop with one piece of text replaced.
    Replace(&'static str, &'static str),
    /// A complete text.
    Text(&'static str),
    /// A file of these bytes.
    Bytes(&'static [u8]),
    /// A file that cannot be read.
    Unreadable(ErrorKind),
    /// The shop with `--set`.
    Set(&'static str),
    /// The shop with this objective.
    Slo(&'static str),
    /// The shop with `--assert`.
    Assert(&'static str),
    /// The shop with `--tolerance`.
    Tolerate(&'static str),
}

use Mistake::{Assert, Bytes, Replace, Set, Slo, Text, Tolerate, Unreadable};

/// The arrivals of the shop.
const POISSON: &str = r#"{ "poisson": "25/s" }"#;

/// The mistakes in a section, by what they are about.
type Section = &'static [(&'static str, &'static [Mistake])];

/// The mistakes in each section; each section has a file of messages.
const SECTIONS: &[(&str, Section)] = &[
    ("text", text::MISTAKES),
    ("fields", fields::MISTAKES),
    ("values", values::MISTAKES),
    ("machine", machine::MISTAKES),
    ("arrivals", arrivals::MISTAKES),
    ("traces", traces::MISTAKES),
    ("changes", changes::MISTAKES),
    ("run", run::MISTAKES),
    ("objectives", objectives::MISTAKES),
    ("tolerances", tolerances::MISTAKES),
];

#[test]
fn every_mistake_gets_a_helpful_message() {
    for (section, groups) in SECTIONS {
        check_golden(&format!("tests/golden/errors/{section}.txt"), &messages(groups));
    }
}

/// Every mistake with its message.
fn messages(groups: &[(&str, &[Mistake])]) -> String {
    let mut report = String::new();
    for (about, mistakes) in groups {
        let _ = writeln!(report, "# {about}\n");
        for mistake in *mistakes {
            let (what, result) = mistake.read();
            let message = match result {
                Ok(_) => panic!("{what}\nis not a mistake"),
                Err(diagnostic) => diagnostic.render(false),
            };
            let _ = writeln!(report, "{what}\n\n{message}\n");
        }
    }
    report
}

impl Mistake {
    fn read(&self) -> (String, Result<Scenario, Diagnostic>) {
        let files = Files::new(file);
        let shop = |text: &str, changes: &[Change]| read(Source::new("shop.json", text), "shop", changes, &files);
        match self {
            Replace(old, new) => {
                assert_eq!(SHOP.matches(old).count(), 1, "{old} occurs once in the shop");
                (format!("{} -> {}", quoted(old), quoted(new)), shop(&SHOP.replace(old, new), &[]))
            }
            Text(text) => (quoted(text), shop(text, &[])),
            Bytes(bytes) => {
                let source = Source::from_bytes("shop.json", bytes.to_vec());
                (quoted(&bytes.escape_ascii().to_string()), source.and_then(|source| shop(source.text(), &[])))
            }
            Unreadable(kind) => {
                (format!("{kind:?}"), Err(Diagnostic::unreadable("scenarios/shop.json", &io::Error::from(*kind))))
            }
            Set(change) => (format!("--set {}", quoted(change)), shop(SHOP, &[Change::new(*change)])),
            Slo(text) => {
                let with_slo = SHOP.replace(r#""seed": 1 }"#, &format!("\"seed\": 1 }},\n  \"slo\": [ \"{text}\" ]"));
                (format!("slo {}", quoted(text)), shop(&with_slo, &[]))
            }
            Assert(text) => (format!("--assert {}", quoted(text)), added(|shop| shop.assert(text))),
            Tolerate(text) => (format!("--tolerance {}", quoted(text)), added(|shop| shop.tolerate(text))),
        }
    }
}

/// The shop with an addition, which must not change it if it is invalid.
fn added(add: impl FnOnce(&mut Scenario) -> Result<(), Diagnostic>) -> Result<Scenario, Diagnostic> {
    let before = Scenario::from_json(SHOP)?;
    let mut shop = before.clone();
    add(&mut shop).inspect_err(|_| assert_eq!(shop, before)).map(|()| shop)
}

/// The files next to the shop.
const FILES: &[(&str, &[u8])] = &[
    ("empty.jsonl", b"\n \r\n"),
    ("text.jsonl", b"{\"time_ms\": 0, \"class\": \"login\"}\n\nlogin at 5 ms\n"),
    ("list.jsonl", b"[0, \"login\", null]\n"),
    ("comma.jsonl", b"{\"time_ms\": 0, \"class\": \"login\",}\n"),
    ("cut.jsonl", b"{\"time_ms\": 0, \"class\": \"login\"}\n{\"time_ms\": 1, \"cla"),
    ("nan.jsonl", b"{\"time_ms\": NaN, \"class\": \"login\"}\n"),
    ("latin.jsonl", b"{\"time_ms\": 0, \"class\": \"caf\xe9\"}\n"),
    ("field.jsonl", b"{\"time\": 0, \"class\": \"login\"}\n"),
    ("missing.jsonl", b"{\"time_ms\": 0}\n"),
    ("quoted.jsonl", b"{\"time_ms\": \"5ms\", \"class\": \"login\"}\n"),
    ("number.jsonl", b"{\"time_ms\": 0, \"class\": 1}\n"),
    ("negative.jsonl", b"{\"time_ms\": -0.5, \"class\": \"login\"}\n"),
    ("late.jsonl", b"{\"time_ms\": 1e300, \"class\": \"login\"}\n"),
    ("order.jsonl", b"{\"time_ms\": 7.25, \"class\": \"list\"}\n{\"time_ms\": 7.2, \"class\": \"list\"}\n"),
    ("class.jsonl", b"{\"time_ms\": 0, \"class\": \"lgoin\"}\n"),
    ("odd.jsonl", b"{\"time_ms\": 0, \"class\": \"log\\u001b[31min\"}\n"),
    ("demands.jsonl", b"{\"time_ms\": 0, \"class\": \"login\", \"demands_ms\": [1.5]}\n"),
    ("demand.jsonl", b"{\"time_ms\": 0, \"class\": \"login\", \"demands_ms\": [2, -120, 30, 5]}\n"),
];

fn file(path: &str) -> io::Result<Box<dyn BufRead + Send>> {
    match FILES.iter().find(|(name, _)| *name == path) {
        Some((_, content)) => Ok(Box::new(Cursor::new(*content))),
        None if path == "long.jsonl" => Ok(Box::new(Cursor::new(vec![b' '; 2_000_000]))),
        None if path == "folder" => Err(ErrorKind::IsADirectory.into()),
        None if path == "secret.jsonl" => Err(ErrorKind::PermissionDenied.into()),
        None => Err(ErrorKind::NotFound.into()),
    }
}

/// A text on one line, for display.
fn quoted(text: &str) -> String {
    format!("«{}»", text.replace('\n', "⏎").replace('\0', "␀"))
}

/// Compares with a file at the root of the repository, or rewrites it.
fn check_golden(path: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    for (number, (stored, now)) in stored.lines().zip(text.lines()).enumerate() {
        assert_eq!(
            stored,
            now,
            "{}:{}: run `UPDATE_GOLDEN=1 cargo test` and review the diff",
            path.display(),
            number + 1
        );
    }
    assert_eq!(stored.len(), text.len(), "{} is out of date: run `UPDATE_GOLDEN=1 cargo test`", path.display());
}

/// Any input gives a scenario, or a diagnostic with a place in the text.
fn check_reads(bytes: &[u8], changes: &[Change]) {
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
    let source = Source::from_bytes("shop.json", bytes.to_vec());
    let result = source.and_then(|source| read(source, "shop", changes, &Files::none()));
    let Err(diagnostic) = result else { return };
    assert!(diagnostic.render(true).len() < 20_000);
    match diagnostic.place() {
        Some(("shop.json", line, column)) => assert!(line <= lines && line > 0 && column > 0, "{diagnostic:?}"),
        Some(("--set", line, _)) => assert!(line == 1 && !changes.is_empty(), "{diagnostic:?}"),
        Some(place) => panic!("{place:?} is not a source"),
        None => assert!(diagnostic.message().contains("UTF-16"), "{diagnostic:?}"),
    }
}

/// Pieces of random texts.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u",
    "\\ud800",
    "//",
    "/*",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\u{feff}",
    "é",
    "日",
    "🚀",
    "\u{2028}",
    "\u{202e}",
    "0",
    "-1",
    "1e999",
    "1e-999",
    "18446744073709551616",
    "0.1",
    "-0",
    "NaN",
    "null",
    "true",
    "\"\"",
    "\"x\"",
    "\"20ms\"",
    "\"80/s\"",
    "{}",
    "[]",
    "\"all\": 1,",
    "\"phases\": [],",
    "\"name\": \"sync\",",
    "'",
    "+",
    ".",
    "=",
    " ",
    "db",
    "\"time\":",
    "\"at\":",
    "\"classes\":",
    "\"policies\":",
    "\"run\":",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3000) })]

    #[test]
    fn every_mutation_of_a_scenario_is_handled(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, prop::sample::select(PIECES)), 1..6),
    ) {
        let mut text = SHOP.as_bytes().to_vec();
        for (at, length, piece) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + length).min(text.len());
            text.splice(at..end, piece.bytes());
        }
        check_reads(&text, &[]);
    }

    #[test]
    fn arbitrary_bytes_are_handled(bytes in prop::collection::vec(any::<u8>(), 0..60), at in any::<prop::sample::Index>()) {
        check_reads(&bytes, &[]);
        let mut text = SHOP.as_bytes().to_vec();
        let at = at.index(text.len());
        text.splice(at..at, bytes);
        check_reads(&text, &[]);
    }

    #[test]
    fn every_change_is_handled(
        path in prop::collection::vec(prop::sample::select(&[
            "classes", "list", "phases", "0", "1", "9", "db", "wait", "time", "arrivals", "poisson", "at", "machine",
            "cores", "policies", "sync", "threaded", "workers", "name", "run", "seed", "backends", "idp", "", "[0]", "[",
            "é", "description",
        ][..]), 0..6),
        value in prop::sample::select(PIECES),
        dots in any::<bool>(),
    ) {
        let path = path.join(if dots { "." } else { "" });
        check_reads(SHOP.as_bytes(), &[Change::new(format!("{path}={value}"))]);
    }
}

/// Pieces of random objectives and tolerances.
const JUDGEMENTS: &[&str] = &[
    "async",
    "list",
    "all",
    "p99",
    "utilization",
    "backends",
    "db",
    "idp",
    "slowdown",
    "requests",
    "failed",
    "warn:",
    "warm:",
    ".",
    ".",
    "<",
    "<=",
    "=",
    "==",
    ">",
    "!",
    "≤",
    "400ms",
    "80%",
    "5",
    "0",
    "-1",
    "1e999",
    "70/s",
    "x",
    "×",
    "%",
    ",",
    " ",
    "\n",
    "\t",
    "\0",
    "é",
    "日",
    "🚀",
    "\u{2028}",
    "\u{feff}",
    "\"",
    "\\",
    "nan",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn every_objective_and_tolerance_is_handled(pieces in prop::collection::vec(prop::sample::select(JUDGEMENTS), 0..9)) {
        let text = pieces.concat();
        let mut shop = Scenario::from_json(SHOP).unwrap();
        let lines = text.matches('\n').count() + 1;
        for (source, result) in [("--assert", shop.assert(&text)), ("--tolerance", shop.tolerate(&text))] {
            let Err(diagnostic) = result else { continue };
            let (name, line, column) = diagnostic.place().unwrap();
            assert!(name == source && line <= lines && column > 0, "{diagnostic:?}");
            assert!(diagnostic.render(true).len() < 20_000);
        }
        let quoted = serde_json::to_string(&text).unwrap();
        let in_file = SHOP.replace(r#""seed": 1 }"#, &format!("\"seed\": 1 }}, \"slo\": [{quoted}]"));
        check_reads(in_file.as_bytes(), &[]);
        let from_file = Scenario::from_json(&in_file).map(|shop| shop.objectives().len());
        assert_eq!(from_file.is_ok(), shop.objectives().len() == 1, "{text:?}");
    }
}

#[test]
fn a_change_with_too_many_names_is_rejected() {
    let path = "a.".repeat(50_000);
    let error = read(Source::new("shop.json", SHOP), "shop", &[Change::new(format!("{path}b=1"))], &Files::none());
    assert_eq!(error.unwrap_err().message(), "the path is too long");
}

#[test]
fn an_overlong_name_is_rejected() {
    let long = SHOP.replace("\"login\"", &format!("\"{}\"", "x".repeat(100_000)));
    let error = Scenario::from_json(&long).unwrap_err();
    assert!(error.message().starts_with("a class may not be named `xxx"), "{error}");
    assert!(error.to_string().contains("longer than 500 characters"), "{error}");
}

#[test]
fn a_scenario_with_too_many_values_is_rejected() {
    let error = Scenario::from_json(&format!("[{}0]", "0,".repeat(2_500_000))).unwrap_err();
    assert_eq!(error.message(), "the scenario has too many values");
}

#[test]
fn a_text_nested_too_deeply_is_rejected() {
    for piece in ["[", "{\"a\":", "[{\"a\":[", "{\"classes\":{\"a\":{\"phases\":[{\"db\":{\"mixture\":["] {
        let text = piece.repeat(200_000);
        let error = Scenario::from_json(&text).unwrap_err();
        assert_eq!(error.message(), "lists and objects are nested too deeply");
        assert!(error.render(false).len() < 2000);
    }
}
