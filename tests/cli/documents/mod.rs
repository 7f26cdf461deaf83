//! The pages for users: their commands run, their outputs and figures are current, their links lead somewhere.
//!
//! `UPDATE_GOLDEN=1 cargo test --test cli documents -- --include-ignored` rewrites the outputs on the pages and what is
//! generated.

#[cfg(unix)]
mod commands;
mod fields;
mod generated;
mod links;
mod names;
mod numbers;
mod page;
mod readers;
mod scenarios;
