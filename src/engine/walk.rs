//! A shortcut: requests of workers that do one thing at a time are walked to their end when they arrive.
//!
//! Where each worker serves a request from beginning to end on a core of its own, the oldest request goes to the worker
//! that is free first, and nothing can intervene, a request begins at max(arrival, when the first worker is free) and ends
//! after the time it takes alone (Kiefer and Wolfowitz 1955). So there are no events but arrivals; departures are told some
//! time after the clock has passed them, many at once.
//!
//! Whether a run may do so is decided before it, from its rules. The results are those of the long way, to the nanosecond;
//! `tests/invariants` compares them, request by request.

use crate::model::{Activity, SimDuration, SimTime};
use crate::random::Load;

use super::ahead::nothing_intervenes;
use super::event::{NEVER, time_of};
use super::program::{Brought, Instruction, Program};
use super::recorder::{Departure, Ending, Entrance, Observer, Outcome, Unfinished};
use super::simulation::{Setup, Simulation, TOGETHER};
use super::waits::Waits;

/// The workers, and the requests that have been walked.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    workers: Workers,
    /// Requests whose departure has not been told: all that are in the system, and some that are not.
    untold: Vec<Departure>,
    /// So many of those, and it is time to look who has departed: more where more are in the system.
    enough: usize,
    is_warm: bool,
    /// Room for when requests begin that are walked together, and for the demands of one.
    begins: Vec<SimTime>,
    demands: Vec<SimDuration>,
}

/// When each worker will be free, and how many requests there have been at once.
#[derive(Clone, Debug)]
struct Workers {
    /// The first one first.
    free_at: Vec<SimTime>,
    /// The most requests that were in the system at once, since the warm-up once that is over.
    most: usize,
    /// When the latest requests began: as many as would wait if there were one more in the system than ever. A ring, in
    /// which the oldest is the next.
    starts: Vec<SimTime>,
    oldest: usize,
}

/// A worker that would be free only beyond all runs.
const FAR: SimTime = SimTime::from_nanos(SimTime::MAX.as_nanos() + 1);

impl Walk {
    /// Whether a run may walk.
    pub fn new(setup: &Setup<'_>, program: &Program) -> Option<Self> {
        let draws_all = matches!(&setup.load, Load::Open(source) if !source.gives_demands());
        let one_by_one = setup.rules.slots == Some(1) && program.never_gives_up_its_turn();
        let takes_no_longer = !program.has_parallel_waits();
        let may = nothing_intervenes(setup, program) && draws_all && one_by_one && takes_no_longer;
        let free_at = vec![SimTime::ZERO; setup.rules.workers as usize];
        may.then(|| Self {
            workers: Workers { free_at, most: 0, starts: Vec::new(), oldest: 0 },
            untold: Vec::new(),
            enough: TOGETHER,
            is_warm: setup.warm_up == SimTime::ZERO,
            begins: Vec::new(),
            demands: vec![SimDuration::ZERO; program.stride()],
        })
    }

    /// The warm-up is over: what was before is forgotten.
    #[cold]
    fn warm_up(&mut self, warm_up: SimTime) {
        let is_inside = |other: &&Departure| other.entrance.arrival < warm_up && other.departure >= warm_up;
        self.workers.forget(self.untold.iter().filter(is_inside).count());
        self.is_warm = true;
    }
}

impl Workers {
    /// The first free worker serves a request that arrives now; when it begins.
    #[inline(always)]
    fn assign(&mut self, now: SimTime, demand: SimDuration) -> SimTime {
        let start = now.max(self.free_at[0]);
        if self.most < self.free_at.len() {
            self.count_busy(now);
        } else {
            self.count_waiting(now, start);
        }
        let free = (start + demand).min(FAR);
        // The first gives its place up, those that will be free before it move on.
        let Some((mut place, others)) = self.free_at.split_first_mut() else { return start };
        for other in others {
            if *other >= free {
                break;
            }
            *place = *other;
            place = other;
        }
        *place = free;
        start
    }

