//! Machine, backends, clients, faults and queues.

use super::Mistake;
use super::Mistake::{Replace, Set, Text};

/// The mistakes, grouped by subject.
pub const MISTAKES: &[(&str, &[Mistake])] = &[(
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
)];
