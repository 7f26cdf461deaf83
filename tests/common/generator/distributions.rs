//! Random distributions.

use serde_json::{Value, json};

use super::Dice;

impl Dice {
    pub(super) fn distribution(&mut self, mean: u32) -> Value {
        let time = self.millis(2 * mean);
        match self.up_to(12) {
            1 => json!("0ms"),
            2 | 3 => json!(time),
            4 => json!({ "uniform": ["0ms", time] }),
            5 => json!({ "lognormal": { "mean": time, "cv": 1.5 } }),
            6 => json!({ "mixture": [{ "weight": 3, "of": "1ms" }, { "weight": 1, "of": { "exponential": time } }] }),
            7 => self.of_two_numbers(mean),
            8 => json!({ "erlang": { "stages": self.up_to(4), "mean": time } }),
            9 => json!({ "hyperexponential": [{ "weight": 9, "mean": "1ms" }, { "weight": 1, "mean": time }] }),
            10 => json!({ "empirical": ["0ms", "3ms", time] }),
            _ => json!({ "exponential": time }),
        }
    }

    /// A distribution given by two numbers that every family has together.
    fn of_two_numbers(&mut self, mean: u32) -> Value {
        let mean = self.up_to(2 * mean);
        let at = |hundredths: u32| format!("{}us", 10 * mean * hundredths);
        let numbers = self.pick(&[
            json!({ "mean": at(100), "p90": at(150) }),
            json!({ "mean": at(100), "p99": at(250) }),
            json!({ "cv": "50%", "p95": at(200) }),
            json!({ "median": at(80), "p95": at(160) }),
        ]);
        let family = self.pick(&["lognormal", "gamma", "weibull", "pareto", "normal"]);
        json!({ family: numbers })
    }
}
