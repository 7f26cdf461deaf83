//! Poisson arrivals at a rate that changes at random times.
//!
//! A Markov-modulated Poisson process (MMPP) starts in equilibrium: its first state is drawn by each state's share of the
//! time, and the remainder of an exponential time has the same distribution. An on-off process starts with a full on time.
//!
//! The times of change have a separate stream, so a different rate does not move them.

use rand::RngExt;
use rand_distr::{Distribution as _, Exp1};
use schemars::JsonSchema;
use serde::de::{Deserializer, Error};
use serde::{Deserialize, Serialize};

use crate::model::{Rate, SimDuration};
use crate::random::{Distribution, Sampler, Stream};

use super::parameters::{RateOrZero, duration_above_zero};
use super::stepwise::{RateStep, Steps};

/// States that follow each other cyclically, each for an exponential time; the first is drawn by its share of the time.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mmpp {
    /// The states in their order; at least one has a rate above 0.
    #[serde(deserialize_with = "states")]
    #[schemars(length(min = 1))]
    pub states: Vec<MmppState>,
}

/// A state of a Markov-modulated Poisson process.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MmppState {
    /// The rate in this state; "0/s" for none.
    pub rate: RateOrZero,
    /// Its mean duration; above 0.
    #[serde(deserialize_with = "duration_above_zero")]
    #[schemars(with = "SimDuration")]
    pub mean: SimDuration,
}

/// Poisson arrivals during `on` times and none during `off` times, alternating; the first `on` begins at the start.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnOff {
    /// The rate while it is on.
    pub rate: Rate,
    /// Duration of an on time; not always 0.
    #[serde(deserialize_with = "on_time")]
    #[schemars(with = "Distribution")]
    pub on: Distribution,
    /// Duration of an off time.
    pub off: Distribution,
}

fn states<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<MmppState>, D::Error> {
    let states = Vec::<MmppState>::deserialize(deserializer)?;
    if states.is_empty() {
        let help = "write at least one state, such as {\"rate\": \"80/s\", \"mean\": \"10s\"}";
        return Err(Error::custom(format!("the list is empty\n{help}")));
    }
    if states.iter().all(|state| state.rate.is_zero()) {
        return Err(Error::custom("all rates are 0\nwrite at least one rate above 0, such as \"80/s\""));
    }
    Ok(states)
}

fn on_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Distribution, D::Error> {
    let distribution = <Distribution as Deserialize>::deserialize(deserializer)?;
    check_on_time(&distribution).map_err(Error::custom)?;
    Ok(distribution)
}

fn check_on_time(distribution: &Distribution) -> Result<(), String> {
    if distribution.is_always_zero() {
        return Err("`on` is always 0, so nothing ever arrives\nwrite a distribution whose mean is above 0".to_owned());
    }
    Ok(())
}

impl Mmpp {
    pub(super) fn scaled(&self, factor: f64) -> Self {
        let scaled = |state: &MmppState| MmppState { rate: state.rate.scaled(factor), mean: state.mean };
        Self { states: self.states.iter().map(scaled).collect() }
    }

    fn nanos(&self) -> f64 {
        self.states.iter().map(|state| state.mean.as_nanos() as f64).sum()
    }

    /// Expected number of arrivals in one cycle of the states.
    fn expected(&self) -> f64 {
        self.states.iter().map(|state| state.rate.per_nano() * state.mean.as_nanos() as f64).sum()
    }

    pub(super) fn mean_rate_per_s(&self) -> f64 {
        self.expected() / self.nanos() * 1e9
    }

    pub(super) fn highest_rate_per_s(&self) -> f64 {
        self.states.iter().map(|state| state.rate.as_per_second()).fold(0.0, f64::max)
    }

    pub(super) fn changes_per_arrival(&self) -> f64 {
        self.states.len() as f64 / self.expected()
    }

    pub(super) fn steps(&self, mut stream: Stream) -> MmppSteps {
        let mut nanos = stream.random::<f64>() * self.nanos();
        let mut is_past = |state: &MmppState| {
            nanos -= state.mean.as_nanos() as f64;
            nanos >= 0.0
        };
        let next = self.states.iter().take_while(|state| is_past(state)).count() % self.states.len();
        MmppSteps { states: self.states.clone(), next, stream }
    }
}

impl OnOff {
    pub(super) fn mean_rate_per_s(&self) -> f64 {
        match (self.on.mean_nanos(), self.off.mean_nanos()) {
            (on, _) if on.is_infinite() => self.rate.as_per_second(),
            (on, off) => self.rate.as_per_second() * on / (on + off),
        }
    }

    pub(super) fn changes_per_arrival(&self) -> f64 {
        2.0 / (self.rate.as_per_second() / 1e9 * self.on.mean_nanos())
    }

    pub(super) fn load_files(&mut self, load: &mut dyn FnMut(&str) -> Result<String, String>) -> Result<(), String> {
        self.on.load_files(load)?;
        self.off.load_files(load)?;
        check_on_time(&self.on)
    }

    pub(super) fn steps(&self, stream: Stream) -> OnOffSteps {
        let rate_per_nano = self.rate.as_per_second() / 1e9;
        OnOffSteps { rate_per_nano, on: self.on.sampler(), off: self.off.sampler(), is_on: false, stream }
    }
}

/// The states one after another.
#[derive(Debug)]
pub(super) struct MmppSteps {
    states: Vec<MmppState>,
    next: usize,
    stream: Stream,
}

impl Steps for MmppSteps {
    fn next_step(&mut self) -> Option<RateStep> {
        let state = self.states[self.next];
        self.next = (self.next + 1) % self.states.len();
        let unit: f64 = Exp1.sample(&mut self.stream);
        Some(RateStep { rate_per_nano: state.rate.per_nano(), nanos: unit * state.mean.as_nanos() as f64 })
    }
}

/// On and off, alternating.
#[derive(Debug)]
pub(super) struct OnOffSteps {
    rate_per_nano: f64,
    on: Sampler,
    off: Sampler,
    is_on: bool,
    stream: Stream,
}

impl Steps for OnOffSteps {
    fn next_step(&mut self) -> Option<RateStep> {
        self.is_on = !self.is_on;
        let (rate_per_nano, distribution) = if self.is_on { (self.rate_per_nano, &self.on) } else { (0.0, &self.off) };
        Some(RateStep { rate_per_nano, nanos: distribution.draw(&mut self.stream).as_nanos() as f64 })
    }
}
