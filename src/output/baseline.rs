//! The file of a baseline: sorted keys and one number per line, so that `git diff` shows which numbers changed.

use serde_json::Value;

use super::escape;
use super::format::json::{inline, laid_out, quoted};
use super::words::number_value;
use crate::study::{Baseline, BaselineNumber, BaselineNumbers, BaselinePolicy};

/// The text of the file, ending in a newline.
pub fn baseline_json(baseline: &Baseline) -> String {
    let mut rest = serde_json::to_value(Baseline { policies: [].into(), ..baseline.clone() })
        .expect("a baseline is plain data under names");
    rest.sort_all_objects();
    let fields = rest.as_object().expect("a struct is an object").iter();
    let field = |(name, value): (&String, &Value)| {
        let text = if name == "policies" { policies(baseline) } else { laid_out(value, 1) };
        (name.clone(), text)
    };
    escape::json(&(object(fields.map(field), 0) + "\n")).into_owned()
}

fn policies(baseline: &Baseline) -> String {
    let policy = |(name, BaselinePolicy { classes, metrics }): (&String, &BaselinePolicy)| {
        let classes = object(classes.iter().map(|(name, metrics)| (name.clone(), numbers(metrics, 4))), 3);
        let fields = [("classes".to_owned(), classes), ("metrics".to_owned(), numbers(metrics, 3))];
        (name.clone(), object(fields.into_iter(), 2))
    };
    object(baseline.policies.iter().map(policy), 1)
}

fn numbers(numbers: &BaselineNumbers, depth: usize) -> String {
    let line = |(name, number): (&String, &BaselineNumber)| (name.clone(), inline(&number_value(number)));
    object(numbers.iter().map(line), depth)
}

/// An object with one field per line, sorted by name.
fn object(fields: impl Iterator<Item = (String, String)>, depth: usize) -> String {
    let mut fields: Vec<_> = fields.collect();
    if fields.is_empty() {
        return "{}".to_owned();
    }
    fields.sort();
    let indent = "  ".repeat(depth + 1);
    let lines: Vec<_> = fields.iter().map(|(name, text)| format!("{indent}{}: {text}", quoted(name))).collect();
    format!("{{\n{}\n{}}}", lines.join(",\n"), "  ".repeat(depth))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::engine::MODEL_VERSION;

    #[test]
    fn keys_are_sorted_and_each_number_has_a_line() {
        let baseline: Baseline = serde_json::from_value(json!({
            "schema": "waitline.baseline/1", "waitline": "0.1.0", "model_version": MODEL_VERSION, "scenario": "shop",
            "scenario_sha256": "ab", "seed": 1, "replications": 2, "method": "replications", "deterministic": false,
            "canonical": { "run": { "requests": 9 } },
            "policies": { "sync": {
                "metrics": {
                    "p50": { "value": null },
                    "mean": { "value": 1.5, "interval": [1.25, 1.75], "samples": [{ "values": [1.5, 1e-6] }] } },
                "classes": { "page": { "mean": { "value": 0.1, "not_estimable": "too short" } } } } },
        }))
        .unwrap();
        let text = baseline_json(&baseline);
        assert_eq!(
            text,
            r#"{
  "canonical": { "run": { "requests": 9 } },
  "deterministic": false,
  "method": "replications",
  "model_version": VERSION,
  "policies": {
    "sync": {
      "classes": {
        "page": {
          "mean": { "not_estimable": "too short", "value": 0.1 }
        }
      },
      "metrics": {
        "mean": { "interval": [1.25, 1.75], "samples": [{ "values": [1.5, 1e-6] }], "value": 1.5 },
        "p50": { "value": null }
      }
    }
  },
  "replications": 2,
  "scenario": "shop",
  "scenario_sha256": "ab",
  "schema": "waitline.baseline/1",
  "seed": 1,
  "waitline": "0.1.0"
}
"#
            .replace("VERSION", &MODEL_VERSION.to_string())
        );
        let mut sorted = baseline;
        sorted.policies["sync"].metrics.sort_keys();
        assert_eq!(Baseline::read(&text), Ok(sorted));
    }
}
