//! Presets: policies in the terms of a real product. One file each.
//!
//! A preset stands for a plain policy with some options set, plus the product's overhead. `validation/` documents what the
//! overheads were measured on, and how close the predictions are to the real servers.

mod celery;
mod django_asgi;
mod fastapi_threadpool;
mod go;
mod gunicorn;
mod hypercorn;
mod node;
mod php_fpm;
mod puma;
mod tomcat;
mod unicorn;
mod uvicorn;
mod uwsgi;
mod waitress;

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

pub use self::celery::Celery;
pub use self::django_asgi::DjangoAsgi;
pub use self::fastapi_threadpool::FastapiThreadpool;
pub use self::go::Go;
pub use self::gunicorn::Gunicorn;
pub use self::hypercorn::Hypercorn;
pub use self::node::Node;
pub use self::php_fpm::PhpFpm;
pub use self::puma::Puma;
pub use self::tomcat::Tomcat;
pub use self::unicorn::Unicorn;
pub use self::uvicorn::Uvicorn;
pub use self::uwsgi::Uwsgi;
pub use self::waitress::Waitress;
use super::{Async, Policy, PolicyChoice, Runner, Sync, Threaded, WorkerTimeoutForm};
use crate::engine::{Dispatch, MaxRequests, Rules};
use crate::model::{KnownClient, Overhead, SimDuration};

/// The machine and the versions on which overheads were measured.
const MEASURED: &str = "one virtual machine: 2 cores, Linux 6.18, CPython 3.11.7";

/// The machine on which overheads of other languages were measured.
const MEASURED_WITHOUT_PYTHON: &str = "one virtual machine: 2 cores, Linux 6.18";

/// What presets of ASGI servers assume about handlers.
const ASYNC_HANDLERS: &str = "Handlers are `async def`. FastAPI and Starlette run plain `def` handlers in 40 threads of each worker \
                              (`fastapi_threadpool`), Django runs sync views in a thread for each request (`django_asgi`).";

/// A policy that describes a product.
pub trait Preset {
    /// The name given in the scenario, if any.
    fn name(&self) -> Option<&str>;

    /// What is known about the product, with the plain policy that it stands for.
    fn product(&self) -> Product;
}

/// What a preset knows about its product.
#[derive(Clone, Debug, PartialEq)]
pub struct Product {
    /// The plain policy that it stands for, with all options and the overhead.
    pub plain: Plain,
    /// What the overhead was measured on; `None` if it was not measured.
    pub measured_on: Option<String>,
    /// The database client that was measured with it, if any.
    pub measured_client: Option<KnownClient>,
    /// The `dispatch` requested of it, and those it supports.
    pub dispatch: DispatchChoice,
    /// What it assumes beyond its options, in sentences; `None` if nothing.
    pub note: Option<&'static str>,
}

/// The `dispatch` requested of a product, and those it supports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DispatchChoice {
    /// The one given in the scenario, if any.
    pub asked: Option<Dispatch>,
    /// Those that the product supports.
    pub choices: &'static [Dispatch],
}

impl DispatchChoice {
    /// That of a product without such an option.
    pub const NONE: Self = Self { asked: None, choices: &[] };

    /// The requested one, if the product does not support it.
    pub fn refused(self) -> Option<Dispatch> {
        self.asked.filter(|asked| !self.choices.contains(asked))
    }
}

/// A policy that is not a preset, as written in scenario files.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Plain {
    /// One request at a time in each worker.
    Sync(Sync),
    /// One request per thread.
    Threaded(Threaded),
    /// An event loop in each worker.
    Async(Async),
}

impl Plain {
    fn policy(&self) -> &dyn Policy {
        match self {
            Self::Sync(policy) => policy,
            Self::Threaded(policy) => policy,
            Self::Async(policy) => policy,
        }
    }
}

