//! The activities on which a request's time is spent, and the breakdown of a time into them.

use std::iter::Sum;

use schemars::JsonSchema;
use serde::Serialize;

/// What kind of time an activity is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActivityGroup {
    /// Waiting because of other requests.
    Wait,
    /// Working on the CPU.
    Cpu,
    /// Off the CPU as part of the request's demand: a backend works, or the request sleeps.
    Away,
}

impl ActivityGroup {
    /// Every group, in the order of reports.
    pub const ALL: [Self; 3] = [Self::Wait, Self::Cpu, Self::Away];

    /// What a request is doing meanwhile.
    pub const fn doing(self) -> &'static str {
        match self {
            Self::Wait => "waiting in line",
            Self::Cpu => "working on the CPU",
            Self::Away => "away at a backend or asleep",
        }
    }

    /// The sum over the activities of the group of what was spent on each, in the order of [`Activity::ALL`].
    #[inline]
    pub fn total<T: Copy + Sum>(self, spent: &[T; Activity::COUNT]) -> T {
        Activity::ALL.iter().filter(|activity| activity.group() == self).map(|activity| spent[*activity as usize]).sum()
    }
}

macro_rules! activities {
    ($($variant:ident {
        name: $name:ident, group: $group:ident, rank: $rank:literal, color: $color:literal, dark: $dark:literal,
        about: $about:literal,
        metric: $metric:literal, column: $column:literal, doing: $doing:literal, legend: $legend:literal,
    })*) => {
        /// What a request spends its time on. The parts of a response time add up to it, to the nanosecond.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum Activity {
            $(#[doc = $about] $variant),*
        }

        impl Activity {
            /// How many activities there are.
            pub const COUNT: usize = [$(stringify!($name)),*].len();

            /// Every activity, in the order of files.
            pub const ALL: [Self; Self::COUNT] = [$(Self::$variant),*];

            /// The name in files.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($name)),* }
            }

            /// The name of the metric: its mean per completed request.
            pub const fn metric_name(self) -> &'static str {
                match self { $(Self::$variant => concat!("breakdown.", stringify!($name))),* }
            }

            /// What the metric is, in a few words.
            pub const fn about_metric(self) -> &'static str {
                match self { $(Self::$variant => $metric),* }
            }

            /// What kind of time it is.
            pub const fn group(self) -> ActivityGroup {
                match self { $(Self::$variant => ActivityGroup::$group),* }
            }

            const fn rank(self) -> u8 {
                match self { $(Self::$variant => $rank),* }
            }

            /// Its colour in pictures on a light ground, as 0xRRGGBB.
            pub const fn color(self) -> u32 {
                match self { $(Self::$variant => $color),* }
            }

            /// Its colour in pictures on a dark ground.
            pub const fn dark_color(self) -> u32 {
                match self { $(Self::$variant => $dark),* }
            }

            /// The heading of its column, below that of its group.
            pub const fn column(self) -> &'static str {
                match self { $(Self::$variant => $column),* }
            }

            /// What a request is doing meanwhile.
            pub const fn doing(self) -> &'static str {
                match self { $(Self::$variant => $doing),* }
            }

            /// Its entry in a legend, after "a request" or "stands in line".
            pub const fn legend(self) -> &'static str {
                match self { $(Self::$variant => $legend),* }
            }
        }

        /// A time broken down into activities.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
        pub struct Breakdown {
            $(#[doc = $about] pub $name: Option<f64>),*
        }

        impl From<[Option<f64>; Activity::COUNT]> for Breakdown {
            /// The parts in the order of [`Activity::ALL`].
            fn from(parts: [Option<f64>; Activity::COUNT]) -> Self {
                let [$($name),*] = parts;
                Self { $($name),* }
            }
        }

        impl Breakdown {
            /// The part spent on an activity.
            pub const fn of(&self, activity: Activity) -> Option<f64> {
                match activity { $(Activity::$variant => self.$name),* }
            }
        }
    };
}

