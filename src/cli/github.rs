//! Environment variables that GitHub Actions sets for a command.

use std::path::PathBuf;
use std::{env, fs};

use super::failure::Failure;
use super::files;
use crate::output::{Document, step_summary};

/// The working directory relative to the root of the repository; empty if it is the same or unknown.
pub fn folder() -> String {
    let below_workspace = || -> Option<PathBuf> {
        let workspace = fs::canonicalize(variable("GITHUB_WORKSPACE")?).ok()?;
        let here = fs::canonicalize(env::current_dir().ok()?).ok()?;
        Some(here.strip_prefix(workspace).ok()?.to_owned())
    };
    below_workspace().map(|folder| folder.to_string_lossy().replace('\\', "/")).unwrap_or_default()
}

/// Appends the documents to the step summary, if there is one.
///
/// # Errors
/// If it cannot be written.
pub fn add_step_summary(documents: &[Box<dyn Document>]) -> Result<(), Failure> {
    let Some(path) = summary_path() else { return Ok(()) };
    let taken = fs::metadata(&path).map_or(0, |found| found.len());
    let summary = step_summary(documents, usize::try_from(taken).unwrap_or(usize::MAX));
    files::append(&path, &summary)
}

/// The file of the step summary, if there is one.
pub fn summary_path() -> Option<PathBuf> {
    variable("GITHUB_STEP_SUMMARY")
}

fn variable(name: &str) -> Option<PathBuf> {
    env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}
