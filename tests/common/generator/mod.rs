//! Random scenarios that use every feature of the format.
//!
//! `WAITLINE_RANDOM_SCENARIOS` is the number of scenarios that the tests of invariants try.

mod distributions;
mod load;
mod policies;
mod products;
mod replicas;
mod surroundings;
mod workload;

use std::env;
use std::ops::Range;

use rand::RngExt;
use rand_pcg::Pcg64Dxsm;
use serde_json::{Map, Value, json};

/// The seeds that a test tries: this many, or as many as `WAITLINE_RANDOM_SCENARIOS` says.
pub fn seeds(usual: u64) -> Range<u64> {
    let number = env::var("WAITLINE_RANDOM_SCENARIOS").ok();
    0..number.map_or(usual, |number| number.parse().expect("WAITLINE_RANDOM_SCENARIOS is a number of scenarios"))
}

/// The text of a random scenario.
pub fn scenario(seed: u64) -> String {
    let mut dice = Dice::new(seed, 3);
    let backends = [("db", dice.backend()), ("idp", dice.backend()), ("cache", dice.backend_with_client())];
    dice.pools = backends.iter().filter(|(_, backend)| backend["pool"].is_object()).map(|(name, _)| *name).collect();
    let is_session = |backend: &Value| backend["pool"]["held"].as_str().is_some_and(|held| held != "query");
    dice.on_one_connection =
        backends.iter().filter(|(_, backend)| is_session(backend)).map(|(name, _)| *name).collect();
    let mut classes = dice.classes();
    dice.limit(&mut classes);
    let mut scenario = json!({
        "classes": classes,
        "arrivals": dice.arrivals(),
        "machine": dice.machine(),
        "backends": backends.into_iter().map(|(name, backend)| (name.to_owned(), backend)).collect::<Map<_, _>>(),
        "policies": dice.policies(),
        "run": dice.run(seed),
    });
    if dice.one_in(2) {
        scenario["clients"] = dice.clients();
    }
    if dice.one_in(3) {
        scenario["faults"] = dice.faults();
    }
    // Last, so that replicas change nothing else of a scenario.
    if dice.one_in(3) {
        dice.add_replicas(&mut scenario);
    }
    serde_json::to_string_pretty(&scenario).expect("a value has a text")
}

/// The text of a random scenario with few features, so that most of its policies can take shortcuts.
pub fn calm_scenario(seed: u64) -> String {
    let mut dice = Dice::new(seed, 5);
    let policies = json!([
        { "sync": { "workers": dice.up_to(5) } },
        { "sync": { "name": "one", "workers": 1 } },
        { "threaded": { "threads": dice.up_to(6), "switch_interval": "none" } },
        { "async": { "workers": dice.up_to(3) } },
    ]);
    let scenario = json!({
        "classes": without_call_options(dice.classes()),
        "arrivals": dice.arrivals(),
        "machine": { "cores": 5 },
        "backends": { "db": {}, "idp": {}, "cache": {} },
        "policies": policies,
        "run": dice.run(seed),
    });
    serde_json::to_string_pretty(&scenario).expect("a value has a text")
}

/// The same without the options of calls, which take no shortcut.
fn without_call_options(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let is_option = |name: &String| ["timeout", "on_timeout", "retries"].contains(&name.as_str());
            let fields = fields.into_iter().filter(|(name, _)| !is_option(name));
            Value::Object(fields.map(|(name, value)| (name, without_call_options(value))).collect())
        }
        Value::Array(items) => items.into_iter().map(without_call_options).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

struct Dice {
    stream: Pcg64Dxsm,
    /// The backends that have a pool.
    pools: Vec<&'static str>,
    /// The backends whose queries share a connection of the request, so that they cannot be parallel.
    on_one_connection: Vec<&'static str>,
}

impl Dice {
    fn new(seed: u64, stream: u128) -> Self {
        let stream = Pcg64Dxsm::new(u128::from(seed) * 0x1234_5678_9abc_def1 + 7, stream);
        Self { stream, pools: Vec::new(), on_one_connection: Vec::new() }
    }

    fn up_to(&mut self, most: u32) -> u32 {
        self.stream.random_range(1..=most)
    }

    fn one_in(&mut self, sides: u32) -> bool {
        self.stream.random_range(0..sides) == 0
    }

    fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.stream.random_range(0..choices.len())].clone()
    }

    fn millis(&mut self, most: u32) -> String {
        format!("{}ms", self.up_to(most))
    }

    fn run(&mut self, seed: u64) -> Value {
        if self.one_in(4) {
            json!({ "duration": format!("{}ms", 400 + self.up_to(4_600)), "seed": seed })
        } else {
            json!({ "requests": 20 + self.up_to(180), "seed": seed })
        }
    }
}
