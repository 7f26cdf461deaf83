//! A closed network: a fixed number of requests circulates through service centers.

/// A station of a closed network, and the mean time a request spends being served there each time round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ServiceCenter {
    /// One channel with a queue: exponential service first come first served, or any distribution with processor sharing.
    Queue(f64),
    /// Everyone is served at once, with any distribution: think time, or a backend without a limit.
    Delay(f64),
}

/// Means of a closed network.
#[derive(Clone, Debug, PartialEq)]
pub struct ClosedNetwork {
    /// X: how often a request completes a round.
    pub throughput: f64,
    /// Mean time at each station, queueing included, in the order given.
    pub residence_times: Vec<f64>,
    /// Mean number at each station.
    pub numbers: Vec<f64>,
}

/// Exact mean value analysis of `customers` requests going round, at least one.
///
/// With n requests, one that arrives at a queue finds the mean number Q that is there with n − 1: it stays R = D (1 + Q),
/// at a delay R = D. Then X = n / ΣR and Q = X R (Reiser and Lavenberg 1980).
pub fn mean_value_analysis(stations: &[ServiceCenter], customers: u32) -> ClosedNetwork {
    let mut numbers = vec![0.0; stations.len()];
    let mut residence_times = numbers.clone();
    let mut throughput = 0.0;
    for population in 1..=customers {
        for ((station, number), time) in stations.iter().zip(&numbers).zip(&mut residence_times) {
            *time = match station {
                ServiceCenter::Queue(demand) => demand * (1.0 + number),
                ServiceCenter::Delay(demand) => *demand,
            };
        }
        throughput = f64::from(population) / residence_times.iter().sum::<f64>();
        numbers = residence_times.iter().map(|time| throughput * time).collect();
    }
    ClosedNetwork { throughput, residence_times, numbers }
}
