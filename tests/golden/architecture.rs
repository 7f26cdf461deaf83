//! The pictures and the table of ARCHITECTURE.md are made from the source, so they are current.
//!
//! `UPDATE_GOLDEN=1 cargo test --test golden architecture` rewrites them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// From the top down: a floor uses those below it.
const FLOORS: [&str; 9] = ["cli", "output", "study", "stats", "scenario", "policy", "engine", "random", "model"];

/// The states of a request in the picture, where they stand, and what is written into each box.
const STATES: [(&str, [u32; 2], &str); 12] = [
    ("InBacklog", [320, 60], "in the backlog"),
    ("WaitingForThread", [20, 150], "waits for a thread"),
    ("WaitingForTurn", [320, 150], "waits for its turn"),
    ("WaitingForCore", [320, 240], "waits for a core"),
    ("Running", [320, 330], "runs"),
    ("WaitingForConnection", [640, 330], "waits for a connection"),
    ("Connecting", [900, 285], "opens a connection"),
    ("WaitingForBackend", [640, 240], "waits for the backend"),
    ("Waiting", [640, 150], "is served off the CPU"),
    ("Forked", [640, 420], "its branches are served"),
    ("BackingOff", [900, 195], "will repeat its call"),
    ("Away", [20, 60], "its client is away"),
];

/// The ways from one state to another.
const WAYS: [(&str, &str, &str); 16] = [
    ("Away", "InBacklog", "retries"),
    ("InBacklog", "WaitingForTurn", "taken by a worker"),
    ("WaitingForTurn", "WaitingForThread", "handed off"),
    ("WaitingForThread", "WaitingForTurn", ""),
    ("WaitingForTurn", "WaitingForCore", "gets the lock or loop"),
    ("WaitingForCore", "Running", "gets a core"),
    ("Running", "WaitingForCore", "quantum ends"),
    ("Running", "WaitingForConnection", "asks a backend"),
    ("WaitingForConnection", "WaitingForBackend", "connected"),
    ("WaitingForConnection", "Connecting", ""),
    ("Connecting", "WaitingForBackend", ""),
    ("WaitingForBackend", "Waiting", "query starts"),
    ("Running", "Waiting", "plain wait"),
    ("Running", "Forked", "parallel waits"),
    ("Waiting", "BackingOff", ""),
    ("Waiting", "WaitingForTurn", "wait over"),
];

const BOX: [u32; 2] = [180, 36];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn check(path: &str, text: &str) {
    let file = root().join(path);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
    }
    let stored = fs::read_to_string(&file).unwrap_or_default();
    assert!(stored == text, "{path} is not current: UPDATE_GOLDEN=1 cargo test --test golden architecture");
}

/// The first sentence of a file's documentation.
fn about(file: &Path) -> String {
    let text = fs::read_to_string(file).unwrap();
    let lines =
        text.lines().take_while(|line| line.starts_with("//!")).map(|line| line.trim_start_matches("//!").trim());
    let paragraph: Vec<&str> = lines.take_while(|line| !line.is_empty()).collect();
    let paragraph = paragraph.join(" ").replace(['[', ']', '`'], "").replace("crate::", "");
    paragraph.split(". ").next().unwrap_or_default().trim_end_matches('.').to_owned()
}

/// The files and folders of a floor, by their module names.
fn modules(floor: &Path) -> Vec<String> {
    let entries = fs::read_dir(floor).unwrap().map(|entry| entry.unwrap().path());
    let mut names: Vec<String> = entries
        .filter(|path| path.is_dir() || path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned() + if path.is_dir() { "/" } else { "" })
        .filter(|name| name != "mod" && name != "tests")
        .collect();
    names.sort_unstable();
    names.dedup_by(|one, other| one.trim_end_matches('/') == other.trim_end_matches('/'));
    names
}

