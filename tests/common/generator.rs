//! Random scenarios that use every feature of the format.

use rand::RngExt;
use rand_pcg::Pcg64Dxsm;
use serde_json::{Map, Value, json};

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

    fn distribution(&mut self, mean: u32) -> Value {
        let time = self.millis(2 * mean);
        match self.up_to(9) {
            1 => json!("0ms"),
            2 | 3 => json!(time),
            9 => self.of_two_numbers(mean),
            4 => json!({ "uniform": ["0ms", time] }),
            5 => json!({ "lognormal": { "mean": time, "cv": 1.5 } }),
            6 => json!({ "mixture": [{ "weight": 3, "of": "1ms" }, { "weight": 1, "of": { "exponential": time } }] }),
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

    fn classes(&mut self) -> Value {
        let mut classes = Map::new();
        for name in ["a", "b", "c"].iter().take(self.up_to(3) as usize) {
            let phases = self.phases(7, 0);
            let priority = self.up_to(3);
            classes.insert((*name).into(), json!({ "weight": self.up_to(4), "priority": priority, "phases": phases }));
        }
        classes.into()
    }

    /// Gives some classes a limit, or a timeout of their own.
    fn limit(&mut self, classes: &mut Value) {
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

    fn arrivals(&mut self) -> Value {
        let rate = format!("{}/s", self.up_to(120));
        match self.up_to(13) {
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
            _ => json!({ "poisson": rate }),
        }
    }

    fn batch(&mut self) -> Value {
        if self.one_in(2) { json!(self.up_to(20)) } else { json!({ "geometric": { "mean": self.up_to(9) } }) }
    }

    fn machine(&mut self) -> Value {
        let quantum = self.pick(&["processor_sharing", "1ms", "4ms", "100us"]);
        let mut machine = json!({ "cores": self.up_to(4), "quantum": quantum });
        if self.one_in(3) {
            machine["context_switch"] = json!("50us");
        }
        if self.one_in(3) {
            machine["wake_preemption"] = json!("1.4ms");
        }
        if self.one_in(4) {
            machine["cpu_limit"] = self.pick(&[json!(0.5), json!(1.0), json!(1.7), json!(3.0)]);
            machine["limit_period"] = self.pick(&[json!("5ms"), json!("20ms"), json!("100ms")]);
        }
        machine
    }

    fn backend(&mut self) -> Value {
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
        backend
    }

    fn backend_with_client(&mut self) -> Value {
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

    fn policies(&mut self) -> Value {
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
            asynchronous["timer_resolution"] = json!("1ms");
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
        self.worker_options(&mut sync, &mut threaded, &mut asynchronous);
        json!([{ "sync": sync }, { "threaded": threaded }, { "async": asynchronous }])
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
                policy["worker_timeout"] = json!({ "after": self.millis(60), "boot": self.millis(200) });
            }
        }
        if self.one_in(4) {
            sync["prefetch"] = json!(self.up_to(4));
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

    fn clients(&mut self) -> Value {
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

    fn faults(&mut self) -> Value {
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

    fn run(&mut self, seed: u64) -> Value {
        if self.one_in(4) {
            json!({ "duration": format!("{}ms", 400 + self.up_to(4_600)), "seed": seed })
        } else {
            json!({ "requests": 20 + self.up_to(180), "seed": seed })
        }
    }
}
