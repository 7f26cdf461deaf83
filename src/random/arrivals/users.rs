//! Users of a closed system.

use schemars::JsonSchema;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use crate::random::Distribution;

/// More users would not fit in memory, and could not be distinguished from open arrivals.
const MOST: u32 = 1_000_000;

/// Users who send a request, wait for its answer, think, and send the next one.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Users {
    /// Number of users; from 1 to a million.
    #[serde(deserialize_with = "number_of_users")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub count: u32,
    /// Think time of a user before the first request, and between an answer and the next request.
    pub think: Distribution,
}

impl Users {
    /// `factor` times as many users; at least one, at most a million.
    pub(super) fn scaled(&self, factor: f64) -> Self {
        let count = (f64::from(self.count) * factor).round() as u32;
        Self { count: count.clamp(1, MOST), think: self.think.clone() }
    }
}

fn number_of_users<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        0 => Err(Error::custom("`count` must be at least 1\nwrite a whole number from 1")),
        count if count > MOST => Err(Error::custom(format!("{count} users are too many\nwrite at most {MOST}"))),
        count => Ok(count),
    }
}
