//! Arrivals come at the specified times: exactly for deterministic processes, with the right distribution for random ones.

mod batches;
mod modulated;
mod scaled;
mod trace;
mod varying;

use waitline::model::{ClassId, SimDuration, SimTime};
use waitline::random::{Arrival, ArrivalSource, Arrivals, Distribution, Load, Purpose, Streams};

fn arrivals(json: &str) -> Arrivals {
    serde_json::from_str(json).unwrap_or_else(|reason| panic!("{json}: {reason}"))
}

fn source(json: &str) -> ArrivalSource {
    open(&arrivals(json), 1)
}

fn open(arrivals: &Arrivals, seed: u64) -> ArrivalSource {
    let class_id = |name: &str| ClassId(if name == "page" { 0 } else { 1 });
    match arrivals.load(class_id, Streams::new(seed, 0).purpose(Purpose::Arrivals)) {
        Load::Open(source) => source,
        Load::Closed(_) => panic!("{arrivals:?} is closed"),
    }
}

/// The times of the first arrivals, in nanoseconds.
fn times(json: &str, count: usize) -> Vec<u64> {
    let mut source = source(json);
    std::iter::from_fn(|| source.next_arrival()).map(|arrival| arrival.time.as_nanos()).take(count).collect()
}

#[test]
fn listed_arrivals_come_as_listed_and_end() {
    let json = r#"{"at":[{"time":"0ms","class":"page"},{"time":"5ms"},{"time":"5ms","class":"other"}]}"#;
    let mut source = source(json);
    for (millis, class) in [(0, Some(ClassId(0))), (5, None), (5, Some(ClassId(1)))] {
        let arrival = source.next_arrival().expect("the list has more arrivals");
        assert_eq!((arrival.time.since_start(), arrival.class), (SimDuration::from_millis(millis), class));
    }
    assert_eq!([source.next_arrival(), source.next_arrival()], [None, None]);
    assert_eq!((arrivals(json).count(), arrivals(json).mean_rate_per_s()), (Some(3), None));
}

