//! Levels that change over time, integrated exactly.

use serde::{Deserialize, Serialize};

use crate::model::SimTime;

/// A level that changes over time, integrated exactly.
///
/// Its integral until some end is the sum of (end - rise) over all rises, minus that of (end - fall) over all falls. So
/// the instants are added up, and the end is applied once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    start: SimTime,
    level: u64,
    /// The sum of the instants of all falls, minus that of all rises; it wraps.
    falls_less_rises: u128,
    max: u64,
}

impl Level {
    /// A level of 0 whose integral begins at that instant.
    pub const fn from(start: SimTime) -> Self {
        Self { start, level: 0, falls_less_rises: 0, max: 0 }
    }

    /// One more from now on.
    #[inline(always)]
    pub fn rise(&mut self, now: SimTime) {
        if now < self.start {
            self.change_before(self.level + 1);
            return;
        }
        self.level += 1;
        self.falls_less_rises = self.falls_less_rises.wrapping_sub(u128::from(now.as_nanos()));
        self.max = self.max.max(self.level);
    }

    /// One less from now on.
    #[inline(always)]
    pub fn fall(&mut self, now: SimTime) {
        if now < self.start {
            self.change_before(self.level - 1);
            return;
        }
        self.level -= 1;
        self.falls_less_rises = self.falls_less_rises.wrapping_add(u128::from(now.as_nanos()));
    }

    /// Another level before the integral begins: it is that of its beginning, until there is another.
    #[cold]
    fn change_before(&mut self, level: u64) {
        self.level = level;
        self.max = level;
        self.falls_less_rises = (u128::from(level) * u128::from(self.start.as_nanos())).wrapping_neg();
    }

    /// Sets the level from now on.
    pub fn set(&mut self, now: SimTime, level: u64) {
        while self.level < level {
            self.rise(now);
        }
        while self.level > level {
            self.fall(now);
        }
    }

    /// One more during that time, booked when it is over. Does not raise the highest level.
    #[inline]
    pub fn add_span(&mut self, start: SimTime, end: SimTime) {
        self.falls_less_rises = self.falls_less_rises.wrapping_add(self.counted(end) - self.counted(start));
    }

    /// Books an amount of level × time, in nanoseconds.
    pub fn add_area(&mut self, area: u128) {
        self.falls_less_rises = self.falls_less_rises.wrapping_add(area);
    }

    /// Raises the highest level, for what is booked in spans.
    #[inline]
    pub fn reach(&mut self, now: SimTime, level: u64) {
        if now >= self.start {
            self.max = self.max.max(level);
        }
    }

    /// The current level.
    pub const fn now(&self) -> u64 {
        self.level
    }

    /// Level × time in nanoseconds until `end`, and the highest level.
    pub fn integral(&self, end: SimTime) -> Usage {
        let area = u128::from(self.level) * self.counted(end);
        let max = if end >= self.start { self.max } else { 0 };
        Usage { area: area.wrapping_add(self.falls_less_rises), max }
    }

    /// An instant, moved to the start if it is before.
    #[inline]
    fn counted(&self, time: SimTime) -> u128 {
        u128::from(time.max(self.start).as_nanos())
    }
}

/// A level over the measured time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Level × time, in nanoseconds.
    pub area: u128,
    /// The highest level.
    pub max: u64,
}

impl Usage {
    /// Adds the level over another span of time to this.
    pub fn add(&mut self, other: Self) {
        self.area += other.area;
        self.max = self.max.max(other.max);
    }
}
