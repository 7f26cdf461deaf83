//! uvicorn: an event loop in each worker, asyncio's own or uvloop.
//!
//! The plain policy `async`. Each loop accepts connections in its turns. Sleeps last whole milliseconds: asyncio rounds up,
//! uvloop to the nearest.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ASYNC_HANDLERS, DispatchChoice, MEASURED, Plain, Preset, Product, overhead, replaced_after};
use crate::engine::Rounding;
use crate::model::{KnownClient, Overhead, SimDuration};
use crate::policy::{Async, OverheadForm, one};

const ASYNCIO: Overhead = overhead(550, 150, 250);
const UVLOOP: Overhead = overhead(410, 115, 190);

/// Python under ASGI, with `async` handlers.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Uvicorn {
    /// Name in reports; `uvicorn` if omitted. Policies of the same kind need different names.
    pub name: Option<String>,
    /// Number of worker processes (default: 1).
    #[serde(default = "one")]
    pub workers: NonZeroU32,
    /// Its `--loop`: the event loop that runs the handlers.
    #[serde(default, rename = "loop")]
    pub event_loop: EventLoop,
    /// Its `--http`: the parser that reads requests.
    #[serde(default)]
    pub http: HttpParser,
    /// Its `--limit-max-requests`: number of requests after which a worker is replaced; never if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_max_requests: Option<NonZeroU32>,
    /// Its `--limit-max-requests-jitter`: each worker takes a random number of further requests, up to this one (default: 0).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_max_requests_jitter: Option<u32>,
    /// Time that a new worker takes to load the application (default: 0), with `limit_max_requests`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot: Option<SimDuration>,
    /// Its `--limit-concurrency`: a worker with this many requests in progress answers further ones with status 503: they are
    /// rejected. Unlimited if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit_concurrency: Option<NonZeroU32>,
    /// CPU time of uvicorn itself per request; omitted parts are the measured ones.
    pub overhead: Option<OverheadForm>,
}

/// An event loop for Python.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventLoop {
    /// Python's own.
    #[default]
    Asyncio,
    /// The one built on libuv.
    Uvloop,
}

/// An HTTP parser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HttpParser {
    /// The one in C.
    #[default]
    Httptools,
    /// The one in Python; its overhead was not measured and is assumed to be that of httptools.
    H11,
}

impl Preset for Uvicorn {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn product(&self) -> Product {
        Product {
            plain: self.plain(),
            measured_on: match self.http {
                HttpParser::Httptools => Some(format!("uvicorn 0.54.0 with httptools on {MEASURED}")),
                HttpParser::H11 => None,
            },
            measured_client: Some(KnownClient::Asyncpg),
            dispatch: DispatchChoice::NONE,
            note: Some(ASYNC_HANDLERS),
        }
    }
}

impl Uvicorn {
    fn plain(&self) -> Plain {
        Plain::Async(Async {
            limit: self.limit_concurrency,
            max_requests: replaced_after(self.limit_max_requests, self.limit_max_requests_jitter, self.boot),
            ..plain(self.workers, self.event_loop, self.overhead)
        })
    }
}

/// The plain policy of uvicorn, also where gunicorn runs its workers.
pub(super) fn plain(workers: NonZeroU32, event_loop: EventLoop, own: Option<OverheadForm>) -> Async {
    let (overhead, rounding) = match event_loop {
        EventLoop::Asyncio => (ASYNCIO, Rounding::Up),
        EventLoop::Uvloop => (UVLOOP, Rounding::Nearest),
    };
    Async {
        workers,
        overhead: Some(OverheadForm::or(own, overhead).into()),
        timer_resolution: Some(SimDuration::from_millis(1)),
        timer_rounding: Some(rounding),
        ..Async::default()
    }
}
