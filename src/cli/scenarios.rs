//! The scenario files that the user named.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::arguments::ScenarioArguments;
use super::failure::Failure;
use super::files::{self, folder_of};
use super::outputs::{InputKind, Inputs};
use crate::policy::PolicyChoice;
use crate::random::Files;
use crate::scenario::{self, Diagnostic, Grid, Scenario, Source, Variation, allowed_names, did_you_mean};

/// The name of standard input.
const STDIN: &str = "-";

/// The ending of the name of a baseline.
const BASELINE: &str = "baseline.json";

/// The baseline file of a scenario file; none for standard input.
pub fn baseline_of(file: &str) -> Option<PathBuf> {
    (file != STDIN).then(|| Path::new(file).with_extension(BASELINE))
}

/// The files without baselines of other files among them: `*.json` matches both.
pub fn without_baselines(files: &[String]) -> Vec<String> {
    // A path without a file name, such as `.`, would be its own baseline.
    let baseline = |file: &String| baseline_of(file).filter(|baseline| baseline != Path::new(file));
    let baselines: Vec<PathBuf> = files.iter().filter_map(baseline).collect();
    files.iter().filter(|file| !baselines.iter().any(|baseline| baseline == Path::new(file))).cloned().collect()
}

/// Reads and checks all files, so that nothing runs if one of them is invalid. They are recorded as `inputs`, with the files
/// they name and their baselines.
///
/// # Errors
/// A diagnostic for each invalid file.
pub fn read(files: &[String], arguments: &ScenarioArguments, inputs: &Inputs) -> Result<Vec<Scenario>, Failure> {
    let mut wrong = Vec::new();
    let mut scenarios = Vec::new();
    let mut names: Vec<(String, &str)> = Vec::new();
    for file in &without_baselines(files) {
        match read_named(file, &mut names, arguments, inputs) {
            Ok(scenario) => scenarios.push(scenario),
            Err(diagnostic) => wrong.push(diagnostic),
        }
    }
    if wrong.is_empty() { Ok(scenarios) } else { Err(Failure::Bad(wrong)) }
}

/// Reads and checks one file, like [`read`].
///
/// # Errors
/// A diagnostic for an invalid file, or for a baseline.
pub fn read_one(file: &str, arguments: &ScenarioArguments, inputs: &Inputs) -> Result<Scenario, Failure> {
    Ok(read_named(file, &mut Vec::new(), arguments, inputs)?)
}

/// Reads a file whose scenario must not have the name of an earlier one.
fn read_named<'a>(
    file: &'a str,
    names: &mut Vec<(String, &'a str)>,
    arguments: &ScenarioArguments,
    inputs: &Inputs,
) -> Result<Scenario, Diagnostic> {
    let name = scenario_name(file)?;
    if let Some((_, other)) = names.iter().find(|(other, _)| *other == name) {
        return Err(Diagnostic::new(format!("`{other}` and `{file}` are both the scenario `{name}`"))
            .with_help("results go to a directory of that name: use each file once, and different names"));
    }
    names.push((name, file));
    let (name, source) = named_source(file, inputs)?;
    from_source(source, &name, folder_of(Path::new(file)), arguments, inputs)
}

/// Reads a file at all points of a sweep.
///
/// # Errors
/// A diagnostic for the scenario, a variation, or the scenario at a point.
pub fn read_grid(
    file: &str,
    variations: &[Variation],
    arguments: &ScenarioArguments,
    inputs: &Inputs,
) -> Result<Grid, Diagnostic> {
    let (name, source) = named_source(file, inputs)?;
    let files = files_in(folder_of(Path::new(file)), inputs);
    let mut grid = Grid::read(source, &name, &arguments.changes(), variations, &files)?;
    if let Some(seed) = arguments.changed.seed {
        grid.reseed(seed);
    }
    for policy in &arguments.changed.policies {
        expect_policy(policy, grid.base())?;
    }
    arguments.objectives.iter().try_for_each(|objective| grid.assert(objective))?;
    Ok(grid)
}

/// The name of the scenario in a file, and its text.
fn named_source(file: &str, inputs: &Inputs) -> Result<(String, Source), Diagnostic> {
    let name = scenario_name(file)?;
    let bytes = bytes_of(file)?;
    inputs.add(Path::new(if file == STDIN { "/dev/stdin" } else { file }), InputKind::Scenario);
    baseline_of(file).iter().for_each(|baseline| inputs.add(baseline, InputKind::Baseline));
    expect_no_baseline(file, &bytes)?;
    Ok((name, Source::from_bytes(shown(file), bytes)?))
}

/// A file name for messages.
pub fn shown(file: &str) -> &str {
    if file == STDIN { "<stdin>" } else { file }
}

