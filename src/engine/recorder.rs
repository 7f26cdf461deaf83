//! What an observer may see of a run, and what the engine itself counts.

use crate::model::{Activity, ClassId, FailedBy, Failure, Place, RejectedBy, Rejection, SimDuration, SimTime};

use super::usage::{QueueUsage, WorkerUsage};
use super::waits::Waits;

/// Watches a run. What is not watched costs nothing.
pub trait Observer {
    /// Whether anything but departures is to be told from now on.
    fn watches_segments(&self) -> bool {
        false
    }

    /// Whether departures at one instant are to be told in the order in which they come about, whichever worker they
    /// leave.
    fn minds_order(&self) -> bool {
        false
    }

    /// Whether what requests waited for is to be reported with their departures.
    fn watches_waits(&self) -> bool {
        false
    }

    /// A request enters the system.
    fn on_arrival(&mut self, entrance: &Entrance) {
        let _ = entrance;
    }

    /// A worker takes a request out of the backlog.
    fn on_taken(&mut self, request: u64, worker: u32) {
        let _ = (request, worker);
    }

    /// A request has spent a stretch of time in one way. Stretches of a request come in order and leave no holes.
    fn on_segment(&mut self, segment: Segment) {
        let _ = segment;
    }

    /// Requests have departed, whatever became of them. Each is told before the next step that is watched; where nothing else
    /// is, many are told at once, some time after.
    fn on_departures(&mut self, departures: &[Departure]) {
        let _ = departures;
    }

    /// None of the departures that are reported next is after this instant.
    fn on_clock(&mut self, until: SimTime) {
        let _ = until;
    }

    /// A request was in flight when the run ended. Reported after all departures.
    fn on_unfinished(&mut self, unfinished: &Unfinished) {
        let _ = unfinished;
    }

    /// The same, with a row of waits for each, if waits are watched.
    fn on_departures_with_waits(&mut self, departures: &[Departure], waits: Waits<'_>) {
        let _ = waits;
        self.on_departures(departures);
    }
}

macro_rules! tell_each {
    ($($observer:tt),*) => {
        fn on_arrival(&mut self, entrance: &Entrance) {
            $(self.$observer.on_arrival(entrance);)*
        }

        fn on_taken(&mut self, request: u64, worker: u32) {
            $(self.$observer.on_taken(request, worker);)*
        }

        fn on_segment(&mut self, segment: Segment) {
            $(self.$observer.on_segment(segment);)*
        }

        fn on_departures(&mut self, departures: &[Departure]) {
            $(self.$observer.on_departures(departures);)*
        }

        fn on_clock(&mut self, until: SimTime) {
            $(self.$observer.on_clock(until);)*
        }

        fn on_unfinished(&mut self, unfinished: &Unfinished) {
            $(self.$observer.on_unfinished(unfinished);)*
        }

        fn on_departures_with_waits(&mut self, departures: &[Departure], waits: Waits<'_>) {
            $(self.$observer.on_departures_with_waits(departures, waits);)*
        }
    };
}

/// Two observers are one.
impl<A: Observer, B: Observer> Observer for (A, B) {
    fn watches_segments(&self) -> bool {
        self.0.watches_segments() || self.1.watches_segments()
    }

    fn minds_order(&self) -> bool {
        self.0.minds_order() || self.1.minds_order()
    }

    fn watches_waits(&self) -> bool {
        self.0.watches_waits() || self.1.watches_waits()
    }

    tell_each!(0, 1);
}

/// Nobody watches.
impl Observer for () {}

/// A request that enters the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entrance {
    /// Its number in the run, counted from 0 in the order of arrival, tries included.
    pub request: u64,
    /// Its class.
    pub class: ClassId,
    /// When it arrived.
    pub arrival: SimTime,
    /// When the client tried first.
    pub first_arrival: SimTime,
    /// Tries of its client before this one.
    pub tries_before: u32,
    /// The time it would take alone.
    pub demand: SimDuration,
}

