//! Laws made ready to draw from.

use std::convert::Infallible;
use std::sync::Arc;

use rand::distr::weighted::WeightedIndex;
use rand::{RngExt, TryRng};
use rand_distr::{Distribution as _, Exp1, Gamma, LogNormal, Normal, Pareto, Weibull};
use statrs::function::gamma::ln_gamma;

use crate::model::SimDuration;
use crate::random::Stream;

use super::{Empirical, Erlang, Hyperexponential, MeanAndCv, Mixture, Spread, Uniform, parameters};

/// A law made ready to draw from; [`super::Distribution::sampler`] makes it.
#[derive(Clone, Debug)]
pub struct Sampler(Law);

/// The law that is drawn most, the one that needs no chance, and a door to the others.
#[derive(Clone, Debug)]
enum Law {
    Constant(SimDuration),
    Exponential {
        mean_nanos: f64,
    },
    /// Far away, so that the others are small.
    Other(Box<OtherLaw>),
}

/// All parameters are in nanoseconds.
#[derive(Clone, Debug)]
enum OtherLaw {
    Uniform { low: f64, width: f64 },
    Normal(Normal<f64>),
    Lognormal(LogNormal<f64>),
    Gamma(Gamma<f64>),
    Weibull(Weibull<f64>),
    Pareto(Pareto<f64>),
    OneOf { choice: WeightedIndex<f64>, branches: Box<[Sampler]> },
    Empirical(Arc<[SimDuration]>),
}

impl Sampler {
    /// Draws one duration, rounded once to whole nanoseconds.
    #[inline]
    pub fn draw(&self, stream: &mut Stream) -> SimDuration {
        match &self.0 {
            Law::Exponential { mean_nanos } => exponential(stream, *mean_nanos),
            Law::Constant(value) => *value,
            Law::Other(law) => law.draw(stream),
        }
    }

    /// Draws one duration from each of these streams.
    pub fn draw_each(&self, streams: &mut [Stream], places: &mut [SimDuration]) {
        // The law is asked for once, and each has a short loop.
        let pairs = streams.iter_mut().zip(&mut *places);
        match &self.0 {
            Law::Exponential { mean_nanos } => {
                pairs.for_each(|(stream, place)| *place = exponential(stream, *mean_nanos));
            }
            Law::Constant(value) => places.fill(*value),
            Law::Other(law) => pairs.for_each(|(stream, place)| *place = law.draw(stream)),
        }
    }

    /// Draws durations one after another from a stream.
    pub fn draw_many(&self, stream: &mut Stream, places: &mut [SimDuration]) {
        // What has a name of its own may stay in registers.
        let mut own = stream.clone();
        match &self.0 {
            Law::Exponential { mean_nanos } => places.fill_with(|| exponential(&mut own, *mean_nanos)),
            Law::Constant(value) => places.fill(*value),
            Law::Other(law) => places.fill_with(|| law.draw(&mut own)),
        }
        *stream = own;
    }

    /// Whether every draw is known to be the same without drawing it.
    pub fn is_constant(&self) -> bool {
        matches!(self.0, Law::Constant(_))
    }

    /// Always the same.
    pub(crate) fn constant(value: SimDuration) -> Self {
        Self(Law::Constant(value))
    }

    /// Exponential, with a mean that need not be a whole number of nanoseconds.
    pub(in crate::random) fn exponential(mean_nanos: f64) -> Self {
        Self(Law::Exponential { mean_nanos })
    }

    pub(super) fn uniform(law: &Uniform) -> Self {
        let low = law.low.as_nanos() as f64;
        Self::other(OtherLaw::Uniform { low, width: (law.high - law.low).as_nanos() as f64 })
    }

    pub(super) fn normal(law: &parameters::Normal) -> Self {
        Self::unless_constant(&law.parameters(), |mean, cv| {
            OtherLaw::Normal(Normal::new(mean, mean * cv).expect("the standard deviation is finite"))
        })
    }

    pub(super) fn lognormal(law: &Spread) -> Self {
        if let Some(value) = law.constant() {
            return Self::constant(value);
        }
        let (location, scale) = law.lognormal_parameters();
        Self::other(OtherLaw::Lognormal(LogNormal::new(location, scale).expect("the scale is finite")))
    }

    pub(super) fn pareto(law: &Spread) -> Self {
        if let Some(value) = law.constant() {
            return Self::constant(value);
        }
        let (scale, tail) = law.pareto_parameters();
        Self::other(OtherLaw::Pareto(Pareto::new(scale, 1.0 / tail).expect("scale and shape are above 0")))
    }

