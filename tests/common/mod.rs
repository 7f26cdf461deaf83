//! Shared by several tests.

#![allow(dead_code, reason = "each test uses its own part")]

pub mod generator;
pub mod program;
pub mod tokens;
