//! Descriptions of measured cases, and what is wrong with them.

use crate::study::{BadObservations, NotReplayable};

/// The description of the scenario that predicts a case.
pub fn case_description(name: &str) -> String {
    format!("{name}: requests that were sent to a real server; its response times are in a separate file.")
}

/// Why a case cannot be compared with its observations.
pub fn not_replayable(why: NotReplayable) -> String {
    match why {
        NotReplayable::DifferentRequests { sent, observed } => {
            format!("{sent} requests are sent, and {observed} were observed")
        }
        NotReplayable::NoAnswerPredicted => "no request is answered".to_owned(),
        NotReplayable::NoAnswerObserved => "no request was answered in one of the repeats".to_owned(),
    }
}

/// What is wrong with a table of observations.
pub fn bad_observations(bad: &BadObservations) -> String {
    match bad {
        BadObservations::Empty => "it is empty".to_owned(),
        BadObservations::Headings => {
            "line 1: expected the headings `request,rep1`, and one more for each repeat".to_owned()
        }
        BadObservations::Number { line, expected } => {
            format!("line {line}: expected request {expected}, requests are numbered in order")
        }
        BadObservations::Times { line, expected, found } => {
            format!("line {line}: expected {expected} times, found {found}")
        }
        BadObservations::Time { line, cell } => format!("line {line}: `{cell}` is not a time in ms"),
    }
}
