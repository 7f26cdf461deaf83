//! What ran when, as tracks: workers, threads and loops, connections, requests; and counters of the queues.

use std::collections::BTreeMap;

use serde_json::json;

use crate::engine::{Outcome, Segment};
use crate::model::{Activity, BackendId, Place};
use crate::output::block::{Counter, Track, TrackGroup, TrackSpan, Tracks};
use crate::policy::Runner;
use crate::stats::{Held, Holding, PolicyTrace, ScenarioResults, TracedRequest, WaitCause};
use crate::study::{NamedTrace, ScenarioTrace};

/// All tracks of a run.
pub fn tracks(results: &ScenarioResults, trace: Option<&ScenarioTrace>) -> Tracks {
    let Some(trace) = trace else { return Tracks::default() };
    let arrived =
        |name: &str| results.policies.iter().find(|policy| policy.name == name).map(|policy| policy.requests.arrived);
    let policies = trace.policies.iter().map(|policy| {
        let PolicyTrace { start, end, .. } = policy.trace;
        json!({ "policy": policy.policy, "requests_arrived": arrived(&policy.policy),
            "start_ms": start.as_millis(), "end_ms": end.as_millis() })
    });
    let about = vec![
        ("scenario_sha256", json!(results.scenario_sha256)),
        ("seed", json!(results.seed)),
        ("replication", json!(1)),
        ("requests", json!(format!("{} to {}", trace.requests.start(), trace.requests.end()))),
        ("policies", policies.collect()),
    ];
    Tracks { about, groups: trace.policies.iter().map(|policy| Names { trace, policy }.group()).collect() }
}

/// The tracks of one policy, with names that sort: numbers are padded with zeros.
#[derive(Clone, Copy)]
struct Names<'a> {
    trace: &'a ScenarioTrace,
    policy: &'a NamedTrace,
}

