//! uvicorn: an event loop in each worker, asyncio's own or uvloop.
//!
//! The plain policy `async`. Each loop accepts connections when it comes to it. Sleeps last whole
//! milliseconds: asyncio rounds up, uvloop to the nearest.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{MEASURED, Plain, Preset, overhead};
use crate::engine::Rounding;
use crate::model::{KnownClient, Overhead, SimDuration};
use crate::policy::{Async, OverheadForm, one};

const ASYNCIO: Overhead = overhead(550, 150, 250);
const UVLOOP: Overhead = overhead(410, 115, 190);

/// Python under ASGI, with `async` handlers.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Uvicorn {
    /// What reports call it; `uvicorn` when left out. Two policies of one kind need names.
    pub name: Option<String>,
    /// How many worker processes there are (1).
    #[serde(default = "one")]
    pub workers: NonZeroU32,
    /// Its `--loop`: what runs the handlers.
    #[serde(default, rename = "loop")]
    pub event_loop: EventLoop,
    /// Its `--http`: what reads requests.
    #[serde(default)]
    pub http: HttpParser,
    /// CPU time of uvicorn itself, for each request, where it is not what was measured.
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

/// What reads requests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HttpParser {
    /// In C.
    #[default]
    Httptools,
    /// In Python; its overhead was not measured, and is taken to be that of httptools.
    H11,
}

impl Preset for Uvicorn {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn plain(&self) -> Plain {
        let (overhead, rounding) = match self.event_loop {
            EventLoop::Asyncio => (ASYNCIO, Rounding::Up),
            EventLoop::Uvloop => (UVLOOP, Rounding::Nearest),
        };
        Plain::Async(Async {
            workers: self.workers,
            overhead: Some(OverheadForm::or(self.overhead, overhead).into()),
            timer_resolution: Some(SimDuration::from_millis(1)),
            timer_rounding: Some(rounding),
            ..Async::default()
        })
    }

    fn measured_client(&self) -> Option<KnownClient> {
        Some(KnownClient::Asyncpg)
    }

    fn measured_on(&self) -> Option<String> {
        match self.http {
            HttpParser::Httptools => Some(format!("uvicorn 0.54.0 with httptools on {MEASURED}")),
            HttpParser::H11 => None,
        }
    }
}
