//! What a trace may give of the requests of a class.

use std::ops::Range;

use crate::model::SimDuration;

/// A class that a trace may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceClass {
    /// Its name.
    pub name: String,
    /// Number of demands of a request: one for each phase, depth first, and one for each branch of a parallel phase.
    pub demands: usize,
    /// Those that are left out together, for each `maybe`, outer ones before those inside.
    pub optional: Vec<Range<usize>>,
}

impl TraceClass {
    /// Checks the demands of a request; an error says what is wrong and what to do.
    pub(super) fn check(&self, given: &[Option<SimDuration>]) -> Result<(), (String, &'static str)> {
        let Self { name, demands, optional } = self;
        if given.len() != *demands {
            let what = format!("`demands_ms` has {}, but class `{name}` takes {demands}", numbers(given.len()));
            return Err((what, "give one for each phase of the class, or omit `demands_ms` to have them drawn"));
        }
        // A phase is left out with all others of the innermost `maybe` around it.
        let is_left_out = |place: usize| {
            let around = optional.iter().rfind(|optional| optional.contains(&place));
            around.is_some_and(|around| given[around.clone()].iter().all(Option::is_none))
        };
        match (0..*demands).find(|place| given[*place].is_none() && !is_left_out(*place)) {
            None => Ok(()),
            Some(place) => {
                let what = format!("number {} of `demands_ms` is null, but class `{name}` needs it", place + 1);
                Err((what, "write null only for phases inside `maybe`, for all of those of a branch that is not taken"))
            }
        }
    }
}

fn numbers(count: usize) -> String {
    if count == 1 { "1 number".to_owned() } else { format!("{count} numbers") }
}
