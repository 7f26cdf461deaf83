//! Tomcat: one process, a pool of threads that run at the same time.
//!
//! The plain policy `threaded` with one worker and no lock. Connections beyond its threads wait, at first in Tomcat and
//! then in the listen queue.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Plain, Preset};
use crate::model::{KnownClient, Overhead};
use crate::policy::{OverheadForm, Threaded};

/// Java.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tomcat {
    /// What reports call it; `tomcat` when left out. Two policies of one kind need names.
    pub name: Option<String>,
    /// Its `maxThreads` (200).
    #[serde(default = "two_hundred")]
    pub threads: NonZeroU32,
    /// Its `maxConnections`: so many are open, those that wait for a thread included.
    #[serde(default = "connections")]
    pub max_connections: u32,
    /// Its `acceptCount`: so many wait in the listen queue beyond them, where nothing more can be predicted.
    #[serde(default = "accept_count")]
    pub accept_count: u32,
    /// CPU time of Tomcat itself, for each request; it was not measured, and is none when left out.
    pub overhead: Option<OverheadForm>,
}

const fn two_hundred() -> NonZeroU32 {
    NonZeroU32::new(200).expect("200 is not 0")
}

const fn connections() -> u32 {
    8192
}

const fn accept_count() -> u32 {
    100
}

impl Preset for Tomcat {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn plain(&self) -> Plain {
        Plain::Threaded(Threaded {
            threads: self.threads,
            gil: false,
            backlog: Some(self.max_connections.saturating_sub(self.threads.get()).saturating_add(self.accept_count)),
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
