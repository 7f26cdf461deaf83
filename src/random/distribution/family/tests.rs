//! Every pair of numbers gives the distribution it was taken from, to the nanosecond.

use statrs::distribution::{self as exact, ContinuousCDF};
use statrs::function::gamma::ln_gamma;

use crate::model::SimDuration;
use crate::random::distribution::Cv;
use crate::random::distribution::pair::{Pair, Percentile, Quantile};
use crate::random::distribution::spread::{Member, Spread};

use super::{Family, Gamma, Lognormal, Normal, Pareto, Weibull};

const PERCENTILES: [Percentile; 4] = [Percentile::Median, Percentile::P90, Percentile::P95, Percentile::P99];

/// What a member says about itself, by the functions of another library; in nanoseconds.
trait Known: Family + std::fmt::Debug {
    fn cdf(&self, nanos: f64) -> f64;
    fn mean(&self) -> f64;
    fn cv(&self) -> f64;
}

impl Known for Lognormal {
    fn cdf(&self, nanos: f64) -> f64 {
        exact::LogNormal::new(self.location, self.scale).unwrap().cdf(nanos)
    }

    fn mean(&self) -> f64 {
        (self.location + self.scale * self.scale / 2.0).exp()
    }

    fn cv(&self) -> f64 {
        (self.scale * self.scale).exp_m1().sqrt()
    }
}

impl Known for Gamma {
    fn cdf(&self, nanos: f64) -> f64 {
        exact::Gamma::new(self.shape, 1.0 / self.scale).unwrap().cdf(nanos)
    }

    fn mean(&self) -> f64 {
        self.shape * self.scale
    }

    fn cv(&self) -> f64 {
        1.0 / self.shape.sqrt()
    }
}

impl Known for Weibull {
    fn cdf(&self, nanos: f64) -> f64 {
        -(-(nanos / self.scale).powf(1.0 / self.inverse_shape)).exp_m1()
    }

    fn mean(&self) -> f64 {
        self.scale * ln_gamma(1.0 + self.inverse_shape).exp()
    }

    fn cv(&self) -> f64 {
        (ln_gamma(1.0 + 2.0 * self.inverse_shape) - 2.0 * ln_gamma(1.0 + self.inverse_shape)).exp_m1().sqrt()
    }
}

impl Known for Pareto {
    fn cdf(&self, nanos: f64) -> f64 {
        exact::Pareto::new(self.scale, 1.0 / self.tail).unwrap().cdf(nanos)
    }

    fn mean(&self) -> f64 {
        self.scale / (1.0 - self.tail)
    }

    /// The variance is mean² / (α (α − 2)).
    fn cv(&self) -> f64 {
        let alpha = 1.0 / self.tail;
        1.0 / (alpha * (alpha - 2.0)).sqrt()
    }
}

/// Before truncation, as its numbers are.
impl Known for Normal {
    fn cdf(&self, nanos: f64) -> f64 {
        exact::Normal::new(self.mean, self.mean * self.cv).unwrap().cdf(nanos)
    }

    fn mean(&self) -> f64 {
        self.mean
    }

    fn cv(&self) -> f64 {
        self.cv
    }
}

fn nanos(nanos: f64) -> SimDuration {
    SimDuration::round_from_nanos(nanos)
}

fn cv(cv: f64) -> Cv {
    Cv::try_from(cv).unwrap()
}

fn of_mean_and_cv<F: Family>(mean_ms: u64, of: f64) -> F {
    F::of(&Pair::MeanAndCv { mean: SimDuration::from_millis(mean_ms), cv: cv(of) }).unwrap()
}

/// The percentile, rounded to nanoseconds.
fn quantile<F: Known>(member: &F, at: Percentile) -> Quantile {
    let (mut low, mut high) = (0, SimDuration::MAX.as_nanos());
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if member.cdf(middle as f64 + 0.5) < at.probability() { low = middle } else { high = middle }
    }
    Quantile { at, value: SimDuration::from_nanos(high) }
}

/// All pairs that the family has, but mean and cv.
fn pairs<F: Known>(member: &F) -> Vec<Pair> {
    let mean = nanos(member.mean());
    let quantiles = PERCENTILES.map(|at| quantile(member, at));
    let with_cv = quantiles.iter().map(|&quantile| Pair::QuantileAndCv { quantile, cv: cv(member.cv()) });
    let with_mean = quantiles.iter().map(|&quantile| Pair::MeanAndQuantile { mean, quantile });
    let two = (0..4).flat_map(|high| (0..high).map(move |low| (low, high)));
    let two = two.map(|(low, high)| Pair::TwoQuantiles { lower: quantiles[low], upper: quantiles[high] });
    with_cv.chain(with_mean).chain(two).filter(|pair| F::check(pair).is_ok()).collect()
}

fn check_mean<F: Known>(member: &F, mean: SimDuration) {
    let off = member.mean() - mean.as_nanos() as f64;
    assert!(off.abs() < 0.5, "{member:?}: the mean is off by {off} ns");
}

