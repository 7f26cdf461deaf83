//! Records: what a document says as rows of plain values, for spreadsheets and scripts.

use serde_json::Value;

/// Rows of values under column names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Records {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows, one value per column: text, a number, or null where there is no value.
    pub rows: Vec<Vec<Value>>,
    /// Number of last columns that another document of this kind may lack: left out where several share one header.
    pub own_columns: usize,
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

    /// Without the columns that other documents may lack.
    pub fn shared(mut self) -> Self {
        let shared = self.columns.len() - self.own_columns;
        self.columns.truncate(shared);
        self.rows.iter_mut().for_each(|row| row.truncate(shared));
        Self { own_columns: 0, ..self }
    }
}
