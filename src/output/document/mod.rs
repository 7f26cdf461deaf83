//! What each command says, before any format.

pub mod check;
pub mod coverage;
pub mod findings;
pub mod presets;
pub mod replay;
pub mod run;
pub mod verify;
