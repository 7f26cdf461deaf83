//! gunicorn: `sync` workers, `gthread` workers with a thread pool each, `gevent` workers, or workers of uvicorn.
//!
//! A `sync` worker is the plain policy `sync`. A `gthread` worker is `threaded` under one interpreter lock. Its main thread
//! accepts connections whether or not a thread is free to serve them; all workers wake up for a connection, and chance
//! decides which of them gets it (`dispatch`: `accept`), so requests may wait in one worker while threads of others are
//! idle. A thread that is about to write its response loses the lock to one that waits for it.
//!
//! A `gevent` worker is `async`: greenlets switch where they wait, up to `worker_connections` at once (gunicorn documentation,
//! "Settings"); a wait in a library that gevent does not patch is `blocking`. Workers of uvicorn
//! (`uvicorn_worker.UvicornWorker`) are those of the preset `uvicorn`. Neither was measured under gunicorn.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::uvicorn::{self, EventLoop, HttpParser};
use super::{ASYNC_HANDLERS, DispatchChoice, MEASURED, Plain, Preset, Product, killed_after, overhead, replaced_after};
use crate::engine::{Dispatch, MaxRequests};
use crate::model::{KnownClient, Overhead, SimDuration};
use crate::policy::{Async, OverheadForm, Sync, Threaded, WorkerTimeoutForm, one};

const SYNC: Overhead = overhead(600, 200, 300);
const GTHREAD: Overhead = overhead(800, 250, 300);

const GREENLETS: &str =
    "Waits are those of libraries that gevent patches; others stop the whole worker: `\"blocking\": true`.";

/// Python under WSGI, or under ASGI with workers of uvicorn.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gunicorn {
    /// Name in reports; `gunicorn` if omitted. Policies of the same kind need different names.
    pub name: Option<String>,
    /// Its `--worker-class`; if omitted, `gthread` with more than one thread and `sync` otherwise, as in gunicorn itself.
    pub worker_class: Option<WorkerClass>,
    /// Number of worker processes (default: 1).
    #[serde(default = "one")]
    pub workers: NonZeroU32,
    /// Number of threads in each `gthread` worker (default: 1).
    #[serde(default = "one")]
    pub threads: NonZeroU32,
    /// Its `--worker-connections`: maximum number of requests in progress in each `gevent` worker (1000 if omitted), or in each
    /// `gthread` worker, including those that wait in it for a thread (unlimited if omitted; gunicorn's own default is 1000).
    /// It has no effect on other workers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worker_connections: Option<NonZeroU32>,
    /// The event loop of each `uvicorn_worker` (default: "asyncio"); it has no effect on other workers.
    #[serde(default, rename = "loop")]
    pub event_loop: EventLoop,
    /// The parser of each `uvicorn_worker` (default: "httptools"); it has no effect on other workers.
    #[serde(default)]
    pub http: HttpParser,
    /// Length of the listen queue (default: 2048). Once it is full, the behaviour of a real server cannot be predicted.
    #[serde(default = "backlog")]
    pub backlog: u32,
    /// How connections are assigned to workers: "random" with gunicorn's `--reuse-port`; if omitted, workers compete for them.
    pub dispatch: Option<Dispatch>,
    /// Its `--max-requests`: number of requests after which a worker is replaced; never if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_requests: Option<NonZeroU32>,
    /// Its `--max-requests-jitter`: each worker takes a random number of further requests, up to this one (default: 0).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_requests_jitter: Option<u32>,
    /// Its `--timeout`: time after which a worker is killed that has not gone round its loop: a `sync` worker that is still
    /// busy with one request, a `gevent` worker or `uvicorn_worker` whose loop is blocked. The main thread of a `gthread`
    /// worker always goes round, so nothing happens there. If 0 or omitted, workers are not killed (gunicorn's own default
    /// is 30 s).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<SimDuration>,
    /// Time that a new worker takes to load the application (default: 0), with `max_requests` and `timeout`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot: Option<SimDuration>,
    /// CPU time of gunicorn itself per request; omitted parts are the measured ones.
    pub overhead: Option<OverheadForm>,
}

/// The kind of a gunicorn worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkerClass {
    /// One request at a time.
    Sync,
    /// A thread pool.
    Gthread,
    /// Greenlets on an event loop.
    Gevent,
    /// uvicorn's event loop.
    UvicornWorker,
}

const fn backlog() -> u32 {
    2048
}

/// Its own default for `worker_connections`.
const CONNECTIONS: NonZeroU32 = NonZeroU32::new(1000).expect("1000 is not 0");

impl Gunicorn {
    /// Whether its workers have threads.
    pub fn has_threads(&self) -> bool {
        self.worker_class() == WorkerClass::Gthread
    }

    fn worker_class(&self) -> WorkerClass {
        let by_threads = if self.threads.get() > 1 { WorkerClass::Gthread } else { WorkerClass::Sync };
        self.worker_class.unwrap_or(by_threads)
    }
}

impl Gunicorn {
    fn max_requests(&self) -> Option<MaxRequests> {
        replaced_after(self.max_requests, self.max_requests_jitter, self.boot)
    }

    fn worker_timeout(&self) -> Option<WorkerTimeoutForm> {
        killed_after(self.timeout, self.boot)
    }
}

impl Preset for Gunicorn {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn product(&self) -> Product {
        let (is_measured, measured_client, note) = match self.worker_class() {
            WorkerClass::Sync | WorkerClass::Gthread => (true, Some(KnownClient::Psycopg), None),
            WorkerClass::Gevent => (false, None, Some(GREENLETS)),
            WorkerClass::UvicornWorker => (false, Some(KnownClient::Asyncpg), Some(ASYNC_HANDLERS)),
        };
        Product {
            plain: self.plain(),
            measured_on: is_measured.then(|| format!("gunicorn 27.0.1 on {MEASURED}")),
            measured_client,
            dispatch: DispatchChoice { asked: self.dispatch, choices: &[Dispatch::Random] },
            note,
        }
    }
}

impl Gunicorn {
    fn plain(&self) -> Plain {
        let overhead = |own| Some(OverheadForm::or(self.overhead, own).into());
        match self.worker_class() {
            WorkerClass::Sync => Plain::Sync(Sync {
                workers: self.workers,
                backlog: Some(self.backlog),
                dispatch: self.dispatch.unwrap_or_default(),
                overhead: overhead(SYNC),
                max_requests: self.max_requests(),
                worker_timeout: self.worker_timeout(),
                ..Sync::default()
            }),
            WorkerClass::Gthread => Plain::Threaded(Threaded {
                workers: self.workers,
                threads: self.threads,
                yields_to_respond: true,
                backlog: Some(self.backlog),
                dispatch: self.dispatch.unwrap_or(Dispatch::Accept),
                overhead: overhead(GTHREAD),
                max_requests: self.max_requests(),
                worker_connections: self.worker_connections,
                ..Threaded::default()
            }),
            WorkerClass::Gevent => Plain::Async(Async {
                workers: self.workers,
                max_in_progress: Some(self.worker_connections.unwrap_or(CONNECTIONS)),
                backlog: Some(self.backlog),
                dispatch: self.dispatch.unwrap_or_default(),
                overhead: overhead(Overhead::NONE),
                max_requests: self.max_requests(),
                worker_timeout: self.worker_timeout(),
                ..Async::default()
            }),
            WorkerClass::UvicornWorker => Plain::Async(Async {
                max_requests: self.max_requests(),
                worker_timeout: self.worker_timeout(),
                ..uvicorn::plain(self.workers, self.event_loop, self.overhead)
            }),
        }
    }
}
