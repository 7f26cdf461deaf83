//! `--shard i/n`: one of several machines does its share of the units of a command, and another one merges what they did.
//!
//! What was asked is kept with the units, so that `merge` runs the same command: only that its replications are read.

use std::env;
use std::num::{NonZeroU64, NonZeroUsize};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde::{Deserialize, Serialize};

use super::arguments::{ExportArguments, PrintArguments};
use super::failure::Failure;
use super::files;
use super::progress::Progress;
use super::shell::quoted;
use super::shutdown::Shutdown;
use super::terminal::{Stdout, note};
use super::unit_files::{UnitFolder, collect};
use crate::engine::MODEL_VERSION;
use crate::output::{Format, counted};
use crate::scenario::Scenario;
use crate::study::{self, JobPool, Options, Shard, UnitStore, Units, Watch};

/// The file that says which command the units of a folder are of.
const JOB: &str = "waitline.shards.json";
const JOB_SCHEMA: &str = "waitline.shards/1";

/// How many folders deep it is looked for.
const DEEPEST: u32 = 4;

/// Options that say how a machine does its share, and not what is asked: those with a value, and those without.
const NOT_ASKED: [&str; 4] = ["--shard", "--out", "--jobs", "--time-limit"];
const NOT_ASKED_ALONE: [&str; 2] = ["--quiet", "-q"];

/// The share of the work that is done here.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Run")]
pub struct ShardArguments {
    /// Do share I of N, such as 1/3, and print no results: the units are written below DIR of --out, and `waitline merge DIR`
    /// prints what the command prints without --shard
    #[arg(long, value_name = "I/N", help_heading = "Run", value_parser = shard)]
    pub shard: Option<Shard>,
}

impl ShardArguments {
    /// Makes sure that nothing is asked of a share that it cannot give.
    ///
    /// # Errors
    /// The first option that is asked for.
    pub fn expect_alone(&self, options: &[(&str, bool)]) -> Result<(), Failure> {
        let asked = options.iter().find(|(_, is_asked)| *is_asked);
        asked.map_or(Ok(()), |(option, _)| {
            let help = "a shard writes units and nothing else; `waitline merge` prints, and has --format and --export";
            Err(Failure::bad(format!("`{option}` cannot be used with `--shard`"), help))
        })
    }
}

/// Whether exports are asked for.
pub fn exported(export: &ExportArguments) -> (&'static str, bool) {
    ("--export", !export.exports.is_empty())
}

/// How what shards have done is merged.
#[derive(Clone, Debug)]
pub struct MergeOptions {
    /// The folder of the units, which is also that of the results.
    pub folder: PathBuf,
    /// Number of jobs.
    pub jobs: Option<NonZeroUsize>,
    /// What is printed.
    pub print: PrintArguments,
    /// What is exported.
    pub export: ExportArguments,
}

/// A command whose shards can be merged.
pub trait Merging {
    /// The format in which the command prints, if it names one.
    fn format(&self) -> Option<Format>;
    /// Takes what was left open.
    fn take(&mut self, merge: MergeOptions);
    /// Whether a shard may have been asked this: it asks for nothing that writes other files.
    fn is_of_shards(&self) -> bool;
    /// Does what the command does, with units that are read.
    ///
    /// # Errors
    /// Those of the command, and a missing unit.
    fn merge(&self, merged: &Merged, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure>;
}

/// A share such as 1/3.
fn shard(text: &str) -> Result<Shard, String> {
    const HELP: &str = "write the number of the share and how many there are, such as 1/3";
    let (number, of) = text.split_once('/').ok_or(HELP)?;
    let [number, of] = [number, of].map(|text| text.trim().parse::<NonZeroU64>().map(NonZeroU64::get));
    let (number, of) = number.ok().zip(of.ok()).ok_or(HELP)?;
    if number > of {
        return Err(format!("there are only {of} shares, counted from 1"));
    }
    Ok(Shard { number, of })
}

/// What was asked of all shards alike.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    schema: String,
    waitline: String,
    model: u32,
    /// The words of the command, without those that differ from shard to shard.
    pub arguments: Vec<String>,
}

impl Job {
    /// What was asked of this process.
    fn of_this_process() -> Result<Self, Failure> {
        let words: Option<Vec<String>> = env::args_os().skip(1).map(|word| word.into_string().ok()).collect();
        let words = words.ok_or_else(|| {
            Failure::bad("an argument is not UTF-8 text", "rename the file: `merge` has to read it under its name")
        })?;
        Ok(Self {
            schema: JOB_SCHEMA.to_owned(),
            waitline: env!("CARGO_PKG_VERSION").to_owned(),
            model: MODEL_VERSION,
            arguments: asked(words),
        })
    }

