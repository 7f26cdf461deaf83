//! `case.json` of a measured case: which application ran, on how many cores, and what its requests did.
//!
//! A case folder without a scenario of its own is predicted by the scenario that this file stands for.

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::{Value, json};

/// How Linux shares cores among processes, on the machine of the cases: it ticks every 4 ms, but is fairer than turns of
/// that length; a process that becomes ready waits until the running one has had 1.4 ms.
const QUANTUM: &str = "2ms";
const WAKE_PREEMPTION: &str = "1.4ms";

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
    pub fn parse(text: &str) -> Result<Self, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    /// The scenario that predicts the case: its requests are those of `trace`, relative to the scenario. Cores are shared
    /// as Linux shares them.
    pub fn scenario(&self, name: &str, trace: &str) -> Value {
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
                }
                let hand_over = if pool.is_semaphore() { "releaser_first" } else { "waiter_first" };
                database["pool"] = json!({ "size": pool.size, "hand_over": hand_over, "release": "owner_runs" });
            }
        }
        json!({
            "description": format!("{name}: requests that were sent to a real server, and its answer times beside it."),
            "classes": classes,
            "arrivals": { "trace": trace },
            "machine": { "cores": self.cores, "quantum": QUANTUM, "wake_preemption": WAKE_PREEMPTION },
            "backends": { "db": database },
            "policies": [self.application],
        })
    }
}
