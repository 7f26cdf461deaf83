//! Numbers as files hold them: with at most 6 decimals.

/// Beyond this, a number's sixth decimal is finer than its float.
pub const ROUNDED_BELOW: f64 = 9e9;

/// The number rounded to 6 decimals, and never `-0`.
pub fn rounded(number: f64) -> f64 {
    if number.abs() < ROUNDED_BELOW { (number * 1e6).round() / 1e6 + 0.0 } else { number }
}
