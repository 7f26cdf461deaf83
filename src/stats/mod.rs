//! Numbers out of what was recorded: measured, estimated, and the results that files hold.

mod estimate;
mod measured;
pub mod results;
mod rounding;
pub mod theory;

pub use estimate::*;
pub use measured::*;
pub use results::*;
pub use rounding::{ROUNDED_BELOW, rounded};
