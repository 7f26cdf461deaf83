//! Shared by the programs: the workloads, places with a queue, workers with a lock each, and the statistics.

use std::collections::VecDeque;

use rand::SeedableRng;
use rand::rngs::Xoshiro256PlusPlus;
use rand_distr::{Distribution, Exp1};
use serde::{Deserialize, Serialize};

use self::Phase::{Burst, Query};

/// A burst holds a core; a query never queues.
#[derive(Clone, Copy, Serialize, Deserialize)]
pub enum Phase {
    Burst,
    Query,
}

/// Phases with their mean durations in seconds.
const PAGE: [(Phase, f64); 5] = [(Burst, 0.002), (Query, 0.020), (Burst, 0.003), (Query, 0.060), (Burst, 0.005)];
const ONE_BURST: [(Phase, f64); 1] = [(Burst, 1.0)];

/// Poisson arrivals, and the machine that serves them.
#[derive(Serialize, Deserialize)]
pub struct Workload {
    requests_to_come: usize,
    arrival_rate_per_s: f64,
    phases: Vec<(Phase, f64)>,
    generator: Xoshiro256PlusPlus,
    /// Requests in progress at once.
    pub slots: usize,
    pub cores: usize,
    /// How long a burst keeps its core while others wait for one, in seconds.
    pub quantum_s: f64,
    /// How many workers with a lock each there are, if the lock is handed over.
    pub workers: Option<usize>,
}

impl Workload {
    /// The workload and the number of requests given on the command line.
    pub fn from_arguments() -> Self {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let [name, requests] = arguments.as_slice() else { panic!("usage: a workload and a number of requests") };
        let mut quantum_s = f64::INFINITY;
        let mut workers = None;
        let (arrival_rate_per_s, slots, cores, phases) = match name.as_str() {
            "w1" => (0.9, usize::MAX, 1, ONE_BURST.to_vec()),
            "w2" => (7.2, usize::MAX, 8, ONE_BURST.to_vec()),
            "w3a" => (71.1, 8, 8, PAGE.to_vec()),
            "w3b" => (80.0, usize::MAX, 1, PAGE.to_vec()),
            "w3c" => (80.0, 32, 1, PAGE.to_vec()),
            "w4" => {
                quantum_s = 0.004;
                (64.0, 8, 2, PAGE.to_vec())
            }
            "w5" => {
                workers = Some(4);
                (213.0, 8, 4, PAGE.to_vec())
            }
            _ => panic!("unknown workload `{name}`: w1, w2, w3a, w3b, w3c, w4 and w5 are known"),
        };
        let requests_to_come = requests.parse().expect("the number of requests is a whole number");
        let generator = Xoshiro256PlusPlus::seed_from_u64(1);
        Self { requests_to_come, arrival_rate_per_s, phases, generator, slots, cores, quantum_s, workers }
    }

    /// In seconds; none after the last request.
    pub fn draw_interarrival_time(&mut self) -> Option<f64> {
        self.requests_to_come = self.requests_to_come.checked_sub(1)?;
        Some(self.draw(1.0 / self.arrival_rate_per_s))
    }

    /// None after the last phase.
    pub fn phase(&self, index: usize) -> Option<Phase> {
        self.phases.get(index).map(|(phase, _)| *phase)
    }

    /// In seconds.
    pub fn draw_duration(&mut self, index: usize) -> f64 {
        self.draw(self.phases[index].1)
    }

    fn draw(&mut self, mean: f64) -> f64 {
        let standard: f64 = Exp1.sample(&mut self.generator);
        mean * standard
    }
}

/// Each request holds one place; requests that find none free wait, first come, first served.
#[derive(Serialize, Deserialize)]
pub struct Places<R> {
    free: usize,
    queue: VecDeque<R>,
}

impl<R> Places<R> {
    pub fn new(count: usize) -> Self {
        Self { free: count, queue: VecDeque::new() }
    }

    /// The request if it has a place now; otherwise it waits.
    pub fn enter(&mut self, request: R) -> Option<R> {
        if self.free == 0 {
            self.queue.push_back(request);
            return None;
        }
        self.free -= 1;
        Some(request)
    }

    /// A request lets the first of those that wait go first, if there is any; returns the one that has the place then.
    pub fn rotate(&mut self, request: R) -> R {
        self.queue.push_back(request);
        self.queue.pop_front().expect("it holds one")
    }

    /// A request leaves; returns the request that takes its place.
    pub fn leave(&mut self) -> Option<R> {
        let next = self.queue.pop_front();
        self.free += usize::from(next.is_none());
        next
    }
}

