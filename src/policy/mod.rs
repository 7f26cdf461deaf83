//! Execution policies: how the workers of an application run requests. One file each.
//!
//! A policy is data: the engine reads its [`Rules`] once, before the run, and does not know which policy they come from. A
//! preset (in `presets/`) describes a product in the product's own terms. It stands for a plain policy and has its rules.

mod r#async;
mod overhead;
mod presets;
mod sizes;
mod sync;
mod threaded;
mod worker_timeout;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use self::r#async::{Async, AsyncThreadPool};
pub use self::overhead::OverheadForm;
pub use self::presets::*;
pub use self::sizes::PolicySize;
pub use self::sync::Sync;
pub use self::threaded::{SwitchInterval, Threaded};
pub use self::worker_timeout::WorkerTimeoutForm;
use crate::engine::Rules;

/// What executes a request, as named in reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Runner {
    /// A worker process that serves one request at a time, including its waits.
    #[default]
    Worker,
    /// A thread of a worker that serves one request at a time, including its waits.
    Thread,
    /// The event loop of a worker, which is free while its requests wait.
    Loop,
}

/// An execution policy. Every answer is required: what a policy does not care about is a default of [`Rules`].
pub trait Policy {
    /// The name given in the scenario, if any.
    fn name(&self) -> Option<&str>;

    /// What executes a request, as named in reports.
    fn runner(&self) -> Runner;

    /// How its workers run requests.
    fn rules(&self) -> Rules;

    /// The product that it is a preset of; `None` for a plain policy.
    fn product(&self) -> Option<Product>;
}

macro_rules! policies {
    ($($(#[$doc:meta])* $kind:literal => $variant:ident),* $(,)?) => {
        /// A policy as written in scenario files: `{ "threaded": { "workers": 2, "threads": 4 } }`.
        #[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum PolicyChoice {
            $($(#[$doc])* $variant($variant)),*
        }

        impl PolicyChoice {
            /// Every kind of policy, in the order of the list.
            pub const KINDS: &[&str] = &[$($kind),*];

            /// The kind, as written in scenario files.
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
    /// Each worker serves one request at a time, including its waits.
    "sync" => Sync,
    /// Each worker has a fixed pool of threads, one request per thread.
    "threaded" => Threaded,
    /// Each worker has one event loop, which continues with another request while one waits.
    "async" => Async,
    /// gunicorn: Python under WSGI, with one request per worker (`sync`), a thread pool in each worker (`gthread`) or greenlets
    /// (`gevent`); or under ASGI, with workers of uvicorn (`uvicorn_worker`).
    "gunicorn" => Gunicorn,
    /// uvicorn: Python under ASGI, an event loop in each worker.
    "uvicorn" => Uvicorn,
    /// FastAPI on uvicorn with handlers that are plain functions: the loop hands each to a thread pool.
    "fastapi_threadpool" => FastapiThreadpool,
    /// waitress: Python under WSGI, one process with a thread pool behind one thread that does the network I/O.
    "waitress" => Waitress,
    /// uWSGI: Python under WSGI, processes with one or more threads.
    "uwsgi" => Uwsgi,
    /// Hypercorn: Python under ASGI, an event loop in each worker.
    "hypercorn" => Hypercorn,
    /// Django under ASGI with views that are plain functions: each request runs in a thread of its own.
    "django_asgi" => DjangoAsgi,
    /// Celery: Python tasks, workers with a pool of child processes.
    "celery" => Celery,
    /// Node: JavaScript on an event loop in each worker.
    "node" => Node,
    /// Puma: Ruby under its global VM lock, with threads in each worker.
    "puma" => Puma,
    /// Unicorn: Ruby, one request per worker.
    "unicorn" => Unicorn,
    /// PHP-FPM: PHP, one request per child process.
    "php_fpm" => PhpFpm,
    /// Tomcat: Java, one process whose threads run in parallel.
    "tomcat" => Tomcat,
    /// Go's net/http: a goroutine for each request, on all cores.
    "go" => Go,
}

impl PolicyChoice {
    /// The policy's name: the one given in the scenario, or else its kind.
    pub fn name(&self) -> &str {
        self.policy().name().unwrap_or(self.kind())
    }

    /// What executes a request, as named in reports.
    pub fn runner(&self) -> Runner {
        self.policy().runner()
    }

    /// How its workers run requests.
    pub fn rules(&self) -> Rules {
        self.policy().rules()
    }

    /// The product that it is a preset of; `None` for a plain policy.
    pub fn product(&self) -> Option<Product> {
        self.policy().product()
    }

    /// The plain policy that it stands for, if it is a preset.
    pub fn stands_for(&self) -> Option<StandsFor> {
        self.product().map(StandsFor::from)
    }
}

/// Lets serde omit a flag that is off.
fn is_false(flag: &bool) -> bool {
    !flag
}

/// One worker: the default of every policy.
const fn one() -> std::num::NonZeroU32 {
    std::num::NonZeroU32::MIN
}