    /// The command as it is written in a shell.
    fn command(&self) -> String {
        let words: Vec<String> = self.arguments.iter().map(|word| quoted(word)).collect();
        format!("waitline {}", words.join(" "))
    }

    /// What was asked of the shards that wrote to a folder, or to folders below it.
    ///
    /// # Errors
    /// If there is nothing, or different commands.
    pub fn read(folder: &Path) -> Result<Self, Failure> {
        let mut paths = Vec::new();
        collect(folder, DEEPEST, &mut |path| {
            if path.ends_with(JOB) {
                paths.push(path.to_owned());
            }
        });
        let mut jobs = paths.iter().map(|path| Self::read_file(path).map(|job| (path, job)));
        let Some((first, job)) = jobs.next().transpose()? else {
            let message = format!("there is nothing to merge in `{}`: no shard has written to it", folder.display());
            return Err(Failure::Incomplete(message));
        };
        for other in jobs {
            let (path, other) = other?;
            if other != job {
                let message = format!("`{}` and `{}` are of different commands", first.display(), path.display());
                let help = format!("the first is of `{}`, the second of `{}`", job.command(), other.command());
                return Err(Failure::bad(message, help));
            }
        }
        Ok(job)
    }

    fn read_file(path: &Path) -> Result<Self, Failure> {
        let bad = |why: String| {
            let help = "remove it, and run the shards again";
            Failure::bad(format!("cannot read `{}`: {why}", path.display()), help)
        };
        let text = files::text_up_to(path, files::MOST_OF_SCENARIO).map_err(|error| bad(error.to_string()))?;
        let job: Self =
            serde_json::from_str(&text).map_err(|_| bad("it does not say what shards were asked".into()))?;
        let (ours, model) = (env!("CARGO_PKG_VERSION"), MODEL_VERSION);
        if job.schema != JOB_SCHEMA || job.waitline != ours || job.model != model {
            let Self { waitline, model: theirs, .. } = &job;
            let message = format!(
                "`{}` was written by waitline {waitline} with model {theirs}, and this is {ours} with model {model}",
                path.display()
            );
            return Err(Failure::bad(message, "use one version for all shards and for `merge`"));
        }
        Ok(job)
    }

    /// Leaves it with the units, unless another shard has.
    fn leave(&self, folder: &Path, shutdown: &Shutdown) -> Result<(), Failure> {
        let path = folder.join(JOB);
        if !path.exists() {
            let text = serde_json::to_string_pretty(self).expect("a job is plain data under names");
            return files::write(&path, &(text + "\n"), shutdown);
        }
        let known = Self::read_file(&path)?;
        if known == *self {
            return Ok(());
        }
        let message = format!("`{}` has the units of another command", folder.display());
        let help = format!("it has those of `{}`: use another folder with --out, or remove it", known.command());
        Err(Failure::bad(message, help))
    }
}

/// The words of a command, without those that differ from shard to shard.
fn asked(words: Vec<String>) -> Vec<String> {
    let mut asked = Vec::new();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        let name = word.split_once('=').map_or(word.as_str(), |(name, _)| name);
        if NOT_ASKED.contains(&name) {
            if name == word {
                words.next();
            }
        } else if !NOT_ASKED_ALONE.contains(&word.as_str()) {
            asked.push(word);
        }
    }
    asked
}

/// The share of the units that is done here.
#[derive(Debug)]
pub struct Share {
    shard: Shard,
    folder: PathBuf,
    files: Arc<UnitFolder>,
}

impl Share {
    /// A share whose units go to a folder. Files named `-` cannot be read again.
    ///
    /// # Errors
    /// If the folder has units of another command, or cannot be written.
    pub fn begin(shard: Shard, folder: &Path, inputs: &[String], shutdown: &Shutdown) -> Result<Self, Failure> {
        if inputs.iter().any(|file| file == "-") {
            let help = "write the scenario to a file: every shard reads it, and so does `merge`";
            return Err(Failure::bad("`--shard` cannot read standard input", help));
        }
        Job::of_this_process()?.leave(folder, shutdown)?;
        shutdown.advise("finished units are kept; the same command continues");
        let files = Arc::new(UnitFolder::new(folder.to_owned(), Some(shard), shutdown));
        Ok(Self { shard, folder: folder.to_owned(), files })
    }

