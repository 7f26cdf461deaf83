//! GI/M/1: independent interarrival times of any distribution, exponential service, one channel.

/// GI/M/1, first come first served.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GiM1 {
    sigma: f64,
    mean_service: f64,
}

impl GiM1 {
    /// The station with service of mean S = 1/μ whose interarrival times have the Laplace–Stieltjes transform
    /// A*(s) = E(e^(−sA)). Stable when S is below the mean of A.
    ///
    /// An arrival meets a busy channel with probability σ, the root below 1 of σ = A*(μ(1 − σ)) (Kendall 1953;
    /// Kleinrock, *Queueing Systems* 1, 6.4). Iterated from 0, σ only grows, and stops at the smallest root.
    pub fn new(transform: impl Fn(f64) -> f64, mean_service: f64) -> Self {
        let mut sigma = 0.0;
        loop {
            let next = transform((1.0 - sigma) / mean_service);
            if next <= sigma {
                return Self { sigma, mean_service };
            }
            sigma = next;
        }
    }

    /// P(wait) = σ.
    pub const fn waiting_probability(&self) -> f64 {
        self.sigma
    }

    /// W = S / (1 − σ): the response time is exponential.
    pub fn mean_response_time(&self) -> f64 {
        self.mean_service / (1.0 - self.sigma)
    }

    /// Wq = W − S.
    #[cfg(feature = "internals")]
    pub fn mean_waiting_time(&self) -> f64 {
        self.mean_response_time() - self.mean_service
    }

    /// The response time that the share p of requests stays within: −W ln(1 − p).
    pub fn response_time_percentile(&self, share: f64) -> f64 {
        -self.mean_response_time() * (1.0 - share).ln()
    }
}
