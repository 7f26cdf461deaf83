//! Whose fault a wait is: every nanosecond of it, divided among the requests and causes behind it.
//!
//! Two partitions of each wait. *Direct*: among those who use what the request waits for. *Root*: each share goes on to what its
//! holder waits for at that time. Both are computed after the run from a log of who used what (`recorder`, `log`): `site` says
//! which units count, `users` and `pace` who used them, `life` what everybody did; `direct` and `root` divide.

mod choice;
mod circles;
mod direct;
mod life;
mod log;
mod matrix;
mod pace;
mod partition;
mod recorder;
mod results;
mod root;
mod site;
mod users;
mod what_if;

use std::ops::ControlFlow;

use crate::engine::{Actor, Observer, Outcome, Simulation};
use crate::model::{ClassId, SimDuration, SimTime};
use crate::policy::PolicyChoice;
use crate::scenario::Scenario;
use crate::stats::Incomplete;

use self::choice::{Finder, Found};
use self::life::Wait;
use self::log::Log;
use self::recorder::Recorder;
use self::results::Names;
use self::root::Roots;
use self::site::Site;
use self::what_if::Subject;
use super::pool::JobPool;
use super::replications::{EVENTS_PER_LOOK, Halted, PolicyRun};
use super::run::Crew;
use super::simulation::{Replication, simulation};
use super::units::{UnitPoint, Units};

pub use self::choice::WhichRequests;
pub use self::matrix::{BlameCell, BlameMatrix};
/// What only the project's own tests use.
#[cfg(feature = "internals")]
pub use self::partition::RootActivity;
pub use self::partition::{BlameCause, Blamed, Root};
pub use self::results::{
    DirectShare, EXPLAIN_SCHEMA, Explanations, PolicyExplanation, RequestExplanation, RootShare, UnconfirmedShare,
    WaitExplanation,
};
pub use self::what_if::{WhatIf, WhatIfChange};

/// Maximum number of entries in the log of a run: about half a gigabyte.
pub const MOST_ENTRIES: usize = 6_000_000;

/// Whose fault the waits of some requests are, under one policy.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// The policy.
    pub policy: String,
    /// The requests, the slowest first.
    pub requests: Vec<ExplainedRequest>,
}

/// A request, and whose fault its waits are.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainedRequest {
    /// Its number in the order of all arrivals, counted from 0.
    pub request: u64,
    /// Its class.
    pub class: String,
    /// When it arrived.
    pub arrival: SimTime,
    /// From its arrival to its departure, or to the end of the run.
    pub response_time: SimDuration,
    /// The time it would take if it were alone in the system.
    pub demand: SimDuration,
    /// What became of it; `None`: it was in flight when the run ended.
    pub outcome: Option<Outcome>,
    /// Its waits, in order. None is in the branches of parallel waits except those on the critical path.
    pub waits: Vec<ExplainedWait>,
}

/// A wait, and whose fault it is: each partition adds up to the wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedWait {
    /// Where: the name of the station in results, or `backlog`.
    pub station: String,
    /// When it begins and ends.
    pub start: SimTime,
    /// When it ends. Where units are shared equally, the request was served meanwhile, too.
    pub end: SimTime,
    /// How long it was.
    pub wait: SimDuration,
    /// The shares of those who used what the request waited for, and of causes.
    pub direct: Vec<(Blamed, SimDuration)>,
    /// The shares of those who worked or were away at the end of the chain, and of causes.
    pub root: Vec<(Root, SimDuration)>,
}

/// Why requests could not be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum NotExplained {
    /// The watch broke off.
    Halted,
    /// More happens while the requests are in the system than can be kept: at most [`MOST_ENTRIES`].
    TooLong,
}

impl From<Halted> for NotExplained {
    fn from(Halted: Halted) -> Self {
        Self::Halted
    }
}

/// What is called while requests are explained, many times a second and from any thread; breaking ends it.
pub type Look<'a> = dyn Fn() -> ControlFlow<()> + Sync + 'a;

/// What is explained.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ExplainOptions {
    /// Only the policies of these names; all when empty. Names are checked by the caller.
    pub policies: Vec<String>,
    /// Which requests.
    pub which: WhichRequests,
    /// Whether it is found out what would have helped the first of them.
    pub what_if: bool,
    /// Whether the waits of many requests are added up by class.
    pub matrix: bool,
    /// What does the work; it changes no number.
    pub pool: JobPool,
}

