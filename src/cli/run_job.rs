//! Runs scenarios, writes their files and prints their results: the common part of `run` and `quick`.

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
use super::shard::{Share, Work};
use super::shutdown::Shutdown;
use super::terminal::{Stdout, note};
use crate::output::{self, Format, RunReport, Shows, words};
use crate::scenario::Scenario;
use crate::stats::ScenarioResults;
use crate::study::{self, Estimates, JobPool, Options, RequestRow, ScenarioTrace, TimelineStretch, Watch};

/// The results in the folder of a scenario.
const RESULTS: &str = "results.json";

/// A picture.
struct Chart {
    file: &'static str,
    /// Whether there is something to draw.
    has: fn(&ScenarioResults) -> bool,
    svg: fn(&ScenarioResults) -> String,
}

/// The pictures in the folder of a scenario.
const CHARTS: [Chart; 4] = [
    Chart { file: "timeline.svg", has: |_| true, svg: output::timeline_svg },
    Chart { file: "latency.svg", has: output::has_latency, svg: output::latency_svg },
    Chart { file: "over_time.svg", has: output::has_over_time, svg: output::over_time_svg },
    Chart { file: "breakdown.svg", has: output::has_breakdown, svg: output::breakdown_svg },
];

/// What is in the report of a run.
const ALL: &[Shows] = &[Shows::Everything, Shows::Judgements, Shows::Timelines];

/// Scenarios to run, and what to do with their results.
#[derive(Debug)]
pub struct RunJob<'a> {
    /// The files that were read.
    pub inputs: &'a Inputs,
    /// How the scenarios are changed.
    pub scenario: &'a ScenarioArguments,
    /// How they are run.
    pub run: &'a RunArguments,
    /// The folder for one folder per scenario; `None`: write no results.
    pub out: Option<&'a Path>,
    /// What is printed.
    pub print: &'a PrintArguments,
    /// What is explained.
    pub explain: &'a ExplainArguments,
    /// What is written.
    pub write: &'a WriteArguments,
    /// What is exported.
    pub exports: &'a [Export],
    /// Where the replications are simulated.
    pub work: Work<'a>,
}

