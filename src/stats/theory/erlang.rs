//! Erlang's two formulas, and M/M/c: Poisson arrivals, exponential service, c channels, one queue.

/// Erlang's loss formula B(c, a): the share of requests turned away by c channels without a queue, at offered load
/// a = λS. It holds for any service time distribution (insensitivity).
///
/// By the recursion B(0) = 1, B(n) = a B(n−1) / (n + a B(n−1)) (Erlang 1917; Kleinrock, *Queueing Systems* 1, 3.6).
pub fn erlang_b(channels: u32, offered_load: f64) -> f64 {
    (1..=channels).fold(1.0, |blocked, channel| {
        let blocked = offered_load * blocked;
        blocked / (f64::from(channel) + blocked)
    })
}

/// Erlang's delay formula C(c, a): the share of requests that must wait in M/M/c, at offered load a = λS < c.
///
/// C = B / (1 − (a/c)(1 − B)) (Erlang 1917; Kleinrock, *Queueing Systems* 1, 3.5).
pub fn erlang_c(channels: u32, offered_load: f64) -> f64 {
    let blocked = erlang_b(channels, offered_load);
    blocked / (1.0 - offered_load / f64::from(channels) * (1.0 - blocked))
}

/// M/M/c, first come first served. Stable when the offered load λS is below c.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mmc {
    /// λ.
    pub arrival_rate: f64,
    /// S = 1/μ.
    pub mean_service: f64,
    /// c.
    pub channels: u32,
}

impl Mmc {
    /// a = λS, in Erlang.
    pub fn offered_load(&self) -> f64 {
        self.arrival_rate * self.mean_service
    }

    /// P(wait) = C(c, a).
    pub fn waiting_probability(&self) -> f64 {
        erlang_c(self.channels, self.offered_load())
    }

    /// The mean wait of those that wait at all, 1/(cμ − λ): it is exponential.
    fn mean_wait_of_waiting(&self) -> f64 {
        self.mean_service / (f64::from(self.channels) - self.offered_load())
    }

    /// Wq = C / (cμ − λ).
    pub fn mean_waiting_time(&self) -> f64 {
        self.waiting_probability() * self.mean_wait_of_waiting()
    }

    /// W = Wq + S.
    pub fn mean_response_time(&self) -> f64 {
        self.mean_waiting_time() + self.mean_service
    }

    /// L = λW (Little 1961).
    #[cfg(feature = "internals")]
    pub fn mean_in_system(&self) -> f64 {
        self.arrival_rate * self.mean_response_time()
    }

    /// The wait that the share p of requests stays within: P(wait > t) = C e^(−(cμ − λ)t).
    pub fn waiting_time_percentile(&self, share: f64) -> f64 {
        (self.mean_wait_of_waiting() * (self.waiting_probability() / (1.0 - share)).ln()).max(0.0)
    }

    /// P(response time > t): an exponential service, after a wait that is 0 or, with probability C, exponential of rate
    /// cμ − λ = kμ with k = c − a. It is e^(−μt) (1 + C (1 − e^(−(k−1)μt)) / (k − 1)), and for k = 1
    /// e^(−μt) (1 + C μt) (Gross et al., *Fundamentals of Queueing Theory*, 3.3).
    pub fn response_time_exceeds(&self, time: f64) -> f64 {
        let services = time / self.mean_service;
        let excess = f64::from(self.channels) - self.offered_load() - 1.0;
        // (1 − e^(−xt)) / x, which is t at x = 0.
        let delayed = if excess.abs() < 1e-9 { services } else { -(-excess * services).exp_m1() / excess };
        (-services).exp() * (1.0 + self.waiting_probability() * delayed)
    }

    /// The response time that the share p of requests stays within, by bisection of [`Self::response_time_exceeds`].
    pub fn response_time_percentile(&self, share: f64) -> f64 {
        let (mut low, mut high) = (0.0, self.mean_service);
        while self.response_time_exceeds(high) > 1.0 - share {
            high *= 2.0;
        }
        for _ in 0..BISECTIONS {
            let middle = (low + high) / 2.0;
            if self.response_time_exceeds(middle) > 1.0 - share { low = middle } else { high = middle }
        }
        high
    }
}

/// Enough to use up the 52 binary digits of a float.
const BISECTIONS: u32 = 60;
