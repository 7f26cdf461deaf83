//! Random arrivals and clients.

use serde_json::{Value, json};

use super::Dice;

impl Dice {
    pub(super) fn arrivals(&mut self) -> Value {
        let rate = format!("{}/s", self.up_to(120));
        match self.up_to(15) {
            1 => json!({ "constant": rate }),
            2 => json!({ "users": { "count": self.up_to(40), "think": self.distribution(500) } }),
            3 => json!({ "piecewise": { "repeat": true, "rates": [
                { "for": "500ms", "rate": rate }, { "for": self.millis(400), "rate": "0/s" }, { "for": "100ms", "rate": "500/s" },
            ] } }),
            4 => json!({ "batches": { "rate": "10/s", "size": self.batch() } }),
            5 => json!({ "on_off": { "rate": rate, "on": { "exponential": "100ms" }, "off": self.millis(500) } }),
            6 => json!({ "renewal": { "uniform": ["0ms", self.millis(60)] } }),
            7 => json!({ "bursts": { "every": "400ms", "size": self.batch(), "spread": self.millis(400) } }),
            8 => json!({ "ramp": { "from": "0/s", "to": rate, "over": self.millis(3_000) } }),
            9 => json!({ "sine": { "mean": rate, "amplitude": self.pick(&[0.5, 1.0]), "period": self.millis(900) } }),
            10 => json!({ "mmpp": { "states": [
                { "rate": rate, "mean": self.millis(500) }, { "rate": "300/s", "mean": self.millis(100) } ] } }),
            11 => json!([{ "for": self.millis(900), "rate": rate }, { "for": "100ms", "rate": "500/s" }]),
            12 => json!({ "piecewise": [{ "for": self.millis(900), "rate": rate }] }),
            13 => json!({ "at": [
                { "time": "0ms" }, { "time": self.millis(9), "class": "a" }, { "time": "9ms" }, { "time": "9ms" } ] }),
            _ => json!({ "poisson": rate }),
        }
    }

    fn batch(&mut self) -> Value {
        if self.one_in(2) { json!(self.up_to(20)) } else { json!({ "geometric": { "mean": self.up_to(9) } }) }
    }

    pub(super) fn clients(&mut self) -> Value {
        let mut clients = json!({});
        if self.one_in(2) {
            clients["timeout"] = self.distribution(400);
            clients["cancel"] = json!(self.one_in(2));
        }
        if self.one_in(3) {
            clients["patience"] = self.distribution(300);
        }
        if self.one_in(2) {
            clients["retries"] = json!({ "max": self.up_to(3), "backoff": self.millis(200), "jitter": 0.5 });
            if self.one_in(2) {
                clients["retries"]["budget"] = json!(0.2);
            }
        }
        clients
    }
}
