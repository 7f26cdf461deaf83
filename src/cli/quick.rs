//! `waitline quick`: runs a scenario given by a few options, without a file.

use std::num::{NonZeroU32, NonZeroU64};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use indexmap::IndexMap;

use super::arguments::{
    ExplainArguments, ExportArguments, PrintArguments, RunArguments, ScenarioArguments, WriteArguments,
};
use super::failure::Failure;
use super::outputs::Inputs;
use super::run_job::RunJob;
use super::scenarios;
use super::shard::Work;
use super::shutdown::Shutdown;
use super::terminal::Stdout;
use crate::model::{Rate, SimDuration};
use crate::policy::{Async, PolicyChoice, Sync, Threaded};
use crate::random::{Arrivals, Distribution};
use crate::scenario::format::{ClassForm, DbForm, MachineForm, PhaseForm, RunForm, ScenarioForm};
use crate::scenario::{Draft, Source};

const EXAMPLES: &str = "\
Examples:
  waitline quick --rate 80/s --cpu 10ms --db 80ms
  waitline quick --rate 80/s --cpu 10ms --db 80ms --workers 2 --threads 16
  waitline quick --rate 8/s --cpu 20ms --db 80ms --distribution constant --cores 1
  waitline quick --rate 80/s --cpu 10ms --db 80ms --print-scenario > mine.json";

/// The fields that options set: the printed scenario has them even where they are defaults.
const SET_BY_OPTIONS: [&str; 3] = ["/workers", "/threads", "/cores"];

/// Compare the policies on one kind of request, without a file
///
/// Requests of one class arrive as a Poisson process. Each works on the CPU, waits for the database, and works on the CPU
/// again. No file is written without --out, --csv or --export.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct QuickCommand {
    /// Mean arrival rate of a Poisson process, such as 80/s or 600/min
    #[arg(long, help_heading = "Requests")]
    rate: Rate,

    /// Mean CPU time of a request, half of it before the database query and half after
    #[arg(long, value_name = "TIME", help_heading = "Requests")]
    cpu: SimDuration,

    /// Mean time of the database query [default: no query]
    #[arg(long, value_name = "TIME", help_heading = "Requests")]
    db: Option<SimDuration>,

    /// Distribution of these times
    #[arg(long, alias = "law", value_enum, default_value_t = DistributionKind::Exponential, help_heading = "Requests")]
    distribution: DistributionKind,

    /// Number of requests
    #[arg(long, value_name = "N", default_value = "100000", help_heading = "Requests")]
    requests: NonZeroU64,

    /// Number of worker processes of each policy
    #[arg(long, value_name = "N", default_value = "4", help_heading = "Application")]
    workers: NonZeroU32,

    /// Number of threads per worker under `threaded`
    #[arg(long, value_name = "N", default_value = "8", help_heading = "Application")]
    threads: NonZeroU32,

    /// Number of cores of the machine [default: the number of workers]
    #[arg(long, value_name = "N", help_heading = "Application")]
    cores: Option<NonZeroU32>,

    /// Let the threads of a worker run in parallel, as on the JVM
    #[arg(long, help_heading = "Application")]
    no_gil: bool,

    /// Print the scenario file for these options instead of running it
    #[arg(long, conflicts_with_all = ["policies", "changes", "seed", "replications", "precision", "objectives"])]
    print_scenario: bool,

    #[command(flatten)]
    scenario: ScenarioArguments,

    #[command(flatten)]
    run: RunArguments,

    #[command(flatten)]
    print: PrintArguments,

    #[command(flatten)]
    explain: ExplainArguments,

    /// Write results.json and timeline.svg to DIR/quick/
    #[arg(long, value_name = "DIR", help_heading = "Output")]
    out: Option<PathBuf>,

    #[command(flatten)]
    write: WriteArguments,

    #[command(flatten)]
    export: ExportArguments,
}

/// Distributions of a time around its mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DistributionKind {
    /// varies strongly: many short times and a few long ones
    Exponential,
    /// does not vary
    Constant,
}

impl QuickCommand {
    /// Builds the scenario and runs it.
    ///
    /// # Errors
    /// As for `run`.
    pub fn execute(&self, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        let text = self.draft().to_string();
        if self.print_scenario {
            return stdout.write(&text);
        }
        let inputs = Inputs::default();
        let source = Source::new("<quick>", text);
        let scenario = scenarios::from_source(source, "quick", Path::new("."), &self.scenario, &inputs)?;
        let simulation = RunJob {
            inputs: &inputs,
            scenario: &self.scenario,
            run: &self.run,
            out: self.out.as_deref(),
            print: &self.print,
            explain: &self.explain,
            write: &self.write,
            exports: &self.export.exports,
            work: Work::Here,
        };
        simulation.run(&[scenario], stdout, shutdown)
    }

    fn draft(&self) -> Draft {
        let classes = IndexMap::from([("request".to_owned(), ClassForm::new(self.phases()))]);
        let workers = self.workers;
        let policies = vec![
            PolicyChoice::Sync(Sync { workers, ..Sync::default() }),
            PolicyChoice::Threaded(Threaded {
                workers,
                threads: self.threads,
                gil: !self.no_gil,
                ..Threaded::default()
            }),
            PolicyChoice::Async(Async { workers, ..Async::default() }),
        ];
        let form = ScenarioForm {
            description: Some(self.description()),
            machine: MachineForm { cores: self.cores.unwrap_or(workers), ..MachineForm::default() },
            run: RunForm { requests: Some(self.requests), ..RunForm::default() },
            ..ScenarioForm::new(classes, Arrivals::Poisson(self.rate), policies)
        };
        Draft::of(&form, &|pointer| SET_BY_OPTIONS.iter().any(|field| pointer.ends_with(field)))
    }

    fn description(&self) -> String {
        let db = self.db.map(|db| format!(" and {db} of database")).unwrap_or_default();
        let distribution = match self.distribution {
            DistributionKind::Exponential => "exponential",
            DistributionKind::Constant => "constant",
        };
        format!("Requests at {}, each with {} of CPU{db} ({distribution}).", self.rate, self.cpu)
    }

    fn phases(&self) -> Vec<PhaseForm> {
        let varying = |time: SimDuration| match self.distribution {
            DistributionKind::Exponential if time > SimDuration::ZERO => Distribution::Exponential(time),
            DistributionKind::Exponential | DistributionKind::Constant => Distribution::Constant(time),
        };
        let compute = |time| PhaseForm::Compute(varying(time));
        let Some(db) = self.db else { return vec![compute(self.cpu)] };
        let first = SimDuration::from_nanos(self.cpu.as_nanos() / 2);
        vec![compute(first), PhaseForm::Db(DbForm::Plain(varying(db))), compute(self.cpu - first)]
    }
}
