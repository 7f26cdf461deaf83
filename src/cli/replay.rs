//! `waitline replay`: measured cases, predictions compared with observations.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Args;

use super::arguments::file;
use super::failure::{Failure, reason};
use super::files;
use super::outputs::{InputKind, Inputs, Outputs};
use super::reports;
use super::scenarios;
use super::shutdown::Shutdown;
use super::terminal::Stdout;
use crate::output::words::{bad_observations, case_description, not_replayable};
use crate::output::{Format, ReplayReport, replay_svg};
use crate::scenario::{self, Change, Diagnostic, Scenario, Source};
use crate::study::{CaseFile, JobPool, Observed, Replayed, ReplayedCase, replay};

const EXAMPLES: &str = "\
Examples:
  waitline replay validation/cases                       all cases of a folder
  waitline replay validation/cases/c04_gthread1x8        one case
  waitline replay validation/cases --format markdown     to paste into a page
  waitline replay validation/cases --picture errors.svg  percentiles, predicted against observed
  waitline replay validation/cases --set machine.quantum=processor_sharing   the effect of a detail

A case is a folder with:
  scenario.json             the scenario whose first policy predicts it; or case.json, a description of what was measured
  requests.jsonl            the requests that were sent, as a trace
  observed_latency_ms.csv   a line per request, a column per repeat: request,rep1,rep2

Exit codes:
  0  every case is within 10 %, or within the spread of the server's own repeats; if chance decides which worker
     accepts and the repeats are further apart, they are in the range of the predictions, which is at most 1.5 times theirs
  1  a case is not
  2  a case cannot be read
  3  no case can be predicted";

/// The files of a case.
const SCENARIO: &str = "scenario.json";
const CASE: &str = "case.json";
const TRACE: &str = "requests.jsonl";
const OBSERVED: &str = "observed_latency_ms.csv";

/// Compare predictions with measurements of real servers
///
/// Each case is a folder with requests that were sent to a real server, and their response times. The same requests are
/// simulated, and mean, percentiles and each request are compared with the observations.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ReplayCommand {
    /// Folders, each a case or a folder of cases
    #[arg(required = true, value_name = "DIR")]
    folders: Vec<PathBuf>,

    /// Change a value in every case, such as machine.wake_preemption=2ms; can be repeated
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = change)]
    changes: Vec<Change>,

    /// Number of predictions of a case in which chance decides which worker accepts; they differ in nothing else
    #[arg(long, value_name = "N", default_value = "20")]
    accept_streams: NonZeroU32,

    /// Print the comparison in this format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,

    /// Draw predicted and observed percentiles, as SVG
    #[arg(long, value_name = "FILE", value_parser = file())]
    picture: Option<PathBuf>,

    /// Instead, print the scenario of a single case
    #[arg(long, conflicts_with_all = ["picture"])]
    print_scenario: bool,
}

fn change(text: &str) -> Result<Change, std::convert::Infallible> {
    Ok(Change::new(text))
}

impl ReplayCommand {
    /// Replays the cases and prints the comparison.
    ///
    /// # Errors
    /// If a case cannot be read or its prediction is too far off, or no case can be predicted.
    pub fn execute(&self, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        reports::expect_shown(Some(self.format), &[], reports::WITHOUT_TIMELINES)?;
        let folders = self.cases()?;
        if self.print_scenario {
            return self.print(&folders, stdout);
        }
        let inputs = Inputs::default();
        let cases = each(&folders, |folder| self.read(folder, &inputs))?;
        let mut outputs = Outputs::new(&inputs, None, shutdown);
        reports::add_outputs(Some(self.format), &[], &mut outputs)?;
        self.picture.iter().try_for_each(|path| outputs.add(path))?;
        let pool = JobPool::default();
        let replayed = Replayed::new(each(&cases, |case| case.replay(self.accept_streams, &pool))?);
        let picture = self.picture.as_ref().map(|path| (path, replay_svg(&replayed)));
        let verdict = judge(&replayed);
        reports::print(ReplayReport(replayed), Some(self.format), stdout, shutdown)?;
        if let Some((path, svg)) = picture {
            files::write(path, &svg, shutdown)?;
        }
        verdict
    }

    /// The folders of all cases, ordered by name.
    fn cases(&self) -> Result<Vec<PathBuf>, Failure> {
        // A scenario can be printed before anything is measured.
        let marker = if self.print_scenario { CASE } else { OBSERVED };
        let is_case = |folder: &Path| folder.join(marker).is_file();
        let mut cases = Vec::new();
        for folder in &self.folders {
            if is_case(folder) {
                cases.push(folder.clone());
                continue;
            }
            let entries = fs::read_dir(folder).map_err(|error| no_folder(folder, &error))?;
            let mut found: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
            found.retain(|path| is_case(path));
            found.sort();
            if found.is_empty() {
                let help = format!("a case is a folder with {marker} in it; see `waitline replay --help`");
                return Err(Failure::bad(format!("there is no case in `{}`", folder.display()), help));
            }
            cases.extend(found);
        }
        Ok(cases)
    }