    /// Shape 1/cv² and scale mean·cv².
    pub(super) fn gamma(law: &MeanAndCv) -> Self {
        Self::unless_constant(law, |mean, cv| gamma(1.0 / (cv * cv), mean * cv * cv))
    }

    /// A gamma law whose shape is the number of stages.
    pub(super) fn erlang(law: &Erlang) -> Self {
        if law.mean == SimDuration::ZERO {
            return Self::constant(law.mean);
        }
        let stages = f64::from(law.stages);
        Self::other(gamma(stages, law.mean_nanos() / stages))
    }

    /// With k the shape: mean = scale · Γ(1 + 1/k).
    pub(super) fn weibull(law: &MeanAndCv) -> Self {
        Self::unless_constant(law, |mean, cv| {
            let inverse_shape = weibull_inverse_shape(cv);
            let scale = mean / ln_gamma(1.0 + inverse_shape).exp();
            OtherLaw::Weibull(Weibull::new(scale, 1.0 / inverse_shape).expect("scale and shape are above 0"))
        })
    }

    pub(super) fn hyperexponential(law: &Hyperexponential) -> Self {
        let branches = law.branches().iter();
        Self::one_of(branches.map(|branch| (branch.weight.get(), Self::exponential(branch.mean.as_nanos() as f64))))
    }

    pub(super) fn mixture(law: &Mixture) -> Self {
        Self::one_of(law.possible_branches().map(|branch| (branch.weight.get(), branch.of.sampler())))
    }

    pub(super) fn empirical(law: &Empirical) -> Self {
        Self::other(OtherLaw::Empirical(Arc::clone(law.values())))
    }

    fn other(law: OtherLaw) -> Self {
        Self(Law::Other(Box::new(law)))
    }

    fn unless_constant(law: &MeanAndCv, other: impl FnOnce(f64, f64) -> OtherLaw) -> Self {
        if law.is_constant() {
            return Self::constant(law.mean);
        }
        Self::other(other(law.mean_nanos(), law.cv.get()))
    }

    fn one_of(branches: impl Iterator<Item = (f64, Self)>) -> Self {
        let (weights, branches): (Vec<f64>, Vec<Self>) = branches.unzip();
        let choice = WeightedIndex::new(weights).expect("weights are finite and do not sum to 0");
        Self::other(OtherLaw::OneOf { choice, branches: branches.into() })
    }
}

impl OtherLaw {
    #[inline(never)]
    fn draw(&self, stream: &mut Stream) -> SimDuration {
        let nanos = match self {
            Self::Uniform { low, width } => low + width * stream.random::<f64>(),
            Self::Normal(law) => loop {
                let nanos = law.sample(stream);
                if nanos >= 0.0 {
                    break nanos;
                }
            },
            Self::Lognormal(law) => law.sample(stream),
            Self::Gamma(law) => law.sample(stream),
            Self::Weibull(law) => law.sample(stream),
            Self::Pareto(law) => law.sample(stream),
            Self::OneOf { choice, branches } => return branches[choice.sample(stream)].draw(stream),
            Self::Empirical(values) => return values[stream.random_range(0..values.len())],
        };
        SimDuration::round_from_nanos(nanos)
    }
}

#[inline(always)]
fn exponential(stream: &mut Stream, mean_nanos: f64) -> SimDuration {
    // Mostly one number is enough.
    let unit: f64 = Exp1.sample(&mut RarelyMore { stream, has_drawn: false });
    SimDuration::round_from_nanos(unit * mean_nanos)
}

/// A stream from which rarely more than one number is drawn: what comes after it is kept out of the way of the first.
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

fn gamma(shape: f64, scale: f64) -> OtherLaw {
    OtherLaw::Gamma(Gamma::new(shape, scale).expect("shape and scale are above 0"))
}

/// 1/k of the Weibull law of a cv: the root of cv² = Γ(1 + 2/k) / Γ(1 + 1/k)² − 1 (Johnson, Kotz, Balakrishnan,
/// *Continuous Univariate Distributions* 1, 21.2). The right side grows with 1/k, from 0 to above 100² at 10.
fn weibull_inverse_shape(cv: f64) -> f64 {
    let squared_cv =
        |inverse_shape: f64| (ln_gamma(1.0 + 2.0 * inverse_shape) - 2.0 * ln_gamma(1.0 + inverse_shape)).exp_m1();
    let (mut low, mut high) = (0.0, 10.0);
    // Each step halves the interval: 60 of them leave less than the last bit of a shape above 1e-6.
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if squared_cv(middle) < cv * cv {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}
