//! Arrivals scaled by a factor.

use waitline::model::SimDuration;
use waitline::random::{Arrivals, Distribution};

use super::{arrivals, open};

/// One of each kind of arrivals that never ends and has a rate.
const LASTING: [&str; 10] = [
    r#"{"constant":"80/s"}"#,
    r#"{"poisson":"80/s"}"#,
    r#"{"renewal":{"gamma":{"mean":"20ms","cv":2}}}"#,
    r#"{"piecewise":{"rates":[{"for":"1s","rate":"0/s"},{"for":"3s","rate":"80/s"}],"repeat":true}}"#,
    r#"{"ramp":{"from":"0/s","to":"80/s","over":"100s"}}"#,
    r#"{"sine":{"mean":"80/s","amplitude":0.5,"period":"10s"}}"#,
    r#"{"mmpp":{"states":[{"rate":"10/s","mean":"1s"},{"rate":"90/s","mean":"1s"}]}}"#,
    r#"{"on_off":{"rate":"90/s","on":{"exponential":"1s"},"off":"2s"}}"#,
    r#"{"batches":{"rate":"8/s","size":{"geometric":{"mean":10}}}}"#,
    r#"{"bursts":{"every":"1s","size":50,"spread":"1s"}}"#,
];

/// The number of arrivals in the first seconds.
fn arrivals_within(arrivals: &Arrivals, seconds: f64) -> f64 {
    let mut source = open(arrivals, 7);
    let times = std::iter::from_fn(|| source.next_arrival()).map(|arrival| arrival.time.since_start().as_secs());
    times.take_while(|time| *time <= seconds).count() as f64
}

#[test]
fn scaling_multiplies_the_rate() {
    for json in LASTING {
        for factor in [0.9, 1.1, 3.0] {
            let (arrivals, scaled) = (arrivals(json), arrivals(json).scaled(factor));
            let ratio = scaled.mean_rate_per_s().unwrap() / arrivals.mean_rate_per_s().unwrap();
            assert!((ratio - factor).abs() < 1e-6, "{json} × {factor}: {ratio}");
            let highest = scaled.highest_rate_per_s().unwrap() / arrivals.highest_rate_per_s().unwrap();
            assert!((highest - factor).abs() < 1e-6, "{json} × {factor}: {highest}");
        }
    }
}

#[test]
fn scaling_multiplies_the_number_of_arrivals() {
    for json in LASTING {
        let arrivals = arrivals(json);
        let ratio = arrivals_within(&arrivals.scaled(1.1), 2000.0) / arrivals_within(&arrivals, 2000.0);
        assert!((ratio - 1.1).abs() < 0.01, "{json}: {ratio}");
    }
}

#[test]
fn scaling_by_one_changes_nothing() {
    for json in LASTING {
        assert_eq!(arrivals(json).scaled(1.0), arrivals(json), "{json}");
    }
}

#[test]
fn a_scaled_list_is_faster() {
    let list = arrivals(r#"{"at":[{"time":"0ms"},{"time":"30ms","class":"page"}]}"#).scaled(1.5);
    assert_eq!(list, arrivals(r#"{"at":[{"time":"0ms"},{"time":"20ms","class":"page"}]}"#));
}

#[test]
fn rates_that_end_have_more_arrivals_in_the_same_time() {
    for json in [r#"[{"for":"10s","rate":"80/s"}]"#, r#"{"ramp":{"from":"160/s","to":"0/s","over":"10s"}}"#] {
        assert_eq!((arrivals(json).count(), arrivals(json).scaled(1.5).count()), (Some(800), Some(1200)), "{json}");
    }
}

#[test]
fn scaling_adds_users() {
    let users = |json| match arrivals(json).scaled(1.5) {
        Arrivals::Users(users) => users,
        other => panic!("{other:?} are not users"),
    };
    assert_eq!(users(r#"{"users":{"count":20,"think":"1s"}}"#).count, 30);
    assert_eq!(users(r#"{"users":{"count":1000000,"think":"1s"}}"#).count, 1_000_000);
}

#[test]
fn a_scaled_trace_is_faster_with_the_same_demands() {
    let text = "{\"time_ms\":0,\"class\":\"empty\"}\n{\"time_ms\":33,\"class\":\"page\",\"demands_ms\":[1,2,3]}";
    let trace = super::trace::check(text).unwrap();
    let scaled = trace.scaled(1.1);
    assert!(scaled != trace && scaled.count() == Some(2));
    let requests = super::trace::requests(open(&scaled, 1));
    assert_eq!(requests[1].0.time.since_start(), SimDuration::from_millis(30));
    assert_eq!(requests[1].1.as_deref(), Some(&[1, 2, 3].map(|millis| Some(SimDuration::from_millis(millis)))[..]));
}

#[test]
fn every_distribution_can_be_scaled() {
    let distributions = [
        r#""20ms""#,
        r#"{"exponential":"20ms"}"#,
        r#"{"uniform":["10ms","30ms"]}"#,
        r#"{"normal":{"mean":"20ms","cv":0.8}}"#,
        r#"{"lognormal":{"mean":"20ms","cv":2}}"#,
        r#"{"lognormal":{"median":"20ms","p99":"1s"}}"#,
        r#"{"gamma":{"mean":"20ms","cv":2}}"#,
        r#"{"erlang":{"stages":4,"mean":"20ms"}}"#,
        r#"{"weibull":{"mean":"20ms","cv":2}}"#,
        r#"{"pareto":{"mean":"20ms","cv":2}}"#,
        r#"{"pareto":{"median":"20ms","p99":"100ms"}}"#,
        r#"{"hyperexponential":[{"weight":1,"mean":"10ms"},{"weight":2,"mean":"40ms"}]}"#,
        r#"{"mixture":[{"weight":1,"of":"10ms"},{"weight":2,"of":{"exponential":"40ms"}}]}"#,
        r#"{"empirical":["10ms","50ms"]}"#,
    ];
    for json in distributions {
        let distribution: Distribution = serde_json::from_str(json).unwrap();
        for factor in [0.5, 1.25] {
            let ratio = distribution.scaled(factor).mean_nanos() / distribution.mean_nanos();
            assert!((ratio - factor).abs() < 1e-6, "{json} × {factor}: {ratio}");
        }
        assert_eq!(distribution.scaled(1.0), distribution, "{json}");
    }
}

#[test]
fn scaled_arrivals_keep_their_draws() {
    // The k-th arrival of a Poisson process uses the same draw: twice the rate, half the time.
    let arrivals = arrivals(r#"{"poisson":"80/s"}"#);
    let first = |arrivals: &Arrivals| match open(arrivals, 3).next_arrival() {
        Some(arrival) => arrival.time.as_nanos(),
        None => panic!("arrivals do not end"),
    };
    assert!(first(&arrivals).abs_diff(2 * first(&arrivals.scaled(2.0))) <= 1);
}
