//! Warm-up, replications, precision and confidence.

use super::Mistake;
use super::Mistake::{Replace, Set, Text};

/// The mistakes, grouped by subject.
pub const MISTAKES: &[(&str, &[Mistake])] = &[(
    "Warm-up, replications, precision and confidence",
    &[
        Set("run.warm_up=automatic"),
        Set("run.warm_up=10"),
        Set("run.warm_up=-1s"),
        Replace(r#""requests": 200000, "seed": 1"#, r#""duration": "10s", "warm_up": "10s""#),
        Replace(r#""requests": 200000, "seed": 1"#, r#""duration": "10s", "warm_up": "1m""#),
        Text(
            "{ \"classes\": { \"a\": { \"phases\": [] } },\n  \"arrivals\": { \"at\": [{ \"time\": \"0ms\" }, { \"time\": \"20ms\" }] },\n  \"policies\": [{ \"sync\": {} }],\n  \"run\": { \"warm_up\": \"1s\" } }",
        ),
        Set("run.replications=0"),
        Set("run.replications=100001"),
        Set("run.replications=2.5"),
        Set("run.confidence=95"),
        Set("run.confidence=\"95\""),
        Set("run.confidence=0.95"),
        Set("run.confidence=0%"),
        Set("run.confidence=49.9%"),
        Set("run.confidence=99.999%"),
        Set("run.confidence=100%"),
        Set("run.confidence=ninety%"),
        Set("run.precision=2"),
        Set("run.precision=0.02"),
        Set("run.precision=0%"),
        Set("run.precision=100%"),
        Set("run.precision=-2%"),
        Set("run.precision={}"),
        Set("run.precision={\"half_width\": \"2%\", \"metric\": [\"p99\"]}"),
        Set("run.precision={\"half_width\": \"2%\", \"metrics\": []}"),
        Set("run.precision={\"half_width\": \"2%\", \"metrics\": [\"mean\", \"p98\"]}"),
        Set("run.precision={\"half_width\": \"2%\", \"metrics\": [\"max\"]}"),
        Set("run.precision={\"half_width\": \"2%\", \"metrics\": [\"requests.completed\"]}"),
        Set("run.precision={\"half_width\": \"2%\", \"metrics\": [\"async.p99\"]}"),
        Set("run.precision={\"half_width\": \"2%\", \"metrics\": [\"utilization.idp\"]}"),
        Set("run.precision={\"half_width\": \"2%\", \"replications\": 1}"),
        Set("run.precision={\"half_width\": \"2%\", \"replications\": 1000000}"),
        Replace(r#""seed": 1 }"#, r#""replications": 50, "precision": { "half_width": "2%", "replications": 20 } }"#),
    ],
)];
