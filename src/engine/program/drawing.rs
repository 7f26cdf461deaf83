//! The classes and demands of requests: drawn from their streams, or given.

use rand::RngExt;

use crate::model::{ClassId, SimDuration};
use crate::random::{Sampler, Stream};

use super::{ClassProgram, Program};

/// In place of a demand: the steps after this decision are not left out.
const TAKEN: SimDuration = SimDuration::from_nanos(1);

/// A request as it is drawn.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct DrawnRequest {
    pub class: ClassId,
    /// The time it would take if it were alone in the system; 0 until its demands are known.
    pub demand: SimDuration,
}

impl DrawnRequest {
    /// A request of a class, with unknown demands.
    pub const fn of(class: ClassId) -> Self {
        Self { class, demand: SimDuration::ZERO }
    }
}

impl Program {
    /// Whether all requests are of the same class.
    #[inline]
    pub fn has_one_class(&self) -> bool {
        self.classes.len() == 1
    }

    /// Draws a class by weight. It always draws one number, so that a class given in advance moves no other draw.
    #[inline]
    pub fn draw_class(&self, stream: &mut Stream) -> ClassId {
        if self.has_one_class() {
            // A number takes 64 bits.
            let _: u64 = stream.random();
            return ClassId(0);
        }
        ClassId(self.weights.choose(stream.random()) as u16)
    }

    /// Draws the demands of requests of one class from their streams, in the order of its phases, branches one by one.
    /// They go into columns, one for each instruction; the columns begin at multiples of `distance`. The demand of each
    /// request as a whole, 0 before, is then known.
    #[inline]
    pub fn draw_demands(
        &self,
        requests: &mut [DrawnRequest],
        streams: &mut [Stream],
        columns: &mut [SimDuration],
        distance: usize,
    ) {
        let Some(DrawnRequest { class, .. }) = requests.first().copied() else { return };
        let place = &self.places[usize::from(class.0)];
        let samplers = &self.samplers[place.range()];
        if let ([request], [stream]) = (&mut *requests, &mut *streams) {
            for (place, sampler) in samplers.iter().enumerate() {
                let demand = sampler.draw(stream);
                columns[place * distance] = demand;
                request.demand += demand;
            }
        } else {
            draw_columns(samplers, requests, streams, columns, distance);
        }
        if !place.adds_up {
            self.take_off(class, requests, columns, distance);
        }
    }

    /// Takes off the demands of requests of one class what is left out, cut short, or done at the same time.
    #[inline]
    fn take_off(&self, class: ClassId, requests: &mut [DrawnRequest], columns: &mut [SimDuration], distance: usize) {
        let class = &self.classes[usize::from(class.0)];
        for optional in &class.optional {
            for (index, request) in requests.iter_mut().enumerate() {
                let decision = columns[optional.start * distance + index];
                request.demand = request.demand - decision;
                if decision == SimDuration::ZERO {
                    for place in optional.start + 1..optional.end {
                        let left_out = std::mem::take(&mut columns[place * distance + index]);
                        request.demand = request.demand - left_out;
                    }
                }
            }
        }
        for (place, timeout) in &class.timeouts {
            let column = &columns[place * distance..][..requests.len()];
            for (request, demand) in requests.iter_mut().zip(column) {
                request.demand = request.demand - *demand + (*demand).min(*timeout);
            }
        }
        for branches in &class.parallel {
            for (index, request) in requests.iter_mut().enumerate() {
                let demand = |place| class.until_timeout(place, columns[place * distance + index]);
                let branches = branches.clone().map(demand);
                request.demand = with_parallel_waits(request.demand, branches);
            }
        }
    }

    /// How many of these requests, from the first on, are of one class.
    #[inline]
    pub fn of_one_class(&self, requests: &[DrawnRequest]) -> usize {
        let Some((first, others)) = requests.split_first() else { return 0 };
        let is_other = |other: &DrawnRequest| other.class != first.class;
        let of_one_class = if self.has_one_class() { None } else { others.iter().position(is_other) };
        of_one_class.map_or(requests.len(), |others| 1 + others)
    }

    /// Fills in given demands, one for each phase that is not left out, and the demand of the request as a whole.
    pub fn set_demands(&self, request: &mut DrawnRequest, given: &[Option<SimDuration>], demands: &mut [SimDuration]) {
        let class = &self.classes[usize::from(request.class.0)];
        let is_drawn = &self.is_drawn[self.places[usize::from(request.class.0)].range()];
        let mut given = given.iter();
        demands.fill(SimDuration::ZERO);
        for place in 0..is_drawn.len() {
            let demand = if is_drawn[place] { given.next().copied().flatten() } else { None };
            let Some(demand) = demand else { continue };
            demands[place] = demand;
            for optional in class.optional.iter().filter(|optional| optional.contains(&place)) {
                demands[optional.start] = TAKEN;
            }
        }
        request.demand = class.demand_of(demands);
    }

    /// Adds the work of the application server and of clients to the demands of a request, and rounds its sleeps to the
    /// loop's timers. Returns its demand as a whole, without that work.
    pub fn add_to(&self, class: ClassId, demands: &mut [SimDuration]) -> SimDuration {
        let program = &self.classes[usize::from(class.0)];
        let demands = &mut demands[..self.steps(class).len()];
        for place in &program.timers {
            demands[*place] = self.timers.map_or(demands[*place], |timers| timers.rounded(demands[*place]));
        }
        let demand = program.demand_of(demands);
        for (place, span) in &program.overhead {
            demands[*place] += *span;
        }
        demand
    }
}

/// Draws from each sampler a column of demands, one for each request.
#[inline]
fn draw_columns(
    samplers: &[Sampler],
    requests: &mut [DrawnRequest],
    streams: &mut [Stream],
    columns: &mut [SimDuration],
    distance: usize,
) {
    for (place, sampler) in samplers.iter().enumerate() {
        let column = &mut columns[place * distance..][..requests.len()];
        if place + 1 < samplers.len() {
            sampler.draw_each(streams, column);
        } else {
            sampler.draw_last_of_each(streams, column);
        }
        requests.iter_mut().zip(column).for_each(|(request, demand)| request.demand += *demand);
    }
}

impl ClassProgram {
    /// The demand of a request as a whole; what it leaves out demands nothing.
    #[inline]
    fn demand_of(&self, demands: &[SimDuration]) -> SimDuration {
        let decisions = self.optional.iter().map(|optional| demands[optional.start]).sum();
        let demand = |place| self.until_timeout(place, demands[place]);
        let total = (0..demands.len()).map(demand).sum::<SimDuration>() - decisions;
        self.parallel.iter().fold(total, |total, branches| with_parallel_waits(total, branches.clone().map(demand)))
    }
}

/// The same with these waits at the same time: the longest of them counts, not their sum.
#[inline]
fn with_parallel_waits(demand: SimDuration, branches: impl Iterator<Item = SimDuration> + Clone) -> SimDuration {
    demand - branches.clone().sum() + branches.max().unwrap_or_default()
}
