//! The notation for a system, and the comparison of what happens in it.
//!
//! Times are milliseconds. Classes are separated by `;`, each a list of phases: `page = compute 10 > db 60.5`;
//! a phase is a name and a time, or a phase in JSON; a name that is not a kind of phase is a backend.
//! `vip (priority 9) = …` has a priority. Arrivals are times with classes: `0 page, 15 page`.
//!
//! Results are listed in the order of arrival, including retries: `20` departed then, `lost 20` left then
//! without an answer or with a late one, `in flight` is still there. The outcomes of lost requests follow:
//! `20, lost 5; rejected 1`.

use std::fmt::Write;
use std::io::Cursor;

use serde_json::{Map, Value, json};
use waitline::engine::{
    ClassCounts, Departure, Entrance, Observer, Outcome, Record, Segment, Waits, contended_resources,
};
use waitline::model::{Backend, SimTime};
use waitline::policy::PolicyChoice;
use waitline::random::Files;
use waitline::scenario::{Scenario, Source, read};
use waitline::study::{Replication, simulation};

/// A system without its policy.
#[derive(Clone, Copy, Default)]
pub struct System<'a> {
    pub classes: &'a str,
    pub arrivals: &'a str,
    /// Other members of the scenario, as JSON. They may replace the arrivals.
    pub with: &'a str,
}

/// Checks what happens to each request of a system under a policy.
pub fn check(system: System<'_>, policy: &str, expected: &str) {
    let (seen, record) = run(&system.scenario(policy));
    assert_eq!(outcomes(&seen, &record), expected, "{}\nunder {policy}", system.classes);
}

/// Checks what one request, counted from 1, does from its arrival on: `backlog_wait 0–10, compute 10–20`.
pub fn check_parts(system: System<'_>, policy: &str, request: u64, expected: &str) {
    let (seen, _) = run(&system.scenario(policy));
    let segments = seen.segments.iter().filter(|segment| segment.request + 1 == request);
    // A request that keeps its core continues the same segment.
    let mut parts: Vec<(&str, SimTime, SimTime)> = Vec::new();
    for segment in segments {
        match parts.last_mut() {
            Some((name, _, end)) if *name == segment.activity.name() && *end == segment.start => *end = segment.end,
            _ => parts.push((segment.activity.name(), segment.start, segment.end)),
        }
    }
    let parts: Vec<String> =
        parts.into_iter().map(|(name, start, end)| format!("{name} {}–{}", millis(start), millis(end))).collect();
    assert_eq!(parts.join(", "), expected, "{}\nunder {policy}", system.classes);
}

/// Checks which workers, counted from 1, take the requests, in order of arrival.
pub fn check_workers(system: System<'_>, policy: &str, expected: &[u32]) {
    assert_eq!(run(&system.scenario(policy)).0.workers(), expected, "under {policy}");
}

/// Checks how long one request, counted from 1, waited for each resource that it asked for: `turn 5, pool.db 0`.
pub fn check_waits(system: System<'_>, policy: &str, request: u64, expected: &str) {
    let scenario = system.scenario(policy);
    let backends: Vec<Backend> = scenario.backends().values().cloned().collect();
    let names: Vec<&str> = scenario.backends().keys().map(String::as_str).collect();
    let rules = scenario.rules(&scenario.policies()[0]);
    let resources = contended_resources(&rules, scenario.machine(), &backends, scenario.faults());
    let (seen, _) = run(&scenario);
    let (_, row) = seen.waits.iter().find(|(number, _)| number + 1 == request).unwrap();
    let asked = resources.iter().zip(row).filter_map(|(resource, wait)| Some((resource.name(&names), wait.as_ref()?)));
    let waits: Vec<String> = asked.map(|(name, wait)| format!("{name} {wait}")).collect();
    assert_eq!(waits.join(", "), expected, "{}\nunder {policy}", system.classes);
}

/// The engine's counts of a run.
pub fn record(system: System<'_>, policy: &str) -> Record {
    run(&system.scenario(policy)).1
}

/// What the observer saw of a run.
#[derive(Default)]
pub struct Seen {
    pub entrances: Vec<Entrance>,
    pub departures: Vec<Departure>,
    taken: Vec<(u64, u32)>,
    segments: Vec<Segment>,
    lost: Vec<(u64, SimTime)>,
    /// The waits of each departed request, in milliseconds.
    waits: Vec<(u64, Vec<Option<String>>)>,
}

impl Seen {
    /// The worker of each request that was taken, counted from 1.
    pub fn workers(&self) -> Vec<u32> {
        let mut taken = self.taken.clone();
        taken.sort_unstable();
        taken.into_iter().map(|(_, worker)| worker + 1).collect()
    }

    /// The time at which a request left without an answer.
    pub fn lost_at(&self, request: u64) -> Option<SimTime> {
        self.lost.iter().find(|(lost, _)| *lost == request).map(|(_, time)| *time)
    }

    /// The time at which a request departed with an answer.
    pub fn departure(&self, request: u64) -> Option<SimTime> {
        let departures = self.departures.iter();
        departures.filter(|one| one.entrance.request == request).map(|one| one.departure).next()
    }
}

impl Observer for Seen {
    fn watches_segments(&self) -> bool {
        true
    }

    fn watches_waits(&self) -> bool {
        true
    }

