//! `waitline merge`: the results of a command whose work several machines have divided among them.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser};

use super::arguments::{ExportArguments, PrintArguments, jobs, with_named_faults};
use super::failure::Failure;
use super::shard::{Job, MergeOptions, Merged};
use super::shutdown::Shutdown;
use super::terminal::Stdout;
use super::{Cli, Command};

const EXAMPLES: &str = "\
Examples:
  waitline sweep shop.json --vary workers=1..64 --out big --shard 1/3    on one machine
  waitline sweep shop.json --vary workers=1..64 --out big --shard 2/3    on another
  waitline sweep shop.json --vary workers=1..64 --out big --shard 3/3    on a third
  waitline merge big                    where big has what all three have written: prints what the sweep prints
  waitline merge big --format json      the same as JSON

Exit codes:
  those of the command, and
  2  units of different commands, scenarios, versions or seeds, or two of the same unit that differ
  3  nothing to merge, or units are missing; the message lists them";

/// Merge what several machines have done with --shard
///
/// Reads the units below DIR, in folders of any depth, and prints and writes the same bytes as the command without --shard. Where
/// replications are added until an answer is precise enough, as in every plan, it says which are needed next; run the shards again
/// then, with the units of all of them in DIR. The scenario is read again: run it in the folder in which the shards were run.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct MergeCommand {
    /// Folder that was named with --out, or one that has a copy of those of several machines
    #[arg(value_name = "DIR")]
    folder: PathBuf,

    /// Maximum number of replications run at once, up to 1024 [default: one per core]; never changes a number
    #[arg(long, value_name = "N", help_heading = "Run", value_parser = jobs)]
    jobs: Option<NonZeroUsize>,

    #[command(flatten)]
    print: PrintArguments,

    #[command(flatten)]
    export: ExportArguments,
}

impl MergeCommand {
    /// Reads what was asked and does it with the units.
    ///
    /// # Errors
    /// Those of the command; nothing to merge, or units that are missing or of different runs.
    pub fn execute(&self, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        let job = Job::read(&self.folder)?;
        let mut command = self.command(&job)?;
        let Some(merging) = command.merging().filter(|command| command.is_of_shards()) else {
            return Err(self.not_a_job());
        };
        let (print, export) = (self.print.clone(), self.export.clone());
        let print = PrintArguments { format: print.format.or(merging.format()), ..print };
        merging.take(MergeOptions { folder: self.folder.clone(), jobs: self.jobs, print, export });
        let merged = Merged::new(job, &self.folder, shutdown);
        merging.merge(&merged, stdout, shutdown)
    }

    fn command(&self, job: &Job) -> Result<Command, Failure> {
        let words = ["waitline".to_owned()].into_iter().chain(job.arguments.iter().cloned());
        let words = with_named_faults(words.map(Into::into));
        let read = Cli::try_parse_from(words).ok().and_then(|cli| cli.command);
        read.ok_or_else(|| self.not_a_job())
    }

    fn not_a_job(&self) -> Failure {
        let message = format!("`{}` does not say what shards were asked", self.folder.display());
        Failure::bad(message, "run the shards again, with another --out")
    }
}
