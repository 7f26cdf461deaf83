//! Go: a goroutine for each request, on all cores.
//!
//! The plain policy `threaded` with one worker, no lock, and as many threads as there can be requests in flight.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DispatchChoice, Plain, Preset, Product};
use crate::engine::MAX_IN_FLIGHT;
use crate::model::Overhead;
use crate::policy::{OverheadForm, Threaded};

/// Go's net/http.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Go {
    /// Name in reports; `go` if omitted. Policies of the same kind need different names.
    pub name: Option<String>,
    /// CPU time of Go's own code per request; it was not measured, and is 0 if omitted.
    pub overhead: Option<OverheadForm>,
}

impl Preset for Go {
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

impl Go {
    fn plain(&self) -> Plain {
        Plain::Threaded(Threaded {
            threads: NonZeroU32::new(MAX_IN_FLIGHT).unwrap_or(NonZeroU32::MAX),
            gil: false,
            overhead: Some(OverheadForm::or(self.overhead, Overhead::NONE).into()),
            ..Threaded::default()
        })
    }
}
