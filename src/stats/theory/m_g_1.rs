//! M/G/1: Poisson arrivals, any service time distribution, one channel.

/// M/G/1, first come first served. Stable when the offered load λS is below 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mg1 {
    /// λ.
    pub arrival_rate: f64,
    /// S.
    pub mean_service: f64,
    /// Variance of the service time / S²: 0 is M/D/1, 1 is M/M/1.
    pub squared_cv: f64,
}

impl Mg1 {
    /// M/D/1: every service takes equally long.
    pub const fn constant(arrival_rate: f64, mean_service: f64) -> Self {
        Self { arrival_rate, mean_service, squared_cv: 0.0 }
    }

    /// ρ = λS.
    pub fn utilization(&self) -> f64 {
        self.arrival_rate * self.mean_service
    }

    /// Wq = ρS (1 + cv²) / (2 (1 − ρ)) (Pollaczek 1930, Khinchine 1932; Kleinrock, *Queueing Systems* 1, 5.6).
    pub fn mean_waiting_time(&self) -> f64 {
        let rho = self.utilization();
        rho * self.mean_service * (1.0 + self.squared_cv) / (2.0 * (1.0 - rho))
    }

    /// W = Wq + S.
    pub fn mean_response_time(&self) -> f64 {
        self.mean_waiting_time() + self.mean_service
    }
}

/// W = S / (1 − λS), the mean response time of M/G/1 under processor sharing: all requests present share the channel
/// equally. It holds for any service time distribution (Kleinrock 1967; *Queueing Systems* 2, 4.4).
pub fn processor_sharing_response_time(arrival_rate: f64, mean_service: f64) -> f64 {
    mean_service / (1.0 - arrival_rate * mean_service)
}
