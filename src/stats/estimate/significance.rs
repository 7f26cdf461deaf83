//! Whether a difference is more than chance: t-tests of paired and of independent values, and Holm's correction for
//! looking at many numbers at once.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::confidence::Interval;

/// The difference of two means, and how far chance alone may move it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The first mean minus the second.
    pub mean: f64,
    /// The standard error of that.
    pub standard_error: f64,
    /// How many degrees of freedom its estimate has.
    pub degrees_of_freedom: f64,
}

impl Difference {
    /// Of values that belong together, pair by pair: Student's t-test of their differences. `None` for fewer than two
    /// pairs, or numbers too large to be squared.
    pub fn paired(ours: &[f64], theirs: &[f64]) -> Option<Self> {
        let differences: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| ours - theirs).collect();
        let Moments { mean, variance, count } = Moments::of(&differences)?;
        Self { mean, standard_error: (variance / count).sqrt(), degrees_of_freedom: count - 1.0 }.if_finite()
    }

    /// Of independent values, whose variances need not be equal: Welch's t-test (Welch 1947; the degrees of freedom are
    /// Satterthwaite's). `None` for fewer than two values on either side, or numbers too large to be squared.
    pub fn unpaired(ours: &[f64], theirs: &[f64]) -> Option<Self> {
        let (ours, theirs) = (Moments::of(ours)?, Moments::of(theirs)?);
        let (a, b) = (ours.variance / ours.count, theirs.variance / theirs.count);
        // Without any spread it does not matter how well that is known.
        let degrees_of_freedom = if a + b > 0.0 {
            // Shares of the sum, so that small variances do not vanish when they are squared.
            let (a, b) = (a / (a + b), b / (a + b));
            1.0 / (a * a / (ours.count - 1.0) + b * b / (theirs.count - 1.0))
        } else {
            ours.count + theirs.count - 2.0
        };
        Self { mean: ours.mean - theirs.mean, standard_error: (a + b).sqrt(), degrees_of_freedom }.if_finite()
    }

    fn if_finite(self) -> Option<Self> {
        [self.mean, self.standard_error, self.degrees_of_freedom]
            .iter()
            .all(|number| number.is_finite())
            .then_some(self)
    }

    /// The same spread about another estimate of the same difference.
    pub const fn about(self, mean: f64) -> Self {
        Self { mean, ..self }
    }

    /// How likely a difference at least as large is if there is none, in either direction. Without any spread a difference
    /// is certain: 0, or 1 if it is 0.
    pub fn p_value(&self) -> f64 {
        if self.mean.abs() <= 0.0 {
            return 1.0;
        }
        if self.standard_error <= 0.0 {
            return 0.0;
        }
        let t = (self.mean / self.standard_error).abs();
        self.distribution().map_or(1.0, |students_t| (2.0 * students_t.sf(t)).clamp(0.0, 1.0))
    }

    /// An interval that covers the true difference with this confidence; `None` for a level outside ]0, 1[.
    pub fn interval(&self, level: f64) -> Option<Interval> {
        if !(level > 0.0 && level < 1.0) {
            return None;
        }
        Some(Interval { mean: self.mean, half_width: self.chance(0.5 + level / 2.0)? })
    }

    /// How far above the true difference the estimate comes at most, with this probability; `None` for one outside ]0, 1[.
    pub fn chance(&self, probability: f64) -> Option<f64> {
        let is_possible = probability > 0.0 && probability < 1.0;
        let quantile = self.distribution().filter(|_| is_possible)?.inverse_cdf(probability);
        Some(quantile * self.standard_error)
    }

    fn distribution(&self) -> Option<StudentsT> {
        StudentsT::new(0.0, 1.0, self.degrees_of_freedom).ok()
    }
}

/// Mean and variance of a sample.
struct Moments {
    mean: f64,
    variance: f64,
    count: f64,
}

impl Moments {
    fn of(values: &[f64]) -> Option<Self> {
        if values.len() < 2 {
            return None;
        }
        let count = values.len() as f64;
        // Equal values have exactly their own mean, so that they have no variance at all.
        let first = values[0];
        let mean = first + values.iter().map(|value| value - first).sum::<f64>() / count;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
        Some(Self { mean, variance, count })
    }
}

/// What Holm's method says of one of several numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HolmStep {
    /// Whether it differs by more than chance.
    pub differs: bool,
    /// What its p-value was compared with: it differs exactly if that is no larger. So the interval of confidence 1 − `level`
    /// holds 0 exactly if it does not differ.
    pub level: f64,
}

