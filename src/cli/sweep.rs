//! `waitline sweep`: every policy of a scenario at many points.

use std::collections::BTreeMap;
use std::num::{NonZeroU64, NonZeroUsize};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::Args;

use super::arguments::{
    ExportArguments, PrintArguments, ScenarioArguments, WhenUndecided, formats_for, jobs, variation,
};
use super::failure::Failure;
use super::files;
use super::outputs::{Inputs, Outputs};
use super::progress::Progress;
use super::reports::{self, Reports};
use super::scenarios;
use super::shard::{MergeOptions, Merged, Merging, ShardArguments, Share, Work, exported};
use super::shutdown::Shutdown;
use super::sweep_units::SweepUnits;
use super::terminal::{Stdout, note};
use crate::model::SimDuration;
use crate::output::{self, Format, Shows, SweepRecord, SweepReport, words};
use crate::policy::PolicyChoice;
use crate::scenario::{Grid, Variation};
use crate::study::{
    JobPool, Shard, Sweep, SweepCost, SweepFigures, SweepOptions, SweepProgress, SweepStage, SweepWatch, UnitKey, Units,
};

const EXAMPLES: &str = "\
Examples:
  waitline sweep shop.json --vary workers=1,2,4,8              every policy with that many workers
  waitline sweep shop.json --vary arrivals=x0.5..x2            half to twice the load, and where the knee is
  waitline sweep shop.json --vary arrivals.poisson=10..100/s:10
  waitline sweep shop.json --vary workers,threads=1x8,2x4,4x2,8x1    the same number of threads in all
  waitline sweep shop.json --vary workers=1..8 --vary arrivals=x0.5..x2    all combinations, as a heat map
  waitline sweep shop.json --vary 'classes.page.phases[1].db=x1,x2,x3'     what a slower database does
  waitline sweep shop.json --vary workers=1..64 --time-limit 1m            then --resume to continue
  waitline sweep shop.json --vary workers=1..64 --shard 1/3 --out big      a third of the work; then 2/3, 3/3 and
                                                                           waitline merge big

Values:
  1,2,4,8         a list; of text, too: policies.sync.order=fifo,lifo
  10..100/s:10    a range with its step; without a step it has 5 to 10 round values, or all whole numbers
  1..64:x2        a range that multiplies: 1, 2, 4, …, 64
  x0.5..x2        factors of what the scenario has; of a distribution all times, of arrivals all rates are multiplied

Exit codes:
  0    fine; an unstable point is a result
  2    invalid usage, scenario or variation
  3    incomplete: --time-limit, or not as precise as --precision asks
  4    cannot write
  130  interrupted; finished points are kept, --resume continues";

const REPLICATIONS: &str = "Number of replications of each policy at each point, each with other random numbers [default: the \
                            scenario's, or 10]";

/// Run every policy of a scenario with other values
///
/// Every point of the sweep gets the same random numbers. First all points are run with the same number of replications; then
/// those where chance may decide an objective get more of them. Points beyond the capacity of a policy are shown as unstable.
/// Writes sweep.json and, for one or two variations, sweep.svg to a folder per scenario.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, mut_arg("replications", |replications| replications.help(REPLICATIONS)))]
pub struct SweepCommand {
    /// Scenario file; `-` reads one from standard input
    #[arg(value_name = "FILE")]
    file: String,

    /// Give a field several values, such as workers=1,2,4; repeated: all combinations. A name that is not at the top of the
    /// scenario is a field of each policy that has it, or of the machine
    #[arg(long = "vary", value_name = "PATH=VALUES", required = true, value_parser = variation)]
    variations: Vec<Variation>,

    #[command(flatten)]
    scenario: ScenarioArguments,

    /// Maximum number of replications of a point where more are worth it [default: 8 times --replications, or what
    /// run.precision says]
    #[arg(long, value_name = "N", help_heading = "Run")]
    most_replications: Option<NonZeroU64>,

    /// Maximum number of replications run at once, up to 1024 [default: one per core]; never changes a number
    #[arg(long, value_name = "N", help_heading = "Run", value_parser = jobs)]
    jobs: Option<NonZeroUsize>,

    /// Stop after this time, such as 10m, with what is finished; --resume continues
    #[arg(long, value_name = "TIME", help_heading = "Run")]
    time_limit: Option<SimDuration>,

    /// Continue a sweep that was interrupted; the same options are needed
    #[arg(long, help_heading = "Run", conflicts_with = "shard")]
    resume: bool,

