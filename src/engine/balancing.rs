//! The balancer: to which replica a request is sent.
//!
//! It knows which replicas it has found unhealthy, and of each how many requests it has sent there whose clients still wait.
//! It does not know what happens inside. If it has found all replicas unhealthy, it sends requests to all of them.

use std::ops::Range;

use rand::RngExt;

use crate::model::{Balancer, Replicas};
use crate::random::{Purpose, Stream, Streams};

use super::observer::Observer;
use super::requests::RequestId;
use super::simulation::Simulation;

/// In place of the worker of a request that has not been sent to any replica.
pub(super) const NO_WORKER: u32 = u32::MAX;

/// How the replica of a request is chosen.
#[derive(Debug)]
pub(super) struct Balancing {
    balancer: Balancer,
    /// The replica whose turn it is next, and the stream of random choices.
    next: u32,
    stream: Stream,
}

impl Balancing {
    /// The balancer in front of the replicas; `None` if there is nothing to choose and nothing to watch.
    pub fn new(replicas: &Replicas, streams: Streams) -> Option<Self> {
        let stream = streams.purpose(Purpose::Balancer);
        replicas.need_balancer().then_some(Self { balancer: replicas.balancer, next: 0, stream })
    }
}

impl<O: Observer> Simulation<O> {
    /// Sends a request that arrives to a replica: until a worker takes it, its worker is the first one there.
    #[inline]
    pub(super) fn balance(&mut self, id: RequestId) {
        if self.balancing.is_some() {
            self.send_to_replica(id);
        }
    }

    fn send_to_replica(&mut self, id: RequestId) {
        let Some(mut balancing) = self.balancing.take() else { return };
        let number = self.choose(&mut balancing);
        self.balancing = Some(balancing);
        let counts = self.is_counted(self.requests[id].arrival);
        let replica = &mut self.replicas[number];
        self.requests[id].worker = replica.workers.start;
        if let Some(levels) = &mut replica.levels {
            levels.requests += u64::from(counts);
            levels.connections.rise(self.now);
        }
    }

    /// The replica of the next request.
    fn choose(&self, balancing: &mut Balancing) -> u32 {
        if self.are_all_alike() {
            self.choose_among(balancing, |numbers| numbers)
        } else {
            self.choose_among(balancing, |numbers| numbers.filter(|number| self.is_healthy(*number)))
        }
    }

    /// The replica of the next request, among those that `select` leaves, of which there is at least one.
    fn choose_among<I: Iterator<Item = u32>>(
        &self,
        balancing: &mut Balancing,
        select: impl Fn(Range<u32>) -> I,
    ) -> u32 {
        let (count, next) = (self.replicas.count(), balancing.next);
        let candidates = || select(0..count);
        let in_turn = || select(next..count).chain(select(0..next));
        let chosen = match balancing.balancer {
            Balancer::RoundRobin => in_turn().next(),
            // The first of those with the fewest.
            Balancer::LeastBusy => in_turn().min_by_key(|number| self.connections(*number)),
            Balancer::Random => {
                let place = balancing.stream.random_range(0..candidates().count());
                candidates().nth(place)
            }
            Balancer::TwoChoices => {
                let number = candidates().count();
                let first = balancing.stream.random_range(0..number);
                // Any of the others, which come after the first one in a circle.
                let second =
                    if number > 1 { (first + balancing.stream.random_range(1..number)) % number } else { first };
                let both = candidates().nth(first).into_iter().chain(candidates().nth(second));
                both.min_by_key(|number| self.connections(*number))
            }
        };
        let chosen = chosen.unwrap_or(0);
        balancing.next = (chosen + 1) % count;
        chosen
    }

    /// How many requests have been sent to a replica whose clients still wait.
    fn connections(&self, replica: u32) -> u64 {
        self.replicas[replica].levels.as_ref().map_or(0, |levels| levels.connections.now())
    }

    /// The client of a request has its answer, or has given up: the balancer closes the connection to the replica.
    #[inline]
    pub(super) fn disconnect(&mut self, id: RequestId) {
        let worker = self.requests[id].worker;
        if self.balancing.is_some()
            && worker != NO_WORKER
            && let Some(levels) = &mut self.replicas.of_mut(worker).levels
        {
            levels.connections.fall(self.now);
        }
    }
}
