//! A shortcut: each request is followed to its departure when it arrives.
//!
//! Where each worker serves one request after another, each from beginning to end and on a core of its own, the oldest
//! request goes to the worker that is free first. If nothing can intervene, a request begins at max(arrival, when the first
//! worker is free) and ends after its demand (Kiefer and Wolfowitz 1955). So there are no events but arrivals; departures are
//! reported some time after the clock has passed them, many at once.

mod availability;
mod unreported;

use availability::Availability;
use unreported::Unreported;

use crate::engine::departure::SpentTime;
use crate::engine::event::{NEVER, time_of};
use crate::engine::observer::Observer;
use crate::engine::program::{DrawnRequest, Instruction, Program};
use crate::engine::record::Ending;
use crate::engine::shortcut::booking::audit_parts;
use crate::engine::stays::Stay;
use crate::engine::unfinished::Unfinished;
use crate::engine::waits::Waits;
use crate::engine::{
    setup::Setup,
    simulation::{Simulation, TOGETHER},
};
use crate::model::{ClassId, SimDuration, SimTime};

/// The workers, and the requests that have arrived and not been reported.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Walk {
    workers: Availability,
    unreported: Unreported,
    /// At this number of them it is time to report those that have departed; it grows with the number in the system.
    enough: usize,
    is_warm: bool,
    /// Room for the demands of one request.
    demands: Vec<SimDuration>,
}

impl Walk {
    /// Nothing has arrived.
    pub fn new(setup: &Setup<'_>, program: &Program) -> Self {
        Self {
            workers: Availability::new(setup.rules.workers),
            unreported: Unreported::new(program, setup.rules.workers, setup.warm_up),
            enough: TOGETHER,
            is_warm: setup.warm_up == SimTime::ZERO,
            demands: vec![SimDuration::ZERO; program.stride()],
        }
    }

    /// The warm-up is over: forgets what was before.
    #[cold]
    fn warm_up(&mut self, warm_up: SimTime) {
        let is_inside = |other: &Stay| other.arrival < warm_up && other.departure() >= warm_up;
        self.workers.forget(self.unreported.iter(0..self.unreported.count()).filter(is_inside).count());
        self.is_warm = true;
    }
}

impl<O: Observer> Simulation<O> {
    /// Lets at most `steps` requests arrive; false once the run is over.
    pub(in crate::engine) fn walk(&mut self, walk: &mut Walk, steps: u64) -> bool {
        let mut left = steps as usize;
        while left > 0 {
            if time_of(self.arrivals.next) > self.last_instant || self.is_overfull {
                self.end_walk(walk);
                return false;
            }
            left -= self.walk_some(walk, left);
            if walk.unreported.count() >= walk.enough {
                self.report_departed(walk, self.now);
                walk.enough = 2 * walk.unreported.count() + TOGETHER;
            }
        }
        true
    }

    /// The next requests arrive and are followed to their departures: at least one and at most `limit`, as many as have been
    /// drawn, may be in the system, and arrive before the warm-up or the run ends. Returns how many.
    #[inline]
    fn walk_some(&mut self, walk: &mut Walk, limit: usize) -> usize {
        let counts = time_of(self.arrivals.next) >= self.warm_up;
        if counts && !walk.is_warm {
            walk.warm_up(self.warm_up);
        }
        let Walk { workers, unreported, .. } = walk;
        let Some(intake) = &self.arrivals.intake else { return limit };
        let (arrivals, drawn) = intake.drawn();
        let is_over = |arrival: SimTime| arrival > self.last_instant || !counts && arrival >= self.warm_up;
        let room = self.max_in_flight as usize + 1 - workers.most;
        let count = arrivals.partition_point(|arrival| !is_over(arrival.time)).min(limit).min(room);
        let (arrivals, drawn, number) = (&arrivals[..count], &drawn[..count], self.arrivals.arrived);
        unreported.extend(number, (arrivals, drawn), intake, workers);
        let mut first = 0;
        while counts && first < count {
            let of_one_class = self.program.of_one_class(&drawn[first..]);
            self.counts.classes[usize::from(drawn[first].class.0)].arrived += of_one_class as u64;
            first += of_one_class;
        }
        self.now = arrivals.last().map_or(self.now, |last| last.time);
        self.arrivals.arrived += count as u64;
        self.arrivals.entered += count as u64;
        self.counts.warm_up_requests += if counts { 0 } else { count as u64 };
        self.is_overfull = workers.most > self.max_in_flight as usize;
        self.pass_arrivals(count);
        count
    }

