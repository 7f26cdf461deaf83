//! `waitline explain`: whose fault the waits of a request are.

use std::num::{NonZeroU64, NonZeroUsize};
use std::ops::ControlFlow;

use clap::Args;

use super::arguments::{ChangedScenarioArguments, ExportArguments, PrintArguments, jobs, up_to};
use super::failure::Failure;
use super::outputs::{Inputs, Outputs};
use super::progress::Spinner;
use super::reports::{self, Reports};
use super::scenarios;
use super::shutdown::Shutdown;
use super::terminal::Stdout;
use crate::output::{ExplainReport, counted, words};
use crate::scenario::Scenario;
use crate::study::{self, ExplainOptions, Explanations, JobPool, MOST_ENTRIES, NotExplained, WhichRequests};

const EXAMPLES: &str = "\
Examples:
  waitline explain shop.json                            the slowest request of each policy
  waitline explain lecture.json --policy sync --request 3
  waitline explain shop.json --slowest 5                the five slowest
  waitline explain shop.json --percentile 99            the request at the 99th percentile
  waitline explain shop.json --what-if                  and what would have helped
  waitline explain shop.json --format json | jq '.policies[0].requests[0].waits'
  waitline explain shop.json --format csv               a row for each share

Each wait is divided to the nanosecond, twice. Direct: among those who use what the request waits for. Root: each share goes
on to what its holder waits for at that time, up to a request that works or is away, or to a cause.

Exit codes:
  0  explained
  2  invalid usage or scenario, or there is no such request
  3  more happens while the request is in the system than can be kept, or a run stopped before its end";

/// Tell whose fault each millisecond of a request's waits is
///
/// Runs the first replication of each policy, finds the request, and runs it again to see who used what the request waited
/// for.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ExplainCommand {
    /// Scenario file; `-` reads one from standard input
    #[arg(value_name = "FILE")]
    file: String,

    /// Number of the request in the order of all arrivals, from 1
    #[arg(long, value_name = "N", conflicts_with_all = ["slowest", "percentile"])]
    request: Option<NonZeroU64>,

    /// Explain this many of the requests that took longest to be answered, up to 1000 [default: 1]
    #[arg(
        long,
        value_name = "K",
        num_args = 0..=1,
        default_missing_value = "1",
        conflicts_with = "percentile",
        value_parser = |text: &str| up_to(text, MOST_REQUESTS)
    )]
    slowest: Option<NonZeroUsize>,

    /// Explain the request at this percentile of the response times, such as 99
    #[arg(long, value_name = "P", value_parser = percentile)]
    percentile: Option<f64>,

    /// Find out what would have helped the request, and its class: one more worker, thread, connection or core; another
    /// policy; the other classes absent; phases that take a tenth less. Each on the same requests
    #[arg(long)]
    what_if: bool,

    #[command(flatten)]
    changed: ChangedScenarioArguments,

    /// Maximum number of policies run at once, up to 1024 [default: one per core]; never changes a number
    #[arg(long, value_name = "N", help_heading = "Run", value_parser = jobs)]
    jobs: Option<NonZeroUsize>,

    #[command(flatten)]
    print: PrintArguments,

    #[command(flatten)]
    export: ExportArguments,
}

/// Most requests that are explained at once: a longer table is not read.
const MOST_REQUESTS: usize = 1000;

impl ExplainCommand {
    /// Reads the scenario, explains the requests and prints that.
    ///
    /// # Errors
    /// An invalid scenario, a request that does not exist, or a run of which too much would have to be kept.
    pub fn execute(&self, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        let inputs = Inputs::default();
        let scenario = self.scenario(&inputs)?;
        let mut outputs = Outputs::new(&inputs, None, shutdown);
        reports::add_outputs(self.print.printed(), &self.export.exports, &mut outputs)?;
        let mut reports =
            Reports::begin(self.print.printed(), &self.export.exports, (1, reports::WITHOUT_TIMELINES), shutdown)?;
        let explanations = self.explain(&scenario)?;
        self.expect_requests(&explanations)?;
        let stopped = why_incomplete(&explanations);
        reports.add(ExplainReport(explanations), stdout)?;
        reports.finish(stdout)?;
        if !self.print.quiet {
            reports::note_exports(&self.export.exports);
        }
        if stopped.is_empty() { Ok(()) } else { Err(Failure::Incomplete(stopped.join("\n"))) }
    }

    fn scenario(&self, inputs: &Inputs) -> Result<Scenario, Failure> {
        scenarios::read_one(&self.file, &self.changed.plain(), inputs)
    }

    fn which(&self) -> WhichRequests {
        match (self.request, self.percentile) {
            (Some(request), _) => WhichRequests::Numbers(request.get() - 1, request.get()),
            (None, Some(percentile)) => WhichRequests::Percentile(percentile),
            (None, None) => WhichRequests::Slowest(self.slowest.map_or(1, NonZeroUsize::get)),
        }
    }

    fn explain(&self, scenario: &Scenario) -> Result<Explanations, Failure> {
        let spinner = Spinner::new(scenario.name(), self.print.quiet);
        let look = || {
            spinner.update("following the waits");
            ControlFlow::Continue(())
        };
        let options = ExplainOptions {
            policies: self.changed.policies.clone(),
            which: self.which(),
            what_if: self.what_if,
            // One request says nothing of the others.
            matrix: self.what_if || self.request.is_none() && self.percentile.is_none() && self.slowest.is_none(),
            pool: JobPool::new(self.jobs),
        };
        study::explain(scenario, &options, &look).map_err(|why| match why {
            NotExplained::Halted => Failure::Interrupted,
            NotExplained::TooLong => Failure::Incomplete(format!(
                "{}: more happens while the request is in the system than can be kept ({} entries): name one that takes less \
                 time, such as `--percentile 50`",
                scenario.name(),
                counted(MOST_ENTRIES as u64)
            )),
        })
    }

    /// Makes sure that at least one policy has the request, or might have had it.
    fn expect_requests(&self, explanations: &Explanations) -> Result<(), Failure> {
        if explanations.policies.iter().any(|policy| !policy.requests.is_empty() || policy.incomplete.is_some()) {
            return Ok(());
        }
        Err(match self.request {
            Some(request) => Failure::bad(
                format!("scenario `{}` has no request {request}", explanations.scenario),
                "requests are numbered from 1, in the order of all arrivals",
            ),
            None => Failure::bad(
                format!("no request of scenario `{}` is answered", explanations.scenario),
                "name one with `--request N`",
            ),
        })
    }
}

/// Which policies did not run to their end, a sentence each.
fn why_incomplete(explanations: &Explanations) -> Vec<String> {
    let Explanations { scenario, policies, .. } = explanations;
    let stopped = policies.iter().filter_map(|policy| words::stopped(&policy.name, policy.incomplete.as_ref()));
    stopped.map(|why| format!("{scenario}, {why}")).collect()
}

/// A percentile, above 0 and at most 100.
fn percentile(text: &str) -> Result<f64, String> {
    let number = text.trim().trim_start_matches('p').trim_end_matches('%').parse::<f64>();
    let is_one = |number: &f64| *number > 0.0 && *number <= 100.0;
    number.ok().filter(is_one).ok_or_else(|| "must be above 0 and at most 100, such as 99".to_owned())
}
