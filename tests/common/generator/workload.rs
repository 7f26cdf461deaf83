//! Random classes of requests and their phases.

use serde_json::{Map, Value, json};

use super::Dice;

impl Dice {
    pub(super) fn classes(&mut self) -> Value {
        let mut classes = Map::new();
        for name in ["a", "b", "c"].iter().take(self.up_to(3) as usize) {
            let phases = self.phases(7, 0);
            let priority = self.up_to(3);
            classes.insert((*name).into(), json!({ "weight": self.up_to(4), "priority": priority, "phases": phases }));
        }
        classes.into()
    }

    /// Gives some classes a limit, or a timeout of their own.
    pub(super) fn limit(&mut self, classes: &mut Value) {
        for class in classes.as_object_mut().into_iter().flat_map(Map::values_mut) {
            if self.one_in(6) {
                class["limit"] = json!({ "in_progress": self.up_to(5), "per": self.pick(&["worker", "application"]) });
            }
            if self.one_in(8) {
                class["timeout"] = self.distribution(300);
            }
        }
    }

    /// Fewer than `most` phases, some with others inside.
    fn phases(&mut self, most: u32, depth: u32) -> Vec<Value> {
        let phase = |dice: &mut Self| if depth < 3 && dice.one_in(8) { dice.nested(depth + 1) } else { dice.phase() };
        (1..self.up_to(most)).map(|_| phase(self)).collect()
    }

    fn nested(&mut self, depth: u32) -> Value {
        if !self.pools.is_empty() && self.one_in(2) {
            return self.hold(depth);
        }
        let probability = self.pick(&[json!(0), json!("20%"), json!(0.5), json!("90%"), json!(1)]);
        json!({ "maybe": { "probability": probability, "phases": self.phases(5, depth) } })
    }

    fn hold(&mut self, depth: u32) -> Value {
        let backend = self.pick(&self.pools.clone());
        self.on_one_connection.push(backend);
        let phases = self.phases(5, depth);
        self.on_one_connection.pop();
        json!({ "hold": { "backend": backend, "blocking": self.one_in(8), "phases": phases } })
    }

    fn phase(&mut self) -> Value {
        match self.up_to(10) {
            1 | 2 => json!({ "framework": self.distribution(4) }),
            3 | 4 => json!({ "compute": self.distribution(8) }),
            5 => {
                let wait = json!({ "time": self.distribution(20), "blocking": true });
                json!({ "db": self.with_call_options(wait) })
            }
            6 => {
                let waits: Vec<Value> = (0..self.up_to(4)).map(|_| self.parallel_wait()).collect();
                if self.one_in(3) {
                    json!({ "parallel": { "waits": waits, "concurrent": true } })
                } else {
                    json!({ "parallel": waits })
                }
            }
            7 => {
                let blocking = self.one_in(3);
                let wait = json!({ "backend": "cache", "time": self.distribution(10), "blocking": blocking });
                json!({ "wait": self.with_call_options(wait) })
            }
            _ => self.wait(),
        }
    }

    fn parallel_wait(&mut self) -> Value {
        let wait = self.wait();
        let backend = if wait["db"].is_null() { wait["wait"]["backend"].as_str() } else { Some("db") };
        if backend.is_some_and(|backend| self.on_one_connection.contains(&backend)) {
            return json!({ "sleep": "5ms" });
        }
        wait
    }

    fn wait(&mut self) -> Value {
        match self.up_to(4) {
            1 => json!({ "sleep": self.distribution(10) }),
            2 => {
                let wait = json!({ "backend": "idp", "time": self.distribution(30) });
                json!({ "wait": self.with_call_options(wait) })
            }
            _ => json!({ "db": self.distribution(20) }),
        }
    }

    /// The wait, perhaps with a timeout and retries.
    fn with_call_options(&mut self, mut wait: Value) -> Value {
        if self.one_in(4) {
            wait["timeout"] = json!(self.millis(40));
            wait["on_timeout"] = self.pick(&[json!("fail"), json!("continue"), json!("continue")]);
        }
        if self.one_in(4) {
            wait["retries"] = json!({ "max": self.up_to(3) });
            if self.one_in(2) {
                wait["retries"]["backoff"] = json!(self.millis(30));
            }
        }
        wait
    }
}
