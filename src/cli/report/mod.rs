//! `waitline report`: a scenario as one page to open in a browser.

mod before;

use std::ops::ControlFlow;
use std::path::{Component, Path, PathBuf};

use clap::Args;
use serde_json::Value;

use self::before::Before;
use super::arguments::{
    ChangedScenarioArguments, RunArguments, ScenarioArguments, StretchArguments, WhenUndecided, file,
};
use super::failure::Failure;
use super::files;
use super::outputs::{InputKind, Inputs, Outputs};
use super::progress::Progress;
use super::run_job::{expect_shown, why_incomplete};
use super::scenarios;
use super::shell::quoted;
use super::shutdown::Shutdown;
use super::terminal::note;
use crate::output::{BeforeNumbers, BeforePage, ReportPage, words};
use crate::scenario::{Change, Diagnostic, Scenario};
use crate::stats::SWEEP_SCHEMA;
use crate::study::{
    self, Baseline, Estimates, ExplainOptions, Explanations, JobPool, NotComparableReason, NotExplained, Options,
    PLAN_SCHEMA, TimelineStretch, Watch, WhichRequests, WhyNotComparable,
};

const EXAMPLES: &str = "\
Examples:
  waitline report shop.json                       write output/shop/report.html
  waitline report shop.json --before shop.json --set machine.cores=4     what would change, pair by pair
  waitline report shop.json --before shop.baseline.json
  waitline report shop.json --sweep output/shop/sweep.json      with the sweep that was run
  waitline report shop.json --policy async --replications 20
  waitline report shop.json --around fault payments            what happens before, during and after it
  waitline init | waitline report -               from standard input

Exit codes:
  0    fine
  2    invalid usage or scenario
  3    incomplete, which the page says in a banner; or nothing to compare with in --before
  4    cannot write
  130  interrupted";

/// Run a scenario and write one page to open in a browser
///
/// The page needs no server and loads nothing: it can be sent, stored and printed. It holds the verdict, what each request did under
/// each policy, the distributions, all tables with their intervals, what is assumed, and the command that writes it again. Without
/// scripts it can be read as well.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ReportCommand {
    /// Scenario file; `-` reads one from standard input
    #[arg(value_name = "FILE")]
    file: String,

    #[command(flatten)]
    scenario: ScenarioArguments,

    /// Show what changed since this: a baseline, results.json of an earlier run, or another scenario. The changes of --set are
    /// not made to it
    #[arg(long, value_name = "FILE", value_parser = file())]
    before: Option<PathBuf>,

    /// Also show a sweep of the scenario, from its sweep.json
    #[arg(long, value_name = "FILE", value_parser = file())]
    sweep: Option<PathBuf>,

    /// Also show a plan of the scenario, from its JSON (`waitline plan --format json`)
    #[arg(long, value_name = "FILE", value_parser = file())]
    plan: Option<PathBuf>,

    /// Find out what would have helped the slowest request and its class, also where that takes long [default: in runs of up to
    /// 100 requests]
    #[arg(long, help_heading = "Run")]
    what_if: bool,

    #[command(flatten)]
    run: RunArguments,

    /// Number of requests, from the first, that the timeline shows [default: all of up to 100, 40 of more]
    #[arg(long, value_name = "N", help_heading = "Output", conflicts_with_all = ["window", "around"])]
    timeline: Option<usize>,

    #[command(flatten)]
    stretch: StretchArguments,

    /// Print no notes or progress
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,

    /// Write to DIR/<scenario>/
    #[arg(long, value_name = "DIR", default_value = "output", help_heading = "Output")]
    out: PathBuf,
}

/// What was run before and is shown as well.
#[derive(Debug)]
struct Stored {
    sweep: Option<Value>,
    plan: Option<Value>,
}

/// The file in the folder of a scenario.
const PAGE: &str = "report.html";

