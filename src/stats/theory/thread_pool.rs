//! A pool of threads in one process: requests that compute, then query, and hold their thread all the while.
//!
//! Poisson arrivals wait, first come first served, for one of n threads. A request then needs the CPU for an exponential
//! time (c run at once; c = 1 under a GIL) and waits for a backend for another, which has room for all.
//! The pair (requests in the system, requests in the backend) is a Markov chain, a quasi-birth–death process whose levels
//! are the number in the system k: up at rate λ, down when a backend answers. From level n on the blocks repeat, so
//! π(k + 1) = π(k) R with one matrix R, and all sums are geometric series: nothing is truncated
//! (Neuts, *Matrix-Geometric Solutions in Stochastic Models*, 1981, chapter 3).

use super::matrix::Matrix;

/// A process with a pool of threads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ThreadPoolQueue {
    /// λ, below the capacity of the pool.
    pub arrival_rate: f64,
    /// Mean time on the CPU of a request.
    pub mean_cpu: f64,
    /// Mean time in the backend of a request.
    pub mean_backend: f64,
    /// n, how many requests the process has in progress at once.
    pub threads: u32,
    /// c, how many of them run at the same instant.
    pub running_at_once: u32,
}

/// What is known of a pool in the long run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ThreadPoolMeans {
    /// W, from arrival to departure.
    pub response_time: f64,
    /// Wq, from arrival until a thread takes the request.
    pub waiting_time: f64,
    /// The share of requests that find all threads taken.
    pub waiting_probability: f64,
    /// How many requests are on the CPU.
    pub running: f64,
}

impl ThreadPoolQueue {
    /// The means in the long run.
    pub fn means(&self) -> ThreadPoolMeans {
        let (levels, beyond) = self.levels();
        let states = levels.iter().zip(0u32..).flat_map(|(level, in_progress)| {
            level.iter().zip(0u32..).map(move |(weight, in_backend)| (*weight, in_progress, in_backend))
        });
        let sum = |value: &dyn Fn(u32, u32) -> f64| -> f64 {
            states.clone().map(|(weight, in_progress, in_backend)| weight * value(in_progress, in_backend)).sum()
        };
        let total = sum(&|_, _| 1.0);
        let in_progress = sum(&|in_progress, _| f64::from(in_progress)) / total;
        let backlog = beyond / total;
        ThreadPoolMeans {
            response_time: (in_progress + backlog) / self.arrival_rate,
            waiting_time: backlog / self.arrival_rate,
            waiting_probability: sum(&|in_progress, _| f64::from(u8::from(in_progress == self.threads))) / total,
            running: sum(&|in_progress, in_backend| self.running(in_progress, in_backend)) / total,
        }
    }

    /// Weights of the states with 0, 1, … n requests in progress, by how many of these are in the backend, whatever the
    /// backlog; and the sum of backlog × weight.
    fn levels(&self) -> (Vec<Vec<f64>>, f64) {
        let repeating = self.repeating_rates();
        // R(k) for the levels up to n, from the top down.
        let mut next = repeating.clone();
        let mut rates = Vec::new();
        for level in (1..=self.threads as usize).rev() {
            next = self.rates_into(level, &next);
            rates.push(next.clone());
        }
        // π(k) = π(k − 1) R(k), from π(0) = 1.
        let mut level = vec![1.0];
        let mut levels = Vec::new();
        for rate in rates.iter().rev() {
            let next = rate.after(&level);
            levels.push(std::mem::replace(&mut level, next));
        }
        // G := (I − R)⁻¹ = Σ R^j sums the levels from n on; Σ j R^j = R G² sums their backlogs.
        let sum = (&Matrix::identity(repeating.columns()) - &repeating).inverse();
        let all_taken = sum.after(&level);
        let backlog = sum.after(&repeating.after(&all_taken)).iter().sum();
        levels.push(all_taken);
        (levels, backlog)
    }

    /// How many run when `in_progress` are in progress, `in_backend` of them in the backend.
    fn running(&self, in_progress: u32, in_backend: u32) -> f64 {
        f64::from((in_progress - in_backend).min(self.running_at_once))
    }

    /// R of the levels from n on: the limit of R(k) far from an empty top level, where it is 0.
    fn repeating_rates(&self) -> Matrix {
        let size = self.threads as usize + 1;
        let mut rates = Matrix::from_fn(size, size, |_, _| 0.0);
        loop {
            let next = self.rates_into(size, &rates);
            if next.distance(&rates) < CONVERGED {
                return next;
            }
            rates = next;
        }
    }

    /// R(k) = U(k − 1) (−(A(k) + R(k + 1) D(k + 1)))⁻¹, with A the rates within a level, U up and D down from it.
    fn rates_into(&self, level: usize, next: &Matrix) -> Matrix {
        let into_next = self.busy_threads(level) + 1;
        let within = Matrix::from_fn(into_next, into_next, |from, to| self.rate_within(level, from, to));
        let back = next * &Matrix::from_fn(next.columns(), into_next, |from, to| self.rate_down(from, to));
        let stay = &Matrix::from_fn(into_next, into_next, |_, _| 0.0) - &(&within + &back);
        let up = Matrix::from_fn(self.busy_threads(level - 1) + 1, into_next, |from, to| {
            if from == to { self.arrival_rate } else { 0.0 }
        });
        &up * &stay.inverse()
    }

    fn busy_threads(&self, level: usize) -> usize {
        level.min(self.threads as usize)
    }

    /// From `from` in the backend to `to`, the number in the system staying the same.
    fn rate_within(&self, level: usize, from: usize, to: usize) -> f64 {
        let cpu = self.running(self.busy_threads(level) as u32, from as u32) / self.mean_cpu;
        if to == from + 1 {
            cpu
        } else if to == from {
            -(cpu + self.arrival_rate + from as f64 / self.mean_backend)
        } else {
            0.0
        }
    }

    /// A backend answers, and the request departs.
    fn rate_down(&self, from: usize, to: usize) -> f64 {
        if to + 1 == from { from as f64 / self.mean_backend } else { 0.0 }
    }
}

/// Entries of R are below 1; at this distance from the last the sums no longer move in the tenth digit.
const CONVERGED: f64 = 1e-15;
