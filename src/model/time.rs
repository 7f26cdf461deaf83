//! Simulated time: whole nanoseconds, as an instant and as a span.

use std::borrow::Cow;
use std::fmt;
use std::ops::{Add, AddAssign, Mul, Sub};
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An instant, counted in nanoseconds from the start of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SimTime(u64);

/// A span of time in nanoseconds, at most [`SimDuration::MAX`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimDuration(u64);

/// 2^52: from here on, floats have no fraction.
const WHOLE: f64 = (1_u64 << 52) as f64;

impl SimTime {
    /// The start of the run.
    pub const ZERO: Self = Self(0);
    /// The last instant a run may reach: 50 years, which leaves room for one longest span beyond it.
    pub const MAX: Self = Self(SimDuration::MAX.0);

    /// The instant this many nanoseconds after the start.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the start.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Milliseconds since the start.
    pub fn as_millis(self) -> f64 {
        self.since_start().as_millis()
    }

    /// The span from the start to this instant.
    pub const fn since_start(self) -> SimDuration {
        SimDuration(self.0)
    }
}

impl SimDuration {
    /// A span of 0.
    pub const ZERO: Self = Self(0);
    /// The longest span: 50 years of 365 days.
    pub const MAX: Self = Self(50 * 365 * 86_400 * 1_000_000_000);

    /// A span of whole nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// A span of whole microseconds.
    pub const fn from_micros(micros: u64) -> Self {
        Self(micros * 1_000)
    }

    /// A span of whole milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis * 1_000_000)
    }

    /// Rounds a float of nanoseconds to the nearest whole nanosecond, ties to even: the only place where floats become time.
    ///
    /// Values below 0 and NaN give 0; values beyond [`SimDuration::MAX`] give that.
    #[inline]
    pub fn round_from_nanos(nanos: f64) -> Self {
        if nanos.to_bits() < WHOLE.to_bits() { Self::round_near(nanos) } else { Self::from_far_nanos(nanos) }
    }

    /// The same for many, in a short loop if none is below 0 or far.
    #[inline]
    pub fn round_each_from_nanos(nanos: &[f64], places: &mut [Self]) {
        // To the highest bit from the exponent that floats have from 2^52 on.
        const FROM_WHOLE: u64 = (1 << (u64::BITS - 1)) - WHOLE.to_bits();
        let highest = |nanos: &f64| nanos.to_bits() | nanos.to_bits().wrapping_add(FROM_WHOLE);
        let bits = nanos.iter().fold(0, |bits, nanos| bits | highest(nanos));
        let pairs = nanos.iter().zip(places);
        if bits >> (u64::BITS - 1) == 0 {
            pairs.for_each(|(nanos, place)| *place = Self::round_near(*nanos));
        } else {
            pairs.for_each(|(nanos, place)| *place = Self::round_from_nanos(*nanos));
        }
    }

    /// The same for values from 0 to below 2^52 ns.
    #[inline]
    fn round_near(nanos: f64) -> Self {
        // The sum has no fraction, and its low bits are the whole number.
        Self((nanos + WHOLE).to_bits() - WHOLE.to_bits())
    }

    /// The same for values below 0, from 2^52 ns (52 days) on, and for NaN.
    #[cold]
    fn from_far_nanos(nanos: f64) -> Self {
        Self((nanos as u64).min(Self::MAX.0))
    }

    /// This span times a factor, rounded to the nearest whole nanosecond.
    pub fn scaled(self, factor: f64) -> Self {
        Self::round_from_nanos(self.0 as f64 * factor)
    }

    /// Whole nanoseconds.
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Milliseconds.
    pub fn as_millis(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// Seconds.
    pub fn as_secs(self) -> f64 {
        self.0 as f64 / 1e9
    }
}

impl Add<SimDuration> for SimTime {
    type Output = SimTime;
    fn add(self, span: SimDuration) -> SimTime {
        SimTime(self.0 + span.0)
    }
}

impl Sub for SimTime {
    type Output = SimDuration;
    fn sub(self, earlier: SimTime) -> SimDuration {
        SimDuration(self.0 - earlier.0)
    }
}

impl Add for SimDuration {
    type Output = SimDuration;
    fn add(self, other: SimDuration) -> SimDuration {
        SimDuration(self.0 + other.0)
    }
}

impl AddAssign for SimDuration {
    fn add_assign(&mut self, other: SimDuration) {
        self.0 += other.0;
    }
}

impl Sub for SimDuration {
    type Output = SimDuration;
    fn sub(self, other: SimDuration) -> SimDuration {
        SimDuration(self.0 - other.0)
    }
}

impl Mul<u64> for SimDuration {
    type Output = SimDuration;
    fn mul(self, times: u64) -> SimDuration {
        SimDuration(self.0 * times)
    }
}

impl std::iter::Sum for SimDuration {
    fn sum<I: Iterator<Item = SimDuration>>(spans: I) -> SimDuration {
        spans.fold(SimDuration::ZERO, Add::add)
    }
}

impl fmt::Display for SimDuration {
    /// The shortest exact form in the largest fitting unit, as written in scenario files: `20ms`, `1.5s`, `250us`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, nanos) = match self.0 {
            0 => return f.write_str("0ms"),
            n if n >= 1_000_000_000 => ("s", 1_000_000_000),
            n if n >= 1_000_000 => ("ms", 1_000_000),
            n if n >= 1_000 => ("us", 1_000),
            _ => ("ns", 1),
        };
        let (whole, rest) = (self.0 / nanos, self.0 % nanos);
        if rest == 0 {
            return write!(f, "{whole}{unit}");
        }
        // The remainder with as many digits as the unit has, then without trailing zeros.
        let digits = (nanos + rest).to_string();
        write!(f, "{whole}.{}{unit}", digits[1..].trim_end_matches('0'))
    }
}

