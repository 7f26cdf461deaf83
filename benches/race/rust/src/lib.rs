//! Shared by the programs: the five workloads, places with a queue, and the statistics.

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
}

impl Workload {
    /// The workload and the number of requests given on the command line.
    pub fn from_arguments() -> Self {
        let arguments: Vec<String> = std::env::args().skip(1).collect();
        let [name, requests] = arguments.as_slice() else { panic!("usage: a workload and a number of requests") };
        let (arrival_rate_per_s, slots, cores, phases) = match name.as_str() {
            "w1" => (0.9, usize::MAX, 1, ONE_BURST.to_vec()),
            "w2" => (7.2, usize::MAX, 8, ONE_BURST.to_vec()),
            "w3a" => (71.1, 8, 8, PAGE.to_vec()),
            "w3b" => (80.0, usize::MAX, 1, PAGE.to_vec()),
            "w3c" => (80.0, 32, 1, PAGE.to_vec()),
            _ => panic!("unknown workload `{name}`: w1, w2, w3a, w3b and w3c are known"),
        };
        let requests_to_come = requests.parse().expect("the number of requests is a whole number");
        let generator = Xoshiro256PlusPlus::seed_from_u64(1);
        Self { requests_to_come, arrival_rate_per_s, phases, generator, slots, cores }
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

    /// A request leaves; returns the request that takes its place.
    pub fn leave(&mut self) -> Option<R> {
        let next = self.queue.pop_front();
        self.free += usize::from(next.is_none());
        next
    }
}

/// Prints mean and p99 in seconds. All response times are kept; selecting the p99 costs less than sorting them.
pub fn print_statistics(mut response_times: Vec<f64>) {
    let count = response_times.len();
    let mean = response_times.iter().sum::<f64>() / count as f64;
    let (_, p99, _) = response_times.select_nth_unstable_by((count * 99).div_ceil(100) - 1, f64::total_cmp);
    println!("{mean} {p99}");
}
