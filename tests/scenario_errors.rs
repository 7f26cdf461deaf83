//! Every mistake a person can make in a scenario, with the whole message that it gets.
//!
//! `UPDATE_GOLDEN=1 cargo test` rewrites `tests/golden/scenario_errors.txt`.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use waitline::scenario::{Change, Diagnostic, Scenario, Source, read};

const SHOP: &str = include_str!("data/shop.json");

/// A mistake: in the text of the shop, in a text of its own, or in a change.
enum Mistake {
    /// The shop with one stretch replaced.
    Replace(&'static str, &'static str),
    /// A whole text.
    Text(&'static str),
    /// A file of these bytes.
    Bytes(&'static [u8]),
    /// The shop with `--set`.
    Set(&'static str),
}

use Mistake::{Bytes, Replace, Set, Text};

/// The mistakes, by what they are about.
const MISTAKES: &[(&str, &[Mistake])] = &[
    (
        "No scenario",
        &[
            Text(""),
            Text(" \n\n"),
            Text("// nothing\n// at all\n"),
            Text("[]"),
            Text("42"),
            Text("{}"),
            Text("hello"),
            Bytes(b"{\n  \"classes\": { \"caf\xe9\": {} }\n}"),
            Bytes(b"\xff\xfe{\0}\0"),
        ],
    ),
    (
        "Not JSON",
        &[
            Replace("\"poisson\": \"25/s\" },", "\"poisson\": \"25/s\" }"),
            Replace("{ \"sleep\": \"5ms\" } ]", "{ \"sleep\": \"5ms\" }, ]"),
            Replace("\"cores\": 2, \"quantum\"", "\"cores\": 2 \"quantum\""),
            Replace("\"cores\": 2,", "\"cores\" 2,"),
            Replace("\"cores\": 2,", "\"cores\": ,"),
            Replace("\"cores\": 2,", "cores: 2,"),
            Replace("\"cores\": 2,", "\"cores\": 02,"),
            Replace("\"cores\": 2,", "\"cores\": 0x2,"),
            Replace("\"cores\": 2,", "\"cores\": +2,"),
            Replace("\"cores\": 2,", "\"cores\": 2.,"),
            Replace("\"cores\": 2,", "\"cores\": 2e,"),
            Replace("\"cores\": 2,", "\"cores\": -,"),
            Replace("\"cv\": 0.8", "\"cv\": NaN"),
            Replace("\"cv\": 0.8", "\"cv\": -Infinity"),
            Replace("\"cv\": 0.8", "\"cv\": 1e999"),
            Replace("\"gil\": true", "\"gil\": True"),
            Replace("\"gil\": true", "\"gil\": yes"),
            Replace("\"max_in_progress\": 100", "\"max_in_progress\": None"),
            Replace("\"25/s\"", "25/s"),
            Replace("\"25/s\"", "'25/s'"),
            Replace("\"25/s\"", "\"25/s"),
            Replace("\"25/s\"", "\"25\\q\""),
            Replace("\"25/s\"", "\"25\\ud800\""),
            Replace("\"25/s\"", "\"25\u{0}/s\""),
            Replace("// or \"duration\": \"10m\"", "/* or a duration */"),
            Replace("// or \"duration\": \"10m\"\n}", ""),
            Replace("// or \"duration\": \"10m\"\n}", "}}"),
            Replace("// or \"duration\": \"10m\"\n}", "} {}"),
            Replace("\"max_in_progress\": 100 } } ],", "\"max_in_progress\": 100 } },"),
            Replace(
                "\"phases\": [\n      { \"framework\": \"2ms\" },\n      { \"wait\"",
                "\"phases\": [\n      { \"framework\": \"2ms\" },,\n      { \"wait\"",
            ),
            Replace("\"backends\": { \"idp\": {} }", "\"backends\": { {} }"),
            Replace("\"backends\": { \"idp\": {} }", "\"backends\": { \"idp\": {} ]"),
        ],
    ),
];

#[test]
fn every_mistake_gets_a_message_that_helps() {
    let mut report = String::new();
    for (about, mistakes) in MISTAKES {
        let _ = writeln!(report, "# {about}\n");
        for mistake in *mistakes {
            let (what, result) = mistake.read();
            let message = match result {
                Ok(_) => panic!("{what}\nis no mistake"),
                Err(diagnostic) => diagnostic.render(false),
            };
            let _ = writeln!(report, "{what}\n\n{message}\n");
        }
    }
    check_golden("tests/golden/scenario_errors.txt", &report);
}

impl Mistake {
    fn read(&self) -> (String, Result<Scenario, Diagnostic>) {
        let mut no_files = |file: &str| Err(format!("there is no file `{file}`\nname one beside the scenario"));
        let mut shop =
            |text: &str, changes: &[Change]| read(Source::new("shop.json", text), "shop", changes, &mut no_files);
        match self {
            Replace(old, new) => {
                assert_eq!(SHOP.matches(old).count(), 1, "{old} stands once in the shop");
                (format!("{} -> {}", quoted(old), quoted(new)), shop(&SHOP.replace(old, new), &[]))
            }
            Text(text) => (quoted(text), shop(text, &[])),
            Bytes(bytes) => {
                let source = Source::from_bytes("shop.json", bytes.to_vec());
                (quoted(&bytes.escape_ascii().to_string()), source.and_then(|source| shop(source.text(), &[])))
            }
            Set(change) => (format!("--set {}", quoted(change)), shop(SHOP, &[Change::new(*change)])),
        }
    }
}

/// One line that shows a text.
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
            "{}:{}: run `UPDATE_GOLDEN=1 cargo test` and look at the diff",
            path.display(),
            number + 1
        );
    }
    assert_eq!(stored.len(), text.len(), "{} is not current: run `UPDATE_GOLDEN=1 cargo test`", path.display());
}

#[test]
fn the_shop_is_read() {
    let shop = Scenario::from_json(SHOP).unwrap();
    assert_eq!(shop.backends, ["db", "idp"]);
    let lecture = Scenario::from_json(include_str!("../scenarios/lecture.json")).unwrap();
    assert_eq!(lecture.policies.len(), 3);
    println!("{lecture:#?}\n{}", serde_json::to_string_pretty(&waitline::scenario::schema()).unwrap());
}
