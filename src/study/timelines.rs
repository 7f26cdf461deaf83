//! Which timelines are recorded, kept in results, and drawn.

/// A run of at most this many requests keeps the timeline of all of them without being asked, and has no intervals: it is a
/// picture.
pub const SHORT_RUN: u64 = 100;

/// How many requests of a long run are drawn without being asked.
const DRAWN: usize = 40;

/// How many requests of a long run are drawn at most.
const MOST_DRAWN: usize = 100;

/// What is to become of timelines. A run is long if more than [`SHORT_RUN`] requests arrive under any policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Timelines {
    /// The number of requests whose timelines were asked for.
    asked: Option<usize>,
}

impl Timelines {
    pub const fn new(asked: Option<usize>) -> Self {
        Self { asked }
    }

    /// How many of the first requests are recorded.
    pub fn recorded(self) -> usize {
        self.asked.unwrap_or(SHORT_RUN as usize)
    }

    /// How many of those are kept in results; `None`: none are, and results say nothing of timelines.
    pub fn kept(self, is_long: bool) -> Option<usize> {
        (self.asked.is_some() || !is_long).then(|| self.recorded())
    }

    /// How many of those are drawn.
    pub fn drawn(self, is_long: bool) -> usize {
        if is_long { self.asked.unwrap_or(DRAWN).min(MOST_DRAWN) } else { SHORT_RUN as usize }
    }
}
