//! Numbers out of what was recorded.

mod results;

pub use results::*;
