//! Families of distributions that are determined by two numbers: one for the scale, one for the shape.

mod gamma;
mod lognormal;
mod normal;
mod pareto;
#[cfg(test)]
mod tests;
mod weibull;

use schemars::{JsonSchema, Schema, SchemaGenerator};

use super::Cv;
use super::pair::Pair;
use super::sampler::UncommonFamily;

pub use gamma::Gamma;
pub use lognormal::Lognormal;
pub use normal::Normal;
pub use pareto::Pareto;
pub use weibull::Weibull;

/// A member of a family that varies; all times are in nanoseconds.
pub trait Family: Copy {
    /// Name of the schema of its numbers.
    const SCHEMA: &'static str = "Spread";
    /// Description of its numbers, for the schema.
    const DESCRIPTION: &'static str = "Two of the numbers `mean`, `cv`, `median`, `p90`, `p95`, `p99`. If two distributions \
                                       have the mean and the percentile given, it is the one with the smaller cv.";

    /// That the cv is possible.
    ///
    /// # Errors
    /// Why not and, on a separate line, what to write instead.
    fn check_cv(_: f64) -> Result<(), String> {
        Ok(())
    }

    /// That the two numbers say two different things about the family.
    ///
    /// # Errors
    /// Why not and, on a separate line, what to write instead.
    fn check(_: &Pair) -> Result<(), String> {
        Ok(())
    }

    /// The schema of its cv.
    fn schema_of_cv(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = Cv::json_schema(generator);
        schema.insert("description".to_owned(), "Standard deviation / mean.".into());
        schema
    }

    /// The member with both numbers: durations are above 0 and in order, and the cv is above 0.
    ///
    /// # Errors
    /// Why there is none and, on a separate line, what to write instead.
    fn of(pair: &Pair) -> Result<Self, String>;

    /// The mean of the draws.
    fn mean_nanos(&self) -> f64;

    /// The member of draws that are `factor` times as long.
    fn scaled(&self, factor: f64) -> Self;

    /// Prepared for drawing.
    fn to_draw(&self) -> UncommonFamily;
}