/// A span of time that a request spent on one activity in one place; never empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The request's number in the run, counted from 0.
    pub request: u64,
    /// What it was doing.
    pub activity: Activity,
    /// Where it waited or was served; `None` while it slept.
    pub place: Option<Place>,
    /// Whether it has its turn to run at the end: if the segment is a wait off the CPU, nothing else of its worker could use
    /// the turn meanwhile.
    pub holds_turn: bool,
    /// From when.
    pub start: SimTime,
    /// Until when.
    pub end: SimTime,
}

/// A request that has departed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Departure {
    /// What was known of it on its arrival.
    pub entrance: Entrance,
    /// When it departed.
    pub departure: SimTime,
    /// What became of it.
    pub outcome: Outcome,
    /// Whether it arrived after the warm-up, and so is part of the numbers.
    pub counts: bool,
    /// Whether a worker took it out of the backlog.
    pub was_taken: bool,
    /// Whether it is the last attempt of an operation that began after the warm-up: with its answer, or because its client
    /// makes no further attempt.
    pub ends_operation: bool,
    /// Time spent in each activity, in the order of [`Activity::ALL`]; the parts add up to the response time.
    pub spent: [SimDuration; Activity::ALL.len()],
}

/// A request that was in flight when the run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfinished {
    /// What was known of it on its arrival.
    pub entrance: Entrance,
    /// When the run ended.
    pub end: SimTime,
    /// Whether it arrived after the warm-up, and so is part of the numbers.
    pub counts: bool,
    /// Whether it is in the system; otherwise its client will try again after the end.
    pub has_arrived: bool,
    /// Whether its client has given up before: it counts as timed out, not as in flight.
    pub is_abandoned: bool,
    /// How long it waited in the backlog until then.
    pub backlog_wait: SimDuration,
    /// The CPU time it had got by then.
    pub cpu_time: SimDuration,
    /// Whether a worker has taken it out of the backlog.
    pub is_taken: bool,
    /// Whether its operation began after the warm-up.
    pub operation_counts: bool,
    /// Of an abandoned one: whether its client makes no further attempt.
    pub is_given_up: bool,
    /// Of an abandoned one: time spent in each activity until then.
    pub spent: [SimDuration; Activity::ALL.len()],
}

/// How it stands with a request and its client when the run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The request is in the system, and its client waits.
    InFlight,
    /// The request is in the system, and its client has given up; it was counted as timed out.
    Abandoned,
    /// The client will make another attempt.
    BetweenAttempts,
}

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered.
    Completed,
    /// There was no room for it.
    Rejected(Rejection),
    /// Its client gave up, and the request was stopped or left the backlog.
    TimedOut,
    /// Its client gave up before, and the application has finished the work for nobody.
    ServedLate,
    /// It ended with an error.
    Failed(Failure),
}

impl Outcome {
    /// What became of a request whose client may have given up before: that it was timed out has been counted by then, so
    /// whatever happens to its work, it stays so.
    pub(super) const fn after(self, is_abandoned: bool) -> Self {
        match (is_abandoned, self) {
            (true, Self::Completed | Self::ServedLate) => Self::ServedLate,
            (true, Self::Rejected(_) | Self::TimedOut | Self::Failed(_)) => Self::TimedOut,
            (false, outcome) => outcome,
        }
    }

    /// The name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Rejected(_) => "rejected",
            Self::TimedOut => "timed_out",
            Self::ServedLate => "served_late",
            Self::Failed(_) => "failed",
        }
    }

    /// The name of the reason in files, of a request that was rejected or failed.
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Rejected(reason) => Some(reason.name()),
            Self::Failed(reason) => Some(reason.name()),
            Self::Completed | Self::TimedOut | Self::ServedLate => None,
        }
    }
}

impl Departure {
    /// Arrival to departure.
    pub fn response_time(&self) -> SimDuration {
        self.departure - self.entrance.arrival
    }
}

