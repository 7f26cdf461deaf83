//! When workers are free, and how many requests are in the system, without an event for either.

use crate::model::{SimDuration, SimTime};

/// When each worker will be free, and how many requests there have been at once.
#[derive(Clone, Debug)]
pub(super) struct Availability {
    /// In order of time.
    free_at: Vec<SimTime>,
    /// The largest number of requests in the system: since the warm-up, once that is over.
    pub most: usize,
    /// When the latest requests began: as many as would have to wait if the system held one request more than ever
    /// before. A ring.
    starts: Vec<SimTime>,
    /// The place of the oldest in that ring.
    oldest: usize,
}

/// When a worker is free that is busy to the end of every run.
const FAR: SimTime = SimTime::from_nanos(SimTime::MAX.as_nanos() + 1);

impl Availability {
    /// All workers are free.
    pub fn new(workers: u32) -> Self {
        Self { free_at: vec![SimTime::ZERO; workers as usize], most: 0, starts: Vec::new(), oldest: 0 }
    }

    /// The worker that is free first serves a request that arrives now. Returns when the request begins.
    #[inline(always)]
    pub fn assign(&mut self, now: SimTime, demand: SimDuration) -> SimTime {
        let start = now.max(self.free_at[0]);
        if self.most < self.free_at.len() {
            self.count_busy(now);
        } else {
            self.count_waiting(now, start);
        }
        let free = (start + demand).min(FAR);
        // The workers that will be free before it move up.
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

    /// Notes how many requests are in the system when one arrives, as long as there never were as many as workers.
    #[inline(never)]
    fn count_busy(&mut self, now: SimTime) {
        // As many workers are busy as requests have ever been in the system: this is one more.
        let workers = self.free_at.len();
        self.most += usize::from(self.most == 0 || self.free_at[workers - self.most] > now);
    }

    /// The same once there have been as many requests as workers; the request that arrives begins at `start`.
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
                // One more than ever before.
                self.most += 1;
                self.starts.rotate_left(self.oldest);
                self.starts.push(start);
                self.oldest = 0;
            }
        }
    }

    /// Forgets the past; `in_system` requests are in the system now.
    pub fn forget(&mut self, in_system: usize) {
        self.most = in_system;
        self.starts.rotate_left(self.oldest);
        self.oldest = 0;
        let too_many = self.starts.len().saturating_sub(in_system.saturating_sub(self.free_at.len()));
        self.starts.drain(..too_many);
    }
}
