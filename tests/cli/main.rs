//! The program as users see it: each command, its output, its exit codes, its files.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

mod chart_texts;
mod charts;
mod check;
#[path = "../common"]
mod common {
    pub mod program;
}
mod documents;
mod during_faults;
mod explain;
mod failures;
mod files;
mod formats;
mod hostile_text;
mod install;
#[cfg(target_os = "linux")]
mod interrupt;
mod others;
mod pictures;
mod plan;
mod plan_shards;
mod pools;
mod presets;
mod questions;
mod replay;
mod report;
mod run;
mod shards;
mod sweep;
mod timelines;
mod traces;
mod verify;