impl Names<'_> {
    fn group(self) -> TrackGroup {
        let recorded = &self.policy.trace;
        let mut tracks = self.holdings();
        tracks.extend(recorded.requests.iter().flat_map(|request| self.request_tracks(request)));
        let counters = recorded.queues.iter().map(|(resource, levels)| Counter {
            name: self.trace.queue(*resource),
            values: levels.iter().map(|(time, level)| (time.as_nanos(), *level)).collect(),
        });
        TrackGroup { name: self.policy.policy.clone(), tracks, counters: counters.collect() }
    }

    /// A track for each thing that was held, in the order of their names.
    fn holdings(self) -> Vec<Track> {
        let mut held: BTreeMap<String, Vec<TrackSpan>> = BTreeMap::new();
        let holdings = &self.policy.trace.holdings;
        let mut most: BTreeMap<Kind, usize> = BTreeMap::new();
        for holding in holdings {
            let most = most.entry(kind(holding.what)).or_default();
            *most = holding.number.max(*most);
        }
        for holding in holdings {
            let numbers = digits(most[&kind(holding.what)] as u64);
            held.entry(self.name(holding, numbers)).or_default().push(TrackSpan {
                name: self.request(holding.request),
                category: "held",
                start: holding.start.as_nanos(),
                end: holding.end.as_nanos(),
            });
        }
        held.into_iter().map(|(name, spans)| Track::new(name, spans)).collect()
    }

    /// The name of a thing; `numbers` is how many digits the numbers of its kind have.
    fn name(self, holding: &Holding, numbers: usize) -> String {
        let (number, workers) = (holding.number, digits(u64::from(self.policy.workers)));
        match holding.what {
            Held::Slot(worker) if self.policy.runner == Runner::Worker => format!("worker {:0workers$}", worker + 1),
            Held::Slot(worker) | Held::Thread(worker) => {
                format!("worker {:0workers$}, thread {number:0numbers$}", worker + 1)
            }
            Held::Loop(worker) => format!("loop {:0workers$}", worker + 1),
            Held::Connection(backend) => {
                let backend = self.trace.backends.get(usize::from(backend.0)).map_or("", String::as_str);
                format!("connection to {backend} {number:0numbers$}")
            }
        }
    }

    /// `request 003 short`.
    fn request(self, number: u64) -> String {
        let digits = digits(*self.trace.requests.end());
        let class = self.policy.trace.class_of(number).map_or("", |class| self.trace.class(class));
        format!("request {number:0digits$} {class}")
    }

    /// The track of a request and, where it waited for several things at once, those of the branches that did not end last.
    fn request_tracks(self, traced: &TracedRequest) -> Vec<Track> {
        let ending = match (traced.unanswered.map(Outcome::name), traced.is_in_flight) {
            (Some(outcome), _) => format!(", {}", outcome.replace('_', " ")),
            (None, true) => ", in flight".to_owned(),
            (None, false) => String::new(),
        };
        let spans = |segments: &[Segment]| segments.iter().map(|segment| self.segment(segment)).collect();
        let own = Track::new(self.request(traced.request) + &ending, spans(&traced.segments));
        let numbers = digits(traced.branches.len() as u64 + 1);
        let branches = (2..).zip(&traced.branches).map(|(number, segments)| {
            let name = format!("{}, branch {number:0numbers$}", self.request(traced.request));
            Track::new(name, spans(segments))
        });
        [own].into_iter().chain(branches).collect()
    }

    fn segment(self, segment: &Segment) -> TrackSpan {
        let Segment { activity, place, start, end, .. } = *segment;
        TrackSpan {
            name: self.doing(activity, place),
            category: activity.name(),
            start: start.as_nanos(),
            end: end.as_nanos(),
        }
    }

    /// What a request does: `wait: lock`, `compute`, `db`.
    fn doing(self, activity: Activity, place: Option<Place>) -> String {
        let backend = || match place {
            Some(Place::Pool(id) | Place::Opening(id) | Place::Backend(id)) => {
                self.trace.backends.get(usize::from(id.0)).map_or("", String::as_str)
            }
            Some(Place::Backlog | Place::Loop | Place::Lock | Place::Cores | Place::CpuLimit | Place::Threads)
            | None => "",
        };
        match (activity, place.and_then(WaitCause::of)) {
            (Activity::BacklogWait, _) => "wait: backlog".to_owned(),
            (Activity::RunQueueWait, Some(_)) => "wait: CPU quota".to_owned(),
            (Activity::RunQueueWait, None) => format!("wait: {}", self.runs_on(place)),
            (Activity::ThreadWait, _) => "wait: thread".to_owned(),
            (Activity::PoolWait, Some(_)) => format!("wait: opening a connection to {}", backend()),
            (Activity::PoolWait, None) => format!("wait: connection to {}", backend()),
            (Activity::BackendWait, _) => format!("wait: {} is busy", backend()),
            (Activity::Framework, _) => "framework".to_owned(),
            (Activity::Compute, _) => "compute".to_owned(),
            (Activity::Backend, _) => backend().to_owned(),
            (Activity::Sleep, _) => "sleep".to_owned(),
        }
    }

    const fn runs_on(self, place: Option<Place>) -> &'static str {
        match place {
            Some(Place::Loop) => "loop",
            Some(Place::Lock) => "lock",
            Some(
                Place::Cores
                | Place::CpuLimit
                | Place::Backlog
                | Place::Threads
                | Place::Pool(_)
                | Place::Opening(_)
                | Place::Backend(_),
            )
            | None => "core",
        }
    }
}

/// What is counted together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Slot,
    Loop,
    Thread,
    Connection(BackendId),
}

const fn kind(what: Held) -> Kind {
    match what {
        Held::Slot(_) => Kind::Slot,
        Held::Loop(_) => Kind::Loop,
        Held::Thread(_) => Kind::Thread,
        Held::Connection(backend) => Kind::Connection(backend),
    }
}

fn digits(most: u64) -> usize {
    most.to_string().len()
}
