//! `waitline plan`: the smallest configurations that meet objectives.

use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Instant;

use clap::Args;

use super::arguments::{ChangedScenarioArguments, ExportArguments, PrintArguments, jobs};
use super::failure::Failure;
use super::files;
use super::outputs::{Inputs, Outputs};
use super::progress::Spinner;
use super::reports::{self, Reports};
use super::scenarios;
use super::shard::{MergeOptions, Merged, Merging, ShardArguments, Share, Work, exported};
use super::shutdown::Shutdown;
use super::terminal::{Stdout, note};
use crate::model::SimDuration;
use crate::output::{self, Format, PlanReport, counted, words};
use crate::scenario::{Scenario, allowed_names};
use crate::study::{self, Choose, JobPool, Plan, PlanLimits, PlanOptions, PlanVerdict, Prices, Shard, Units};

const EXAMPLES: &str = "\
Examples:
  waitline plan shop.json --slo \"p99 < 250ms\"            the smallest configuration of each policy that meets it
  waitline plan shop.json --policy sync                   with the objectives of the scenario, one policy
  waitline plan shop.json --choose threads                the threads of one worker, whose number stays as it is
  waitline plan shop.json --choose workers,threads,pool   also the size of the connection pool
  waitline plan shop.json --robust                        also at +10 % load, slower queries, more CPU time
  waitline plan shop.json --max-load                      how much load the configuration as it is can take
  waitline plan shop.json --limit memory=2GiB --limit db.connections=100
  waitline plan shop.json --format json | jq '.policies[0].choice'
  waitline plan shop.json --shard 1/3 --out big           a third of the work; then 2/3, 3/3 and waitline merge big

Exit codes:
  0  some policy meets the objectives
  1  no configuration of any policy does; with --max-load, none as it is at the load that arrives
  2  invalid usage or scenario
  3  nothing was decided: too close to tell, or the time limit was reached";

/// Find the smallest configurations that meet objectives, and how sure that is
///
/// For each policy, the cheapest number of workers, threads or connections that meets the objectives. Each configuration is
/// simulated until it is certain: the answer is right with the probability `run.confidence` of the scenario (95 % by default)
/// within --within of each bound. More is not assumed to be better: where more is worse, the answer says so. Writes plan.svg, a
/// picture of all configurations that were tried, to a folder per scenario.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct PlanCommand {
    /// Scenario file; `-` reads one from standard input
    #[arg(value_name = "FILE")]
    file: String,

    /// Objective to plan for, such as "p99 < 250ms"; can be repeated [default: those of the scenario]
    #[arg(long = "slo", visible_alias = "assert", value_name = "OBJECTIVE")]
    objectives: Vec<String>,

    /// What to choose: workers, threads, pool or pool.NAME, cores, replicas; separated by commas [default: workers and threads]
    #[arg(long, value_name = "SIZES", value_delimiter = ',')]
    choose: Vec<String>,

    /// How close to a bound is too close to matter: a bound of 250 ms is told from 247.5 and 252.5 ms
    #[arg(long, value_name = "PERCENT", default_value = "1%", value_parser = within)]
    within: f64,

    /// The objectives must also be met at +10 % load, with queries 20 % slower, and with 20 % more CPU time in phases
    #[arg(long, conflicts_with = "max_load")]
    robust: bool,

    /// Choose nothing: find the highest load of the configuration as it is
    #[arg(long, conflicts_with = "choose")]
    max_load: bool,

    /// What each part costs, in memory or in any one unit; the cheapest configuration is chosen
    /// [default: worker=120MB,thread=8MB,connection=10MB, and fewer cores first]
    #[arg(long, value_name = "PART=COST", value_delimiter = ',')]
    cost: Vec<String>,

    /// What a configuration may not exceed: memory=2GiB (or cost=N), BACKEND.connections=N, workers=N, threads=N, cores=N; can
    /// be repeated
    #[arg(long = "limit", value_name = "WHAT=MOST", value_delimiter = ',')]
    limits: Vec<String>,

    /// Stop after this time with what is known, such as 30s; the only thing that may change the answer from one machine to
    /// another
    #[arg(long, value_name = "TIME")]
    time_limit: Option<SimDuration>,

    #[command(flatten)]
    changed: ChangedScenarioArguments,

    /// Maximum number of replications run at once, up to 1024 [default: one per core]; never changes a number
    #[arg(long, value_name = "N", help_heading = "Run", value_parser = jobs)]
    jobs: Option<NonZeroUsize>,

    #[command(flatten)]
    shard: ShardArguments,

    #[command(flatten)]
    print: PrintArguments,

    /// Write to DIR/<scenario>/
    #[arg(long, value_name = "DIR", default_value = "output", help_heading = "Output")]
    out: PathBuf,

    /// Draw no plan.svg
    #[arg(long, help_heading = "Output")]
    no_charts: bool,

    #[command(flatten)]
    export: ExportArguments,
}