/// Which of several numbers differ by more than chance, when the probability of calling even one of them so that does not
/// differ is at most `level` (Holm 1979): the smallest p-value is compared with level / n, the next with
/// level / (n − 1), and so on, until one is larger. Those after it, whose p-values are no smaller, are compared with
/// the same.
pub fn holm(p_values: &[f64], level: f64) -> Vec<HolmStep> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut steps = vec![HolmStep { differs: false, level }; p_values.len()];
    let mut end = None;
    for (rank, place) in order.into_iter().enumerate() {
        let level = end.unwrap_or(level / (p_values.len() - rank) as f64);
        let differs = end.is_none() && p_values[place] <= level;
        if !differs {
            end = Some(level);
        }
        steps[place] = HolmStep { differs, level };
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn close(ours: f64, exact: f64, within: f64) {
        assert!((ours - exact).abs() <= within, "{ours} is not {exact}");
    }

    #[test]
    fn students_sleep_data_have_the_known_results() {
        // Student (1908), extra hours of sleep with two drugs; as every textbook, and R's `t.test(sleep)`, has them.
        let one = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0];
        let two = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];
        let paired = Difference::paired(&one, &two).unwrap();
        close(paired.mean, -1.58, 1e-12);
        close(paired.mean / paired.standard_error, -4.0621, 5e-5);
        close(paired.p_value(), 0.002_833, 5e-7);
        let [low, high] = paired.interval(0.95).unwrap().ends();
        close(low, -2.459_886, 1e-6);
        close(high, -0.700_114, 1e-6);

        let welch = Difference::unpaired(&one, &two).unwrap();
        close(welch.mean / welch.standard_error, -1.8608, 5e-5);
        close(welch.degrees_of_freedom, 17.776, 5e-4);
        close(welch.p_value(), 0.079_394, 5e-7);
        let [low, high] = welch.interval(0.95).unwrap().ends();
        close(low, -3.365_483, 1e-6);
        close(high, 0.205_483, 1e-6);
    }

    #[test]
    fn far_quantiles_are_right() {
        // Tables of Student's distribution: t(0.9995) with 9 and with 1 degrees of freedom.
        let difference = |degrees_of_freedom| Difference { mean: 0.0, standard_error: 1.0, degrees_of_freedom };
        close(difference(9.0).interval(0.999).unwrap().half_width, 4.7809, 5e-5);
        close(difference(1.0).interval(0.999).unwrap().half_width, 636.619, 5e-3);
    }

    #[test]
    fn without_any_spread_a_difference_is_certain() {
        let check = |ours: &[f64], theirs: &[f64], p_value: f64| {
            close(Difference::paired(ours, theirs).unwrap().p_value(), p_value, 0.0);
            close(Difference::unpaired(ours, theirs).unwrap().p_value(), p_value, 0.0);
        };
        check(&[0.1; 7], &[0.1; 7], 1.0);
        check(&[0.3; 7], &[0.1; 7], 0.0);
        close(Difference::paired(&[3.0, 4.0, 5.0], &[1.0, 2.0, 3.0]).unwrap().p_value(), 0.0, 0.0);
    }

    #[test]
    fn what_is_too_little_or_too_large_has_no_difference() {
        assert_eq!(Difference::paired(&[1.0], &[2.0]), None);
        assert_eq!(Difference::unpaired(&[1.0, 2.0], &[2.0]), None);
        assert_eq!(Difference::paired(&[1e300, -1e300], &[0.0, 0.0]), None);
        assert_eq!(Difference::unpaired(&[f64::MAX, f64::MIN], &[f64::MIN, f64::MAX]), None);
        assert!(Difference::paired(&[1.0, 2.0], &[0.0, 0.0]).unwrap().interval(1.0).is_none());
    }

    #[track_caller]
    fn steps(p_values: &[f64], expected: &[(bool, f64)]) {
        let found = holm(p_values, 0.05);
        assert_eq!(found.len(), expected.len());
        for (step, (differs, level)) in found.iter().zip(expected) {
            assert_eq!(step.differs, *differs, "{found:?}");
            close(step.level, *level, 1e-12);
        }
    }

    #[test]
    fn holm_steps_down() {
        // Compared with .05/4, .05/3 and .05/2: the third is too large, so the fourth does not count either.
        steps(
            &[0.01, 0.04, 0.03, 0.005],
            &[(true, 0.05 / 3.0), (false, 0.05 / 2.0), (false, 0.05 / 2.0), (true, 0.05 / 4.0)],
        );
        // Bonferroni would miss the second.
        steps(&[0.01, 0.03], &[(true, 0.025), (true, 0.05)]);
        steps(&[0.051], &[(false, 0.05)]);
        steps(&[], &[]);
    }

    #[test]
    fn a_step_and_the_interval_of_its_level_agree() {
        let differences = [0.4, -2.9, 3.1, -1.2, 2.4, 2.6].map(|mean| Difference {
            mean,
            standard_error: 1.0,
            degrees_of_freedom: 9.0,
        });
        let p_values: Vec<f64> = differences.iter().map(Difference::p_value).collect();
        // Bonferroni's limit, .1/6, would call only one of them different; its intervals would belie the other verdict.
        let found = holm(&p_values, 0.1);
        assert_eq!(found.iter().filter(|step| step.differs).count(), 2, "{found:?}");
        for (difference, step) in differences.iter().zip(found) {
            let interval = difference.interval(1.0 - step.level).unwrap();
            assert_eq!(interval.covers(0.0), !step.differs, "{difference:?}: {step:?}");
        }
    }
}
