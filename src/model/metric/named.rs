//! The metrics that every policy has under the same name.

use super::facts::Direction::{Higher, Lower};
use super::facts::MetricUnit::{Count, Rate, Ratio, Requests, Share, Time};
use super::facts::Population::{Answered, Arrived, Run, Taken};
use super::facts::Quantity::{OperationTime, ResponseTime, Slowdown};
use super::facts::Statistic::{Deviation, Max, Mean, Min, Part, Percentile, Total};
use super::facts::{Facts, Scope, Tail};
use crate::model::Activity;

macro_rules! has_interval {
    (interval) => {
        true
    };
    (none) => {
        false
    };
}

macro_rules! metrics {
    ($(
        $variant:ident $name:literal $unit:ident $direction:ident $statistic:ident$(($per_mille:literal))?
        $population:ident$(($quantity:ident))? $interval:ident $scope:ident $judged:literal => $about:literal,
    )*) => {
        /// A number that every policy has under the same name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Named {
            /// The mean time of a completed request that was spent on an activity.
            Breakdown(Activity),
            $(#[doc = $about] $variant),*
        }

        /// Every one but those of the breakdown.
        const LISTED: &[Named] = &[$(Named::$variant),*];

        impl Named {
            /// Its name in files and on the command line.
            pub const fn name(self) -> &'static str {
                match self {
                    Self::Breakdown(activity) => activity.metric_name(),
                    $(Self::$variant => $name),*
                }
            }

            /// What it is, in a few words.
            pub const fn about(self) -> &'static str {
                match self {
                    Self::Breakdown(activity) => activity.about_metric(),
                    $(Self::$variant => $about),*
                }
            }

            /// What is known about it.
            pub const fn facts(self) -> Facts {
                match self {
                    Self::Breakdown(_) => BREAKDOWN,
                    $(Self::$variant => Facts {
                        unit: $unit,
                        direction: $direction,
                        statistic: $statistic$(($per_mille))?,
                        population: $population$(($quantity))?,
                        has_interval: has_interval!($interval),
                        scope: Scope::$scope,
                    }),*
                }
            }

            /// Its place among those that are compared with a baseline; 0 if it is not compared.
            const fn judged(self) -> usize {
                match self {
                    Self::Breakdown(_) => 0,
                    $(Self::$variant => $judged),*
                }
            }
        }
    };
}

/// What is known about each part of the breakdown.
const BREAKDOWN: Facts = Facts {
    unit: Time,
    direction: Lower,
    statistic: Part,
    population: Answered(ResponseTime),
    has_interval: true,
    scope: Scope::Part,
};

