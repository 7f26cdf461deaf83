//! `case.json` of a measured case: which application ran, on how many cores, and what its requests did.
//!
//! A case folder without a scenario of its own is predicted by the scenario that this file stands for.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::model::KnownClient;
use crate::policy::{PolicyChoice, Runner};

/// How Linux shares cores among processes, on the machine of the cases: it ticks every 4 ms, but is fairer than turns of
/// that length; a process that becomes ready waits until the running one has had 1.4 ms.
const QUANTUM: &str = "2ms";
const WAKE_PREEMPTION: &str = "1.4ms";

/// What PostgreSQL adds to `pg_sleep` of psycopg: a quarter of a millisecond on the way, half of one because its sleeps end on
/// whole ones.
const QUERY_OVERHEAD: &str = "0.75ms";

/// CPU time of a query through ruby-pg, together about 0.11 ms. `PQsendQueryParams` is called without the lock: a thread that
/// has computed before it loses it there, with the connection.
const RUBY_PG: &str = r#"{ "before": "0us", "after": "60us", "begin": { "cpu": "50us", "time": "0us" } }"#;

/// The same through lib/pq, which prepares a statement first: about 0.2 ms.
const LIB_PQ: &str = r#"{ "before": "50us", "after": "50us", "begin": { "cpu": "0.1ms", "time": "0.2ms" } }"#;

/// What it adds to that of asyncpg, with the statement by which its pool resets a connection.
const RESET_ROUND_TRIP: &str = "2ms";

/// What was measured. Fields that a prediction does not need are not read.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct CaseFile {
    /// The policy, as a scenario writes it.
    application: Value,
    /// The cores that the application had to itself.
    cores: u32,
    /// The kinds of the phases of each class, in order.
    phases: IndexMap<String, Vec<String>>,
    /// The connection pool, if there was one.
    db_pool: Option<PoolFile>,
    /// The client that sent the requests.
    client: Option<ClientFile>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct ClientFile {
    /// "shared" if it ran on the cores of the application.
    #[serde(default)]
    cores: String,
    /// CPU time per request.
    #[serde(default)]
    cpu_ms: f64,
}

impl ClientFile {
    /// The CPU time per request that it took from the application, as a scenario writes it.
    fn cpu(&self) -> Option<String> {
        (self.cores == "shared" && self.cpu_ms > 0.0).then(|| format!("{}ms", self.cpu_ms))
    }
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
struct PoolFile {
    size: u32,
    /// What the connections lead to.
    #[serde(default)]
    database: String,
}

impl PoolFile {
    /// A semaphore lets the request that releases it run on first; a pool such as asyncpg's starts the waiting one.
    fn is_semaphore(&self) -> bool {
        self.database.contains("semaphore")
    }

    /// The client of a real database, and what it adds to queries: psycopg asks from threads, asyncpg from loops, unless the
    /// case names another.
    fn client(&self, policy: &PolicyChoice) -> (Value, [&str; 2]) {
        let in_threads = policy.runner() != Runner::Loop || policy.rules().thread_pool.is_some();
        let costs = |text| serde_json::from_str(text).unwrap_or(Value::Null);
        if self.database.contains("ruby-pg") {
            (costs(RUBY_PG), ["query_overhead", QUERY_OVERHEAD])
        } else if self.is_of_go() {
            (costs(LIB_PQ), ["query_overhead", QUERY_OVERHEAD])
        } else if in_threads {
            (json!(KnownClient::Psycopg.name()), ["query_overhead", QUERY_OVERHEAD])
        } else {
            (json!(KnownClient::Asyncpg.name()), ["round_trip", RESET_ROUND_TRIP])
        }
    }

    /// Who gets a connection that is released while others wait: database/sql picks one of them.
    fn hand_over(&self) -> &'static str {
        if self.is_semaphore() {
            "releaser_first"
        } else if self.is_of_go() {
            "random"
        } else {
            "waiter_first"
        }
    }

    fn is_of_go(&self) -> bool {
        self.database.contains("lib/pq")
    }

    /// Whether the application sleeps in place of a query.
    fn is_stand_in(&self) -> bool {
        self.is_semaphore() || self.database.contains("sleep behind")
    }
}

