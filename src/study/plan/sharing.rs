//! What several machines divide among them when they make a plan: its replications.
//!
//! Each follows the same search and simulates its share of the replications that a look needs. Where those of others are not here
//! yet, it guesses what they will say and goes on for some looks, so that there is work for all; the guess decides nothing, since
//! a machine that does a share makes no plan. Who does a replication depends on what it is called, and not on what was found before.

use std::sync::atomic::{AtomicU64, Ordering};

use sha2::{Digest, Sha256};

use crate::scenario::Scenario;
use crate::stats::Truncation;
use crate::study::capacity::Capacity;
use crate::study::replications::Halted;
use crate::study::units::{UnitGroup, UnitKind, UnitOf, UnitPoint, Units, WorkUnit};

use super::measure::{Asked, Measure};
use super::replicated::Replicated;

/// Looks of a policy whose outcome is guessed, at least: as many as there are machines if that is more. A look has ten replications
/// and more.
const GUESSES: u64 = 8;

/// Where the replications of a policy's plan are simulated.
#[derive(Debug)]
pub(super) struct Sharing<'a> {
    units: &'a Units,
    scenario: &'a Scenario,
    /// The policy's place in the scenario.
    policy: usize,
    /// What replications are asked, in words.
    objectives: Vec<String>,
    /// How many outcomes may still be guessed.
    guesses: AtomicU64,
}

impl<'a> Sharing<'a> {
    pub fn new(units: &'a Units, scenario: &'a Scenario, policy: usize, asked: &[Asked<'_>]) -> Self {
        let words = |asked: &Asked<'_>| format!("{} within {}", asked.objective.text, asked.within);
        let guesses = AtomicU64::new(GUESSES.max(units.shares()));
        Self { units, scenario, policy, objectives: asked.iter().map(words).collect(), guesses }
    }

    fn unit(&self, point: &str, kind: UnitKind) -> UnitOf<'_> {
        let point = UnitPoint::Tried(point.to_owned());
        let unit = WorkUnit { point, policy: self.policy, kind };
        UnitOf { unit, scenario: self.scenario, objectives: &self.objectives }
    }

    /// What a replication gives; `None` if it is not here.
    ///
    /// # Errors
    /// Those of the work.
    pub fn replication(
        &self,
        name: &str,
        number: u64,
        measures: &[Measure],
        work: impl FnOnce() -> Result<Replicated, Halted>,
    ) -> Result<Option<Replicated>, Halted> {
        self.units.get(
            self.units.are_ours(self.group(name), number),
            || self.unit(name, UnitKind::Replication(number)),
            work,
            Replicated::clone,
            |state: Replicated| Ok(Some(state).filter(|state| state.fits(measures))),
        )
    }

    /// Replications of one name follow each other from machine to machine; the first is anywhere.
    fn group(&self, name: &str) -> UnitGroup {
        let digest = Sha256::digest(format!("{} {name}", self.policy));
        let number = digest.iter().take(4).fold(0, |number, byte| number << 8 | usize::from(*byte));
        UnitGroup { number, of: 1, size: 1 }
    }

    /// What a policy can sustain.
    ///
    /// # Errors
    /// Those of the work.
    pub fn capacity(&self, name: &str, work: impl FnOnce() -> Result<Capacity, Halted>) -> Result<Capacity, Halted> {
        self.units.aside(|| self.unit(name, UnitKind::Capacity), work)
    }

    /// How long to warm up.
    ///
    /// # Errors
    /// Those of the work.
    pub fn warm_up(&self, name: &str, work: impl FnOnce() -> Result<Truncation, Halted>) -> Result<Truncation, Halted> {
        self.units.aside(|| self.unit(name, UnitKind::WarmUp), work)
    }

    /// Whether to go on with a guess where replications of a look are not here.
    pub fn may_guess(&self) -> bool {
        let take_one = |left: u64| left.checked_sub(1);
        self.units.are_a_share() && self.guesses.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take_one).is_ok()
    }
}