/// The units in which durations may be written, smallest first, with their nanoseconds.
const UNITS: [(&str, u64); 7] = [
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

impl FromStr for SimDuration {
    type Err = String;

    /// Reads `20ms`, `1.5s`, `250us` exactly; fractions of a nanosecond are rounded to the nearest.
    ///
    /// # Errors
    /// What was found and, on a separate line, what to write instead.
    fn from_str(text: &str) -> Result<Self, String> {
        const HELP: &str = "write a number and a unit, such as \"20ms\"; units are ns, us, ms, s, m (minutes), h";
        let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'));
        let (number, unit) = text.split_at(split.unwrap_or(text.len()));
        let unit = unit.trim();
        if number.starts_with('-') {
            return Err(format!("`{text}` is negative\na duration is 0 or more; {HELP}"));
        }
        if unit.is_empty() && !number.is_empty() {
            return Err(format!("`{text}` has no unit\n{HELP}"));
        }
        let nanos = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, nanos)| *nanos);
        let Some(nanos) = nanos else {
            return Err(format!("`{text}` is not a duration\n{HELP}"));
        };
        let spans = decimal_times(number, nanos).ok_or_else(|| format!("`{text}` is not a duration\n{HELP}"))?;
        match u64::try_from(spans) {
            Ok(spans) if spans <= Self::MAX.0 => Ok(Self(spans)),
            _ => Err(format!("`{text}` is too long\nthe longest duration is 50 years (438000h)")),
        }
    }
}

/// A decimal number such as `1.25` times `unit`, rounded to the nearest whole number; `None` if it is not a decimal number.
fn decimal_times(number: &str, unit: u64) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    // 18 digits of a fraction are finer than a nanosecond of an hour; 20 digits of the whole exceed the longest duration.
    let fraction = &fraction[..fraction.len().min(18)];
    let whole = whole.trim_start_matches('0');
    if whole.len() > 20 {
        return Some(u128::MAX);
    }
    let scale = 10u128.pow(u32::try_from(fraction.len()).ok()?);
    let whole: u128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let part = fraction.parse::<u128>().ok()? * u128::from(unit);
    Some(whole * u128::from(unit) + (part + scale / 2) / scale)
}

impl<'de> Deserialize<'de> for SimDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct DurationVisitor;
        impl Visitor<'_> for DurationVisitor {
            type Value = SimDuration;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as \"20ms\"")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<SimDuration, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(DurationVisitor)
    }
}

impl Serialize for SimDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for SimDuration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A span of time with its unit: ns, us, ms, s, m (minutes) or h, such as \"20ms\" or \"1.5s\".",
            "pattern": r"^[0-9]+(\.[0-9]+)?\s*(ns|us|µs|ms|s|m|h)$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_read_exactly() {
        for (text, nanos) in [
            ("20ms", 20_000_000),
            ("1.5s", 1_500_000_000),
            ("250us", 250_000),
            ("0.1ns", 0),
            ("0.5ns", 1),
            ("2m", 120_000_000_000),
            ("0.123456789s", 123_456_789),
            ("0ms", 0),
            ("438000h", SimDuration::MAX.0),
        ] {
            assert_eq!(text.parse(), Ok(SimDuration(nanos)), "{text}");
        }
    }

    #[test]
    fn floats_become_time_by_rounding_to_the_nearest_nanosecond() {
        for (nanos, rounded) in
            [(0.49, 0), (0.5, 0), (1.5, 2), (2.5, 2), (2.5001, 3), (-3.0, 0), (f64::NAN, 0), (1e9 + 0.5, 1_000_000_000)]
        {
            assert_eq!(SimDuration::round_from_nanos(nanos), SimDuration(rounded), "{nanos}");
        }
        assert_eq!(SimDuration::round_from_nanos(f64::INFINITY), SimDuration::MAX);
    }

    #[test]
    fn many_floats_are_rounded_as_one_is() {
        let far = (1_u64 << 52) as f64;
        for last in [7.5, -3.0, -0.0, far - 0.5, far, far + 1.0, 1e300, f64::INFINITY, f64::NAN, f64::NEG_INFINITY] {
            let nanos = [0.49, 0.5, 1.5, 1e9 + 0.5, last];
            let mut rounded = [SimDuration::ZERO; 5];
            SimDuration::round_each_from_nanos(&nanos, &mut rounded);
            assert_eq!(rounded, nanos.map(SimDuration::round_from_nanos), "{last}");
        }
    }

    #[test]
    fn an_invalid_duration_is_rejected_with_a_reason() {
        for (text, reason) in [
            ("-1ms", "negative"),
            ("20", "no unit"),
            ("", "not a duration"),
            ("20 parsecs", "not a duration"),
            ("1.2.3ms", "not a duration"),
            ("NaNms", "not a duration"),
            ("438001h", "too long"),
            ("99999999999999999999999999s", "too long"),
        ] {
            let message = text.parse::<SimDuration>().unwrap_err();
            assert!(message.contains(reason) && message.contains('\n'), "{text}: {message}");
        }
    }

    #[test]
    fn a_duration_is_shown_as_it_is_written() {
        for text in ["20ms", "1.5s", "250us", "7ns", "0ms", "1.001us", "10000000.000000001s"] {
            assert_eq!(text.parse::<SimDuration>().unwrap().to_string(), text);
        }
    }
}
