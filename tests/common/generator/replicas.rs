//! Random replicas.

use serde_json::{Value, json};

use super::Dice;

impl Dice {
    /// Replicas behind a balancer; faults of one of them, and pools that its workers share.
    pub(super) fn add_replicas(&mut self, scenario: &mut Value) {
        let count = self.up_to(3);
        let balancer = self.pick(&["round_robin", "random", "least_busy", "two_choices"]);
        scenario["replicas"] = json!({ "count": count, "balancer": balancer });
        if self.one_in(2) {
            scenario["replicas"]["health"] = json!({
                "interval": format!("{}ms", 20 + self.up_to(200)),
                "timeout": self.millis(20),
                "unhealthy_after": self.up_to(3),
                "healthy_after": self.up_to(2),
                "compute": self.pick(&["0ms", "0.1ms", "2ms"]),
            });
        }
        for fault in scenario.get_mut("faults").and_then(Value::as_array_mut).into_iter().flatten() {
            let is_of_replica = fault["restart"].is_object() || fault["cores"].is_number();
            if is_of_replica && self.one_in(2) {
                self.narrow(fault, count);
            }
        }
        for backend in scenario["backends"].as_object_mut().into_iter().flatten().map(|(_, backend)| backend) {
            if backend["pool"].is_object() && self.one_in(3) {
                backend["pool"]["per"] = json!("replica");
            }
        }
    }

    /// Makes a restart or a loss of cores one of a replica, perhaps of the whole of it.
    fn narrow(&mut self, fault: &mut Value, replicas: u32) {
        fault["replica"] = json!(self.up_to(replicas));
        if self.one_in(2) {
            if fault["restart"].is_object() {
                fault["restart"] = json!({});
            } else {
                fault["cores"] = json!(0);
            }
        }
    }
}
