//! Rates that change at random times.

use super::{CHANCE, arrivals, distance, open, times, unit_exponential};

const BURSTY: &str = r#"{"mmpp":{"states":[{"rate":"200/s","mean":"1s"},{"rate":"10/s","mean":"9s"}]}}"#;

/// The number of requests of [`BURSTY`] in each of a number of windows of equal length.
fn counts(seed: u64, windows: usize, seconds: f64) -> Vec<f64> {
    let mut counts = vec![0.0; windows];
    let mut source = open(&arrivals(BURSTY), seed);
    while let Some(arrival) = source.next_arrival() {
        match counts.get_mut((arrival.time.as_nanos() as f64 / 1e9 / seconds) as usize) {
            Some(count) => *count += 1.0,
            None => break,
        }
    }
    counts
}

/// The mean of values and its allowed error: 4 standard errors.
fn mean(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, 4.0 * (variance / count).sqrt())
}

/// The variance of the number of arrivals in t seconds divided by its mean, with leaving rates r₁ and r₂
/// (Fischer, Meier-Hellstern, *The Markov-modulated Poisson process (MMPP) cookbook*, 1993, section 2).
fn index_of_dispersion(rates: [f64; 2], leaving: [f64; 2], seconds: f64) -> f64 {
    let [r1, r2] = leaving;
    let r = r1 + r2;
    let factor = 2.0 * (rates[0] - rates[1]).powi(2) * r1 * r2 / (r * r * (rates[0] * r2 + rates[1] * r1));
    1.0 + factor * (1.0 - unit_exponential(r * seconds) / (r * seconds))
}

#[test]
fn the_variance_of_modulated_arrivals_agrees_with_the_formula() {
    for seconds in [0.5, 5.0] {
        let expected = 29.0 * seconds;
        let squares: Vec<f64> = (1..=100)
            .map(|seed| {
                let counts = counts(seed, (3000.0 / seconds) as usize, seconds);
                counts.iter().map(|count| (count - expected).powi(2)).sum::<f64>() / counts.len() as f64
            })
            .collect();
        let (variance, error) = mean(&squares);
        let exact = expected * index_of_dispersion([200.0, 10.0], [1.0, 1.0 / 9.0], seconds);
        assert!(error < 0.05 * exact, "{seconds} s: {variance} ± {error}");
        assert!((variance - exact).abs() < error, "{seconds} s: {variance} ± {error} instead of {exact}");
    }
}

#[test]
fn modulated_arrivals_begin_in_equilibrium() {
    let first: Vec<f64> = (0..20_000).map(|seed| counts(seed, 1, 0.1)[0]).collect();
    let (count, error) = mean(&first);
    assert!((count - 2.9).abs() < error && error < 0.2, "{count} ± {error} instead of 2.9");
}

#[test]
fn states_follow_each_other_in_their_order() {
    // The rates are so different that an interarrival time identifies the state; each state lasts for thousands of arrivals.
    let json = r#"{"mmpp":{"states":[{"rate":"1000000/s","mean":"10ms"},{"rate":"1000/s","mean":"10s"},
        {"rate":"1/s","mean":"10000s"}]}}"#;
    let times = times(json, 1_000_000);
    let means = times.windows(101).map(|times| (times[100] - times[0]) as f64 / 100.0);
    let states = means.filter_map(|mean| [1e3, 1e6, 1e9].iter().position(|of| (mean / of - 1.0).abs() < 0.4));
    let mut states: Vec<usize> = states.collect();
    states.dedup();
    // A state that happens to be short is missed, and a mean over two states may look like the third.
    let (forth, back): (Vec<_>, Vec<_>) = states.windows(2).partition(|two| two[1] == (two[0] + 1) % 3);
    assert!(forth.len() > 20 && back.len() * 5 < forth.len(), "{states:?}");
}

#[test]
fn on_and_off_alternate() {
    let json = r#"{"on_off":{"rate":"200/s","on":"1s","off":"9s"}}"#;
    let times = times(json, 200_000);
    let within: Vec<u64> = times.iter().map(|nanos| nanos % 10_000_000_000).collect();
    assert!(within.iter().all(|nanos| *nanos <= 1_000_000_000), "all arrive while it is on");
    assert!(times[0] < 1_000_000_000, "it is on at the start");
    // Without the off times it is a Poisson process.
    let on = |nanos: u64| (nanos / 10_000_000_000 * 1_000_000_000 + nanos % 10_000_000_000) as f64 / 1e9 * 200.0;
    let between = times.windows(2).map(|two| on(two[1]) - on(two[0])).collect();
    assert!(distance(between, unit_exponential) < CHANCE);
}

#[test]
fn a_different_rate_does_not_move_the_times_of_change() {
    let busy = |rate: &str| {
        let json =
            format!(r#"{{"on_off":{{"rate":"{rate}","on":{{"exponential":"1s"}},"off":{{"exponential":"9s"}}}}}}"#);
        let mut seconds = vec![false; 1000];
        for nanos in times(&json, 2_000_000) {
            if let Some(second) = seconds.get_mut((nanos / 1_000_000_000) as usize) {
                *second = true;
            }
        }
        seconds
    };
    let differ = busy("5000/s").iter().zip(busy("10000/s")).filter(|(one, other)| *one != other).count();
    assert!(differ <= 2, "{differ}");
}