    fn on_departures_with_waits(&mut self, departures: &[Departure], waits: Waits<'_>) {
        for (row, departure) in departures.iter().enumerate() {
            let waits = waits.row(row).map(|wait| wait.map(|wait| millis(SimTime::ZERO + wait)));
            self.waits.push((departure.entrance.request, waits.collect()));
        }
        self.on_departures(departures);
    }

    fn on_arrival(&mut self, entrance: &Entrance) {
        self.entrances.push(*entrance);
    }

    fn on_taken(&mut self, request: u64, worker: u32) {
        self.taken.push((request, worker));
    }

    fn on_segment(&mut self, segment: Segment) {
        self.segments.push(segment);
    }

    fn on_departures(&mut self, departures: &[Departure]) {
        for departure in departures {
            match departure.outcome {
                Outcome::Completed => self.departures.push(*departure),
                Outcome::Rejected(_) | Outcome::TimedOut | Outcome::ServedLate | Outcome::Failed(_) => {
                    self.lost.push((departure.entrance.request, departure.departure));
                }
            }
        }
    }
}

/// Runs the first policy of a scenario to its end.
pub fn run(scenario: &Scenario) -> (Seen, Record) {
    let policy: &PolicyChoice = &scenario.policies()[0];
    let mut run = simulation(scenario, policy, &Replication::default(), Seen::default());
    assert!(!run.advance(100_000), "the run does not end");
    let (record, seen) = run.finish();
    (seen, record)
}

impl System<'_> {
    /// The scenario with this policy.
    pub fn scenario(&self, policy: &str) -> Scenario {
        self.scenario_with_trace(policy, "")
    }

    /// The scenario, with this text as the content of every file.
    pub fn scenario_with_trace(&self, policy: &str, file: &'static str) -> Scenario {
        let mut scenario = json!({
            "classes": classes(self.classes),
            "arrivals": { "at": arrivals(self.arrivals) },
            "policies": [serde_json::from_str::<Value>(policy).unwrap_or_else(|error| panic!("{policy}: {error}"))],
        });
        let with: Map<String, Value> = serde_json::from_str(&format!("{{{}}}", self.with)).unwrap();
        for (key, value) in with {
            scenario[key.as_str()] = value;
        }
        let files = Files::new(move |_| Ok(Box::new(Cursor::new(file))));
        let text = scenario.to_string();
        read(Source::new("by hand", &text), "by hand", &[], &files).unwrap_or_else(|error| panic!("{text}\n{error}"))
    }
}

fn classes(text: &str) -> Value {
    let class = |line: &str| {
        let (name, phases) = line.split_once('=').unwrap_or_else(|| panic!("a class: {line}"));
        let (name, priority) = match name.split_once("(priority") {
            Some((name, rest)) => (name, rest.trim().trim_end_matches(')').trim().parse().unwrap()),
            None => (name, 0),
        };
        let phases: Vec<Value> = phases.split(" > ").map(str::trim).filter(|one| !one.is_empty()).map(phase).collect();
        (name.trim().to_owned(), json!({ "priority": priority, "phases": phases }))
    };
    Value::Object(text.split(';').map(class).collect())
}

fn phase(text: &str) -> Value {
    if text.starts_with('{') {
        return serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    }
    let (name, time) = text.split_once(' ').unwrap_or_else(|| panic!("a phase: {text}"));
    let time = format!("{time}ms");
    match name {
        "framework" | "compute" | "db" | "sleep" => json!({ name: time }),
        backend => json!({ "wait": { "backend": backend, "time": time } }),
    }
}

fn arrivals(text: &str) -> Vec<Value> {
    let arrival = |entry: &str| {
        let (time, class) = entry.trim().split_once(' ').unwrap_or_else(|| panic!("an arrival: {entry}"));
        json!({ "time": format!("{time}ms"), "class": class })
    };
    text.split(',').filter(|entry| !entry.trim().is_empty()).map(arrival).collect()
}

/// What happened, in the notation of the tests.
pub fn outcomes(seen: &Seen, record: &Record) -> String {
    let outcome = |entrance: &Entrance| {
        let lost = seen.lost.iter().find(|(request, _)| *request == entrance.request);
        match (seen.departure(entrance.request), lost) {
            (Some(time), None) => millis(time),
            (None, Some((_, time))) => format!("lost {}", millis(*time)),
            (None, None) => "in flight".to_owned(),
            (Some(_), Some(_)) => "departed twice".to_owned(),
        }
    };
    let mut text = seen.entrances.iter().map(outcome).collect::<Vec<_>>().join(", ");
    let sum = |count: fn(&ClassCounts) -> u64| record.classes.iter().map(count).sum::<u64>();
    let counts = [
        ("rejected", sum(|class| class.rejected.total())),
        ("timed_out", sum(|class| class.timed_out)),
        ("late", sum(|class| class.served_late)),
        ("failed", sum(|class| class.failed.total())),
        ("retried", sum(|class| class.retried)),
    ];
    let mut separator = ";";
    for (name, count) in counts {
        if count > 0 {
            write!(text, "{separator} {name} {count}").unwrap();
            separator = ",";
        }
    }
    text
}

/// A time in milliseconds, to the nanosecond.
fn millis(time: SimTime) -> String {
    let nanos = time.as_nanos();
    let text = format!("{}.{:06}", nanos / 1_000_000, nanos % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
