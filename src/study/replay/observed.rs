//! What a real server did with each request: `observed_latency_ms.csv`, a line a request and a column a repeat.

/// The response times of all repeats, in ms; `None` where a request got no answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Observed {
    /// One list for each repeat, in the order of the requests.
    pub repeats: Vec<Vec<Option<f64>>>,
}

impl Observed {
    /// Reads the table.
    ///
    /// # Errors
    /// What is wrong with it, and on which line.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
        let Some((_, header)) = lines.next() else { return Err("it is empty".to_owned()) };
        let repeats = header.split(',').count() - 1;
        if repeats == 0 || !header.starts_with("request,") {
            return Err("line 1: expected the headings `request,rep1`, and one more for each repeat".to_owned());
        }
        let mut observed = Self { repeats: vec![Vec::new(); repeats] };
        for ((number, line), expected) in lines.zip(1_usize..) {
            let mut cells = line.split(',').map(str::trim);
            if cells.next().and_then(|cell| cell.parse().ok()) != Some(expected) {
                return Err(format!("line {number}: expected request {expected}, requests are numbered in order"));
            }
            let times: Vec<&str> = cells.collect();
            if times.len() != repeats {
                return Err(format!("line {number}: expected {repeats} times, found {}", times.len()));
            }
            for (repeat, cell) in observed.repeats.iter_mut().zip(times) {
                repeat.push(time(cell).map_err(|what| format!("line {number}: {what}"))?);
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

/// An empty cell is a request without an answer.
fn time(cell: &str) -> Result<Option<f64>, String> {
    if cell.is_empty() || ["nan", "none", "failed"].contains(&cell.to_lowercase().as_str()) {
        return Ok(None);
    }
    match cell.parse::<f64>() {
        Ok(ms) if ms.is_finite() && ms >= 0.0 => Ok(Some(ms)),
        _ => Err(format!("`{cell}` is no time in ms")),
    }
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
        for (text, message) in [
            ("", "it is empty"),
            ("a,b\n", "line 1: expected the headings"),
            ("request,rep1\n2,5\n", "line 2: expected request 1"),
            ("request,rep1\n1,5,6\n", "line 2: expected 1 times, found 2"),
            ("request,rep1\n1,fast\n", "line 2: `fast` is no time"),
        ] {
            let error = Observed::parse(text).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
    }
}
