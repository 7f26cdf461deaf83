//! A shortcut: each request is followed to its departure when it arrives.
//!
//! Where each worker serves one request after another, each from beginning to end and on a core of its own, the oldest
//! request goes to the worker that is free first. If nothing can intervene, a request begins at max(arrival, when the first
//! worker is free) and ends after its demand (Kiefer and Wolfowitz 1955). So there are no events but arrivals; departures are
//! reported some time after the clock has passed them, many at once.

mod availability;

use availability::Availability;

use crate::engine::departure::{Departure, Outcome};
use crate::engine::event::{NEVER, time_of};
use crate::engine::observer::{Entrance, Observer};
use crate::engine::program::{DrawnRequest, Instruction, Program};
use crate::engine::record::Ending;
use crate::engine::unfinished::Unfinished;
use crate::engine::waits::Waits;
use crate::engine::{
    setup::Setup,
    simulation::{Simulation, TOGETHER},
};
use crate::model::{Activity, SimDuration, SimTime};

/// The workers, and the requests that have arrived and not been reported.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Walk {
    workers: Availability,
    /// All requests that are in the system, and some that have departed.
    unreported: Vec<Departure>,
    /// At this number of them it is time to report those that have departed; it grows with the number in the system.
    enough: usize,
    is_warm: bool,
    /// Room for the instants at which requests begin that arrive together, and for the demands of one request.
    begins: Vec<SimTime>,
    demands: Vec<SimDuration>,
}

impl Walk {
    /// Nothing has arrived.
    pub fn new(setup: &Setup<'_>, program: &Program) -> Self {
        Self {
            workers: Availability::new(setup.rules.workers),
            unreported: Vec::new(),
            enough: TOGETHER,
            is_warm: setup.warm_up == SimTime::ZERO,
            begins: Vec::new(),
            demands: vec![SimDuration::ZERO; program.stride()],
        }
    }

    /// The warm-up is over: forgets what was before.
    #[cold]
    fn warm_up(&mut self, warm_up: SimTime) {
        let is_inside = |other: &&Departure| other.entrance.arrival < warm_up && other.departure >= warm_up;
        self.workers.forget(self.unreported.iter().filter(is_inside).count());
        self.is_warm = true;
    }
}

/// When a request began.
#[inline]
fn start_of(departure: &Departure) -> SimTime {
    departure.entrance.arrival + departure.spent[Activity::BacklogWait as usize]
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
            if walk.unreported.len() >= walk.enough {
                self.report_departed(walk, self.now);
                walk.enough = 2 * walk.unreported.len() + TOGETHER;
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
        let Walk { workers, unreported, begins, .. } = walk;
        let Some(intake) = &self.arrivals.intake else { return limit };
        let (arrivals, drawn) = intake.drawn();
        let is_over = |arrival: SimTime| arrival > self.last_instant || !counts && arrival >= self.warm_up;
        let room = self.max_in_flight as usize + 1 - workers.most;
        let count = arrivals.partition_point(|arrival| !is_over(arrival.time)).min(limit).min(room);
        let (outcome, before) = (Outcome::Completed, unreported.len());
        let (arrivals, drawn, number) = (&arrivals[..count], &drawn[..count], self.arrivals.arrived);
        begins.clear();
        begins.extend(arrivals.iter().zip(drawn).map(|(arrival, drawn)| workers.assign(arrival.time, drawn.demand)));
        let requests = arrivals.iter().zip(drawn).zip(&*begins).enumerate();
        unreported.extend(requests.map(|(index, ((arrival, drawn), start))| {
            let (arrival, DrawnRequest { class, demand }) = (arrival.time, *drawn);
            let (request, first_arrival, attempts_before) = (number + index as u64, arrival, 0);
            let entrance = Entrance { request, class, arrival, first_arrival, attempts_before, demand };
            let mut spent = [SimDuration::ZERO; Activity::ALL.len()];
            spent[Activity::BacklogWait as usize] = *start - arrival;
            let (was_taken, ends_operation) = (true, counts);
            Departure { entrance, departure: *start + demand, outcome, counts, was_taken, ends_operation, spent }
        }));
        let (walked, mut first) = (&mut unreported[before..], 0);
        while first < count {
            let (class, of_one_class) = (drawn[first].class, self.program.of_one_class(&drawn[first..]));
            for (place, activity) in self.program.activities(class).iter().enumerate() {
                let demands = &intake.column(place)[first..];
                for (departure, demand) in walked[first..].iter_mut().zip(demands).take(of_one_class) {
                    departure.spent[*activity as usize] += *demand;
                }
            }
            first += of_one_class;
            self.counts.classes[usize::from(class.0)].arrived += if counts { of_one_class as u64 } else { 0 };
        }
        self.now = unreported.last().map_or(self.now, |last| last.entrance.arrival);
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
        // Those that have departed come first, and stay in order if there is one worker.
        let has_departed = |departure: &Departure| departure.departure <= until;
        let mut departed = unreported.iter().take_while(|departure| has_departed(departure)).count();
        for place in departed + 1..unreported.len() {
            if has_departed(&unreported[place]) {
                unreported.swap(departed, place);
                departed += 1;
            }
        }
        let departures = &unreported[..departed];
        // A request has its turn for as long as it is in progress.
        let served = self.book_departed(departures);
        self.counts.turns_taken.add_area(served);
        for departure in departures.iter().filter(|departure| !departure.counts) {
            self.book_until(departure, demands, departure.departure);
        }
        self.observer.on_clock(self.counts.last_departure);
        // A request that has its worker to itself waits in the backlog and nowhere else.
        self.observer.on_departures_with_waits(departures, Waits::NONE);
        unreported.drain(..departed);
    }

    /// Books, phase by phase, what a request did until some instant. Its demands are drawn again. Returns the CPU time it had.
    #[cold]
    fn book_until(&mut self, departure: &Departure, demands: &mut [SimDuration], until: SimTime) -> SimDuration {
        let mut cpu_time = SimDuration::ZERO;
        let Entrance { request, class, arrival, .. } = departure.entrance;
        self.counts.in_system.add_span(arrival, until);
        if start_of(departure) > until {
            return cpu_time;
        }
        self.counts.slots_taken.add_span(start_of(departure), until);
        self.counts.turns_taken.add_span(start_of(departure), until);
        let mut stream = self.streams.request(request);
        self.program.draw_class(&mut stream);
        self.program.draw_demands(&mut [DrawnRequest::of(class)], &mut [stream], demands, 1);
        let mut start = start_of(departure);
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
        let departures =
            walk.unreported.iter().map(|unreported| unreported.departure).filter(|departure| *departure <= until);
        self.now = departures.fold(self.now, SimTime::max);
        self.report_departed(walk, until);
        self.ending = match self.horizon {
            _ if is_stopped => Ending::TooManyInFlight,
            _ if walk.unreported.is_empty() && self.arrivals.next == NEVER => Ending::Drained,
            Some(_) => Ending::Horizon,
            None => Ending::ClockLimit,
        };
        let end = if self.ending == Ending::Horizon { last } else { self.now };
        for departure in &walk.unreported {
            let cpu_time = self.book_until(departure, &mut walk.demands, end);
            let is_taken = start_of(departure) <= end;
            self.observer.on_unfinished(&Unfinished::in_flight(departure, end, is_taken, cpu_time));
        }
        if walk.is_warm {
            self.counts.in_system.reach(end, walk.workers.most as u64);
        }
    }
}
