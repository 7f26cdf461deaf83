//! What documents are made of, and what it takes to lay them out.

pub mod bars;
pub mod number;
pub mod paint;
pub mod table;
pub mod wrap;
