//! When workers are free, and how many requests are in the system, without an event for either.

use crate::model::{SimDuration, SimTime};

/// When each worker will be free, and how many requests there have been at once.
#[derive(Clone, Debug)]
pub(super) struct Availability {
    /// In order of time.
    free_at: Vec<SimTime>,
    /// The largest number of requests in the system: since the warm-up, once that is over.
    pub most: usize,
    /// When the latest requests began, the last one last: at least as many as would have to wait if the system held one request
    /// more than ever before.
    latest: Vec<SimTime>,
}

/// When a worker is free that is busy to the end of every run.
const FAR: SimTime = SimTime::from_nanos(SimTime::MAX.as_nanos() + 1);

/// How many more of the latest requests are kept than are needed, before they are forgotten.
const FORGOTTEN: usize = 1 << 10;

impl Availability {
    /// All workers are free.
    pub fn new(workers: u32) -> Self {
        Self { free_at: vec![SimTime::ZERO; workers as usize], most: 0, latest: Vec::new() }
    }

    /// The worker that is free first serves each of the requests, which arrive one after another. Adds when they begin.
    #[inline]
    pub fn assign(&mut self, arrivals: &[SimTime], demands: &[SimDuration], starts: &mut Vec<SimTime>) {
        self.forget_early();
        let requests = arrivals.iter().copied().zip(demands.iter().copied());
        if self.has_free_worker() {
            starts.extend(requests.map(|(arrival, demand)| self.assign_one(arrival, demand)));
            return;
        }
        let (known, first) = (self.latest.len(), starts.len());
        begin_each(&mut self.free_at, requests, starts);
        self.latest.extend_from_slice(&starts[first..]);
        let earlier = &self.latest[known - self.most_waiting()..];
        // A difference below 0 has the highest bit.
        let difference = |(arrival, earlier): (&SimTime, &SimTime)| arrival.as_nanos().wrapping_sub(earlier.as_nanos());
        let bits = arrivals.iter().zip(earlier).map(difference).fold(0, |bits, more| bits | more);
        if bits >> (u64::BITS - 1) == 1 {
            (known..).zip(arrivals).for_each(|(place, arrival)| self.count_waiting(place, *arrival));
        }
    }

    /// The same of one request, where there may never have been as many requests as workers. Returns when it begins.
    fn assign_one(&mut self, arrival: SimTime, demand: SimDuration) -> SimTime {
        let has_free_worker = self.has_free_worker();
        if has_free_worker {
            self.count_busy(arrival);
        }
        let start = begin(&mut self.free_at, arrival, demand);
        self.latest.push(start);
        if !has_free_worker {
            self.count_waiting(self.latest.len() - 1, arrival);
        }
        start
    }

    /// Whether there never were as many requests as workers.
    #[inline]
    fn has_free_worker(&self) -> bool {
        self.most < self.free_at.len()
    }

    /// How many requests have waited at once, at most; there have been as many as workers.
    #[inline]
    fn most_waiting(&self) -> usize {
        self.most - self.free_at.len()
    }

    /// Notes how many requests are in the system when one arrives, as long as there never were as many as workers.
    fn count_busy(&mut self, now: SimTime) {
        // As many workers are busy as requests have ever been in the system: this is one more.
        let workers = self.free_at.len();
        self.most += usize::from(self.most == 0 || self.free_at[workers - self.most] > now);
    }

    /// The same once there have been as many requests as workers, of the request at a place among the latest.
    fn count_waiting(&mut self, place: usize, now: SimTime) {
        // If the one that came so much earlier has not begun, one more waits than ever before.
        self.most += usize::from(self.latest[place - self.most_waiting()] > now);
    }

    /// Forgets requests that began early, if there are many.
    #[inline]
    fn forget_early(&mut self) {
        let needed = self.most.saturating_sub(self.free_at.len());
        if self.latest.len() > 2 * needed + FORGOTTEN {
            self.latest.drain(..self.latest.len() - needed);
        }
    }

    /// Forgets the past; `in_system` requests are in the system now.
    pub fn forget(&mut self, in_system: usize) {
        self.most = in_system;
    }
}

/// The worker that is free first serves requests one after another.
#[inline]
fn begin_each(
    free_at: &mut [SimTime],
    requests: impl ExactSizeIterator<Item = (SimTime, SimDuration)>,
    starts: &mut Vec<SimTime>,
) {
    if let [only] = free_at {
        let mut free = *only;
        starts.extend(requests.map(|(arrival, demand)| {
            let start = arrival.max(free);
            free = (start + demand).min(FAR);
            start
        }));
        *only = free;
    } else {
        starts.extend(requests.map(|(arrival, demand)| begin(free_at, arrival, demand)));
    }
}

/// The worker that is free first serves a request. Returns when it begins.
#[inline]
fn begin(free_at: &mut [SimTime], arrival: SimTime, demand: SimDuration) -> SimTime {
    let Some((mut place, others)) = free_at.split_first_mut() else { return arrival };
    let start = arrival.max(*place);
    let free = (start + demand).min(FAR);
    // The workers that will be free before it move up.
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
