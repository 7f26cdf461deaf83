//! The values of `--vary`: lists, ranges (`10..100/s:10`) and factors (`x0.5..x2`).

use super::quantity::{Decimal, Quantity};

/// Maximum number of values of a dimension.
pub(super) const MOST_VALUES: usize = 10_000;

/// Maximum number of values of a range of whole numbers that has no step.
const MOST_WITHOUT_STEP: i128 = 20;

/// What the values of an option are written as.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Written {
    /// As it goes into the scenario.
    Value(String),
    /// What the scenario has is multiplied by this.
    Factor(Decimal),
}

/// Part of an option's text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Part<'t> {
    pub text: &'t str,
    pub start: usize,
}

/// Why values cannot be read, where, and what to do.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct BadValues<'t> {
    pub part: Part<'t>,
    pub message: String,
    pub label: &'static str,
    pub help: String,
}

impl<'t> Part<'t> {
    /// The parts between separators that are outside of brackets and quotes.
    pub fn split(self, separator: fn(char) -> bool) -> Vec<Self> {
        let (mut depth, mut is_quoted, mut start) = (0_i32, false, 0);
        let mut parts = Vec::new();
        let part =
            |start: usize, end: usize| Self { text: &self.text[start..end], start: self.start + start }.trimmed();
        for (at, c) in self.text.char_indices() {
            match c {
                '"' => is_quoted = !is_quoted,
                '{' | '[' if !is_quoted => depth += 1,
                '}' | ']' if !is_quoted => depth -= 1,
                _ if separator(c) && depth == 0 && !is_quoted => {
                    parts.push(part(start, at));
                    start = at + c.len_utf8();
                }
                _ => {}
            }
        }
        parts.push(part(start, self.text.len()));
        parts
    }

    fn trimmed(self) -> Self {
        let blanks = self.text.len() - self.text.trim_start().len();
        Self { text: self.text.trim(), start: self.start + blanks }
    }

    fn bad(self, message: String, label: &'static str, help: impl Into<String>) -> BadValues<'t> {
        BadValues { part: self, message, label, help: help.into() }
    }

    /// The values written here: one, or those of a range. A range without a step has whole numbers only if `is_whole`.
    pub fn values(self, is_whole: bool) -> Result<Vec<Written>, BadValues<'t>> {
        let is_number = |text: &str| text.trim_start_matches('x').starts_with(|c: char| c.is_ascii_digit() || c == '.');
        if let Some((low, rest)) = self.text.split_once("..")
            && is_number(low.trim())
        {
            return self.range(low.trim(), rest, is_whole);
        }
        match factor(self.text) {
            Some(factor) => self.checked_factor(factor).map(|factor| vec![Written::Factor(factor)]),
            None if self.text.is_empty() => Err(self.bad(
                "a value is missing".to_owned(),
                "expected a value here",
                "separate values by commas: `1,2,4,8`",
            )),
            None => Ok(vec![Written::Value(self.text.to_owned())]),
        }
    }

