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

/// Number of interarrival times that are drawn at once.
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
    /// An arrival of a request that draws its class.
    const fn at(time: SimTime) -> Self {
        Self { time, class: None }
    }
}

/// Arrivals one after another, in order of time; it stores only the last one, or the list.
#[derive(Debug)]
pub struct ArrivalSource(Process);

/// The processes that are drawn most, and the others behind a pointer.
#[derive(Debug)]
enum Process {
    At(std::vec::IntoIter<Arrival>),
    /// With the number of arrivals so far.
    Constant {
        rate: Rate,
        number: u64,
    },
    /// With the last arrival, which is after [`SimTime::MAX`] once the process has ended.
    Renewal {
        sampler: Sampler,
        stream: Stream,
        last: SimTime,
    },
    Trace(Box<TraceSource>),
    Uncommon(Box<UncommonProcess>),
}

#[derive(Debug)]
enum UncommonProcess {
    Piecewise(Varying<Stepwise<PiecewiseSteps>>),
    Ramp(Varying<Ramp>),
    Sine(Varying<Sine>),
    Mmpp(Varying<Stepwise<MmppSteps>>),
    OnOff(Varying<Stepwise<OnOffSteps>>),
    Batches(BatchSource),
    Bursts(BurstSource),
}

impl ArrivalSource {
    /// The next arrival; always `None` once the process has ended, [`SimTime::MAX`] has passed, or reading a trace has
    /// failed ([`ArrivalSource::error`]).
    pub fn next_arrival(&mut self) -> Option<Arrival> {
        let mut place = [Arrival::at(SimTime::ZERO)];
        (self.next_arrivals(&mut place) == 1).then_some(place[0])
    }

