//! Small systems computed by hand from the documented model, and compared to the nanosecond.
//!
//! No number was copied from a run: each comment explains where the numbers come from. Where the documents leave a
//! choice, the comment says so.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod accepting;
mod answers;
mod backends;
mod blame;
mod calls;
mod case;
mod causes;
mod client_load;
mod clients;
#[path = "../common"]
mod common {
    #[expect(dead_code, reason = "the tests of the command line use the rest")]
    pub mod program;
}
mod cores;
mod cpu_quota;
mod deadlocks;
mod dispatch;
mod faults;
mod free_threads;
mod goroutines;
mod holds;
mod instants;
mod lecture;
mod limits;
mod lock;
mod loops;
mod maybe;
mod over_time;
mod overhead;
mod pools;
mod prefetch;
mod recycling;
mod replicas;
mod shared_backends;
mod spares;
mod statements;
mod station_results;
mod stations;
mod what_if;
