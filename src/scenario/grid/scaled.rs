//! What a factor makes of a value: the product of a number; of a distribution or an arrival process, the same shape with its
//! rates multiplied or, if it has none, its times.

use serde_json::{Map, Value as Json};

use super::quantity::{AxisKind, Decimal, Quantity};

/// The value times a factor; `None` if there is nothing to multiply. A number that must be `whole` is rounded, to 1 at least.
pub(super) fn scaled(value: &Json, factor: Decimal, whole: bool) -> Option<Json> {
    match value {
        Json::Object(_) | Json::Array(_) => {
            let kind = [AxisKind::Rate, AxisKind::Time].into_iter().find(|kind| has(value, *kind))?;
            Some(inside(value, factor, kind))
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
            let quantity = quantity(value)?;
            let product = quantity.number.times(factor);
            let product = if whole && !product.is_whole() { product.rounded().max(Decimal::ONE) } else { product };
            Some(quantity.with(product).to_json())
        }
    }
}

/// A number, or a text that is a number with a known unit.
fn quantity(value: &Json) -> Option<Quantity> {
    let text = match value {
        Json::Number(number) => number.to_string(),
        Json::String(text) => text.trim().to_owned(),
        Json::Null | Json::Bool(_) | Json::Array(_) | Json::Object(_) => return None,
    };
    Quantity::read(&text).filter(|quantity| quantity.kind().is_some())
}

fn kind(value: &Json) -> Option<AxisKind> {
    value.as_str().and_then(AxisKind::of).map(|(kind, _)| kind)
}

/// Whether there is a value of this kind at any depth.
fn has(value: &Json, wanted: AxisKind) -> bool {
    match value {
        Json::Object(fields) => fields.values().any(|value| has(value, wanted)),
        Json::Array(items) => items.iter().any(|value| has(value, wanted)),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => kind(value) == Some(wanted),
    }
}

/// Everything of this kind multiplied.
fn inside(value: &Json, factor: Decimal, wanted: AxisKind) -> Json {
    let inner = |value: &Json| inside(value, factor, wanted);
    match value {
        Json::Object(fields) => {
            Json::Object(fields.iter().map(|(key, value)| (key.clone(), inner(value))).collect::<Map<_, _>>())
        }
        Json::Array(items) => Json::Array(items.iter().map(inner).collect()),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => match kind(value) {
            Some(kind) if kind == wanted => scaled(value, factor, false).unwrap_or_else(|| value.clone()),
            Some(_) | None => value.clone(),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn times(value: Json, factor: &str, whole: bool) -> Option<Json> {
        scaled(&value, Decimal::read(factor).unwrap(), whole)
    }

    #[test]
    fn a_number_keeps_its_unit() {
        assert_eq!(times(json!("300/s"), "0.5", false), Some(json!("150/s")));
        assert_eq!(times(json!("40ms"), "1.5", false), Some(json!("60ms")));
        assert_eq!(times(json!(0.2), "2", false), Some(json!(0.4)));
        assert_eq!(times(json!("fifo"), "2", false), None);
    }

    #[test]
    fn a_count_is_rounded_to_one_at_least() {
        assert_eq!(times(json!(4), "0.6", true), Some(json!(2)));
        assert_eq!(times(json!(1), "0.1", true), Some(json!(1)));
    }

    #[test]
    fn a_distribution_keeps_its_shape_and_arrivals_change_their_rates() {
        let lognormal = json!({ "lognormal": { "mean": "40ms", "cv": 0.8 } });
        assert_eq!(times(lognormal, "2", false), Some(json!({ "lognormal": { "mean": "80ms", "cv": 0.8 } })));
        let sine = json!({ "sine": { "mean": "80/s", "period": "1h" } });
        assert_eq!(times(sine, "2", false), Some(json!({ "sine": { "mean": "160/s", "period": "1h" } })));
        assert_eq!(times(json!({ "erlang": {} }), "2", false), None);
    }
}
