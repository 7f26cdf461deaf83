//! waitress: one process, one thread for the network I/O and a thread pool that runs the handlers.
//!
//! The plain policy `threaded` with one worker, under one interpreter lock.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DispatchChoice, MEASURED, Plain, Preset, Product, overhead};
use crate::model::{KnownClient, Overhead};
use crate::policy::{OverheadForm, Threaded};

const WAITRESS: Overhead = overhead(1000, 400, 500);

/// Python under WSGI, in one process.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Waitress {
    /// Name in reports; `waitress` if omitted. Policies of the same kind need different names.
    pub name: Option<String>,
    /// Number of threads that run handlers (default: 4).
    #[serde(default = "four")]
    pub threads: NonZeroU32,
    /// CPU time of waitress itself per request; omitted parts are the measured ones.
    pub overhead: Option<OverheadForm>,
}

const fn four() -> NonZeroU32 {
    NonZeroU32::new(4).expect("4 is not 0")
}

impl Preset for Waitress {
    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn product(&self) -> Product {
        Product {
            plain: self.plain(),
            measured_on: Some(format!("waitress 3.0.2 on {MEASURED}")),
            measured_client: Some(KnownClient::Psycopg),
            dispatch: DispatchChoice::NONE,
            note: None,
        }
    }
}

impl Waitress {
    fn plain(&self) -> Plain {
        Plain::Threaded(Threaded {
            threads: self.threads,
            yields_to_respond: true,
            overhead: Some(OverheadForm::or(self.overhead, WAITRESS).into()),
            ..Threaded::default()
        })
    }
}