    /// Takes note of how many are in the system when a request arrives that no other waits before.
    #[inline(never)]
    fn count_busy(&mut self, now: SimTime) {
        // One more than ever: beside so many busy workers.
        let workers = self.free_at.len();
        self.most += usize::from(self.most == 0 || self.free_at[workers - self.most] > now);
    }

    /// The same, once there have been as many as workers, when a request arrives that begins at `start`.
    #[inline]
    fn count_waiting(&mut self, now: SimTime, start: SimTime) {
        match self.starts.get_mut(self.oldest) {
            Some(oldest) if *oldest <= now => {
                *oldest = start;
                self.oldest += 1;
                if self.oldest == self.starts.len() {
                    self.oldest = 0;
                }
            }
            None if start <= now => {}
            _ => {
                // One more than ever.
                self.most += 1;
                self.starts.rotate_left(self.oldest);
                self.starts.push(start);
                self.oldest = 0;
            }
        }
    }

    /// What was before is forgotten; so many requests are in the system.
    fn forget(&mut self, in_system: usize) {
        self.most = in_system;
        self.starts.rotate_left(self.oldest);
        self.oldest = 0;
        let too_many = self.starts.len().saturating_sub(in_system.saturating_sub(self.free_at.len()));
        self.starts.drain(..too_many);
    }
}

/// When a request began.
#[inline]
fn start_of(departure: &Departure) -> SimTime {
    departure.entrance.arrival + departure.spent[Activity::BacklogWait as usize]
}

impl<O: Observer> Simulation<O> {
    /// Lets at most so many requests arrive; false once the run is over.
    pub(super) fn walk(&mut self, walk: &mut Walk, steps: u64) -> bool {
        let mut left = steps as usize;
        while left > 0 {
            if time_of(self.arrivals.next) > self.last_instant || self.is_overfull {
                self.end_walk(walk);
                return false;
            }
            left -= self.walk_some(walk, left);
            if walk.untold.len() >= walk.enough {
                self.tell_departed(walk, self.now);
                walk.enough = 2 * walk.untold.len() + TOGETHER;
            }
        }
        true
    }

    /// The next requests arrive and are walked to their end, at least one, and as many as have been drawn, but no more than
    /// `limit`, than may be in the system, and than arrive before the warm-up or the run ends. Returns how many.
    #[inline]
    fn walk_some(&mut self, walk: &mut Walk, limit: usize) -> usize {
        let counts = time_of(self.arrivals.next) >= self.warm_up;
        if counts && !walk.is_warm {
            walk.warm_up(self.warm_up);
        }
        let Walk { workers, untold, begins, .. } = walk;
        let Some(intake) = &self.arrivals.intake else { return limit };
        let (arrivals, brought) = intake.drawn();
        let is_over = |arrival: SimTime| arrival > self.last_instant || !counts && arrival >= self.warm_up;
        let room = self.max_in_flight as usize + 1 - workers.most;
        let count = arrivals.partition_point(|arrival| !is_over(arrival.time)).min(limit).min(room);
        let (outcome, before) = (Outcome::Completed, untold.len());
        let (arrivals, brought, number) = (&arrivals[..count], &brought[..count], self.arrivals.arrived);
        begins.clear();
        begins
            .extend(arrivals.iter().zip(brought).map(|(arrival, brought)| workers.assign(arrival.time, brought.alone)));
        let requests = arrivals.iter().zip(brought).zip(&*begins).enumerate();
        untold.extend(requests.map(|(index, ((arrival, brought), start))| {
            let (arrival, Brought { class, alone: demand }) = (arrival.time, *brought);
            let (request, first_arrival, tries_before) = (number + index as u64, arrival, 0);
            let entrance = Entrance { request, class, arrival, first_arrival, tries_before, demand };
            let mut spent = [SimDuration::ZERO; Activity::ALL.len()];
            spent[Activity::BacklogWait as usize] = *start - arrival;
            let (was_taken, ends_operation) = (true, counts);
            Departure { entrance, departure: *start + demand, outcome, counts, was_taken, ends_operation, spent }
        }));
        let (walked, mut first) = (&mut untold[before..], 0);
        while first < count {
            let (class, alike) = (brought[first].class, self.program.alike(&brought[first..]));
            for (place, activity) in self.program.activities(class).iter().enumerate() {
                let demands = &intake.column(place)[first..];
                for (departure, demand) in walked[first..].iter_mut().zip(demands).take(alike) {
                    departure.spent[*activity as usize] += *demand;
                }
            }
            first += alike;
            self.counts.classes[usize::from(class.0)].arrived += if counts { alike as u64 } else { 0 };
        }
        self.now = untold.last().map_or(self.now, |last| last.entrance.arrival);
        self.arrivals.arrived += count as u64;
        self.arrivals.entered += count as u64;
        self.counts.warm_up_requests += if counts { 0 } else { count as u64 };
        self.is_overfull = workers.most > self.max_in_flight as usize;
        self.pass_arrivals(count);
        count
    }