impl Default for ExplainOptions {
    /// The slowest request of each policy.
    fn default() -> Self {
        Self {
            policies: Vec::new(),
            which: WhichRequests::Slowest(1),
            what_if: false,
            matrix: false,
            pool: JobPool::default(),
        }
    }
}

/// Explains requests of the first replication under each policy: whose fault their waits are, to the nanosecond.
///
/// ```
/// use std::ops::ControlFlow;
/// use waitline::explanations::WhichRequests;
/// use waitline::{ExplainOptions, Scenario, explain};
///
/// // One worker, which each request keeps for 50 ms; the second one arrives 20 ms after the first.
/// let scenario = Scenario::from_json(
///     r#"{
///       "classes": { "page": { "phases": [ { "compute": "10ms" }, { "db": "40ms" } ] } },
///       "arrivals": { "at": [ { "time": "0ms" }, { "time": "20ms" } ] },
///       "policies": [ { "sync": { "workers": 1 } } ]
///     }"#,
/// )
/// .expect("the scenario is valid");
/// let mut options = ExplainOptions::default();
/// // Requests are counted from 0 here, and from 1 in what is explained.
/// options.which = WhichRequests::Numbers(1, 2);
/// options.what_if = true;
/// let explained = explain(&scenario, &options, &|| ControlFlow::Continue(())).expect("nothing breaks it off");
///
/// let policy = &explained.policies[0];
/// let wait = &policy.requests[0].waits[0];
/// assert_eq!((wait.station.as_str(), wait.wait_ms), ("backlog", 30.0));
/// // All of it is behind request 1, which meanwhile waits for the database.
/// assert_eq!((wait.direct[0].request, wait.direct[0].wait_ms), (Some(1), 30.0));
/// assert_eq!((wait.root[0].activity, wait.root[0].wait_ms), (Some("backend"), 30.0));
/// // The best change comes first: with another worker it does not wait.
/// assert_eq!(policy.what_if[0].difference_ms, Some(-30.0));
/// ```
///
/// # Errors
/// If more happens than can be kept, or the watch broke off.
pub fn explain(scenario: &Scenario, options: &ExplainOptions, look: &Look<'_>) -> Result<Explanations, NotExplained> {
    let ExplainOptions { policies, which, what_if, matrix, pool } = options;
    let is_chosen =
        |(_, policy): &(usize, &PolicyChoice)| policies.is_empty() || policies.iter().any(|name| name == policy.name());
    let chosen: Vec<(usize, &PolicyChoice)> = scenario.policies().iter().enumerate().filter(is_chosen).collect();
    let runs: Vec<PolicyRun<'_>> = chosen.iter().map(|(_, policy)| PolicyRun::plain(scenario, policy)).collect();
    let warm_up = Crew { pool, progress: &|_| look(), units: Units::HERE }.warm_up(&runs, &UnitPoint::Only)?.until;
    let replication = Replication { warm_up, ..Replication::default() };
    let explained: Result<Vec<PolicyExplanation>, NotExplained> = pool.each(&chosen, |(place, policy)| {
        let run = Run { scenario, policy, replication, look };
        let (found, incomplete) = run.find(*which)?;
        let log = run.record(&found)?;
        let explanation = explanation(scenario, policy, &log, &found);
        let what_if = match found.first().filter(|_| *what_if) {
            Some(found) => what_if::what_if(Subject { scenario, policy: *place, found, replication }, pool, look)?,
            None => Vec::new(),
        };
        let matrix = if *matrix { matrix::matrix(&run)? } else { None };
        let classes = scenario.workload().classes.iter().map(|class| class.name.as_str()).collect();
        Ok(PolicyExplanation { incomplete, matrix, what_if, ..Names { log: &log, classes }.policy(&explanation) })
    });
    Ok(Explanations {
        schema: EXPLAIN_SCHEMA,
        waitline: env!("CARGO_PKG_VERSION"),
        scenario: scenario.name().to_owned(),
        seed: scenario.run().seed,
        policies: explained?,
    })
}