/// The file in the folder of a scenario.
const CHART: &str = "plan.svg";

impl PlanCommand {
    /// Reads the scenario, plans it and prints the plan.
    ///
    /// # Errors
    /// An invalid scenario or objective, or a plan in which no policy meets the objectives.
    pub fn execute(&self, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        self.run(Work::Here, stdout, shutdown)
    }

    fn run(&self, work: Work<'_>, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        let inputs = Inputs::default();
        let scenario = self.scenario(&inputs)?;
        if let Some(shard) = self.shard.shard {
            return self.run_share(shard, &scenario, shutdown);
        }
        let options = self.options(&scenario, work.units())?;
        let chart = self.out.join(scenario.name()).join(CHART);
        let mut outputs = Outputs::new(&inputs, Some(&self.out), shutdown);
        reports::add_outputs(self.print.printed(), &self.export.exports, &mut outputs)?;
        if !self.no_charts {
            outputs.add(&chart)?;
        }
        let mut reports =
            Reports::begin(self.print.printed(), &self.export.exports, (1, reports::WITHOUT_TIMELINES), shutdown)?;
        let plan = self.plan(&scenario, &options, &|| true)?;
        if let Work::Merged(merged) = work {
            merged.expect_all()?;
        }
        let verdict = verdict(&plan);
        let drawn = if self.no_charts { None } else { output::plan_svg(&plan) };
        if let Some(drawn) = &drawn {
            files::write(&chart, drawn, shutdown)?;
        }
        reports.add(PlanReport(plan), stdout)?;
        reports.finish(stdout)?;
        if !self.print.quiet {
            if drawn.is_some() {
                note(&format!("wrote {}\n", chart.display()));
            }
            reports::note_exports(&self.export.exports);
        }
        verdict
    }

    fn scenario(&self, inputs: &Inputs) -> Result<Scenario, Failure> {
        let mut scenario = scenarios::read_one(&self.file, &self.changed.plain(), inputs)?;
        if !self.objectives.is_empty() {
            scenario.clear_objectives();
        }
        for objective in &self.objectives {
            scenario.assert_by("--slo", objective)?;
        }
        Ok(scenario)
    }

    fn options(&self, scenario: &Scenario, units: Units) -> Result<PlanOptions, Failure> {
        let choose = self.choose.iter().map(|word| chosen(word, scenario)).collect::<Result<_, _>>()?;
        Ok(PlanOptions {
            policies: self.changed.policies.clone(),
            choose,
            within: self.within,
            prices: prices(&self.cost)?,
            limits: limits(&self.limits, scenario)?,
            robust: self.robust,
            max_load: self.max_load,
            only_choice: false,
            pool: JobPool::new(self.jobs),
            units,
        })
    }

    /// Simulates the share of the replications that is done here, and prints nothing.
    fn run_share(&self, shard: Shard, scenario: &Scenario, shutdown: &Shutdown) -> Result<(), Failure> {
        self.shard.expect_alone(&[exported(&self.export)])?;
        let share = Share::begin(shard, &self.out, std::slice::from_ref(&self.file), shutdown)?;
        let options = self.options(scenario, share.units())?;
        let begun = Instant::now();
        // Nothing comes of a share but its units.
        self.plan(scenario, &options, &|| share.goes_on())?;
        share.finish(self.print.quiet)?;
        if self.is_over(begun) {
            let scenario = scenario.name();
            let message = format!("{scenario}: the time is over; the same command continues the share");
            return Err(Failure::Incomplete(message));
        }
        Ok(())
    }

    fn is_over(&self, begun: Instant) -> bool {
        self.time_limit.is_some_and(|most| begun.elapsed().as_secs_f64() >= most.as_secs())
    }