// The list, in the order of files: new activities come last. `rank` is the order within reports.
activities! {
    BacklogWait {
        name: backlog_wait, group: Wait, rank: 1, color: 0xd3_2a_2a, dark: 0xff_6b_5e,
        about: "Accepted, but not yet taken by a worker.",
        metric: "mean wait in the backlog of a completed request",
        column: "backlog",
        doing: "waiting in the backlog",
        legend: "in the backlog",
    }
    RunQueueWait {
        name: run_queue_wait, group: Wait, rank: 2, color: 0xc4_60_00, dark: 0xf5_a0_3c,
        about: "Ready to run, waiting for a core, the GIL or the loop.",
        metric: "mean wait for a core, the GIL or the loop",
        column: "run queue",
        doing: "ready, waiting for a core, the GIL or the loop",
        legend: "for a core, the GIL or the loop",
    }
    PoolWait {
        name: pool_wait, group: Wait, rank: 4, color: 0x7d_1f_4a, dark: 0xd9_78_a8,
        about: "Waiting for a connection.",
        metric: "mean wait for a connection",
        column: "pool",
        doing: "waiting for a connection",
        legend: "for a connection",
    }
    BackendWait {
        name: backend_wait, group: Wait, rank: 5, color: 0xd9_4a_6a, dark: 0xff_9a_b0,
        about: "Holding a connection, waiting until the backend starts the query.",
        metric: "mean wait until a backend starts the query",
        column: "backend",
        doing: "waiting for the backend to start the query",
        legend: "at the backend",
    }
    Framework {
        name: framework, group: Cpu, rank: 6, color: 0x0b_4d_31, dark: 0x2f_9a_6a,
        about: "CPU work in code that the application's authors cannot change.",
        metric: "mean CPU work in framework code",
        column: "framework",
        doing: "running framework code",
        legend: "framework code",
    }
    Compute {
        name: compute, group: Cpu, rank: 7, color: 0x2e_9c_66, dark: 0x86_dc_b0,
        about: "CPU work in the application's own code.",
        metric: "mean CPU work in the application's own code",
        column: "compute",
        doing: "running its own code",
        legend: "own code",
    }
    Backend {
        name: backend, group: Away, rank: 8, color: 0x3f_7f_c4, dark: 0x5b_9f_e6,
        about: "A backend is working on the query.",
        metric: "mean time during which backends work on queries",
        column: "backend",
        doing: "waiting for the database or another backend",
        legend: "waits for database or backend",
    }
    Sleep {
        name: sleep, group: Away, rank: 9, color: 0x7d_87_93, dark: 0x8d_97_a3,
        about: "A plain delay.",
        metric: "mean plain delay",
        column: "sleep",
        doing: "sleeping",
        legend: "sleeps",
    }
    ThreadWait {
        name: thread_wait, group: Wait, rank: 3, color: 0xa2_3b_b0, dark: 0xcf_8a_e0,
        about: "Waiting for a thread of the loop's thread pool.",
        metric: "mean wait for a thread of the loop's thread pool",
        column: "thread",
        doing: "waiting for a thread of the pool",
        legend: "for a thread",
    }
}

impl Activity {
    /// Every activity, in the order of reports: group by group, and in a group in the order in which a request meets them.
    pub fn ranked() -> [Self; Self::COUNT] {
        let mut all = Self::ALL;
        all.sort_by_key(|activity| activity.rank());
        all
    }

    /// Whether a worker has taken the request, which waits off the CPU: for a connection, for a backend, or asleep.
    pub const fn is_off_the_cpu(self) -> bool {
        match self {
            Self::PoolWait | Self::BackendWait | Self::Backend | Self::Sleep => true,
            Self::BacklogWait | Self::RunQueueWait | Self::ThreadWait | Self::Framework | Self::Compute => false,
        }
    }
}

impl Breakdown {
    /// The sum of its parts; `None` if it has none.
    pub fn total(&self) -> Option<f64> {
        Activity::ranked().into_iter().filter_map(|activity| self.of(activity)).reduce(|sum, part| sum + part)
    }

    /// The sum of the parts in a group of activities.
    pub fn total_of(&self, group: ActivityGroup) -> f64 {
        let of_group = Activity::ranked().into_iter().filter(|activity| activity.group() == group);
        of_group.filter_map(|activity| self.of(activity)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_distinct_and_follow_the_groups() {
        let ranked = Activity::ranked();
        assert!(ranked.windows(2).all(|pair| pair[0].rank() < pair[1].rank()));
        let groups: Vec<_> = ranked.iter().map(|activity| activity.group()).collect();
        let in_order = ActivityGroup::ALL.into_iter().flat_map(|group| groups.iter().filter(move |one| **one == group));
        assert!(in_order.eq(&groups));
    }

    #[test]
    fn a_breakdown_holds_its_parts_under_their_names() {
        let parts = Activity::ALL.map(|activity| Some(f64::from(activity.rank())));
        let breakdown = Breakdown::from(parts);
        assert_eq!(Activity::ALL.map(|activity| breakdown.of(activity)), parts);
        let written = serde_json::to_value(breakdown).unwrap();
        let names: Vec<_> = written.as_object().unwrap().keys().cloned().collect();
        assert_eq!(names, Activity::ALL.map(Activity::name));
        for activity in Activity::ALL {
            assert_eq!(written[activity.name()], f64::from(activity.rank()));
        }
        let groups: f64 = ActivityGroup::ALL.into_iter().map(|group| breakdown.total_of(group)).sum();
        assert_eq!(breakdown.total(), Some(groups));
    }
}
