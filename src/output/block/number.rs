//! Numbers for people: only useful digits, and the same number of decimals in a column.

use crate::model::MetricUnit;

/// A unit of time for a whole table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimeUnit {
    /// Its symbol.
    pub name: &'static str,
    per_ms: f64,
}

impl TimeUnit {
    const MICROS: Self = Self { name: "µs", per_ms: 1000.0 };
    const MILLIS: Self = Self { name: "ms", per_ms: 1.0 };
    const SECONDS: Self = Self { name: "s", per_ms: 0.001 };

    /// The most readable unit for these times (in ms): ms, unless all are below 1 ms or none is below 10 s.
    pub fn of(times_ms: impl IntoIterator<Item = Option<f64>>) -> Self {
        let times = times_ms.into_iter().flatten().filter(|time| *time > 0.0);
        let (smallest, largest) = extremes(times);
        match (smallest, largest) {
            (smallest, _) if smallest >= 10_000.0 && smallest.is_finite() => Self::SECONDS,
            (_, largest) if largest > 0.0 && largest < 1.0 => Self::MICROS,
            _ => Self::MILLIS,
        }
    }

    /// Converts a time from ms.
    pub fn of_millis(self, time_ms: f64) -> f64 {
        time_ms * self.per_ms
    }

    /// A column of times, given in ms.
    pub fn column(self, times_ms: &[Option<f64>]) -> Vec<String> {
        column(&times_ms.iter().map(|time| time.map(|time| time * self.per_ms)).collect::<Vec<_>>())
    }
}

/// Shown in place of a number that does not exist.
pub const NONE: &str = "–";

/// A column of numbers: three digits of the smallest, unless the largest makes that too long; none for whole numbers.
pub fn column(values: &[Option<f64>]) -> Vec<String> {
    let decimals = decimals(values.iter().flatten().copied());
    values.iter().map(|value| value.map_or_else(|| NONE.to_owned(), |value| fixed(value, decimals))).collect()
}

/// Half the width of an interval, with the decimals of its number as shown, or one more if it would be 0.
pub fn give_or_take(half: f64, shown: &str) -> String {
    let decimals = shown.find('.').map_or(0, |point| shown.len() - point - 1);
    let is_shown = half <= 0.0 || (half * 10f64.powi(decimals as i32)).round() >= 1.0;
    fixed(half, if is_shown { decimals } else { decimals + 1 })
}

/// A share of 1 in percent without needless decimals: `95%`, `99.9%`.
pub fn short_percent(share: f64) -> String {
    let percent = (share * 1e4).round() / 1e2;
    format!("{percent} %")
}

/// How many times: `4.52×`.
pub fn times(value: Option<f64>) -> String {
    value.map_or_else(|| NONE.to_owned(), |value| format!("{}×", fixed(value, if value < 100.0 { 2 } else { 0 })))
}

/// A share of 1 in percent: `93.4%`.
pub fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| NONE.to_owned(), |share| format!("{}%", fixed(share * 100.0, 1)))
}

/// A number with its unit: `412 ms`, `93.4%`, `30/s`, `2.5×`. If it is shown with a different number, it has enough decimals
/// to distinguish them.
pub fn quantity(value: f64, other: Option<f64>, unit: MetricUnit) -> String {
    let (scale, sign) = scale(unit, [Some(value), other]);
    let (value, other) = (value * scale, other.map(|other| other * scale));
    let shown = |decimals: usize| fixed(value, decimals);
    let distinguishes = |decimals: &usize| {
        other.is_none_or(|other| (value - other).abs() < 5e-7 || fixed(other, *decimals) != shown(*decimals))
    };
    let first = match unit {
        MetricUnit::Share => 1,
        MetricUnit::Ratio => {
            if value < 100.0 {
                2
            } else {
                0
            }
        }
        _ => decimals(std::iter::once(value)),
    };
    format!("{}{sign}", shown((first..6).find(distinguishes).unwrap_or(6)))
}

/// The ends of an interval with their unit: `398 to 426 ms`.
pub fn range(ends: [f64; 2], unit: MetricUnit) -> String {
    let (scale, sign) = scale(unit, ends.map(Some));
    let ends = column(&ends.map(|end| Some(end * scale)));
    format!("{} to {}{sign}", ends[0], ends[1])
}

/// A difference as a share, with its sign: `+17.8%`.
pub fn change(share: f64) -> String {
    let sign = if share > 0.0 { "+" } else { "−" };
    format!("{}{}", if share.abs() < 1e-9 { "" } else { sign }, percent(Some(share.abs())))
}

/// The factor to multiply by, and the unit to write after the product.
fn scale(unit: MetricUnit, values: [Option<f64>; 2]) -> (f64, String) {
    match unit {
        MetricUnit::Time => {
            let unit = TimeUnit::of(values.map(|value| value.map(f64::abs)));
            (unit.per_ms, format!(" {}", unit.name))
        }
        MetricUnit::Share => (100.0, "%".to_owned()),
        MetricUnit::Rate => (1.0, "/s".to_owned()),
        MetricUnit::Ratio => (1.0, "×".to_owned()),
        MetricUnit::Count | MetricUnit::Requests => (1.0, String::new()),
    }
}