impl ReportCommand {
    /// Reads the scenario, runs it, and writes the page.
    ///
    /// # Errors
    /// An invalid scenario, a file that cannot be written, or a run stopped by a limit.
    pub fn execute(&self, shutdown: &Shutdown) -> Result<(), Failure> {
        let inputs = Inputs::default();
        let scenario = scenarios::read_one(&self.file, &self.scenario, &inputs)?;
        if let Some(against) = &self.run.against {
            scenarios::expect_against(against, std::slice::from_ref(&scenario), &self.scenario.changed.policies)?;
        }
        let before = self.before.as_ref().map(|file| Before::read(file, &self.scenario, &inputs)).transpose()?;
        let stored = Stored {
            sweep: self.sweep.as_ref().map(|file| stored(file, SWEEP_SCHEMA, "points", &inputs)).transpose()?,
            plan: self.plan.as_ref().map(|file| stored(file, PLAN_SCHEMA, "policies", &inputs)).transpose()?,
        };
        let mut incomplete = Vec::new();
        let path = self.out.join(scenario.name()).join(PAGE);
        Outputs::new(&inputs, Some(&self.out), shutdown).add(&path)?;
        self.stretch.of(std::slice::from_ref(&scenario))?;
        let earlier = before.as_ref().and_then(Before::scenario);
        let earlier = earlier.map(|scenario| self.estimate(scenario, self.stretch.named())).transpose()?;
        // The same stretch of both, so that the eye sees what moved.
        let shown = earlier.as_ref().and_then(Estimates::shown_stretch);
        let estimates = self.estimate(&scenario, self.stretch.named().or(shown))?;
        if self.stretch.named().is_some() {
            expect_shown(&estimates)?;
        }
        let before = before.as_ref().map(|before| (before, earlier.as_ref()));
        let page = self.page(&estimates, before, &stored, &mut incomplete)?;
        files::write(&path, &page, shutdown)?;
        incomplete.extend(why_incomplete(&estimates.results(), self.scenario.undecided));
        if !self.quiet {
            note(&format!("wrote {}\n", path.display()));
        }
        if incomplete.is_empty() { Ok(()) } else { Err(Failure::Incomplete(incomplete.join("\n"))) }
    }

    /// The page; what cannot be compared is added to what is incomplete.
    fn page(
        &self,
        estimates: &Estimates<'_>,
        before: Option<(&Before, Option<&Estimates<'_>>)>,
        stored: &Stored,
        incomplete: &mut Vec<String>,
    ) -> Result<String, Failure> {
        let results = estimates.drawing();
        let name = self.before.as_deref().map(|file| file_name(&file.display().to_string())).unwrap_or_default();
        let numbers = match before {
            None => None,
            Some((Before::Results(results), _)) => Some(BeforeNumbers::Results(results.clone())),
            Some((Before::Baseline(baseline, _), _)) => Some(compared(baseline, estimates, &name)),
            Some((Before::Scenario(_), earlier)) => earlier.map(|earlier| compared_runs(earlier, estimates, &name)),
        };
        if let Some(BeforeNumbers::NotComparable(why)) = &numbers {
            incomplete.push(why.clone());
        }
        let drawn = before.and_then(|(_, earlier)| earlier).map(Estimates::drawing);
        let before = numbers.map(|numbers| BeforePage { name, numbers, results: drawn });
        let blame = self.blame(estimates)?;
        let blame = blame.as_ref();
        let (scenario, command) = (estimates.scenario.canonical(), self.command());
        let (sweep, plan) = (stored.sweep.as_ref(), stored.plan.as_ref());
        Ok(ReportPage { results: &results, scenario, command: &command, before: before.as_ref(), blame, sweep, plan }
            .html())
    }

    fn estimate<'a>(&self, scenario: &'a Scenario, stretch: Option<TimelineStretch>) -> Result<Estimates<'a>, Failure> {
        let options = Options {
            policies: self.scenario.changed.policies.clone(),
            timeline: self.timeline,
            stretch,
            pictures: true,
            against: self.run.against.clone(),
            pool: JobPool::new(self.run.jobs),
            ..Options::default()
        };
        let bar = Progress::new(scenario.name(), self.quiet);
        let progress = |done: f64| {
            bar.update(done);
            ControlFlow::Continue(())
        };
        let mut watch = Watch { progress: &progress, rows: None };
        study::estimate(scenario, &options, &mut watch).map_err(|study::Halted| Failure::Interrupted)
    }

    /// Whose fault the waits of the slowest request are; `None` if more happens meanwhile than can be kept.
    fn blame(&self, estimates: &Estimates<'_>) -> Result<Option<Explanations>, Failure> {
        let options = ExplainOptions {
            policies: self.scenario.changed.policies.clone(),
            which: WhichRequests::Slowest(1),
            what_if: self.what_if || !estimates.is_long(),
            matrix: true,
            pool: JobPool::new(self.run.jobs),
        };
        match study::explain(estimates.scenario, &options, &|| ControlFlow::Continue(())) {
            Ok(explanations) => Ok(Some(explanations)),
            Err(NotExplained::TooLong) => Ok(None),
            Err(NotExplained::Halted) => Err(Failure::Interrupted),
        }
    }

    /// The command that writes the same page, from the folder of the scenario: folders are of this machine.
    fn command(&self) -> String {
        let Self { file, scenario, before, sweep, plan, what_if, run, timeline, stretch, quiet: _, out: _ } = self;
        let ScenarioArguments { changed, replications, precision, objectives, undecided } = scenario;
        let ChangedScenarioArguments { policies, changes, seed } = changed;
        let RunArguments { jobs: _, against } = run;
        let mut words = vec!["waitline".to_owned(), "report".to_owned(), quoted(&file_name(file))];
        let mut option = |name: &str, value: &str| words.extend([name.to_owned(), quoted(value)]);
        for (name, other) in [("--before", before), ("--sweep", sweep), ("--plan", plan)] {
            other.iter().for_each(|other| option(name, &from_folder_of(file, other)));
        }
        policies.iter().for_each(|name| option("--policy", name));
        changes.iter().map(Change::text).for_each(|change| option("--set", change));
        seed.iter().for_each(|seed| option("--seed", &seed.to_string()));
        replications.iter().for_each(|count| option("--replications", count));
        precision.iter().for_each(|width| option("--precision", width));
        objectives.iter().for_each(|objective| option("--assert", objective));
        against.iter().for_each(|name| option("--against", name));
        timeline.iter().for_each(|count| option("--timeline", &count.to_string()));
        stretch.option().iter().for_each(|(name, value)| option(name, value));
        match undecided {
            WhenUndecided::Mark => {}
            WhenUndecided::Fail => option("--undecided", "fail"),
        }
        words.extend(what_if.then(|| "--what-if".to_owned()));
        words.join(" ")
    }
}

