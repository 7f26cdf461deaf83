//! Node: an event loop in each worker; several workers are those of its `cluster` module.
//!
//! The plain policy `async`. The cluster's first process gives connections to its workers in turn. Sleeps
//! last whole milliseconds, rounded down.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{DispatchChoice, Plain, Preset, overhead};
use crate::engine::{Dispatch, Rounding};
use crate::model::{KnownClient, Overhead, SimDuration};
use crate::policy::{Async, OverheadForm, one};

const NODE: Overhead = overhead(500, 200, 300);

/// JavaScript.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// What reports call it; `node` when left out. Two policies of one kind need names.
    pub name: Option<String>,
    /// How many processes there are (1).
    #[serde(default = "one")]
    pub workers: NonZeroU32,
    /// How connections find their worker, its cluster's `schedulingPolicy`: "round_robin" (SCHED_RR, the default) or "accept"
    /// (SCHED_NONE: whoever takes them).
    pub dispatch: Option<Dispatch>,
    /// CPU time of Node itself, for each request, where it is not what was measured.
    pub overhead: Option<OverheadForm>,
}

impl Preset for Node {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn plain(&self) -> Plain {
        let own = if self.workers.get() > 1 { Dispatch::RoundRobin } else { Dispatch::Shared };
        Plain::Async(Async {
            workers: self.workers,
            dispatch: self.dispatch.unwrap_or(own),
            overhead: Some(OverheadForm::or(self.overhead, NODE).into()),
            timer_resolution: Some(SimDuration::from_millis(1)),
            timer_rounding: Some(Rounding::Down),
            ..Async::default()
        })
    }

    fn measured_client(&self) -> Option<KnownClient> {
        None
    }

    fn dispatch(&self) -> DispatchChoice {
        DispatchChoice { asked: self.dispatch, choices: &[Dispatch::RoundRobin, Dispatch::Accept] }
    }

    fn measured_on(&self) -> Option<String> {
        Some("Node 20.20.2 on one virtual machine: 2 cores, Linux 6.18".to_owned())
    }
}
