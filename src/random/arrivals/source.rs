//! Arrivals one after another.

use crate::model::{ClassId, Rate, SimDuration, SimTime};
use crate::random::{Distribution, Sampler, Stream};

use super::batches::{BatchSource, BurstSource};
use super::modulated::{MmppSteps, OnOffSteps};
use super::piecewise::PiecewiseSteps;
use super::stepwise::Stepwise;
use super::trace::TraceSource;
use super::varying::Varying;
use super::{ArrivalsAt, Batches, Bursts, Mmpp, OnOff, Piecewise, Ramp, Sine, Trace};

/// So many gaps are drawn at once.
const AT_ONCE: usize = 32;

/// The next arrival.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// When it arrives.
    pub time: SimTime,
    /// Its class, unless the request draws it.
    pub class: Option<ClassId>,
}

impl Arrival {
    /// Of a request that draws its class.
    const fn at(time: SimTime) -> Self {
        Self { time, class: None }
    }
}

/// Arrivals one after another, in order of time; it remembers no more than the last one, or the list.
#[derive(Debug)]
pub struct ArrivalSource(Source);

/// The laws that are drawn most, and a door to the others.
#[derive(Debug)]
enum Source {
    At(std::vec::IntoIter<Arrival>),
    /// The number of arrivals so far.
    Constant {
        rate: Rate,
        number: u64,
    },
    /// The last arrival; after [`SimTime::MAX`] once the law has ended.
    Renewal {
        sampler: Sampler,
        stream: Stream,
        last: SimTime,
    },
    Trace(Box<TraceSource>),
    Other(Box<Other>),
}

#[derive(Debug)]
enum Other {
    Piecewise(Varying<Stepwise<PiecewiseSteps>>),
    Ramp(Varying<Ramp>),
    Sine(Varying<Sine>),
    Mmpp(Varying<Stepwise<MmppSteps>>),
    OnOff(Varying<Stepwise<OnOffSteps>>),
    Batches(BatchSource),
    Bursts(BurstSource),
}

impl ArrivalSource {
    /// The next arrival; `None`, and then for ever, once the law has ended, [`SimTime::MAX`] has passed, or a trace
    /// could not be read on ([`ArrivalSource::error`]).
    pub fn next_arrival(&mut self) -> Option<Arrival> {
        let mut place = [Arrival::at(SimTime::ZERO)];
        (self.next_arrivals(&mut place) == 1).then_some(place[0])
    }

    /// Fills in the next arrivals, as many as there are places or until there are no more. Returns how many; what is in
    /// the places after them means nothing.
    pub fn next_arrivals(&mut self, places: &mut [Arrival]) -> usize {
        let count = places.len();
        for (group, places) in places.chunks_mut(AT_ONCE).enumerate() {
            let filled = match &mut self.0 {
                Source::Renewal { sampler, stream, last } => fill_renewal(sampler, stream, last, places),
                _ => {
                    let arrivals = std::iter::from_fn(|| self.next_of_others());
                    places.iter_mut().zip(arrivals).map(|(place, arrival)| *place = arrival).count()
                }
            };
            if filled < places.len() {
                return group * AT_ONCE + filled;
            }
        }
        count
    }

    #[inline(never)]
    fn next_of_others(&mut self) -> Option<Arrival> {
        let time = match &mut self.0 {
            Source::At(list) => return list.next(),
            Source::Trace(trace) => return trace.next_arrival(),
            Source::Constant { rate, number } => {
                *number += 1;
                // Multiplied first, so that nothing adds up: to the nanosecond within the first 26 days.
                instant(*number as f64 * 1e9 / rate.as_per_second())
            }
            Source::Renewal { .. } => None,
            Source::Other(law) => instant(law.next_nanos()),
        };
        time.map(Arrival::at)
    }

    /// The demands of the arrival that was returned last, one for each phase of its class, branches of a parallel phase
    /// one by one; `None` if the request draws them.
    #[inline]
    pub fn given_demands(&self) -> Option<&[SimDuration]> {
        match &self.0 {
            Source::Trace(trace) => trace.given_demands(),
            Source::At(_) | Source::Constant { .. } | Source::Renewal { .. } | Source::Other(_) => None,
        }
    }

    /// Whether any request brings demands that it does not draw.
    pub fn gives_demands(&self) -> bool {
        matches!(self.0, Source::Trace(_))
    }