    fn plan(
        &self,
        scenario: &Scenario,
        options: &PlanOptions,
        goes_on: &(dyn Fn() -> bool + Sync),
    ) -> Result<Plan, Failure> {
        let spinner = Spinner::new(scenario.name(), self.print.quiet);
        spinner.note(&format!(
            "each configuration takes at most {} requests or so; most take far fewer",
            counted(study::MOST_REQUESTS)
        ));
        let begun = Instant::now();
        let watch = |tried: u64| {
            spinner.update(&format!("{tried} configurations tried"));
            if self.is_over(begun) || !goes_on() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        study::plan(scenario, options, &watch).map_err(|why| Failure::from(words::not_plannable(&why, scenario)))
    }
}

impl Merging for PlanCommand {
    fn format(&self) -> Option<Format> {
        self.print.format
    }

    fn take(&mut self, merge: MergeOptions) {
        self.out = merge.folder;
        self.jobs = merge.jobs;
        self.print = merge.print;
        self.export = merge.export;
    }

    fn is_of_shards(&self) -> bool {
        self.shard.shard.is_none() && self.time_limit.is_none() && self.export.exports.is_empty()
    }

    fn merge(&self, merged: &Merged, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        self.run(Work::Merged(merged), stdout, shutdown)
    }
}

fn verdict(plan: &Plan) -> Result<(), Failure> {
    let is = |verdict: PlanVerdict| move |policy: &study::PolicyPlan| policy.verdict == verdict;
    let scenario = &plan.scenario;
    if plan.policies.iter().any(is(PlanVerdict::Meets)) {
        Ok(())
    } else if plan.policies.iter().all(is(PlanVerdict::Impossible)) {
        let slo = plan.slo.join(", ");
        let is_max_load = plan.policies.iter().any(|policy| policy.max_load_per_s.is_some());
        Err(Failure::Gate(match is_max_load {
            true => format!("{scenario}: at the load that arrives, no policy meets {slo}"),
            false => format!("{scenario}: no configuration meets {slo}"),
        }))
    } else {
        Err(Failure::Incomplete(format!(
            "{scenario}: it was not decided whether a configuration meets {}",
            plan.slo.join(", ")
        )))
    }
}

/// A share such as 1%, above 0 % and at most 50 %.
fn within(text: &str) -> Result<f64, String> {
    let percent = text.trim().strip_suffix('%').ok_or("write a percentage, such as 1%")?;
    let share = percent.trim().parse::<f64>().map_err(|_| "write a percentage, such as 1%")? / 100.0;
    if share > 0.0 && share <= 0.5 { Ok(share) } else { Err("must be above 0% and at most 50%".to_owned()) }
}

fn chosen(word: &str, scenario: &Scenario) -> Result<Choose, Failure> {
    let with_pool =
        || scenario.backends().iter().filter(|(_, backend)| backend.pool.is_some()).map(|(name, _)| name.as_str());
    let pools: Vec<&str> = with_pool().collect();
    match word.trim() {
        "workers" => Ok(Choose::Workers),
        "threads" => Ok(Choose::Threads),
        "cores" => Ok(Choose::Cores),
        "replicas" => Ok(Choose::Replicas),
        "pool" if pools.len() == 1 => Ok(Choose::Pool(None)),
        word if word == "pool" || word.starts_with("pool.") => {
            let name = word.strip_prefix("pool.").map(|name| name.strip_suffix(".size").unwrap_or(name));
            match name.filter(|name| pools.contains(name)) {
                Some(name) => Ok(Choose::Pool(Some(name.to_owned()))),
                None if pools.is_empty() => Err(Failure::bad(
                    "no backend has a pool",
                    "add one: `\"backends\": { \"db\": { \"pool\": { \"size\": 10 } } }`",
                )),
                None => {
                    let all: Vec<String> = pools.iter().map(|name| format!("pool.{name}")).collect();
                    let help = allowed_names("pools", word, all.iter().map(String::as_str));
                    Err(Failure::bad(format!("`--choose {word}` names no pool"), help))
                }
            }
        }
        word => {
            let help = allowed_names("sizes", word, ["workers", "threads", "pool", "cores", "replicas"]);
            Err(Failure::bad(format!("`{word}` is no size that can be chosen"), help))
        }
    }
}

/// A number with an optional unit of memory, in bytes.
fn amount(text: &str) -> Option<f64> {
    const UNITS: [(&str, f64); 9] = [
        ("GiB", 1_073_741_824.0),
        ("MiB", 1_048_576.0),
        ("KiB", 1_024.0),
        ("GB", 1e9),
        ("MB", 1e6),
        ("kB", 1e3),
        ("KB", 1e3),
        ("B", 1.0),
        ("", 1.0),
    ];
    let text = text.trim();
    let (number, unit) = UNITS.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes)))?;
    let number: f64 = number.trim_end().parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number * unit)
}