/// A count with grouped thousands: `200,000`.
pub fn count(count: u64) -> String {
    group_thousands(&count.to_string())
}

fn decimals(values: impl Iterator<Item = f64> + Clone) -> usize {
    if values.clone().all(is_whole) {
        return 0;
    }
    let (smallest, largest) = extremes(values.map(f64::abs).filter(|value| *value > 0.0));
    let wanted = if smallest >= 100.0 {
        0
    } else if smallest >= 10.0 {
        1
    } else if smallest >= 1.0 {
        2
    } else {
        3
    };
    let room = if largest >= 10_000.0 && smallest >= 10.0 {
        0
    } else if largest >= 100.0 {
        1
    } else if largest >= 10.0 {
        2
    } else {
        3
    };
    wanted.min(room)
}

/// Whether the number is whole to six decimals, the precision of files.
fn is_whole(value: f64) -> bool {
    (value - value.round()).abs() < 5e-7
}

fn extremes(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values
        .fold((f64::INFINITY, 0.0), |(smallest, largest), value| (f64::min(smallest, value), f64::max(largest, value)))
}

/// The number with this number of decimals; 0 has none, and a number above 0 is never shown as 0.
fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let shows_zero = !text.bytes().any(|byte| (b'1'..=b'9').contains(&byte));
    match shows_zero {
        true if value > 1e-9 => format!("<{}", smallest_shown(decimals)),
        true => "0".to_owned(),
        false => group_thousands(&text),
    }
}

fn smallest_shown(decimals: usize) -> String {
    match decimals {
        0 => "1".to_owned(),
        _ => format!("0.{:0>decimals$}", 1),
    }
}

fn group_thousands(number: &str) -> String {
    let (whole, fraction) = number.find('.').map_or((number, ""), |point| number.split_at(point));
    let mut grouped = String::with_capacity(number.len() + whole.len() / 3);
    for (place, digit) in whole.chars().enumerate() {
        let left = whole.len() - place;
        if place > 0 && left.is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped + fraction
}

/// A number with three significant digits, in a sentence.
pub fn significant(value: f64) -> String {
    let decimals = (2.0 - value.abs().max(1e-9).log10().floor()).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.decimals$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(values: &[f64]) -> String {
        column(&values.iter().copied().map(Some).collect::<Vec<_>>()).join(" ")
    }

    #[test]
    fn a_column_shows_three_digits_of_its_smallest_number() {
        assert_eq!(shown(&[353.333, 170.0]), "353 170");
        assert_eq!(shown(&[61.24, 250.0]), "61.2 250.0");
        assert_eq!(shown(&[1.5, 2.25]), "1.50 2.25");
        assert_eq!(shown(&[0.42, 336.0]), "0.4 336.0");
        assert_eq!(shown(&[46.8, 67_468.04]), "47 67,468");
    }

    #[test]
    fn whole_numbers_have_no_decimals_and_thousands_are_grouped() {
        assert_eq!(shown(&[5.0, 1_234_567.0, 0.0]), "5 1,234,567 0");
        assert_eq!(count(200_000), "200,000");
        assert_eq!(group_thousands("-123456.5"), "-123,456.5");
    }

    #[test]
    fn a_number_above_zero_is_never_shown_as_zero() {
        assert_eq!(shown(&[0.004, 336.0]), "<0.1 336.0");
        assert_eq!(percent(Some(0.0001)), "<0.1%");
        assert_eq!(percent(Some(0.0)), "0%");
        assert_eq!(shown(&[0.0, 2.5]), "0 2.50");
    }

    #[test]
    fn a_number_close_to_its_bound_is_distinguished_from_it() {
        let shown = |value, bound| quantity(value, Some(bound), MetricUnit::Time);
        assert_eq!(shown(412.34, 400.0), "412 ms");
        assert_eq!(shown(400.04, 400.0), "400.04 ms");
        assert_eq!(shown(400.0, 400.0), "400 ms");
        assert_eq!(quantity(0.800_04, Some(0.8), MetricUnit::Share), "80.004%");
        assert_eq!(quantity(15_000.0, None, MetricUnit::Time), "15 s");
        assert_eq!(range([398.2, 426.0], MetricUnit::Time), "398 to 426 ms");
        assert_eq!(change(0.178), "+17.8%");
        assert_eq!(change(-0.02), "−2.0%");
    }

    #[test]
    fn a_number_that_does_not_exist_is_a_dash() {
        assert_eq!(column(&[None, Some(1.0)]), ["–", "1"]);
        assert_eq!(times(None), "–");
        assert_eq!(times(Some(4.5238)), "4.52×");
    }

    #[test]
    fn a_table_of_times_has_the_most_readable_unit() {
        assert_eq!(TimeUnit::of([Some(475.0), Some(0.0), None]).name, "ms");
        assert_eq!(TimeUnit::of([Some(0.25), Some(0.9)]).name, "µs");
        assert_eq!(TimeUnit::of([Some(15_000.0), Some(60_000.0)]).name, "s");
        assert_eq!(TimeUnit::of([Some(0.5), Some(60_000.0)]).name, "ms");
        assert_eq!(TimeUnit::of([None]).name, "ms");
        assert_eq!(TimeUnit::of([Some(15_000.0)]).column(&[Some(15_000.0)]), ["15"]);
    }
}
