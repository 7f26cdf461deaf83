//! Tomcat: one process with a pool of threads that run in parallel.
//!
//! The plain policy `threaded` with one worker and no lock. Further connections wait first in Tomcat, then in the
//! listen queue.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DispatchChoice, MEASURED_WITHOUT_PYTHON, Plain, Preset, Product, overhead};
use crate::model::Overhead;
use crate::policy::{OverheadForm, Threaded};

/// When the compiler has done its work; before that, about 1.3 ms.
const OVERHEAD: Overhead = overhead(450, 100, 200);

/// Java.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tomcat {
    /// Name in reports; `tomcat` if omitted. Policies of the same kind need different names.
    pub name: Option<String>,
    /// Its `maxThreads` (default: 200).
    #[serde(default = "two_hundred")]
    pub threads: NonZeroU32,
    /// Its `maxConnections`: maximum number of open connections, including those that wait for a thread (default: 8192).
    #[serde(default = "connections")]
    pub max_connections: u32,
    /// Its `acceptCount`: length of the listen queue for further connections (default: 100). Once it is full, the behaviour
    /// of a real server cannot be predicted.
    #[serde(default = "accept_count")]
    pub accept_count: u32,
    /// CPU time of Tomcat itself per request; omitted parts are the measured ones, of a server that has been warmed up.
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

    fn product(&self) -> Product {
        Product {
            plain: self.plain(),
            measured_on: Some(format!("Tomcat 10.1.60 on {MEASURED_WITHOUT_PYTHON}, Java 17")),
            measured_client: None,
            dispatch: DispatchChoice::NONE,
            note: None,
        }
    }
}

impl Tomcat {
    fn plain(&self) -> Plain {
        Plain::Threaded(Threaded {
            threads: self.threads,
            gil: false,
            backlog: Some(self.max_connections.saturating_sub(self.threads.get()).saturating_add(self.accept_count)),
            overhead: Some(OverheadForm::or(self.overhead, OVERHEAD).into()),
            ..Threaded::default()
        })
    }
}
