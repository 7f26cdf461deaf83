//! Reads the requests of a trace one after another, and reports every kind of mistake in it.

use std::fmt;
use std::hash::{DefaultHasher, Hasher};
use std::io::{BufRead, Read};
use std::sync::Arc;

use crate::model::{SimDuration, SimTime};
use crate::random::Files;
use crate::random::files::unreadable;

use super::line::{self, Millis, TraceLine};
use super::{Arrival, Classes, TraceError};

/// Maximum length of a line; a longer one is not a request and is not read into memory.
const LONGEST_LINE: usize = 1 << 20;

/// Reads the requests of a trace one by one.
pub(super) struct TraceReader {
    path: Arc<str>,
    classes: Arc<Classes>,
    reader: Box<dyn BufRead + Send>,
    text: Vec<u8>,
    /// The number of the line in `text`, from 1.
    line: u64,
    count: u64,
    fingerprint: DefaultHasher,
    last: SimDuration,
    demands: Vec<Option<SimDuration>>,
    demands_are_given: bool,
}

impl TraceReader {
    pub fn open(files: &Files, path: Arc<str>, classes: Arc<Classes>) -> Result<Self, TraceError> {
        let reader = files.open(&path).map_err(|text| from_text(&text))?;
        Ok(Self {
            path,
            classes,
            reader,
            text: Vec::new(),
            line: 0,
            count: 0,
            fingerprint: DefaultHasher::new(),
            last: SimDuration::ZERO,
            demands: Vec::new(),
            demands_are_given: false,
        })
    }

    /// The next request, if there is one; `read` receives the bytes up to its end.
    pub fn next_arrival(&mut self, read: &mut dyn FnMut(&[u8])) -> Result<Option<Arrival>, TraceError> {
        loop {
            if !self.read_line(read)? {
                return Ok(None);
            }
            let text = self.text.strip_prefix(b"\xef\xbb\xbf".as_slice()).filter(|_| self.line == 1);
            let text = text.unwrap_or(&self.text).trim_ascii();
            if text.is_empty() {
                continue;
            }
            let line = TraceLine::parse(text).map_err(|what| self.error(&what, line::HELP))?;
            let Some((class, form)) = self.classes.get(&*line.class) else {
                let error = self.error(&format!("unknown class `{}`", line.class), "");
                return Err(TraceError { unknown_class: Some(line.class.into_owned()), ..error });
            };
            let Millis(time) = line.time_ms;
            if time < self.last {
                let what = format!("the request at {time} follows one at {}", self.last);
                return Err(self.error(&what, "sort the requests by `time_ms`"));
            }
            self.demands_are_given = line.demands_ms.is_some();
            self.demands.clear();
            if let Some(given) = line.demands_ms {
                self.demands.extend(given.into_iter().map(|given| given.map(|Millis(demand)| demand)));
                form.check(&self.demands).map_err(|(what, help)| self.error(&what, help))?;
            }
            self.last = time;
            self.count += 1;
            return Ok(Some(Arrival { time: SimTime::ZERO + time, class: Some(*class) }));
        }
    }

    /// Reads the next line into `text`; whether there is one.
    fn read_line(&mut self, read: &mut dyn FnMut(&[u8])) -> Result<bool, TraceError> {
        self.text.clear();
        self.line += 1;
        let most = LONGEST_LINE as u64 + 1;
        let length = (&mut self.reader).take(most).read_until(b'\n', &mut self.text);
        let length = length.map_err(|error| from_text(&unreadable(&self.path, &error)))?;
        if length > LONGEST_LINE {
            return Err(self.error("the line is longer than a megabyte", line::HELP));
        }
        self.fingerprint.write(&self.text);
        read(&self.text);
        Ok(length > 0)
    }

    /// The number of requests read so far.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Hash of all bytes read so far.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint.finish()
    }

    /// The demands of the last request, if they are given.
    pub fn given_demands(&self) -> Option<&[Option<SimDuration>]> {
        self.demands_are_given.then_some(&self.demands)
    }

    /// The message that the file has changed, and what to do.
    pub fn has_changed(&self) -> String {
        format!(
            "`{}` has changed since the scenario was read\nrun again, and do not change the file while it runs",
            self.path
        )
    }

    fn error(&self, what: &str, help: &str) -> TraceError {
        let what = format!("`{}`, line {}: {what}", self.path, self.line);
        TraceError { what, help: help.to_owned(), unknown_class: None }
    }
}

impl fmt::Debug for TraceReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceReader").field("path", &self.path).field("line", &self.line).finish_non_exhaustive()
    }
}

fn from_text(text: &str) -> TraceError {
    let (what, help) = text.split_once('\n').unwrap_or((text, ""));
    TraceError { what: what.to_owned(), help: help.to_owned(), unknown_class: None }
}
