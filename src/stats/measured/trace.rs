//! Records what ran when: the requests of a window, which of all requests held a worker, thread, loop or connection meanwhile,
//! and how many requests waited where.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::engine::{
    Actor, Departure, Entrance, HeldConnection, Observer, Outcome, Segment, Span, Standing, Unfinished,
};
use crate::model::{Activity, ActivityGroup, BackendId, ClassId, Place, Resource, SimTime};
use crate::policy::Runner;

use super::branches::{Branch, Branches, rows};

/// How many there are from each instant on.
pub type Levels = Vec<(SimTime, u64)>;

/// What ran when under one policy, from the arrival of the first request of a window until the last of them has departed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PolicyTrace {
    /// When the window begins.
    pub start: SimTime,
    /// When it ends.
    pub end: SimTime,
    /// The requests, in the order of their arrival.
    pub requests: Vec<TracedRequest>,
    /// Who held what, of all requests, clipped to the window; in order of what is held.
    pub holdings: Vec<Holding>,
    /// How many requests waited for each thing, of all requests, from the beginning of the window on: `None` is the backlog.
    pub queues: Vec<(Option<Resource>, Levels)>,
    /// The class of each request that arrived by then.
    classes: Vec<ClassId>,
}

/// What a request did.
#[derive(Clone, Debug, PartialEq)]
pub struct TracedRequest {
    /// Its number in the run, counted from 1.
    pub request: u64,
    /// How it ended, if that was without an answer.
    pub unanswered: Option<Outcome>,
    /// Whether it was in flight when the run ended.
    pub is_in_flight: bool,
    /// What it did, in order, without holes. Where it waited for several things at once: for the one that ended last.
    pub segments: Vec<Segment>,
    /// What it waited for at the same time, in rows without overlaps.
    pub branches: Vec<Vec<Segment>>,
}

/// Something that requests hold, one at a time; workers are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    /// A slot of a worker: the worker itself, or one of its threads.
    Slot(u32),
    /// The loop of a worker.
    Loop(u32),
    /// A thread of a worker's thread pool.
    Thread(u32),
    /// A connection to a backend that has a pool.
    Connection(BackendId),
}

/// A request held something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holding {
    /// What.
    pub what: Held,
    /// Which of several, counted from 1: the first that was free.
    pub number: usize,
    /// From when on.
    pub start: SimTime,
    /// Until when.
    pub end: SimTime,
    /// The request's number in the run, counted from 1.
    pub request: u64,
}

impl PolicyTrace {
    /// The class of a request by its number in the run, counted from 1.
    pub fn class_of(&self, request: u64) -> Option<ClassId> {
        self.classes.get(usize::try_from(request.checked_sub(1)?).ok()?).copied()
    }
}

/// Records a window of requests.
#[derive(Clone, Debug)]
pub struct TraceRecorder {
    runner: Runner,
    /// The backends that have a pool.
    pooled: Vec<BackendId>,
    /// The requests of the window, by their numbers counted from 0.
    window: RangeInclusive<u64>,
    classes: Vec<ClassId>,
    requests: BTreeMap<u64, TracedRequest>,
    /// How many of them have departed, and when the last did.
    departed: u64,
    start: Option<SimTime>,
    end: SimTime,
    /// The worker of each request that one has taken, and since when.
    taken: BTreeMap<u64, (u32, Option<SimTime>)>,
    stretches: Vec<Stretch>,
    /// Connections held over several phases.
    held: Vec<Stretch>,
    waits: Vec<(Option<Resource>, SimTime, SimTime)>,
    branches: Branches,
    /// Those that have ended, by request.
    ended: BTreeMap<u64, Vec<Branch>>,
}

/// A stretch of time in which a request, or the branch of that number, held something; 0: the request itself.
type Stretch = (Held, (u64, u64), SimTime, SimTime);

impl TraceRecorder {
    /// Records the requests with these numbers, counted from 1.
    pub fn new(requests: &RangeInclusive<u64>, runner: Runner, pooled: Vec<BackendId>) -> Self {
        Self {
            runner,
            pooled,
            window: requests.start().saturating_sub(1)..=requests.end().saturating_sub(1),
            classes: Vec::new(),
            requests: BTreeMap::new(),
            departed: 0,
            start: None,
            end: SimTime::ZERO,
            taken: BTreeMap::new(),
            stretches: Vec::new(),
            held: Vec::new(),
            waits: Vec::new(),
            branches: Branches::default(),
            ended: BTreeMap::new(),
        }
    }

    /// Whether all requests of the window have departed, so that the run may end.
    pub fn is_complete(&self) -> bool {
        self.departed == self.window.end() - self.window.start() + 1
    }