/// Departures in a row of which the key is the same, one run after another. It asks for each key once, which the standard
/// library's `chunk_by` does twice.
pub fn runs<K: PartialEq>(
    departures: &[Departure],
    key: impl Fn(&Departure) -> K,
) -> impl Iterator<Item = &[Departure]> {
    let mut rest = departures;
    std::iter::from_fn(move || {
        let first = key(rest.first()?);
        let length = rest.iter().position(|departure| key(departure) != first).unwrap_or(rest.len());
        let (run, others) = rest.split_at(length);
        rest = others;
        Some(run)
    })
}

/// The place of the last activity.
const LAST_ACTIVITY: usize = Activity::ALL.len() - 1;

/// Adds up the time spent in each activity, in nanoseconds. Returns the sum of the response times.
#[inline]
pub fn add_spent(departures: &[Departure], sums: &mut [u128; Activity::ALL.len()]) -> u128 {
    let present = departures.iter().map(|departure| u128::from(departure.response_time().as_nanos())).sum();
    // The parts add up to the response times, so if their sum fits into 64 bits, those of the parts do.
    let at_once = if present <= u128::from(u64::MAX) { departures.len().max(1) } else { 1 };
    let mut others = 0;
    for some in departures.chunks(at_once) {
        let mut spent = [0; LAST_ACTIVITY];
        for parts in some.iter().filter_map(|departure| departure.spent.first_chunk::<LAST_ACTIVITY>()) {
            spent.iter_mut().zip(parts).for_each(|(sum, span)| *sum += span.as_nanos());
        }
        sums.iter_mut().zip(spent).for_each(|(sum, more)| *sum += u128::from(more));
        others += spent.iter().map(|span| u128::from(*span)).sum::<u128>();
    }
    // And the last part is what the others leave.
    sums[LAST_ACTIVITY] += present - others;
    present
}

/// A level that changes over time, integrated exactly.
///
/// Its integral until some end is the sum of (end - rise) over all rises, less that of (end - fall) over all falls: the
/// instants are added up, and the end comes in once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    start: SimTime,
    level: u64,
    /// The instants of all falls, less those of all rises; it wraps.
    falls_less_rises: u128,
    max: u64,
}

impl Level {
    /// A level of 0 whose integral begins at that instant.
    pub const fn from(start: SimTime) -> Self {
        Self { start, level: 0, falls_less_rises: 0, max: 0 }
    }

    /// One more from now on.
    #[inline]
    pub fn rise(&mut self, now: SimTime) {
        self.level += 1;
        self.falls_less_rises = self.falls_less_rises.wrapping_sub(self.counted(now));
        if now >= self.start {
            self.max = self.max.max(self.level);
        }
    }

    /// One less from now on.
    #[inline]
    pub fn fall(&mut self, now: SimTime) {
        if now >= self.start {
            self.max = self.max.max(self.level);
        }
        self.level -= 1;
        self.falls_less_rises = self.falls_less_rises.wrapping_add(self.counted(now));
    }

    /// The level from now on.
    pub fn set(&mut self, now: SimTime, level: u64) {
        while self.level < level {
            self.rise(now);
        }
        while self.level > level {
            self.fall(now);
        }
    }

    /// One more for that long, booked when it is over; the highest level knows nothing of it.
    #[inline]
    pub fn add_span(&mut self, start: SimTime, end: SimTime) {
        self.falls_less_rises = self.falls_less_rises.wrapping_add(self.counted(end) - self.counted(start));
    }

    /// Level × time in nanoseconds that is booked at once.
    pub fn add_area(&mut self, area: u128) {
        self.falls_less_rises = self.falls_less_rises.wrapping_add(area);
    }

    /// A level that was reached meanwhile by what is booked in spans.
    #[inline]
    pub fn reach(&mut self, now: SimTime, level: u64) {
        if now >= self.start {
            self.max = self.max.max(level);
        }
    }

    /// The level now.
    pub const fn now(&self) -> u64 {
        self.level
    }

    /// Level × time in nanoseconds until `end`, and the highest level.
    pub fn integral(&self, end: SimTime) -> Usage {
        let area = u128::from(self.level) * self.counted(end);
        let max = if end >= self.start { self.max.max(self.level) } else { self.max };
        Usage { area: area.wrapping_add(self.falls_less_rises), max }
    }

