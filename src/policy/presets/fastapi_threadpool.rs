//! FastAPI on uvicorn, with handlers that are plain functions (`def`, not `async def`).
//!
//! The plain policy `async` with threads beside the loop: the loop reads a request, hands it to one of 40 threads, and
//! writes the response. Loop and threads run under one interpreter lock.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{MEASURED, Plain, Preset, overhead};
use crate::engine::Rounding;
use crate::model::{KnownClient, Overhead, SimDuration};
use crate::policy::{Async, AsyncThreadPool, OverheadForm, SwitchInterval, one};

const FASTAPI: Overhead = overhead(1200, 150, 150);

/// Python under ASGI, with handlers in threads.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FastapiThreadpool {
    /// What reports call it; `fastapi_threadpool` when left out. Two policies of one kind need names.
    pub name: Option<String>,
    /// How many worker processes there are (1).
    #[serde(default = "one")]
    pub workers: NonZeroU32,
    /// How many threads each worker has beside its loop: the tokens of anyio's limiter.
    #[serde(default = "tokens")]
    pub threads: NonZeroU32,
    /// The classes whose handlers are plain functions, the others are `async def`; all when left out.
    pub classes: Option<Vec<String>>,
    /// CPU time of uvicorn and FastAPI, for each request, where it is not what was measured.
    pub overhead: Option<OverheadForm>,
}

const fn tokens() -> NonZeroU32 {
    NonZeroU32::new(40).expect("40 is not 0")
}

impl Preset for FastapiThreadpool {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn plain(&self) -> Plain {
        Plain::Async(Async {
            workers: self.workers,
            thread_pool: Some(AsyncThreadPool {
                threads: self.threads,
                classes: self.classes.clone(),
                switch_interval: SwitchInterval::default(),
            }),
            overhead: Some(OverheadForm::or(self.overhead, FASTAPI).into()),
            timer_resolution: Some(SimDuration::from_millis(1)),
            timer_rounding: Some(Rounding::Up),
            ..Async::default()
        })
    }

    fn measured_client(&self) -> Option<KnownClient> {
        Some(KnownClient::Psycopg)
    }

    fn measured_on(&self) -> Option<String> {
        Some(format!("FastAPI 0.165.0 on uvicorn 0.54.0 with httptools, on {MEASURED}"))
    }
}
