//! Distributions prepared for drawing.

use std::convert::Infallible;
use std::sync::Arc;

use rand::distr::weighted::WeightedIndex;
use rand::{RngExt, TryRng};
use rand_distr::{Distribution as _, Exp1, Gamma, LogNormal, Normal, Pareto, Weibull};

use crate::model::SimDuration;
use crate::random::Stream;

use super::family::Family;
use super::spread::{Member, Spread};
use super::{Empirical, Erlang, Hyperexponential, Mixture, Uniform};

/// How many exponential durations are rounded at once.
const AT_ONCE: usize = 32;

/// A distribution prepared for drawing, by [`super::Distribution::sampler`].
#[derive(Clone, Debug)]
pub struct Sampler(Drawn);

/// The distribution that is drawn most, the one without randomness, and the others behind a pointer.
#[derive(Clone, Debug)]
enum Drawn {
    Constant(SimDuration),
    Exponential {
        mean_nanos: f64,
    },
    /// Boxed, so that the others stay small.
    Uncommon(Box<UncommonFamily>),
}

/// All parameters are in nanoseconds.
#[derive(Clone, Debug)]
pub enum UncommonFamily {
    Uniform { low: f64, width: f64 },
    Normal(Normal<f64>),
    Lognormal(LogNormal<f64>),
    Gamma(Gamma<f64>),
    Weibull(Weibull<f64>),
    Pareto(Pareto<f64>),
    OneOf { choice: WeightedIndex<f64>, branches: Box<[Sampler]> },
    Empirical(Arc<[SimDuration]>),
    Decision { probability: f64 },
}

impl Sampler {
    /// Draws one duration, rounded once to whole nanoseconds.
    #[inline]
    pub fn draw(&self, stream: &mut Stream) -> SimDuration {
        match &self.0 {
            Drawn::Exponential { mean_nanos } => SimDuration::round_from_nanos(exponential_nanos(stream, *mean_nanos)),
            Drawn::Constant(value) => *value,
            Drawn::Uncommon(distribution) => distribution.draw(stream),
        }
    }

    /// Draws one duration from each stream.
    pub fn draw_each(&self, streams: &mut [Stream], places: &mut [SimDuration]) {
        // The distribution is matched once, and each kind has a short loop.
        match &self.0 {
            Drawn::Exponential { mean_nanos } => {
                let mut streams = streams.iter_mut();
                fill_exponential(places, || {
                    streams.next().map_or(0.0, |stream| exponential_nanos(stream, *mean_nanos))
                });
            }
            Drawn::Constant(value) => places.fill(*value),
            Drawn::Uncommon(distribution) => {
                streams.iter_mut().zip(places).for_each(|(stream, place)| *place = distribution.draw(stream));
            }
        }
    }

    /// The same from streams that nothing else is drawn from: they stay as they are, which takes less time.
    pub fn draw_last_of_each(&self, streams: &[Stream], places: &mut [SimDuration]) {
        let mut streams = streams.iter().cloned();
        match &self.0 {
            Drawn::Exponential { mean_nanos } => {
                let next = || streams.next().map_or(0.0, |mut own| exponential_nanos(&mut own, *mean_nanos));
                fill_exponential(places, next);
            }
            Drawn::Constant(value) => places.fill(*value),
            Drawn::Uncommon(distribution) => {
                streams.zip(places).for_each(|(mut own, place)| *place = distribution.draw(&mut own));
            }
        }
    }

    /// Draws durations from a stream, one after another.
    pub fn draw_many(&self, stream: &mut Stream, places: &mut [SimDuration]) {
        // A local copy may stay in registers.
        let mut own = stream.clone();
        match &self.0 {
            Drawn::Exponential { mean_nanos } => fill_exponential(places, || exponential_nanos(&mut own, *mean_nanos)),
            Drawn::Constant(value) => places.fill(*value),
            Drawn::Uncommon(distribution) => places.fill_with(|| distribution.draw(&mut own)),
        }
        *stream = own;
    }

    /// Whether every draw is known to be the same without drawing it.
    pub fn is_constant(&self) -> bool {
        matches!(self.0, Drawn::Constant(_))
    }

    /// A constant.
    pub(crate) fn constant(value: SimDuration) -> Self {
        Self(Drawn::Constant(value))
    }

    /// Whether something of that probability happens: 1 ns if it does, and 0 if it does not. It always draws one number.
    pub(crate) fn decision(probability: f64) -> Self {
        Self::uncommon(UncommonFamily::Decision { probability })
    }

    /// Exponential, with a mean that need not be a whole number of nanoseconds.
    pub(in crate::random) fn exponential(mean_nanos: f64) -> Self {
        Self(Drawn::Exponential { mean_nanos })
    }

    pub(super) fn uniform(distribution: &Uniform) -> Self {
        let low = distribution.low.as_nanos() as f64;
        Self::uncommon(UncommonFamily::Uniform { low, width: (distribution.high - distribution.low).as_nanos() as f64 })
    }

    /// A distribution given by two of its numbers.
    pub(super) fn of<F: Family>(distribution: &Spread<F>) -> Self {
        match distribution.member() {
            Member::Constant(value) => Self::constant(value),
            Member::Of(member) => Self::uncommon(member.to_draw()),
        }
    }

