//! Distributions made of weighted branches.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::SimDuration;

use super::{Distribution, Weight};

/// Branches, one of which is taken by each draw; at least one, and the weights do not sum to 0.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "Vec<HyperexponentialBranch>")]
#[schemars(!try_from, inline)]
pub struct Hyperexponential(#[schemars(length(min = 1))] Vec<HyperexponentialBranch>);

/// A branch of a hyperexponential distribution.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HyperexponentialBranch {
    /// How often it is taken, relative to the others.
    pub weight: Weight,
    /// Its mean.
    pub mean: SimDuration,
}

/// Branches, one of which is taken by each draw; at least one, and the weights do not sum to 0.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(try_from = "Vec<MixtureBranch>")]
#[schemars(!try_from, inline)]
pub struct Mixture(#[schemars(length(min = 1))] Vec<MixtureBranch>);

/// A branch of a mixture.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MixtureBranch {
    /// How often it is taken, relative to the others.
    pub weight: Weight,
    /// Its distribution, of any kind.
    pub of: Distribution,
}

impl TryFrom<Vec<HyperexponentialBranch>> for Hyperexponential {
    type Error = String;

    fn try_from(branches: Vec<HyperexponentialBranch>) -> Result<Self, String> {
        check_weights(branches.iter().map(|branch| branch.weight))?;
        Ok(Self(branches))
    }
}

impl TryFrom<Vec<MixtureBranch>> for Mixture {
    type Error = String;

    fn try_from(branches: Vec<MixtureBranch>) -> Result<Self, String> {
        check_weights(branches.iter().map(|branch| branch.weight))?;
        Ok(Self(branches))
    }
}

fn check_weights(mut weights: impl ExactSizeIterator<Item = Weight>) -> Result<(), String> {
    if weights.len() == 0 {
        return Err("the list is empty\nwrite at least one branch with a weight above 0".to_owned());
    }
    if weights.all(|weight| weight.get() <= 0.0) {
        return Err("the weights sum to 0\ngive at least one branch a weight above 0".to_owned());
    }
    Ok(())
}

impl Hyperexponential {
    pub(super) fn scaled(&self, factor: f64) -> Self {
        let scaled = |branch: &HyperexponentialBranch| HyperexponentialBranch {
            weight: branch.weight,
            mean: branch.mean.scaled(factor),
        };
        Self(self.0.iter().map(scaled).collect())
    }

    pub(super) fn branches(&self) -> &[HyperexponentialBranch] {
        &self.0
    }

    pub(super) fn mean_nanos(&self) -> f64 {
        weighted_mean(self.0.iter().map(|branch| (branch.weight.get(), branch.mean.as_nanos() as f64)))
    }
}

impl Mixture {
    pub(super) fn scaled(&self, factor: f64) -> Self {
        let scaled = |branch: &MixtureBranch| MixtureBranch { weight: branch.weight, of: branch.of.scaled(factor) };
        Self(self.0.iter().map(scaled).collect())
    }

    /// The branches with a weight above 0.
    pub(super) fn possible_branches(&self) -> impl Iterator<Item = &MixtureBranch> {
        self.0.iter().filter(|branch| branch.weight.get() > 0.0)
    }

    pub(super) fn branches_mut(&mut self) -> impl Iterator<Item = &mut MixtureBranch> {
        self.0.iter_mut()
    }

    pub(super) fn mean_nanos(&self) -> f64 {
        weighted_mean(self.possible_branches().map(|branch| (branch.weight.get(), branch.of.mean_nanos())))
    }
}

fn weighted_mean(branches: impl Iterator<Item = (f64, f64)>) -> f64 {
    let (sum, weights) =
        branches.fold((0.0, 0.0), |(sum, weights), (weight, mean)| (sum + weight * mean, weights + weight));
    sum / weights
}
