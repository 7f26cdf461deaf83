//! Invariants of every run of every scenario, and of the source itself.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

#[path = "../common/mod.rs"]
mod common;
mod determinism;
mod floors;
mod one_thing_more;
mod outcomes;
mod over_time;
mod random_scenarios;
mod shortcuts;