impl CaseFile {
    /// Reads the file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The scenario that predicts the case: its requests are those of `trace`, relative to the scenario. Cores are shared
    /// as Linux shares them.
    pub fn scenario(&self, description: &str, trace: &str) -> Value {
        let class = |kinds: &Vec<String>| {
            // The trace brings the demands.
            let phases: Vec<Value> = kinds.iter().map(|kind| json!({ kind.as_str(): "0ms" })).collect();
            json!({ "phases": phases })
        };
        let classes: IndexMap<&String, Value> = self.phases.iter().map(|(name, kinds)| (name, class(kinds))).collect();
        let mut database = json!({});
        match &self.db_pool {
            None => database["stand_in"] = json!(true),
            Some(pool) => {
                if pool.is_stand_in() {
                    database["stand_in"] = json!(true);
                } else {
                    let policy: Option<PolicyChoice> = serde_json::from_value(self.application.clone()).ok();
                    if let Some((client, [field, added])) = policy.map(|policy| pool.client(&policy)) {
                        database[field] = json!(added);
                        database["client"] = client;
                    }
                }
                let hand_over = pool.hand_over();
                database["pool"] = json!({ "size": pool.size, "hand_over": hand_over, "release": "owner_runs" });
            }
        }
        let mut machine = json!({ "cores": self.cores, "quantum": QUANTUM, "wake_preemption": WAKE_PREEMPTION });
        if let Some(cpu) = self.client.as_ref().and_then(ClientFile::cpu) {
            machine["client_cpu"] = json!(cpu);
        }
        json!({
            "description": description,
            "classes": classes,
            "arrivals": { "trace": trace },
            "machine": machine,
            "backends": { "db": database },
            "policies": [self.application],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scenario(application: &str, pool: &str) -> Value {
        let text = format!(
            r#"{{ "application": {application}, "cores": 2, "phases": {{ "web": ["framework", "db"] }}, "db_pool": {pool} }}"#
        );
        CaseFile::parse(&text).unwrap().scenario("case", "requests.jsonl")
    }

    #[test]
    fn a_semaphore_hands_over_after_the_one_who_releases_and_stands_in_for_a_database() {
        let scenario = scenario(r#"{ "uvicorn": {} }"#, r#"{ "size": 5, "database": "sleep behind a semaphore" }"#);
        assert_eq!(scenario["backends"]["db"]["pool"]["hand_over"], "releaser_first");
        assert_eq!(scenario["backends"]["db"]["stand_in"], true);
    }

    #[test]
    fn a_client_on_the_same_cores_takes_its_cpu_time() {
        let machine = |client: &str| {
            let case =
                format!(r#"{{ "application": {{ "go": {{}} }}, "cores": 2, "phases": {{}}, "client": {client} }}"#);
            CaseFile::parse(&case).unwrap().scenario("case", "requests.jsonl")["machine"].clone()
        };
        assert_eq!(machine(r#"{ "cores": "shared", "cpu_ms": 0.08 }"#)["client_cpu"], "0.08ms");
        for apart in [r#"{ "cores": "own", "cpu_ms": 0.08 }"#, r#"{ "cores": "shared", "cpu_ms": 0 }"#, "{}", "null"] {
            assert!(machine(apart).get("client_cpu").is_none(), "{apart}");
        }
    }

    #[test]
    fn the_client_of_a_real_database_takes_time() {
        let pool = r#"{ "size": 8, "database": "PostgreSQL 15.18" }"#;
        let threads = scenario(r#"{ "gunicorn": { "threads": 8 } }"#, pool);
        let client = |scenario: &Value| scenario["backends"]["db"]["client"].clone();
        assert_eq!(client(&threads), "psycopg");
        assert_eq!(threads["backends"]["db"]["query_overhead"], "0.75ms");
        assert!(threads["backends"]["db"].get("round_trip").is_none());
        assert_eq!(threads["policies"][0], json!({ "gunicorn": { "threads": 8 } }));
        let async_ = scenario(r#"{ "uvicorn": {} }"#, pool);
        assert_eq!(client(&async_), "asyncpg");
        assert_eq!(async_["backends"]["db"]["round_trip"], "2ms");
        assert_eq!(async_["backends"]["db"]["pool"]["hand_over"], "waiter_first");
        assert!(async_["backends"]["db"].get("stand_in").is_none());
        for (application, through) in [(r#"{ "puma": {} }"#, "ruby-pg"), (r#"{ "go": {} }"#, "lib/pq")] {
            let pool = format!(r#"{{ "size": 8, "database": "PostgreSQL through {through}" }}"#);
            let scenario = scenario(application, &pool);
            assert!(client(&scenario)["before"].is_string(), "{scenario}");
            assert_eq!(scenario["backends"]["db"]["query_overhead"], "0.75ms");
            let hand_over = if through == "lib/pq" { "random" } else { "waiter_first" };
            assert_eq!(scenario["backends"]["db"]["pool"]["hand_over"], hand_over);
        }
    }
}
