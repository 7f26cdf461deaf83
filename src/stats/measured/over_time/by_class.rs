//! The response times of each class in windows of time, for pictures.

use serde::{Deserialize, Serialize};

use super::OverTime;
use super::times::Times;
use crate::engine::{Departure, Observer, Outcome};
use crate::model::SimTime;
use crate::stats::measured::windows::{Window, Windows};
use crate::stats::results::TimeWindow;

/// Watches the response times of each class, window by window.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ClassTimes {
    origin: SimTime,
    /// The windows of each class; none if it watches nothing.
    classes: Vec<Windows<Times>>,
}

impl Window for Times {
    fn add(&mut self, other: &Self) {
        self.merge(other);
    }

    fn next(&self) -> Self {
        Self::next(self)
    }
}

impl ClassTimes {
    /// Of this many classes, in a run whose measured time begins at that instant; of none, it watches nothing.
    pub fn new(classes: usize, origin: SimTime) -> Self {
        Self { origin, classes: vec![Windows::new(super::MOST); classes] }
    }

    /// Adds what was seen of another replication.
    pub fn merge(&mut self, other: &Self) {
        self.classes.iter_mut().zip(&other.classes).for_each(|(windows, more)| windows.merge(more));
    }

    /// Whether this, which was stored, can be of a run like another.
    pub fn fits(&self, like: &Self) -> bool {
        let are_alike = |(own, like): (&Windows<Times>, &Windows<Times>)| own.fits(like);
        self.origin == like.origin
            && self.classes.len() == like.classes.len()
            && self.classes.iter().zip(&like.classes).all(are_alike)
    }

    /// The percentiles of each class in the windows of all requests.
    pub fn windows(&self, all: &OverTime) -> Vec<Vec<TimeWindow>> {
        self.classes.iter().map(|windows| of_class(windows.clone(), all)).collect()
    }
}

/// The percentiles of a class in the windows of all requests, which are at least as wide as its own.
fn of_class(mut windows: Windows<Times>, all: &OverTime) -> Vec<TimeWindow> {
    while windows.width() < all.windows.width() {
        windows.join_pairs();
    }
    let count = all.windows.list().len();
    let mut list = std::mem::take(windows.list_mut());
    // What arrived at the last instant belongs to the window that ends there.
    let beyond = list.split_off(count.min(list.len()));
    list.resize(count, Times::default());
    if let Some(last) = list.last_mut() {
        beyond.iter().for_each(|window| last.add(window));
    }
    let millis = |nanos: u64| nanos as f64 / 1e6;
    let result = |(place, times): (usize, &Times)| TimeWindow {
        start_ms: all.start_of(place).as_millis(),
        end_ms: all.start_of(place + 1).min(all.end).as_millis(),
        p50_ms: times.percentile(500).map(millis),
        p95_ms: times.percentile(950).map(millis),
        ..TimeWindow::default()
    };
    list.iter().enumerate().map(result).collect()
}

impl Observer for ClassTimes {
    fn watches_departures(&self) -> bool {
        !self.classes.is_empty()
    }

    fn on_departures(&mut self, departures: &[Departure]) {
        for departure in departures {
            let Departure { entrance, counts, outcome, .. } = departure;
            let Some(windows) = self.classes.get_mut(usize::from(entrance.class.0)) else { continue };
            if *counts && *outcome == Outcome::Completed {
                let place = windows.place((entrance.arrival.max(self.origin) - self.origin).as_nanos());
                windows.list_mut()[place].record_one(departure.response_time().as_nanos());
            }
        }
    }
}