    fn read(&self, folder: &Path, inputs: &Inputs) -> Result<MeasuredCase, Diagnostic> {
        for name in [SCENARIO, CASE, OBSERVED] {
            inputs.add(&folder.join(name), InputKind::Case);
        }
        let path = folder.join(OBSERVED);
        let observed = Observed::parse(&text(&path)?).map_err(|bad| wrong(&path, &bad_observations(&bad)))?;
        Ok(MeasuredCase { folder: folder.to_owned(), scenario: self.scenario(folder, inputs)?, observed })
    }

    /// The scenario in the folder, or the one described by its `case.json`.
    fn scenario(&self, folder: &Path, inputs: &Inputs) -> Result<Scenario, Diagnostic> {
        let path = folder.join(SCENARIO);
        let source = if path.exists() {
            Source::from_bytes(path.display().to_string(), text(&path)?.into_bytes())?
        } else {
            Source::new(folder.join(CASE).display().to_string(), scenario_text(folder)?)
        };
        scenario::read(source, &name(folder), &self.changes, &scenarios::files_in(folder, inputs))
    }

    fn print(&self, folders: &[PathBuf], stdout: &mut Stdout) -> Result<(), Failure> {
        let [folder] = folders else {
            return Err(Failure::bad("--print-scenario is for one case", "name its folder"));
        };
        stdout.write(&scenario_text(folder)?)
    }
}

/// A case that has been read.
struct MeasuredCase {
    folder: PathBuf,
    scenario: Scenario,
    observed: Observed,
}

impl MeasuredCase {
    fn replay(&self, accept_streams: NonZeroU32, pool: &JobPool) -> Result<ReplayedCase, Diagnostic> {
        replay(&name(&self.folder), &self.scenario, &self.observed, accept_streams, pool)
            .map_err(|why| wrong(&self.folder, &not_replayable(why)))
    }
}

/// Does the same with each item; all errors are reported together.
fn each<T, R>(items: &[T], work: impl Fn(&T) -> Result<R, Diagnostic>) -> Result<Vec<R>, Failure> {
    let mut done = Vec::new();
    let mut wrong = Vec::new();
    for item in items {
        match work(item) {
            Ok(result) => done.push(result),
            Err(diagnostic) => wrong.push(diagnostic),
        }
    }
    if wrong.is_empty() { Ok(done) } else { Err(Failure::Bad(wrong)) }
}

/// The scenario described by a case's `case.json`.
fn scenario_text(folder: &Path) -> Result<String, Diagnostic> {
    let path = folder.join(CASE);
    let case = CaseFile::parse(&text(&path)?).map_err(|error| wrong(&path, &error.to_string()))?;
    Ok(crate::output::json_text(&case.scenario(&case_description(&name(folder)), TRACE)))
}

fn name(folder: &Path) -> String {
    let real = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    real.file_name().map_or_else(|| "case".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn text(path: &Path) -> Result<String, Diagnostic> {
    files::text_up_to(path, files::MOST_OF_DATA).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::unreadable(&path.display().to_string(), error)
}

fn no_folder(path: &Path, error: &io::Error) -> Diagnostic {
    let shown = path.display();
    let what = match error.kind() {
        io::ErrorKind::NotFound => format!("there is no folder `{shown}`"),
        io::ErrorKind::NotADirectory => format!("`{shown}` is not a folder"),
        _ => format!("cannot read the folder `{shown}`: {}", reason(error)),
    };
    Diagnostic::new(what)
        .with_help("name the folder of a measured case, or a folder of cases; see `waitline replay --help`")
}

fn wrong(path: &Path, what: &str) -> Diagnostic {
    Diagnostic::new(format!("`{}`: {what}", path.display()))
}

fn judge(replayed: &Replayed) -> Result<(), Failure> {
    match replayed.judged() {
        (0, _) if replayed.cases.iter().any(|case| case.no_prediction.is_some()) => {
            Err(Failure::Incomplete("no case can be predicted".to_owned()))
        }
        (_, 0) => Ok(()),
        (_, 1) => Err(Failure::Gate("a case is off".to_owned())),
        (_, off) => Err(Failure::Gate(format!("{off} cases are off"))),
    }
}
