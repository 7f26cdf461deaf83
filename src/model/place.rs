//! Where requests wait and where they are served.

use super::{Activity, BackendId, Resource};

/// A place where a request waits, or is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// The queue of requests that no worker has taken.
    Backlog,
    /// The event loop of its worker.
    Loop,
    /// The lock of its worker: the GIL, or the worker itself where no two of its requests run at once.
    Lock,
    /// The cores of the machine.
    Cores,
    /// The machine's CPU quota, once it is used up: until the next period.
    CpuLimit,
    /// The thread pool of its worker's loop.
    Threads,
    /// The connection pool of a backend.
    Pool(BackendId),
    /// A connection of a backend's pool, which is being opened for the request.
    Opening(BackendId),
    /// A backend.
    Backend(BackendId),
}

impl Place {
    /// The activity of a request that waits there.
    pub const fn wait(self) -> Activity {
        match self.resource() {
            None => Activity::BacklogWait,
            Some(resource) => resource.activity(),
        }
    }

    /// The backend to which it belongs.
    pub const fn backend(self) -> Option<BackendId> {
        match self {
            Self::Pool(backend) | Self::Opening(backend) | Self::Backend(backend) => Some(backend),
            Self::Backlog | Self::Loop | Self::Lock | Self::Cores | Self::CpuLimit | Self::Threads => None,
        }
    }

    /// What a request waits for there; `None` if no worker has taken it yet.
    pub const fn resource(self) -> Option<Resource> {
        match self {
            Self::Backlog => None,
            Self::Loop | Self::Lock => Some(Resource::Turn),
            Self::Cores => Some(Resource::Core),
            Self::CpuLimit => Some(Resource::CpuLimit),
            Self::Threads => Some(Resource::Thread),
            Self::Pool(backend) | Self::Opening(backend) => Some(Resource::Connection(backend)),
            Self::Backend(backend) => Some(Resource::Query(backend)),
        }
    }
}
