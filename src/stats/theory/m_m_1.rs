//! M/M/1: Poisson arrivals, exponential service, one channel, first come first served.

/// M/M/1. Stable when the offered load λS is below 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mm1 {
    /// λ.
    pub arrival_rate: f64,
    /// S = 1/μ.
    pub mean_service: f64,
}

impl Mm1 {
    /// ρ = λS, the share of time in which the channel is busy.
    pub fn utilization(&self) -> f64 {
        self.arrival_rate * self.mean_service
    }

    /// W = S / (1 − ρ).
    pub fn mean_response_time(&self) -> f64 {
        self.mean_service / (1.0 - self.utilization())
    }

    /// Wq = W − S.
    pub fn mean_waiting_time(&self) -> f64 {
        self.mean_response_time() - self.mean_service
    }

    /// L = λW (Little 1961).
    pub fn mean_in_system(&self) -> f64 {
        self.arrival_rate * self.mean_response_time()
    }

    /// P(response time > t) = e^(−t/W): the response time is exponential (Kleinrock, *Queueing Systems* 1, 5.7).
    pub fn response_time_exceeds(&self, time: f64) -> f64 {
        (-time / self.mean_response_time()).exp()
    }

    /// The response time that the share p of requests stays within: −W ln(1 − p).
    pub fn response_time_percentile(&self, share: f64) -> f64 {
        -self.mean_response_time() * (1.0 - share).ln()
    }

    /// The wait that the share p of requests stays within: P(wait > t) = ρ e^(−t/W).
    pub fn waiting_time_percentile(&self, share: f64) -> f64 {
        (self.mean_response_time() * (self.utilization() / (1.0 - share)).ln()).max(0.0)
    }
}
