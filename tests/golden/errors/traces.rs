//! Recorded traces.

use super::Mistake::Replace;
use super::{Mistake, POISSON};

/// The mistakes, grouped by subject.
pub const MISTAKES: &[(&str, &[Mistake])] = &[(
    "Traces",
    &[
        Replace(POISSON, r#"{ "trace": ["a.jsonl"] }"#),
        Replace(POISSON, r#"{ "trace": "no.jsonl" }"#),
        Replace(POISSON, r#"{ "trace": "folder" }"#),
        Replace(POISSON, r#"{ "trace": "secret.jsonl" }"#),
        Replace(POISSON, r#"{ "trace": "long.jsonl" }"#),
        Replace(POISSON, r#"{ "trace": "empty.jsonl" }"#),
        Replace(POISSON, r#"{ "trace": "text.jsonl" }"#),
        Replace(POISSON, r#"{ "trace": "list.jsonl" }"#),
        Replace(POISSON, r#"{ "trace": "comma.jsonl" }"#),
        Replace(POISSON, r#"{ "trace": "cut.jsonl" }"#),
        Replace(POISSON, r#"{ "trace": "nan.jsonl" }"#),
        Replace(POISSON, r#"{ "trace": "latin.jsonl" }"#),
        Replace(POISSON, r#"{ "trace": "field.jsonl" }"#),
        Replace(POISSON, r#"{ "trace": "missing.jsonl" }"#),
        Replace(POISSON, r#"{ "trace": "quoted.jsonl" }"#),
        Replace(POISSON, r#"{ "trace": "number.jsonl" }"#),
        Replace(POISSON, r#"{ "trace": "negative.jsonl" }"#),
        Replace(POISSON, r#"{ "trace": "late.jsonl" }"#),
        Replace(POISSON, r#"{ "trace": "order.jsonl" }"#),
        Replace(POISSON, r#"{ "trace": "class.jsonl" }"#),
        Replace(POISSON, r#"{ "trace": "odd.jsonl" }"#),
        Replace(POISSON, r#"{ "trace": "demands.jsonl" }"#),
        Replace(POISSON, r#"{ "trace": "demand.jsonl" }"#),
    ],
)];