impl RunJob<'_> {
    /// Runs scenarios one after another. The files of a scenario are written as soon as it has run, CSV and exports at the
    /// end.
    ///
    /// # Errors
    /// If something cannot be written, or a limit stopped a run.
    pub fn run(&self, scenarios: &[Scenario], stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        if let Some(against) = &self.run.against {
            scenarios::expect_against(against, scenarios, &self.scenario.changed.policies)?;
        }
        let stretch = self.write.stretch.of(scenarios)?;
        let pool = JobPool::new(self.run.jobs);
        let mut merged = self.merged(scenarios, stretch.as_ref(), &pool)?.into_iter();
        self.expect_writable(scenarios, shutdown)?;
        let count = (scenarios.len(), ALL);
        let mut reports = Reports::begin(self.print.printed(), self.exports, count, shutdown)?;
        let rows = match &self.write.csv {
            Some(path) => Some(RequestsCsv::begin(path, scenarios, shutdown)?),
            None => None,
        };
        let mut stopped = Vec::new();
        for scenario in scenarios {
            let estimates = match merged.next() {
                Some(estimates) => estimates,
                None => self.simulate(scenario, stretch.clone(), &pool, rows.as_ref())?,
            };
            expect_shown(&estimates)?;
            let results = estimates.results();
            let written = self.write_files(&estimates, &results, shutdown)?;
            stopped.extend(why_incomplete(&results, self.scenario.undecided));
            self.note_broken(&results);
            let (explains_defaults, has_charts) = (self.explain.explain_defaults, !self.write.no_charts);
            let trace = self.trace(&estimates)?;
            reports.add(RunReport { results, explains_defaults, has_charts, trace }, stdout)?;
            self.note_files(scenario, &written);
        }
        reports.finish(stdout)?;
        if !self.print.quiet {
            reports::note_exports(self.exports);
        }
        rows.map_or(Ok(()), RequestsCsv::finish)?;
        if stopped.is_empty() { Ok(()) } else { Err(Failure::Incomplete(stopped.join("\n"))) }
    }

    /// Simulates the share of the replications that is done here, and prints nothing.
    ///
    /// # Errors
    /// If a unit cannot be written.
    pub fn run_share(&self, scenarios: &[Scenario], share: &Share) -> Result<(), Failure> {
        let pool = JobPool::new(self.run.jobs);
        share.estimate(scenarios, &self.scenario.changed.policies, &pool, self.print.quiet)
    }

    /// What others have simulated, if they have: of all scenarios, before anything is written.
    fn merged<'a>(
        &self,
        scenarios: &'a [Scenario],
        stretch: Option<&TimelineStretch>,
        pool: &JobPool,
    ) -> Result<Vec<Estimates<'a>>, Failure> {
        let Work::Merged(merged) = self.work else { return Ok(Vec::new()) };
        let each = scenarios.iter().map(|scenario| self.simulate(scenario, stretch.cloned(), pool, None));
        let all: Vec<Result<Estimates<'a>, Failure>> = each.collect();
        merged.expect_all()?;
        all.into_iter().collect()
    }

    fn folder(&self, scenario: &Scenario) -> Option<PathBuf> {
        self.out.map(|out| out.join(scenario.name()))
    }

    /// Makes sure, before a long run, that everything can be written and no input is replaced.
    fn expect_writable(&self, scenarios: &[Scenario], shutdown: &Shutdown) -> Result<(), Failure> {
        let mut outputs = Outputs::new(self.inputs, self.out, shutdown);
        reports::add_outputs(self.print.printed(), self.exports, &mut outputs)?;
        self.write.csv.iter().try_for_each(|path| outputs.add(path))?;
        for folder in scenarios.iter().filter_map(|scenario| self.folder(scenario)) {
            self.files().iter().try_for_each(|name| outputs.add(&folder.join(name)))?;
        }
        Ok(())
    }

    /// The files that may be written to the folder of each scenario.
    fn files(&self) -> Vec<&'static str> {
        let charts = CHARTS.iter().map(|chart| chart.file).filter(|_| !self.write.no_charts);
        [RESULTS].into_iter().chain(charts).collect()
    }

    fn simulate<'a>(
        &self,
        scenario: &'a Scenario,
        stretch: Option<TimelineStretch>,
        pool: &JobPool,
        rows: Option<&RequestsCsv>,
    ) -> Result<Estimates<'a>, Failure> {
        let options = Options {
            policies: self.scenario.changed.policies.clone(),
            timeline: self.write.timeline,
            stretch,
            pictures: self.out.is_some() && !self.write.no_charts,
            against: self.run.against.clone(),
            pool: pool.clone(),
            units: self.work.units(),
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
        let estimates = study::estimate(scenario, &options, &mut watch);
        if let Some(rows) = rows {
            rows.check()?;
        }
        estimates.map_err(|study::Halted| Failure::Interrupted)
    }

    /// What ran when, if a format shows it.
    fn trace(&self, estimates: &Estimates<'_>) -> Result<Option<ScenarioTrace>, Failure> {
        let mut formats = self.print.printed().into_iter().chain(self.exports.iter().map(|export| export.format));
        if !formats.any(|format: Format| format.shows() == Shows::Timelines) {
            return Ok(None);
        }
        let goes_on = || ControlFlow::Continue(());
        study::trace(estimates.scenario, &estimates.drawing(), &goes_on).map_err(|study::Halted| Failure::Interrupted)
    }

    fn write_files(
        &self,
        estimates: &Estimates<'_>,
        results: &ScenarioResults,
        shutdown: &Shutdown,
    ) -> Result<Vec<&'static str>, Failure> {
        let Some(folder) = self.folder(estimates.scenario) else { return Ok(Vec::new()) };
        let mut written = vec![RESULTS];
        files::write(&folder.join(RESULTS), &output::results_json(results), shutdown)?;
        if self.write.no_charts {
            return Ok(written);
        }
        let drawing = estimates.drawing();
        for chart in CHARTS.iter().filter(|chart| (chart.has)(&drawing)) {
            files::write(&folder.join(chart.file), &(chart.svg)(&drawing), shutdown)?;
            written.push(chart.file);
        }
        Ok(written)
    }

    /// Reports broken objectives if no table does.
    fn note_broken(&self, results: &ScenarioResults) {
        if self.print.quiet {
            output::broken_objectives(results).iter().for_each(|broken| note(&format!("{broken}\n")));
        }
    }

    /// Reports the files written.
    fn note_files(&self, scenario: &Scenario, written: &[&str]) {
        let Some(folder) = self.folder(scenario).filter(|_| !self.print.quiet) else { return };
        let names = match written {
            [others @ .., last] if !others.is_empty() => format!("{} and {last}", others.join(", ")),
            names => names.join(", "),
        };
        note(&format!("wrote {}\n", folder.join(names).display()));
    }
}

/// A stretch of which no policy has a request is a mistake.
pub fn expect_shown(estimates: &Estimates<'_>) -> Result<(), Failure> {
    match estimates.empty_stretch() {
        Some([from, until]) => Err(Failure::bad(
            format!("no request of `{}` is under way between {from} ms and {until} ms", estimates.scenario.name()),
            "the run begins at 0 and ends with its last request: name a stretch within it",
        )),
        None => Ok(()),
    }
}

/// Why a run is not what was asked for, a sentence each.
pub fn why_incomplete(results: &ScenarioResults, when_undecided: WhenUndecided) -> Vec<String> {
    let scenario = &results.scenario;
    let imprecise = results.precision.iter().filter(|precision| !precision.reached).map(|precision| {
        let missed: Vec<String> = precision.missed.iter().map(words::missed).collect();
        format!("{scenario}: not as precise as asked: {}", missed.join("; "))
    });
    let stopped = results.policies.iter().filter_map(|policy| words::stopped(&policy.name, policy.incomplete.as_ref()));
    let incomplete = stopped.map(|why| format!("{scenario}, {why}"));
    let undecided = match when_undecided {
        WhenUndecided::Mark => Vec::new(),
        WhenUndecided::Fail => study::undecided(results),
    };
    let undecided = undecided.iter().map(|why| format!("{scenario}, {}", words::reason(why)));
    imprecise.chain(incomplete).chain(undecided).collect()
}