fn prices(words: &[String]) -> Result<Prices, Failure> {
    const HELP: &str = "write such as `--cost worker=120MB,thread=8MB,connection=10MB`";
    if words.is_empty() {
        return Ok(Prices::default());
    }
    let mut prices = Prices::NOTHING;
    for word in words {
        let bad = |what: &str| Failure::bad(format!("`--cost {word}`: {what}"), HELP);
        let (part, cost) = word.split_once('=').ok_or_else(|| bad("there is no `=`"))?;
        let cost = amount(cost).ok_or_else(|| bad("the cost must be a number of at least 0"))?;
        match part.trim() {
            "worker" => prices.worker = cost,
            "thread" => prices.thread = cost,
            "connection" => prices.connection = cost,
            "core" => prices.core = Some(cost),
            _ => return Err(bad("parts are worker, thread, connection and core")),
        }
    }
    Ok(prices)
}

/// A number of workers, threads or cores.
fn whole(number: f64) -> Option<u32> {
    let is_whole = number.fract() <= 0.0 && (1.0..=f64::from(u32::MAX)).contains(&number);
    is_whole.then_some(number as u32)
}

fn limits(words: &[String], scenario: &Scenario) -> Result<PlanLimits, Failure> {
    let mut limits = PlanLimits::default();
    for word in words {
        let bad = |what: &str| {
            Failure::bad(
                format!("`--limit {word}`: {what}"),
                "write such as `--limit memory=2GiB --limit db.connections=100`",
            )
        };
        let (what, most) = word.split_once('=').ok_or_else(|| bad("there is no `=`"))?;
        let most = amount(most).ok_or_else(|| bad("the limit must be a number of at least 0"))?;
        match what.trim() {
            "memory" | "cost" => limits.cost = Some(most),
            "workers" => {
                limits.workers = Some(whole(most).ok_or_else(|| bad("the limit must be a whole number of at least 1"))?)
            }
            "threads" => {
                limits.threads = Some(whole(most).ok_or_else(|| bad("the limit must be a whole number of at least 1"))?)
            }
            "cores" => {
                limits.cores = Some(whole(most).ok_or_else(|| bad("the limit must be a whole number of at least 1"))?)
            }
            what => match what.strip_suffix(".connections").filter(|name| scenario.backends().contains_key(*name)) {
                Some(backend) if scenario.backends()[backend].pool.is_none() => {
                    return Err(Failure::bad(
                        format!("`--limit {word}`: `{backend}` has no pool, so no connections to it are counted"),
                        format!(
                            "add one: `\"backends\": {{ \"{backend}\": {{ \"pool\": {{ \"size\": 1 }} }} }}`; \
                             where each worker or thread keeps a connection of its own, limit those"
                        ),
                    ));
                }
                Some(backend) => limits.connections.push((backend.to_owned(), most)),
                None => return Err(bad("limits are memory, cost, BACKEND.connections, workers, threads and cores")),
            },
        }
    }
    Ok(limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_units_of_memory() {
        for (text, bytes) in [("2GiB", 2_147_483_648.0), ("120 MB", 1.2e8), ("7.5", 7.5), ("8kB", 8e3)] {
            assert!(amount(text).is_some_and(|found| (found - bytes).abs() < 1e-6), "{text}");
        }
        assert_eq!(["", "MB", "-1", "two", "inf"].map(amount), [None; 5]);
    }

    #[test]
    fn a_zone_is_a_percentage() {
        assert!(within("1%").is_ok_and(|share| (share - 0.01).abs() < 1e-12));
        assert!(["0%", "60%", "1", "x%"].iter().all(|text| within(text).is_err()));
    }
}