    /// An instant that counts: time before the start does not.
    #[inline]
    fn counted(&self, time: SimTime) -> u128 {
        u128::from(time.max(self.start).as_nanos())
    }
}

/// A level over the measured time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Level × time, in nanoseconds.
    pub area: u128,
    /// The highest level.
    pub max: u64,
}

/// What the engine counts in a run. Counts are of the requests that arrived after the warm-up.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// From when on time counts: the end of the warm-up.
    pub start: SimTime,
    /// Until when it counts: the last departure, or the horizon.
    pub end: SimTime,
    /// Why it ended.
    pub ending: Ending,
    /// Why a trace could not be read to its end, if so.
    pub trace_error: Option<String>,
    /// What happened to the requests of each class.
    pub classes: Vec<ClassCounts>,
    /// Requests that arrived in the warm-up and are left out.
    pub warm_up_requests: u64,
    /// Of those, the ones that departed after it.
    pub from_warm_up: FromWarmUp,
    /// Phase starts and ends of all requests.
    pub phase_events: u64,
    /// Requests inside the system.
    pub in_system: Usage,
    /// Requests on a core.
    pub cores: Usage,
    /// Requests whose turn it is in their worker, with or without a core.
    pub turns: Usage,
    /// Requests in progress in the workers.
    pub slots: Usage,
    /// Queries that each limited backend works on.
    pub backends: Vec<Usage>,
    /// Queries that wait until each backend starts them.
    pub backend_queues: Vec<Usage>,
    /// The connections to each backend; nothing is held where there is no pool.
    pub pools: Vec<QueueUsage>,
    /// The threads beside the loops.
    pub threads: QueueUsage,
    /// What each worker did, where workers may be given unequal work: not where each takes one request after another out
    /// of one queue, and not of a single one.
    pub workers: Vec<WorkerUsage>,
}

/// Requests that arrived in the warm-up and departed after it: they are part of the throughput.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FromWarmUp {
    /// Departed with an answer in time.
    pub completed: u64,
    /// Served after their clients had given up.
    pub served_late: u64,
}

impl FromWarmUp {
    /// Adds those of another run to these.
    pub fn add(&mut self, other: Self) {
        self.completed += other.completed;
        self.served_late += other.served_late;
    }
}

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The last arrival came, and the last request departed.
    Drained,
    /// The horizon was reached.
    Horizon,
    /// Every request in flight waits for another: nothing can happen any more.
    Deadlock,
    /// Something happens again and again at one instant: the clock will not move any more.
    Standstill,
    /// More requests were in flight than allowed.
    TooManyInFlight,
    /// The clock reached [`SimTime::MAX`].
    ClockLimit,
}

/// What happened to the requests of a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassCounts {
    /// Entered the system.
    pub arrived: u64,
    /// Of these, tries beyond the first.
    pub retried: u64,
    /// Departed with an answer in time.
    pub completed: u64,
    /// Turned away, by reason.
    pub rejected: RejectedBy,
    /// The client gave up, in the backlog or later.
    pub timed_out: u64,
    /// Ended with an error, by reason.
    pub failed: FailedBy,
    /// Of the timed out, those that the application served all the same.
    pub served_late: u64,
    /// The longest that a client waited which got no answer: until the rejection, the error, or when it gave up.
    pub longest_unanswered: SimDuration,
}

impl ClassCounts {
    /// Adds those of other requests to these.
    pub fn add(&mut self, other: Self) {
        self.arrived += other.arrived;
        self.retried += other.retried;
        self.completed += other.completed;
        self.rejected.add(other.rejected);
        self.timed_out += other.timed_out;
        self.failed.add(other.failed);
        self.served_late += other.served_late;
        self.longest_unanswered = self.longest_unanswered.max(other.longest_unanswered);
    }
}

impl Usage {
    /// Adds the level over another stretch of time to this.
    pub fn add(&mut self, other: Self) {
        self.area += other.area;
        self.max = self.max.max(other.max);
    }
}
