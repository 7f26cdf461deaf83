//! Which class makes which wait: the shares of many requests, added up.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::model::{ClassId, SimDuration};
use crate::policy::PolicyChoice;
use crate::scenario::Scenario;

use super::choice::{Found, WhichRequests};
use super::log::Log;
use super::partition::{BlameCause, Blamed, Root};
use super::site::Site;
use super::{ExplainedWait, NotExplained, Run, class_name, explained};

/// Maximum number of requests that are looked at.
const MOST_REQUESTS: usize = 2_000;

/// With more entries of the log to go through than this, fewer requests are looked at.
const MOST_WORK: u64 = 4_000_000;

/// Which class makes which wait, under one policy.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct BlameMatrix {
    /// How many requests were looked at, whatever became of them: all of a short run, else blocks of consecutive ones spread
    /// over the run after its warm-up.
    pub requests: u64,
    /// Which class waits for which, where; without those that make no wait.
    pub cells: Vec<BlameCell>,
}

/// The waits of a class at a station that another class, or a cause, makes.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct BlameCell {
    /// The class that waits.
    pub class: String,
    /// The station: `backlog`, or as results name it.
    pub station: String,
    /// The class that is blamed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blamed: Option<String>,
    /// The cause that is blamed, if no class is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<BlameCause>,
    /// Mean per request of the class that waits, by the direct partition.
    pub direct_ms: f64,
    /// The same by the root partition.
    pub root_ms: f64,
}

/// A class or a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Maker {
    Class(ClassId),
    Cause(BlameCause),
}

/// Time by the direct partition and by the root partition.
type Sums = [SimDuration; 2];

/// The matrix of a run; none if even few requests take more than can be kept.
///
/// # Errors
/// If the watch broke off.
pub(super) fn matrix(run: &Run<'_>) -> Result<Option<BlameMatrix>, NotExplained> {
    let mut most = MOST_REQUESTS;
    loop {
        let (found, _) = run.find(WhichRequests::Spread(most))?;
        match run.record(&found) {
            Ok(log) => return Ok(Some(add_up(run.scenario, run.policy, &log, &found))),
            Err(NotExplained::TooLong) if most > 10 => most /= 10,
            Err(NotExplained::TooLong) => return Ok(None),
            Err(NotExplained::Halted) => return Err(NotExplained::Halted),
        }
    }
}

/// Some of the requests, evenly spread, so that there is not too much to go through.
fn thinned<'a>(log: &Log, found: &'a [Found]) -> impl Iterator<Item = &'a Found> {
    let work: u64 = found.iter().map(|one| log.entries_between(one.entrance.arrival, one.end)).sum();
    found.iter().step_by(work.div_ceil(MOST_WORK).max(1) as usize)
}

fn add_up(scenario: &Scenario, policy: &PolicyChoice, log: &Log, found: &[Found]) -> BlameMatrix {
    let site = Site::new(scenario, policy);
    let mut sums: BTreeMap<(ClassId, String, Maker), Sums> = BTreeMap::new();
    let mut requests: BTreeMap<ClassId, u64> = BTreeMap::new();
    for one in thinned(log, found) {
        let class = one.entrance.class;
        *requests.entry(class).or_default() += 1;
        for wait in explained(scenario, &site, log, one).waits {
            for (maker, part, share) in shares(log, &wait) {
                sums.entry((class, wait.station.clone(), maker)).or_default()[part] += share;
            }
        }
    }
    let cell = |((class, station, maker), [direct, root]): ((ClassId, String, Maker), Sums)| {
        let number = requests.get(&class).copied().unwrap_or(1) as f64;
        let (blamed, cause) = match maker {
            Maker::Class(class) => (Some(class_name(scenario, class)), None),
            Maker::Cause(cause) => (None, Some(cause)),
        };
        let [direct_ms, root_ms] = [direct, root].map(|sum| sum.as_millis() / number);
        BlameCell { class: class_name(scenario, class), station, blamed, cause, direct_ms, root_ms }
    };
    BlameMatrix { requests: requests.values().sum(), cells: sums.into_iter().map(cell).collect() }
}

/// The shares of a wait by class: of the direct partition (0) and of the root partition (1).
fn shares(log: &Log, wait: &ExplainedWait) -> Vec<(Maker, usize, SimDuration)> {
    let of = |request: u64| log.classes.get(&request).map(|class| Maker::Class(*class));
    let direct = wait.direct.iter().filter_map(|(blamed, share)| match blamed {
        Blamed::Request(request) => Some((of(*request)?, 0, *share)),
        Blamed::Cause(cause) => Some((Maker::Cause(*cause), 0, *share)),
    });
    let root = wait.root.iter().filter_map(|(root, share)| match root {
        Root::Request(request, _) => Some((of(*request)?, 1, *share)),
        Root::Cause(cause) => Some((Maker::Cause(*cause), 1, *share)),
    });
    direct.chain(root).collect()
}
