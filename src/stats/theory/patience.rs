//! M/M/1 whose requests leave the queue when they have waited too long.

/// M/M/1, first come first served, with a constant patience τ that counts in the queue only: a request whose wait
/// reaches τ leaves unserved; one that is being served stays. Stable at any load.
///
/// The workload (the time until the channel has served all that will stay) has the density λ p₀ e^(−(μ−λ)x) up to τ,
/// where every arrival joins, and beyond it falls as e^(−μ(x−τ)), where none does; p₀ is the probability that it is 0.
/// Level crossing: Brill and Posner (1977); the queue with patience: Barrer (1957).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PatienceInQueue {
    /// λ.
    pub arrival_rate: f64,
    /// S = 1/μ.
    pub mean_service: f64,
    /// τ.
    pub patience: f64,
}

impl PatienceInQueue {
    /// p₀: the share of time in which the channel is idle.
    pub fn idle(&self) -> f64 {
        let drain = 1.0 / self.mean_service - self.arrival_rate;
        // ∫₀^τ e^(−(μ−λ)x) dx, which is τ at μ = λ.
        let within =
            if drain.abs() * self.patience < 1e-9 { self.patience } else { -(-drain * self.patience).exp_m1() / drain };
        1.0 / (1.0 + self.arrival_rate * within + self.beyond())
    }

    /// The share of requests that leave the queue unserved: P(workload > τ), as arrivals see time averages (Wolff 1982).
    pub fn left(&self) -> f64 {
        self.idle() * self.beyond()
    }

    /// P(workload > τ) / p₀ = λS e^(−(μ−λ)τ).
    fn beyond(&self) -> f64 {
        let drain = 1.0 / self.mean_service - self.arrival_rate;
        self.arrival_rate * self.mean_service * (-drain * self.patience).exp()
    }
}
