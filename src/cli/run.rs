//! `waitline run`: every policy of a scenario on the same requests.

use std::path::PathBuf;

use clap::Args;

use super::arguments::{
    ExplainArguments, ExportArguments, PrintArguments, RunArguments, ScenarioArguments, WriteArguments,
};
use super::failure::Failure;
use super::outputs::Inputs;
use super::run_job::RunJob;
use super::scenarios;
use super::shard::{MergeOptions, Merged, Merging, ShardArguments, Share, Work, exported};
use super::shutdown::Shutdown;
use super::terminal::Stdout;
use crate::output::Format;

const EXAMPLES: &str = "\
Examples:
  waitline run shop.json                          compare its policies
  waitline run scenarios/*.json --quiet           write the files of several scenarios
  waitline run shop.json --set run.requests=1000  change a value without editing the file
  waitline run shop.json --policy async --seed 2  one policy, other random numbers
  waitline run shop.json --csv requests.csv       one row per request
  waitline run shop.json --export markdown=it.md  also write the tables to a file
  waitline run shop.json --export trace=it.json   what ran when, for Perfetto or speedscope
  waitline init | waitline run - --format json    from standard input, as JSON
  waitline run shop.json --shard 1/3 --out big    a third of the work; then 2/3, 3/3 and waitline merge big";

/// Run every policy of each scenario on the same requests
///
/// Prints the results of each policy, and writes results.json and timeline.svg to a folder per scenario. All files are
/// checked before the first one runs: if one is invalid, nothing is written.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct RunCommand {
    /// Scenario files; `-` reads one from standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,

    #[command(flatten)]
    scenario: ScenarioArguments,

    #[command(flatten)]
    run: RunArguments,

    #[command(flatten)]
    shard: ShardArguments,

    #[command(flatten)]
    print: PrintArguments,

    #[command(flatten)]
    explain: ExplainArguments,

    /// Write to DIR/<scenario>/
    #[arg(long, value_name = "DIR", default_value = "output", help_heading = "Output")]
    out: PathBuf,

    #[command(flatten)]
    write: WriteArguments,

    #[command(flatten)]
    export: ExportArguments,
}

impl RunCommand {
    /// Reads all scenarios, then runs them.
    ///
    /// # Errors
    /// An invalid scenario, a file that cannot be written, or a run stopped by a limit.
    pub fn execute(&self, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        self.run(Work::Here, stdout, shutdown)
    }

    fn run(&self, work: Work<'_>, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        let inputs = Inputs::default();
        let scenarios = scenarios::read(&self.files, &self.scenario, &inputs)?;
        let simulation = RunJob {
            inputs: &inputs,
            scenario: &self.scenario,
            run: &self.run,
            out: Some(&self.out),
            print: &self.print,
            explain: &self.explain,
            write: &self.write,
            exports: &self.export.exports,
            work,
        };
        match self.shard.shard {
            Some(shard) => {
                self.shard.expect_alone(&[("--csv", self.write.csv.is_some()), exported(&self.export)])?;
                simulation.run_share(&scenarios, &Share::begin(shard, &self.out, &self.files, shutdown)?)
            }
            None => simulation.run(&scenarios, stdout, shutdown),
        }
    }
}

impl Merging for RunCommand {
    fn format(&self) -> Option<Format> {
        self.print.format
    }

    fn take(&mut self, merge: MergeOptions) {
        self.out = merge.folder;
        self.run.jobs = merge.jobs;
        self.print = merge.print;
        self.export = merge.export;
    }

    fn is_of_shards(&self) -> bool {
        self.shard.shard.is_none() && self.write.csv.is_none() && self.export.exports.is_empty()
    }

    fn merge(&self, merged: &Merged, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        self.run(Work::Merged(merged), stdout, shutdown)
    }
}
