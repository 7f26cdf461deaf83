//! Laws with so many times as many arrivals.

use waitline::model::SimDuration;
use waitline::random::{Arrivals, Distribution};

use super::{law, open};

/// One of each that go on for ever, and have a rate.
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

/// How many arrive before so many seconds have passed.
fn arrivals_within(law: &Arrivals, seconds: f64) -> f64 {
    let mut source = open(law, 7);
    let times = std::iter::from_fn(|| source.next_arrival()).map(|arrival| arrival.time.since_start().as_secs());
    times.take_while(|time| *time <= seconds).count() as f64
}

#[test]
fn a_scaled_law_has_so_many_times_the_rate() {
    for json in LASTING {
        for factor in [0.9, 1.1, 3.0] {
            let (law, scaled) = (law(json), law(json).scaled(factor));
            let ratio = scaled.mean_rate_per_s().unwrap() / law.mean_rate_per_s().unwrap();
            assert!((ratio - factor).abs() < 1e-6, "{json} × {factor}: {ratio}");
            let highest = scaled.highest_rate_per_s().unwrap() / law.highest_rate_per_s().unwrap();
            assert!((highest - factor).abs() < 1e-6, "{json} × {factor}: {highest}");
        }
    }
}

#[test]
fn a_scaled_law_has_so_many_times_as_many_arrivals() {
    for json in LASTING {
        let law = law(json);
        let ratio = arrivals_within(&law.scaled(1.1), 2000.0) / arrivals_within(&law, 2000.0);
        assert!((ratio - 1.1).abs() < 0.01, "{json}: {ratio}");
    }
}

#[test]
fn scaling_by_one_changes_nothing() {
    for json in LASTING {
        assert_eq!(law(json).scaled(1.0), law(json), "{json}");
    }
}

#[test]
fn a_list_goes_by_faster() {
    let list = law(r#"{"at":[{"time":"0ms"},{"time":"30ms","class":"page"}]}"#).scaled(1.5);
    assert_eq!(list, law(r#"{"at":[{"time":"0ms"},{"time":"20ms","class":"page"}]}"#));
}

#[test]
fn rates_that_end_have_more_arrivals_in_the_same_time() {
    for json in [r#"[{"for":"10s","rate":"80/s"}]"#, r#"{"ramp":{"from":"160/s","to":"0/s","over":"10s"}}"#] {
        assert_eq!((law(json).count(), law(json).scaled(1.5).count()), (Some(800), Some(1200)), "{json}");
    }
}

#[test]
fn users_become_more() {
    let users = |json| match law(json).scaled(1.5) {
        Arrivals::Users(users) => users,
        other => panic!("{other:?} are no users"),
    };
    assert_eq!(users(r#"{"users":{"count":20,"think":"1s"}}"#).count, 30);
    assert_eq!(users(r#"{"users":{"count":1000000,"think":"1s"}}"#).count, 1_000_000);
}

#[test]
fn a_trace_goes_by_faster_with_the_same_demands() {
    let text = "{\"time_ms\":0,\"class\":\"empty\"}\n{\"time_ms\":33,\"class\":\"page\",\"demands_ms\":[1,2,3]}";
    let trace = super::trace::check(text).unwrap();
    let scaled = trace.scaled(1.1);
    assert!(scaled != trace && scaled.count() == Some(2));
    let requests = super::trace::requests(open(&scaled, 1));
    assert_eq!(requests[1].0.time.since_start(), SimDuration::from_millis(30));
    assert_eq!(requests[1].1.as_deref(), Some(&[1, 2, 3].map(SimDuration::from_millis)[..]));
}

#[test]
fn every_law_of_durations_can_be_scaled() {
    let laws = [
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
    for json in laws {
        let law: Distribution = serde_json::from_str(json).unwrap();
        for factor in [0.5, 1.25] {
            let ratio = law.scaled(factor).mean_nanos() / law.mean_nanos();
            assert!((ratio - factor).abs() < 1e-6, "{json} × {factor}: {ratio}");
        }
        assert_eq!(law.scaled(1.0), law, "{json}");
    }
}

#[test]
fn a_scaled_law_keeps_its_draws() {
    // The k-th arrival of a Poisson process comes at the same draw: twice the rate, half the time.
    let law = law(r#"{"poisson":"80/s"}"#);
    let first = |law: &Arrivals| match open(law, 3).next_arrival() {
        Some(arrival) => arrival.time.as_nanos(),
        None => panic!("arrivals go on"),
    };
    assert!(first(&law).abs_diff(2 * first(&law.scaled(2.0))) <= 1);
}
