//! Reasons for requests to end without an answer, and counts by reason.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

macro_rules! reasons {
    (
        $(#[$about_reason:meta])* $reason:ident
        $(#[$about_counts:meta])* $counts:ident
        { $($(#[$of_count:meta])* $variant:ident $field:ident $about:literal,)* }
    ) => {
        $(#[$about_reason])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $reason {
            $(#[doc = $about] $variant),*
        }

        impl $reason {
            /// Every one, in the order of reports.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name in files.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($field)),* }
            }

            /// What it is, in a few words.
            pub const fn about(self) -> &'static str {
                match self { $(Self::$variant => $about),* }
            }
        }

        $(#[$about_counts])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
        pub struct $counts {
            $(#[doc = $about] $(#[$of_count])* pub $field: u64),*
        }

        impl $counts {
            /// The counts under these names; those that are not there are 0.
            fn named(counts: BTreeMap<String, u64>) -> Option<Self> {
                let mut all = Self::default();
                for (name, count) in counts {
                    let reason = $reason::ALL.iter().find(|reason| reason.name() == name)?;
                    all.count_many(*reason, count);
                }
                Some(all)
            }

            /// Counts one more for a reason.
            pub const fn count(&mut self, reason: $reason) {
                self.count_many(reason, 1);
            }

            /// Counts this many more for a reason.
            pub const fn count_many(&mut self, reason: $reason, count: u64) {
                match reason { $($reason::$variant => self.$field += count),* }
            }

            /// The count for a reason.
            pub const fn of(&self, reason: $reason) -> u64 {
                match reason { $($reason::$variant => self.$field),* }
            }

            /// Adds the counts of `other`.
            pub const fn add(&mut self, other: Self) {
                $(self.$field += other.$field;)*
            }

            /// The count for all reasons together.
            pub const fn total(&self) -> u64 {
                0 $(+ self.$field)*
            }

            /// Whether there are none.
            pub const fn is_empty(&self) -> bool {
                self.total() == 0
            }
        }

        impl<'de> Deserialize<'de> for $counts {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let counts = BTreeMap::deserialize(deserializer)?;
                Self::named(counts).ok_or_else(|| D::Error::custom("there is no such reason"))
            }
        }
    };
}

/// Lets serde omit a count of 0.
fn is_zero(count: &u64) -> bool {
    *count == 0
}

// The lists: a new reason is one line here. Those that were added after the first version are omitted from files while
// their count is 0.
reasons! {
    /// Why a request failed.
    Failure
    /// Failed requests, by reason.
    FailedBy {
        AcquireTimeout acquire_timeout "no connection within `acquire_timeout`",
        CallTimeout call_timeout "a call took longer than its `timeout`",
        BackendDown backend_down "the backend was down",
        BackendError backend_error "a call ended with an error",
        WorkerRestart worker_restart "the worker restarted",
        #[serde(skip_serializing_if = "is_zero")]
        WorkerKilled worker_killed "the worker was silent for `worker_timeout` and was killed",
    }
}

reasons! {
    /// Why a request was rejected.
    Rejection
    /// Rejected requests, by reason.
    RejectedBy {
        Backlog backlog "the backlog was full",
        #[serde(skip_serializing_if = "is_zero")]
        Limit limit "too many requests were in progress",
    }
}
