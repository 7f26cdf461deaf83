//! Findings: what was judged, one by one, for formats that CI reads.

use crate::model::visible;

/// Something that was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The part of the document it is about, such as a policy; `None`: all of it.
    pub part: Option<String>,
    /// What was asked, in the same words whatever the numbers are.
    pub asked: String,
    /// The result.
    pub status: FindingStatus,
    /// The kind of judgement, such as `run`, `slo` or `baseline`.
    pub kind: &'static str,
    /// What was found, in a sentence without a full stop.
    pub message: String,
    /// Further lines.
    pub details: Vec<String>,
    /// Where it was asked.
    pub location: Option<Location>,
}

/// The result of a judgement, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingStatus {
    /// As it should be.
    Passes,
    /// As it should be, with something to know.
    Noted,
    /// There was nothing to compare it with.
    Skipped,
    /// Not as it should be, or undecided, without failing.
    Warned,
    /// Not as it should be.
    Failed,
    /// It could not be judged.
    Error,
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub file: String,
    /// Line, column of the first character and column after the last one, counted from 1; `None`: the whole file.
    pub position: Option<[usize; 3]>,
}

impl Finding {
    /// A finding without details, about a whole file or none.
    pub fn new(kind: &'static str, asked: impl Into<String>, status: FindingStatus, message: String) -> Self {
        Self { part: None, asked: asked.into(), status, kind, message, details: Vec::new(), location: None }
    }

    /// The same about a part of the document.
    #[must_use]
    pub fn of_part(self, part: impl Into<String>) -> Self {
        Self { part: Some(part.into()), ..self }
    }

    /// Message and details, line by line.
    pub fn text(&self) -> String {
        let lines: Vec<&str> = std::iter::once(&self.message).chain(&self.details).map(String::as_str).collect();
        lines.join("\n")
    }

    /// The same with nothing hidden in it; each text is one line.
    #[must_use]
    pub fn visible(self) -> Self {
        let shown = |text: String| visible(&text).into_owned();
        Self {
            part: self.part.map(shown),
            asked: shown(self.asked),
            message: shown(self.message),
            details: self.details.into_iter().map(shown).collect(),
            location: self.location.map(|found| Location { file: shown(found.file), position: found.position }),
            ..self
        }
    }
}

impl Location {
    /// A place in a file; `None` if that is an option such as `--assert`, or standard input.
    pub fn new(file: &str, position: Option<[usize; 3]>) -> Option<Self> {
        let is_option = file.starts_with("--");
        let is_stream = file.starts_with('<') && file.ends_with('>');
        (!is_option && !is_stream).then(|| Self { file: file.to_owned(), position })
    }
}