    fn is_before_window(&self, end: SimTime) -> bool {
        self.start.is_none_or(|start| end <= start)
    }

    /// What a request holds during a segment, besides its slot.
    fn held_during(&self, segment: &Segment, worker: u32) -> impl Iterator<Item = Held> {
        let is_wait = segment.activity.is_off_the_cpu();
        let works = segment.activity.group() == ActivityGroup::Cpu;
        let of_loop = self.runner == Runner::Loop && !segment.on_thread && (works || is_wait && segment.holds_turn);
        let of_thread = segment.on_thread && segment.activity != Activity::ThreadWait;
        let backend = match segment.place {
            Some(Place::Opening(backend) | Place::Backend(backend)) => Some(backend),
            Some(
                Place::Backlog
                | Place::Loop
                | Place::Lock
                | Place::Cores
                | Place::CpuLimit
                | Place::Threads
                | Place::Pool(_),
            )
            | None => None,
        };
        let connection = backend.filter(|backend| self.pooled.contains(backend)).map(Held::Connection);
        let of_loop = of_loop.then_some(Held::Loop(worker));
        of_loop.into_iter().chain(of_thread.then_some(Held::Thread(worker))).chain(connection)
    }

    /// The slot of a request is free again.
    fn free_slot(&mut self, request: u64, end: SimTime) {
        if let Some((worker, Some(since))) = self.taken.remove(&request)
            && self.runner != Runner::Loop
            && !self.is_before_window(end)
        {
            self.stretches.push((Held::Slot(worker), (request, 0), since, end));
        }
    }

    /// A wait in line, if it is one.
    fn note_wait(&mut self, segment: &Segment) {
        if segment.activity.group() == ActivityGroup::Wait && !self.is_before_window(segment.end) {
            self.waits.push((segment.place.and_then(Place::resource), segment.start, segment.end));
        }
    }

    /// Keeps what a branch did that ended before the last one of its request.
    fn keep_branch(&mut self, branch: Branch) {
        let Some(request) = branch.segments.first().map(|segment| segment.request) else { return };
        for segment in &branch.segments {
            self.note_wait(segment);
            if self.is_before_window(segment.end) {
                continue;
            }
            let held: Vec<Held> = self.held_during(segment, branch.worker).collect();
            let stretch = |what| (what, (request, branch.number), segment.start, segment.end);
            self.stretches.extend(held.into_iter().map(stretch));
        }
        if self.requests.contains_key(&request) {
            self.ended.entry(request).or_default().push(branch);
        }
    }

    /// What was recorded of a run that went on until an instant.
    pub fn trace(mut self, until: SimTime) -> PolicyTrace {
        self.branches.end_all().into_iter().for_each(|branch| self.keep_branch(branch));
        let in_progress: Vec<u64> = self.taken.keys().copied().collect();
        in_progress.into_iter().for_each(|request| self.free_slot(request, until));
        let end = if self.is_complete() { self.end } else { until };
        let start = self.start.unwrap_or(end);
        let mut stretches = joined(self.stretches);
        stretches.retain(|query| !self.held.iter().any(|held| is_inside(query, held)));
        stretches.extend(self.held);
        PolicyTrace {
            start,
            end,
            requests: self.requests.into_iter().map(with_branches(self.ended)).collect(),
            holdings: numbered(stretches, start, end),
            queues: levels(&self.waits, start, end),
            classes: self.classes,
        }
    }
}

/// Gives requests what their branches did.
fn with_branches(mut ended: BTreeMap<u64, Vec<Branch>>) -> impl FnMut((u64, TracedRequest)) -> TracedRequest {
    move |(number, traced)| TracedRequest { branches: rows(ended.remove(&number).unwrap_or_default()), ..traced }
}

/// Stretches of one request with one thing that overlap or adjoin are one.
fn joined(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort_unstable();
    let mut joined: Vec<Stretch> = Vec::with_capacity(stretches.len());
    for (what, request, start, end) in stretches {
        match joined.last_mut() {
            Some((same, by, _, until)) if (*same, *by) == (what, request) && start <= *until => {
                *until = end.max(*until)
            }
            _ => joined.push((what, request, start, end)),
        }
    }
    joined
}

/// Whether a query uses a connection that its request holds anyway.
fn is_inside((what, request, start, end): &Stretch, held: &Stretch) -> bool {
    (what, request.0) == (&held.0, held.1.0) && held.2 <= *start && *end <= held.3
}

