//! `waitline check`: checks scenarios against SLOs and baselines.

use std::io;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use clap::Args;

use super::arguments::{
    ExplainArguments, ExportArguments, PrintArguments, ScenarioArguments, WhenUndecided, file, jobs,
};
use super::failure::{Failure, reason};
use super::files;
use super::outputs::{InputKind, Inputs, Outputs};
use super::progress::Progress;
use super::reports::{self, Reports};
use super::scenarios;
use super::shard::{MergeOptions, Merged, Merging, ShardArguments, Share, Work, exported};
use super::shell::quoted;
use super::shutdown::Shutdown;
use super::terminal::{Stdout, color_on_stderr, note};
use crate::output::words::{advice, reason as reason_in_words, without_data};
use crate::output::{CheckReport, Format, baseline_json};
use crate::scenario::{Diagnostic, Scenario};
use crate::study::{
    self, BASELINE_SCHEMA, Baseline, BaselineCheck, CheckOutcome, CheckVerdict, Gate, JobPool, Options, ScenarioCheck,
    Shard, Stored, Watch,
};

const EXAMPLES: &str = "\
Examples:
  waitline check shop.json --update-baseline           write shop.baseline.json, for version control
  waitline check shop.json                             is anything worse than in the baseline, or an objective broken?
  waitline check scenarios/*.json                      all of them; baselines among the files are skipped
  waitline check shop.json --set machine.cores=1       see what would change
  waitline check shop.json --assert 'async.p99 < 400ms' --no-baseline
  waitline check shop.json --shard 1/3 --out big       a third of the work; then 2/3, 3/3 and waitline merge big

Exit codes:
  0  everything passes
  1  an objective is broken, or a number is significantly and materially worse than in the baseline
  2  invalid usage or scenario
  3  not comparable: no baseline, or one of another seed or model; the message shows the command that helps; with
     --undecided fail also if an objective is undecided by chance
  4  cannot write";

/// Check scenarios against SLOs and baselines
///
/// A baseline holds earlier results of a scenario. Its replications had the same requests, so each one is compared with its
/// counterpart, which reveals much smaller changes than a comparison of two independent runs. A number fails if it is worse
/// by more than chance (Holm's method, 5 % for all numbers of a scenario together) and by more than both tolerances.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CheckCommand {
    /// Scenario files; `-` reads one from standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,

    /// Compare with this file [default: X.baseline.json next to X.json]
    #[arg(long, value_name = "FILE", help_heading = "Baseline", value_parser = file())]
    baseline: Option<PathBuf>,

    /// Write the baseline instead of comparing with it
    #[arg(long, conflicts_with = "policies", help_heading = "Baseline")]
    update_baseline: bool,

    /// Check objectives only
    #[arg(long, conflicts_with_all = ["baseline", "update_baseline"], help_heading = "Baseline")]
    no_baseline: bool,

    /// Tolerance of a metric: relative, absolute or both, such as p99=5%,2ms; can be repeated
    /// [default: the scenario's, or 2% and 1 ms]
    #[arg(long = "tolerance", value_name = "METRIC=REL,ABS", help_heading = "Baseline")]
    tolerances: Vec<String>,

    #[command(flatten)]
    scenario: ScenarioArguments,

    /// Maximum number of replications run at once, up to 1024 [default: one per core]; never changes a number
    #[arg(long, value_name = "N", help_heading = "Run", value_parser = jobs)]
    jobs: Option<NonZeroUsize>,

    #[command(flatten)]
    shard: ShardArguments,

    /// Write the units of --shard to DIR [default: output]
    #[arg(long, value_name = "DIR", requires = "shard", help_heading = "Run")]
    out: Option<PathBuf>,

    #[command(flatten)]
    print: PrintArguments,

    #[command(flatten)]
    explain: ExplainArguments,

    #[command(flatten)]
    export: ExportArguments,
}

impl Merging for CheckCommand {
    fn format(&self) -> Option<Format> {
        self.print.format
    }

    fn take(&mut self, merge: MergeOptions) {
        self.jobs = merge.jobs;
        self.print = merge.print;
        self.export = merge.export;
    }

    fn is_of_shards(&self) -> bool {
        self.shard.shard.is_none() && !self.update_baseline && self.export.exports.is_empty()
    }

    fn merge(&self, merged: &Merged, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        self.run(Work::Merged(merged), stdout, shutdown)
    }
}

/// What went wrong, by exit code.
#[derive(Debug, Default)]
struct Verdicts {
    bad: Vec<Diagnostic>,
    unwritten: Vec<String>,
    incomplete: Vec<String>,
    fails: Vec<String>,
}

impl CheckCommand {
    /// Reads all scenarios, then runs and checks them.
    ///
    /// # Errors
    /// What does not pass or could not be checked: invalid input before write errors before incomplete checks before
    /// failed ones.
    pub fn execute(&self, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        self.run(Work::Here, stdout, shutdown)
    }

    fn run(&self, work: Work<'_>, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        let files = scenarios::without_baselines(&self.files);
        let named =
            |file: &String| self.no_baseline || self.baseline.is_some() || scenarios::baseline_of(file).is_some();
        if !files.iter().all(named) {
            return Err(Failure::bad(
                "a scenario from standard input has no baseline",
                "name one with `--baseline FILE`, or check objectives only with `--no-baseline`",
            ));
        }
        let inputs = Inputs::default();
        let mut scenarios = scenarios::read(&files, &self.scenario, &inputs)?;
        for text in &self.tolerances {
            scenarios.iter_mut().try_for_each(|scenario| scenario.tolerate(text))?;
        }
        if self.baseline.is_some() && scenarios.len() > 1 {
            return Err(Failure::bad(
                "`--baseline` names the file of one scenario, and there are several",
                "check them one by one, or keep each baseline next to its scenario",
            ));
        }
        let pool = JobPool::new(self.jobs);
        if let Some(shard) = self.shard.shard {
            return self.run_share(shard, (&files, &scenarios), &pool, shutdown);
        }
        let stored = files.iter().map(|file| self.stored(file)).collect::<Result<Vec<_>, _>>()?;
        let mut merged = self.merged((&files, &scenarios, &stored), (work, &pool))?.into_iter();
        self.expect_writable(&stored, &inputs, shutdown)?;
        let mut reports = Reports::begin(
            self.print.printed(),
            &self.export.exports,
            (scenarios.len(), reports::WITHOUT_TIMELINES),
            shutdown,
        )?;
        let mut verdicts = Verdicts::default();
        for ((file, scenario), (path, stored)) in files.iter().zip(&scenarios).zip(&stored) {
            let CheckOutcome { check, written } = match merged.next() {
                Some(outcome) => outcome,
                None => self.check(file, scenario, (path, stored), (work, &pool))?,
            };
            let without_data = without_data(scenario, &check.results);
            let is_judged = without_data.is_empty();
            verdicts.bad.extend(without_data);
            if written.is_some() && !is_judged {
                continue;
            }
            if let Some(baseline) = &written
                && let Err(failure) = self.write(path, baseline, shutdown)
            {
                verdicts.unwritten.push(failure.message());
                continue;
            }
            // Objectives without data have been reported with their location.
            if is_judged {
                verdicts.add(&check);
            }
            reports.add(CheckReport { check, explains_defaults: self.explain.explain_defaults }, stdout)?;
        }
        reports.finish(stdout)?;
        if !self.print.quiet {
            reports::note_exports(&self.export.exports);
        }
        verdicts.into_result()
    }

    /// Simulates the share of the replications that is done here.
    fn run_share(
        &self,
        shard: Shard,
        (files, scenarios): (&[String], &[Scenario]),
        pool: &JobPool,
        shutdown: &Shutdown,
    ) -> Result<(), Failure> {
        self.shard.expect_alone(&[("--update-baseline", self.update_baseline), exported(&self.export)])?;
        let folder = self.out.clone().unwrap_or_else(|| PathBuf::from("output"));
        let share = Share::begin(shard, &folder, files, shutdown)?;
        share.estimate(scenarios, &self.scenario.changed.policies, pool, self.print.quiet)
    }

    /// The checks of what others have simulated, if they have: of all scenarios, before anything is written.
    fn merged(
        &self,
        (files, scenarios, stored): (&[String], &[Scenario], &[(PathBuf, Stored)]),
        (work, pool): (Work<'_>, &JobPool),
    ) -> Result<Vec<CheckOutcome>, Failure> {
        let Work::Merged(merged) = work else { return Ok(Vec::new()) };
        let of_all = files.iter().zip(scenarios).zip(stored);
        let each =
            of_all.map(|((file, scenario), (path, stored))| self.check(file, scenario, (path, stored), (work, pool)));
        let all: Vec<Result<CheckOutcome, Failure>> = each.collect();
        merged.expect_all()?;
        all.into_iter().collect()
    }

    /// The file of a scenario's baseline, and its contents.
    fn stored(&self, file: &str) -> Result<(PathBuf, Stored), Failure> {
        let path = self.baseline.clone().or_else(|| scenarios::baseline_of(file)).unwrap_or_default();
        if self.no_baseline {
            return Ok((path, Stored::NotAsked));
        }
        let text = read(&path);
        if self.update_baseline {
            expect_replaceable(&path, text.as_deref().ok())?;
            return Ok((path, Stored::ToBeWritten { replaces: text.is_ok() }));
        }
        let stored = match text {
            Ok(text) => Stored::Text(text),
            // A file that the user named must exist; the default file need not.
            Err(error) if self.baseline.is_some() => {
                return Err(Failure::bad(
                    format!("cannot read the baseline `{}`: {}", path.display(), reason(&error)),
                    format!("`{}` writes it", self.update_command(file)),
                ));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Stored::Missing,
            Err(error) => Stored::Unreadable(reason(&error)),
        };
        Ok((path, stored))
    }

    /// Makes sure that everything can be written and no input is replaced.
    fn expect_writable(
        &self,
        baselines: &[(PathBuf, Stored)],
        inputs: &Inputs,
        shutdown: &Shutdown,
    ) -> Result<(), Failure> {
        let mut outputs = Outputs::new(inputs, None, shutdown);
        for (path, stored) in baselines {
            match stored {
                Stored::ToBeWritten { .. } => outputs.add_baseline(path)?,
                Stored::Text(_) => inputs.add(path, InputKind::Baseline),
                Stored::Missing | Stored::Unreadable(_) | Stored::NotAsked => {}
            }
        }
        reports::add_outputs(self.print.printed(), &self.export.exports, &mut outputs)
    }

    fn check(
        &self,
        file: &str,
        scenario: &Scenario,
        (path, stored): (&Path, &Stored),
        (work, pool): (Work<'_>, &JobPool),
    ) -> Result<CheckOutcome, Failure> {
        let options = Options {
            policies: self.scenario.changed.policies.clone(),
            pool: pool.clone(),
            units: work.units(),
            undecided_fails: self.scenario.undecided == WhenUndecided::Fail,
            ..Options::default()
        };
        let bar = Progress::new(scenario.name(), self.print.quiet);
        let progress = |done: f64| {
            bar.update(done);
            ControlFlow::Continue(())
        };
        let gate = Gate {
            file: scenarios::shown(file),
            baseline_file: &path.display().to_string(),
            stored,
            update: &self.update_command(file),
            is_changed: !self.scenario.changed.changes.is_empty(),
        };
        let mut watch = Watch { progress: &progress, rows: None };
        study::check(scenario, &options, &mut watch, &gate).map_err(|study::Halted| Failure::Interrupted)
    }

    fn write(&self, path: &Path, baseline: &Baseline, shutdown: &Shutdown) -> Result<(), Failure> {
        files::write(path, &baseline_json(baseline), shutdown)?;
        if !self.print.quiet {
            note(&format!("wrote {}\n", path.display()));
        }
        Ok(())
    }

    /// The command that makes these results the baseline, once the changes of `--set` are in the file: a baseline with
    /// changes that are not in the file would never match it.
    fn update_command(&self, file: &str) -> String {
        let mut words = vec!["waitline".to_owned(), "check".to_owned(), quoted(file)];
        let mut option = |name: &str, value: &str| words.extend([name.to_owned(), quoted(value)]);
        // What is no baseline is not replaced: then it is the default one that is written.
        let is_replaceable = |path: &&PathBuf| expect_replaceable(path, read(path).ok().as_deref()).is_ok();
        if let Some(path) = self.baseline.as_ref().filter(is_replaceable) {
            option("--baseline", &path.display().to_string());
        }
        self.scenario.changed.seed.iter().for_each(|seed| option("--seed", &seed.to_string()));
        self.scenario.replications.iter().for_each(|count| option("--replications", count));
        self.scenario.precision.iter().for_each(|width| option("--precision", width));
        words.push("--update-baseline".to_owned());
        words.join(" ")
    }
}

impl Verdicts {
    fn add(&mut self, check: &ScenarioCheck) {
        let reasons: Vec<String> = check.reasons.iter().map(reason_in_words).collect();
        let mut message = format!("{}: {}", check.scenario, listed(&reasons));
        match check.verdict {
            CheckVerdict::Passes => {}
            CheckVerdict::Fails => self.fails.push(message),
            CheckVerdict::Incomplete => {
                if let BaselineCheck::NotComparable(not) = &check.baseline {
                    message.push_str(&format!("\n  {}\n    {}", advice(&not.help), not.command));
                }
                self.incomplete.push(message);
            }
        }
    }

    /// The worst failure; the others are reported before it.
    fn into_result(self) -> Result<(), Failure> {
        let joined = |messages: Vec<String>| (!messages.is_empty()).then(|| messages.join("\n"));
        let bad = (!self.bad.is_empty()).then_some(Failure::Bad(self.bad));
        let failures = [
            joined(self.fails).map(Failure::Gate),
            joined(self.incomplete).map(Failure::Incomplete),
            joined(self.unwritten).map(Failure::Write),
            bad,
        ];
        let mut failures: Vec<Failure> = failures.into_iter().flatten().collect();
        let worst = failures.pop();
        for failure in failures {
            note(&failure.render(color_on_stderr()));
        }
        worst.map_or(Ok(()), Err)
    }
}

/// The first reasons, and how many more there are.
fn listed(reasons: &[String]) -> String {
    const MOST: usize = 3;
    let shown = reasons.iter().take(MOST).cloned().collect::<Vec<_>>().join("; ");
    match reasons.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown}; and {more} more"),
    }
}

/// The text of a baseline. A file that is not text cannot be a baseline and fails later.
fn read(path: &Path) -> io::Result<String> {
    Ok(String::from_utf8_lossy(&files::read_up_to(path, files::MOST_OF_DATA)?).into_owned())
}

/// Makes sure that an existing file is a baseline before it is replaced.
fn expect_replaceable(path: &Path, text: Option<&str>) -> Result<(), Failure> {
    let has_the_ending = path.to_string_lossy().ends_with(".baseline.json");
    let family = BASELINE_SCHEMA.trim_end_matches(|letter: char| letter.is_ascii_digit());
    let is_baseline = text.is_none_or(|text| text.is_empty() || has_the_ending || text.contains(family));
    if is_baseline {
        return Ok(());
    }
    Err(Failure::bad(
        format!("`{}` is not a baseline, so it is not replaced", path.display()),
        "choose another file, such as one that ends in `.baseline.json`",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_of_many_reasons_are_listed() {
        let reasons: Vec<String> = ["a", "b", "c", "d", "e"].map(str::to_owned).into();
        assert_eq!(listed(&reasons), "a; b; c; and 2 more");
        assert_eq!(listed(&reasons[..3]), "a; b; c");
    }
}
