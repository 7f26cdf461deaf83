//! What ran when, as tracks: workers, threads and loops, connections, requests; and counters of the queues.

use std::collections::BTreeMap;

use serde_json::json;

use crate::engine::{Actor, Outcome, Segment, Unit};
use crate::model::{Activity, Place, SimTime};
use crate::output::block::{Counter, Track, TrackGroup, TrackSpan, Tracks};
use crate::policy::Runner;
use crate::stats::{Holding, PolicyTrace, ScenarioResults, TracedRequest, WaitCause};
use crate::study::{NamedTrace, ScenarioTrace};

/// All tracks of a run.
pub fn tracks(results: &ScenarioResults, trace: Option<&ScenarioTrace>) -> Tracks {
    let Some(trace) = trace else { return Tracks::default() };
    let arrived = |name: &str| results.policies.iter().find(|policy| policy.name == name).map(|policy| policy.requests.arrived);
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
        tracks.extend(recorded.requests.iter().map(|request| self.request_track(request)));
        let counters = recorded.queues.iter().map(|(resource, levels)| Counter {
            name: self.trace.queue(*resource),
            values: levels.iter().map(|(time, level)| (time.as_nanos(), *level)).collect(),
        });
        TrackGroup { name: self.policy.policy.clone(), tracks, counters: counters.collect() }
    }

    /// A track for each thing that was held, in the order of their names.
    fn holdings(self) -> Vec<Track> {
        let mut held: BTreeMap<String, Vec<TrackSpan>> = BTreeMap::new();
        let shown = self.policy.trace.holdings.iter().filter(|holding| self.has_track(holding.unit));
        let most = shown.clone().map(|holding| holding.number).max().unwrap_or(1);
        let digits = Digits { workers: digits(u64::from(self.policy.workers)), numbers: digits(u64::from(most)) };
        for holding in shown {
            held.entry(self.unit(holding, digits)).or_default().push(TrackSpan {
                name: self.actor(holding.holder),
                category: "held",
                start: holding.start.as_nanos(),
                end: holding.end.as_nanos(),
            });
        }
        held.into_iter().map(|(name, spans)| Track::new(name, spans)).collect()
    }

    /// Whether a unit is a worker, a thread, a loop or a connection, and no second name for one of them.
    fn has_track(self, unit: Unit) -> bool {
        match unit {
            Unit::Slot(_) => self.policy.runner != Runner::Loop,
            Unit::Turn(_) => self.policy.runner == Runner::Loop && !self.policy.has_thread_pool,
            Unit::Loop(_) | Unit::Thread(_) | Unit::Connection(..) => true,
            Unit::Core(_) | Unit::Query(_) => false,
        }
    }

    fn unit(self, holding: &Holding, Digits { workers, numbers }: Digits) -> String {
        let number = holding.number;
        match holding.unit {
            Unit::Slot(worker) if self.policy.runner == Runner::Worker => format!("worker {:0workers$}", worker + 1),
            Unit::Slot(worker) | Unit::Thread(worker) => {
                format!("worker {:0workers$}, thread {number:0numbers$}", worker + 1)
            }
            Unit::Turn(worker) | Unit::Loop(worker) => format!("loop {:0workers$}", worker + 1),
            Unit::Connection(backend, pool) => {
                let backend = self.trace.backends.get(usize::from(backend.0)).map_or("", String::as_str);
                format!("{backend}, pool {:0workers$}, connection {number:0numbers$}", pool + 1)
            }
            Unit::Core(replica) => format!("replica {:0workers$}, core {number:0numbers$}", replica + 1),
            Unit::Query(backend) => format!("query {} {number:0numbers$}", backend.0),
        }
    }

    fn actor(self, actor: Actor) -> String {
        match actor {
            Actor::Request(number) => self.request(number + 1),
            Actor::Acceptor(_) => "accepting".to_owned(),
            Actor::Probe(_) => "health check".to_owned(),
        }
    }

    /// `request 003 short`.
    fn request(self, number: u64) -> String {
        let digits = digits(*self.trace.requests.end());
        let class = self.policy.trace.class_of(number).map_or("", |class| self.trace.class(class));
        format!("request {number:0digits$} {class}")
    }

    fn request_track(self, traced: &TracedRequest) -> Track {
        let ending = match (traced.unanswered.map(Outcome::name), traced.is_in_flight) {
            (Some(outcome), _) => format!(", {}", outcome.replace('_', " ")),
            (None, true) => ", in flight".to_owned(),
            (None, false) => String::new(),
        };
        let spans = traced.segments.iter().map(|segment| self.segment(segment)).collect();
        Track::new(self.request(traced.request) + &ending, spans)
    }

    fn segment(self, segment: &Segment) -> TrackSpan {
        let Segment { activity, place, start, end, .. } = *segment;
        let span = |name: String, start: SimTime, end: SimTime| TrackSpan {
            name,
            category: activity.name(),
            start: start.as_nanos(),
            end: end.as_nanos(),
        };
        span(self.doing(activity, place), start, end)
    }

    /// What a request does: `waits for the lock`, `is served by db`.
    fn doing(self, activity: Activity, place: Option<Place>) -> String {
        let backend = || match place {
            Some(Place::Pool(id) | Place::Opening(id) | Place::Backend(id)) => {
                self.trace.backends.get(usize::from(id.0)).map_or("", String::as_str)
            }
            Some(Place::Backlog | Place::Loop | Place::Lock | Place::Cores | Place::CpuLimit | Place::Threads) | None => "",
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

/// Numbers of digits.
#[derive(Clone, Copy)]
struct Digits {
    workers: usize,
    numbers: usize,
}

fn digits(most: u64) -> usize {
    most.to_string().len()
}