/// A JSON file of this schema, which has that list.
fn stored(file: &Path, schema: &str, list: &str, inputs: &Inputs) -> Result<Value, Failure> {
    let name = file.display().to_string();
    let text = files::text_up_to(file, files::MOST_OF_DATA).map_err(|error| Diagnostic::unreadable(&name, &error))?;
    inputs.add(file, InputKind::Results);
    let found: Value = serde_json::from_str(&text).unwrap_or_default();
    match found["schema"].as_str() {
        Some(name) if name == schema && found[list].is_array() => Ok(found),
        Some(_) | None => Err(Failure::bad(
            format!("`{name}` is not JSON of the schema `{schema}`, or not all of it"),
            "name the file that the command wrote with `--export json=FILE`",
        )),
    }
}

/// Another file as it is named from the folder of the scenario; without its folder if that is of this machine.
fn from_folder_of(scenario: &str, other: &Path) -> String {
    let folder = Path::new(scenario).parent().unwrap_or(Path::new(""));
    let is_plain = |path: &Path| path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    let from_there = match other.strip_prefix(folder) {
        Ok(below) if below.is_relative() => below.to_owned(),
        _ if is_plain(folder) && is_plain(other) => folder.components().map(|_| "..").collect::<PathBuf>().join(other),
        _ => PathBuf::from(other.file_name().unwrap_or(other.as_os_str())),
    };
    from_there.display().to_string().replace('\\', "/")
}

/// A file without its folder.
fn file_name(file: &str) -> String {
    Path::new(file).file_name().map_or_else(|| file.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// How a run differs from an earlier one, if that ran to its end.
fn compared_runs(earlier: &Estimates<'_>, estimates: &Estimates<'_>, file: &str) -> BeforeNumbers {
    let results = earlier.results();
    let stopped = results.policies.iter().find_map(|policy| words::stopped(&policy.name, policy.incomplete.as_ref()));
    match stopped {
        Some(why) => BeforeNumbers::NotComparable(format!("nothing is compared with `{file}`: {why}")),
        None => compared(&Baseline::of(earlier), estimates, file),
    }
}

/// How a run differs from what a baseline holds.
fn compared(baseline: &Baseline, estimates: &Estimates<'_>, file: &str) -> BeforeNumbers {
    let not_comparable = |reason: NotComparableReason| {
        let why = WhyNotComparable { file: file.to_owned(), reason };
        BeforeNumbers::NotComparable(words::why_not_comparable(&why))
    };
    study::compared(baseline, estimates, file).map_or_else(not_comparable, BeforeNumbers::Compared)
}
