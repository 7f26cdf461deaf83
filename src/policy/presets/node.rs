//! Node: an event loop in each worker; several workers come from its `cluster` module.
//!
//! The plain policy `async`. The cluster's primary process hands connections to the workers in turn. Sleeps last whole
//! milliseconds, rounded down.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DispatchChoice, Plain, Preset, Product, overhead};
use crate::engine::{Dispatch, Rounding};
use crate::model::{Overhead, SimDuration};
use crate::policy::{Async, OverheadForm, one};

const NODE: Overhead = overhead(500, 200, 300);

/// JavaScript.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Node {
    /// Name in reports; `node` if omitted. Policies of the same kind need different names.
    pub name: Option<String>,
    /// Number of processes (default: 1).
    #[serde(default = "one")]
    pub workers: NonZeroU32,
    /// How connections are assigned to workers, the cluster's `schedulingPolicy`: "round_robin" (SCHED_RR, the default) or
    /// "accept" (SCHED_NONE: workers compete for them).
    pub dispatch: Option<Dispatch>,
    /// CPU time of Node itself per request; omitted parts are the measured ones.
    pub overhead: Option<OverheadForm>,
}

impl Preset for Node {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn product(&self) -> Product {
        Product {
            plain: self.plain(),
            measured_on: Some("Node 20.20.2 on one virtual machine: 2 cores, Linux 6.18".to_owned()),
            measured_client: None,
            dispatch: DispatchChoice { asked: self.dispatch, choices: &[Dispatch::RoundRobin, Dispatch::Accept] },
            note: None,
        }
    }
}

impl Node {
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
}
