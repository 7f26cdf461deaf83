//! JSON: the unchanged results, with floats rounded to 6 decimals.
//!
//! The layout suits people and `git diff`: whatever fits on a line is on one line.

use serde_json::{Number, Value};

use crate::output::document::Document;
use crate::output::{View, escape};
use crate::stats::rounded;

/// Maximum length of a line with a whole object or list.
const WIDTH: usize = 110;

/// A document on its own; of several, one compact object per line.
pub fn render(document: &dyn Document, view: View<'_>) -> String {
    let value = rounded_value(document.value());
    if view.several { escape::json(&format!("{value}\n")).into_owned() } else { text(&value) }
}

/// A value in lines of a readable length, ending in a newline.
pub fn text(document: &Value) -> String {
    let mut text = String::new();
    lay_out(document, 0, 0, &mut text);
    text.push('\n');
    escape::json(&text).into_owned()
}

/// The value of a field of an object that is indented by `depth` - 1 levels.
pub(in crate::output) fn laid_out(value: &Value, depth: usize) -> String {
    let mut text = String::new();
    lay_out(value, depth, 2 * depth + 20, &mut text);
    text
}

/// A value whose floats have at most 6 decimals.
pub(in crate::output) fn rounded_value(mut value: Value) -> Value {
    round(&mut value);
    value
}

fn round(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let rounded = number.as_f64().map(rounded).and_then(Number::from_f64);
            *value = rounded.map_or(Value::Null, Value::Number);
        }
        Value::Array(items) => items.iter_mut().for_each(round),
        Value::Object(fields) => fields.values_mut().for_each(round),
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

/// Appends a value that begins `column` columns into a line indented by `depth` levels.
fn lay_out(value: &Value, depth: usize, column: usize, text: &mut String) {
    let inline = inline(value);
    let is_leaf = !matches!(value, Value::Array(_) | Value::Object(_));
    if is_leaf || (depth > 0 && column + inline.len() <= WIDTH) {
        text.push_str(&inline);
        return;
    }
    let indent = "  ".repeat(depth + 1);
    let (open, close) = if value.is_array() { ('[', ']') } else { ('{', '}') };
    text.push(open);
    let items: Vec<(String, &Value)> = match value {
        Value::Array(items) => items.iter().map(|item| (String::new(), item)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (format!("{}: ", quoted(name)), value)).collect(),
        _ => Vec::new(),
    };
    for (place, (name, item)) in items.iter().enumerate() {
        text.push_str(if place == 0 { "\n" } else { ",\n" });
        text.push_str(&indent);
        text.push_str(name);
        lay_out(item, depth + 1, indent.len() + name.len() + 1, text);
    }
    text.push('\n');
    text.push_str(&"  ".repeat(depth));
    text.push(close);
}

/// The value on one line, with a blank after each comma and inside braces.
pub(in crate::output) fn inline(value: &Value) -> String {
    let list = |items: Vec<String>| items.join(", ");
    match value {
        Value::Array(items) if items.is_empty() => "[]".to_owned(),
        Value::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Value::Array(items) => format!("[{}]", list(items.iter().map(inline).collect())),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{}: {}", quoted(name), inline(value)));
            format!("{{ {} }}", list(fields.collect()))
        }
        leaf => leaf.to_string(),
    }
}

/// A text as JSON.
pub(in crate::output) fn quoted(name: &str) -> String {
    Value::from(name).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rounded(mut value: Value) -> String {
        round(&mut value);
        value.to_string()
    }

    #[test]
    fn floats_have_at_most_six_decimals_and_integers_stay() {
        assert_eq!(rounded(json!([1.000_000_4, 353.333_333_333, 7, -0.000_000_1])), "[1.0,353.333333,7,0.0]");
        assert_eq!(
            rounded(json!({ "count": u64::MAX, "none": null })),
            r#"{"count":18446744073709551615,"none":null}"#
        );
    }

    #[test]
    fn what_fits_on_a_line_is_on_a_line_and_all_of_it_reads_back() {
        let value = json!({ "a": { "mean": 1.5, "max": [1, 2] }, "long": ["x".repeat(60), "y".repeat(60)], "e": {} });
        let text = text(&value);
        assert!(
            text.starts_with("{\n  \"a\": { \"mean\": 1.5, \"max\": [1, 2] },\n  \"long\": [\n    \"xxx"),
            "{text}"
        );
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
