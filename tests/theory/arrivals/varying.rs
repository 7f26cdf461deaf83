//! Rates that change over time: on the clock of the integrated rate, arrivals are Poisson at rate 1.

use std::f64::consts::TAU;

use super::{CHANCE, arrivals, distance, source, times, unit_exponential};

const PIECES: &str = r#"[{"for":"10s","rate":"20/s"},{"for":"2s","rate":"200/s"},{"for":"3s","rate":"0/s"}]"#;

/// The expected number of arrivals of [`PIECES`] up to a time, when they repeat.
fn pieces(seconds: f64) -> f64 {
    let within = seconds % 15.0;
    (seconds / 15.0).floor() * 600.0 + within.min(10.0) * 20.0 + (within - 10.0).clamp(0.0, 2.0) * 200.0
}

fn repeating() -> String {
    format!(r#"{{"piecewise":{{"rates":{PIECES},"repeat":true}}}}"#)
}

fn ramp(from: f64, to: f64, over: f64) -> impl Fn(f64) -> f64 {
    move |seconds| {
        let on_ramp = seconds.min(over);
        from * on_ramp + (to - from) / over * on_ramp * on_ramp / 2.0 + to * (seconds - on_ramp)
    }
}

fn sine(mean: f64, amplitude: f64, period: f64) -> impl Fn(f64) -> f64 {
    move |seconds| mean * (seconds + amplitude * period / TAU * (1.0 - (TAU * seconds / period).cos()))
}

/// The increase of the integrated rate from one arrival to the next.
fn rescaled(json: &str, integral: impl Fn(f64) -> f64) -> Vec<f64> {
    let mut last = 0.0;
    let grown = |nanos: u64| {
        let now = integral(nanos as f64 / 1e9);
        now - std::mem::replace(&mut last, now)
    };
    times(json, 200_000).into_iter().map(grown).collect()
}

/// The integral of a rate, from the start to a time in seconds.
type Integral = Box<dyn Fn(f64) -> f64>;

/// The processes whose rate changes at known times, with their integrated rates in seconds.
fn processes() -> Vec<(String, Integral)> {
    let long = r#"[{"for":"1000s","rate":"20/s"},{"for":"500s","rate":"0/s"},{"for":"200s","rate":"200/s"}]"#;
    let ramp_json =
        |from: f64, to: f64, over: f64| format!(r#"{{"ramp":{{"from":"{from}/s","to":"{to}/s","over":"{over}s"}}}}"#);
    let sine_json = |mean: f64, amplitude: f64, period: f64| {
        format!(r#"{{"sine":{{"mean":"{mean}/s","amplitude":{amplitude},"period":"{period}s"}}}}"#)
    };
    let mut processes: Vec<(String, Integral)> = vec![
        (repeating(), Box::new(pieces)),
        (
            long.to_owned(),
            Box::new(|seconds: f64| seconds.min(1000.0) * 20.0 + (seconds - 1500.0).clamp(0.0, 200.0) * 200.0),
        ),
    ];
    for (from, to, over) in [(10.0, 100.0, 2000.0), (100.0, 10.0, 4000.0), (0.0, 100.0, 4000.0), (25.0, 25.0, 60.0)] {
        processes.push((ramp_json(from, to, over), Box::new(ramp(from, to, over))));
    }
    // The last ones have at most one request per period.
    for (mean, amplitude, period) in [
        (50.0, 0.8, 60.0),
        (50.0, 1.0, 60.0),
        (1000.0, 1.0, 0.5),
        (50.0, 0.0, 60.0),
        (1.0, 1.0, 1.0),
        (1.0, 1.0, 0.125),
    ] {
        processes.push((sine_json(mean, amplitude, period), Box::new(sine(mean, amplitude, period))));
    }
    processes
}

#[test]
fn on_the_clock_of_the_integrated_rate_interarrival_times_are_unit_exponentials() {
    for (json, integral) in processes() {
        let rescaled = rescaled(&json, integral);
        assert!(rescaled.len() > 50_000, "{json}");
        let distance = distance(rescaled, unit_exponential);
        assert!(distance < CHANCE, "{json}: Kolmogorov distance {distance}");
    }
    let wrong = rescaled(&repeating(), |seconds| pieces(seconds) * 1.02);
    assert!(distance(wrong, unit_exponential) > CHANCE, "an error of 2 % is detected");
}

#[test]
fn every_arrival_takes_one_draw_at_any_rate() {
    let processes = processes();
    let (first, integral) = &processes[0];
    let draws = rescaled(first, integral);
    for (json, integral) in &processes[1..] {
        for (number, (one, other)) in draws.iter().zip(rescaled(json, integral)).enumerate() {
            // Times are rounded to a nanosecond, and the integrals lose digits far from 0.
            assert!((one - other).abs() < 1e-5, "arrival {number} of {json}: {one} and {other}");
        }
    }
}

#[test]
fn each_piece_gets_its_share() {
    const CYCLES: f64 = 500.0;
    let mut counts = [0.0; 3];
    for nanos in times(&repeating(), 400_000) {
        let seconds = nanos as f64 / 1e9;
        if seconds < CYCLES * 15.0 {
            counts[[10.0, 12.0].iter().filter(|end| seconds % 15.0 >= **end).count()] += 1.0;
        }
    }
    for (count, expected) in counts.into_iter().zip([200.0 * CYCLES, 400.0 * CYCLES, 0.0]) {
        assert!((count - expected).abs() <= 4.0 * f64::sqrt(expected), "{counts:?}");
    }
}

#[test]
fn a_list_that_does_not_repeat_ends() {
    for json in [PIECES.to_owned(), format!(r#"{{"piecewise":{PIECES}}}"#)] {
        assert_eq!((arrivals(&json).count(), arrivals(&json).mean_rate_per_s()), (Some(600), None));
        let mut source = source(&json);
        let times: Vec<f64> =
            std::iter::from_fn(|| source.next_arrival()).map(|arrival| arrival.time.as_millis()).collect();
        assert!((times.len() as f64 - 600.0).abs() < 4.0 * f64::sqrt(600.0), "{}", times.len());
        assert!(times.iter().all(|millis| *millis <= 12_000.0));
        assert!((0..100).all(|_| source.next_arrival().is_none()));
    }
    assert_eq!(arrivals(PIECES), arrivals(&format!(r#"{{"piecewise":{PIECES}}}"#)));
}

#[test]
fn a_ramp_to_zero_ends() {
    let json = r#"{"ramp":{"from":"100/s","to":"0/s","over":"60s"}}"#;
    assert_eq!((arrivals(json).count(), arrivals(json).mean_rate_per_s()), (Some(3000), None));
    let times = times(json, 10_000);
    assert!((times.len() as f64 - 3000.0).abs() < 4.0 * f64::sqrt(3000.0), "{}", times.len());
    assert!(times.iter().all(|nanos| *nanos <= 60_000_000_000));
    assert_eq!(arrivals(r#"{"ramp":{"from":"0/s","to":"10/s","over":"60s"}}"#).count(), None);
}

#[test]
fn a_rate_of_zero_is_read_with_any_unit() {
    for zero in ["0/s", "0.0/ms", "0/h", "-0/min", "0e5 / s"] {
        let json = format!(r#"[{{"for":"1s","rate":"{zero}"}},{{"for":"1s","rate":"1000/s"}}]"#);
        assert!(times(&json, 1)[0] > 1_000_000_000, "{zero}");
    }
}