fn expect_no_baseline(file: &str, bytes: &[u8]) -> Result<(), Diagnostic> {
    let Some(scenario) = file.strip_suffix(BASELINE) else { return Ok(()) };
    if !String::from_utf8_lossy(bytes).contains("\"schema\": \"waitline.baseline/") {
        return Ok(());
    }
    Err(Diagnostic::new(format!("`{file}` is a baseline, not a scenario"))
        .with_help(format!("`waitline check {scenario}json` compares with it")))
}

/// The scenario of a source; the files it names are in `folder`.
///
/// # Errors
/// The rule that it breaks, or a requested policy that does not exist.
pub fn from_source(
    source: Source,
    name: &str,
    folder: &Path,
    arguments: &ScenarioArguments,
    inputs: &Inputs,
) -> Result<Scenario, Diagnostic> {
    let files = files_in(folder, inputs);
    let mut scenario = scenario::read(source, name, &arguments.changes(), &files)?;
    if let Some(seed) = arguments.changed.seed {
        scenario.reseed(seed);
    }
    for policy in &arguments.changed.policies {
        expect_policy(policy, &scenario)?;
    }
    for objective in &arguments.objectives {
        scenario.assert(objective)?;
    }
    Ok(scenario)
}

/// Reads the files that a scenario in this folder names; they are recorded as `inputs`.
pub fn files_in(folder: &Path, inputs: &Inputs) -> Files {
    let (folder, inputs) = (folder.to_owned(), inputs.clone());
    Files::new(move |path| {
        let path = folder.join(path);
        inputs.add(path.strip_prefix(".").unwrap_or(&path), InputKind::Named);
        files::open(&path)
    })
}

/// Makes sure that the policy to compare with is one of those that run.
///
/// # Errors
/// If a scenario has no such policy, or it does not run.
pub fn expect_against(against: &str, scenarios: &[Scenario], chosen: &[String]) -> Result<(), Diagnostic> {
    for scenario in scenarios {
        expect_policy(against, scenario)?;
    }
    if chosen.is_empty() || chosen.iter().any(|name| name == against) {
        return Ok(());
    }
    Err(Diagnostic::new(format!("`--against {against}` names a policy that does not run"))
        .with_help(format!("add `--policy {against}`")))
}

fn expect_policy(wanted: &str, scenario: &Scenario) -> Result<(), Diagnostic> {
    let names: Vec<_> = scenario.policies().iter().map(PolicyChoice::name).collect();
    if names.contains(&wanted) {
        return Ok(());
    }
    let help = allowed_names("its policies", wanted, names);
    Err(Diagnostic::new(format!("scenario `{}` has no policy `{wanted}`", scenario.name())).with_help(help))
}

/// The file's name without its folder and its extension.
fn scenario_name(file: &str) -> Result<String, Diagnostic> {
    if file == STDIN {
        return Ok("stdin".to_owned());
    }
    let stem = Path::new(file).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    // A scenario's name becomes the name of a folder: these two would be other folders.
    stem.filter(|name| name != "." && name != "..").ok_or_else(|| {
        if Path::new(file).is_dir() {
            return Diagnostic::unreadable(file, &io::ErrorKind::IsADirectory.into());
        }
        Diagnostic::new(format!("`{file}` gives a scenario no name"))
            .with_help("name a file such as `shop.json`, or `-` for standard input")
    })
}

fn bytes_of(file: &str) -> Result<Vec<u8>, Diagnostic> {
    if file == STDIN {
        let read = files::bytes_up_to(io::stdin().lock(), files::MOST_OF_SCENARIO);
        return read.map_err(|error| Diagnostic::unreadable("<stdin>", &error));
    }
    files::read_up_to(Path::new(file), files::MOST_OF_SCENARIO).map_err(|error| {
        let diagnostic = Diagnostic::unreadable(file, &error);
        match similar_file(file).filter(|_| error.kind() == io::ErrorKind::NotFound) {
            Some(found) => diagnostic.with_help(format!("did you mean `{found}`?")),
            None => diagnostic,
        }
    })
}

fn similar_file(file: &str) -> Option<String> {
    let path = Path::new(file);
    let wanted = path.file_name()?.to_string_lossy();
    let mut names: Vec<String> = fs::read_dir(folder_of(path))
        .ok()?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".json") || name.ends_with(".jsonc"))
        .collect();
    names.sort();
    let found = did_you_mean(&wanted, names.iter().map(String::as_str))?;
    Some(path.with_file_name(found).display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scenario_has_the_name_of_its_file() {
        assert_eq!(scenario_name("scenarios/lecture.json").unwrap(), "lecture");
        assert_eq!(scenario_name("-").unwrap(), "stdin");
        assert_eq!(scenario_name("web.shop.json").unwrap(), "web.shop");
    }

    #[test]
    fn no_scenario_may_leave_the_output_folder() {
        for file in ["...json", "..json", "..", "/"] {
            assert!(scenario_name(file).is_err(), "{file}");
        }
    }
}