/// Words in lines of at most `width` letters.
fn wrapped(words: &[String], width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words {
        let line = lines.last_mut().unwrap();
        if !line.is_empty() && line.len() + 2 + word.len() > width {
            lines.push(word.clone());
        } else {
            let between = if line.is_empty() { "" } else { "  " };
            let _ = write!(line, "{between}{word}");
        }
    }
    lines
}

fn text(svg: &mut String, [x, y]: [u32; 2], style: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(svg, r#"<text x="{x}" y="{y}" {style}>{words}</text>"#);
}

fn picture(width: u32, height: u32, inside: &str) -> String {
    format!(
        concat!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" "#,
            r#"font-family="sans-serif">"#,
            "\n<rect width=\"{w}\" height=\"{h}\" fill=\"#ffffff\"/>\n{inside}</svg>\n"
        ),
        w = width,
        h = height,
        inside = inside
    )
}

#[test]
fn the_picture_of_the_floors_shows_what_is_there() {
    const WIDTH: u32 = 860;
    let mut inside = String::new();
    let mut y = 16;
    for floor in FLOORS {
        let folder = root().join("src").join(floor);
        let lines = wrapped(&modules(&folder), 104);
        let height = 44 + 16 * lines.len() as u32;
        let _ = writeln!(
            inside,
            r##"<rect x="16" y="{y}" width="{}" height="{height}" rx="6" fill="#eef4fb" stroke="#4a6fa5"/>"##,
            WIDTH - 32
        );
        text(&mut inside, [30, y + 24], r##"font-size="16" font-weight="bold" fill="#1b3a63""##, floor);
        let sentence = about(&folder.join("mod.rs"));
        assert!(sentence.len() <= 96, "the first sentence of {floor} is too long for the picture: {sentence}");
        text(&mut inside, [130, y + 24], r##"font-size="13" fill="#222222""##, &sentence);
        for (row, line) in lines.iter().enumerate() {
            text(&mut inside, [130, y + 44 + 16 * row as u32], r##"font-size="11" fill="#555555""##, line);
        }
        y += height + 8;
    }
    check("docs/architecture/floors.svg", &picture(WIDTH, y + 8, &inside));
}

/// The states of a request and what the source says about each.
fn states() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("src/engine/requests.rs")).unwrap();
    let body = text.split("enum State {").nth(1).and_then(|rest| rest.split("\n}").next()).expect("the enum is there");
    let mut states = Vec::new();
    let mut about = Vec::new();
    for line in body.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.strip_prefix("///") {
            Some(words) => about.push(words.trim().to_owned()),
            None => {
                let name = line.split(['(', ',']).next().unwrap_or_default().to_owned();
                states.push((name, std::mem::take(&mut about).join(" ")));
            }
        }
    }
    states
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            files.extend(rust_files(&entry));
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            files.push(entry);
        }
    }
    files.sort_unstable();
    files
}

/// Where the engine puts requests into each state: functions, by file.
fn movers() -> BTreeMap<String, Vec<String>> {
    let engine = root().join("src/engine");
    let mut movers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in rust_files(&engine) {
        let name = file.strip_prefix(&engine).unwrap().with_extension("").to_string_lossy().replace('\\', "/");
        let mut function = String::new();
        for line in fs::read_to_string(&file).unwrap().lines() {
            if let Some(rest) = line.split("fn ").nth(1).filter(|_| !line.trim_start().starts_with("//")) {
                function = rest.split(['(', '<']).next().unwrap_or_default().to_owned();
            }
            let Some(state) = line.split("state = State::").nth(1).or_else(|| line.split("state: State::").nth(1))
            else {
                continue;
            };
            let state = state.split(['(', ';', ',', ' ']).next().unwrap_or_default().to_owned();
            let mover = format!("`{name}::{function}`");
            let of_state = movers.entry(state).or_default();
            if !of_state.contains(&mover) {
                of_state.push(mover);
            }
        }
    }
    movers
}

