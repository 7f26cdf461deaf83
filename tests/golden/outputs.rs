//! The scenarios produce the files in `output/`, byte for byte, with its gallery.
//!
//! `UPDATE_GOLDEN=1 cargo test --test golden` rewrites all of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, thread};

use super::gallery;
use crate::common::program::{Desk, text};

const REWRITE: &str = "UPDATE_GOLDEN=1 cargo test --test golden";

/// The files of one scenario by name: `results.json`, `timeline.svg`.
type Files = BTreeMap<String, String>;

/// What the run of a scenario gave.
pub struct Produced {
    pub files: Files,
    /// What it concludes, in Markdown.
    pub conclusion: String,
}

pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every scenario of the folder, by name.
pub fn scenarios() -> BTreeMap<String, PathBuf> {
    let paths = fs::read_dir(repository().join("scenarios")).unwrap().map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .filter(|path| !path.to_string_lossy().ends_with(".baseline.json"))
        .map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), path))
        .collect()
}

/// Runs a scenario as users do, in a separate directory.
fn run(name: &str, path: &Path) -> Produced {
    let desk = Desk::empty();
    let mut command = desk.waitline("run --format markdown");
    let printed = text(&command.arg(path).assert().success().get_output().clone());
    let conclusion = printed.lines().rev().find_map(|line| line.strip_prefix("**")?.strip_suffix(".**"));
    let conclusion = conclusion.unwrap_or_else(|| panic!("{name} has a conclusion:\n{printed}"));
    Produced { files: files(&desk.path(&format!("output/{name}"))), conclusion: format!("{conclusion}.") }
}

fn files(folder: &Path) -> Files {
    let Ok(entries) = fs::read_dir(folder) else { return Files::new() };
    entries
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), fs::read_to_string(entry.path()).unwrap()))
        .collect()
}

/// Makes the folder contain exactly these files.
fn rewrite(folder: &Path, produced: &Files) {
    if folder.exists() {
        fs::remove_dir_all(folder).unwrap();
    }
    fs::create_dir_all(folder).unwrap();
    for (file, text) in produced {
        fs::write(folder.join(file), text).unwrap();
    }
}

/// A description of the first difference between two texts.
pub fn first_difference(stored: &str, produced: &str) -> String {
    let lines = stored.lines().zip(produced.lines());
    match (1..).zip(lines).find(|(_, (stored, produced))| stored != produced) {
        Some((line, (stored, produced))) => {
            let start = stored.chars().zip(produced.chars()).take_while(|(a, b)| a == b).count().saturating_sub(20);
            let excerpt = |text: &str| text.chars().skip(start).take(100).collect::<String>();
            format!("line {line}\n  stored    {}\n  produced  {}", excerpt(stored), excerpt(produced))
        }
        None => format!("{} bytes stored, {} produced", stored.len(), produced.len()),
    }
}

fn differences(name: &str, stored: &Files, produced: &Files) -> Vec<String> {
    let mut differences = Vec::new();
    for (file, text) in produced {
        match stored.get(file) {
            Some(stored) if stored == text => {}
            Some(stored) => differences.push(format!("output/{name}/{file}: {}", first_difference(stored, text))),
            None => differences.push(format!("output/{name}/{file} is missing")),
        }
    }
    for file in stored.keys().filter(|file| !produced.contains_key(*file)) {
        differences.push(format!("output/{name}/{file} is not produced any more"));
    }
    differences
}

#[test]
fn every_scenario_produces_the_contents_of_its_output_folder() {
    let output = repository().join("output");
    let checks: Vec<_> = scenarios()
        .into_iter()
        .map(|(name, path)| {
            let folder = output.join(&name);
            thread::spawn(move || {
                let produced = run(&name, &path);
                assert!(produced.files.contains_key("results.json"), "{name} writes results");
                if env::var_os("UPDATE_GOLDEN").is_some() {
                    rewrite(&folder, &produced.files);
                }
                (differences(&name, &files(&folder), &produced.files), (name, produced))
            })
        })
        .collect();
    let (differences, produced): (Vec<_>, BTreeMap<_, _>) =
        checks.into_iter().map(|check| check.join().unwrap()).unzip();
    let mut differences = differences.concat();
    let (page, path) = (gallery::page(&produced), output.join("README.md"));
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &page).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    differences.extend((stored != page).then(|| format!("output/README.md: {}", first_difference(&stored, &page))));
    assert!(differences.is_empty(), "{}\nif this is intended: {REWRITE}", differences.join("\n"));
}

#[test]
fn every_folder_in_output_has_its_scenario() {
    let scenarios = scenarios();
    assert!(scenarios.contains_key("lecture"), "the folder of scenarios exists");
    for entry in fs::read_dir(repository().join("output")).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if name == "README.md" || scenarios.contains_key(&*name) {
            continue;
        }
        let is_stale_folder = path.is_dir() && env::var_os("UPDATE_GOLDEN").is_some();
        assert!(is_stale_folder, "{} belongs to no scenario: delete it", path.display());
        fs::remove_dir_all(&path).unwrap();
    }
}
