//! Random policies.

use serde_json::{Value, json};

use super::Dice;

impl Dice {
    pub(super) fn policies(&mut self) -> Value {
        let mut sync = json!({ "workers": self.up_to(5) });
        let mut threaded = json!({
            "workers": self.up_to(3),
            "threads": self.up_to(6),
            "gil": self.one_in(2),
            "switch_interval": self.pick(&["5ms", "1ms", "none"]),
        });
        let mut asynchronous = json!({ "workers": self.up_to(3) });
        if self.one_in(3) {
            asynchronous["max_in_progress"] = json!(self.up_to(8));
        }
        if self.one_in(3) {
            asynchronous["thread_pool"] = json!({
                "threads": self.up_to(4),
                "classes": ["a"],
                "switch_interval": self.pick(&["5ms", "none"]),
                "gil": !self.one_in(3),
            });
        }
        if self.one_in(3) {
            threaded["yields_to_respond"] = json!(true);
            threaded["response_writes"] = json!(self.up_to(3));
            asynchronous["timer_resolution"] = json!("1ms");
            asynchronous["timer_rounding"] = json!(self.pick(&["up", "down", "nearest"]));
        }
        for policy in [&mut sync, &mut threaded, &mut asynchronous] {
            if self.one_in(3) {
                policy["overhead"] = json!({ "before": self.millis(2), "response": self.millis(2) });
                if self.one_in(2) {
                    policy["overhead"]["after"] = json!(self.millis(3));
                }
            }
            policy["dispatch"] = json!(self.pick(&["shared", "round_robin", "random", "least_busy", "accept"]));
            policy["order"] = json!(self.pick(&["fifo", "lifo", "shortest", "priority"]));
            if self.one_in(3) {
                policy["backlog"] = json!(self.up_to(12) - 1);
            }
        }
        if self.one_in(4) {
            threaded["scheduler"] = json!(self.pick(&["go", "go", "system"]));
        }
        if threaded["dispatch"] == "accept" && self.one_in(2) {
            threaded["busy_accept_delay"] = json!(self.millis(10));
        }
        self.worker_options(&mut sync, &mut threaded, &mut asynchronous);
        let mut policies =
            vec![json!({ "sync": sync }), json!({ "threaded": threaded }), json!({ "async": asynchronous })];
        if self.one_in(2) {
            policies.push(self.product());
        }
        policies.into()
    }

    /// Workers that are replaced, that take requests ahead, or that reject some.
    fn worker_options(&mut self, sync: &mut Value, threaded: &mut Value, asynchronous: &mut Value) {
        for policy in [&mut *sync, &mut *threaded, &mut *asynchronous] {
            if self.one_in(4) {
                let count = self.up_to(20);
                policy["max_requests"] =
                    json!({ "count": count, "jitter": self.up_to(6) - 1, "boot": self.millis(300) });
            }
        }
        for policy in [&mut *sync, &mut *asynchronous] {
            if self.one_in(5) {
                let after = self.millis(60);
                policy["worker_timeout"] =
                    if self.one_in(4) { json!(after) } else { json!({ "after": after, "boot": self.millis(200) }) };
            }
        }
        if self.one_in(4) {
            sync["prefetch"] = json!(self.up_to(4));
        }
        if self.one_in(4) && sync["prefetch"].is_null() {
            let workers = sync["workers"].as_u64().unwrap_or(1) as u32;
            let max = self.up_to(workers);
            let min = self.up_to(max);
            sync["dispatch"] = json!("shared");
            sync["spare_workers"] = json!({ "start": self.up_to(workers), "min": min, "max": max });
            if self.one_in(2) {
                sync["spare_workers"]["boot"] = json!(self.millis(300));
                sync["spare_workers"]["first_count"] = json!(self.millis(900));
            }
        }
        if self.one_in(4) {
            let name = self.pick(&["prefetch", "worker_connections"]);
            threaded[name] = json!(self.up_to(5));
        }
        if self.one_in(4) && asynchronous["max_in_progress"].is_number() {
            asynchronous["prefetch"] = json!(self.up_to(3));
        }
        if self.one_in(6) {
            asynchronous["limit"] = json!(self.up_to(8));
        }
    }
}
