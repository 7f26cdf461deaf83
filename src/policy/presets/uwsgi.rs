//! uWSGI: processes with one or more threads each.
//!
//! With one thread the plain policy `sync`, with more `threaded` under one interpreter lock. A thread accepts a connection when it
//! is free. Sources: uWSGI 2.0 documentation, "Configuration options" and "Things to know" (the listen queue of 100).

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DispatchChoice, Plain, Preset, Product, replaced_after};
use crate::model::{Overhead, SimDuration};
use crate::policy::{OverheadForm, Sync, Threaded, one};

/// Python under WSGI.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Uwsgi {
    /// Name in reports; `uwsgi` if omitted. Policies of the same kind need different names.
    pub name: Option<String>,
    /// Number of worker processes (default: 1).
    #[serde(default = "one")]
    pub processes: NonZeroU32,
    /// Number of threads in each process (default: 1).
    #[serde(default = "one")]
    pub threads: NonZeroU32,
    /// Length of the listen queue (default: 100). Once it is full, the behaviour of a real server cannot be predicted.
    #[serde(default = "listen")]
    pub listen: u32,
    /// Its `max-requests`: number of requests after which a process is replaced; never if omitted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_requests: Option<NonZeroU32>,
    /// Time that a new process takes to start (default: 0), with `max_requests`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot: Option<SimDuration>,
    /// CPU time of uWSGI itself per request; it was not measured, and is 0 if omitted.
    pub overhead: Option<OverheadForm>,
}

const fn listen() -> u32 {
    100
}

impl Preset for Uwsgi {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn product(&self) -> Product {
        Product {
            plain: self.plain(),
            measured_on: None,
            measured_client: None,
            dispatch: DispatchChoice::NONE,
            note: None,
        }
    }
}

impl Uwsgi {
    fn plain(&self) -> Plain {
        let max_requests = replaced_after(self.max_requests, None, self.boot);
        let overhead = Some(OverheadForm::or(self.overhead, Overhead::NONE).into());
        if self.threads == one() {
            return Plain::Sync(Sync {
                workers: self.processes,
                backlog: Some(self.listen),
                overhead,
                max_requests,
                ..Sync::default()
            });
        }
        Plain::Threaded(Threaded {
            workers: self.processes,
            threads: self.threads,
            backlog: Some(self.listen),
            overhead,
            max_requests,
            ..Threaded::default()
        })
    }
}