    /// Where the units are done.
    pub fn units(&self) -> Units {
        Units::of(self.files.clone())
    }

    /// Whether units can be written.
    pub fn goes_on(&self) -> bool {
        self.files.goes_on()
    }

    /// Simulates the share of the replications of scenarios, and says what was done.
    ///
    /// # Errors
    /// If a unit cannot be written.
    pub fn estimate(
        &self,
        scenarios: &[Scenario],
        policies: &[String],
        pool: &JobPool,
        is_quiet: bool,
    ) -> Result<(), Failure> {
        for scenario in scenarios {
            let (policies, units) = (policies.to_vec(), self.units());
            let options = Options { policies, units, pool: pool.clone(), ..Options::default() };
            let bar = Progress::new(scenario.name(), is_quiet);
            let progress = |done: f64| {
                bar.update(done);
                if self.goes_on() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            };
            // Nothing comes of a share but its units.
            let _ = study::estimate(scenario, &options, &mut Watch { progress: &progress, rows: None });
        }
        self.finish(is_quiet)
    }

    /// Says what was done.
    ///
    /// # Errors
    /// The first failure.
    pub fn finish(&self, is_quiet: bool) -> Result<(), Failure> {
        self.files.check()?;
        let [done, known, _] = self.files.counts();
        if !is_quiet {
            let Shard { number, of } = self.shard;
            let folder = quoted(&self.folder.display().to_string());
            let known = if known > 0 { format!(", {} known before", counted(known as u64)) } else { String::new() };
            let done = counted(done as u64);
            note(&format!(
                "shard {number}/{of}: {done} units done{known}; when all shards are finished: waitline merge {folder}\n"
            ));
        }
        Ok(())
    }
}

/// The units that shards have done, to be read.
#[derive(Debug)]
pub struct Merged {
    job: Job,
    files: Arc<UnitFolder>,
}

impl Merged {
    /// Those in a folder.
    pub fn new(job: Job, folder: &Path, shutdown: &Shutdown) -> Self {
        Self { job, files: Arc::new(UnitFolder::new(folder.to_owned(), None, shutdown)) }
    }

    /// Where the units are read.
    pub fn units(&self) -> Units {
        Units::of(self.files.clone())
    }

    /// Makes sure that every unit is there.
    ///
    /// # Errors
    /// If one cannot be used, or is missing.
    pub fn expect_all(&self) -> Result<(), Failure> {
        self.files.check()?;
        let [_, known, missing] = self.files.counts();
        if missing == 0 {
            return Ok(());
        }
        let lines: String = self.files.missing().iter().map(|line| format!("\n  {line}")).collect();
        let command = self.job.command();
        let first = if known > 0 {
            "shards that did not finish, or a next round: how many replications it takes is known once the others are there"
        } else {
            "no shard has finished a unit"
        };
        Err(Failure::Incomplete(format!(
            "{} missing ({first}):{lines}\n  run `{command} --shard I/N --out DIR` for each share, where DIR has the \
             units of all shards so far; only what is missing is done, and N may be any",
            if missing == 1 { "1 unit is".to_owned() } else { format!("{} units are", counted(missing as u64)) }
        )))
    }
}

/// Where the units of a command are done.
#[derive(Clone, Copy, Debug)]
pub enum Work<'a> {
    /// All of them here.
    Here,
    /// Other machines have done them.
    Merged(&'a Merged),
}

impl Work<'_> {
    /// Where they are done, for what needs them.
    pub fn units(&self) -> Units {
        match self {
            Self::Here => Units::default(),
            Self::Merged(merged) => merged.units(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_counted_from_1() {
        assert_eq!(shard("1/1"), Ok(Shard { number: 1, of: 1 }));
        assert_eq!(shard("3/7"), Ok(Shard { number: 3, of: 7 }));
        assert!(["0/3", "4/3", "3", "1/0", "-1/2", "a/b", "1/3/5", ""].iter().all(|text| shard(text).is_err()));
    }

    #[test]
    fn what_differs_from_shard_to_shard_is_not_asked() {
        let words = "run a.json --shard 1/3 --seed 2 --out=x -q --jobs 4 --set run.requests=5".split(' ');
        let asked = asked(words.map(str::to_owned).collect()).join(" ");
        assert_eq!(asked, "run a.json --seed 2 --set run.requests=5");
    }
}
