//! waitline: the same web requests under synchronous, threaded and async scheduling.
//!
//! A request is mostly waiting. What that costs depends on what is held meanwhile: a worker, a thread, or nothing.
//! This crate runs the requests of a scenario under several execution policies, event by event in whole nanoseconds,
//! and says how long they took and where the time went. Every policy meets the same requests: a request's class and
//! demands come from a stream of its own, keyed by the seed and the request's number.
//!
//! # Example
//!
//! A scenario is read from JSON, run, and asked for its numbers:
//!
//! ```
//! use std::ops::ControlFlow;
//! use waitline::scenario::Scenario;
//! use waitline::study::{self, Options, Watch};
//!
//! let scenario = Scenario::from_json(
//!     r#"{
//!       "classes": { "page": { "phases": [
//!         { "framework": "2ms" }, { "db": { "exponential": "50ms" } }, { "compute": "3ms" } ] } },
//!       "arrivals": { "poisson": "40/s" },
//!       "machine": { "cores": 2 },
//!       "policies": [ { "sync": { "workers": 4 } }, { "async": {} } ],
//!       "run": { "requests": 20000, "seed": 7 }
//!     }"#,
//! )
//! .expect("the scenario is valid");
//!
//! // Called while the run goes on: it could show how far it is, or break it off.
//! let mut watch = Watch { progress: &|_| ControlFlow::Continue(()), rows: None };
//! let results = study::run(&scenario, &Options::default(), &mut watch).expect("nobody broke it off");
//!
//! let [sync, r#async] = &results.policies[..] else { panic!("two policies were run") };
//! let (sync_p99, async_p99) = (sync.response_time_ms.p99, r#async.response_time_ms.p99);
//! assert_eq!(sync.requests.completed, 20_000);
//! assert!(async_p99 < sync_p99, "four workers are not enough for 40 requests a second that wait 50 ms");
//! ```
//!
//! What is wrong with a scenario is a [`scenario::Diagnostic`], which says where it is and what to do. A file with the
//! scenario's laws, or changes such as `--set` makes, go through [`scenario::read`]. Results become text, JSON, CSV,
//! Markdown or a picture in [`output`].
//!
//! # Floors
//!
//! The modules are floors, from the ground up; a file uses its own floor and those below it:
//!
//! - [`model`]: the things we speak of: time in whole nanoseconds, phases, machine, rates; plain data.
//! - [`random`]: the only code that draws numbers: streams, distributions, arrivals.
//! - [`engine`]: the simulation; reads nothing, prints nothing, cannot fail.
//! - [`policy`]: one file per execution policy, which answers how workers run requests.
//! - [`scenario`]: JSON text to a valid scenario; every rule, with its message.
//! - [`stats`]: numbers out of what was recorded.
//! - [`study`]: runs and questions; returns data.
//! - [`output`]: data to text, JSON, CSV, Markdown and SVG; computes nothing.
//! - [`cli`]: the only code that touches files, the terminal and exit codes.

pub mod cli;
pub mod engine;
pub mod model;
pub mod output;
pub mod policy;
pub mod random;
pub mod scenario;
pub mod stats;
pub mod study;
