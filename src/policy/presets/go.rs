//! Go: a goroutine for each request, and all cores for all of them.
//!
//! The plain policy `threaded` with one worker, no lock, and more threads than there can be requests in flight.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Plain, Preset};
use crate::engine::MAX_IN_FLIGHT;
use crate::model::{KnownClient, Overhead};
use crate::policy::{OverheadForm, Threaded};

/// Go's net/http.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Go {
    /// What reports call it; `go` when left out. Two policies of one kind need names.
    pub name: Option<String>,
    /// CPU time of Go's own code, for each request; it was not measured, and is none when left out.
    pub overhead: Option<OverheadForm>,
}

impl Preset for Go {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn plain(&self) -> Plain {
        Plain::Threaded(Threaded {
            threads: NonZeroU32::new(MAX_IN_FLIGHT).unwrap_or(NonZeroU32::MAX),
            gil: false,
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