/// What a preset stands for, as reports and results show it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct StandsFor {
    /// The plain policy, as written in a scenario file: it gives the same numbers.
    pub policy: Value,
    /// What the overhead was measured on; `null` if it was not measured: the numbers are then those of the plain policy.
    pub measured_on: Option<String>,
    /// What the preset assumes about the product beyond its options, in sentences; omitted if nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
}

impl From<Product> for StandsFor {
    fn from(product: Product) -> Self {
        Self { policy: json!(product.plain), measured_on: product.measured_on, note: product.note }
    }
}

impl<P: Preset> Policy for P {
    fn name(&self) -> Option<&str> {
        Preset::name(self)
    }

    fn runner(&self) -> Runner {
        Preset::product(self).plain.policy().runner()
    }

    fn rules(&self) -> Rules {
        Preset::product(self).plain.policy().rules()
    }

    fn product(&self) -> Option<Product> {
        Some(Preset::product(self))
    }
}

/// A preset as listed by `waitline presets`.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// As written in a scenario file.
    pub written: Value,
    /// The same, as a policy.
    pub policy: PolicyChoice,
}

/// Every preset, in each form that behaves differently.
pub fn examples() -> Vec<Example> {
    let written = [
        json!({ "gunicorn": { "worker_class": "sync", "workers": 4 } }),
        json!({ "gunicorn": { "worker_class": "gthread", "workers": 2, "threads": 4 } }),
        json!({ "gunicorn": { "worker_class": "gevent", "workers": 2, "worker_connections": 1000 } }),
        json!({ "gunicorn": { "worker_class": "uvicorn_worker", "workers": 2, "loop": "uvloop" } }),
        json!({ "uwsgi": { "processes": 4 } }),
        json!({ "uwsgi": { "processes": 2, "threads": 4 } }),
        json!({ "uvicorn": { "workers": 2 } }),
        json!({ "uvicorn": { "workers": 2, "loop": "uvloop" } }),
        json!({ "fastapi_threadpool": { "workers": 2, "threads": 40 } }),
        json!({ "hypercorn": { "workers": 2 } }),
        json!({ "hypercorn": { "workers": 2, "worker_class": "uvloop" } }),
        json!({ "django_asgi": { "workers": 2 } }),
        json!({ "django_asgi": { "workers": 2, "threads": "one" } }),
        json!({ "waitress": { "threads": 4 } }),
        json!({ "node": { "workers": 2 } }),
        json!({ "puma": { "workers": 2, "threads": 5 } }),
        json!({ "unicorn": { "worker_processes": 4 } }),
        json!({ "php_fpm": { "pm": "static", "max_children": 5 } }),
        json!({ "php_fpm": { "pm": "dynamic", "max_children": 5 } }),
        json!({ "tomcat": { "threads": 200 } }),
        json!({ "go": {} }),
        json!({ "celery": { "concurrency": 4 } }),
        json!({ "celery": { "nodes": 2, "concurrency": 4 } }),
    ];
    let example = |written: Value| Example {
        policy: serde_json::from_value(written.clone()).expect("the examples are valid policies"),
        written,
    };
    written.into_iter().map(example).collect()
}

/// An overhead in microseconds: before the handler, until the response is sent, and after that.
const fn overhead(before: u64, response: u64, after: u64) -> Overhead {
    Overhead {
        before: SimDuration::from_micros(before),
        response: SimDuration::from_micros(response),
        after: SimDuration::from_micros(after),
    }
}

/// After how long a product kills a silent worker, if it does; 0 stands for never, as in the products.
fn killed_after(timeout: Option<SimDuration>, boot: Option<SimDuration>) -> Option<WorkerTimeoutForm> {
    timeout.filter(|after| *after > SimDuration::ZERO).map(|after| WorkerTimeoutForm { after, boot })
}

/// After how many requests a product replaces a worker, if it does.
fn replaced_after(count: Option<NonZeroU32>, jitter: Option<u32>, boot: Option<SimDuration>) -> Option<MaxRequests> {
    count.map(|count| MaxRequests { count, jitter: jitter.unwrap_or_default(), boot: boot.unwrap_or_default() })
}