#[test]
fn the_states_of_a_request_are_listed_with_who_moves_it_there() {
    let movers = movers();
    let mut table = String::from("| State | A request in it | Moved there by |\n| --- | --- | --- |\n");
    for (state, about) in states() {
        let by = movers.get(&state).unwrap_or_else(|| panic!("nothing moves a request into {state}"));
        let _ = writeln!(table, "| `{state}` | {about} | {} |", by.join(", "));
    }
    let file = root().join("ARCHITECTURE.md");
    let page = fs::read_to_string(&file).unwrap();
    const MARKS: [&str; 2] = ["<!-- states: generated -->\n", "<!-- end of states -->"];
    let (before, rest) = page.split_once(MARKS[0]).expect("ARCHITECTURE.md has a place for the states");
    let (_, after) = rest.split_once(MARKS[1]).expect("the place has an end");
    check("ARCHITECTURE.md", &format!("{before}{}{table}{}{after}", MARKS[0], MARKS[1]));
}

#[test]
fn the_picture_of_a_request_shows_each_of_its_states() {
    let named: Vec<&str> = STATES.iter().map(|(name, ..)| *name).collect();
    for (state, _) in states() {
        assert!(named.contains(&&*state), "{state} is missing in the picture");
    }
    assert_eq!(named.len(), states().len(), "the picture shows a state that does not exist");
    let place = |name: &str| STATES.iter().find(|(state, ..)| *state == name).expect("a state of the picture").1;
    let mut inside = String::from(concat!(
        r##"<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" "##,
        r##"orient="auto-start-reverse"><path d="M0 0 L8 4 L0 8 z" fill="#4a6fa5"/></marker></defs>"##,
        "\n"
    ));
    for (from, to, label) in WAYS {
        way(&mut inside, place(from), place(to), label);
    }
    for (_, [x, y], label) in STATES {
        let [w, h] = BOX;
        let _ = writeln!(
            inside,
            r##"<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="6" fill="#eef4fb" stroke="#4a6fa5"/>"##
        );
        let middle = r##"font-size="13" text-anchor="middle" fill="#1b3a63""##;
        text(&mut inside, [x + w / 2, y + 23], middle, label);
    }
    let plain = r##"font-size="12" fill="#222222""##;
    text(&mut inside, [320, 44], plain, "A request arrives");
    text(&mut inside, [20, 340], plain, "It departs from any state: answered,");
    text(&mut inside, [20, 358], plain, "rejected, timed out or failed.");
    text(&mut inside, [640, 476], plain, "then waits for its turn again");
    check("docs/architecture/request.svg", &picture(1100, 500, &inside));
}

/// An arrow between two boxes, with its label.
fn way(inside: &mut String, [x, y]: [u32; 2], [to_x, to_y]: [u32; 2], label: &str) {
    let [w, h] = BOX;
    // Two arrows between the same boxes stand side by side.
    let aside = if (x, y) < (to_x, to_y) { 12 } else { 0 };
    let ([from_x, from_y], [end_x, end_y]) = if x == to_x {
        let down = to_y > y;
        let at = x + w / 2 - 12 + 2 * aside;
        ([at, if down { y + h } else { y }], [at, if down { to_y } else { to_y + h }])
    } else {
        let right = to_x > x;
        let lift = h / 2 - 6 + aside;
        ([if right { x + w } else { x }, y + lift], [if right { to_x } else { to_x + w }, to_y + lift])
    };
    let _ = writeln!(
        inside,
        r##"<path d="M{from_x} {from_y} L{end_x} {end_y}" stroke="#4a6fa5" fill="none" marker-end="url(#tip)"/>"##
    );
    let (middle_x, middle_y) = ((from_x + end_x) / 2, (from_y + end_y) / 2);
    let (anchor, place) = if x == to_x {
        if aside == 0 { ("end", [middle_x - 6, middle_y + 4]) } else { ("start", [middle_x + 6, middle_y + 4]) }
    } else {
        ("middle", [middle_x, middle_y - 6])
    };
    let style = format!(r##"font-size="11" text-anchor="{anchor}" fill="#555555""##);
    text(inside, place, &style, label);
}
