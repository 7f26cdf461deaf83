//! Go: a goroutine for each request, on all cores.
//!
//! The plain policy `threaded` with one worker, no lock, and as many threads as there can be requests in flight. Go's
//! runtime shares the cores among them: the quantum of the machine has no effect.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DispatchChoice, MEASURED_WITHOUT_PYTHON, Plain, Preset, Product, overhead};
use crate::engine::{MAX_IN_FLIGHT, Scheduler};
use crate::model::Overhead;
use crate::policy::{OverheadForm, Threaded};

const OVERHEAD: Overhead = overhead(150, 50, 50);

/// Go's net/http.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Go {
    /// Name in reports; `go` if omitted. Policies of the same kind need different names.
    pub name: Option<String>,
    /// CPU time of net/http itself per request; omitted parts are the measured ones.
    pub overhead: Option<OverheadForm>,
}

impl Preset for Go {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn product(&self) -> Product {
        Product {
            plain: self.plain(),
            measured_on: Some(format!("Go 1.19.8 on {MEASURED_WITHOUT_PYTHON}")),
            measured_client: None,
            dispatch: DispatchChoice::NONE,
            note: None,
        }
    }
}

impl Go {
    fn plain(&self) -> Plain {
        Plain::Threaded(Threaded {
            threads: NonZeroU32::new(MAX_IN_FLIGHT).unwrap_or(NonZeroU32::MAX),
            gil: false,
            scheduler: Scheduler::Go,
            overhead: Some(OverheadForm::or(self.overhead, OVERHEAD).into()),
            ..Threaded::default()
        })
    }
}
