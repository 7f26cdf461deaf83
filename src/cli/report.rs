//! `waitline report`: a scenario as one page to open in a browser.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;

use super::arguments::{RunArguments, ScenarioArguments, WhenUndecided};
use super::failure::Failure;
use super::files;
use super::outputs::{Inputs, Outputs};
use super::progress::Progress;
use super::run_job::why_incomplete;
use super::scenarios;
use super::shell::quoted;
use super::shutdown::Shutdown;
use super::terminal::note;
use crate::output::ReportPage;
use crate::scenario::{Change, Scenario};
use crate::study::{self, Estimates, JobPool, Options, Watch};

const EXAMPLES: &str = "\
Examples:
  waitline report shop.json                       write output/shop/report.html
  waitline report shop.json --set machine.cores=4 --out four_cores
  waitline report shop.json --policy async --replications 20
  waitline init | waitline report -               from standard input

Exit codes:
  0    fine
  2    invalid usage or scenario
  3    incomplete: the page says so in a banner
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

    #[command(flatten)]
    run: RunArguments,

    /// Number of requests, from the first, that the timeline shows [default: all of up to 100, 40 of more]
    #[arg(long, value_name = "N", help_heading = "Output")]
    timeline: Option<usize>,

    /// Print no notes or progress
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,

    /// Write to DIR/<scenario>/
    #[arg(long, value_name = "DIR", default_value = "output", help_heading = "Output")]
    out: PathBuf,
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
        let scenarios = scenarios::read(std::slice::from_ref(&self.file), &self.scenario, &inputs)?;
        if let Some(against) = &self.run.against {
            scenarios::expect_against(against, &scenarios, &self.scenario.policies)?;
        }
        let mut incomplete = Vec::new();
        for scenario in &scenarios {
            let path = self.out.join(scenario.name()).join(PAGE);
            Outputs::new(&inputs, Some(&self.out), shutdown).add(&path)?;
            let estimates = self.estimate(scenario)?;
            files::write(&path, &self.page(&estimates), shutdown)?;
            incomplete.extend(why_incomplete(&estimates.results(), self.scenario.undecided));
            if !self.quiet {
                note(&format!("wrote {}\n", path.display()));
            }
        }
        if incomplete.is_empty() { Ok(()) } else { Err(Failure::Incomplete(incomplete.join("\n"))) }
    }

    fn estimate<'a>(&self, scenario: &'a Scenario) -> Result<Estimates<'a>, Failure> {
        let options = Options {
            policies: self.scenario.policies.clone(),
            timeline: self.timeline,
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

    fn page(&self, estimates: &Estimates<'_>) -> String {
        let results = estimates.drawing();
        let (scenario, command) = (estimates.scenario.canonical(), self.command());
        ReportPage { results: &results, scenario, command: &command }.html()
    }

    /// The command that writes the same page, from the folder of the scenario: folders are of this machine.
    fn command(&self) -> String {
        let Self { file, scenario, run, timeline, quiet: _, out: _ } = self;
        let ScenarioArguments { policies, changes, seed, replications, precision, objectives, undecided } = scenario;
        let RunArguments { jobs: _, against } = run;
        let mut words = vec!["waitline".to_owned(), "report".to_owned(), quoted(&file_name(file))];
        let mut option = |name: &str, value: &str| words.extend([name.to_owned(), quoted(value)]);
        policies.iter().for_each(|name| option("--policy", name));
        changes.iter().map(Change::text).for_each(|change| option("--set", change));
        seed.iter().for_each(|seed| option("--seed", &seed.to_string()));
        replications.iter().for_each(|count| option("--replications", count));
        precision.iter().for_each(|width| option("--precision", width));
        objectives.iter().for_each(|objective| option("--assert", objective));
        against.iter().for_each(|name| option("--against", name));
        timeline.iter().for_each(|count| option("--timeline", &count.to_string()));
        match undecided {
            WhenUndecided::Mark => {}
            WhenUndecided::Fail => option("--undecided", "fail"),
        }
        words.join(" ")
    }
}

/// A file without its folder.
fn file_name(file: &str) -> String {
    Path::new(file).file_name().map_or_else(|| file.to_owned(), |name| name.to_string_lossy().into_owned())
}
