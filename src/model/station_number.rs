//! The numbers of a station where requests wait for a resource, by the names that objectives give them.

use super::MetricUnit;
use super::metric::percentile_of;

macro_rules! numbers {
    ($($variant:ident $name:literal $unit:ident $has_interval:literal $about:literal,)*) => {
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

            /// What it is measured in.
            pub const fn unit(self) -> MetricUnit {
                match self { $(Self::$variant => MetricUnit::$unit),* }
            }

            /// Whether independent runs give it an interval.
            pub const fn has_interval(self) -> bool {
                match self { $(Self::$variant => $has_interval),* }
            }
        }
    };
}

numbers! {
    InUseMean "in_use.mean" Count true "how many are in use, mean over time",
    InUseMax "in_use.max" Count false "most in use at one instant",
    WaitingMean "waiting.mean" Count true "requests that wait, mean over time",
    WaitingMax "waiting.max" Count false "most requests that wait at one instant",
    WaitMean "wait.mean" Time true "mean wait of the requests that asked",
    WaitP50 "wait.p50" Time true "median wait",
    WaitP95 "wait.p95" Time true "95th percentile of waits",
    WaitP99 "wait.p99" Time true "99th percentile of waits",
    WaitProbability "wait.probability" Share true "share of the requests that asked and had to wait",
}

impl StationNumber {
    /// The percentile that it is, in thousandths.
    pub fn per_mille(self) -> Option<u64> {
        percentile_of(self.name())
    }
}
