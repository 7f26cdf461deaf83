//! Where a function that only grows, or only falls, passes a value.

/// The end of the last interval, after 60 halvings of the one given: the first number that is not `before` the root, if all
/// numbers up to the root are.
pub(super) fn root(mut low: f64, mut high: f64, before: impl Fn(f64) -> bool) -> f64 {
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if before(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// Where a function that first grows and then falls is largest (golden section search, Kiefer 1953).
pub(super) fn peak(mut low: f64, mut high: f64, function: impl Fn(f64) -> f64) -> f64 {
    let golden = (5_f64.sqrt() - 1.0) / 2.0;
    // Each step leaves 0.618 of the interval; a peak is flat, so it cannot be found to more than half the digits.
    for _ in 0..50 {
        let step = golden * (high - low);
        if function(high - step) < function(low + step) {
            low = high - step;
        } else {
            high = low + step;
        }
    }
    (low + high) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_is_found_to_the_last_bits() {
        let found = root(0.0, 2.0, |x| x * x < 2.0);
        assert!((found - 2_f64.sqrt()).abs() < 1e-15, "{found}");
    }

    #[test]
    fn a_peak_is_found_to_half_the_digits() {
        let found = peak(-10.0, 10.0, |x| -(x - 1.5).powi(2));
        assert!((found - 1.5).abs() < 1e-7, "{found}");
    }
}
