//! What several tests share.

#![allow(dead_code, reason = "each test uses its own part")]

pub mod generator;
pub mod program;
pub mod tokens;
