//! Puma: threads in each worker, under Ruby's global VM lock.
//!
//! The plain policy `threaded` with a lock that is handed over after 100 ms, the quantum of Ruby's threads. A worker's main thread
//! accepts a connection while a thread is free, and needs the lock for that; of several workers, the first to get
//! there takes it. Puma writes the head of a response and its body separately, each write releases the lock, and
//! the kernel holds the head back until the body is there (`TCP_CORK`).
//!
//! Source: Puma 5.6.5, `server.rb` (`handle_servers`), `thread_pool.rb` (`wait_until_not_full`, `wait_for_less_busy_worker`), `request.rb`
//! (`handle_request`, `cork_socket`, `fast_write`); Ruby 3.1, `thread_pthread.c` (`TIME_QUANTUM_MSEC`).

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DispatchChoice, MEASURED_WITHOUT_PYTHON, Plain, Preset, Product, overhead};
use crate::engine::Dispatch;
use crate::model::{Overhead, SimDuration};
use crate::policy::{OverheadForm, SwitchInterval, Threaded, one};

const OVERHEAD: Overhead = overhead(350, 100, 200);

/// The head of a response and its body.
const WRITES: NonZeroU32 = NonZeroU32::new(2).expect("2 is not 0");

/// Ruby.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Puma {
    /// Name in reports; `puma` if omitted. Policies of the same kind need different names.
    pub name: Option<String>,
    /// Number of worker processes (default: 1).
    #[serde(default = "one")]
    pub workers: NonZeroU32,
    /// Maximum number of threads in each worker (default: 5).
    #[serde(default = "five")]
    pub threads: NonZeroU32,
    /// Length of the listen queue (default: 1024). Once it is full, the behaviour of a real server cannot be predicted.
    #[serde(default = "backlog")]
    pub backlog: u32,
    /// Its `wait_for_less_busy_worker`, with several workers: time for which a worker with requests in progress waits before it accepts
    /// another one, unless one of them is done before. As in Puma 5, it does not wait if omitted; the default of Puma 6 is "5ms".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait_for_less_busy_worker: Option<SimDuration>,
    /// CPU time of Puma itself per request; omitted parts are the measured ones.
    pub overhead: Option<OverheadForm>,
}

const fn five() -> NonZeroU32 {
    NonZeroU32::new(5).expect("5 is not 0")
}

const fn backlog() -> u32 {
    1024
}

impl Preset for Puma {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn product(&self) -> Product {
        Product {
            plain: self.plain(),
            measured_on: Some(format!("Puma 5.6.5 on {MEASURED_WITHOUT_PYTHON}, Ruby 3.1.2")),
            measured_client: None,
            dispatch: DispatchChoice::NONE,
            note: None,
        }
    }
}

impl Puma {
    fn plain(&self) -> Plain {
        Plain::Threaded(Threaded {
            workers: self.workers,
            threads: self.threads,
            switch_interval: SwitchInterval(Some(SimDuration::from_millis(100))),
            yields_to_respond: true,
            response_writes: Some(WRITES),
            backlog: Some(self.backlog),
            dispatch: Dispatch::Accept,
            busy_accept_delay: self.wait_for_less_busy_worker,
            worker_connections: Some(self.threads),
            overhead: Some(OverheadForm::or(self.overhead, OVERHEAD).into()),
            ..Threaded::default()
        })
    }
}
