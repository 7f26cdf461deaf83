//! Unicorn: one request per worker process.
//!
//! The plain policy `sync`: the kernel balances the load, as every worker accepts when it is idle. The main process
//! kills a worker that is busy with one request for longer than `timeout`. Sources: Unicorn 6.0.0, `unicorn/configurator.rb`
//! (`timeout` of 60), `unicorn/http_server.rb` (`murder_lazy_workers`), `unicorn/socket_helper.rb` (backlog of 1024).

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DispatchChoice, Plain, Preset, Product, killed_after};
use crate::model::{Overhead, SimDuration};
use crate::policy::{OverheadForm, Sync, one};

/// Ruby.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unicorn {
    /// Name in reports; `unicorn` if omitted. Policies of the same kind need different names.
    pub name: Option<String>,
    /// Number of worker processes (default: 1).
    #[serde(default = "one")]
    pub worker_processes: NonZeroU32,
    /// Length of the listen queue (default: 1024). Once it is full, the behaviour of a real server cannot be predicted.
    #[serde(default = "backlog")]
    pub backlog: u32,
    /// Its `timeout`: a worker that is busy with one request for this long is killed, and the request fails. If omitted, workers
    /// are not killed (Unicorn's own default is 60 s).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<SimDuration>,
    /// Time that a new worker takes to load the application (default: 0), with `timeout`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot: Option<SimDuration>,
    /// CPU time of Unicorn itself per request; it was not measured, and is 0 if omitted.
    pub overhead: Option<OverheadForm>,
}

const fn backlog() -> u32 {
    1024
}

impl Preset for Unicorn {
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

impl Unicorn {
    fn plain(&self) -> Plain {
        Plain::Sync(Sync {
            workers: self.worker_processes,
            backlog: Some(self.backlog),
            worker_timeout: killed_after(self.timeout, self.boot),
            overhead: Some(OverheadForm::or(self.overhead, Overhead::NONE).into()),
            ..Sync::default()
        })
    }
}
