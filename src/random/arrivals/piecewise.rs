//! Poisson arrivals at a sequence of rates.

use std::fmt;
use std::sync::Arc;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use crate::model::SimDuration;

use super::parameters::{RateOrZero, duration_above_zero};
use super::stepwise::{Cycle, RateStep, Steps};

/// A sequence of rates: a list, after which there are no more arrivals, or `rates` that may `repeat`.
#[derive(Clone, Debug, PartialEq)]
pub struct Piecewise {
    /// At least one; not all of the rates are 0.
    rates: Arc<[Piece]>,
    repeat: bool,
}

/// A rate that holds for a while.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Piece {
    /// How long it lasts; above 0.
    #[serde(rename = "for", deserialize_with = "duration_above_zero")]
    #[schemars(with = "SimDuration")]
    pub length: SimDuration,
    /// The rate; "0/s" for none.
    pub rate: RateOrZero,
}

/// A sequence of rates, and what follows the last one.
#[derive(Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "DetailedPiecewise")]
struct PiecewiseForm {
    /// The rates in order; not all of them may be 0.
    #[serde(deserialize_with = "rates")]
    #[schemars(length(min = 1))]
    rates: Vec<Piece>,
    /// Whether the sequence starts over after the last rate (default: false); otherwise there are no more arrivals.
    #[serde(default)]
    repeat: bool,
}

impl Piece {
    fn expected(&self) -> f64 {
        self.rate.per_nano() * self.length.as_nanos() as f64
    }
}

impl Piecewise {
    pub(super) fn scaled(&self, factor: f64) -> Self {
        let scaled = |piece: &Piece| Piece { length: piece.length, rate: piece.rate.scaled(factor) };
        Self { rates: self.rates.iter().map(scaled).collect(), repeat: self.repeat }
    }

    fn cycle(&self) -> Cycle {
        Cycle {
            expected: self.rates.iter().map(Piece::expected).sum(),
            nanos: self.rates.iter().map(|piece| piece.length.as_nanos() as f64).sum(),
        }
    }

    /// Expected number of arrivals before it ends, if it ends.
    pub(super) fn expected(&self) -> Option<f64> {
        (!self.repeat).then(|| self.cycle().expected)
    }

    pub(super) fn mean_rate_per_s(&self) -> Option<f64> {
        let Cycle { expected, nanos } = self.cycle();
        self.repeat.then_some(expected / nanos * 1e9)
    }

    pub(super) fn highest_rate_per_s(&self) -> f64 {
        self.rates.iter().map(|piece| piece.rate.as_per_second()).fold(0.0, f64::max)
    }

    pub(super) fn steps(&self) -> PiecewiseSteps {
        PiecewiseSteps { rates: Arc::clone(&self.rates), next: 0, cycle: self.repeat.then(|| self.cycle()) }
    }
}

/// The rates in order, cyclically if they repeat.
#[derive(Debug)]
pub(super) struct PiecewiseSteps {
    rates: Arc<[Piece]>,
    next: usize,
    cycle: Option<Cycle>,
}

impl Steps for PiecewiseSteps {
    fn next_step(&mut self) -> Option<RateStep> {
        if self.next == self.rates.len() && self.cycle.is_some() {
            self.next = 0;
        }
        let piece = self.rates.get(self.next)?;
        self.next += 1;
        Some(RateStep { rate_per_nano: piece.rate.per_nano(), nanos: piece.length.as_nanos() as f64 })
    }

    fn cycle(&self) -> Option<Cycle> {
        self.cycle
    }
}

impl Serialize for Piecewise {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !self.repeat {
            return serializer.collect_seq(self.rates.iter());
        }
        PiecewiseForm { rates: self.rates.to_vec(), repeat: self.repeat }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Piecewise {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PiecewiseVisitor)
    }
}

struct PiecewiseVisitor;

impl<'de> Visitor<'de> for PiecewiseVisitor {
    type Value = Piecewise;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list such as [{\"for\": \"10s\", \"rate\": \"80/s\"}], or {\"rates\": […], \"repeat\": true}")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Piecewise, A::Error> {
        Ok(Piecewise { rates: rates(SeqAccessDeserializer::new(list))?.into(), repeat: false })
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Piecewise, A::Error> {
        let PiecewiseForm { rates, repeat } = PiecewiseForm::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Piecewise { rates: rates.into(), repeat })
    }
}

/// A list in which not all rates are 0.
fn rates<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Piece>, D::Error> {
    let rates = Vec::<Piece>::deserialize(deserializer)?;
    if rates.is_empty() {
        let help = "write at least one rate, such as {\"for\": \"10s\", \"rate\": \"80/s\"}";
        return Err(de::Error::custom(format!("the list is empty\n{help}")));
    }
    if rates.iter().all(|piece| piece.rate.is_zero()) {
        return Err(de::Error::custom("all rates are 0\nwrite at least one rate above 0, such as \"80/s\""));
    }
    Ok(rates)
}

impl JsonSchema for Piecewise {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Piecewise".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A list of rates, after which there are no more arrivals; or `rates` that may `repeat`.",
            "anyOf": [
                { "type": "array", "items": generator.subschema_for::<Piece>(), "minItems": 1 },
                generator.subschema_for::<PiecewiseForm>(),
            ],
        })
    }
}
