//! Every mistake a person can make in a scenario, with the whole message that it gets.
//!
//! `UPDATE_GOLDEN=1 cargo test` rewrites `tests/golden/scenario_errors.txt`.

#![allow(clippy::unwrap_used, reason = "a test that fails says where")]

use std::fmt::Write as _;
use std::io::{BufRead, Cursor, ErrorKind};
use std::path::Path;
use std::{env, fs, io};

use proptest::prelude::*;
use waitline::random::Files;
use waitline::scenario::{Change, Diagnostic, Scenario, Source, read};

const SHOP: &str = include_str!("data/shop.json");

/// A mistake: in the text of the shop, in a text of its own, or in a change.
enum Mistake {
    /// The shop with one stretch replaced.
    Replace(&'static str, &'static str),
    /// A whole text.
    Text(&'static str),
    /// A file of these bytes.
    Bytes(&'static [u8]),
    /// A file that cannot be read.
    Unreadable(ErrorKind),
    /// The shop with `--set`.
    Set(&'static str),
    /// The shop with this objective.
    Slo(&'static str),
    /// The shop with `--assert`.
    Assert(&'static str),
    /// The shop with `--tolerance`.
    Tolerate(&'static str),
}

use Mistake::{Assert, Bytes, Replace, Set, Slo, Text, Tolerate, Unreadable};

/// The arrivals of the shop.
const POISSON: &str = r#"{ "poisson": "25/s" }"#;

/// The mistakes, by what they are about.
const MISTAKES: &[(&str, &[Mistake])] = &[
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
            Replace(r#"{ "sync": { "workers": 5 } }"#, r#"{ "hypercorn": { "workers": 5 } }"#),
            Replace(r#"{ "sync": { "workers": 5 } }"#, r#""sync""#),
            Replace(r#"{ "sync": { "workers": 5 } }"#, r#"{ "workers": 5 }"#),
            Replace(r#"{ "sync": { "workers": 5 } }"#, r#"{ "sync": 5 }"#),
        ],
    ),
    (
        "Values",
        &[
            Replace(r#""sync": { "workers": 5"#, r#""sync": { "workers": 0"#),
            Replace(r#""sync": { "workers": 5"#, r#""sync": { "workers": -1"#),
            Replace(r#""sync": { "workers": 5"#, r#""sync": { "workers": 2.5"#),
            Replace(r#""sync": { "workers": 5"#, r#""sync": { "workers": "5""#),
            Replace(r#""sync": { "workers": 5"#, r#""sync": { "workers": null"#),
            Replace(r#""sync": { "workers": 5"#, r#""sync": { "workers": 5000000000"#),
            Replace(r#""sync": { "workers": 5"#, r#""sync": { "workers": 1000000"#),
            Replace(r#""gil": true"#, r#""gil": 1"#),
            Replace(r#""gil": true"#, r#""gil": "true""#),
            Replace(r#""switch_interval": "none""#, r#""switch_interval": "never""#),
            Replace(r#""switch_interval": "none""#, r#""switch_interval": "0ms""#),
            Replace(r#""switch_interval": "none""#, r#""switch_interval": 5"#),
            Replace(r#""cores": 2"#, r#""cores": 70000"#),
            Replace(r#""quantum": "4ms""#, r#""quantum": "0ms""#),
            Replace(r#""quantum": "4ms""#, r#""quantum": 4"#),
            Replace(r#"{ "cores": 2, "quantum": "4ms" }"#, "2"),
            Replace(r#"{ "cores": 2, "quantum": "4ms" }"#, r#"[2, "4ms"]"#),
            Replace(r#""sleep": "5ms""#, r#""sleep": 5"#),
            Replace(r#""sleep": "5ms""#, r#""sleep": "5""#),
            Replace(r#""sleep": "5ms""#, r#""sleep": "5 parsecs""#),
            Replace(r#""sleep": "5ms""#, r#""sleep": "-5ms""#),
            Replace(r#""sleep": "5ms""#, r#""sleep": "NaNms""#),
            Replace(r#""sleep": "5ms""#, r#""sleep": "1e9s""#),
            Replace(r#""sleep": "5ms""#, r#""sleep": "999999999h""#),
            Replace(r#""sleep": "5ms""#, r#""sleep": """#),
            Replace(r#""sleep": "5ms""#, r#""sleep": null"#),
            Replace(r#""sleep": "5ms""#, r#""sleep": ["5ms"]"#),
            Replace(r#"["20ms", "40ms"]"#, r#"["40ms", "20ms"]"#),
            Replace(r#"["20ms", "40ms"]"#, r#"["20ms"]"#),
            Replace(r#"["20ms", "40ms"]"#, r#"["20ms", "30ms", "40ms"]"#),
            Replace(r#"["20ms", "40ms"]"#, r#"["20ms", 40]"#),
            Replace(r#"["20ms", "40ms"]"#, r#""20ms..40ms""#),
            Replace(r#""cv": 0.8"#, r#""cv": -0.8"#),
            Replace(r#""cv": 0.8"#, r#""cv": "0.8""#),
            Replace(r#"{ "exponential": "6ms" }"#, r#"{ "empirical": [] }"#),
            Replace(r#"{ "exponential": "6ms" }"#, r#"{ "empirical": { "file": "no.txt" } }"#),
            Replace(r#""25/s""#, r#""25""#),
            Replace(r#""25/s""#, "25"),
            Replace(r#""25/s""#, r#""0/s""#),
            Replace(r#""25/s""#, r#""-25/s""#),
            Replace(r#""25/s""#, r#""NaN/s""#),
            Replace(r#""25/s""#, r#""1e300/s""#),
            Replace(r#""25/s""#, r#""25/day""#),
            Replace(r#"{ "poisson": "25/s" }"#, r#"{ "renewal": "0ms" }"#),
            Replace(r#"{ "poisson": "25/s" }"#, r#"{ "at": [] }"#),
            Replace(r#"{ "poisson": "25/s" }"#, r#"{ "at": ["0ms", "5ms"] }"#),
            Replace(r#"{ "poisson": "25/s" }"#, r#"{ "at": [{ "time": "5ms" }, { "time": "0ms" }] }"#),
            Replace(r#""weight": 3"#, r#""weight": -3"#),
            Replace(r#""weight": 3"#, r#""weight": "3""#),
            Replace(r#""requests": 200000"#, r#""requests": 0"#),
            Replace(r#""requests": 200000"#, r#""requests": 0.5"#),
            Replace(r#""requests": 200000"#, r#""requests": 1e30"#),
            Replace(r#""requests": 200000"#, r#""duration": "0s""#),
            Replace(r#""requests": 200000"#, r#""duration": 60"#),
            Replace(r#""requests": 200000"#, r#""duration": "60""#),
            Replace(r#""seed": 1 }"#, r#""seed": -1 }"#),
            Replace(r#""description": "Two kinds of page on a small host.""#, r#""description": 7"#),
            Replace(r#""backends": { "idp": {} }"#, r#""backends": ["idp"]"#),
        ],
    ),
    (
        "Between values",
        &[
            Replace(r#""backend": "idp", "time""#, r#""backend": "dbx", "time""#),
            Replace(r#""backend": "idp", "time""#, r#""backend": "identity provider", "time""#),
            Replace(r#"{ "poisson": "25/s" }"#, r#"{ "at": [{ "time": "0ms", "class": "lists" }] }"#),
            Replace(r#"{ "sync": { "workers": 5 } }"#, r#"{ "sync": { "workers": 5 } }, { "sync": { "workers": 9 } }"#),
            Replace(
                "{ \"sync\": { \"workers\": 5 } }",
                "{ \"sync\": { \"name\": \"small\", \"workers\": 5 } },\n    { \"sync\": { \"name\": \"small\", \"workers\": 9 } }",
            ),
            Replace(r#"{ "sync": { "workers": 5 } }"#, r#"{ "sync": { "name": "async", "workers": 5 } }"#),
            Replace(r#"{ "sync": { "workers": 5 } }"#, r#"{ "sync": { "name": "", "workers": 5 } }"#),
            Replace("    \"login\": {", "    \"all\": {"),
            Replace("    \"login\": {", "    \"async\": {"),
            Replace("    \"login\": {", "    \"log[in\": {"),
            Replace("    \"login\": {", "    \"answered\": {"),
            Replace("    \"login\": {", "    \"during lunch\": {"),
            Replace("\"sync\": { \"workers\": 5 }", "\"sync\": { \"name\": \"answered\" }"),
            Replace("    \"login\": {", "    \" login\": {"),
            Replace("    \"login\": {", "    \"log\\nin\": {"),
            Replace(r#"{ "idp": {} }"#, r#"{ "idp": {}, "a=b": {} }"#),
            Replace(r#""requests": 200000"#, r#""requests": 200000, "duration": "10m""#),
            Replace(r#""requests": 200000, "seed": 1"#, r#""seed": 1"#),
            Replace(",\n  \"run\": { \"requests\": 200000, \"seed\": 1 }", ""),
            Text(
                r#"{ "classes": {}, "arrivals": { "poisson": "1/s" }, "policies": [{ "sync": {} }], "run": { "requests": 1 } }"#,
            ),
            Text(
                r#"{ "classes": { "a": { "phases": [] } }, "arrivals": { "poisson": "1/s" }, "policies": [], "run": { "requests": 1 } }"#,
            ),
            Text(
                r#"{ "classes": { "a": { "weight": 0, "phases": [] } }, "arrivals": { "poisson": "1/s" }, "policies": [{ "sync": {} }], "run": { "requests": 1 } }"#,
            ),
        ],
    ),
    (
        "Machine, backends, clients, faults and queues",
        &[
            Replace(r#""quantum": "4ms""#, r#""quantum": "processor-sharing""#),
            Replace(r#""quantum": "4ms""#, r#""context_switch": 5"#),
            Replace(r#""idp": {}"#, r#""idp": { "pool": {} }"#),
            Replace(r#""idp": {}"#, r#""idp": { "pool": { "size": 0 } }"#),
            Replace(r#""idp": {}"#, r#""idp": { "pool": { "size": 5, "per": "process" } }"#),
            Replace(r#""idp": {}"#, r#""idp": { "pool": { "size": 5, "acquire_timeout": "0ms" } }"#),
            Replace(r#""idp": {}"#, r#""idp": { "concurrency": -1 }"#),
            Replace(r#""idp": {}"#, r#""idp": { "client": { "befor": "1ms" } }"#),
            Replace(r#""idp": {}"#, r#""idp": { "client": "psycopg2" }"#),
            Replace(r#""idp": {}"#, r#""idp": { "client": 5 }"#),
            Replace(r#""idp": {}"#, r#""idp": { "client": { "begin": "1ms" } }"#),
            Replace(r#""idp": {}"#, r#""idp": { "client": { "begin": { "cpus": "1ms" } } }"#),
            Text(
                r#"{ "classes": { "page": { "phases": [{ "parallel": [{ "sleep": "5ms" }, { "db": "5ms" }] }] } },
  "backends": { "db": { "client": { "before": "1ms" } } },
  "arrivals": { "poisson": "25/s" }, "policies": [{ "async": {} }], "run": { "requests": 10 } }"#,
            ),
            Replace(r#"{ "sleep": "5ms" }"#, r#"{ "parallel": [] }"#),
            Replace(r#"{ "sleep": "5ms" }"#, r#"{ "parallel": [{ "db": "5ms" }, { "compute": "5ms" }] }"#),
            Replace(r#"{ "sleep": "5ms" }"#, r#"{ "parallel": [{ "db": { "time": "5ms", "blocking": true } }] }"#),
            Replace(r#"{ "sleep": "5ms" }"#, r#"{ "parallel": [{ "parallel": [{ "db": "5ms" }] }] }"#),
            Replace(r#"{ "sleep": "5ms" }"#, r#"{ "parallel": { "waits": [{ "db": "5" }] } }"#),
            Set("clients.timeout=5"),
            Set("clients.patience={\"exponential\": \"-1s\"}"),
            Set("clients.retries={\"max\": 0, \"backoff\": \"1s\"}"),
            Set("clients.retries={\"max\": 2}"),
            Set("clients.retries={\"max\": 2, \"backoff\": \"1s\", \"jitter\": 2}"),
            Set("clients.retries={\"max\": 2, \"backoff\": \"1s\", \"budget\": -1}"),
            Set("faults=[{\"at\": \"1s\", \"for\": \"1s\"}]"),
            Set("faults=[{\"at\": \"1s\", \"cores\": 1}]"),
            Set("faults=[{\"at\": \"1s\", \"for\": \"1s\", \"cores\": 1, \"restart\": {\"worker\": 1}}]"),
            Set("faults=[{\"at\": \"1s\", \"for\": \"1s\", \"slow\": {\"backend\": \"db\", \"factor\": 0.5}}]"),
            Set("faults=[{\"at\": \"1s\", \"for\": \"1s\", \"down\": {\"backend\": \"dbx\"}}]"),
            Set("faults=[{\"at\": \"1s\", \"for\": \"1s\", \"restart\": {\"worker\": 0}}]"),
            Set("faults=[{\"at\": \"1s\", \"for\": \"1s\", \"slow\": {\"backend\": \"db\"}}]"),
            Set(
                "faults=[{\"at\": \"1s\", \"for\": \"1s\", \"slow\": {\"backend\": \"db\", \"factor\": 2, \"time\": \"1s\"}}]",
            ),
            Set("faults=[{\"at\": \"1s\", \"for\": \"1s\", \"slow\": {\"backend\": \"db\", \"time\": \"0s\"}}]"),
            Set("faults=[{\"at\": \"1s\", \"for\": \"1s\", \"every\": \"1s\", \"cores\": 1}]"),
            Set("faults=[{\"at\": \"1s\", \"for\": \"0s\", \"every\": \"0s\", \"cores\": 1}]"),
            Set(
                "faults=[{\"name\": \"x\", \"at\": \"1s\", \"for\": \"1s\", \"cores\": 1}, {\"name\": \"x\", \"at\": \"3s\", \"for\": \"1s\", \"cores\": 1}]",
            ),
            Set("faults=[{\"name\": \" x\", \"at\": \"1s\", \"for\": \"1s\", \"cores\": 1}]"),
            Set("policies.sync.dispatch=round-robin"),
            Set("policies.sync.order=random"),
            Set("policies.sync.backlog=-1"),
            Set("policies.async.thread_pool={\"threads\": 40, \"classes\": [\"lst\"]}"),
            Set("classes.list.priority=high"),
            Set("run.max_in_flight=20000000"),
        ],
    ),
    (
        "Arrivals",
        &[
            Replace(POISSON, r#"[{ "for": "10s", "rate": "20/s" }, { "for": "2s", "rate": "200" }]"#),
            Replace(POISSON, r#"[{ "for": "10s", "rate": "20/s" }, { "for": "0s", "rate": "200/s" }]"#),
            Replace(POISSON, r#"[{ "for": "10s", "rate": "0/s" }, { "for": "2s", "rate": "0/s" }]"#),
            Replace(POISSON, r#"[{ "for": "10s", "rate": "-20/s" }]"#),
            Replace(POISSON, r#"[{ "for": "10s", "rate": "0/day" }]"#),
            Replace(POISSON, r#"[{ "rate": "20/s" }]"#),
            Replace(POISSON, r#"["20/s"]"#),
            Replace(POISSON, r#"{ "piecewise": [] }"#),
            Replace(POISSON, r#"{ "piecewise": "20/s" }"#),
            Replace(POISSON, r#"{ "piecewise": [{ "for": "10s", "rate": "20/s", "repeat": true }] }"#),
            Replace(POISSON, r#"{ "piecewise": { "rates": [{ "for": "10s", "rate": 20 }], "repeat": true } }"#),
            Replace(POISSON, r#"{ "piecewise": { "rates": [], "repeat": true } }"#),
            Replace(POISSON, r#"{ "piecewise": { "repeat": true } }"#),
            Replace(POISSON, r#"{ "piecewise": { "rates": [{ "for": "10s", "rate": "20/s" }], "repeat": "yes" } }"#),
            Replace(POISSON, r#"{ "piecewise": [{ "for": "10s", "rate": "2000000/ms" }] }"#),
            Replace(POISSON, r#"{ "ramp": { "from": "10/s", "to": "100/s" } }"#),
            Replace(POISSON, r#"{ "ramp": { "from": "10/s", "to": "100/s", "over": "0s" } }"#),
            Replace(POISSON, r#"{ "ramp": { "from": "0/s", "to": "0/s", "over": "60s" } }"#),
            Replace(POISSON, r#"{ "ramp": ["10/s", "100/s"] }"#),
            Replace(POISSON, r#"{ "sine": { "mean": "50/s", "amplitude": 1.2, "period": "60s" } }"#),
            Replace(POISSON, r#"{ "sine": { "mean": "50/s", "amplitude": "40/s", "period": "60s" } }"#),
            Replace(POISSON, r#"{ "sine": { "mean": "0/s", "amplitude": 0.5, "period": "60s" } }"#),
            Replace(POISSON, r#"{ "sine": { "mean": "50/s", "amplitude": 0.5, "period": "0s" } }"#),
            Replace(POISSON, r#"{ "mmpp": { "states": [] } }"#),
            Replace(POISSON, r#"{ "mmpp": [{ "rate": "200/s", "mean": "1s" }] }"#),
            Replace(POISSON, r#"{ "mmpp": { "states": [{ "rate": "200/s", "mean": "0s" }] } }"#),
            Replace(POISSON, r#"{ "mmpp": { "states": [{ "rate": "0/s", "mean": "1s" }] } }"#),
            Replace(POISSON, r#"{ "mmpp": { "states": [{ "rate": "200/s", "for": "1s" }] } }"#),
            Replace(POISSON, r#"{ "mmpp": { "states": [{ "rate": "1/h", "mean": "1us" }] } }"#),
            Replace(POISSON, r#"{ "on_off": { "rate": "200/s", "on": "0s", "off": "1s" } }"#),
            Replace(POISSON, r#"{ "on_off": { "rate": "200/s", "on": "1s" } }"#),
            Replace(POISSON, r#"{ "on_off": { "rate": "200/s", "on": "1s", "off": { "exponental": "9s" } } }"#),
            Replace(POISSON, r#"{ "batches": { "rate": "5/s", "size": 0 } }"#),
            Replace(POISSON, r#"{ "batches": { "rate": "5/s", "size": 2.5 } }"#),
            Replace(POISSON, r#"{ "batches": { "rate": "5/s", "size": { "geometric": { "mean": 0.5 } } } }"#),
            Replace(POISSON, r#"{ "batches": { "rate": "5/s", "size": { "poisson": 4 } } }"#),
            Replace(POISSON, r#"{ "batches": { "rate": "5/s" } }"#),
            Replace(POISSON, r#"{ "bursts": { "every": "0s", "size": 100 } }"#),
            Replace(POISSON, r#"{ "bursts": { "every": "1s", "size": 100, "spread": "2s" } }"#),
            Replace(POISSON, r#"{ "bursts": { "every": "1s", "size": "100" } }"#),
            Replace(POISSON, r#"{ "users": { "count": 0, "think": "1s" } }"#),
            Replace(POISSON, r#"{ "users": { "count": 2000000, "think": "1s" } }"#),
            Replace(POISSON, r#"{ "users": 50 }"#),
            Replace(POISSON, r#"{ "users": { "count": 50, "thinks": "1s" } }"#),
            Replace(POISSON, r#"{ "poisson": "25/s", "constant": "25/s" }"#),
            Set("arrivals.piecewise.repeat=true"),
            Set("arrivals.trace=no.jsonl"),
        ],
    ),
    (
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
    ),
    (
        "Changes",
        &[
            Set("machine.cores"),
            Set("=4"),
            Set("machine..cores=4"),
            Set(".machine=4"),
            Set("machine.=4"),
            Set("policies[0=4"),
            Set("machine.cores=0"),
            Set("machine.cores=four"),
            Set("machine.core=4"),
            Set("machine={\"cores\": 4, \"cores\": 8}"),
            Set("machine={\"cores\": 4"),
            Set("machine.cores.count=4"),
            Set("machin.cores=4"),
            Set("slo=[\"p99 < 5\"]"),
            Set("slo=p99 < 5ms"),
            Set("slo.0=p99 < 5ms"),
            Set("arrivals.poison=80/s"),
            Set("arrivals.poisson=80"),
            Set("arrivals.poisson=-80/s"),
            Set("policies.3.sync.workers=4"),
            Set("policies.0.wokers=4"),
            Set("policies.0.order=slow"),
            Set("policies.0={\"gunicorn\": { \"order\": \"lifo\", \"threads\": 4 } }"),
            Set("policies.0={\"node\": { \"dispatch\": \"least_busy\" } }"),
            Set("policies.0={\"tomcat\": { \"dispatch\": \"random\" } }"),
            Set("policies.0={\"tomcat\": { \"treads\": 5 } }"),
            Set("run.requests=null"),
            Set("policies.sink.workers=4"),
            Set("policies.sync.threads=4"),
            Set("classes.page.weight=4"),
            Set("classes.list.phases.9.db=4ms"),
            Set("classes.list.phases.db=4ms"),
            Set("classes.list.phases.2.compute.exponential=4"),
            Set("classes.login.phases.wait.backend=cache"),
            Set("run.duration=10m"),
            Set("run={}"),
        ],
    ),
    (
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
            Replace(
                r#""seed": 1 }"#,
                r#""replications": 50, "precision": { "half_width": "2%", "replications": 20 } }"#,
            ),
        ],
    ),
    (
        "Objectives",
        &[
            Slo(""),
            Slo("p99"),
            Slo("p99 400ms"),
            Slo("p99 <"),
            Slo("< 400ms"),
            Slo("async. < 400ms"),
            Slo("async..p99 < 400ms"),
            Slo("async < 400ms"),
            Slo("async.list < 400ms"),
            Slo("warn: < 400ms"),
            Slo("during payments: p95 < 1s"),
            Slo("during : p95 < 1s"),
            Slo("during payments p95 < 1s"),
            Slo("recovered payments < 30s"),
            Slo("sync.recovered < 30s"),
            Slo("warm: p99 < 400ms"),
            Slo("p99 = 400ms"),
            Slo("p99 =< 400ms"),
            Slo("p99 ≤ 400ms"),
            Slo("p99 != 400ms"),
            Slo("p99 <=> 400ms"),
            Slo("100ms < p99 < 400ms"),
            Slo("p98 < 400ms"),
            Slo("async.p9 < 400ms"),
            Slo("latency < 400ms"),
            Slo("P99 < 400ms"),
            Slo("response_time.p98 < 400ms"),
            Slo("slowdwn.p99 < 4x"),
            Slo("slowdown.p95 < 4x"),
            Slo("async.breakdown.poolwait < 4ms"),
            Slo("asink.p99 < 400ms"),
            Slo("asink.p98 < 400ms"),
            Slo("lst.p99 < 400ms"),
            Slo("asink.list.p99 < 400ms"),
            Slo("async.lst.p99 < 400ms"),
            Slo("async.page.p99 < 400ms"),
            Slo("list.async.p99 < 400ms"),
            Slo("list.login.p99 < 400ms"),
            Slo("async.sync.p99 < 400ms"),
            Slo("all.all.all.p99 < 400ms"),
            Slo("async.list.throughput > 70/s"),
            Slo("list.utilization < 80%"),
            Slo("utilization.idp < 80%"),
            Slo("async.utilization.dbx < 80%"),
            Slo("utilization.backends.cores < 80%"),
            Slo("utilization.core < 80%"),
            Slo("p99 < 400"),
            Slo("p99 < -400ms"),
            Slo("p99 < 40%"),
            Slo("p99 < 400 parsecs"),
            Slo("p99 < list.p99"),
            Slo("p99 < 0ms"),
            Slo("p99 >= 0ms"),
            Slo("utilization < 80"),
            Slo("utilization < 120%"),
            Slo("utilization <= 100%"),
            Slo("error_rate > 1"),
            Slo("error_rate < -1%"),
            Slo("error_rate < 5ms"),
            Slo("throughput > 70"),
            Slo("throughput > 70/day"),
            Slo("slowdown.p99 < 4ms"),
            Slo("slowdown.p99 < x"),
            Slo("in_system.mean < nan"),
            Slo("requests.failed < 1.5"),
            Slo("requests.failed < -1"),
            Slo("requests.failed < 101%"),
            Slo(r"async.p99\u0020< 400"),
            Slo("an objective of many words, which says that the p99 of async should be well below four hundred < 400"),
            Replace(r#""seed": 1 }"#, r#""seed": 1 }, "slo": "p99 < 400ms""#),
            Replace(r#""seed": 1 }"#, r#""seed": 1 }, "slo": [{ "p99": "400ms" }]"#),
            Replace("    \"login\": {", "    \"slowdown\": {"),
            Replace("    \"login\": {", "    \"response_time\": {"),
            Replace("    \"login\": {", "    \"utilization\": {"),
            Replace("    \"login\": {", "    \"warn: login\": {"),
            Replace(r#"{ "sync": { "workers": 5 } }"#, r#"{ "sync": { "name": "in_system", "workers": 5 } }"#),
            Assert(""),
            Assert("p99 > "),
            Assert("asink.p99 < 400ms"),
            Assert("async.p99 < 400"),
            Assert("list.p99\n< 400"),
        ],
    ),
    (
        "Tolerances",
        &[
            Set("tolerances.p99=5%"),
            Set("tolerances.p99.relative=5"),
            Set("tolerances.p99.relative=-5%"),
            Set("tolerances.p99.absolute=5%"),
            Set("tolerances.p99.absolute=5"),
            Set("tolerances.p99.absolut=5ms"),
            Set("tolerances.throughput.absolute=5"),
            Set("tolerances.error_rate.absolute=5ms"),
            Set("tolerances.p98.relative=5%"),
            Set("tolerances.max.relative=5%"),
            Tolerate("p99"),
            Tolerate("p99="),
            Tolerate("p99=,"),
            Tolerate("p99=5"),
            Tolerate("p99=5%,2"),
            Tolerate("p99=5ms,5%"),
            Tolerate("p99=5%,2ms,1"),
            Tolerate("max=5%"),
            Tolerate("p98=5%"),
            Tolerate("=5%"),
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

#[test]
fn every_mistake_gets_a_message_that_helps() {
    let mut report = String::new();
    for (about, mistakes) in MISTAKES {
        let _ = writeln!(report, "# {about}\n");
        for mistake in *mistakes {
            let (what, result) = mistake.read();
            let message = match result {
                Ok(_) => panic!("{what}\nis no mistake"),
                Err(diagnostic) => diagnostic.render(false),
            };
            let _ = writeln!(report, "{what}\n\n{message}\n");
        }
    }
    check_golden("tests/golden/scenario_errors.txt", &report);
}

impl Mistake {
    fn read(&self) -> (String, Result<Scenario, Diagnostic>) {
        let files = Files::new(file);
        let shop = |text: &str, changes: &[Change]| read(Source::new("shop.json", text), "shop", changes, &files);
        match self {
            Replace(old, new) => {
                assert_eq!(SHOP.matches(old).count(), 1, "{old} stands once in the shop");
                (format!("{} -> {}", quoted(old), quoted(new)), shop(&SHOP.replace(old, new), &[]))
            }
            Text(text) => (quoted(text), shop(text, &[])),
            Bytes(bytes) => {
                let source = Source::from_bytes("shop.json", bytes.to_vec());
                (quoted(&bytes.escape_ascii().to_string()), source.and_then(|source| shop(source.text(), &[])))
            }
            Unreadable(kind) => {
                (format!("{kind:?}"), Err(Diagnostic::unreadable("scenarios/shop.json", &io::Error::from(*kind))))
            }
            Set(change) => (format!("--set {}", quoted(change)), shop(SHOP, &[Change::new(*change)])),
            Slo(text) => {
                let with_slo = SHOP.replace(r#""seed": 1 }"#, &format!("\"seed\": 1 }},\n  \"slo\": [ \"{text}\" ]"));
                (format!("slo {}", quoted(text)), shop(&with_slo, &[]))
            }
            Assert(text) => (format!("--assert {}", quoted(text)), added(|shop| shop.assert(text))),
            Tolerate(text) => (format!("--tolerance {}", quoted(text)), added(|shop| shop.tolerate(text))),
        }
    }
}

/// The shop and something more, which must leave it as it is if it is wrong.
fn added(add: impl FnOnce(&mut Scenario) -> Result<(), Diagnostic>) -> Result<Scenario, Diagnostic> {
    let before = Scenario::from_json(SHOP)?;
    let mut shop = before.clone();
    add(&mut shop).inspect_err(|_| assert_eq!(shop, before)).map(|()| shop)
}

/// The files beside the shop.
const FILES: &[(&str, &[u8])] = &[
    ("empty.jsonl", b"\n \r\n"),
    ("text.jsonl", b"{\"time_ms\": 0, \"class\": \"login\"}\n\nlogin at 5 ms\n"),
    ("list.jsonl", b"[0, \"login\", null]\n"),
    ("comma.jsonl", b"{\"time_ms\": 0, \"class\": \"login\",}\n"),
    ("cut.jsonl", b"{\"time_ms\": 0, \"class\": \"login\"}\n{\"time_ms\": 1, \"cla"),
    ("nan.jsonl", b"{\"time_ms\": NaN, \"class\": \"login\"}\n"),
    ("latin.jsonl", b"{\"time_ms\": 0, \"class\": \"caf\xe9\"}\n"),
    ("field.jsonl", b"{\"time\": 0, \"class\": \"login\"}\n"),
    ("missing.jsonl", b"{\"time_ms\": 0}\n"),
    ("quoted.jsonl", b"{\"time_ms\": \"5ms\", \"class\": \"login\"}\n"),
    ("number.jsonl", b"{\"time_ms\": 0, \"class\": 1}\n"),
    ("negative.jsonl", b"{\"time_ms\": -0.5, \"class\": \"login\"}\n"),
    ("late.jsonl", b"{\"time_ms\": 1e300, \"class\": \"login\"}\n"),
    ("order.jsonl", b"{\"time_ms\": 7.25, \"class\": \"list\"}\n{\"time_ms\": 7.2, \"class\": \"list\"}\n"),
    ("class.jsonl", b"{\"time_ms\": 0, \"class\": \"lgoin\"}\n"),
    ("odd.jsonl", b"{\"time_ms\": 0, \"class\": \"log\\u001b[31min\"}\n"),
    ("demands.jsonl", b"{\"time_ms\": 0, \"class\": \"login\", \"demands_ms\": [1.5]}\n"),
    ("demand.jsonl", b"{\"time_ms\": 0, \"class\": \"login\", \"demands_ms\": [2, -120, 30, 5]}\n"),
];

fn file(path: &str) -> io::Result<Box<dyn BufRead + Send>> {
    match FILES.iter().find(|(name, _)| *name == path) {
        Some((_, content)) => Ok(Box::new(Cursor::new(*content))),
        None if path == "long.jsonl" => Ok(Box::new(Cursor::new(vec![b' '; 2_000_000]))),
        None if path == "folder" => Err(ErrorKind::IsADirectory.into()),
        None if path == "secret.jsonl" => Err(ErrorKind::PermissionDenied.into()),
        None => Err(ErrorKind::NotFound.into()),
    }
}

/// One line that shows a text.
fn quoted(text: &str) -> String {
    format!("«{}»", text.replace('\n', "⏎").replace('\0', "␀"))
}

/// Compares with a file at the root of the repository, or rewrites it.
fn check_golden(path: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    for (number, (stored, now)) in stored.lines().zip(text.lines()).enumerate() {
        assert_eq!(
            stored,
            now,
            "{}:{}: run `UPDATE_GOLDEN=1 cargo test` and look at the diff",
            path.display(),
            number + 1
        );
    }
    assert_eq!(stored.len(), text.len(), "{} is not current: run `UPDATE_GOLDEN=1 cargo test`", path.display());
}

/// Whatever is read, it is a scenario, or a diagnostic whose place is in the text.
fn check_reads(bytes: &[u8], changes: &[Change]) {
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
    let source = Source::from_bytes("shop.json", bytes.to_vec());
    let result = source.and_then(|source| read(source, "shop", changes, &Files::none()));
    let Err(diagnostic) = result else { return };
    assert!(diagnostic.render(true).len() < 20_000);
    match diagnostic.place() {
        Some(("shop.json", line, column)) => assert!(line <= lines && line > 0 && column > 0, "{diagnostic:?}"),
        Some(("--set", line, _)) => assert!(line == 1 && !changes.is_empty(), "{diagnostic:?}"),
        Some(place) => panic!("{place:?} is no source"),
        None => assert!(diagnostic.message().contains("UTF-16"), "{diagnostic:?}"),
    }
}

/// Pieces that texts are made of.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u",
    "\\ud800",
    "//",
    "/*",
    "\n",
    "\r\n",
    "\t",
    "\0",
    "\u{feff}",
    "é",
    "日",
    "🚀",
    "\u{2028}",
    "\u{202e}",
    "0",
    "-1",
    "1e999",
    "1e-999",
    "18446744073709551616",
    "0.1",
    "-0",
    "NaN",
    "null",
    "true",
    "\"\"",
    "\"x\"",
    "\"20ms\"",
    "\"80/s\"",
    "{}",
    "[]",
    "\"all\": 1,",
    "\"phases\": [],",
    "\"name\": \"sync\",",
    "'",
    "+",
    ".",
    "=",
    " ",
    "db",
    "\"time\":",
    "\"at\":",
    "\"classes\":",
    "\"policies\":",
    "\"run\":",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(3000) })]

    #[test]
    fn no_mutation_of_a_scenario_is_too_much(
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, prop::sample::select(PIECES)), 1..6),
    ) {
        let mut text = SHOP.as_bytes().to_vec();
        for (at, length, piece) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + length).min(text.len());
            text.splice(at..end, piece.bytes());
        }
        check_reads(&text, &[]);
    }

    #[test]
    fn no_bytes_are_too_much(bytes in prop::collection::vec(any::<u8>(), 0..60), at in any::<prop::sample::Index>()) {
        check_reads(&bytes, &[]);
        let mut text = SHOP.as_bytes().to_vec();
        let at = at.index(text.len());
        text.splice(at..at, bytes);
        check_reads(&text, &[]);
    }

    #[test]
    fn no_change_is_too_much(
        path in prop::collection::vec(prop::sample::select(&[
            "classes", "list", "phases", "0", "1", "9", "db", "wait", "time", "arrivals", "poisson", "at", "machine",
            "cores", "policies", "sync", "threaded", "workers", "name", "run", "seed", "backends", "idp", "", "[0]", "[",
            "é", "description",
        ][..]), 0..6),
        value in prop::sample::select(PIECES),
        dots in any::<bool>(),
    ) {
        let path = path.join(if dots { "." } else { "" });
        check_reads(SHOP.as_bytes(), &[Change::new(format!("{path}={value}"))]);
    }
}

/// Pieces that objectives and tolerances are made of.
const JUDGEMENTS: &[&str] = &[
    "async",
    "list",
    "all",
    "p99",
    "utilization",
    "backends",
    "db",
    "idp",
    "slowdown",
    "requests",
    "failed",
    "warn:",
    "warm:",
    ".",
    ".",
    "<",
    "<=",
    "=",
    "==",
    ">",
    "!",
    "≤",
    "400ms",
    "80%",
    "5",
    "0",
    "-1",
    "1e999",
    "70/s",
    "x",
    "×",
    "%",
    ",",
    " ",
    "\n",
    "\t",
    "\0",
    "é",
    "日",
    "🚀",
    "\u{2028}",
    "\u{feff}",
    "\"",
    "\\",
    "nan",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(1000) })]

    #[test]
    fn no_objective_and_no_tolerance_is_too_much(pieces in prop::collection::vec(prop::sample::select(JUDGEMENTS), 0..9)) {
        let text = pieces.concat();
        let mut shop = Scenario::from_json(SHOP).unwrap();
        let lines = text.matches('\n').count() + 1;
        for (source, result) in [("--assert", shop.assert(&text)), ("--tolerance", shop.tolerate(&text))] {
            let Err(diagnostic) = result else { continue };
            let (name, line, column) = diagnostic.place().unwrap();
            assert!(name == source && line <= lines && column > 0, "{diagnostic:?}");
            assert!(diagnostic.render(true).len() < 20_000);
        }
        let quoted = serde_json::to_string(&text).unwrap();
        let in_file = SHOP.replace(r#""seed": 1 }"#, &format!("\"seed\": 1 }}, \"slo\": [{quoted}]"));
        check_reads(in_file.as_bytes(), &[]);
        let from_file = Scenario::from_json(&in_file).map(|shop| shop.objectives.len());
        assert_eq!(from_file.is_ok(), shop.objectives.len() == 1, "{text:?}");
    }
}

#[test]
fn a_change_of_many_names_is_refused() {
    let path = "a.".repeat(50_000);
    let error = read(Source::new("shop.json", SHOP), "shop", &[Change::new(format!("{path}b=1"))], &Files::none());
    assert_eq!(error.unwrap_err().message(), "the path is too long");
}

#[test]
fn a_name_without_end_is_refused() {
    let long = SHOP.replace("\"login\"", &format!("\"{}\"", "x".repeat(100_000)));
    let error = Scenario::from_json(&long).unwrap_err();
    assert!(error.message().starts_with("a class may not be named `xxx"), "{error}");
    assert!(error.to_string().contains("longer than 500 characters"), "{error}");
}

#[test]
fn a_scenario_of_too_many_values_is_refused() {
    let error = Scenario::from_json(&format!("[{}0]", "0,".repeat(2_500_000))).unwrap_err();
    assert_eq!(error.message(), "the scenario has too many values");
}

#[test]
fn a_text_nested_without_end_is_refused() {
    for piece in ["[", "{\"a\":", "[{\"a\":[", "{\"classes\":{\"a\":{\"phases\":[{\"db\":{\"mixture\":["] {
        let text = piece.repeat(200_000);
        let error = Scenario::from_json(&text).unwrap_err();
        assert_eq!(error.message(), "lists and objects are nested too deeply");
        assert!(error.render(false).len() < 2000);
    }
}