    #[command(flatten)]
    shard: ShardArguments,

    /// Print the results in this format [default: text]
    #[arg(long, value_name = "FORMAT", help_heading = "Output", value_parser = formats_for(&[Shows::Everything]))]
    format: Option<Format>,

    /// Print no tables, notes or progress; has no effect on an explicit --format
    #[arg(long, short, help_heading = "Output")]
    quiet: bool,

    /// Write to DIR/<scenario>/
    #[arg(long, value_name = "DIR", default_value = "output", help_heading = "Output")]
    out: PathBuf,

    /// Draw no sweep.svg
    #[arg(long, help_heading = "Output")]
    no_charts: bool,

    #[command(flatten)]
    export: ExportArguments,
}

/// The files in the folder of a scenario.
const RESULTS: &str = "sweep.json";
const CHART: &str = "sweep.svg";
/// The folder of finished units, while a sweep is unfinished.
const UNITS: &str = "sweep.units";

/// More points than this are announced even if nothing else is printed.
const MANY_POINTS: usize = 1000;

/// How many requests are run before a sweep, to estimate how long it takes.
const TRIAL_REQUESTS: u64 = 1000;

impl SweepCommand {
    /// Reads the scenario at every point, then runs the sweep.
    ///
    /// # Errors
    /// An invalid scenario or variation, a file that cannot be written, or an incomplete sweep.
    pub fn execute(&self, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        self.sweep(Work::Here, stdout, shutdown)
    }

    fn sweep(&self, work: Work<'_>, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        let inputs = Inputs::default();
        let grid = scenarios::read_grid(&self.file, &self.variations, &self.scenario, &inputs)?;
        if let Some(shard) = self.shard.shard {
            return self.run_share(shard, &grid, shutdown);
        }
        let folder = self.out.join(grid.base().name());
        self.expect_writable(&grid, &folder, &inputs, shutdown)?;
        let options = self.options(work.units());
        let sweep = Sweep::new(&grid, &options);
        let units = SweepUnits::new(folder.join(UNITS), sweep.identity(), shutdown);
        let known = if self.resume { units.finished()? } else { BTreeMap::new() };
        if !self.resume {
            units.remove()?;
        }
        let mut reports =
            Reports::begin(self.printed(), &self.export.exports, (1, reports::WITHOUT_TIMELINES), shutdown)?;
        let records = match work {
            Work::Here => {
                self.announce(&sweep, known.len());
                shutdown.advise("finished points are kept; the same command with --resume continues");
                self.run(&sweep, known, &units)?
            }
            Work::Merged(merged) => self.merged(&sweep, merged)?,
        };
        let report = self.report(&sweep, &grid, records);
        let unsharpened = unsharpened(&report);
        let why_incomplete = self.why_incomplete(&report, unsharpened);
        self.write_files(&report, &folder, shutdown)?;
        if report.summary.missing.is_empty() && unsharpened == 0 {
            units.remove()?;
        }
        reports.add(report, stdout)?;
        reports.finish(stdout)?;
        self.note_files(&folder, &grid);
        if why_incomplete.is_empty() { Ok(()) } else { Err(Failure::Incomplete(why_incomplete.join("\n"))) }
    }

    fn options(&self, units: Units) -> SweepOptions {
        SweepOptions {
            policies: self.scenario.changed.policies.clone(),
            replications: self.scenario.replications.as_ref().and_then(|count| count.parse().ok()),
            most_replications: self.most_replications.map(NonZeroU64::get),
            pool: JobPool::new(self.jobs),
            units,
        }
    }