    fn checked_factor(self, factor: Decimal) -> Result<Decimal, BadValues<'t>> {
        if factor.0 > 0 {
            return Ok(factor);
        }
        Err(self.bad("a factor must be above 0".to_owned(), "not above 0", "write a factor such as `x0.5`"))
    }

    fn range(self, low: &str, rest: &str, is_whole: bool) -> Result<Vec<Written>, BadValues<'t>> {
        let (high, step) = match rest.split_once(':') {
            Some((high, step)) => (high.trim(), Some(step.trim())),
            None => (rest.trim(), None),
        };
        match (factor(low), factor(high)) {
            (Some(low), Some(high)) => {
                self.checked_factor(low)?;
                let ends = [low, high].map(|number| Quantity { number, unit: String::new() });
                let step = step.map(|text| self.step(text, &ends[1])).transpose()?;
                let step = step.unwrap_or_else(|| round_step(ends[0].number, ends[1].number, false));
                let values = self.between(&ends[0], &ends[1], step)?;
                Ok(values.into_iter().map(|value| Written::Factor(value.number)).collect())
            }
            (Some(_), None) | (None, Some(_)) => Err(self.bad(
                "a range cannot begin with a factor and end with a value, or the other way round".to_owned(),
                "only one end is a factor",
                "write both ends as factors, such as `x0.5..x2`, or both as values, such as `10..100/s`",
            )),
            (None, None) => {
                let [low, high] = self.ends(low, high)?;
                let step = step.map(|text| self.step(text, &high)).transpose()?;
                let step = step.unwrap_or_else(|| round_step(low.number, high.number, is_whole));
                let values = self.between(&low, &high, step)?;
                Ok(values.into_iter().map(|value| Written::Value(value.to_string())).collect())
            }
        }
    }

    /// Both ends with the unit of the upper one.
    fn ends(self, low: &str, high: &str) -> Result<[Quantity; 2], BadValues<'t>> {
        const HELP: &str = "write a range as LOW..HIGH:STEP with a unit, such as `10..100/s:10` or `1..8`";
        let read = |text: &str| {
            let bad = || self.bad(format!("`{text}` is not a number"), "not a range of numbers", HELP);
            Quantity::read(text).filter(|read| read.kind().is_some() || read.unit.is_empty()).ok_or_else(bad)
        };
        let (mut low, high) = (read(low)?, read(high)?);
        if low.unit.is_empty() {
            low.unit.clone_from(&high.unit);
        }
        if low.unit != high.unit {
            return Err(self.bad(
                format!("a range in two units: `{}` and `{}`", low.unit, high.unit),
                "two units",
                "write both ends in the same unit; only the upper end needs it, as in `500..2000ms`",
            ));
        }
        Ok([low, high])
    }

    /// How a range continues: `:10` adds, `:x2` multiplies.
    fn step(self, text: &str, high: &Quantity) -> Result<Step, BadValues<'t>> {
        const HELP: &str = "write a step above 0, such as `10..100/s:10`, or a factor above 1, such as `1..64:x2`";
        let bad = || self.bad(format!("`{text}` is not a step"), "cannot step by that", HELP);
        if let Some(factor) = factor(text) {
            return if factor.0 > Decimal::ONE.0 { Ok(Step::Times(factor)) } else { Err(bad()) };
        }
        let step = Quantity::read(text).filter(|step| step.number.0 > 0).ok_or_else(bad)?;
        if step.unit.is_empty() || step.unit == high.unit { Ok(Step::Plus(step.number)) } else { Err(bad()) }
    }

    fn between(self, low: &Quantity, high: &Quantity, step: Step) -> Result<Vec<Quantity>, BadValues<'t>> {
        if low.number >= high.number {
            let message = "a range goes from a lower to a higher value".to_owned();
            return Err(self.bad(message, "not upwards", format!("write `{high}..{low}`, or a list")));
        }
        if let (Step::Times(_), 0) = (step, low.number.0) {
            let message = "a range that multiplies cannot begin with 0".to_owned();
            return Err(self.bad(message, "0 times any factor is 0", "begin with a number above 0"));
        }
        let mut values = Vec::new();
        let mut value = low.number;
        while value <= high.number {
            if values.len() == MOST_VALUES {
                let message = format!("a range has more than {MOST_VALUES} values");
                return Err(self.bad(message, "too many values", "write a larger step"));
            }
            values.push(low.with(value));
            value = match step {
                Step::Plus(step) => Decimal(value.0 + step.0),
                Step::Times(factor) => value.times(factor),
            };
        }
        Ok(values)
    }
}

/// How a range continues.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Step {
    Plus(Decimal),
    Times(Decimal),
}

/// A factor such as `x0.5`.
fn factor(text: &str) -> Option<Decimal> {
    text.strip_prefix(['x', '×']).and_then(Decimal::read)
}

