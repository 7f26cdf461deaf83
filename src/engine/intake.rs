//! The requests that arrive next from an open load, with all they bring.
//!
//! When a request comes and what it brings depends on nothing that happens in the run, so many are drawn at once: one short
//! loop after the other.

use crate::model::{ClassId, SimDuration, SimTime};
use crate::random::{Arrival, ArrivalSource, Stream, Streams};

use super::program::Program;

/// So many requests are drawn at once, unless they come out of a file that may turn out to be broken further on.
const AT_ONCE: usize = 32;

/// Requests that have been drawn and not taken.
#[derive(Debug)]
pub(super) struct Intake {
    source: ArrivalSource,
    /// So many more may be drawn.
    left: u64,
    /// The number of the next to be drawn.
    number: u64,
    at_once: usize,
    arrivals: Vec<Arrival>,
    brought: Vec<Brought>,
    /// The stream that brings the demands of each.
    streams: Vec<Stream>,
    /// `stride` demands for each request, one an instruction of its class.
    demands: Vec<SimDuration>,
    stride: usize,
    /// The first that has not been taken.
    next: usize,
}

/// What a request brings, beside its demands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Brought {
    pub class: ClassId,
    /// The time it takes alone.
    pub alone: SimDuration,
}

impl Intake {
    /// The first requests of a load, at most `left` in all.
    pub fn new(source: ArrivalSource, left: u64, program: &Program, streams: &Streams) -> Self {
        let at_once = if source.gives_demands() { 1 } else { AT_ONCE };
        let stride = program.stride();
        let mut intake = Self {
            source,
            left,
            number: 0,
            at_once,
            arrivals: Vec::with_capacity(at_once),
            brought: Vec::with_capacity(at_once),
            streams: Vec::with_capacity(at_once),
            demands: vec![SimDuration::ZERO; at_once * stride],
            stride,
            next: 0,
        };
        intake.draw(program, streams);
        intake
    }

    /// When the next request arrives, if there is one.
    #[inline]
    pub fn next_arrival(&self) -> Option<SimTime> {
        self.arrivals.get(self.next).map(|arrival| arrival.time)
    }

    /// What the next request brings, and the demands of its instructions.
    ///
    /// # Panics
    /// If there is none.
    #[inline]
    pub fn brought(&self) -> (Brought, &[SimDuration]) {
        let first = self.next * self.stride;
        (self.brought[self.next], &self.demands[first..first + self.stride])
    }

    /// When the next requests arrive, what they bring, and the demands of their instructions, request by request: as many as
    /// have been drawn.
    #[inline]
    pub fn all_brought(&self) -> impl Iterator<Item = (SimTime, Brought, &[SimDuration])> {
        let demands = self.demands[self.next * self.stride..].chunks_exact(self.stride);
        let requests = self.arrivals[self.next..].iter().zip(&self.brought[self.next..]);
        requests.zip(demands).map(|((arrival, brought), demands)| (arrival.time, *brought, demands))
    }

    /// The next so many requests have been taken.
    #[inline]
    pub fn advance(&mut self, count: usize, program: &Program, streams: &Streams) {
        self.next += count;
        if self.next >= self.arrivals.len() {
            self.draw(program, streams);
        }
    }

    /// Why the load ended before its time.
    pub fn error(&self) -> Option<&str> {
        self.source.error()
    }

    #[inline(never)]
    fn draw(&mut self, program: &Program, streams: &Streams) {
        self.next = 0;
        self.arrivals.clear();
        self.brought.clear();
        let room = usize::try_from(self.left).map_or(self.at_once, |left| left.min(self.at_once));
        self.source.next_arrivals(room, &mut self.arrivals);
        self.left -= self.arrivals.len() as u64;
        self.streams.clear();
        self.streams.extend((self.number..).take(self.arrivals.len()).map(|number| streams.request(number)));
        self.number += self.arrivals.len() as u64;
        self.brought.extend(self.arrivals.iter().zip(&mut self.streams).map(|(arrival, stream)| {
            let drawn = program.draw_class(stream);
            Brought { class: arrival.class.unwrap_or(drawn), alone: SimDuration::ZERO }
        }));
        let given = self.source.given_demands();
        let demands = self.demands.chunks_exact_mut(self.stride);
        for ((brought, stream), demands) in self.brought.iter_mut().zip(&mut self.streams).zip(demands) {
            brought.alone = program.fill_demands(brought.class, given, stream, demands);
        }
    }
}
