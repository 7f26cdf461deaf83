//! Numbers with a unit, such as `10`, `2.5ms`, `300/s` and `5%`, in exact decimals: values of a range are what a person would
//! write, without the rounding errors of floats.

use serde_json::Number;

use crate::model::{Rate, SimDuration};

/// Decimal places of a number.
const PLACES: usize = 9;
/// 1 in billionths.
const ONE: i128 = 1_000_000_000;

/// A decimal number of 0 or more, in billionths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Decimal(pub i128);

/// A number and its unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Quantity {
    pub number: Decimal,
    /// As written, such as `/s`; may be empty.
    pub unit: String,
}

impl Decimal {
    pub const ONE: Self = Self(ONE);

    /// Reads digits with at most one point.
    pub fn read(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.len() + fraction.len() == 0 || whole.len() > 18 || !is_digits(whole) || !is_digits(fraction) {
            return None;
        }
        let fraction = format!("{:0<PLACES$.PLACES$}", fraction);
        let number = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse::<i128>().ok() };
        Some(Self(number(whole)? * ONE + number(&fraction)?))
    }

    /// The product, rounded to the nearest billionth.
    pub fn times(self, factor: Self) -> Self {
        Self((self.0 * factor.0 + ONE / 2) / ONE)
    }

    /// Whether it is a whole number.
    pub const fn is_whole(self) -> bool {
        self.0 % ONE == 0
    }

    /// The nearest whole number.
    pub const fn rounded(self) -> Self {
        Self((self.0 + ONE / 2) / ONE * ONE)
    }

    pub fn as_f64(self) -> f64 {
        self.0 as f64 / ONE as f64
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = format!("{}.{:09}", self.0 / ONE, self.0 % ONE);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl Quantity {
    /// Reads a number that something other than digits may follow, without blanks around it.
    pub fn read(text: &str) -> Option<Self> {
        let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
        let unit = text[end..].trim();
        Some(Self { number: Decimal::read(&text[..end])?, unit: unit.to_owned() })
    }

    /// The same with another number.
    pub fn with(&self, number: Decimal) -> Self {
        Self { number, unit: self.unit.clone() }
    }

    /// What it measures.
    pub fn kind(&self) -> Option<AxisKind> {
        AxisKind::of(&self.to_string()).map(|(kind, _)| kind)
    }

    /// The value as the scenario file holds it: a number, or text with a unit.
    pub fn to_json(&self) -> serde_json::Value {
        let text = self.to_string();
        match self.unit.is_empty().then(|| text.parse::<Number>().ok()).flatten() {
            Some(number) => serde_json::Value::Number(number),
            None => serde_json::Value::String(text),
        }
    }
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.number, self.unit)
    }
}

/// What the values of a dimension measure, where they can stand on an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AxisKind {
    /// Plain numbers.
    Number,
    /// Rates, per second.
    Rate,
    /// Times, in ms.
    Time,
    /// Shares, in percent.
    Percent,
    /// Factors.
    Factor,
}

impl AxisKind {
    /// What a value measures, and its number on the axis.
    pub(super) fn of(text: &str) -> Option<(Self, f64)> {
        let text = text.trim();
        if let Some(factor) = text.strip_prefix('x').and_then(Decimal::read) {
            return Some((Self::Factor, factor.as_f64()));
        }
        if let Ok(rate) = text.parse::<Rate>() {
            return Some((Self::Rate, rate.as_per_second()));
        }
        if let Ok(time) = text.parse::<SimDuration>() {
            return Some((Self::Time, time.as_millis()));
        }
        if let Some(percent) = text.strip_suffix('%').and_then(|number| Decimal::read(number.trim_end())) {
            return Some((Self::Percent, percent.as_f64()));
        }
        Decimal::read(text).map(|number| (Self::Number, number.as_f64()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact() {
        let sum = |a: &str, b: &str| Decimal(Decimal::read(a).unwrap().0 + Decimal::read(b).unwrap().0).to_string();
        assert_eq!(sum("0.1", "0.2"), "0.3");
        assert_eq!(sum("10", "0"), "10");
        assert_eq!(Decimal::read("300").unwrap().times(Decimal::read("0.75").unwrap()).to_string(), "225");
        for text in ["", ".", "1.2.3", "-1", "1e3", "ten"] {
            assert!(Decimal::read(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_quantity_has_a_number_and_a_unit() {
        let shown = |text: &str| Quantity::read(text).map(|found| (found.number.to_string(), found.unit));
        assert_eq!(shown("10/s"), Some(("10".into(), "/s".into())));
        assert_eq!(shown("2.50 ms"), Some(("2.5".into(), "ms".into())));
        assert_eq!(shown("fifo"), None);
        assert_eq!(Quantity::read("8").unwrap().to_json(), serde_json::json!(8));
        assert_eq!(Quantity::read("8/s").unwrap().to_json(), serde_json::json!("8/s"));
    }

    #[test]
    fn an_axis_has_one_unit() {
        let rate = AxisKind::of("600/min").unwrap();
        assert_eq!((rate.0, rate.1.round() as i64), (AxisKind::Rate, 10));
        assert_eq!(AxisKind::of("2s"), Some((AxisKind::Time, 2000.0)));
        assert_eq!(AxisKind::of("5%"), Some((AxisKind::Percent, 5.0)));
        assert_eq!(AxisKind::of("x0.5"), Some((AxisKind::Factor, 0.5)));
        assert_eq!(AxisKind::of("fifo"), None);
    }
}
