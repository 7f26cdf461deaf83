//! FastAPI on uvicorn, with handlers that are plain functions (`def`, not `async def`).
//!
//! The plain policy `async` with a thread pool: the loop reads a request, hands it to one of 40 threads, and writes the
//! response. Loop and threads run under one interpreter lock.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DispatchChoice, MEASURED, Plain, Preset, Product, overhead, replaced_after};
use crate::engine::Rounding;
use crate::model::{KnownClient, Overhead, SimDuration};
use crate::policy::{Async, AsyncThreadPool, OverheadForm, SwitchInterval, one};

const FASTAPI: Overhead = overhead(1200, 150, 150);

/// Python under ASGI, with handlers in threads.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FastapiThreadpool {
    /// Name in reports; `fastapi_threadpool` if omitted. Policies of the same kind need different names.
    pub name: Option<String>,
    /// Number of worker processes (default: 1).
    #[serde(default = "one")]
    pub workers: NonZeroU32,
    /// Number of threads in each worker, next to its loop: the tokens of anyio's limiter.
    #[serde(default = "tokens")]
    pub threads: NonZeroU32,
    /// Classes whose handlers are plain functions, while the others are `async def`; all classes if omitted.
    pub classes: Option<Vec<String>>,
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
    /// CPU time of uvicorn and FastAPI per request; omitted parts are the measured ones.
    pub overhead: Option<OverheadForm>,
}

const fn tokens() -> NonZeroU32 {
    NonZeroU32::new(40).expect("40 is not 0")
}

impl Preset for FastapiThreadpool {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn product(&self) -> Product {
        Product {
            plain: self.plain(),
            measured_on: Some(format!("FastAPI 0.165.0 on uvicorn 0.54.0 with httptools, on {MEASURED}")),
            measured_client: Some(KnownClient::Psycopg),
            dispatch: DispatchChoice::NONE,
            note: None,
        }
    }
}

impl FastapiThreadpool {
    fn plain(&self) -> Plain {
        Plain::Async(Async {
            workers: self.workers,
            thread_pool: Some(AsyncThreadPool {
                threads: self.threads,
                classes: self.classes.clone(),
                switch_interval: SwitchInterval::default(),
                gil: true,
            }),
            overhead: Some(OverheadForm::or(self.overhead, FASTAPI).into()),
            timer_resolution: Some(SimDuration::from_millis(1)),
            timer_rounding: Some(Rounding::Up),
            limit: self.limit_concurrency,
            max_requests: replaced_after(self.limit_max_requests, self.limit_max_requests_jitter, self.boot),
            ..Async::default()
        })
    }
}
