//! Numbers compared with known ones: closed forms, exact cases, published values, and the coverage of our intervals.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod arrivals;
mod calls;
mod capacity;
mod closed_forms;
#[path = "../common"]
mod common {
    #[expect(dead_code, reason = "the tests of the command line use the rest")]
    pub mod program;
}
mod confidence;
mod distribution_forms;
mod distributions;
mod exact_cases;
mod gate;
mod plans;
mod pools;
mod streams;
