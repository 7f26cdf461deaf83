//! Django under ASGI, with views that are plain functions (`def`, not `async def`).
//!
//! The plain policy `async` with a thread pool: a view and all its queries run in one thread next to the loop. Since Django
//! 4.0, each request has a thread of its own (`ThreadSensitiveContext` in `django/core/handlers/asgi.py`, pull request
//! #13882), without a limit on their number; in Django 3, and in an application that calls `sync_to_async` outside Django's
//! handler, all requests of a process share one (asgiref issue #218).

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DispatchChoice, Plain, Preset, Product};
use crate::engine::{MAX_IN_FLIGHT, Rounding};
use crate::model::{Overhead, SimDuration};
use crate::policy::{Async, AsyncThreadPool, OverheadForm, SwitchInterval, one};

const NOTE: &str = "Each request has a thread of its own, as since Django 4.0, and their number has no limit: limit connections to the \
                    database by a pool. In Django 3 all requests of a worker share one thread: `\"threads\": \"one\"`.";
const NOTE_ONE: &str = "All requests of a worker share one thread, as in Django 3: they are served one after another.";

/// Python under ASGI, with sync views in threads.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DjangoAsgi {
    /// Name in reports; `django_asgi` if omitted. Policies of the same kind need different names.
    pub name: Option<String>,
    /// Number of worker processes (default: 1).
    #[serde(default = "one")]
    pub workers: NonZeroU32,
    /// How requests share the threads in which sync views run.
    #[serde(default)]
    pub threads: SensitiveThreads,
    /// Classes whose views are plain functions, while the others are `async def`; all classes if omitted.
    pub classes: Option<Vec<String>>,
    /// CPU time of the ASGI server and of Django per request; it was not measured, and is 0 if omitted.
    pub overhead: Option<OverheadForm>,
}

/// How requests share the threads of thread-sensitive code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SensitiveThreads {
    /// A thread for each request (Django 4.0 and later).
    #[default]
    PerRequest,
    /// One thread for all requests of a worker (Django 3).
    One,
}

impl SensitiveThreads {
    fn number(self) -> NonZeroU32 {
        match self {
            Self::PerRequest => NonZeroU32::new(MAX_IN_FLIGHT).unwrap_or(NonZeroU32::MAX),
            Self::One => one(),
        }
    }
}

impl Preset for DjangoAsgi {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn product(&self) -> Product {
        Product {
            plain: self.plain(),
            measured_on: None,
            measured_client: None,
            dispatch: DispatchChoice::NONE,
            note: Some(match self.threads {
                SensitiveThreads::PerRequest => NOTE,
                SensitiveThreads::One => NOTE_ONE,
            }),
        }
    }
}

impl DjangoAsgi {
    fn plain(&self) -> Plain {
        Plain::Async(Async {
            workers: self.workers,
            thread_pool: Some(AsyncThreadPool {
                threads: self.threads.number(),
                classes: self.classes.clone(),
                gil: true,
                switch_interval: SwitchInterval::default(),
            }),
            overhead: Some(OverheadForm::or(self.overhead, Overhead::NONE).into()),
            timer_resolution: Some(SimDuration::from_millis(1)),
            timer_rounding: Some(Rounding::Up),
            ..Async::default()
        })
    }
}
