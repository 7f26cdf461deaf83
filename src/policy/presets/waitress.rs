//! waitress: one process, one thread that talks to the network and a pool that runs the handlers.
//!
//! The plain policy `threaded` with one worker, under one interpreter lock.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{MEASURED, Plain, Preset, overhead};
use crate::model::{KnownClient, Overhead};
use crate::policy::{OverheadForm, Threaded};

const WAITRESS: Overhead = overhead(1000, 400, 500);

/// Python under WSGI, in one process.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waitress {
    /// What reports call it; `waitress` when left out. Two policies of one kind need names.
    pub name: Option<String>,
    /// How many threads run handlers (4).
    #[serde(default = "four")]
    pub threads: NonZeroU32,
    /// CPU time of waitress itself, for each request, where it is not what was measured.
    pub overhead: Option<OverheadForm>,
}

const fn four() -> NonZeroU32 {
    NonZeroU32::new(4).expect("4 is not 0")
}

impl Preset for Waitress {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn plain(&self) -> Plain {
        Plain::Threaded(Threaded {
            threads: self.threads,
            yields_to_respond: true,
            overhead: Some(OverheadForm::or(self.overhead, WAITRESS).into()),
            ..Threaded::default()
        })
    }

    fn measured_client(&self) -> Option<KnownClient> {
        Some(KnownClient::Psycopg)
    }

    fn measured_on(&self) -> Option<String> {
        Some(format!("waitress 3.0.2 on {MEASURED}"))
    }
}
