//! The file itself: missing, unreadable, not JSON, or with unusual texts.

use std::io::ErrorKind;

use super::Mistake;
use super::Mistake::{Bytes, Replace, Text, Unreadable};

/// The mistakes, grouped by subject.
pub const MISTAKES: &[(&str, &[Mistake])] = &[
    (
        "No file",
        &[
            Unreadable(ErrorKind::NotFound),
            Unreadable(ErrorKind::IsADirectory),
            Unreadable(ErrorKind::PermissionDenied),
        ],
    ),
    (
        "No scenario",
        &[
            Text(""),
            Text(" \n\n"),
            Text("// nothing\n// at all\n"),
            Text("[]"),
            Text("42"),
            Text("{}"),
            Text("hello"),
            Bytes(b"{\n  \"classes\": { \"caf\xe9\": {} }\n}"),
            Bytes(b"\xff\xfe{\0}\0"),
        ],
    ),
    (
        "Not JSON",
        &[
            Replace("\"poisson\": \"25/s\" },", "\"poisson\": \"25/s\" }"),
            Replace("{ \"sleep\": \"5ms\" } ]", "{ \"sleep\": \"5ms\" },, ]"),
            Replace("// or \"duration\": \"10m\"", "# or a duration"),
            Replace("\"25/s\"", "“25/s”"),
            Replace("\"25/s\"", "‘25/s’"),
            Replace("\"cores\": 2, \"quantum\": \"4ms\" },", "\"cores\": 2, \"quantum\": \"4ms\","),
            Replace("{ \"sleep\": \"5ms\" } ]", "{ \"sleep\": \"5ms\" ]"),
            Text(r#"{ "classes": { "page": { "phases": [{ "compute": "1ms" }] }, "arrivals": { "poisson": "25/s" } }"#),
            Text(r#"{ "classes": { "page": { "phases": [{ "compute": "1ms", { "db": "5ms" }] } } }"#),
            Text("{\n  \"machine\": {\n    \"cores\": 2\n  \"arrivals\": { \"poisson\": \"25/s\" }\n}"),
            Replace("\"cores\": 2, \"quantum\"", "\"cores\": 2 \"quantum\""),
            Replace("\"cores\": 2,", "\"cores\" 2,"),
            Replace("\"cores\": 2,", "\"cores\": ,"),
            Replace("\"cores\": 2,", "cores: 2,"),
            Replace("\"cores\": 2,", "\"cores\": 02,"),
            Replace("\"cores\": 2,", "\"cores\": 0x2,"),
            Replace("\"cores\": 2,", "\"cores\": +2,"),
            Replace("\"cores\": 2,", "\"cores\": 2.,"),
            Replace("\"cores\": 2,", "\"cores\": 2e,"),
            Replace("\"cores\": 2,", "\"cores\": -,"),
            Replace("\"cv\": 0.8", "\"cv\": NaN"),
            Replace("\"cv\": 0.8", "\"cv\": -Infinity"),
            Replace("\"cv\": 0.8", "\"cv\": 1e999"),
            Replace("\"gil\": true", "\"gil\": True"),
            Replace("\"gil\": true", "\"gil\": yes"),
            Replace("\"max_in_progress\": 100", "\"max_in_progress\": None"),
            Replace("\"25/s\"", "25/s"),
            Replace("\"25/s\"", "'25/s'"),
            Replace("\"25/s\"", "\"25/s"),
            Replace("\"25/s\"", "\"25\\q\""),
            Replace("\"25/s\"", "\"25\\ud800\""),
            Replace("\"25/s\"", "\"25\u{0}/s\""),
            Replace("// or \"duration\": \"10m\"", "/* or a duration */"),
            Replace("// or \"duration\": \"10m\"\n}", ""),
            Replace("// or \"duration\": \"10m\"\n}", "}}"),
            Replace("// or \"duration\": \"10m\"\n}", "} {}"),
            Replace("\"max_in_progress\": 100 } } ],", "\"max_in_progress\": 100 } },"),
            Replace(
                "\"phases\": [\n      { \"framework\": \"2ms\" },\n      { \"wait\"",
                "\"phases\": [\n      { \"framework\": \"2ms\" },,\n      { \"wait\"",
            ),
            Replace("\"backends\": { \"idp\": {} }", "\"backends\": { {} }"),
            Replace(r#""backends": { "idp": {} }"#, r#""backends": { "idp": {} ]"#),
            Replace(r#""max_in_progress": 100 } } ],"#, r#""max_in_progress": 100 } } },"#),
        ],
    ),
    (
        "Odd texts",
        &[
            Replace(r#""classes": {"#, "\"日本語\": 1, \"naïve\": \"🚀🚀\", \"classes\": {"),
            Replace("\"description\": \"Two kinds", "\t\"descripton\": \"Two kinds"),
            Replace(r#""login": {"#, "\"log\u{1b}[31min\": {"),
            Replace("\n    \"list\"", "\r\n    \"list!\": 1, \"list\""),
            Text(
                r#"{ "description": "A minified scenario, all on one line of two hundred and more characters", "classes": { "page": { "phases": [ { "compute": "10ms" }, { "db": "80ms" }, { "framework": "10" }, { "db": "60ms" } ] } }, "arrivals": { "poisson": "1/s" }, "policies": [ { "sync": {} } ], "run": { "requests": 1 } }"#,
            ),
            Text(
                "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
            ),
        ],
    ),
];