    /// Fills in the next arrivals, as many as there are places or until there are no more. Returns how many; the places
    /// after them are unspecified.
    pub fn next_arrivals(&mut self, places: &mut [Arrival]) -> usize {
        let count = places.len();
        for (group, places) in places.chunks_mut(AT_ONCE).enumerate() {
            let filled = match &mut self.0 {
                Process::Renewal { sampler, stream, last } => fill_renewal(sampler, stream, last, places),
                Process::At(_) | Process::Constant { .. } | Process::Trace(_) | Process::Uncommon(_) => {
                    let arrivals = std::iter::from_fn(|| self.next_of_any());
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
    fn next_of_any(&mut self) -> Option<Arrival> {
        let time = match &mut self.0 {
            Process::At(list) => return list.next(),
            Process::Trace(trace) => return trace.next_arrival(),
            Process::Constant { rate, number } => {
                *number += 1;
                // Multiplied first, so that no rounding accumulates: exact to the nanosecond within the first 26 days.
                instant(*number as f64 * 1e9 / rate.as_per_second())
            }
            Process::Renewal { .. } => None,
            Process::Uncommon(process) => instant(process.next_nanos()),
        };
        time.map(Arrival::at)
    }

    /// The demands of the arrival that was returned last, one for each phase of its class, branches of a parallel phase
    /// one by one; `None` if the request draws them.
    #[inline]
    pub fn given_demands(&self) -> Option<&[Option<SimDuration>]> {
        match &self.0 {
            Process::Trace(trace) => trace.given_demands(),
            Process::At(_) | Process::Constant { .. } | Process::Renewal { .. } | Process::Uncommon(_) => None,
        }
    }

    /// Whether requests may come with given demands instead of drawing them.
    pub fn gives_demands(&self) -> bool {
        matches!(self.0, Process::Trace(_))
    }

    /// Why the arrivals ended early: a trace can no longer be read, or has changed since the scenario was read. What is
    /// wrong and, on a separate line, what to do.
    pub fn error(&self) -> Option<&str> {
        match &self.0 {
            Process::Trace(trace) => trace.error(),
            Process::At(_) | Process::Constant { .. } | Process::Renewal { .. } | Process::Uncommon(_) => None,
        }
    }

    pub(super) fn at(list: &[ArrivalsAt], class_id: impl Fn(&str) -> ClassId) -> Self {
        let arrivals: Vec<_> = list.iter().map(|entry| entry.arrival(&class_id)).collect();
        Self(Process::At(arrivals.into_iter()))
    }

    pub(super) fn constant(rate: Rate) -> Self {
        Self(Process::Constant { rate, number: 0 })
    }

    pub(super) fn poisson(rate: Rate, stream: Stream) -> Self {
        Self::with_sampler(Sampler::exponential(1e9 / rate.as_per_second()), stream)
    }

    pub(super) fn renewal(times: &Distribution, stream: Stream) -> Self {
        Self::with_sampler(times.sampler(), stream)
    }

    fn with_sampler(sampler: Sampler, stream: Stream) -> Self {
        Self(Process::Renewal { sampler, stream, last: SimTime::ZERO })
    }

    pub(super) fn piecewise(process: &Piecewise, stream: Stream) -> Self {
        Self::uncommon(UncommonProcess::Piecewise(Varying::new(Stepwise::new(process.steps()), stream)))
    }

    pub(super) fn ramp(process: &Ramp, stream: Stream) -> Self {
        Self::uncommon(UncommonProcess::Ramp(Varying::new(*process, stream)))
    }

    pub(super) fn sine(process: &Sine, stream: Stream) -> Self {
        Self::uncommon(UncommonProcess::Sine(Varying::new(*process, stream)))
    }

    pub(super) fn mmpp(process: &Mmpp, mut stream: Stream) -> Self {
        let steps = process.steps(stream.split());
        Self::uncommon(UncommonProcess::Mmpp(Varying::new(Stepwise::new(steps), stream)))
    }

    pub(super) fn on_off(process: &OnOff, mut stream: Stream) -> Self {
        let steps = process.steps(stream.split());
        Self::uncommon(UncommonProcess::OnOff(Varying::new(Stepwise::new(steps), stream)))
    }

    pub(super) fn batches(process: &Batches, mut stream: Stream) -> Self {
        let sizes = stream.split();
        Self::uncommon(UncommonProcess::Batches(BatchSource::new(process, stream, sizes)))
    }

    pub(super) fn bursts(process: &Bursts, mut stream: Stream) -> Self {
        let sizes = stream.split();
        Self::uncommon(UncommonProcess::Bursts(BurstSource::new(process, stream, sizes)))
    }

    pub(super) fn trace(trace: &Trace) -> Self {
        Self(Process::Trace(Box::new(trace.source())))
    }

    fn uncommon(process: UncommonProcess) -> Self {
        Self(Process::Uncommon(Box::new(process)))
    }
}

impl UncommonProcess {
    fn next_nanos(&mut self) -> f64 {
        match self {
            Self::Piecewise(process) => process.next_nanos(),
            Self::Ramp(process) => process.next_nanos(),
            Self::Sine(process) => process.next_nanos(),
            Self::Mmpp(process) => process.next_nanos(),
            Self::OnOff(process) => process.next_nanos(),
            Self::Batches(process) => process.next_nanos(),
            Self::Bursts(process) => process.next_nanos(),
        }
    }
}

/// Fills in the next arrivals, at most [`AT_ONCE`], as long as they are not after [`SimTime::MAX`]; returns how many.
fn fill_renewal(sampler: &Sampler, stream: &mut Stream, last: &mut SimTime, places: &mut [Arrival]) -> usize {
    if *last > SimTime::MAX {
        return 0;
    }
    let mut times = [SimDuration::ZERO; AT_ONCE];
    let times = &mut times[..places.len()];
    sampler.draw_many(stream, times);
    for (filled, (place, time)) in places.iter_mut().zip(times).enumerate() {
        *last = *last + *time;
        if *last > SimTime::MAX {
            return filled;
        }
        *place = Arrival::at(*last);
    }
    places.len()
}

/// The instant this many nanoseconds after the start, unless it is after [`SimTime::MAX`].
fn instant(nanos: f64) -> Option<SimTime> {
    let is_in_time = nanos <= SimTime::MAX.as_nanos() as f64;
    is_in_time.then(|| SimTime::ZERO + SimDuration::round_from_nanos(nanos))
}
