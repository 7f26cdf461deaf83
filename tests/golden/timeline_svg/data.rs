//! Results to draw: the lecture, computed by hand, and made-up runs of many sizes.

use waitline::policy::Runner;
use waitline::stats::{
    FaultWindow, FaultWindowKind, PolicyResults, RequestCounts, ScenarioResults, Summary, TimelineEntry,
    TimelineSegment, Utilization,
};

/// What a request does, and until when.
pub type Step = (&'static str, f64);

/// The results of a scenario.
pub fn scenario(name: &str, description: &str, policies: Vec<PolicyResults>) -> ScenarioResults {
    ScenarioResults {
        scenario: name.to_owned(),
        description: Some(description.to_owned()),
        policies,
        ..ScenarioResults::default()
    }
}

/// The results of a policy whose requests are those of the timeline.
pub fn policy(name: &str, kind: &'static str, timeline: Vec<TimelineEntry>) -> PolicyResults {
    let mut times: Vec<f64> = timeline.iter().filter_map(|entry| entry.response_time_ms).collect();
    times.sort_by(f64::total_cmp);
    let mean = (!times.is_empty()).then(|| times.iter().sum::<f64>() / times.len() as f64);
    let last = times.last().copied();
    let end = timeline.iter().flat_map(|entry| &entry.segments).map(|segment| segment.end_ms).fold(0.0, f64::max);
    let work = timeline.iter().flat_map(|entry| &entry.segments).filter(|s| matches!(s.kind, "framework" | "compute"));
    let busy: f64 = work.map(|segment| segment.end_ms - segment.start_ms).sum();
    let most = |of: fn(&TimelineEntry) -> Option<u32>| timeline.iter().filter_map(of).max();
    PolicyResults {
        name: name.to_owned(),
        kind,
        runner: match kind {
            "sync" => Runner::Worker,
            "async" => Runner::Loop,
            _ => Runner::Thread,
        },
        workers: most(|entry| entry.worker).unwrap_or(1),
        slots: most(|entry| entry.slot),
        requests: RequestCounts {
            arrived: timeline.len() as u64,
            completed: times.len() as u64,
            in_flight: (timeline.len() - times.len()) as u64,
            ..RequestCounts::default()
        },
        response_time_ms: Summary { mean, p99: last, max: last, ..Summary::default() },
        utilization: Utilization { cores: (end > 0.0).then_some(busy / end), ..Utilization::default() },
        timeline: Some(timeline),
        ..PolicyResults::default()
    }
}

/// A request that did these steps, one after the other, from its arrival on.
pub fn entry(
    (request, class): (u64, &str),
    arrival_ms: f64,
    demand_ms: f64,
    place: Option<(u32, Option<u32>)>,
    steps: &[Step],
) -> TimelineEntry {
    let mut start_ms = arrival_ms;
    let mut segments = Vec::new();
    for &(kind, end_ms) in steps {
        if end_ms > start_ms {
            segments.push(TimelineSegment { kind, start_ms, end_ms, blocking: false, cause: None });
        }
        start_ms = end_ms;
    }
    let response_time_ms = start_ms - arrival_ms;
    TimelineEntry {
        merged_segments: 0,
        reason: None,
        request,
        class: class.to_owned(),
        arrival_ms,
        departure_ms: Some(start_ms),
        outcome: None,
        response_time_ms: Some(response_time_ms),
        slowdown: (demand_ms > 0.0).then_some(response_time_ms / demand_ms),
        worker: place.map(|(worker, _)| worker),
        slot: place.and_then(|(_, slot)| slot),
        segments,
        parts: Vec::new(),
        connections: Vec::new(),
        threads: Vec::new(),
    }
}

/// The lecture: two pages and a short request on one core.
pub fn lecture() -> ScenarioResults {
    let (fw, cpu, db, backlog, queue) = ("framework", "compute", "backend", "backlog_wait", "run_queue_wait");
    let page = [(fw, 10.0), (db, 70.0), (cpu, 80.0), (db, 180.0), (cpu, 190.0), (fw, 200.0)];
    let short = [(fw, 10.0), (db, 85.0), (cpu, 95.0), (fw, 105.0)];
    let after = |wait: f64, steps: &[Step]| -> Vec<Step> {
        std::iter::once((backlog, wait)).chain(steps.iter().map(|&(kind, end)| (kind, wait + end))).collect()
    };
    let worker = Some((1, Some(1)));
    let sync = vec![
        entry((1, "page"), 0.0, 200.0, worker, &page),
        entry((2, "page"), 15.0, 200.0, worker, &after(200.0, &page)),
        entry((3, "short"), 30.0, 105.0, worker, &after(400.0, &short)),
    ];
    let second = [(fw, 25.0), (db, 85.0), (cpu, 95.0), (db, 195.0), (queue, 200.0)];
    let second_threaded = [(cpu, 205.0), (queue, 210.0), (cpu, 215.0), (queue, 220.0), (fw, 230.0)];
    let third = [(backlog, 200.0), (queue, 205.0), (fw, 210.0), (queue, 215.0), (fw, 220.0), (db, 295.0)];
    let threaded = vec![
        entry((1, "page"), 0.0, 200.0, Some((1, Some(1))), &page),
        entry((2, "page"), 15.0, 200.0, Some((1, Some(2))), &[&second[..], &second_threaded].concat()),
        entry((3, "short"), 30.0, 105.0, worker, &[&third[..], &[(cpu, 305.0), (fw, 315.0)]].concat()),
    ];
    let on_loop = Some((1, None));
    let asynchronous = vec![
        entry((1, "page"), 0.0, 200.0, on_loop, &page),
        entry((2, "page"), 15.0, 200.0, on_loop, &[&second[..], &[(cpu, 210.0), (fw, 220.0)]].concat()),
        entry((3, "short"), 30.0, 105.0, on_loop, &short.map(|(kind, end)| (kind, 30.0 + end))),
    ];
    scenario(
        "lecture",
        "Two pages and a short request arrive almost together. The short one waits for the pages under sync, \
         and is on time under async.",
        vec![
            policy("sync", "sync", sync),
            policy("threaded", "threaded", threaded),
            policy("async", "async", asynchronous),
        ],
    )
}

/// A simple random generator, the same on every machine.
pub struct Chance(pub u64);

impl Chance {
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / (1u64 << 24) as f64
    }

    fn exponential(&mut self) -> f64 {
        -(1.0 - self.share()).ln()
    }
}

