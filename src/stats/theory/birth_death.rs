//! Birth–death chains: the number in a system goes up and down by one, at rates that depend on it alone.

/// The stationary probabilities of 0, 1, … `top` in the system: p(n) ∝ Π birth(i) / death(i + 1), i < n
/// (Kleinrock, *Queueing Systems* 1, 3.1). `birth(n)` is the rate from n to n + 1, `death(n)` from n to n − 1.
pub fn birth_death(top: u32, birth: impl Fn(u32) -> f64, death: impl Fn(u32) -> f64) -> Vec<f64> {
    let mut weights = vec![1.0];
    weights.extend((1..=top).scan(1.0, |weight, number| {
        *weight *= birth(number - 1) / death(number);
        Some(*weight)
    }));
    let total: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / total).collect()
}

/// Σ n p(n).
fn mean_number(probabilities: &[f64]) -> f64 {
    probabilities.iter().zip(0u32..).map(|(probability, number)| probability * f64::from(number)).sum()
}

/// M/M/c/K: Poisson arrivals, exponential service, c channels, and room for K requests in all; an arrival that finds
/// K in the system is rejected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LimitedRoom {
    /// λ.
    pub arrival_rate: f64,
    /// S = 1/μ.
    pub mean_service: f64,
    /// c.
    pub channels: u32,
    /// K.
    pub room: u32,
}

impl LimitedRoom {
    /// p(0), … p(K): births at rate λ, deaths at rate min(n, c) μ.
    pub fn in_system(&self) -> Vec<f64> {
        let departures = |number: u32| f64::from(number.min(self.channels)) / self.mean_service;
        birth_death(self.room, |_| self.arrival_rate, departures)
    }

    /// The share of arrivals that are rejected, p(K): arrivals see time averages (Wolff 1982).
    pub fn rejected(&self) -> f64 {
        self.in_system()[self.room as usize]
    }

    /// The mean response time of those that are not: L / (λ (1 − p(K))) (Little 1961).
    pub fn mean_response_time(&self) -> f64 {
        let probabilities = self.in_system();
        mean_number(&probabilities) / (self.arrival_rate * (1.0 - probabilities[self.room as usize]))
    }
}

/// A closed system: N users each think, send a request, wait for its answer and think again; c channels serve.
/// All times are exponential; first come first served. Also known as machine repair, or M/M/c//N
/// (Kleinrock, *Queueing Systems* 1, 3.8).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MachineRepair {
    /// N.
    pub users: u32,
    /// Z.
    pub mean_think: f64,
    /// c.
    pub channels: u32,
    /// S = 1/μ.
    pub mean_service: f64,
}

impl MachineRepair {
    /// p(0), … p(N): births at rate (N − n)/Z, deaths at rate min(n, c) μ.
    pub fn in_system(&self) -> Vec<f64> {
        let arrivals = |number: u32| f64::from(self.users - number) / self.mean_think;
        birth_death(self.users, arrivals, |number| self.busy_channels(number) / self.mean_service)
    }

    fn busy_channels(&self, number: u32) -> f64 {
        f64::from(number.min(self.channels))
    }

    /// X = μ Σ min(n, c) p(n).
    pub fn throughput(&self) -> f64 {
        let probabilities = self.in_system();
        let busy: f64 = probabilities.iter().zip(0..).map(|(share, number)| share * self.busy_channels(number)).sum();
        busy / self.mean_service
    }

    /// W = L / X (Little 1961).
    pub fn mean_response_time(&self) -> f64 {
        mean_number(&self.in_system()) / self.throughput()
    }

    /// Wq = W − S.
    pub fn mean_waiting_time(&self) -> f64 {
        self.mean_response_time() - self.mean_service
    }
}
