//! Presets: policies in the words of a real product. One file each.
//!
//! A preset stands for a plain policy with some of its options set, and for the overhead of the product. What the
//! overheads were measured on, and how far the predictions are from the real servers, is in `validation/`.

mod fastapi_threadpool;
mod go;
mod gunicorn;
mod node;
mod puma;
mod tomcat;
mod uvicorn;
mod waitress;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

pub use self::fastapi_threadpool::FastapiThreadpool;
pub use self::go::Go;
pub use self::gunicorn::{Gunicorn, WorkerClass};
pub use self::node::Node;
pub use self::puma::Puma;
pub use self::tomcat::Tomcat;
pub use self::uvicorn::{EventLoop, HttpParser, Uvicorn};
pub use self::waitress::Waitress;
use super::{Async, Policy, PolicyChoice, Runner, Slots, Sync, Threaded};
use crate::engine::{BlockingWaits, Dispatch, Queueing, ThreadPool, Timers};
use crate::model::{KnownClient, Overhead, SimDuration};

/// The machine and the versions on which overheads were measured.
const MEASURED: &str = "one virtual machine: 2 cores, Linux 6.18, CPython 3.11.7";

/// A policy that stands for a plain one.
pub trait Preset {
    /// The name given in the scenario, if any.
    fn name(&self) -> Option<&str>;

    /// The plain policy, with all options and the overhead.
    fn plain(&self) -> Plain;

    /// The client of a database that was measured with it; `None`: none was.
    fn measured_client(&self) -> Option<KnownClient>;

    /// How requests are to find their worker, where the product has a choice.
    fn dispatch(&self) -> DispatchChoice {
        DispatchChoice::default()
    }

    /// What the overhead was measured on; `None`: it was not.
    fn measured_on(&self) -> Option<String>;
}

/// A `dispatch` that was asked of a product, and those it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DispatchChoice {
    /// What the scenario says.
    pub asked: Option<Dispatch>,
    /// What the product can do.
    pub choices: &'static [Dispatch],
}

impl DispatchChoice {
    /// What was asked, if the product cannot do it.
    pub fn refused(self) -> Option<Dispatch> {
        self.asked.filter(|asked| !self.choices.contains(asked))
    }
}

/// A policy that is no preset, as scenario files write it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Plain {
    /// One request at a time in each worker.
    Sync(Sync),
    /// One request per thread.
    Threaded(Threaded),
    /// An event loop in each worker.
    Async(Async),
}

impl Plain {
    fn policy(&self) -> &dyn Policy {
        match self {
            Self::Sync(policy) => policy,
            Self::Threaded(policy) => policy,
            Self::Async(policy) => policy,
        }
    }
}

/// What a preset stands for, as reports and results tell it.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct StandsFor {
    /// The plain policy, as a scenario file writes it: it gives the same numbers.
    pub policy: Value,
    /// What the overhead was measured on; `None`: it was not, and the numbers are those of the plain policy.
    pub measured_on: Option<String>,
}

impl<P: Preset> Policy for P {
    fn name(&self) -> Option<&str> {
        Preset::name(self)
    }

    fn workers(&self) -> u32 {
        self.plain().policy().workers()
    }

    fn slots(&self) -> Slots {
        self.plain().policy().slots()
    }

    fn runner(&self) -> Runner {
        self.plain().policy().runner()
    }

    fn running_at_once(&self) -> u32 {
        self.plain().policy().running_at_once()
    }

    fn hand_over_interval(&self) -> Option<SimDuration> {
        self.plain().policy().hand_over_interval()
    }

    fn blocking_waits(&self) -> BlockingWaits {
        self.plain().policy().blocking_waits()
    }

    fn gathers(&self) -> bool {
        self.plain().policy().gathers()
    }

    fn thread_pool(&self) -> Option<ThreadPool> {
        self.plain().policy().thread_pool()
    }

    fn queueing(&self) -> Queueing {
        self.plain().policy().queueing()
    }

    fn keeps_core(&self) -> bool {
        self.plain().policy().keeps_core()
    }

    fn overhead(&self) -> Overhead {
        self.plain().policy().overhead()
    }

    fn yields_to_respond(&self) -> bool {
        self.plain().policy().yields_to_respond()
    }

    fn timers(&self) -> Option<Timers> {
        self.plain().policy().timers()
    }

    fn measured_client(&self) -> Option<KnownClient> {
        Preset::measured_client(self)
    }

    fn dispatch(&self) -> DispatchChoice {
        Preset::dispatch(self)
    }

    fn stands_for(&self) -> Option<StandsFor> {
        Some(StandsFor { policy: json!(self.plain()), measured_on: self.measured_on() })
    }
}

/// A preset as `waitline presets` lists it.
#[derive(Clone, Debug, PartialEq)]
pub struct Example {
    /// How a scenario file writes it.
    pub written: Value,
    /// The same as a policy.
    pub policy: PolicyChoice,
}

/// Every preset, each in the forms that differ.
pub fn examples() -> Vec<Example> {
    let written = [
        json!({ "gunicorn": { "worker_class": "sync", "workers": 4 } }),
        json!({ "gunicorn": { "worker_class": "gthread", "workers": 2, "threads": 4 } }),
        json!({ "uvicorn": { "workers": 2 } }),
        json!({ "uvicorn": { "workers": 2, "loop": "uvloop" } }),
        json!({ "fastapi_threadpool": { "workers": 2, "threads": 40 } }),
        json!({ "waitress": { "threads": 4 } }),
        json!({ "node": { "workers": 2 } }),
        json!({ "puma": { "workers": 2, "threads": 5 } }),
        json!({ "tomcat": { "threads": 200 } }),
        json!({ "go": {} }),
    ];
    let example = |written: Value| Example {
        policy: serde_json::from_value(written.clone()).expect("the examples are valid policies"),
        written,
    };
    written.into_iter().map(example).collect()
}

/// Microseconds before the handler, until the response is out, and after it.
const fn overhead(before: u64, response: u64, after: u64) -> Overhead {
    Overhead {
        before: SimDuration::from_micros(before),
        response: SimDuration::from_micros(response),
        after: SimDuration::from_micros(after),
    }
}
