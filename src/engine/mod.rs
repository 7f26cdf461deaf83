//! The simulation: draws through [`crate::random`], reads nothing, prints nothing, cannot fail.

mod rules;

pub use rules::Rules;
