//! uvicorn: an event loop in each worker, asyncio's own or uvloop.
//!
//! The plain policy `async`. Each loop accepts connections in its turns. Sleeps last whole milliseconds: asyncio rounds up,
//! uvloop to the nearest.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ASYNC_HANDLERS, DispatchChoice, MEASURED, Plain, Preset, Product, overhead};
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
        plain(self.workers, self.event_loop, self.overhead)
    }
}

/// The plain policy of uvicorn, also where gunicorn runs its workers.
pub(super) fn plain(workers: NonZeroU32, event_loop: EventLoop, own: Option<OverheadForm>) -> Plain {
    let (overhead, rounding) = match event_loop {
        EventLoop::Asyncio => (ASYNCIO, Rounding::Up),
        EventLoop::Uvloop => (UVLOOP, Rounding::Nearest),
    };
    Plain::Async(Async {
        workers,
        overhead: Some(OverheadForm::or(own, overhead).into()),
        timer_resolution: Some(SimDuration::from_millis(1)),
        timer_rounding: Some(rounding),
        ..Async::default()
    })
}
