//! The public surface of the library, as a list: a change of it is seen in review.
//!
//! `UPDATE_GOLDEN=1 cargo test --test golden public_api` rewrites `tests/golden/public_api.txt`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// All Rust files below a folder.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort_unstable();
    files
}

/// The names that the first page of the documentation lists: those of `pub use` statements.
fn exported(lib: &str) -> BTreeSet<String> {
    let statements = lib.split("pub use ").skip(1).filter_map(|rest| rest.split(';').next());
    let names = statements.flat_map(|statement| {
        let list = statement.rsplit("::").next().unwrap_or_default();
        let list = if statement.contains('{') { statement.split('{').nth(1).unwrap_or_default() } else { list };
        list.replace('}', "").split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>()
    });
    names.filter(|name| !name.is_empty() && name != "*").collect()
}

/// The name that a line at the left margin defines or implements.
fn subject(line: &str) -> Option<&str> {
    let words = ["pub struct ", "pub enum ", "pub fn ", "pub const fn ", "impl "];
    let rest = words.iter().find_map(|word| line.strip_prefix(word))?;
    rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next()
}

/// The public lines of a file that belong to one of the names: items at the margin, fields, variants and methods inside.
fn public_lines(text: &str, is_public: impl Fn(&str) -> bool) -> Vec<String> {
    let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let mut lines = Vec::new();
    let mut inside = false;
    let mut is_enum = false;
    let mut is_internal = false;
    for line in text.lines() {
        if line.trim() == "#[cfg(feature = \"internals\")]" {
            is_internal = true;
            continue;
        }
        let is_item = !line.starts_with([' ', '/', '#', '}', ')']) && !line.is_empty();
        if is_item {
            inside = !is_internal && subject(line).is_some_and(&is_public) && !line.contains(" for ");
            is_enum = line.starts_with("pub enum ");
        }
        let is_member = line.starts_with("    pub ")
            || is_enum && line.starts_with("    ") && line[4..].starts_with(|letter: char| letter.is_ascii_uppercase());
        let is_shown = is_item && line.starts_with("pub ") || is_member && !line.contains("pub(");
        if inside && is_shown && !is_internal {
            lines.push(line.trim_end_matches([' ', '{', ',']).to_owned());
        }
        if !line.trim_start().starts_with(['/', '#']) {
            is_internal = false;
        }
    }
    lines
}

#[test]
fn the_public_surface_is_the_listed_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let names = exported(&fs::read_to_string(root.join("src/lib.rs")).unwrap());
    let mut listing = String::new();
    for file in rust_files(&root.join("src")) {
        let path = file.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/");
        let all_of_it = path.starts_with("src/stats/results/");
        let lines = public_lines(&fs::read_to_string(&file).unwrap(), |name| all_of_it || names.contains(name));
        if !lines.is_empty() && (!path.starts_with("src/cli/") || path == "src/cli/mod.rs") {
            listing += &format!("# {path}\n{}\n\n", lines.join("\n"));
        }
    }
    let stored = root.join("tests/golden/public_api.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&stored, &listing).unwrap();
    }
    let known = fs::read_to_string(&stored).unwrap_or_default();
    for (known, now) in known.lines().zip(listing.lines()) {
        assert_eq!(known, now, "if it is meant: UPDATE_GOLDEN=1 cargo test --test golden public_api");
    }
    assert_eq!(known.len(), listing.len(), "if it is meant: UPDATE_GOLDEN=1 cargo test --test golden public_api");
}