/// Explains requests of one replication under a policy, to the nanosecond: finds them, and runs the same replication again,
/// recording what happens while they are in the system.
///
/// # Errors
/// If more happens than can be kept, or the watch broke off.
#[cfg(feature = "internals")]
pub fn explain_replication(
    scenario: &Scenario,
    policy: &PolicyChoice,
    which: WhichRequests,
    replication: Replication,
    look: &Look<'_>,
) -> Result<Explanation, NotExplained> {
    let run = Run { scenario, policy, replication, look };
    let (found, _) = run.find(which)?;
    let log = run.record(&found)?;
    Ok(explanation(scenario, policy, &log, &found))
}

fn explanation(scenario: &Scenario, policy: &PolicyChoice, log: &Log, found: &[Found]) -> Explanation {
    let site = Site::new(scenario, policy);
    let requests = found.iter().map(|found| explained(scenario, &site, log, found)).collect();
    Explanation { policy: policy.name().to_owned(), requests }
}

/// A replication of a policy, which can be run again and again.
struct Run<'a> {
    scenario: &'a Scenario,
    policy: &'a PolicyChoice,
    replication: Replication,
    look: &'a Look<'a>,
}

impl Run<'_> {
    fn start<O: Observer>(&self, observer: O) -> Simulation<O> {
        simulation(self.scenario, self.policy, &self.replication, observer)
    }

    /// The requests that were asked for, and why the run stopped before its end, if it did.
    fn find(&self, which: WhichRequests) -> Result<(Vec<Found>, Option<Incomplete>), Halted> {
        let mut simulation = self.start(Finder::new(which));
        while simulation.advance(EVENTS_PER_LOOK) {
            if (self.look)().is_break() {
                return Err(Halted);
            }
        }
        let (record, finder) = simulation.finish();
        Ok((finder.found(), Incomplete::of(&record)))
    }

    /// What happened while these requests were in the system.
    fn record(&self, found: &[Found]) -> Result<Log, NotExplained> {
        let windows = found.iter().map(|found| (found.entrance.arrival, found.end));
        let mut simulation = self.start(Recorder::new(windows, MOST_ENTRIES));
        while !simulation.observer().is_complete() && simulation.advance(EVENTS_PER_RECORD) {
            if (self.look)().is_break() {
                return Err(NotExplained::Halted);
            }
        }
        let (_, now) = simulation.progress();
        let (record, recorder) = simulation.finish();
        recorder.finish(record.end.max(now)).ok_or(NotExplained::TooLong)
    }
}

/// Number of events between two looks at whether everything is recorded.
const EVENTS_PER_RECORD: u64 = 1_000;

/// A request with the partitions of its waits.
fn explained(scenario: &Scenario, site: &Site, log: &Log, found: &Found) -> ExplainedRequest {
    let actor = Actor::Request(found.entrance.request);
    let mut roots = Roots::new(log, site, found.end);
    // Its worker may be busy with it after its response.
    let is_before = |wait: &&Wait| wait.start < found.end;
    let waits = life::waits(log, actor);
    ExplainedRequest {
        request: found.entrance.request,
        class: class_name(scenario, found.entrance.class),
        arrival: found.entrance.arrival,
        response_time: found.response_time(),
        demand: found.entrance.demand,
        outcome: found.outcome,
        waits: waits
            .iter()
            .filter(is_before)
            .map(|wait| explained_wait(scenario, site, &mut roots, log, actor, wait))
            .collect(),
    }
}

fn explained_wait(
    scenario: &Scenario,
    site: &Site,
    roots: &mut Roots<'_>,
    log: &Log,
    actor: Actor,
    wait: &Wait,
) -> ExplainedWait {
    ExplainedWait {
        station: station_name(scenario, wait),
        start: wait.start,
        end: wait.end,
        wait: wait.length(),
        direct: direct::direct(log, site, actor, wait).into_iter().collect(),
        root: roots.of(actor, wait).into_iter().collect(),
    }
}

fn class_name(scenario: &Scenario, class: ClassId) -> String {
    scenario.workload().classes[usize::from(class.0)].name.clone()
}

/// The name of a station in results, or `backlog`.
fn station_name(scenario: &Scenario, wait: &Wait) -> String {
    let backends: Vec<&str> = scenario.backends().keys().map(String::as_str).collect();
    wait.station.place.resource().map_or_else(|| "backlog".to_owned(), |resource| resource.name(&backends))
}
