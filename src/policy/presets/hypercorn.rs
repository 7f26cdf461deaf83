//! Hypercorn: an event loop in each worker, asyncio's, uvloop or Trio's.
//!
//! The plain policy `async`, as of uvicorn. Sources: Hypercorn 0.17, documentation, "Configuring"; CPython's `select.epoll`, which
//! rounds timeouts up to whole milliseconds, under asyncio and Trio alike.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ASYNC_HANDLERS, DispatchChoice, Plain, Preset, Product};
use crate::engine::Rounding;
use crate::model::{Overhead, SimDuration};
use crate::policy::{Async, OverheadForm, one};

/// Python under ASGI, with `async` handlers.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Hypercorn {
    /// Name in reports; `hypercorn` if omitted. Policies of the same kind need different names.
    pub name: Option<String>,
    /// Number of worker processes (default: 1).
    #[serde(default = "one")]
    pub workers: NonZeroU32,
    /// Its `--worker-class`: the event loop that runs the handlers.
    #[serde(default)]
    pub worker_class: HypercornLoop,
    /// CPU time of Hypercorn itself per request; it was not measured, and is 0 if omitted.
    pub overhead: Option<OverheadForm>,
}

/// An event loop under Hypercorn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum HypercornLoop {
    /// Python's own.
    #[default]
    Asyncio,
    /// The one built on libuv.
    Uvloop,
    /// Trio's.
    Trio,
}

impl Preset for Hypercorn {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn product(&self) -> Product {
        Product {
            plain: self.plain(),
            measured_on: None,
            measured_client: None,
            dispatch: DispatchChoice::NONE,
            note: Some(ASYNC_HANDLERS),
        }
    }
}

impl Hypercorn {
    fn plain(&self) -> Plain {
        let rounding = match self.worker_class {
            HypercornLoop::Asyncio | HypercornLoop::Trio => Rounding::Up,
            HypercornLoop::Uvloop => Rounding::Nearest,
        };
        Plain::Async(Async {
            workers: self.workers,
            overhead: Some(OverheadForm::or(self.overhead, Overhead::NONE).into()),
            timer_resolution: Some(SimDuration::from_millis(1)),
            timer_rounding: Some(rounding),
            ..Async::default()
        })
    }
}
