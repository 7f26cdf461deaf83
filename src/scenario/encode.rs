//! From the types of the file format to JSON, without defaults.

use serde_json::{Map, Number, Value as Json};

use super::format::ScenarioForm;
use super::schema::Shape;

/// A form as JSON, without omitted options and defaults; `is_kept` selects defaults that are written nevertheless, by their
/// JSON pointer, such as `/machine/cores`.
pub(super) fn encode(form: &ScenarioForm, is_kept: &dyn Fn(&str) -> bool) -> Json {
    let json = serde_json::to_value(form).expect("forms have text keys and finite numbers");
    Omission { is_kept }.value(json, Shape::root(), &mut String::new())
}

struct Omission<'a> {
    is_kept: &'a dyn Fn(&str) -> bool,
}

impl Omission<'_> {
    fn value(&self, json: Json, shape: Shape<'_>, pointer: &mut String) -> Json {
        match json {
            Json::Object(fields) => Json::Object(self.object(fields, shape, pointer)),
            Json::Array(items) => {
                let numbered = items.into_iter().enumerate();
                let item = |(index, item): (usize, Json)| {
                    inside(pointer, &index.to_string(), |pointer| self.value(item, shape.item(), pointer))
                };
                Json::Array(numbered.map(item).collect())
            }
            Json::Number(number) => Json::Number(without_point(number)),
            Json::Null | Json::Bool(_) | Json::String(_) => json,
        }
    }

    fn object(&self, fields: Map<String, Json>, shape: Shape<'_>, pointer: &mut String) -> Map<String, Json> {
        let fields: Map<String, Json> = fields.into_iter().filter(|(_, value)| !value.is_null()).collect();
        let shape = shape.of_object(fields.keys().map(String::as_str));
        let written = |(key, value): (String, Json)| {
            let field = shape.property(&key);
            inside(pointer, &key, |pointer| self.field(value, field, pointer)).map(|value| (key, value))
        };
        fields.into_iter().filter_map(written).collect()
    }

    /// The value of a field, unless it is a default without anything to keep.
    fn field(&self, value: Json, shape: Shape<'_>, pointer: &mut String) -> Option<Json> {
        // The schema's default of an optional field is only its usual value, which may depend on other fields.
        let is_default = !shape.is_optional() && shape.default() == Some(&value) && !(self.is_kept)(pointer);
        let value = self.value(value, shape, pointer);
        let is_empty = value.as_object().is_none_or(Map::is_empty);
        (!is_default || !is_empty).then_some(value)
    }
}

/// Runs an action with the pointer of a member or an item.
pub(super) fn inside<T>(pointer: &mut String, name: &str, action: impl FnOnce(&mut String) -> T) -> T {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
    let result = action(pointer);
    pointer.truncate(length);
    result
}

/// Whole numbers without a decimal point: 3, not 3.0.
fn without_point(number: Number) -> Number {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let whole = number.as_f64().filter(|value| number.is_f64() && value.fract().abs() <= 0.0 && value.abs() <= EXACT);
    whole.map_or(number, |value| Number::from(value as i64))
}
