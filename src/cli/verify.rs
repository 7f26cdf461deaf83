//! `waitline verify`: the exact cases, on the user's machine.

use std::num::NonZeroU64;
use std::ops::ControlFlow;

use clap::Args;

use super::arguments::PrintArguments;
use super::failure::Failure;
use super::progress::Progress;
use super::reports;
use super::shutdown::Shutdown;
use super::terminal::Stdout;
use crate::output::{CoverageReport, SelectionReport, VerificationReport};
use crate::study::{
    Coverage, CoveredNumber, FigureVerdict, Halted, JobPool, Verification, case_ids, coverage, selection, verify,
};

const EXAMPLES: &str = "\
Examples:
  waitline verify                  all cases; about 20 s on two cores
  waitline verify --only A10 D03   only these
  waitline verify --precise        narrower intervals; takes minutes
  waitline verify --coverage       whether 95 % intervals cover the exact value 95 times in 100; takes minutes
  waitline verify --selection      whether plans are right as often as they say; takes minutes

Exit codes:
  0  every figure passes
  1  a figure does not pass";

/// Compare the simulator with exact results of queueing theory
///
/// Simulates systems with known exact results on this machine. A figure passes if the confidence interval of independent
/// runs covers the exact value and is narrow.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct VerifyCommand {
    /// Run only these cases, such as A01
    #[arg(long, value_name = "ID", num_args = 1.., value_delimiter = ',')]
    only: Vec<String>,

    /// Require narrow intervals for probabilities and percentiles too: takes longer
    #[arg(long)]
    precise: bool,

    /// Instead, count how often the confidence intervals of `run` cover exact values, with this number of experiments per
    /// system [default: 400]
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "400", conflicts_with_all = ["only", "precise"])]
    coverage: Option<NonZeroU64>,

    /// Instead, count how often `plan` is right, with this number of plans of systems whose exact answer is known [default: 400]
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "400", conflicts_with_all = ["only", "precise", "coverage"])]
    selection: Option<NonZeroU64>,

    #[command(flatten)]
    print: PrintArguments,
}

impl VerifyCommand {
    /// Runs the cases and prints the results.
    ///
    /// # Errors
    /// If a case is unknown or a figure does not pass.
    pub fn execute(&self, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        reports::expect_shown(self.print.printed(), &[], reports::WITHOUT_TIMELINES)?;
        if let Some(experiments) = self.coverage {
            return self.cover(experiments.get(), stdout, shutdown);
        }
        if let Some(plans) = self.selection {
            return self.select(plans.get(), stdout, shutdown);
        }
        let only: Vec<String> = self.only.iter().map(|id| id.to_uppercase()).collect();
        check_ids(&only)?;
        let verification = self.verify(&only)?;
        let verdict = judge(&verification);
        reports::print(VerificationReport(verification), self.print.printed(), stdout, shutdown)?;
        verdict
    }

    fn verify(&self, only: &[String]) -> Result<Verification, Failure> {
        self.watched(|watch| verify(only, self.precise, &JobPool::default(), watch))
    }

    fn cover(&self, experiments: u64, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        let found: Vec<Coverage> = self.watched(|watch| coverage(experiments, &JobPool::default(), watch))?;
        let passes = found.iter().flat_map(|coverage| &coverage.numbers).all(CoveredNumber::passes);
        reports::print(CoverageReport(found), self.print.printed(), stdout, shutdown)?;
        match passes {
            true => Ok(()),
            false => Err(Failure::Gate("an interval does not cover as often as it should".to_owned())),
        }
    }

    fn select(&self, plans: u64, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        let found = self.watched(|watch| selection(plans, &JobPool::default(), watch))?;
        let passes = found.passes();
        reports::print(SelectionReport(found), self.print.printed(), stdout, shutdown)?;
        if passes { Ok(()) } else { Err(Failure::Gate("plans are right less often than they say".to_owned())) }
    }

    /// Does something that takes a while, with a progress bar.
    fn watched<T>(
        &self,
        work: impl FnOnce(&(dyn Fn(f64) -> ControlFlow<()> + Sync)) -> Result<T, Halted>,
    ) -> Result<T, Failure> {
        let bar = Progress::new("verify", self.print.quiet);
        let watch = |done| {
            bar.update(done);
            ControlFlow::Continue(())
        };
        work(&watch).map_err(|Halted| Failure::Interrupted)
    }
}

fn check_ids(only: &[String]) -> Result<(), Failure> {
    let ids = case_ids();
    match only.iter().find(|id| !ids.contains(&id.as_str())) {
        None => Ok(()),
        Some(unknown) => {
            Err(Failure::bad(format!("there is no case `{unknown}`"), format!("cases: {}", ids.join(", "))))
        }
    }
}

fn judge(verification: &Verification) -> Result<(), Failure> {
    let figures = verification.cases.iter().flat_map(|case| &case.figures);
    match figures.filter(|figure| figure.verdict != FigureVerdict::Pass).count() {
        0 => Ok(()),
        1 => Err(Failure::Gate("a figure does not pass".to_owned())),
        some => Err(Failure::Gate(format!("{some} figures do not pass"))),
    }
}
