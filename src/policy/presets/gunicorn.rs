//! gunicorn: `sync` workers, or `gthread` workers with a pool of threads each.
//!
//! A `sync` worker is the plain policy `sync`. A `gthread` worker is `threaded` under one interpreter lock. Its main thread
//! accepts connections whether or not another is free to serve them; all workers wake up for a connection, and which of
//! them gets it is chance (`dispatch`: `accept`), so that requests wait in one worker while threads of others are idle. A
//! thread that comes to write its response loses the lock to one that waits for it.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DispatchChoice, MEASURED, Plain, Preset, overhead};
use crate::engine::Dispatch;
use crate::model::{KnownClient, Overhead};
use crate::policy::{OverheadForm, Sync, Threaded, one};

const SYNC: Overhead = overhead(600, 200, 300);
const GTHREAD: Overhead = overhead(800, 250, 300);

/// Python under WSGI.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Gunicorn {
    /// What reports call it; `gunicorn` when left out. Two policies of one kind need names.
    pub name: Option<String>,
    /// Its `--worker-class`; without it `gthread` where `threads` are more than 1, as with gunicorn itself.
    pub worker_class: Option<WorkerClass>,
    /// How many worker processes there are (1).
    #[serde(default = "one")]
    pub workers: NonZeroU32,
    /// How many threads each `gthread` worker has (1).
    #[serde(default = "one")]
    pub threads: NonZeroU32,
    /// So many connections may wait in the listen queue; beyond it nothing can be predicted.
    #[serde(default = "backlog")]
    pub backlog: u32,
    /// How connections find their worker: "random" with gunicorn's `--reuse-port`; as its workers take them when left out.
    pub dispatch: Option<Dispatch>,
    /// CPU time of gunicorn itself, for each request, where it is not what was measured.
    pub overhead: Option<OverheadForm>,
}

/// What a worker of gunicorn is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorkerClass {
    /// One request at a time.
    Sync,
    /// A pool of threads.
    Gthread,
}

const fn backlog() -> u32 {
    2048
}

impl Gunicorn {
    fn worker_class(&self) -> WorkerClass {
        let by_threads = if self.threads.get() > 1 { WorkerClass::Gthread } else { WorkerClass::Sync };
        self.worker_class.unwrap_or(by_threads)
    }
}

impl Preset for Gunicorn {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn plain(&self) -> Plain {
        let overhead = |own| Some(OverheadForm::or(self.overhead, own).into());
        match self.worker_class() {
            WorkerClass::Sync => Plain::Sync(Sync {
                workers: self.workers,
                backlog: Some(self.backlog),
                dispatch: self.dispatch.unwrap_or_default(),
                overhead: overhead(SYNC),
                ..Sync::default()
            }),
            WorkerClass::Gthread => Plain::Threaded(Threaded {
                workers: self.workers,
                threads: self.threads,
                yields_to_respond: true,
                backlog: Some(self.backlog),
                dispatch: self.dispatch.unwrap_or(Dispatch::Accept),
                overhead: overhead(GTHREAD),
                ..Threaded::default()
            }),
        }
    }

    fn measured_client(&self) -> Option<KnownClient> {
        Some(KnownClient::Psycopg)
    }

    fn dispatch(&self) -> DispatchChoice {
        DispatchChoice { asked: self.dispatch, choices: &[Dispatch::Random] }
    }

    fn measured_on(&self) -> Option<String> {
        Some(format!("gunicorn 27.0.1 on {MEASURED}"))
    }
}