/// The step of a range that has none: 1 between whole numbers that are close, else one of 1, 2, 2.5 and 5 times a power of
/// ten that divides the range into five to ten parts; a tenth of the range where none does, or the next whole number if it must be
/// `whole`.
fn round_step(low: Decimal, high: Decimal, whole: bool) -> Step {
    let span = high.0 - low.0;
    if low.is_whole() && high.is_whole() && span < MOST_WITHOUT_STEP * Decimal::ONE.0 {
        return Step::Plus(Decimal::ONE);
    }
    let powers = (0..30).map(|exponent| 10_i128.pow(exponent)).take_while(|power| *power <= span);
    let steps = powers.flat_map(|power| [10, 20, 25, 50].map(|tens| tens * power / 10));
    let divides = |step: &i128| *step > 0 && span % step == 0 && (5..=10).contains(&(span / step));
    let fits = |step: &i128| divides(step) && (!whole || Decimal(*step).is_whole());
    let least = if whole { Decimal::ONE.0 } else { 1 };
    let tenth = || (span / 10 + least - 1) / least * least;
    Step::Plus(Decimal(steps.filter(fits).max().unwrap_or_else(|| tenth().max(least))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        values_of(text, false)
    }

    fn values_of(text: &str, is_whole: bool) -> Vec<String> {
        let shown = |written: Written| match written {
            Written::Value(value) => value,
            Written::Factor(factor) => format!("x{factor}"),
        };
        let parts = Part { text, start: 0 }.split(|c| c == ',');
        parts.into_iter().flat_map(|part| part.values(is_whole).unwrap()).map(shown).collect()
    }

    fn error(text: &str) -> String {
        Part { text, start: 0 }.values(false).unwrap_err().message
    }

    #[test]
    fn a_list_is_as_written() {
        assert_eq!(values("1, 2,4"), ["1", "2", "4"]);
        assert_eq!(values("fifo,lifo"), ["fifo", "lifo"]);
        assert_eq!(
            values(r#"{"gamma":{"mean":"4ms","cv":1}},"5ms""#),
            [r#"{"gamma":{"mean":"4ms","cv":1}}"#, "\"5ms\""]
        );
        assert_eq!(values("../a.jsonl,b.jsonl"), ["../a.jsonl", "b.jsonl"]);
    }

    #[test]
    fn a_range_has_the_unit_of_its_upper_end() {
        assert_eq!(values("10..40/s:10"), ["10/s", "20/s", "30/s", "40/s"]);
        assert_eq!(values("0.1..0.35ms:0.1"), ["0.1ms", "0.2ms", "0.3ms"]);
        assert_eq!(values("1..3,8"), ["1", "2", "3", "8"]);
        assert_eq!(values("1..64:x2").len(), 7);
    }

    #[test]
    fn a_range_without_a_step_has_a_round_one() {
        assert_eq!(values("10..100/s").len(), 10);
        assert_eq!(values("100..1000/s")[1], "200/s");
        assert_eq!(values("x0.5..x2"), ["x0.5", "x0.75", "x1", "x1.25", "x1.5", "x1.75", "x2"]);
        assert_eq!(values("1..20").len(), 20);
        assert_eq!(values("0..1s:0.25"), ["0s", "0.25s", "0.5s", "0.75s", "1s"]);
        assert_eq!(values("13..30ms").len(), 18);
    }

    #[test]
    fn a_range_of_what_is_counted_has_whole_numbers_only() {
        assert_eq!(values_of("1..64", true), ["1", "8", "15", "22", "29", "36", "43", "50", "57", "64"]);
        assert_eq!(values_of("10..30", true), ["10", "12", "14", "16", "18", "20", "22", "24", "26", "28", "30"]);
        assert_eq!(values_of("1..62", true).last().map(String::as_str), Some("57"));
        assert_eq!(values_of("0..100", true), values("0..100"));
        assert_eq!(values("10..30")[1], "12.5");
    }

    #[test]
    fn what_is_no_range_says_why() {
        for (text, message) in [
            ("10..5", "from a lower to a higher"),
            ("10ms..5s", "two units"),
            ("1..x3", "begin with a factor"),
            ("1..ten", "`ten` is not a number"),
            ("1..8:0", "`0` is not a step"),
            ("1..8:x1", "`x1` is not a step"),
            ("0..8:x2", "cannot begin with 0"),
            ("1..1000000:1", "more than 10000 values"),
            ("x0", "must be above 0"),
            ("", "a value is missing"),
        ] {
            assert!(error(text).contains(message), "{text}: {}", error(text));
        }
    }
}
