//! Lanes: what single requests did, to one scale of time for all of them.

use crate::model::ActivityGroup;

/// A lane per request, in groups.
#[derive(Clone, Debug, PartialEq)]
pub struct Lanes {
    /// What they show.
    pub title: String,
    /// The groups, in order; each has a lane.
    pub groups: Vec<LaneGroup>,
    /// Where the scale begins.
    pub start_ms: f64,
    /// Where it ends; after it begins.
    pub end_ms: f64,
}

/// Lanes under a name.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneGroup {
    /// Whose requests they are.
    pub name: String,
    /// The lanes, in order.
    pub lanes: Vec<Lane>,
}

/// What one request did.
#[derive(Clone, Debug, PartialEq)]
pub struct Lane {
    /// Its name.
    pub name: String,
    /// Its stretches, in order of time, without holes.
    pub stretches: Vec<Stretch>,
    /// What stands behind it.
    pub label: String,
}

/// A stretch of time that a request spent in one way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stretch {
    /// In which way.
    pub group: ActivityGroup,
    /// When it begins.
    pub start_ms: f64,
    /// When it ends.
    pub end_ms: f64,
}
