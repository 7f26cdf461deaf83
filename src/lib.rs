//! waitline: the same requests under synchronous, threaded and async scheduling.
//!
//! The floors, from the ground up; a file uses its own floor and those below it:
//! [`model`] < [`random`] < [`engine`] < [`policy`] < [`scenario`] < [`stats`] < [`study`] < [`output`] < [`cli`].

pub mod cli;
pub mod engine;
pub mod model;
pub mod output;
pub mod policy;
pub mod random;
pub mod scenario;
pub mod stats;
pub mod study;
