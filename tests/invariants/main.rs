//! Invariants of every run of every scenario, and of the source itself.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

#[path = "../common"]
mod common {
    pub mod generator;
    #[expect(dead_code, reason = "the tests of the command line use the rest")]
    pub mod program;
    pub mod tokens;
}
mod blame;
mod blame_reference;
mod determinism;
mod drawn;
mod floors;
mod one_thing_more;
mod outcomes;
mod over_time;
mod random_scenarios;
mod shortcuts;
mod traces;
