//! Random machines, backends and faults.

use serde_json::{Value, json};

use super::Dice;

impl Dice {
    pub(super) fn machine(&mut self) -> Value {
        let quantum = self.pick(&["processor_sharing", "1ms", "4ms", "100us"]);
        let mut machine = json!({ "cores": self.up_to(4), "quantum": quantum });
        if self.one_in(3) {
            machine["context_switch"] = json!("50us");
        }
        if self.one_in(3) {
            machine["wake_preemption"] = json!("1.4ms");
        }
        if self.one_in(5) {
            machine["client_cpu"] = json!(self.pick(&["80us", "1ms"]));
        }
        if self.one_in(4) {
            machine["cpu_limit"] = self.pick(&[json!(0.5), json!(1.0), json!(1.7), json!(3.0)]);
            machine["limit_period"] = self.pick(&[json!("5ms"), json!("20ms"), json!("100ms")]);
        }
        machine
    }

    pub(super) fn backend(&mut self) -> Value {
        let mut backend = json!({});
        if self.one_in(2) {
            backend["pool"] = json!({
                "size": self.up_to(6),
                "per": self.pick(&["worker", "application"]),
                "hand_over": self.pick(&["waiter_first", "releaser_first", "random", "barging", "woken_first"]),
                "release": self.pick(&["query_end", "owner_runs"]),
            });
            if self.one_in(3) {
                backend["pool"]["overflow"] = json!(self.up_to(3));
            }
            if self.one_in(3) {
                backend["pool"]["min"] = json!(0);
            }
            if self.one_in(3) {
                backend["pool"]["connect"] = json!(self.millis(20));
            }
            if self.one_in(2) {
                backend["pool"]["acquire_timeout"] = json!(self.millis(200));
            }
            if self.one_in(4) {
                backend["pool"]["held"] = json!(self.pick(&["query", "request", "from_first_query"]));
            }
        }
        if self.one_in(4) {
            backend["max_connections"] = json!(self.up_to(20));
        }
        if self.one_in(3) {
            backend["concurrency"] = json!(self.up_to(6));
            if self.one_in(3) {
                backend["sharing"] = json!(true);
            }
        }
        if self.one_in(5) {
            backend["errors"] = self.pick(&[json!("2%"), json!(0.3), json!(1)]);
        }
        if self.one_in(3) {
            backend["abandoned"] = json!(self.pick(&["stop", "finish"]));
        }
        if self.one_in(9) {
            backend["stand_in"] = json!(true);
        }
        backend
    }

    pub(super) fn backend_with_client(&mut self) -> Value {
        let mut backend = self.backend();
        backend["round_trip"] = json!("500us");
        let yields = self.one_in(2);
        let statement = json!({ "cpu": self.millis(1), "time": self.millis(2) });
        backend["client"] = match self.up_to(6) {
            1 => json!("psycopg"),
            2 => json!("asyncpg"),
            3 => json!({ "before": self.millis(2), "begin": statement, "commit": statement }),
            4 => json!({ "after": self.millis(2), "begin": {}, "yields": yields }),
            5 => json!({ "before": self.millis(2), "commit": statement, "yields": yields }),
            _ => json!({ "before": self.millis(2), "after": self.millis(2), "yields": yields }),
        };
        if self.one_in(2)
            && let Some(pool) = backend["pool"].as_object_mut()
        {
            pool.remove("release");
        }
        let has_statements = backend["client"] == "psycopg"
            || ["begin", "commit"].iter().any(|statement| !backend["client"][*statement].is_null());
        if has_statements && backend["pool"]["held"] == "from_first_query" {
            backend["pool"]["held"] = json!("request");
        }
        if self.one_in(3) {
            backend["query_overhead"] = json!("300us");
        }
        backend
    }

    pub(super) fn faults(&mut self) -> Value {
        let faults = (0..self.up_to(3)).map(|number| {
            let mut fault = json!({ "at": self.millis(2_000), "for": self.millis(2_000) });
            if self.one_in(3) {
                fault["name"] = json!(format!("fault {number}"));
            }
            if self.one_in(3) {
                fault["for"] = json!(self.millis(300));
                fault["every"] = json!(format!("{}ms", 300 + self.up_to(1_000)));
            }
            match self.up_to(4) {
                1 if self.one_in(2) => fault["slow"] = json!({ "backend": "db", "time": self.millis(200) }),
                1 => fault["slow"] = json!({ "backend": "db", "factor": self.pick(&[1.5, 3.0, 10.0]) }),
                2 => fault["down"] = json!({ "backend": self.pick(&["db", "idp"]) }),
                3 => fault["restart"] = json!({ "worker": self.up_to(3) }),
                _ => fault["cores"] = json!(1),
            }
            fault
        });
        faults.collect()
    }
}
