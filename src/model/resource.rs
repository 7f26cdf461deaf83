//! What requests wait for when there is too little of it.

use serde::{Deserialize, Serialize};

use super::{Activity, BackendId};

macro_rules! resources {
    (
        once { $($(#[$about:meta])* $variant:ident $name:literal $activity:ident,)* }
        of_each_backend { $($(#[$about_of:meta])* $variant_of:ident $name_of:literal $activity_of:ident,)* }
    ) => {
        /// What a request can wait for, once a worker has taken it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum Resource {
            $($(#[$about])* $variant,)*
            $($(#[$about_of])* $variant_of(BackendId),)*
        }

        /// Those that exist once.
        const ONCE: &[Resource] = &[$(Resource::$variant),*];
        /// Those of a backend.
        const OF_EACH_BACKEND: &[fn(BackendId) -> Resource] = &[$(Resource::$variant_of),*];

        impl Resource {
            /// What the names of their stations begin with, in the order of reports.
            pub const GROUPS: &[&str] = &[$($name,)* $($name_of),*];

            /// What the name of its station begins with.
            pub const fn group(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    $(Self::$variant_of(_) => $name_of,)*
                }
            }

            /// The backend that it belongs to, if it belongs to one.
            pub const fn backend(self) -> Option<BackendId> {
                match self {
                    $(Self::$variant => None,)*
                    $(Self::$variant_of(id) => Some(id),)*
                }
            }

            /// The activity of a request that waits for it.
            pub const fn activity(self) -> Activity {
                match self {
                    $(Self::$variant => Activity::$activity,)*
                    $(Self::$variant_of(_) => Activity::$activity_of,)*
                }
            }
        }
    };
}

// The list, in the order of reports: the name of the station, and the activity of a request that waits there.
resources! {
    once {
        /// The turn to run in its worker: the GIL, or the event loop.
        Turn "turn" RunQueueWait,
        /// A core of the machine.
        Core "cores" RunQueueWait,
        /// The next period of the machine's CPU quota, once it is used up.
        CpuLimit "cpu_limit" RunQueueWait,
        /// A thread of the loop's thread pool.
        Thread "threads" ThreadWait,
    }
    of_each_backend {
        /// A connection to a backend.
        Connection "pool" PoolWait,
        /// One of the queries that a backend runs at once.
        Query "backend" BackendWait,
    }
}

impl Resource {
    /// Every one there can be with that many backends, in the order of reports.
    pub fn all(backends: usize) -> Vec<Self> {
        let ids = move || (0..backends).map(|id| BackendId(id as u16));
        let of_backends = OF_EACH_BACKEND.iter().flat_map(|of| ids().map(of));
        ONCE.iter().copied().chain(of_backends).collect()
    }

    /// The one whose station has that name; `backend` finds the backends by name.
    pub fn named(name: &str, backend: impl Fn(&str) -> Option<BackendId>) -> Option<Self> {
        match name.split_once('.') {
            None => ONCE.iter().copied().find(|resource| resource.group() == name),
            Some((group, of)) => {
                let of_backend = OF_EACH_BACKEND.iter().find(|of| of(BackendId(0)).group() == group)?;
                backend(of).map(of_backend)
            }
        }
    }

    /// The name of its station in files; `backends` are the names of the scenario's backends.
    pub fn name(self, backends: &[&str]) -> String {
        match self.backend() {
            None => self.group().to_owned(),
            Some(id) => format!("{}.{}", self.group(), backends[usize::from(id.0)]),
        }
    }

    /// Whether the names of the stations of a group end with the name of a backend.
    pub fn is_of_backends(group: &str) -> bool {
        OF_EACH_BACKEND.iter().any(|of| of(BackendId(0)).group() == group)
    }
}
