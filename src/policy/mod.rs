//! Execution policies: how the workers of an application run requests. One file each.
//!
//! A policy answers questions; the engine reads the answers once, before the run, as [`Rules`]. A preset (in `presets/`)
//! is a policy in a product's own words; it stands for a plain one, and gives that one's answers.

mod r#async;
mod overhead;
mod presets;
mod sync;
mod threaded;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::r#async::{Async, AsyncThreadPool};
pub use self::overhead::OverheadForm;
pub use self::presets::*;
pub use self::sync::Sync;
pub use self::threaded::{SwitchInterval, Threaded};
use crate::engine::{BlockingWaits, Queueing, Rules, ThreadPool, Timers};
use crate::model::{KnownClient, Overhead, SimDuration};

/// What runs a request, as reports call it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Runner {
    /// A worker process, which stays with one request through its waits.
    #[default]
    Worker,
    /// A thread of a worker, which does.
    Thread,
    /// The event loop of a worker, which is free while its requests wait.
    Loop,
}

/// How many requests a worker has in progress at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slots {
    /// At most that many.
    Fixed(u32),
    /// As many as come.
    Unlimited,
}

/// The questions that the engine asks. Every one but the first three has a default.
pub trait Policy {
    /// The name given in the scenario, if any.
    fn name(&self) -> Option<&str>;

    /// How many worker processes there are.
    fn workers(&self) -> u32;

    /// How many requests a worker has in progress at once.
    fn slots(&self) -> Slots;

    /// What runs a request, as reports call it.
    fn runner(&self) -> Runner {
        Runner::Thread
    }

    /// How many of them run at the same instant, cores permitting.
    fn running_at_once(&self) -> u32 {
        1
    }

    /// After how long a running request hands over to a ready one of the same worker; `None`: at the end of its burst.
    fn hand_over_interval(&self) -> Option<SimDuration> {
        None
    }

    /// Which waits hold what runs the request, so that nothing else of the worker runs meanwhile.
    fn blocking_waits(&self) -> BlockingWaits {
        BlockingWaits::None
    }

    /// Whether parallel waits of a request go on at the same time; otherwise one after another.
    fn gathers(&self) -> bool {
        false
    }

    /// Threads beside the loop of each worker.
    fn thread_pool(&self) -> Option<ThreadPool> {
        None
    }

    /// Where requests wait that no worker has taken.
    fn queueing(&self) -> Queueing {
        Queueing::default()
    }

    /// CPU time of the application server itself, for each request.
    fn overhead(&self) -> Overhead {
        Overhead::NONE
    }

    /// Whether a thread that comes to write its response gives the lock to a ready one first.
    fn yields_to_respond(&self) -> bool {
        false
    }

    /// On what a loop's sleeps end; `None`: when they should.
    fn timers(&self) -> Option<Timers> {
        None
    }

    /// The client of a database that was measured with the product; `None`: none was.
    fn measured_client(&self) -> Option<KnownClient> {
        None
    }

    /// The plain policy that it stands for, if it is a preset.
    fn stands_for(&self) -> Option<StandsFor> {
        None
    }

    /// How requests are to find their worker, where a preset's product has a choice.
    fn dispatch(&self) -> DispatchChoice {
        DispatchChoice::default()
    }

    /// Whether the next ready request of a worker goes on on the core of the last: one loop runs them all.
    fn keeps_core(&self) -> bool {
        false
    }
}

macro_rules! policies {
    ($($(#[$doc:meta])* $kind:literal => $variant:ident),* $(,)?) => {
        /// A policy as scenario files write it: `{ "threaded": { "workers": 2, "threads": 4 } }`.
        #[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum PolicyChoice {
            $($(#[$doc])* $variant($variant)),*
        }

        impl PolicyChoice {
            /// Every kind of policy, in the order of the list.
            pub const KINDS: &[&str] = &[$($kind),*];

            /// The kind, as scenario files write it.
            pub const fn kind(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $kind),*
                }
            }

            fn policy(&self) -> &dyn Policy {
                match self {
                    $(Self::$variant(policy) => policy),*
                }
            }
        }
    };
}

// The list: a new policy is a file in this folder and a line here.
policies! {
    /// Each worker serves one request at a time and waits with it.
    "sync" => Sync,
    /// Each worker has a fixed pool of threads, one request per thread.
    "threaded" => Threaded,
    /// Each worker has one event loop, which goes on with another request whenever one waits.
    "async" => Async,
    /// gunicorn: Python under WSGI, with a worker a request (`sync`) or a pool of threads in each (`gthread`).
    "gunicorn" => Gunicorn,
    /// uvicorn: Python under ASGI, an event loop in each worker.
    "uvicorn" => Uvicorn,
    /// FastAPI on uvicorn whose handlers are plain functions: the loop hands each to a pool of threads.
    "fastapi_threadpool" => FastapiThreadpool,
    /// waitress: Python under WSGI, one process with threads behind one that talks to the network.
    "waitress" => Waitress,
    /// Node: JavaScript on an event loop in each worker.
    "node" => Node,
    /// Puma: Ruby under its global VM lock, with threads in each worker.
    "puma" => Puma,
    /// Tomcat: Java, one process whose threads run at the same time.
    "tomcat" => Tomcat,
    /// Go's net/http: a goroutine for each request, on all cores.
    "go" => Go,
}

impl PolicyChoice {
    /// The policy's name: its own, or else its kind.
    pub fn name(&self) -> &str {
        self.policy().name().unwrap_or(self.kind())
    }

    /// What runs a request, as reports call it.
    pub fn runner(&self) -> Runner {
        self.policy().runner()
    }

    /// The plain policy that it stands for, if it is a preset.
    pub fn stands_for(&self) -> Option<StandsFor> {
        self.policy().stands_for()
    }

    /// The client of a database that was measured with the product; `None`: none was.
    pub fn measured_client(&self) -> Option<KnownClient> {
        self.policy().measured_client()
    }

    /// How requests are to find their worker, where a preset's product has a choice.
    pub fn dispatch(&self) -> DispatchChoice {
        self.policy().dispatch()
    }

    /// What the application server itself costs.
    pub fn overhead(&self) -> Overhead {
        self.policy().overhead()
    }

    /// The policy's answers.
    pub fn rules(&self) -> Rules {
        let policy = self.policy();
        Rules {
            workers: policy.workers(),
            slots: match policy.slots() {
                Slots::Fixed(slots) => Some(slots),
                Slots::Unlimited => None,
            },
            running_at_once: policy.running_at_once(),
            hand_over_interval: policy.hand_over_interval(),
            blocking_waits: policy.blocking_waits(),
            gathers: policy.gathers(),
            keeps_core: policy.keeps_core(),
            thread_pool: policy.thread_pool(),
            overhead: policy.overhead(),
            yields_to_respond: policy.yields_to_respond(),
            timers: policy.timers(),
            queueing: policy.queueing(),
        }
    }
}

/// A flag that is off goes without saying.
fn is_false(flag: &bool) -> bool {
    !flag
}

/// One worker: the default of every policy.
const fn one() -> std::num::NonZeroU32 {
    std::num::NonZeroU32::MIN
}
