//! Celery: workers with a pool of child processes, one task each.
//!
//! The plain policy `threaded` without a lock: a worker is a node, and its threads are the children of the prefork pool. The
//! broker's queue has no limit. Sources: Celery 5 documentation, "Workers Guide" (`--concurrency`) and "Optimizing"
//! (`worker_prefetch_multiplier`).

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DispatchChoice, Plain, Preset, Product};
use crate::model::Overhead;
use crate::policy::{OverheadForm, Threaded, one};

const NOTE: &str = "A node takes a task when a child is free. Tasks that a node reserves beyond that (`worker_prefetch_multiplier`, 4 \
                    by default) wait in it while children of other nodes may be idle: set `prefetch`.";

/// Python tasks.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Celery {
    /// Name in reports; `celery` if omitted. Policies of the same kind need different names.
    pub name: Option<String>,
    /// Number of workers, each with its own pool of children (default: 1).
    #[serde(default = "one")]
    pub nodes: NonZeroU32,
    /// Its `--concurrency`: number of child processes of each worker. Celery's default is the number of cores.
    pub concurrency: NonZeroU32,
    /// Its `worker_prefetch_multiplier`: a worker holds up to this many times `concurrency` tasks, those under way included (as
    /// with `acks_late`; without it, a worker holds `concurrency` tasks more: add 1). They wait in it although children of other
    /// workers may be idle. If omitted, a worker takes a task when a child is free.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefetch: Option<NonZeroU32>,
    /// CPU time of Celery itself per task; it was not measured, and is 0 if omitted.
    pub overhead: Option<OverheadForm>,
}

impl Preset for Celery {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn product(&self) -> Product {
        Product {
            plain: self.plain(),
            measured_on: None,
            measured_client: None,
            dispatch: DispatchChoice::NONE,
            note: (self.nodes > one() && self.prefetch.is_none()).then_some(NOTE),
        }
    }
}

impl Celery {
    fn plain(&self) -> Plain {
        Plain::Threaded(Threaded {
            workers: self.nodes,
            threads: self.concurrency,
            gil: false,
            prefetch: self.prefetch,
            overhead: Some(OverheadForm::or(self.overhead, Overhead::NONE).into()),
            ..Threaded::default()
        })
    }
}
