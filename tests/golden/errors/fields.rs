//! Fields that are unknown or missing, and variants that do not exist.

use super::Mistake;
use super::Mistake::Replace;

/// The mistakes, grouped by subject.
pub const MISTAKES: &[(&str, &[Mistake])] = &[
    (
        "Fields",
        &[
            Replace(r#""arrivals": {"#, r#""arivals": {"#),
            Replace(r#""weight": 3"#, r#""wieght": 3"#),
            Replace(r#""machine": { "cores": 2"#, r#""machine": { "cpus": 2"#),
            Replace(r#"{ "sync": { "workers": 5 } }"#, r#"{ "sync": { "workers": 5, "threads": 2 } }"#),
            Replace(r#""backend": "idp", "time""#, r#""backend": "idp", "duration""#),
            Replace(r#""time": "60ms", "blocking""#, r#""time": "60ms", "bloking""#),
            Replace(r#""mean": "40ms", "cv""#, r#""mean": "40ms", "stddev""#),
            Replace(r#""seed": 1 }"#, r#""seed": 1, "warmup": "10s" }"#),
            Replace(r#""seed": 1 }"#, r#""seed": 1 }, "slos": ["async.p99 < 400ms"]"#),
            Replace(r#""idp": {}"#, r#""idp": { "size": 10 }"#),
            Replace(r#""arrivals": { "poisson": "25/s" },"#, ""),
            Replace(r#""backend": "idp", "time": "120ms""#, r#""backend": "idp""#),
            Replace(r#""backend": "idp", "time": "120ms""#, r#""time": "120ms""#),
            Replace(r#"{ "poisson": "25/s" }"#, r#"{ "at": [{ "class": "list" }] }"#),
            Replace(r#"{ "time": "60ms", "blocking": true }"#, r#"{ "blocking": true }"#),
            Replace(r#"{ "mean": "40ms", "cv": 0.8 }"#, r#"{ "mean": "40ms" }"#),
            Replace(r#"{ "mean": "40ms", "cv": 0.8 }"#, r#"{ "mean": "40ms", "cv": 0.8, "p99": "150ms" }"#),
            Replace(r#"{ "mean": "40ms", "cv": 0.8 }"#, r#"{ "mean": "40ms", "p99": "1s" }"#),
            Replace(r#"{ "mean": "40ms", "cv": 0.8 }"#, r#"{ "mean": "40ms", "p95": "35ms" }"#),
            Replace(r#""cores": 2, "quantum""#, r#""cores": 2, "cores": 4, "quantum""#),
            Replace("    \"login\": {", "    \"list\": {"),
            Replace(r#"{ "idp": {} }"#, r#"{ "idp": {}, "auth": {}, "idp": {} }"#),
        ],
    ),
    (
        "Kinds",
        &[
            Replace(r#"{ "sleep": "5ms" }"#, r#"{ "slep": "5ms" }"#),
            Replace(r#"{ "sleep": "5ms" }"#, r#"{ "query": "5ms" }"#),
            Replace(r#"{ "sleep": "5ms" }"#, r#"{ "sleep": "5ms", "compute": "5ms" }"#),
            Replace(r#"{ "sleep": "5ms" }"#, "{}"),
            Replace(r#"{ "sleep": "5ms" }"#, r#""sleep""#),
            Replace(r#"{ "sleep": "5ms" }"#, r#""5ms""#),
            Replace(r#"{ "sleep": "5ms" }"#, "5"),
            Replace(r#"{ "exponential": "6ms" }"#, r#"{ "exponental": "6ms" }"#),
            Replace(r#"{ "exponential": "6ms" }"#, r#"{ "exponential": "6ms", "uniform": ["1ms", "2ms"] }"#),
            Replace(r#"{ "exponential": "6ms" }"#, "{}"),
            Replace(r#"{ "exponential": "6ms" }"#, r#""exponential""#),
            Replace(r#"{ "time": "60ms", "blocking": true }"#, r#"{ "tme": "60ms" }"#),
            Replace(r#"{ "poisson": "25/s" }"#, r#"{ "poison": "25/s" }"#),
            Replace(r#"{ "poisson": "25/s" }"#, r#""poisson""#),
            Replace(r#"{ "poisson": "25/s" }"#, r#""25/s""#),
            Replace(r#"{ "poisson": "25/s" }"#, "{}"),
            Replace(r#"{ "poisson": "25/s" }"#, "[]"),
            Replace(r#"{ "sync": { "workers": 5 } }"#, r#"{ "asink": { "workers": 5 } }"#),
            Replace(r#"{ "sync": { "workers": 5 } }"#, r#"{ "daphne": { "workers": 5 } }"#),
            Replace(r#"{ "sync": { "workers": 5 } }"#, r#""sync""#),
            Replace(r#"{ "sync": { "workers": 5 } }"#, r#"{ "workers": 5 }"#),
            Replace(r#"{ "sync": { "workers": 5 } }"#, r#"{ "sync": 5 }"#),
        ],
    ),
];
