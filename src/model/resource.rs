//! What requests wait for when there is too little of it.

use super::{Activity, BackendId};

/// What a request can wait for, once a worker has taken it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Resource {
    /// The turn to run in its worker: the GIL, or the event loop.
    Turn,
    /// A core of the machine.
    Core,
    /// A thread beside the event loop.
    Thread,
    /// A connection to a backend.
    Connection(BackendId),
    /// One of the queries that a backend runs at once.
    Query(BackendId),
}

impl Resource {
    /// Every one there can be with that many backends, in the order of reports.
    pub fn all(backends: usize) -> Vec<Self> {
        let ids = move || (0..backends).map(|id| BackendId(id as u16));
        let own = [Self::Turn, Self::Core, Self::Thread];
        own.into_iter().chain(ids().map(Self::Connection)).chain(ids().map(Self::Query)).collect()
    }

    /// The one whose station has that name, where `backend` knows the backends by name.
    pub fn named(name: &str, backend: impl Fn(&str) -> Option<BackendId>) -> Option<Self> {
        match name.split_once('.') {
            None => [Self::Turn, Self::Core, Self::Thread].into_iter().find(|resource| resource.name(&[]) == name),
            Some(("pool", of)) => backend(of).map(Self::Connection),
            Some(("backend", of)) => backend(of).map(Self::Query),
            Some(_) => None,
        }
    }

    /// What the time of a request that waits for it is booked as.
    pub const fn activity(self) -> Activity {
        match self {
            Self::Turn | Self::Core => Activity::RunQueueWait,
            Self::Thread => Activity::ThreadWait,
            Self::Connection(_) => Activity::PoolWait,
            Self::Query(_) => Activity::BackendWait,
        }
    }

    /// The name of its station in files; `backends` are the names of the scenario's.
    pub fn name(self, backends: &[&str]) -> String {
        match self {
            Self::Turn => "turn".to_owned(),
            Self::Core => "cores".to_owned(),
            Self::Thread => "threads".to_owned(),
            Self::Connection(id) => format!("pool.{}", backends[usize::from(id.0)]),
            Self::Query(id) => format!("backend.{}", backends[usize::from(id.0)]),
        }
    }
}