/// How long a request waits for a lock before it takes it over, in seconds.
const SWITCH_INTERVAL_S: f64 = 0.005;

/// Workers with a number of threads and a lock each. A request goes to the worker with the fewest, and waits if all are full.
#[derive(Serialize, Deserialize)]
pub struct Workers<R> {
    workers: Vec<Worker<R>>,
    threads: usize,
    backlog: VecDeque<R>,
}

#[derive(Serialize, Deserialize)]
struct Worker<R> {
    in_progress: usize,
    running: Option<UnfinishedBurst<R>>,
    ready: VecDeque<UnfinishedBurst<R>>,
    /// How often the lock has been taken.
    turns: u64,
}

/// A burst that is not over; `since` is when it began to run, in seconds.
#[derive(Serialize, Deserialize)]
struct UnfinishedBurst<R> {
    request: R,
    left_s: f64,
    since_s: f64,
}

/// What is to be scheduled for a turn of a worker; both are void once another turn has begun.
#[derive(Clone, Copy)]
pub struct Turn {
    pub worker: usize,
    pub number: u64,
    pub burst_end_in_s: Option<f64>,
    pub hand_over_in_s: Option<f64>,
}

impl<R> Workers<R> {
    pub fn new(count: usize, threads: usize) -> Self {
        let worker = |_| Worker { in_progress: 0, running: None, ready: VecDeque::new(), turns: 0 };
        Self { workers: (0..count).map(worker).collect(), threads, backlog: VecDeque::new() }
    }

    /// The request and its worker, if one has a free thread; otherwise it waits.
    pub fn enter(&mut self, request: R) -> Option<(R, usize)> {
        let (place, worker) = self.workers.iter_mut().enumerate().min_by_key(|(_, worker)| worker.in_progress)?;
        if worker.in_progress == self.threads {
            self.backlog.push_back(request);
            return None;
        }
        worker.in_progress += 1;
        Some((request, place))
    }

    /// A request leaves its worker; returns the request that takes its place.
    pub fn leave(&mut self, worker: usize) -> Option<R> {
        let next = self.backlog.pop_front();
        self.workers[worker].in_progress -= usize::from(next.is_none());
        next
    }

    /// A request of a worker has a burst to do.
    pub fn ask(&mut self, worker: usize, request: R, burst_s: f64, now_s: f64) -> Option<Turn> {
        let state = &mut self.workers[worker];
        state.ready.push_back(UnfinishedBurst { request, left_s: burst_s, since_s: now_s });
        if state.running.is_none() {
            return self.begin_turn(worker, now_s);
        }
        let is_first = state.ready.len() == 1;
        let (number, hand_over_in_s) = (state.turns, Some(SWITCH_INTERVAL_S));
        is_first.then_some(Turn { worker, number, burst_end_in_s: None, hand_over_in_s })
    }

    /// The request whose burst has ended, unless that is void; the next turn can begin.
    pub fn end_burst(&mut self, worker: usize, number: u64) -> Option<R> {
        let state = &mut self.workers[worker];
        if state.turns == number { state.running.take().map(|burst| burst.request) } else { None }
    }

    /// The request that has the lock queues again, unless that is void.
    pub fn hand_over(&mut self, worker: usize, number: u64, now_s: f64) -> Option<Turn> {
        let state = &mut self.workers[worker];
        if state.turns != number || state.ready.is_empty() {
            return None;
        }
        let running = state.running.take()?;
        let left_s = running.left_s - (now_s - running.since_s);
        state.ready.push_back(UnfinishedBurst { left_s, ..running });
        self.begin_turn(worker, now_s)
    }

    /// The first of the ready requests takes the lock, if there is any.
    pub fn begin_turn(&mut self, worker: usize, now_s: f64) -> Option<Turn> {
        let state = &mut self.workers[worker];
        let next = state.ready.pop_front()?;
        state.turns += 1;
        let (number, burst_end_in_s) = (state.turns, Some(next.left_s.max(0.0)));
        state.running = Some(UnfinishedBurst { since_s: now_s, ..next });
        let hand_over_in_s = (!state.ready.is_empty()).then_some(SWITCH_INTERVAL_S);
        Some(Turn { worker, number, burst_end_in_s, hand_over_in_s })
    }
}

/// Prints mean and p99 in seconds. All response times are kept; selecting the p99 costs less than sorting them.
pub fn print_statistics(mut response_times: Vec<f64>) {
    let count = response_times.len();
    let mean = response_times.iter().sum::<f64>() / count as f64;
    let (_, p99, _) = response_times.select_nth_unstable_by((count * 99).div_ceil(100) - 1, f64::total_cmp);
    println!("{mean} {p99}");
}
