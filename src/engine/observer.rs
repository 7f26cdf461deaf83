//! What an observer may see of a run.

use crate::model::{Activity, BackendId, ClassId, Place, SimDuration, SimTime};

use super::departure::{Departure, SpentTime};
use super::occupancy::{Actor, Span, UnitChange};
use super::stays::Stays;
use super::unfinished::Unfinished;
use super::waits::Waits;

/// Watches a run. What it does not watch costs nothing.
pub trait Observer {
    /// Whether it watches arrivals, takes and segments, from now on. Once false, it stays false.
    fn watches_segments(&self) -> bool {
        false
    }

    /// Whether departures at one instant are reported in the order in which they come about, even from different
    /// workers.
    fn minds_order(&self) -> bool {
        false
    }

    /// Whether departures are reported with what the requests waited for.
    fn watches_waits(&self) -> bool {
        false
    }

    /// Whether it makes use of departures. If not, they may not be reported.
    fn watches_departures(&self) -> bool {
        true
    }

    /// Whether it watches who uses what, from now on. If so, it watches segments too.
    fn watches_units(&self) -> bool {
        false
    }

    /// A unit is taken or released. Reported if units are watched, like all that follows up to [`Self::on_join`].
    fn on_unit(&mut self, change: UnitChange) {
        let _ = change;
    }

    /// An actor, or a branch, has spent a span of time on one activity. The spans of a track come in order, without gaps; those of a
    /// request leave out the time of its branches.
    fn on_span(&mut self, span: Span) {
        let _ = span;
    }

    /// A worker has accepted a request before it has a slot for it.
    fn on_accepted(&mut self, request: u64, worker: u32, time: SimTime) {
        let _ = (request, worker, time);
    }

    /// The cores of a replica are this many from now on, as long as they are shared equally.
    fn on_shared_cores(&mut self, replica: u32, cores: u32, time: SimTime) {
        let _ = (replica, cores, time);
    }

    /// A branch begins on that track.
    fn on_fork(&mut self, track: u32) {
        let _ = track;
    }

    /// The branch on that track ends, or is withdrawn: the track may be used again.
    fn on_branch_end(&mut self, track: u32) {
        let _ = track;
    }

    /// The time of a request since it began its branches is that of the branch on that track.
    fn on_join(&mut self, track: u32, actor: Actor) {
        let _ = (track, actor);
    }

    /// A request enters the system.
    fn on_arrival(&mut self, entrance: &Entrance) {
        let _ = entrance;
    }

    /// A worker takes a request out of the backlog.
    fn on_taken(&mut self, request: u64, worker: u32) {
        let _ = (request, worker);
    }

    /// A request has spent a span of time on one activity. The segments of a request come in order, without gaps.
    fn on_segment(&mut self, segment: Segment) {
        let _ = segment;
    }

    /// A request returns a connection that it has held over several phases, or holds it when the run ends. Reported if
    /// segments are watched, before the request departs.
    fn on_held(&mut self, held: HeldConnection) {
        let _ = held;
    }

    /// Requests have departed, whatever their outcome. If segments are watched, each departure is reported before the
    /// next segment; otherwise departures are reported in batches, some time later.
    fn on_departures(&mut self, departures: &[Departure]) {
        let _ = departures;
    }

    /// None of the departures reported next is after this instant.
    fn on_clock(&mut self, until: SimTime) {
        let _ = until;
    }

    /// A request was in flight when the run ended. Reported after all departures.
    fn on_unfinished(&mut self, unfinished: &Unfinished) {
        let _ = unfinished;
    }

    /// The same with a row of waits for each departure, if waits are watched.
    fn on_departures_with_waits(&mut self, departures: &[Departure], waits: Waits<'_>) {
        let _ = waits;
        self.on_departures(departures);
    }

    /// The same of requests that count and were all answered; `spent` is the time, in nanoseconds, that they spent
    /// in each activity.
    fn on_answered(&mut self, departures: &[Departure], waits: Waits<'_>, spent: &SpentTime) {
        let _ = spent;
        self.on_departures_with_waits(departures, waits);
    }

    /// The same of requests that waited in the backlog and nowhere else.
    fn on_stays(&mut self, stays: Stays<'_>, spent: &SpentTime) {
        if self.watches_departures() {
            self.on_answered(&stays.departures(), Waits::NONE, spent);
        }
    }
}

macro_rules! report_to_each {
    ($($observer:tt),*) => {
        fn on_unit(&mut self, change: UnitChange) {
            $(self.$observer.on_unit(change);)*
        }

        fn on_span(&mut self, span: Span) {
            $(self.$observer.on_span(span);)*
        }

        fn on_accepted(&mut self, request: u64, worker: u32, time: SimTime) {
            $(self.$observer.on_accepted(request, worker, time);)*
        }

        fn on_shared_cores(&mut self, replica: u32, cores: u32, time: SimTime) {
            $(self.$observer.on_shared_cores(replica, cores, time);)*
        }

        fn on_fork(&mut self, track: u32) {
            $(self.$observer.on_fork(track);)*
        }

        fn on_branch_end(&mut self, track: u32) {
            $(self.$observer.on_branch_end(track);)*
        }

        fn on_join(&mut self, track: u32, actor: Actor) {
            $(self.$observer.on_join(track, actor);)*
        }

        fn on_arrival(&mut self, entrance: &Entrance) {
            $(self.$observer.on_arrival(entrance);)*
        }

        fn on_taken(&mut self, request: u64, worker: u32) {
            $(self.$observer.on_taken(request, worker);)*
        }

        fn on_segment(&mut self, segment: Segment) {
            $(self.$observer.on_segment(segment);)*
        }

        fn on_held(&mut self, held: HeldConnection) {
            $(self.$observer.on_held(held);)*
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

        fn on_answered(&mut self, departures: &[Departure], waits: Waits<'_>, spent: &SpentTime) {
            $(self.$observer.on_answered(departures, waits, spent);)*
        }

        fn on_stays(&mut self, stays: Stays<'_>, spent: &SpentTime) {
            $(self.$observer.on_stays(stays, spent);)*
        }
    };
}

/// Two observers together are one.
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

    fn watches_departures(&self) -> bool {
        self.0.watches_departures() || self.1.watches_departures()
    }

    fn watches_units(&self) -> bool {
        self.0.watches_units() || self.1.watches_units()
    }

    report_to_each!(0, 1);
}

/// Watches nothing.
impl Observer for () {
    fn watches_departures(&self) -> bool {
        false
    }
}

/// A request that enters the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entrance {
    /// Its number in the run, counted from 0 in the order of arrival; each attempt has its own.
    pub request: u64,
    /// Its class.
    pub class: ClassId,
    /// When it arrived.
    pub arrival: SimTime,
    /// When its first attempt arrived.
    pub first_arrival: SimTime,
    /// How many attempts came before this one.
    pub attempts_before: u32,
    /// The time it would take if it were alone in the system.
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
    /// Whether the request is in the hands of a thread of its loop's thread pool, or waits for one.
    pub on_thread: bool,
    /// When it begins.
    pub start: SimTime,
    /// When it ends.
    pub end: SimTime,
}

/// A connection that a request held over several phases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldConnection {
    /// The request's number in the run, counted from 0.
    pub request: u64,
    /// The backend.
    pub backend: BackendId,
    /// When the request got it.
    pub start: SimTime,
    /// When it returned it, or the run ended.
    pub end: SimTime,
}
