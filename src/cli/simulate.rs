//! Runs scenarios, writes their files and prints their results: what `run` and `quick` have in common.

use std::cell::{Cell, RefCell};
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::arguments::{
    ExplainArguments, Export, PrintArguments, RunArguments, ScenarioArguments, WhenUndecided, WriteArguments,
};
use super::ending::Ending;
use super::failure::Failure;
use super::files::{self, NewFile};
use super::outputs::{Inputs, Outputs};
use super::progress::Bar;
use super::reports::{self, Reports};
use super::scenarios;
use super::terminal::{Stdout, note};
use crate::output::{self, RunReport, words};
use crate::scenario::Scenario;
use crate::stats::ScenarioResults;
use crate::study::{self, Options, RequestRow, Watch};

/// Up to so many requests, a run keeps the timeline of all.
const WHOLE_TIMELINE: usize = 100;
/// So many requests of a longer run are drawn, unless another number is asked for.
const DRAWN: usize = 40;
/// More than that are never drawn.
const MOST_DRAWN: usize = 100;

/// The files in the folder of a scenario.
const RESULTS: &str = "results.json";
const TIMELINE: &str = "timeline.svg";

/// What to do with scenarios.
#[derive(Debug)]
pub struct Simulation<'a> {
    /// The files that were read.
    pub inputs: &'a Inputs,
    /// What was asked of the scenarios.
    pub scenario: &'a ScenarioArguments,
    /// How they are run.
    pub run: &'a RunArguments,
    /// The folder in which each scenario has one; `None`: write no results.
    pub out: Option<&'a Path>,
    /// What is printed.
    pub print: &'a PrintArguments,
    /// What is explained.
    pub explain: &'a ExplainArguments,
    /// What is written.
    pub write: &'a WriteArguments,
    /// What is exported.
    pub exports: &'a [Export],
}

impl Simulation<'_> {
    /// Runs them one after another. The files of a scenario are there as soon as it has run; CSV and exports at the end.
    ///
    /// # Errors
    /// When something cannot be written, or a run was stopped by a limit.
    pub fn run(&self, scenarios: &[Scenario], stdout: &mut Stdout, ending: &Ending) -> Result<(), Failure> {
        if let Some(against) = &self.run.against {
            scenarios::expect_against(against, scenarios, &self.scenario.policies)?;
        }
        self.expect_writable(scenarios, ending)?;
        let mut reports = Reports::begin(self.print.printed(), self.exports, scenarios.len(), ending)?;
        let rows = match &self.write.csv {
            Some(path) => Some(Rows::begin(path, scenarios, ending)?),
            None => None,
        };
        let mut stopped = Vec::new();
        for scenario in scenarios {
            let mut results = self.simulate(scenario, rows.as_ref())?;
            let drawing = self.split_drawing(&mut results);
            self.write_files(scenario, &results, &drawing, ending)?;
            stopped.extend(self.stopped(&results));
            self.note_broken(&results);
            reports.add(RunReport { results, explains_defaults: self.explain.explain_defaults }, stdout)?;
            self.note_files(scenario);
        }
        reports.finish(stdout)?;
        if !self.print.quiet {
            reports::note_exports(self.exports);
        }
        rows.map_or(Ok(()), Rows::finish)?;
        if stopped.is_empty() { Ok(()) } else { Err(Failure::Incomplete(stopped.join("\n"))) }
    }

    /// Why a scenario is incomplete, a sentence each.
    fn stopped(&self, results: &ScenarioResults) -> Vec<String> {
        let scenario = &results.scenario;
        let imprecise = results.precision.iter().filter(|precision| !precision.reached).map(|precision| {
            let missed: Vec<String> = precision.missed.iter().map(words::missed).collect();
            format!("{scenario}: not as precise as asked: {}", missed.join("; "))
        });
        let incomplete = results.policies.iter().filter_map(|policy| {
            let why = words::incomplete(policy.incomplete.as_ref()?);
            Some(format!("{scenario}, {}: {why}", policy.name))
        });
        let undecided = match self.scenario.undecided {
            WhenUndecided::Mark => Vec::new(),
            WhenUndecided::Fail => study::undecided(results),
        };
        let undecided = undecided.iter().map(|why| format!("{scenario}, {}", words::reason(why)));
        imprecise.chain(incomplete).chain(undecided).collect()
    }

    fn folder(&self, scenario: &Scenario) -> Option<PathBuf> {
        self.out.map(|out| out.join(scenario.name()))
    }

    /// Makes sure, before a long run, that everything can be written and nothing is replaced that is needed.
    fn expect_writable(&self, scenarios: &[Scenario], ending: &Ending) -> Result<(), Failure> {
        let mut outputs = Outputs::new(self.inputs, self.out, ending);
        reports::add_outputs(self.print.printed(), self.exports, &mut outputs)?;
        self.write.csv.iter().try_for_each(|path| outputs.add(path))?;
        for folder in scenarios.iter().filter_map(|scenario| self.folder(scenario)) {
            self.files().iter().try_for_each(|name| outputs.add(&folder.join(name)))?;
        }
        Ok(())
    }

    /// What is written to the folder of each scenario.
    fn files(&self) -> &'static [&'static str] {
        if self.write.no_charts { &[RESULTS] } else { &[RESULTS, TIMELINE] }
    }

    fn simulate(&self, scenario: &Scenario, rows: Option<&Rows>) -> Result<ScenarioResults, Failure> {
        let options = Options {
            policies: self.scenario.policies.clone(),
            timeline: Some(self.write.timeline.unwrap_or(WHOLE_TIMELINE)),
            against: self.run.against.clone(),
            jobs: self.run.jobs,
            ..Options::default()
        };
        let bar = Bar::new(scenario.name(), self.print.quiet);
        let are_written = rows.map(|rows| &rows.are_written);
        let progress = |done: f64| {
            bar.update(done);
            let goes_on = are_written.is_none_or(|written| written.load(Ordering::Relaxed));
            if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        };
        let mut row = |row: RequestRow<'_>| {
            if let Some(rows) = rows {
                rows.add(scenario.name(), &row);
            }
        };
        let mut watch = Watch { progress: &progress, rows: rows.map(|_| &mut row as _) };
        let results = study::run(scenario, &options, &mut watch);
        if let Some(rows) = rows {
            rows.check()?;
        }
        results.map_err(|study::Halted| Failure::Interrupted)
    }

    /// The results as they are drawn. Takes the timelines of a long run out of its results, unless they were asked for.
    fn split_drawing(&self, results: &mut ScenarioResults) -> ScenarioResults {
        let asked = self.write.timeline;
        let is_long = results.policies.iter().any(|policy| policy.requests.arrived > WHOLE_TIMELINE as u64);
        let most = if is_long { asked.unwrap_or(DRAWN).min(MOST_DRAWN) } else { WHOLE_TIMELINE };
        let kept: Vec<_> = results.policies.iter_mut().map(|policy| policy.timeline.take()).collect();
        let mut drawing = results.clone();
        for ((policy, drawn), timeline) in results.policies.iter_mut().zip(&mut drawing.policies).zip(kept) {
            drawn.timeline = timeline.as_ref().map(|timeline| timeline.iter().take(most).cloned().collect());
            policy.timeline = timeline.filter(|_| !is_long || asked.is_some());
        }
        drawing
    }

    fn write_files(
        &self,
        scenario: &Scenario,
        results: &ScenarioResults,
        drawing: &ScenarioResults,
        ending: &Ending,
    ) -> Result<(), Failure> {
        let Some(folder) = self.folder(scenario) else { return Ok(()) };
        files::write(&folder.join(RESULTS), &output::results_json(results), ending)?;
        if !self.write.no_charts {
            files::write(&folder.join(TIMELINE), &output::timeline_svg(drawing), ending)?;
        }
        Ok(())
    }

    /// Says which objectives are broken, where no table does.
    fn note_broken(&self, results: &ScenarioResults) {
        if self.print.quiet {
            output::broken_objectives(results).iter().for_each(|broken| note(&format!("{broken}\n")));
        }
    }

    /// Says what was written.
    fn note_files(&self, scenario: &Scenario) {
        if let Some(folder) = self.folder(scenario).filter(|_| !self.print.quiet) {
            note(&format!("wrote {}\n", folder.join(self.files().join(" and ")).display()));
        }
    }
}

