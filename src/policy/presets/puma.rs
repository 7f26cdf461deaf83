//! Puma: threads in each worker, under Ruby's global VM lock.
//!
//! The plain policy `threaded` with a lock that is handed over after 100 ms. A worker accepts when a thread is free.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Plain, Preset};
use crate::model::{KnownClient, Overhead, SimDuration};
use crate::policy::{OverheadForm, SwitchInterval, Threaded, one};

/// Ruby.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Puma {
    /// What reports call it; `puma` when left out. Two policies of one kind need names.
    pub name: Option<String>,
    /// How many worker processes there are (1).
    #[serde(default = "one")]
    pub workers: NonZeroU32,
    /// How many threads each worker has at most (5).
    #[serde(default = "five")]
    pub threads: NonZeroU32,
    /// So many connections may wait in the listen queue; beyond it nothing can be predicted.
    #[serde(default = "backlog")]
    pub backlog: u32,
    /// CPU time of Puma itself, for each request; it was not measured, and is none when left out.
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

    fn measured_client(&self) -> Option<KnownClient> {
        None
    }

    fn measured_on(&self) -> Option<String> {
        None
    }
}
