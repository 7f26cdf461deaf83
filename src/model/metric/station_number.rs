//! The numbers of a station where requests wait for a resource, by the names that objectives use.

use super::facts::MetricUnit::{Count, Share, Time};
use super::facts::Statistic::{Max, Mean, Percentile, Total};
use super::facts::{Direction, Facts, Population, Scope};

macro_rules! numbers {
    ($($variant:ident $name:literal $unit:ident $statistic:ident$(($per_mille:literal))? $about:literal,)*) => {
        /// A number of a station where requests wait.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum StationNumber {
            $(#[doc = $about] $variant),*
        }

        impl StationNumber {
            /// Every one, in the order of the results.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The part of its name that follows that of the station.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// What is known about it: a maximum grows with the length of a run, so it has no interval.
            pub const fn facts(self) -> Facts {
                let (unit, statistic) = match self {
                    $(Self::$variant => ($unit, $statistic$(($per_mille))?)),*
                };
                Facts {
                    unit,
                    direction: Direction::Lower,
                    statistic,
                    population: Population::Run,
                    has_interval: !matches!(statistic, Max),
                    scope: Scope::Run,
                }
            }
        }
    };
}

numbers! {
    Throttled "throttled" Share Mean "share of time during which the CPU quota is used up",
    InUseMean "in_use.mean" Count Mean "units in use, mean over time",
    InUseMax "in_use.max" Count Max "most units in use at one instant",
    WaitingMean "waiting.mean" Count Mean "waiting requests, mean over time",
    WaitingMax "waiting.max" Count Max "most waiting requests at one instant",
    WaitMean "wait.mean" Time Mean "mean wait of the requests that used the resource",
    WaitP50 "wait.p50" Time Percentile(500) "median wait",
    WaitP95 "wait.p95" Time Percentile(950) "95th percentile of waits",
    WaitP99 "wait.p99" Time Percentile(990) "99th percentile of waits",
    WaitProbability "wait.probability" Share Total "share of the requests that used the resource and had to wait for it",
}
