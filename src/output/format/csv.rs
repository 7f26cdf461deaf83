//! CSV: the records of a document, one per line.

use serde_json::Value;

use crate::output::View;
use crate::output::document::Document;
use crate::output::rows::{push_number, push_text};

/// The records, under the names of their columns unless another document came before.
pub fn render(document: &dyn Document, view: View<'_>) -> String {
    let records = document.records();
    let records = if view.several { records.shared() } else { records };
    let mut text = String::new();
    if view.before == 0 && !records.columns.is_empty() {
        let names = records.columns.iter().map(|name| Value::from(name.as_str()));
        push_row(&names.collect::<Vec<_>>(), &mut text);
    }
    records.rows.iter().for_each(|row| push_row(row, &mut text));
    text
}

fn push_row(row: &[Value], text: &mut String) {
    for (place, value) in row.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        push_value(value, text);
    }
    text.push('\n');
}

fn push_value(value: &Value, text: &mut String) {
    match value {
        Value::String(value) => push_text(value, text),
        Value::Bool(value) => text.push_str(&value.to_string()),
        Value::Number(value) if value.is_u64() => text.push_str(&value.to_string()),
        Value::Number(value) => value.as_f64().into_iter().for_each(|number| push_number(number, text)),
        Value::Null => {}
        Value::Array(_) | Value::Object(_) => push_text(&value.to_string(), text),
    }
}
