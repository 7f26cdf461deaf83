//! The schedule: when each request is due, and its path.

use std::time::Duration;

/// A request that will be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    /// Time after the start.
    pub at: Duration,
    /// Path, as in its first line.
    pub path: String,
}

/// Reads lines of `SECONDS PATH`.
pub fn parse(text: &str) -> Result<Vec<Due>, String> {
    let mut requests: Vec<Due> = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let due = due(line).ok_or_else(|| format!("line {number}: `{line}` is not `SECONDS PATH`"))?;
        if requests.last().is_some_and(|last| last.at > due.at) {
            return Err(format!("line {number} is due before the line above it"));
        }
        requests.push(due);
    }
    Ok(requests)
}

fn due(line: &str) -> Option<Due> {
    let (seconds, path) = line.trim().split_once(' ')?;
    let at = Duration::try_from_secs_f64(seconds.parse().ok()?).ok()?;
    path.starts_with('/').then(|| Due { at, path: path.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_time_and_a_path() {
        let due = |at, path: &str| Due { at: Duration::from_millis(at), path: path.to_owned() };
        assert_eq!(parse("0 /\n0.25 /c1/d2\n\n"), Ok(vec![due(0, "/"), due(250, "/c1/d2")]));
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (text, mistake) in [
            ("0 /\nx /", "line 2: `x /` is not `SECONDS PATH`"),
            ("-1 /", "line 1: `-1 /` is not `SECONDS PATH`"),
            ("1 path", "line 1: `1 path` is not `SECONDS PATH`"),
            ("1 /\n0.5 /", "line 2 is due before the line above it"),
        ] {
            assert_eq!(parse(text), Err(mistake.to_owned()));
        }
    }
}