// The list, in the order of the results. The short names are those of response times, which are used most. The columns: unit;
// which values are better; statistic and population; whether it has a confidence interval; of how small a part of the results
// it is known; its place among those that are compared with a baseline, or 0.
metrics! {
    Mean               "mean"                     Time     Lower  Mean            Answered(ResponseTime)  interval Class 1 => "mean response time",
    Stddev             "stddev"                   Time     Lower  Deviation       Answered(ResponseTime)  none     Class 0 => "standard deviation of response times",
    Min                "min"                      Time     Lower  Min             Answered(ResponseTime)  none     Class 0 => "shortest response time",
    P50                "p50"                      Time     Lower  Percentile(500) Arrived(ResponseTime)   interval Class 2 => "median response time",
    P90                "p90"                      Time     Lower  Percentile(900) Arrived(ResponseTime)   interval Class 0 => "90th percentile of response times",
    P95                "p95"                      Time     Lower  Percentile(950) Arrived(ResponseTime)   interval Class 3 => "95th percentile of response times",
    P99                "p99"                      Time     Lower  Percentile(990) Arrived(ResponseTime)   interval Class 4 => "99th percentile of response times",
    P999               "p999"                     Time     Lower  Percentile(999) Arrived(ResponseTime)   interval Class 0 => "99.9th percentile of response times",
    Max                "max"                      Time     Lower  Max             Arrived(ResponseTime)   none     Class 0 => "longest response time",
    SlowdownMean       "slowdown.mean"            Ratio    Lower  Mean            Answered(Slowdown)      interval Class 0 => "mean of response time / demand",
    SlowdownP50        "slowdown.p50"             Ratio    Lower  Percentile(500) Arrived(Slowdown)       interval Class 0 => "median slowdown",
    SlowdownP99        "slowdown.p99"             Ratio    Lower  Percentile(990) Arrived(Slowdown)       interval Class 0 => "99th percentile of slowdowns",
    SlowdownMax        "slowdown.max"             Ratio    Lower  Max             Arrived(Slowdown)       none     Class 0 => "largest slowdown",
    ErrorRate          "error_rate"               Share    Lower  Total           Run                     interval Class 6 => "share of requests that were rejected, timed out or failed",
    Arrived            "requests.arrived"         Requests Lower  Total           Run                     none     Class 0 => "requests that arrived",
    Completed          "requests.completed"       Requests Higher Total           Run                     none     Class 0 => "requests that were answered in time",
    Rejected           "requests.rejected"        Requests Lower  Total           Run                     none     Class 0 => "requests that were rejected because a queue was full",
    TimedOut           "requests.timed_out"       Requests Lower  Total           Run                     none     Class 0 => "requests whose clients gave up",
    Failed             "requests.failed"          Requests Lower  Total           Run                     none     Class 0 => "requests that ended with an error",
    Retried            "requests.retried"         Requests Lower  Total           Run                     none     Class 0 => "attempts after the first",
    InFlight           "requests.in_flight"       Requests Lower  Total           Run                     none     Class 0 => "requests still in the system at the end",
    WaitingMean        "waiting_time.mean"        Time     Lower  Mean            Taken                   interval Part  0 => "mean wait in the backlog",
    WaitingP50         "waiting_time.p50"         Time     Lower  Percentile(500) Taken                   interval Part  0 => "median wait in the backlog",
    WaitingP95         "waiting_time.p95"         Time     Lower  Percentile(950) Taken                   interval Part  0 => "95th percentile of waits in the backlog",
    WaitingP99         "waiting_time.p99"         Time     Lower  Percentile(990) Taken                   interval Part  0 => "99th percentile of waits in the backlog",
    WaitingProbability "waiting_time.probability" Share    Lower  Total           Taken                   interval Part  0 => "share of requests that waited in the backlog",
    InSystemMean       "in_system.mean"           Count    Lower  Mean            Run                     interval Run   0 => "requests in the system, mean over time",
    InSystemMax        "in_system.max"            Count    Lower  Max             Run                     none     Run   0 => "most requests in the system at one instant",
    Throughput         "throughput"               Rate     Higher Total           Run                     interval Part  5 => "requests served per second, whenever they arrived",
    Goodput            "goodput"                  Rate     Higher Total           Run                     interval Part  0 => "requests served per second while their clients still waited",
    Utilization        "utilization"              Share    Lower  Total           Run                     interval Run   0 => "utilization of the busiest of cores, workers, slots, threads, pools and backends",
    Cores              "utilization.cores"        Share    Lower  Total           Run                     interval Run   0 => "utilization of the cores",
    Workers            "utilization.workers"      Share    Lower  Total           Run                     interval Run   0 => "utilization of the workers, their GIL or loop",
    Slots              "utilization.slots"        Share    Lower  Total           Run                     interval Run   0 => "utilization of the slots",
    Threads            "utilization.threads"      Share    Lower  Total           Run                     interval Run   0 => "utilization of the threads of the loops' pools",
    OperationMean      "operation_time.mean"      Time     Lower  Mean            Answered(OperationTime) interval Part  0 => "mean time from the first attempt to the answer",
    OperationStddev    "operation_time.stddev"    Time     Lower  Deviation       Answered(OperationTime) none     Part  0 => "standard deviation of times from the first attempt to the answer",
    OperationMin       "operation_time.min"       Time     Lower  Min             Answered(OperationTime) none     Part  0 => "shortest time from the first attempt to the answer",
    OperationP50       "operation_time.p50"       Time     Lower  Percentile(500) Arrived(OperationTime)  interval Part  0 => "median time from the first attempt to the answer",
    OperationP90       "operation_time.p90"       Time     Lower  Percentile(900) Arrived(OperationTime)  interval Part  0 => "90th percentile of times from the first attempt to the answer",
    OperationP95       "operation_time.p95"       Time     Lower  Percentile(950) Arrived(OperationTime)  interval Part  0 => "95th percentile of times from the first attempt to the answer",
    OperationP99       "operation_time.p99"       Time     Lower  Percentile(990) Arrived(OperationTime)  interval Part  0 => "99th percentile of times from the first attempt to the answer",
    OperationP999      "operation_time.p999"      Time     Lower  Percentile(999) Arrived(OperationTime)  interval Part  0 => "99.9th percentile of times from the first attempt to the answer",
    OperationMax       "operation_time.max"       Time     Lower  Max             Arrived(OperationTime)  none     Part  0 => "longest time from the first attempt to the answer",
    Amplification      "amplification"            Ratio    Lower  Total           Run                     interval Part  0 => "arrivals / arrivals that are not retries",
    Events             "events"                   Count    Lower  Total           Run                     none     Run   0 => "phase starts and ends",
}

impl Named {
    /// Every one, in the order of the results: the breakdown follows the numbers of requests.
    pub const ALL: &[Self] = &all();

    /// Those that are compared with a baseline.
    pub const JUDGED: &[Self] = &judged();

    /// The percentiles and maxima that objectives ask of every request that arrived.
    pub fn tails() -> impl Iterator<Item = (Self, Tail)> {
        Self::ALL.iter().filter_map(|named| Some((*named, named.facts().tail()?)))
    }
}

const fn all() -> [Named; LISTED.len() + Activity::COUNT] {
    let mut all = [Named::Mean; LISTED.len() + Activity::COUNT];
    let (mut from, mut to) = (0, 0);
    while from < LISTED.len() {
        all[to] = LISTED[from];
        to += 1;
        let mut activity = 0;
        while activity < Activity::COUNT && matches!(LISTED[from], Named::InFlight) {
            all[to] = Named::Breakdown(Activity::ALL[activity]);
            (to, activity) = (to + 1, activity + 1);
        }
        from += 1;
    }
    all
}

const JUDGED_COUNT: usize = {
    let (mut place, mut count) = (0, 0);
    while place < LISTED.len() {
        count += (LISTED[place].judged() > 0) as usize;
        place += 1;
    }
    count
};

/// By their places; a gap among these does not compile.
const fn judged() -> [Named; JUDGED_COUNT] {
    let mut judged = [Named::Mean; JUDGED_COUNT];
    let mut place = 0;
    while place < LISTED.len() {
        if let Some(index) = LISTED[place].judged().checked_sub(1) {
            judged[index] = LISTED[place];
        }
        place += 1;
    }
    judged
}