/// One request to serve: arrival, and the lengths of its phases.
struct Demand {
    arrival: f64,
    class: &'static str,
    phases: Vec<Step>,
}

impl Demand {
    fn total(&self) -> f64 {
        self.phases.iter().map(|phase| phase.1).sum()
    }
}

fn demands(count: usize, unit_ms: f64, interarrival: f64, classes: &[&'static str]) -> Vec<Demand> {
    let mut chance = Chance(count as u64);
    let mut arrival = 0.0;
    (0..count)
        .map(|index| {
            arrival += interarrival * unit_ms * chance.exponential();
            let mut length = |mean: f64| unit_ms * mean * (0.3 + chance.exponential());
            let mut phases = vec![("framework", length(4.0)), ("backend", length(40.0)), ("compute", length(8.0))];
            if index % 3 == 0 {
                phases.extend([("pool_wait", length(5.0)), ("backend_wait", length(6.0)), ("backend", length(60.0))]);
                phases.extend([("sleep", length(10.0)), ("compute", length(4.0)), ("framework", length(2.0))]);
            }
            Demand { arrival, class: classes[index % classes.len()], phases }
        })
        .collect()
}

/// Requests whose slots are held while they wait: `slots` per worker, each with its own core.
fn held(demands: &[Demand], workers: u32, slots: u32) -> Vec<TimelineEntry> {
    let mut free = vec![0.0; (workers * slots) as usize];
    let one = |(index, demand): (usize, &Demand)| {
        let place = (0..free.len()).min_by(|&a, &b| f64::total_cmp(&free[a], &free[b])).unwrap();
        let mut now = demand.arrival.max(free[place]);
        let mut steps = vec![("backlog_wait", now)];
        for &(kind, length) in &demand.phases {
            now += length;
            steps.push((kind, now));
        }
        free[place] = now;
        let (worker, slot) = (place as u32 % workers + 1, place as u32 / workers + 1);
        entry((index as u64 + 1, demand.class), demand.arrival, demand.total(), Some((worker, Some(slot))), &steps)
    };
    demands.iter().enumerate().map(one).collect()
}

/// Requests on one loop, in the order they became ready.
fn on_loop(demands: &[Demand]) -> Vec<TimelineEntry> {
    let mut next: Vec<(f64, usize)> = demands.iter().map(|demand| (demand.arrival, 0)).collect();
    let mut steps: Vec<Vec<Step>> = vec![Vec::new(); demands.len()];
    let mut free = 0.0;
    loop {
        let ready = (0..demands.len()).filter(|&index| next[index].1 < demands[index].phases.len());
        let Some(index) = ready.min_by(|&a, &b| f64::total_cmp(&next[a].0, &next[b].0)) else { break };
        let (ready, mut phase) = next[index];
        let mut now = f64::max(ready, free);
        steps[index].push(("run_queue_wait", now));
        let phases = &demands[index].phases;
        while phase < phases.len() && matches!(phases[phase].0, "framework" | "compute") {
            now += phases[phase].1;
            steps[index].push((phases[phase].0, now));
            phase += 1;
        }
        free = now;
        while phase < phases.len() && !matches!(phases[phase].0, "framework" | "compute") {
            now += phases[phase].1;
            steps[index].push((phases[phase].0, now));
            phase += 1;
        }
        next[index] = (now, phase);
    }
    let all = demands.iter().zip(&steps).enumerate();
    all.map(|(index, (demand, steps))| {
        entry((index as u64 + 1, demand.class), demand.arrival, demand.total(), Some((1, None)), steps)
    })
    .collect()
}

/// `count` requests with phases of a few `unit_ms` and mean interarrival time `interarrival` × `unit_ms`, under three policies.
pub fn made_up(count: usize, unit_ms: f64, interarrival: f64, workers: u32, threads: u32) -> ScenarioResults {
    let demands = demands(count, unit_ms, interarrival, &["list", "login", "search", "checkout"]);
    scenario(
        "made up",
        "Many requests, none of which happened. The description goes on for long enough to need a second line, which \
         is where it ends, after a few more words that say nothing.",
        vec![
            policy("sync", "sync", held(&demands, workers, 1)),
            policy("pool of threads", "threaded", held(&demands, workers, threads)),
            policy("async", "async", on_loop(&demands)),
        ],
    )
}

/// The same, cut off at `end_ms`: what has not departed is in flight.
pub fn cut(mut results: ScenarioResults, end_ms: f64) -> ScenarioResults {
    for policy in &mut results.policies {
        let mut timeline = policy.timeline.take().unwrap_or_default();
        timeline.retain(|entry| entry.arrival_ms < end_ms);
        for entry in &mut timeline {
            entry.segments.retain(|segment| segment.start_ms < end_ms);
            if entry.departure_ms.is_some_and(|departure| departure > end_ms) {
                (entry.departure_ms, entry.response_time_ms, entry.slowdown) = (None, None, None);
                entry.segments.last_mut().unwrap().end_ms = end_ms;
                if entry.segments.iter().all(|segment| segment.kind == "backlog_wait") {
                    (entry.worker, entry.slot) = (None, None);
                }
            }
        }
        *policy = self::policy(&policy.name, policy.kind, timeline);
    }
    results
}

/// The same, shifted by `by_ms`, as the first requests of a run of 200,000.
pub fn late(mut results: ScenarioResults, by_ms: f64) -> ScenarioResults {
    for policy in &mut results.policies {
        policy.requests.arrived = 200_000;
        for entry in policy.timeline.iter_mut().flatten() {
            entry.request += 123_456;
            entry.arrival_ms += by_ms;
            entry.departure_ms = entry.departure_ms.map(|ms| ms + by_ms);
            for segment in &mut entry.segments {
                segment.start_ms += by_ms;
                segment.end_ms += by_ms;
            }
        }
    }
    results
}

/// Unusual names.
pub fn odd_names() -> ScenarioResults {
    let names: [&'static str; 6] = [
        "<script>alert(\"&amp;\")</script>",
        "a class whose name is eighty characters long, and which therefore cannot be shown",
        "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
        "商品一覧ページを取得するリクエスト",
        "Ünïcödé \u{202e}reversed\u{202c} & 🦀🦀🦀🦀🦀🦀🦀🦀🦀🦀",
        "",
    ];
    let demands = demands(6, 1.0, 30.0, &names);
    let mut results = scenario(
        "a <scenario> & its \"name\", which is much longer than any name of a scenario has a right to be, truly so",
        "Less < more & \"quotes\".",
        vec![
            policy(
                "a policy whose name is too long for the header of its panel, by far, and goes on <&>",
                "sync",
                held(&demands, 2, 1),
            ),
            policy("日本語の方針", "threaded", held(&demands, 2, 2)),
        ],
    );
    results.policies[1].requests.arrived = 1_234_567_890;
    results
}

/// The same with three faults: the second lasts longer than what is shown, the third begins later.
pub fn with_faults(mut results: ScenarioResults) -> ScenarioResults {
    let slow = FaultWindow {
        kind: FaultWindowKind::Slow,
        backend: Some("db".into()),
        factor: Some(8.0),
        ..FaultWindow::default()
    };
    let restart = FaultWindow { kind: FaultWindowKind::Restart, worker: Some(2), ..FaultWindow::default() };
    let later = FaultWindow {
        kind: FaultWindowKind::Cores,
        start_ms: 1e9,
        end_ms: 2e9,
        cores: Some(1),
        ..FaultWindow::default()
    };
    results.faults = vec![
        FaultWindow { start_ms: 20.0, end_ms: 100.0, ..slow },
        FaultWindow { start_ms: 150.0, end_ms: 1e6, ..restart },
        later,
    ];
    results
}
