//! Several requests at the same instant.

use super::{CHANCE, arrivals, distance, times, unit_exponential};

/// The instants of batches and the number of requests that arrive at each; the last may be incomplete.
fn batches(json: &str) -> Vec<(u64, u64)> {
    let mut batches: Vec<(u64, u64)> = Vec::new();
    for nanos in times(json, 200_000) {
        match batches.last_mut() {
            Some((last, size)) if *last == nanos => *size += 1,
            _ => batches.push((nanos, 1)),
        }
    }
    batches.pop();
    batches
}

#[test]
fn a_batch_arrives_at_one_instant_and_batches_are_poisson() {
    let batches = batches(r#"{"batches":{"rate":"5/s","size":10}}"#);
    assert!(batches.iter().all(|(_, size)| *size == 10));
    let between = batches.windows(2).map(|two| (two[1].0 - two[0].0) as f64 / 1e9 * 5.0).collect();
    assert!(distance(between, unit_exponential) < CHANCE);
    assert_eq!(arrivals(r#"{"batches":{"rate":"5/s","size":10}}"#).mean_rate_per_s(), Some(50.0));
}

#[test]
fn geometric_batches_continue_with_constant_probability() {
    let batches = batches(r#"{"batches":{"rate":"5/s","size":{"geometric":{"mean":4}}}}"#);
    for size in 1..10 {
        let reached = batches.iter().filter(|batch| batch.1 >= size).count() as f64;
        let ended = batches.iter().filter(|batch| batch.1 == size).count() as f64;
        assert!(
            (ended / reached - 0.25).abs() < 4.0 * (0.25 * 0.75 / reached).sqrt(),
            "{ended} of {reached} at {size}"
        );
    }
    assert!(batches.iter().all(|batch| batch.1 < 100));
}

#[test]
fn a_different_size_does_not_move_the_batches() {
    let instants = |size: &str| {
        let batches = batches(&format!(r#"{{"batches":{{"rate":"5/s","size":{size}}}}}"#));
        batches.iter().map(|batch| batch.0).take(1000).collect::<Vec<_>>()
    };
    assert_eq!(instants("2"), instants(r#"{"geometric":{"mean":20}}"#));
}

#[test]
fn bursts_come_at_equal_intervals() {
    let expected: Vec<u64> = (1..=5).flat_map(|burst| [burst * 10_000_000_000; 3]).collect();
    assert_eq!(times(r#"{"bursts":{"every":"10s","size":3}}"#, 15), expected);
}

#[test]
fn a_burst_is_spread_evenly_and_in_order() {
    for (spread, size) in [(50_000_000_u64, 100), (10_000_000_000, 1), (10_000_000_000, 7)] {
        let json = format!(r#"{{"bursts":{{"every":"10s","size":{size},"spread":"{spread}ns"}}}}"#);
        let times = times(&json, 70_000);
        assert!(times.is_sorted());
        let numbered = times.iter().zip(0_u64..);
        let within = numbered.map(|(nanos, number)| {
            let begin = (number / size + 1) * 10_000_000_000;
            (*nanos as f64 - begin as f64) / spread as f64
        });
        let distance = distance(within.collect(), |x| x.clamp(0.0, 1.0));
        assert!(distance < CHANCE, "{json}: Kolmogorov distance {distance}");
    }
}
