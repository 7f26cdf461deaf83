//! Records: what a document says as rows of plain values, for spreadsheets and scripts.

use serde_json::Value;

/// Rows of values under column names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Records {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows, one value per column: text, a number, or null where there is no value.
    pub rows: Vec<Vec<Value>>,
}

impl Records {
    /// Objects with the same fields as rows.
    pub fn of(objects: impl IntoIterator<Item = Value>) -> Self {
        let mut records = Self::default();
        for object in objects {
            let Value::Object(fields) = object else { continue };
            if records.columns.is_empty() {
                records.columns = fields.keys().cloned().collect();
            }
            records.rows.push(fields.into_iter().map(|(_, value)| value).collect());
        }
        records
    }
}
