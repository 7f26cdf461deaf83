//! What a real server did with each request: `observed_latency_ms.csv`, a line a request and a column a repeat.

/// The response times of all repeats, in ms; `None` where a request got no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// One list for each repeat, in the order of the requests.
    pub repeats: Vec<Vec<Option<f64>>>,
}

/// What is wrong with a table of observations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadObservations {
    /// It is empty.
    Empty,
    /// The headings are not those of such a table.
    Headings,
    /// A line does not have the next request's number.
    Number {
        /// The line, counted from 1.
        line: usize,
        /// The number it should have.
        expected: usize,
    },
    /// A line does not have a time for each repeat.
    Times {
        /// The line, counted from 1.
        line: usize,
        /// How many times it should have.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// A cell is not a time.
    Time {
        /// The line, counted from 1.
        line: usize,
        /// What stands in the cell.
        cell: String,
    },
}

impl Observed {
    /// Reads the table.
    ///
    /// # Errors
    /// What is wrong with it, and on which line.
    pub fn parse(text: &str) -> Result<Self, BadObservations> {
        let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let Some((_, header)) = lines.next() else { return Err(BadObservations::Empty) };
        let repeats = header.split(',').count() - 1;
        if repeats == 0 || !header.starts_with("request,") {
            return Err(BadObservations::Headings);
        }
        let mut observed = Self { repeats: vec![Vec::new(); repeats] };
        for ((line, text), expected) in lines.zip(1_usize..) {
            let mut cells = text.split(',').map(str::trim);
            if cells.next().and_then(|cell| cell.parse().ok()) != Some(expected) {
                return Err(BadObservations::Number { line, expected });
            }
            let times: Vec<&str> = cells.collect();
            if times.len() != repeats {
                return Err(BadObservations::Times { line, expected: repeats, found: times.len() });
            }
            for (repeat, cell) in observed.repeats.iter_mut().zip(times) {
                let bad = || BadObservations::Time { line, cell: cell.to_owned() };
                repeat.push(time(cell).ok_or_else(bad)?);
            }
        }
        Ok(observed)
    }

    /// How many requests were sent.
    pub fn requests(&self) -> usize {
        self.repeats.first().map_or(0, Vec::len)
    }

    /// The mean over the repeats of a request's response time; `None` if a repeat gave none.
    pub fn of_request(&self, request: usize) -> Option<f64> {
        let times = self.repeats.iter().map(|repeat| repeat.get(request).copied().flatten());
        let sum: f64 = times.sum::<Option<f64>>()?;
        Some(sum / self.repeats.len() as f64)
    }
}

/// The time in a cell, where an empty one is a request without an answer; `None` if it is not a time.
fn time(cell: &str) -> Option<Option<f64>> {
    if cell.is_empty() || ["nan", "none", "failed"].contains(&cell.to_lowercase().as_str()) {
        return Some(None);
    }
    cell.parse().ok().filter(|ms: &f64| ms.is_finite() && *ms >= 0.0).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_column_for_each_repeat_and_may_have_holes() {
        let observed = Observed::parse("request,rep1,rep2\n1,10.5,9.5\n2,,8\n").unwrap();
        assert_eq!(observed.repeats, [[Some(10.5), None], [Some(9.5), Some(8.0)]]);
        assert_eq!((observed.of_request(0), observed.of_request(1)), (Some(10.0), None));
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        use BadObservations::{Empty, Headings, Number, Time, Times};
        for (text, mistake) in [
            ("", Empty),
            ("a,b\n", Headings),
            ("request,rep1\n2,5\n", Number { line: 2, expected: 1 }),
            ("request,rep1\n1,5,6\n", Times { line: 2, expected: 1, found: 2 }),
            ("request,rep1\n1,fast\n", Time { line: 2, cell: "fast".to_owned() }),
        ] {
            assert_eq!(Observed::parse(text), Err(mistake));
        }
    }
}
