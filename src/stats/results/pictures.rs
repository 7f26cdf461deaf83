//! What pictures show beyond the results: percentile curves, where time goes by percentile, and a stretch of the run.
//!
//! It is collected when pictures are drawn, and is not written to `results.json`.

use super::over_time::Occupied;
use super::over_time::TimeWindow;
use super::over_time::TimelineEntry;
use super::over_time::WaitCause;
use crate::model::Activity;

/// What pictures show beyond the results.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Pictures {
    /// The stretch of the run that the timeline shows; `None`: the run from its beginning.
    pub stretch: Option<Stretch>,
    /// One for each policy, in the order of the results.
    pub policies: Vec<PolicyPictures>,
}

/// A stretch of a run.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Stretch {
    /// When it begins.
    pub start_ms: f64,
    /// When it ends.
    pub end_ms: f64,
    /// Why it is shown.
    pub why: StretchReason,
    /// The first requests of the first replication among which it was chosen, if there are more.
    pub among: Option<u64>,
}

/// Why a stretch of a run is shown.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum StretchReason {
    /// It was asked for.
    #[default]
    Asked,
    /// Requests wait longest there under the policy of that name.
    Worst {
        /// The policy under which requests wait longest.
        policy: String,
        /// How long the requests of the stretch wait there, on average.
        wait_ms: f64,
        /// How long all of its requests do.
        usual_ms: f64,
        /// The policy under which they wait least, and how long the requests of the stretch wait there.
        least: Option<(String, f64)>,
    },
    /// The slowest request.
    Slowest {
        /// Its policy.
        policy: String,
        /// Its number, from 1.
        request: u64,
    },
    /// The beginning of a fault.
    FaultStart {
        /// Its name, if it has one.
        name: Option<String>,
    },
    /// A fault.
    Fault {
        /// Its name.
        name: String,
    },
}

/// What pictures show of a policy beyond its results.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PolicyPictures {
    /// Its response times; `None` if it answered none.
    pub curve: Option<PercentileCurve>,
    /// Where the time of its requests went: of all, then by percentile, then of those without an answer.
    pub bands: Vec<PercentileBand>,
    /// The first requests of the first replication that the bands are of, if there are more.
    pub bands_among: Option<u64>,
    /// How long its requests took when, class by class; empty unless there are a few classes.
    pub class_times: Vec<ClassWindows>,
    /// What its requests did in the stretch: those under way at its start first, in the order of their arrival.
    pub timeline: Vec<TimelineEntry>,
    /// When what runs requests was occupied meanwhile, by whichever requests.
    pub occupied: Vec<Occupied>,
    /// Requests of the timeline that arrived in the stretch, in the order of their arrival, and before them those that were
    /// under way at its start, the first to depart first: those that have a lane if there is room.
    pub lanes: LaneChoice,
    /// How many requests were under way in the stretch for each one in the timeline.
    pub step: u64,
}

/// How long the requests of a class took in each window of time.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct ClassWindows {
    /// The class.
    pub class: String,
    /// The windows of all requests, of which only the ends and the percentiles are of the class, and nothing else is known.
    pub windows: Vec<TimeWindow>,
}

/// Which requests have a lane in the timeline, where not all have room.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct LaneChoice {
    /// Requests that were under way at the start, the most telling first.
    pub carried: Vec<u64>,
    /// Requests that arrived in the stretch, in the order of their arrival.
    pub arriving: Vec<u64>,
    /// Whether lanes are spread over the stretch; otherwise they are of the first that arrive.
    pub is_spread: bool,
    /// A request that always has a lane.
    pub always: Option<u64>,
}

impl LaneChoice {
    /// The requests that have a lane, at most that many, in the order of their numbers. Every fourth lane is for one that was
    /// under way at the start.
    pub fn lanes(&self, most: usize) -> Vec<u64> {
        let carried = self.carried.len().min((most / 4).max(most.saturating_sub(self.arriving.len())));
        let room = most - carried;
        let mut lanes: Vec<u64> = self.carried[..carried].to_vec();
        if self.is_spread && self.arriving.len() > room {
            lanes.extend((0..room).map(|lane| self.arriving[lane * self.arriving.len() / room]));
        } else {
            lanes.extend(self.arriving.iter().take(room));
        }
        if let Some(always) = self.always.filter(|always| !lanes.contains(always)) {
            lanes.pop();
            lanes.push(always);
        }
        lanes.sort_unstable();
        lanes
    }

    /// How many could have a lane.
    pub fn candidates(&self) -> usize {
        self.carried.len() + self.arriving.len()
    }
}

/// Response times by percentile, of every request that arrived.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PercentileCurve {
    /// Its steps, from the fastest to the slowest request.
    pub steps: Vec<CurveStep>,
    /// The share of the requests that were answered.
    pub answered: f64,
}

/// A step of a percentile curve.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct CurveStep {
    /// The share of the requests that are faster, 0 to 1.
    pub faster: f64,
    /// The response time of the next ones.
    pub ms: f64,
}

impl PercentileCurve {
    /// The response time within which this share of the requests was answered; `None` if fewer were.
    pub fn at(&self, share: f64) -> Option<f64> {
        let next = self.steps.partition_point(|step| step.faster < share);
        (share <= self.answered).then(|| self.steps.get(next.saturating_sub(1)).map(|step| step.ms)).flatten()
    }
}

/// Where the time of some requests of a policy went.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct PercentileBand {
    /// Which requests.
    pub of: BandOf,
    /// How many.
    pub requests: u64,
    /// Their mean response time, or their mean time until they ended without an answer.
    pub mean_ms: f64,
    /// What they spent it on: means that add up to it, in the order of reports.
    pub parts: Vec<SpentPart>,
}

/// The requests of a band.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum BandOf {
    /// All that were answered.
    #[default]
    Answered,
    /// Those of them that are slower than one percentile and not slower than another, in shares from 0 to 1.
    Between(f64, f64),
    /// Those that ended without an answer.
    Unanswered,
}

/// Time that requests spent in one way.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct SpentPart {
    /// On what.
    pub activity: Activity,
    /// What was special about a wait.
    pub cause: Option<WaitCause>,
    /// The backend where they waited, or that worked for them.
    pub backend: Option<String>,
    /// Mean per request of the band.
    pub mean_ms: f64,
}