    /// A gamma distribution whose shape is the number of stages.
    pub(super) fn erlang(distribution: &Erlang) -> Self {
        if distribution.mean == SimDuration::ZERO {
            return Self::constant(distribution.mean);
        }
        let stages = f64::from(distribution.stages);
        Self::uncommon(UncommonFamily::gamma(stages, distribution.mean_nanos() / stages))
    }

    pub(super) fn hyperexponential(distribution: &Hyperexponential) -> Self {
        let branches = distribution.branches().iter();
        Self::one_of(branches.map(|branch| (branch.weight.get(), Self::exponential(branch.mean.as_nanos() as f64))))
    }

    pub(super) fn mixture(distribution: &Mixture) -> Self {
        Self::one_of(distribution.possible_branches().map(|branch| (branch.weight.get(), branch.of.sampler())))
    }

    pub(super) fn empirical(distribution: &Empirical) -> Self {
        Self::uncommon(UncommonFamily::Empirical(Arc::clone(distribution.values())))
    }

    fn uncommon(distribution: UncommonFamily) -> Self {
        Self(Drawn::Uncommon(Box::new(distribution)))
    }

    fn one_of(branches: impl Iterator<Item = (f64, Self)>) -> Self {
        let (weights, branches): (Vec<f64>, Vec<Self>) = branches.unzip();
        let choice = WeightedIndex::new(weights).expect("weights are finite and do not sum to 0");
        Self::uncommon(UncommonFamily::OneOf { choice, branches: branches.into() })
    }
}

/// All parameters are in nanoseconds, or have no unit.
impl UncommonFamily {
    pub(super) fn normal(mean: f64, standard_deviation: f64) -> Self {
        Self::Normal(Normal::new(mean, standard_deviation).expect("the standard deviation is finite"))
    }

    pub(super) fn lognormal(location: f64, scale: f64) -> Self {
        Self::Lognormal(LogNormal::new(location, scale).expect("the scale is finite"))
    }

    pub(super) fn gamma(shape: f64, scale: f64) -> Self {
        Self::Gamma(Gamma::new(shape, scale).expect("shape and scale are above 0"))
    }

    pub(super) fn weibull(scale: f64, shape: f64) -> Self {
        Self::Weibull(Weibull::new(scale, shape).expect("scale and shape are above 0"))
    }

    pub(super) fn pareto(scale: f64, shape: f64) -> Self {
        Self::Pareto(Pareto::new(scale, shape).expect("scale and shape are above 0"))
    }

    #[inline(never)]
    fn draw(&self, stream: &mut Stream) -> SimDuration {
        let nanos = match self {
            Self::Uniform { low, width } => low + width * stream.random::<f64>(),
            Self::Normal(distribution) => loop {
                let nanos = distribution.sample(stream);
                if nanos >= 0.0 {
                    break nanos;
                }
            },
            Self::Lognormal(distribution) => distribution.sample(stream),
            Self::Gamma(distribution) => distribution.sample(stream),
            Self::Weibull(distribution) => distribution.sample(stream),
            Self::Pareto(distribution) => distribution.sample(stream),
            Self::OneOf { choice, branches } => return branches[choice.sample(stream)].draw(stream),
            Self::Empirical(values) => return values[stream.random_range(0..values.len())],
            Self::Decision { probability } => {
                return SimDuration::from_nanos(u64::from(stream.random::<f64>() < *probability));
            }
        };
        SimDuration::round_from_nanos(nanos)
    }
}

/// An exponential number of nanoseconds.
#[inline(always)]
fn exponential_nanos(stream: &mut Stream, mean_nanos: f64) -> f64 {
    // One number is usually enough.
    let unit: f64 = Exp1.sample(&mut RarelyMore { stream, has_drawn: false });
    unit * mean_nanos
}

/// Fills places with numbers of nanoseconds, one after another. Many are rounded at once.
#[inline(always)]
fn fill_exponential(places: &mut [SimDuration], mut next: impl FnMut() -> f64) {
    let mut nanos = [0.0; AT_ONCE];
    for places in places.chunks_mut(AT_ONCE) {
        let nanos = &mut nanos[..places.len()];
        nanos.fill_with(&mut next);
        SimDuration::round_each_from_nanos(nanos, places);
    }
}

/// A stream from which more than one number is rarely drawn: the code for further numbers is kept out of the hot path.
struct RarelyMore<'a> {
    stream: &'a mut Stream,
    has_drawn: bool,
}

impl RarelyMore<'_> {
    /// By value, so that the stream may stay in registers.
    #[cold]
    #[inline(never)]
    fn another(mut stream: Stream) -> (Stream, u64) {
        let number = stream.random();
        (stream, number)
    }
}

impl TryRng for RarelyMore<'_> {
    type Error = Infallible;

    #[inline(always)]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        if !self.has_drawn {
            self.has_drawn = true;
            return self.stream.try_next_u64();
        }
        let (stream, number) = Self::another(self.stream.clone());
        *self.stream = stream;
        Ok(number)
    }

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.stream.try_next_u32()
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.stream.try_fill_bytes(bytes)
    }
}