fn check_cv<F: Known>(member: &F, cv: Cv) {
    assert!((member.cv() / cv.get() - 1.0).abs() < 1e-9, "{member:?}: a cv of {} for {}", member.cv(), cv.get());
}

fn check_quantile<F: Known>(member: &F, quantile: Quantile) {
    let around = [-0.5, 0.5].map(|off| member.cdf(quantile.nanos() + off));
    let probability = quantile.at.probability();
    assert!(around[0] <= probability && probability <= around[1], "{member:?}: {quantile:?}: {around:?}");
}

/// The member of the pair has both numbers, to the nanosecond.
fn check_pair<F: Known>(pair: Pair) {
    let Member::Of(member) = Spread::<F>::new(pair).unwrap_or_else(|error| panic!("{pair:?}: {error}")).member() else {
        panic!("{pair:?} does not vary")
    };
    match pair {
        Pair::MeanAndCv { mean, cv } => {
            check_mean(&member, mean);
            check_cv(&member, cv);
        }
        Pair::QuantileAndCv { quantile, cv } => {
            check_quantile(&member, quantile);
            check_cv(&member, cv);
        }
        Pair::MeanAndQuantile { mean, quantile } => {
            check_mean(&member, mean);
            check_quantile(&member, quantile);
        }
        Pair::TwoQuantiles { lower, upper } => {
            check_quantile(&member, lower);
            check_quantile(&member, upper);
        }
    }
}

/// Whether the pair gives back the member: its cv agrees.
fn check_same<F: Known>(pair: Pair, member: &F) {
    let Ok(Member::Of(found)) = Spread::<F>::new(pair).map(|spread| spread.member()) else {
        panic!("{pair:?} is not of {member:?}")
    };
    assert!((found.cv() / member.cv() - 1.0).abs() < 1e-4, "{pair:?}: {found:?} for {member:?}");
}

fn check_family<F: Known>(cvs: &[f64]) {
    for &cv in cvs {
        let member: F = of_mean_and_cv(80, cv);
        for pair in pairs(&member) {
            check_pair::<F>(pair);
            check_same(pair, &member);
        }
    }
}

#[test]
fn a_lognormal_is_given_by_any_two_of_its_numbers() {
    // The ratio of p90 and mean is the same for two members, of which the narrower is meant: up to a cv of 2.04.
    check_family::<Lognormal>(&[0.05, 0.5, 1.0, 2.0]);
}

#[test]
fn a_gamma_is_given_by_any_two_of_its_numbers() {
    check_family::<Gamma>(&[0.05, 0.5, 1.0, 1.3]);
}

#[test]
fn a_weibull_is_given_by_any_two_of_its_numbers() {
    // With a cv below 0.33, the median is near the mean or above it.
    check_family::<Weibull>(&[0.4, 1.0, 1.5]);
}

#[test]
fn a_pareto_is_given_by_any_two_of_its_numbers() {
    check_family::<Pareto>(&[0.1, 0.5, 1.0, 5.0]);
}

#[test]
fn a_normal_is_given_by_any_two_of_its_numbers() {
    check_family::<Normal>(&[0.05, 0.3, 0.7]);
}

/// Numbers that no distribution was taken from.
#[test]
fn numbers_of_people_are_met_to_the_nanosecond() {
    let millis = SimDuration::from_millis;
    let at = |at, ms| Quantile { at, value: millis(ms) };
    for pair in [
        Pair::MeanAndQuantile { mean: millis(40), quantile: at(Percentile::P99, 190) },
        Pair::MeanAndQuantile { mean: millis(40), quantile: at(Percentile::P95, 41) },
        Pair::MeanAndQuantile { mean: millis(9000), quantile: at(Percentile::Median, 8_500) },
        Pair::TwoQuantiles { lower: at(Percentile::P95, 300), upper: at(Percentile::P99, 500) },
        Pair::TwoQuantiles { lower: at(Percentile::Median, 1), upper: at(Percentile::P90, 30) },
        Pair::QuantileAndCv { quantile: at(Percentile::P95, 100), cv: cv(0.25) },
    ] {
        check_pair::<Lognormal>(pair);
        check_pair::<Gamma>(pair);
        check_pair::<Weibull>(pair);
        if !matches!(pair, Pair::MeanAndQuantile { quantile: Quantile { at: Percentile::P95, .. }, .. }) {
            check_pair::<Pareto>(pair);
        }
    }
}

#[test]
fn scaled_numbers_stay_those_of_the_family() {
    for member in [of_mean_and_cv::<Gamma>(80, 0.5), of_mean_and_cv(80, 1.2)] {
        for pair in pairs(&member) {
            let spread = Spread::<Gamma>::new(pair).unwrap();
            let tenth = spread.scaled(0.1);
            assert!((tenth.mean_nanos() / spread.mean_nanos() - 0.1).abs() < 1e-6, "{pair:?}");
            // All times become a few nanoseconds: nothing is left of the ratio, and nothing panics.
            let least = spread.scaled(1e-9);
            assert!(least.mean_nanos() < 10.0, "{pair:?}: {}", least.mean_nanos());
        }
    }
}