    /// Tells the departures until that instant.
    fn tell_departed(&mut self, walk: &mut Walk, until: SimTime) {
        let Walk { untold, demands, .. } = walk;
        // Those who have departed come first, and stay in order where there is one worker.
        let has_departed = |departure: &Departure| departure.departure <= until;
        let mut departed = untold.iter().take_while(|departure| has_departed(departure)).count();
        for place in departed + 1..untold.len() {
            if has_departed(&untold[place]) {
                untold.swap(departed, place);
                departed += 1;
            }
        }
        let departures = &untold[..departed];
        // They have their turn while they are in progress.
        let served = self.book_departed(departures);
        self.counts.turns_taken.add_area(served);
        for departure in departures.iter().filter(|departure| !departure.counts) {
            self.book_until(departure, demands, departure.departure);
        }
        self.observer.on_clock(self.counts.last_departure);
        // Requests that have their worker to themselves wait in the backlog and nowhere else.
        self.observer.on_departures_with_waits(departures, Waits::NONE);
        untold.drain(..departed);
    }

    /// Books phase by phase what a request did until some instant, with the demands that its stream brings again. Returns the
    /// CPU time it had.
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
        self.program.draw_demands(&mut [Brought::of(class)], &mut [stream], demands, 1);
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

    /// No request arrives any more, or none may: tells the departures until the end, and books the others until then.
    fn end_walk(&mut self, walk: &mut Walk) {
        let last = self.last_instant;
        let is_stopped = self.is_overfull && time_of(self.arrivals.next) <= last;
        let until = if is_stopped { self.now } else { last };
        if !walk.is_warm && until >= self.warm_up {
            walk.warm_up(self.warm_up);
        }
        let departures = walk.untold.iter().map(|untold| untold.departure).filter(|departure| *departure <= until);
        self.now = departures.fold(self.now, SimTime::max);
        self.tell_departed(walk, until);
        self.ending = match self.horizon {
            _ if is_stopped => Ending::TooManyInFlight,
            _ if walk.untold.is_empty() && self.arrivals.next == NEVER => Ending::Drained,
            Some(_) => Ending::Horizon,
            None => Ending::ClockLimit,
        };
        let end = if self.ending == Ending::Horizon { last } else { self.now };
        for departure in &walk.untold {
            let cpu_time = self.book_until(departure, &mut walk.demands, end);
            let is_taken = start_of(departure) <= end;
            self.observer.on_unfinished(&Unfinished::in_flight(departure, end, is_taken, cpu_time));
        }
        if walk.is_warm {
            self.counts.in_system.reach(end, walk.workers.most as u64);
        }
    }
}