    /// Reports the departures until that instant.
    fn report_departed(&mut self, walk: &mut Walk, until: SimTime) {
        let Walk { unreported, demands, .. } = walk;
        let departed = unreported.move_departed_first(until);
        self.counts.departed += departed as u64;
        let mut first = 0;
        while first < departed {
            let stays = unreported.alike(first..departed, &self.program);
            self.counts.last_departure = self.counts.last_departure.max(stays.last_departure());
            self.observer.on_clock(self.counts.last_departure);
            if cfg!(debug_assertions) {
                stays.departures().iter().for_each(audit_parts);
            }
            let range = first..first + stays.count();
            first = range.end;
            if stays.counts() {
                let spent = stays.spent();
                self.observer.on_stays(stays, &spent);
                self.book_counted(unreported.classes(range), &spent);
            } else {
                self.observer.on_departures_with_waits(&stays.departures(), Waits::NONE);
                unreported.iter(range).for_each(|stay| self.book_uncounted(&stay, demands));
            }
        }
        unreported.remove_first(departed);
    }

    /// Books requests that have departed and are part of the numbers, and the time they spent.
    fn book_counted(&mut self, classes: impl ExactSizeIterator<Item = ClassId>, spent: &SpentTime) {
        // A request that has its worker to itself has its turn for as long as it is in progress.
        let served = self.book_areas(spent);
        self.counts.turns_taken.add_area(served);
        self.count_completed(classes);
    }

    /// Books a request that has departed and is not part of the numbers.
    #[cold]
    fn book_uncounted(&mut self, stay: &Stay, demands: &mut [SimDuration]) {
        self.counts.from_warm_up.completed += u64::from(stay.departure() >= self.warm_up);
        self.book_until(stay, demands, stay.departure());
    }

    /// Books, phase by phase, what a request did until some instant. Its demands are drawn again. Returns the CPU time it had.
    #[cold]
    fn book_until(&mut self, stay: &Stay, demands: &mut [SimDuration], until: SimTime) -> SimDuration {
        let mut cpu_time = SimDuration::ZERO;
        let Stay { request, class, arrival, mut start, demand: _ } = *stay;
        self.counts.in_system.add_span(arrival, until);
        if start > until {
            return cpu_time;
        }
        self.counts.slots_taken.add_span(start, until);
        self.counts.turns_taken.add_span(start, until);
        let mut stream = self.streams.request(request);
        self.program.draw_class(&mut stream);
        self.program.draw_demands(&mut [DrawnRequest::of(class)], &mut [stream], demands, 1);
        for (step, demand) in self.program.steps(class).iter().zip(demands) {
            if start > until {
                break;
            }
            let end = start + *demand;
            self.counts.phase_events += 1 + u64::from(end <= until);
            if let Instruction::Cpu(_) = step {
                self.counts.busy_cores.add_span(start, end.min(until));
                cpu_time += end.min(until) - start;
            }
            start = end;
        }
        cpu_time
    }

    /// No further request arrives: reports the departures until the end of the run, and books the other requests until then.
    fn end_walk(&mut self, walk: &mut Walk) {
        let last = self.last_instant;
        let is_stopped = self.is_overfull && time_of(self.arrivals.next) <= last;
        let until = if is_stopped { self.now } else { last };
        if !walk.is_warm && until >= self.warm_up {
            walk.warm_up(self.warm_up);
        }
        let unreported = walk.unreported.iter(0..walk.unreported.count());
        let departures = unreported.map(|stay| stay.departure()).filter(|departure| *departure <= until);
        self.now = departures.fold(self.now, SimTime::max);
        self.report_departed(walk, until);
        self.ending = match self.horizon {
            _ if is_stopped => Ending::TooManyInFlight,
            _ if walk.unreported.count() == 0 && self.arrivals.next == NEVER => Ending::Drained,
            Some(_) => Ending::Horizon,
            None => Ending::ClockLimit,
        };
        let end = if self.ending == Ending::Horizon { last } else { self.now };
        for stay in walk.unreported.iter(0..walk.unreported.count()) {
            let cpu_time = self.book_until(&stay, &mut walk.demands, end);
            let (is_taken, counts) = (stay.start <= end, self.is_counted(stay.arrival));
            self.observer.on_unfinished(&Unfinished::in_flight(&stay.as_departure(counts), end, is_taken, cpu_time));
        }
        if walk.is_warm {
            self.counts.in_system.reach(end, walk.workers.most as u64);
        }
    }
}