/// The stretches within a window, each with the first of several that is free.
fn numbered(mut stretches: Vec<Stretch>, start: SimTime, end: SimTime) -> Vec<Holding> {
    stretches.sort_unstable_by_key(|(what, request, from, _)| (*what, *from, *request));
    let mut busy_until: BTreeMap<Held, Vec<SimTime>> = BTreeMap::new();
    let mut holdings = Vec::new();
    for (what, (request, _), from, until) in stretches {
        let places = busy_until.entry(what).or_default();
        let free = places.iter().position(|busy| *busy <= from).unwrap_or_else(|| {
            places.push(SimTime::ZERO);
            places.len() - 1
        });
        places[free] = until;
        let (from, until) = (from.max(start), until.min(end));
        if from < until {
            holdings.push(Holding { what, number: free + 1, start: from, end: until, request: request + 1 });
        }
    }
    holdings
}

/// How many waited for each thing from each instant of a window on, where any did.
fn levels(
    waits: &[(Option<Resource>, SimTime, SimTime)],
    start: SimTime,
    end: SimTime,
) -> Vec<(Option<Resource>, Levels)> {
    let mut changes: BTreeMap<Option<Resource>, BTreeMap<SimTime, i64>> = BTreeMap::new();
    for (what, from, until) in waits.iter().filter(|(_, from, until)| *from < end && *until > start) {
        let of_queue = changes.entry(*what).or_insert_with(|| BTreeMap::from([(start, 0)]));
        *of_queue.entry((*from).max(start)).or_default() += 1;
        *of_queue.entry((*until).min(end)).or_default() -= 1;
    }
    let queue = |(what, changes): (Option<Resource>, BTreeMap<SimTime, i64>)| {
        let mut level = 0;
        let mut levels: Vec<(SimTime, u64)> = Vec::new();
        for (time, change) in changes {
            level += change;
            let now = u64::try_from(level).unwrap_or_default();
            if levels.last().is_none_or(|(_, before)| *before != now) {
                levels.push((time, now));
            }
        }
        (what, levels)
    };
    changes.into_iter().map(queue).collect()
}

impl Observer for TraceRecorder {
    fn watches_segments(&self) -> bool {
        true
    }

    fn watches_units(&self) -> bool {
        true
    }

    fn on_span(&mut self, span: Span) {
        self.branches.spend(&span);
    }

    fn on_fork(&mut self, track: u32) {
        self.branches.begin(track);
    }

    // What this branch did is reported as what its request did.
    fn on_join(&mut self, track: u32, _: Actor) {
        self.branches.end(track);
    }

    fn on_branch_end(&mut self, track: u32) {
        if let Some(branch) = self.branches.end(track) {
            self.keep_branch(branch);
        }
    }

    fn on_arrival(&mut self, entrance: &Entrance) {
        self.classes.push(entrance.class);
        if self.window.contains(&entrance.request) {
            self.start = self.start.or(Some(entrance.arrival));
            let request = entrance.request + 1;
            let traced = TracedRequest {
                request,
                unanswered: None,
                is_in_flight: false,
                segments: Vec::new(),
                branches: Vec::new(),
            };
            self.requests.insert(entrance.request, traced);
        }
    }

    fn on_taken(&mut self, request: u64, worker: u32) {
        self.taken.insert(request, (worker, None));
    }

    fn on_segment(&mut self, segment: Segment) {
        let Segment { request, activity, start, end, .. } = segment;
        let is_in_backlog = activity == Activity::BacklogWait;
        if let Some((worker, since)) = self.taken.get_mut(&request).filter(|_| !is_in_backlog) {
            let worker = *worker;
            since.get_or_insert(start);
            if !self.is_before_window(end) {
                let held: Vec<Held> = self.held_during(&segment, worker).collect();
                self.stretches.extend(held.into_iter().map(|what| (what, (request, 0), start, end)));
            }
        }
        self.note_wait(&segment);
        if let Some(traced) = self.requests.get_mut(&request) {
            traced.segments.push(segment);
        }
    }

    fn on_held(&mut self, held: HeldConnection) {
        let HeldConnection { request, backend, start, end } = held;
        if !self.is_before_window(end) && start < end {
            self.held.push((Held::Connection(backend), (request, 0), start, end));
        }
    }

    fn on_departures(&mut self, departures: &[Departure]) {
        for departure in departures {
            let request = departure.entrance.request;
            self.free_slot(request, departure.departure);
            if let Some(traced) = self.requests.get_mut(&request) {
                traced.unanswered = Some(departure.outcome).filter(|outcome| *outcome != Outcome::Completed);
                self.departed += 1;
                self.end = self.end.max(departure.departure);
            }
        }
    }

    fn on_unfinished(&mut self, unfinished: &Unfinished) {
        let Some(traced) = self.requests.get_mut(&unfinished.entrance.request) else { return };
        match unfinished.standing() {
            Standing::Abandoned => traced.unanswered = Some(Outcome::TimedOut),
            Standing::InFlight => traced.is_in_flight = true,
            Standing::BetweenAttempts => {}
        }
    }
}