    /// Why the arrivals ended before their time: a trace that can no longer be read, or is not what it was when the
    /// scenario was read. What is wrong and, on a line of its own, what to do.
    pub fn error(&self) -> Option<&str> {
        match &self.0 {
            Source::Trace(trace) => trace.error(),
            Source::At(_) | Source::Constant { .. } | Source::Renewal { .. } | Source::Other(_) => None,
        }
    }

    pub(super) fn at(list: &[ArrivalsAt], class_id: impl Fn(&str) -> ClassId) -> Self {
        let arrivals: Vec<_> = list.iter().map(|entry| entry.arrival(&class_id)).collect();
        Self(Source::At(arrivals.into_iter()))
    }

    pub(super) fn constant(rate: Rate) -> Self {
        Self(Source::Constant { rate, number: 0 })
    }

    pub(super) fn poisson(rate: Rate, stream: Stream) -> Self {
        Self::with_sampler(Sampler::exponential(1e9 / rate.as_per_second()), stream)
    }

    pub(super) fn renewal(law: &Distribution, stream: Stream) -> Self {
        Self::with_sampler(law.sampler(), stream)
    }

    fn with_sampler(sampler: Sampler, stream: Stream) -> Self {
        Self(Source::Renewal { sampler, stream, last: SimTime::ZERO })
    }

    pub(super) fn piecewise(law: &Piecewise, stream: Stream) -> Self {
        Self::other(Other::Piecewise(Varying::new(Stepwise::new(law.steps()), stream)))
    }

    pub(super) fn ramp(law: &Ramp, stream: Stream) -> Self {
        Self::other(Other::Ramp(Varying::new(*law, stream)))
    }

    pub(super) fn sine(law: &Sine, stream: Stream) -> Self {
        Self::other(Other::Sine(Varying::new(*law, stream)))
    }

    pub(super) fn mmpp(law: &Mmpp, mut stream: Stream) -> Self {
        let steps = law.steps(stream.split());
        Self::other(Other::Mmpp(Varying::new(Stepwise::new(steps), stream)))
    }

    pub(super) fn on_off(law: &OnOff, mut stream: Stream) -> Self {
        let steps = law.steps(stream.split());
        Self::other(Other::OnOff(Varying::new(Stepwise::new(steps), stream)))
    }

    pub(super) fn batches(law: &Batches, mut stream: Stream) -> Self {
        let sizes = stream.split();
        Self::other(Other::Batches(BatchSource::new(law, stream, sizes)))
    }

    pub(super) fn bursts(law: &Bursts, mut stream: Stream) -> Self {
        let sizes = stream.split();
        Self::other(Other::Bursts(BurstSource::new(law, stream, sizes)))
    }

    pub(super) fn trace(trace: &Trace) -> Self {
        Self(Source::Trace(Box::new(trace.source())))
    }

    fn other(law: Other) -> Self {
        Self(Source::Other(Box::new(law)))
    }
}

impl Other {
    fn next_nanos(&mut self) -> f64 {
        match self {
            Self::Piecewise(law) => law.next_nanos(),
            Self::Ramp(law) => law.next_nanos(),
            Self::Sine(law) => law.next_nanos(),
            Self::Mmpp(law) => law.next_nanos(),
            Self::OnOff(law) => law.next_nanos(),
            Self::Batches(law) => law.next_nanos(),
            Self::Bursts(law) => law.next_nanos(),
        }
    }
}

/// Fills in the next arrivals, [`AT_ONCE`] at most, as long as they are not after [`SimTime::MAX`]; returns how many.
fn fill_renewal(sampler: &Sampler, stream: &mut Stream, last: &mut SimTime, places: &mut [Arrival]) -> usize {
    if *last > SimTime::MAX {
        return 0;
    }
    let mut gaps = [SimDuration::ZERO; AT_ONCE];
    let gaps = &mut gaps[..places.len()];
    sampler.draw_many(stream, gaps);
    for (filled, (place, gap)) in places.iter_mut().zip(gaps).enumerate() {
        *last = *last + *gap;
        if *last > SimTime::MAX {
            return filled;
        }
        *place = Arrival::at(*last);
    }
    places.len()
}

/// The instant so many nanoseconds after the start, unless it is after [`SimTime::MAX`].
fn instant(nanos: f64) -> Option<SimTime> {
    let is_in_time = nanos <= SimTime::MAX.as_nanos() as f64;
    is_in_time.then(|| SimTime::ZERO + SimDuration::round_from_nanos(nanos))
}