/// The CSV of single requests, while it is written.
struct Rows {
    several: bool,
    replications: bool,
    file: RefCell<NewFile>,
    line: RefCell<String>,
    error: Cell<Option<io::Error>>,
    are_written: AtomicBool,
}

impl Rows {
    fn begin(path: &Path, scenarios: &[Scenario], ending: &Ending) -> Result<Self, Failure> {
        let several = scenarios.len() > 1;
        let is_replicated = |scenario: &Scenario| scenario.run().replications > 1 || scenario.run().precision.is_some();
        let replications = scenarios.iter().any(is_replicated);
        let mut file = NewFile::create(path, ending)?;
        file.write(&output::requests_csv_header(several, replications)).map_err(|error| file.failure(&error))?;
        Ok(Self {
            several,
            replications,
            file: RefCell::new(file),
            line: RefCell::default(),
            error: Cell::new(None),
            are_written: AtomicBool::new(true),
        })
    }

    fn add(&self, scenario: &str, row: &RequestRow<'_>) {
        let mut line = self.line.borrow_mut();
        line.clear();
        let replication = self.replications.then(|| row.replication.unwrap_or(1));
        let row = RequestRow { replication, ..*row };
        output::requests_csv_row(self.several.then_some(scenario), &row, &mut line);
        if self.are_written()
            && let Err(error) = self.file.borrow_mut().write(&line)
        {
            self.are_written.store(false, Ordering::Relaxed);
            self.error.set(Some(error));
        }
    }

    /// Whether every row could be written so far.
    fn are_written(&self) -> bool {
        self.are_written.load(Ordering::Relaxed)
    }

    fn check(&self) -> Result<(), Failure> {
        self.error.take().map_or(Ok(()), |error| Err(self.file.borrow().failure(&error)))
    }

    fn finish(self) -> Result<(), Failure> {
        self.file.into_inner().finish()
    }
}
