//! Runs scenarios, writes their files and prints their results: what `run` and `quick` have in common.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use super::arguments::{
    ExplainArguments, Export, PrintArguments, RunArguments, ScenarioArguments, WhenUndecided, WriteArguments,
};
use super::failure::Failure;
use super::files;
use super::outputs::{Inputs, Outputs};
use super::progress::Progress;
use super::reports::{self, Reports};
use super::requests_csv::RequestsCsv;
use super::scenarios;
use super::shutdown::Shutdown;
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
pub struct RunJob<'a> {
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

impl RunJob<'_> {
    /// Runs them one after another. The files of a scenario are there as soon as it has run; CSV and exports at the end.
    ///
    /// # Errors
    /// When something cannot be written, or a run was stopped by a limit.
    pub fn run(&self, scenarios: &[Scenario], stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        if let Some(against) = &self.run.against {
            scenarios::expect_against(against, scenarios, &self.scenario.policies)?;
        }
        self.expect_writable(scenarios, shutdown)?;
        let mut reports = Reports::begin(self.print.printed(), self.exports, scenarios.len(), shutdown)?;
        let rows = match &self.write.csv {
            Some(path) => Some(RequestsCsv::begin(path, scenarios, shutdown)?),
            None => None,
        };
        let mut stopped = Vec::new();
        for scenario in scenarios {
            let mut results = self.simulate(scenario, rows.as_ref())?;
            let drawing = self.split_drawing(&mut results);
            self.write_files(scenario, &results, &drawing, shutdown)?;
            stopped.extend(self.stopped(&results));
            self.note_broken(&results);
            reports.add(RunReport { results, explains_defaults: self.explain.explain_defaults }, stdout)?;
            self.note_files(scenario);
        }
        reports.finish(stdout)?;
        if !self.print.quiet {
            reports::note_exports(self.exports);
        }
        rows.map_or(Ok(()), RequestsCsv::finish)?;
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
    fn expect_writable(&self, scenarios: &[Scenario], shutdown: &Shutdown) -> Result<(), Failure> {
        let mut outputs = Outputs::new(self.inputs, self.out, shutdown);
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

    fn simulate(&self, scenario: &Scenario, rows: Option<&RequestsCsv>) -> Result<ScenarioResults, Failure> {
        let options = Options {
            policies: self.scenario.policies.clone(),
            timeline: Some(self.write.timeline.unwrap_or(WHOLE_TIMELINE)),
            against: self.run.against.clone(),
            jobs: self.run.jobs,
            ..Options::default()
        };
        let bar = Progress::new(scenario.name(), self.print.quiet);
        let is_writable = rows.map(RequestsCsv::is_writable);
        let progress = |done: f64| {
            bar.update(done);
            let goes_on = is_writable.is_none_or(|is_writable| is_writable.load(Ordering::Relaxed));
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
        shutdown: &Shutdown,
    ) -> Result<(), Failure> {
        let Some(folder) = self.folder(scenario) else { return Ok(()) };
        files::write(&folder.join(RESULTS), &output::results_json(results), shutdown)?;
        if !self.write.no_charts {
            files::write(&folder.join(TIMELINE), &output::timeline_svg(drawing), shutdown)?;
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
