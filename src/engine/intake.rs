//! The requests that arrive next from an open load, with their demands.
//!
//! When a request arrives and what it demands depends on nothing that happens in the run, so requests are drawn in
//! batches, in one short loop after another.

use crate::model::{ClassId, SimDuration, SimTime};
use crate::random::{Arrival, ArrivalSource, Stream, Streams};

use super::program::{DrawnRequest, Program};

/// How many requests are drawn at once, unless they are read from a file, which may turn out to be broken further on.
const AT_ONCE: usize = 32;

/// Requests that have been drawn and not taken.
#[derive(Debug)]
pub(super) struct Intake {
    source: ArrivalSource,
    /// How many more may be drawn.
    left: u64,
    /// The number of the next to be drawn.
    number: u64,
    /// Room for one batch; places beyond `count` hold nothing.
    arrivals: Vec<Arrival>,
    requests: Vec<DrawnRequest>,
    /// The stream of the demands of each.
    streams: Vec<Stream>,
    /// A column of demands for each instruction of a class, with a place for each request.
    demands: Vec<SimDuration>,
    /// How many have been drawn.
    count: usize,
    /// The first that has not been taken.
    next: usize,
}

impl Intake {
    /// The first requests of a load, at most `left` in all.
    pub fn new(source: ArrivalSource, left: u64, program: &Program, streams: &Streams) -> Self {
        let at_once = if source.gives_demands() { 1 } else { AT_ONCE };
        let mut intake = Self {
            source,
            left,
            number: 0,
            arrivals: vec![Arrival { time: SimTime::ZERO, class: None }; at_once],
            requests: vec![DrawnRequest::of(ClassId(0)); at_once],
            streams: vec![streams.request(0); at_once],
            demands: vec![SimDuration::ZERO; program.stride() * at_once],
            count: 0,
            next: 0,
        };
        intake.draw(program, streams);
        intake
    }

    /// When the next request arrives, if there is one.
    #[inline]
    pub fn next_arrival(&self) -> Option<SimTime> {
        (self.next < self.count).then(|| self.arrivals[self.next].time)
    }

    /// The next request.
    ///
    /// # Panics
    /// If there is none.
    #[inline]
    pub fn next_request(&self) -> DrawnRequest {
        self.requests[..self.count][self.next]
    }

    /// Fills in the demands of the next request, one for each instruction.
    #[inline]
    pub fn fill_demands<'a>(&self, places: impl Iterator<Item = &'a mut SimDuration>) {
        let mut from = self.next;
        for place in places {
            *place = self.demands[from];
            from += self.arrivals.len();
        }
    }

    /// The rest of the batch: when its requests arrive, and what they are.
    #[inline]
    pub fn drawn(&self) -> (&[Arrival], &[DrawnRequest]) {
        (&self.arrivals[self.next..self.count], &self.requests[self.next..self.count])
    }

    /// The demands of one instruction, for the rest of the batch.
    #[inline]
    pub fn column(&self, instruction: usize) -> &[SimDuration] {
        let first = instruction * self.arrivals.len();
        &self.demands[first + self.next..first + self.count]
    }

    /// The next `count` requests have been taken.
    #[inline]
    pub fn advance(&mut self, count: usize, program: &Program, streams: &Streams) {
        self.next += count;
        if self.next >= self.count {
            self.draw(program, streams);
        }
    }

    /// Why the load ended early, if it did.
    pub fn error(&self) -> Option<&str> {
        self.source.error()
    }

    #[inline(never)]
    fn draw(&mut self, program: &Program, streams: &Streams) {
        let room = usize::try_from(self.left).map_or(self.arrivals.len(), |left| left.min(self.arrivals.len()));
        let count = self.source.next_arrivals(&mut self.arrivals[..room]);
        (self.count, self.next) = (count, 0);
        let (requests, own) = (&mut self.requests[..count], &mut self.streams[..count]);
        let numbered = own.iter_mut().enumerate().map(|(index, own)| (own, self.number + index as u64));
        if program.has_one_class() {
            // The class is known, and its number is drawn all the same.
            numbered.for_each(|(own, number)| *own = streams.request(number).without_first());
            requests.fill(DrawnRequest::of(ClassId(0)));
        } else {
            for ((own, number), (arrival, request)) in numbered.zip(self.arrivals.iter().zip(&mut *requests)) {
                *own = streams.request(number);
                let class = program.draw_class(own);
                *request = DrawnRequest::of(arrival.class.unwrap_or(class));
            }
        }
        self.left -= count as u64;
        self.number += count as u64;
        if let Some(given) = self.source.given_demands() {
            assert_eq!(self.arrivals.len(), 1, "requests of a file are drawn one by one");
            requests.iter_mut().for_each(|request| program.set_demands(request, given, &mut self.demands));
            return;
        }
        let mut first = 0;
        while first < count {
            let of_one_class = first..first + program.of_one_class(&requests[first..]);
            let (requests, own) = (&mut requests[of_one_class.clone()], &mut own[of_one_class.clone()]);
            program.draw_demands(requests, own, &mut self.demands[first..], self.arrivals.len());
            first = of_one_class.end;
        }
    }
}