    /// Simulates the share of the units that is done here, and prints nothing.
    fn run_share(&self, shard: Shard, grid: &Grid, shutdown: &Shutdown) -> Result<(), Failure> {
        self.shard.expect_alone(&[exported(&self.export)])?;
        let share = Share::begin(shard, &self.out, std::slice::from_ref(&self.file), shutdown)?;
        let options = self.options(share.units());
        let sweep = Sweep::new(grid, &options);
        let (end, bars) = (self.end(), Bars::new(sweep.outline().scenario, self.quiet));
        let is_over = || end.is_some_and(|end| Instant::now() >= end);
        let progress = |progress: SweepProgress| {
            bars.update(progress);
            if is_over() || !share.goes_on() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        sweep.run(&BTreeMap::new(), &SweepWatch { progress: &progress, finished: &|_| () });
        let is_unfinished = is_over();
        share.finish(self.quiet)?;
        if is_unfinished {
            let scenario = grid.base().name();
            return Err(Failure::Incomplete(format!(
                "{scenario}: the time is over; the same command continues the share"
            )));
        }
        Ok(())
    }

    /// What others have simulated.
    fn merged(&self, sweep: &Sweep<'_>, merged: &Merged) -> Result<BTreeMap<UnitKey, SweepRecord>, Failure> {
        let bars = Bars::new(sweep.outline().scenario, self.quiet);
        let progress = |progress: SweepProgress| {
            bars.update(progress);
            ControlFlow::Continue(())
        };
        let swept = sweep.run(&BTreeMap::new(), &SweepWatch { progress: &progress, finished: &|_| () });
        merged.expect_all()?;
        Ok(swept.into_iter().map(|(key, unit)| (key, SweepRecord::new(&unit))).collect())
    }

    /// When the time is over.
    fn end(&self) -> Option<Instant> {
        self.time_limit.map(|limit| Instant::now() + Duration::from_nanos(limit.as_nanos()))
    }

    fn printed(&self) -> Option<Format> {
        PrintArguments { format: self.format, quiet: self.quiet }.printed()
    }

    fn draws(&self, grid: &Grid) -> bool {
        !self.no_charts && output::has_sweep_chart(grid.dimensions())
    }

    /// Makes sure, before a long run, that everything can be written and no input is replaced.
    fn expect_writable(&self, grid: &Grid, folder: &Path, inputs: &Inputs, shutdown: &Shutdown) -> Result<(), Failure> {
        let mut outputs = Outputs::new(inputs, Some(&self.out), shutdown);
        reports::add_outputs(self.printed(), &self.export.exports, &mut outputs)?;
        outputs.add(&folder.join(RESULTS))?;
        if self.draws(grid) {
            outputs.add(&folder.join(CHART))?;
        }
        Ok(())
    }

    /// Says what the sweep will cost.
    fn announce(&self, sweep: &Sweep<'_>, known: usize) {
        let cost = sweep.cost();
        if self.quiet && cost.points <= MANY_POINTS {
            return;
        }
        let time = time_needed(sweep, &cost).map(|time| format!(", about {time}")).unwrap_or_default();
        let known = match known {
            0 => String::new(),
            known => format!("; {known} units are finished already"),
        };
        note(&format!("{}{time}{known}\n", words::cost(&cost)));
    }

    /// Runs what is not known yet; each unit is written as soon as it is finished.
    fn run(
        &self,
        sweep: &Sweep<'_>,
        known: BTreeMap<UnitKey, SweepRecord>,
        units: &SweepUnits<'_>,
    ) -> Result<BTreeMap<UnitKey, SweepRecord>, Failure> {
        let end = self.end();
        let bars = Bars::new(sweep.outline().scenario, self.quiet);
        let progress = |progress: SweepProgress| {
            bars.update(progress);
            let is_over = end.is_some_and(|end| Instant::now() >= end);
            if is_over || !units.is_writable() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let finished = |unit: &_| units.write(SweepRecord::new(unit));
        let figures: BTreeMap<UnitKey, SweepFigures> =
            known.iter().map(|(key, record)| (*key, record.figures.clone())).collect();
        let swept = sweep.run(&figures, &SweepWatch { progress: &progress, finished: &finished });
        units.check()?;
        let mut records = known;
        records.extend(swept.into_iter().map(|(key, unit)| (key, SweepRecord::new(&unit))));
        Ok(records)
    }

    fn report(&self, sweep: &Sweep<'_>, grid: &Grid, records: BTreeMap<UnitKey, SweepRecord>) -> SweepReport {
        let figures = records.iter().map(|(key, record)| (*key, record.figures.clone())).collect();
        SweepReport {
            summary: sweep.summary(&figures),
            dimensions: grid.dimensions().to_vec(),
            policies: grid.base().policies().iter().map(|policy| PolicyChoice::name(policy).to_owned()).collect(),
            confidence: grid.base().run().confidence,
            records,
        }
    }

    /// Why the sweep is incomplete, a sentence each.
    fn why_incomplete(&self, report: &SweepReport, unsharpened: usize) -> Vec<String> {
        let scenario = &report.summary.scenario;
        let missing = report.summary.missing.len();
        let stopped = (missing > 0).then(|| format!("{scenario}: {}; --resume continues", words::unfinished(missing)));
        let coarse = (missing == 0 && unsharpened > 0).then(|| {
            format!("{scenario}: {unsharpened} of the results were to get more replications; --resume continues")
        });
        let count = |is_it: fn(&SweepFigures) -> bool| report.all_figures().filter(|figures| is_it(figures)).count();
        let imprecise = match self.scenario.precision {
            Some(_) => count(|figures| figures.wants.is_some()),
            None => 0,
        };
        let imprecise = (imprecise > 0).then(|| {
            format!(
                "{scenario}: {imprecise} of the results are not as precise as asked, with the maximum of replications"
            )
        });
        let undecided = match self.scenario.undecided {
            WhenUndecided::Mark => 0,
            WhenUndecided::Fail => count(SweepFigures::is_undecided),
        };
        let undecided = (undecided > 0)
            .then(|| format!("{scenario}: chance may have decided an objective in {undecided} of the results"));
        stopped.into_iter().chain(coarse).chain(imprecise).chain(undecided).collect()
    }

    fn write_files(&self, report: &SweepReport, folder: &Path, shutdown: &Shutdown) -> Result<(), Failure> {
        files::write(&folder.join(RESULTS), &output::document_json(report), shutdown)?;
        if self.no_charts {
            return Ok(());
        }
        match output::sweep_svg(report) {
            Some(chart) => files::write(&folder.join(CHART), &chart, shutdown),
            None => Ok(()),
        }
    }

    /// Reports the files written.
    fn note_files(&self, folder: &Path, grid: &Grid) {
        if self.quiet {
            return;
        }
        let files = if self.draws(grid) { format!("{RESULTS} and {CHART}") } else { RESULTS.to_owned() };
        note(&format!("wrote {}\n", folder.join(files).display()));
        reports::note_exports(&self.export.exports);
    }
}

impl Merging for SweepCommand {
    fn format(&self) -> Option<Format> {
        self.format
    }

    fn take(&mut self, merge: MergeOptions) {
        self.out = merge.folder;
        self.jobs = merge.jobs;
        self.format = merge.print.format;
        self.quiet = merge.print.quiet;
        self.export = merge.export;
    }

    fn is_of_shards(&self) -> bool {
        self.shard.shard.is_none() && !self.resume && self.time_limit.is_none() && self.export.exports.is_empty()
    }

    fn merge(&self, merged: &Merged, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        self.sweep(Work::Merged(merged), stdout, shutdown)
    }
}

/// How many units would have got more replications if there had been time.
fn unsharpened(report: &SweepReport) -> usize {
    let most = report.summary.most_replications;
    report.records.values().filter(|record| record.figures.next_replications(most).is_some()).count()
}

/// About how long a sweep takes, in words, from the time that a few requests take.
fn time_needed(sweep: &Sweep<'_>, cost: &SweepCost) -> Option<String> {
    // The first ones take longer than those after them.
    sweep.trial(TRIAL_REQUESTS);
    let begun = Instant::now();
    let requests = sweep.trial(TRIAL_REQUESTS);
    let each = begun.elapsed().as_secs_f64() / requests.max(1) as f64;
    let seconds = each * cost.requests? as f64 / sweep.jobs() as f64;
    Some(match seconds {
        _ if seconds < 1.0 => "a second".to_owned(),
        _ if seconds < 90.0 => format!("{seconds:.0} s"),
        _ if seconds < 5400.0 => format!("{:.0} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    })
}

/// A progress bar for each stage.
struct Bars {
    scenario: String,
    is_quiet: bool,
    current: Mutex<Option<(SweepStage, Progress)>>,
}

impl Bars {
    fn new(scenario: String, is_quiet: bool) -> Self {
        Self { scenario, is_quiet, current: Mutex::new(None) }
    }

    /// Shows the progress, unless another thread does.
    fn update(&self, SweepProgress { stage, done }: SweepProgress) {
        let Ok(mut current) = self.current.try_lock() else { return };
        if current.as_ref().is_none_or(|(before, _)| *before != stage) {
            *current = None;
            let what = match stage {
                SweepStage::Preparing => "capacities",
                SweepStage::Coarse => "all points",
                SweepStage::Sharper => "sharper",
            };
            *current = Some((stage, Progress::new(&format!("{}: {what}", self.scenario), self.is_quiet)));
        }
        if let Some((_, bar)) = current.as_ref() {
            bar.update(done);
        }
    }
}