#[test]
fn constant_arrivals_begin_after_one_interval_and_do_not_drift() {
    for (json, per_second) in [("80/s", 80), ("3/s", 3), ("7/ms", 7000), ("999983/s", 999_983)] {
        for (time, number) in times(&format!(r#"{{"constant":"{json}"}}"#), 1_000_000).into_iter().zip(1_u64..) {
            let exact = (number * 1_000_000_000 + per_second / 2) / per_second;
            assert_eq!(time, exact, "arrival {number} at {json}");
        }
    }
}

#[test]
fn arrivals_drawn_in_blocks_equal_those_drawn_one_by_one() {
    for json in [
        r#"{"constant":"1/h"}"#,
        r#"{"poisson":"80/s"}"#,
        r#"{"renewal":{"exponential":"6000h"}}"#,
        r#"{"renewal":{"gamma":{"mean":"90000h","cv":2}}}"#,
        r#"{"at":[{"time":"0ms","class":"page"},{"time":"5ms"},{"time":"5ms","class":"other"}]}"#,
    ] {
        let (mut together, mut one_by_one) = (source(json), source(json));
        let nowhere = Arrival { time: SimTime::ZERO, class: None };
        let (mut places, mut has_ended) = ([nowhere; 100], false);
        // The last block is shorter if the arrivals end.
        for size in [1, 31, 32, 33, 64, 100].into_iter().cycle().take(60) {
            let filled = together.next_arrivals(&mut places[..size]);
            assert!(!has_ended || filled == 0, "{json}: arrivals after the end");
            for place in &places[..filled] {
                assert_eq!(one_by_one.next_arrival().as_ref(), Some(place), "{json}");
            }
            if filled < size {
                assert_eq!(one_by_one.next_arrival(), None, "{json}");
                has_ended = true;
            }
        }
    }
}

#[test]
fn constant_arrivals_end_with_the_longest_run() {
    let mut source = source(r#"{"constant":"1/h"}"#);
    let count = std::iter::from_fn(|| source.next_arrival()).count();
    assert_eq!(count, 438_000, "50 years have 438,000 hours");
    assert_eq!(source.next_arrival(), None);
    assert!(times(r#"{"constant":"1e-300/h"}"#, 1).is_empty());
}

#[test]
fn renewal_arrivals_end_with_the_longest_run() {
    assert_eq!(times(r#"{"renewal":"438000h"}"#, 5), [SimTime::MAX.as_nanos()]);
    assert_eq!(times(r#"{"renewal":"300000h"}"#, 5).len(), 1);
    // Once an interarrival time leads beyond the end, a short one does not bring the process back.
    let json = r#"{"renewal":{"mixture":[{"weight":1,"of":"1ms"},{"weight":1,"of":"438000h"}]}}"#;
    let mut ends = source(json);
    while ends.next_arrival().is_some() {}
    assert!((0..100).all(|_| ends.next_arrival().is_none()));
}

/// √n times the largest distance between interarrival times in seconds and their distribution function.
fn kolmogorov(json: &str, cdf: impl Fn(f64) -> f64) -> f64 {
    let times = times(json, 200_000);
    let between = std::iter::once(0).chain(times.iter().copied()).zip(&times).map(|(last, next)| next - last);
    distance(between.map(|nanos| nanos as f64 / 1e9).collect(), cdf)
}

/// √n times the largest distance between values and a distribution function. Chance exceeds [`CHANCE`] once in
/// 10,000 times.
fn distance(mut values: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let count = values.len() as f64;
    let distance = values.iter().zip(0_u32..).fold(0.0, |distance: f64, (value, below)| {
        let probability = cdf(*value);
        distance.max(probability - f64::from(below) / count).max(f64::from(below + 1) / count - probability)
    });
    distance * count.sqrt()
}

const CHANCE: f64 = 2.2253;

/// The distribution function of the unit exponential distribution.
fn unit_exponential(x: f64) -> f64 {
    -(-x).exp_m1()
}

/// One of each kind of arrivals that is random and never ends.
const ENDLESS: [&str; 9] = [
    r#"{"poisson":"25/s"}"#,
    r#"{"renewal":{"gamma":{"mean":"40ms","cv":2}}}"#,
    r#"{"piecewise":{"rates":[{"for":"10s","rate":"20/s"},{"for":"2s","rate":"50/s"}],"repeat":true}}"#,
    r#"{"ramp":{"from":"10/s","to":"25/s","over":"60s"}}"#,
    r#"{"sine":{"mean":"25/s","amplitude":0.8,"period":"60s"}}"#,
    r#"{"mmpp":{"states":[{"rate":"200/s","mean":"100ms"},{"rate":"5.5556/s","mean":"900ms"}]}}"#,
    r#"{"on_off":{"rate":"200/s","on":{"exponential":"100ms"},"off":{"exponential":"700ms"}}}"#,
    r#"{"batches":{"rate":"6.25/s","size":{"geometric":{"mean":4}}}}"#,
    r#"{"bursts":{"every":"4s","size":100,"spread":"50ms"}}"#,
];

#[test]
fn interarrival_times_follow_their_distribution() {
    for (json, cdf) in [
        (r#"{"poisson":"25/s"}"#, (|x| 1.0 - (-25.0 * x).exp()) as fn(f64) -> f64),
        (r#"{"renewal":{"exponential":"40ms"}}"#, |x| 1.0 - (-25.0 * x).exp()),
        (r#"{"renewal":{"uniform":["0ms","80ms"]}}"#, |x| (x / 0.08).min(1.0)),
    ] {
        let distance = kolmogorov(json, cdf);
        assert!(distance < CHANCE, "{json}: Kolmogorov distance {distance}");
        assert!((arrivals(json).mean_rate_per_s().unwrap() - 25.0).abs() < 1e-9, "{json}");
    }
    assert!(kolmogorov(r#"{"poisson":"25/s"}"#, |x| 1.0 - (-25.5 * x).exp()) > CHANCE, "an error of 2 % is detected");
}

#[test]
fn poisson_arrivals_in_equal_intervals_are_poisson() {
    let mut counts = [0_u32; 2000];
    for time in times(r#"{"poisson":"100/s"}"#, 300_000) {
        if let Some(count) = counts.get_mut((time / 1_000_000_000) as usize) {
            *count += 1;
        }
    }
    let squares: f64 = counts.iter().map(|count| (f64::from(*count) - 100.0).powi(2) / 100.0).sum();
    let (count, total) = (counts.len() as f64, f64::from(counts.iter().sum::<u32>()));
    // 200,000 are expected, with the same variance; the variance of each count is also about its mean.
    assert!((total - 100.0 * count).abs() < 5.0 * (100.0 * count).sqrt(), "{total}");
    assert!((squares - count).abs() < 5.0 * (2.0 * count).sqrt(), "{squares}");
}

#[test]
fn endless_arrivals_have_no_count_but_a_mean_rate() {
    for json in ENDLESS.into_iter().chain([r#"{"constant":"25/s"}"#]) {
        assert_eq!(arrivals(json).count(), None, "{json}");
        assert!((arrivals(json).mean_rate_per_s().unwrap() - 25.0).abs() < 1e-3, "{json}");
    }
}

#[test]
fn the_mean_rate_agrees_with_many_arrivals() {
    for json in ENDLESS {
        let count = 400_000;
        let times = times(json, count);
        let rate = count as f64 / (times[count - 1] as f64 / 1e9);
        assert!((rate / 25.0 - 1.0).abs() < 0.03, "{json}: {rate}/s");
    }
}

#[test]
fn the_same_stream_gives_the_same_arrivals() {
    for json in ENDLESS {
        assert_eq!(times(json, 1000), times(json, 1000), "{json}");
        let other: Vec<u64> = {
            let mut source = open(&arrivals(json), 2);
            (0..1000).map(|_| source.next_arrival().unwrap().time.as_nanos()).collect()
        };
        assert_ne!(times(json, 1000), other, "{json}");
    }
    assert_eq!(times(ENDLESS[0], 3), [40_973_552, 126_696_041, 257_106_227]);
}

#[test]
fn arrivals_are_in_order_of_time() {
    for json in ENDLESS {
        assert!(times(json, 100_000).is_sorted(), "{json}");
    }
}

#[test]
fn rare_arrivals_end_with_the_longest_run() {
    for json in [
        r#"{"poisson":"1e-300/h"}"#,
        r#"[{"for":"1ns","rate":"1e-300/h"}]"#,
        r#"{"piecewise":{"rates":[{"for":"1ns","rate":"1e-300/h"},{"for":"1ns","rate":"0/s"}],"repeat":true}}"#,
        r#"{"piecewise":{"rates":[{"for":"1ns","rate":"1e-320/s"}],"repeat":true}}"#,
        r#"{"piecewise":[{"for":"438000h","rate":"1e-9/h"},{"for":"438000h","rate":"1/s"}]}"#,
        r#"{"ramp":{"from":"0/s","to":"1e-300/h","over":"1ns"}}"#,
        r#"{"ramp":{"from":"1e-300/h","to":"0/s","over":"438000h"}}"#,
        r#"{"sine":{"mean":"1e-300/h","amplitude":1,"period":"1ns"}}"#,
        r#"{"sine":{"mean":"1e-320/s","amplitude":1,"period":"438000h"}}"#,
        r#"{"mmpp":{"states":[{"rate":"1e-300/h","mean":"438000h"}]}}"#,
        r#"{"on_off":{"rate":"1/h","on":"1h","off":"438000h"}}"#,
        r#"{"batches":{"rate":"1e-300/h","size":4}}"#,
        r#"{"bursts":{"every":"438000h","size":4,"spread":"438000h"}}"#,
    ] {
        let mut source = source(json);
        assert!(std::iter::from_fn(|| source.next_arrival()).count() < 50, "{json}");
        assert!((0..100).all(|_| source.next_arrival().is_none()), "{json}");
    }
}

#[test]
fn users_are_not_open_arrivals() {
    let users = arrivals(r#"{"users":{"count":50,"think":{"exponential":"7s"}}}"#);
    assert_eq!((users.count(), users.mean_rate_per_s()), (None, None));
    let stream = Streams::new(1, 0).purpose(Purpose::Arrivals);
    let Load::Closed(users) = users.load(|_| ClassId(0), stream) else { panic!("users are a closed system") };
    assert_eq!((users.count, users.think), (50, Distribution::Exponential("7s".parse().unwrap())));
}
