//! Puma: threads in each worker, under Ruby's global VM lock.
//!
//! The plain policy `threaded` with a lock that is handed over after 100 ms. A worker accepts a connection when it has a
//! free thread.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DispatchChoice, Plain, Preset, Product};
use crate::model::{Overhead, SimDuration};
use crate::policy::{OverheadForm, SwitchInterval, Threaded, one};

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
    /// CPU time of Puma itself per request; it was not measured, and is 0 if omitted.
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
            measured_on: None,
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
            backlog: Some(self.backlog),
            overhead: Some(OverheadForm::or(self.overhead, Overhead::NONE).into()),
            ..Threaded::default()
        })
    }
}
