//! The forms in files: which are read, which are rejected and with which message, and that the JSON Schema agrees.

use schemars::{JsonSchema, schema_for};
use serde::de::DeserializeOwned;
use serde_json::Value;
use waitline::random::{Arrivals, Distribution};

const DISTRIBUTIONS: [&str; 29] = [
    r#""20ms""#,
    r#""0ms""#,
    r#"{"exponential":"6ms"}"#,
    r#"{"uniform":["10ms","20ms"]}"#,
    r#"{"uniform":["10ms","10ms"]}"#,
    r#"{"normal":{"mean":"40ms","cv":0.2}}"#,
    r#"{"normal":{"mean":"40ms","cv":1}}"#,
    r#"{"lognormal":{"mean":"40ms","cv":0.8}}"#,
    r#"{"lognormal":{"p99":"200ms","median":"30ms"}}"#,
    r#"{"gamma":{"mean":"40ms","cv":100}}"#,
    r#"{"gamma":{"mean":"40ms","cv":0}}"#,
    r#"{"lognormal":{"mean":"40ms","p99":"200ms"}}"#,
    r#"{"lognormal":{"mean":"40ms","median":"30ms"}}"#,
    r#"{"gamma":{"p95":"40ms","cv":"80%"}}"#,
    r#"{"gamma":{"p90":"40ms","p99":"70ms"}}"#,
    r#"{"weibull":{"mean":"40ms","p95":"100ms"}}"#,
    r#"{"pareto":{"mean":"40ms","p90":"60ms"}}"#,
    r#"{"normal":{"median":"40ms","p99":"60ms"}}"#,
    r#"{"erlang":{"stages":4,"mean":"1s"}}"#,
    r#"{"weibull":{"mean":"40ms","cv":1.5}}"#,
    r#"{"pareto":{"mean":"40ms","cv":1.5}}"#,
    r#"{"pareto":{"median":"40ms","p99":"10s"}}"#,
    r#"{"hyperexponential":[{"weight":0.3,"mean":"5ms"},{"weight":0.7,"mean":"50ms"}]}"#,
    r#"{"mixture":[{"weight":9,"of":"5ms"},{"weight":1,"of":{"exponential":"50ms"}}]}"#,
    r#"{"mixture":[{"weight":9,"of":{"mixture":[{"weight":1,"of":"2s"}]}}]}"#,
    r#"{"mixture":[{"weight":1,"of":{"empirical":{"file":"a.txt"}}},{"weight":0,"of":"1ms"}]}"#,
    r#"{"empirical":["1ms"]}"#,
    r#"{"empirical":["1ms","2ms","2ms"]}"#,
    r#"{"empirical":{"file":"latencies.txt"}}"#,
];

/// An invalid distribution, the place of the error, and its message; the second line is the help.
const NOT_DISTRIBUTIONS: [(&str, &str, &str); 46] = [
    // Errors that the schema finds too.
    (
        "20",
        ".",
        "invalid type: integer `20`, expected a duration such as \"20ms\", or a distribution such as {\"exponential\"",
    ),
    ("null", ".", "invalid type: null, expected a duration such as \"20ms\", or a distribution"),
    (r#"["20ms"]"#, ".", "invalid type: sequence, expected a duration such as \"20ms\", or a distribution"),
    (r#""20""#, ".", "`20` has no unit\nwrite a number and a unit"),
    (r#""-20ms""#, ".", "`-20ms` is negative\na duration is 0 or more"),
    ("{}", ".", "this object names no distribution\nwrite a duration such as \"20ms\", or a distribution"),
    (r#"{"exponential":"1ms","uniform":["1ms","2ms"]}"#, ".", "this object has more than one key\nwrite a duration"),
    (r#"{"exponentail":"1ms"}"#, "exponentail", "unknown variant `exponentail`, expected one of `exponential`, "),
    (r#"{"constant":"1ms"}"#, "constant", "unknown variant `constant`, expected one of "),
    (r#"{"exponential":6}"#, "exponential", "invalid type: integer `6`, expected a duration such as \"20ms\""),
    (r#"{"exponential":"6"}"#, "exponential", "`6` has no unit\n"),
    (r#"{"uniform":["1ms"]}"#, "uniform", "invalid length 1, expected a tuple of size 2"),
    (
        r#"{"normal":{"mean":"1ms","cv":1.5}}"#,
        "normal.cv",
        "a cv of 1.5 is too large for `normal`, which is never below 0\nwrite a cv from 0 to 1, or use `lognormal` or ",
    ),
    (r#"{"normal":{"mean":"1ms"}}"#, "normal", "`mean` alone does not determine the distribution\nwrite two of"),
    (
        r#"{"gamma":{"mean":"1ms","cv":-0.2}}"#,
        "gamma.cv",
        "a cv of -0.2 is negative\na cv (standard deviation / mean) is a number from 0 to 100",
    ),
    (
        r#"{"gamma":{"mean":"1ms","cv":101}}"#,
        "gamma.cv",
        "a cv of 101 is too large\na cv (standard deviation / mean) is",
    ),
    (r#"{"gamma":{"mean":"1ms","cv":"0.2"}}"#, "gamma.cv", "invalid type: string \"0.2\", expected f64"),
    (
        r#"{"gamma":{"mean":"1ms","cv":1,"shape":2}}"#,
        "gamma.shape",
        "unknown field `shape`, expected one of `mean`, `cv`, `median`, `p90`, `p95`, `p99`",
    ),
    (r#"{"lognormal":{"mean":"1ms","cv":null}}"#, "lognormal.cv", "invalid type: null, expected f64"),
    (
        r#"{"lognormal":{}}"#,
        "lognormal",
        "the distribution has no parameters\nwrite two of `mean`, `cv`, `median`, `p90`, `p95`, `p99`",
    ),
    (r#"{"lognormal":{"cv":1}}"#, "lognormal", "`cv` alone does not determine the distribution\nwrite two of"),
    (r#"{"pareto":{"p90":"1ms"}}"#, "pareto", "`p90` alone does not determine the distribution\nwrite two of"),
    (
        r#"{"pareto":{"mean":"1ms","cv":2,"p99":"9ms"}}"#,
        "pareto",
        "3 numbers are given, and two determine the distribution\nwrite two of",
    ),
    (
        r#"{"erlang":{"stages":0,"mean":"1s"}}"#,
        "erlang.stages",
        "`stages` must be at least 1\nwrite a whole number above 0",
    ),
    (r#"{"erlang":{"stages":1.5,"mean":"1s"}}"#, "erlang.stages", "invalid type: floating point `1.5`, expected u32"),
    (r#"{"hyperexponential":[]}"#, "hyperexponential", "the list is empty\nwrite at least one branch"),
    (
        r#"{"hyperexponential":[{"weight":-1,"mean":"1ms"}]}"#,
        "hyperexponential[0].weight",
        "a weight of -1 is negative\na weight is a number from 0 to a billion",
    ),
    (
        r#"{"mixture":[{"weight":1e10,"of":"1ms"}]}"#,
        "mixture[0].weight",
        "a weight of 10000000000 is too large\na weight is",
    ),
    (
        r#"{"mixture":[{"weight":1,"of":{"gamma":{"mean":"x","cv":1}}}]}"#,
        "mixture[0].of.gamma.mean",
        "`x` is not a duration\n",
    ),
    (r#"{"empirical":[]}"#, "empirical", "the list is empty\nwrite at least one duration"),
    (r#"{"empirical":["1ms","2"]}"#, "empirical[1]", "`2` has no unit\n"),
    // Errors that only reading finds.
    (r#"{"uniform":["2ms","1ms"]}"#, "uniform", "the lowest, 2ms, is above the highest, 1ms\nwrite [lowest, highest]"),
    (
        r#"{"lognormal":{"median":"3ms","p99":"3ms"}}"#,
        "lognormal",
        "the p99, 3ms, is not above the median, 3ms\nwrite a p99 above the median",
    ),
    (r#"{"pareto":{"median":"0ms","p99":"3ms"}}"#, "pareto", "the median must be above 0\nwrite a duration"),
    (
        r#"{"gamma":{"mean":"3ms","median":"3ms"}}"#,
        "gamma",
        "the mean, 3ms, is not above the median, 3ms\nwrite a mean above the median",
    ),
    (
        r#"{"lognormal":{"mean":"40ms","p90":"39ms"}}"#,
        "lognormal",
        "the p90, 39ms, is not above the mean, 40ms\nwrite a p90 above the mean",
    ),
    (
        r#"{"lognormal":{"mean":"40ms","p99":"600ms"}}"#,
        "lognormal",
        "a p99 of 15 times the mean is too large for `lognormal`\nwrite at most 14.9685 times the mean, or give two",
    ),
    (
        r#"{"gamma":{"mean":"1ms","p99":"30ms"}}"#,
        "gamma",
        "a p99 of 30 times the mean is too large for `gamma`\nwrite at most ",
    ),
    (
        r#"{"weibull":{"mean":"1ms","p90":"4ms"}}"#,
        "weibull",
        "a p90 of 4 times the mean is too large for `weibull`\nwrite at most ",
    ),
    (
        r#"{"pareto":{"mean":"1ms","p95":"9ms"}}"#,
        "pareto",
        "a p95 of 9 times the mean is too large for `pareto`\nwrite at most ",
    ),
    (r#"{"gamma":{"mean":"1s","p99":"1000000001ns"}}"#, "gamma", "the p99 and the mean are too close to each other"),
    (r#"{"gamma":{"median":"1s","cv":40}}"#, "gamma", "with a cv of 40, hardly any median of `gamma` is above 0\n"),
    (
        r#"{"normal":{"mean":"3ms","median":"3ms"}}"#,
        "normal",
        "the mean and the median of a normal distribution are the same number\nwrite one of them",
    ),
    (
        r#"{"normal":{"mean":"3ms","p90":"9ms"}}"#,
        "normal",
        "these numbers are too far apart for `normal`, which is never",
    ),
    (
        r#"{"hyperexponential":[{"weight":0,"mean":"1ms"}]}"#,
        "hyperexponential",
        "the weights sum to 0\ngive at least one branch a weight above 0",
    ),
    (
        r#"{"mixture":[{"weight":0,"of":"1ms"}]}"#,
        "mixture",
        "the weights sum to 0\ngive at least one branch a weight above 0",
    ),
];

/// Number of errors at the end of the list above that the schema does not find.
const BEYOND_SCHEMA: usize = 15;

/// The same for the list of arrivals below.
const ARRIVALS_BEYOND_SCHEMA: usize = 5;

const ARRIVALS: [&str; 9] = [
    r#"{"at":[{"time":"0ms","class":"page"},{"time":"5ms"},{"time":"5ms","class":"page"}]}"#,
    r#"{"constant":"10/s"}"#,
    r#"{"poisson":"600/min"}"#,
    r#"{"renewal":"10ms"}"#,
    r#"{"renewal":{"gamma":{"mean":"10ms","cv":2}}}"#,
    r#"{"renewal":{"uniform":["0ms","1ns"]}}"#,
    r#"{"renewal":{"mixture":[{"weight":1,"of":"0ms"},{"weight":1,"of":"1ms"}]}}"#,
    r#"{"renewal":{"empirical":["0ms","1ms"]}}"#,
    r#"{"renewal":{"empirical":{"file":"between.txt"}}}"#,
];

const NO_ARRIVALS: [(&str, &str, &str); 12] = [
    (r#"{"at":[]}"#, "at", "the list is empty\nwrite at least one arrival"),
    (r#"{"at":[{"class":"page"}]}"#, "at[0]", "missing field `time`"),
    (r#"{"at":[{"time":"1ms","klass":"page"}]}"#, "at[0].klass", "unknown field `klass`, expected `time` or `class`"),
    (r#"{"at":[{"time":"-1ms"}]}"#, "at[0].time", "`-1ms` is negative\na duration is 0 or more"),
    (r#"{"constant":"10"}"#, "constant", "`10` has no unit\nwrite a number above 0 and a unit"),
    (
        r#"{"poissson":"10/s"}"#,
        "poissson",
        "unknown variant `poissson`, expected one of `at`, `constant`, `poisson`, `renewal`",
    ),
    (r#"{"renewal":{"exponential":6}}"#, "renewal.exponential", "invalid type: integer `6`, expected a duration"),
    (
        r#"{"at":[{"time":"5ms"},{"time":"6ms"},{"time":"4ms"}]}"#,
        "at[2]",
        "an arrival at 4ms follows one at 6ms\nwrite the arrivals in order of time",
    ),
    (r#"{"poisson":"0/s"}"#, "poisson", "`0/s` is not above 0 and finite\n"),
    (
        r#"{"renewal":"0ms"}"#,
        "renewal",
        "the interarrival time is always 0\nwrite a distribution whose mean is above 0",
    ),
    (r#"{"renewal":{"empirical":["0ms","0ms"]}}"#, "renewal", "the interarrival time is always 0\n"),
    (
        r#"{"renewal":{"mixture":[{"weight":1,"of":"0ms"},{"weight":0,"of":"1ms"}]}}"#,
        "renewal",
        "the interarrival time is always 0\n",
    ),
];

fn parse(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|reason| panic!("{json}: {reason}"))
}

fn validator<T: JsonSchema>() -> jsonschema::Validator {
    jsonschema::validator_for(schema_for!(T).as_value()).expect("the schema is valid")
}

fn check_valid<T: DeserializeOwned + JsonSchema>(forms: &[&str]) {
    let schema = validator::<T>();
    for json in forms {
        assert!(serde_json::from_str::<T>(json).is_ok(), "{json} is not read");
        assert!(schema.is_valid(&parse(json)), "{json} does not fit the schema");
    }
}

fn check_invalid<T: DeserializeOwned + JsonSchema + std::fmt::Debug>(
    forms: &[(&str, &str, &str)],
    beyond_schema: usize,
) {
    let schema = validator::<T>();
    for (number, (json, path, text)) in forms.iter().enumerate() {
        let found = serde_path_to_error::deserialize::<_, T>(parse(json)).expect_err(json);
        assert_eq!(found.path().to_string(), *path, "{json}: {found}");
        let message = found.inner().to_string();
        assert!(message.starts_with(text), "{json}\n{message}\n{text}");
        let in_schema = number < forms.len() - beyond_schema;
        assert_eq!(schema.is_valid(&parse(json)), !in_schema, "the schema about {json}");
    }
}

#[test]
fn every_distribution_is_read_and_fits_the_schema() {
    check_valid::<Distribution>(&DISTRIBUTIONS);
}

#[test]
fn every_arrival_process_is_read_and_fits_the_schema() {
    check_valid::<Arrivals>(&ARRIVALS);
}

#[test]
fn an_invalid_distribution_is_rejected_with_its_place_and_reason() {
    check_invalid::<Distribution>(&NOT_DISTRIBUTIONS, BEYOND_SCHEMA);
}

#[test]
fn an_invalid_arrival_process_is_rejected_with_its_place_and_reason() {
    check_invalid::<Arrivals>(&NO_ARRIVALS, ARRIVALS_BEYOND_SCHEMA);
}

#[test]
fn every_distribution_has_help_for_editors() {
    let schema = schema_for!(Distribution);
    let distributions = schema.get("anyOf").and_then(Value::as_array).expect("a choice of distributions");
    assert_eq!(distributions.len(), 12);
    assert!(
        distributions
            .iter()
            .all(|distribution| distribution["description"].as_str().is_some_and(|help| help.len() > 20))
    );
}

fn load_into(json: &str, text: &str) -> Result<Distribution, String> {
    let mut distribution: Distribution = serde_json::from_str(json).map_err(|reason| reason.to_string())?;
    distribution.load_files(&mut |file| match file {
        "a.txt" => Ok(text.to_owned()),
        _ => Err(format!("cannot read `{file}`\nname a file beside the scenario")),
    })?;
    Ok(distribution)
}

#[test]
fn a_file_becomes_its_values() {
    let values = "# measured on Monday\r\n1ms\r\n\r\n  2.5ms  # slow\n2.5ms";
    let distribution = load_into(r#"{"empirical":{"file":"a.txt"}}"#, values);
    assert_eq!(distribution, load_into(r#"{"empirical":["1ms","2.5ms","2.5ms"]}"#, ""));
    let distribution = load_into(
        r#"{"mixture":[{"weight":1,"of":{"mixture":[{"weight":1,"of":{"empirical":{"file":"a.txt"}}}]}}]}"#,
        values,
    );
    assert!((distribution.expect("all files exist").mean_nanos() - 2e6).abs() < 1e-3);
}

#[test]
fn an_invalid_file_is_rejected_with_its_line() {
    let distribution = r#"{"empirical":{"file":"a.txt"}}"#;
    for (text, reason) in [
        ("1ms\n\n12\n", "`a.txt`, line 3: `12` has no unit\nwrite a number and a unit"),
        ("1ms 2ms\n", "`a.txt`, line 1: `1ms 2ms` is not a duration\n"),
        ("# nothing\n\n", "`a.txt` contains no duration\nwrite one duration per line"),
    ] {
        let found = load_into(distribution, text).expect_err(text);
        assert!(found.starts_with(reason), "{found}");
    }
    let found = load_into(r#"{"empirical":{"file":"b.txt"}}"#, "1ms").expect_err("no such file");
    assert_eq!(found, "cannot read `b.txt`\nname a file beside the scenario");
}

#[test]
fn interarrival_times_of_a_file_must_not_all_be_0() {
    let mut arrivals: Arrivals = serde_json::from_value(parse(ARRIVALS[8])).expect("a file that is not loaded yet");
    let found = arrivals.clone().load_files(&mut |_| Ok("0ms".to_owned())).expect_err("all are 0");
    assert!(found.starts_with("the interarrival time is always 0\n"), "{found}");
    assert_eq!(arrivals.load_files(&mut |_| Ok("0ms\n20ms".to_owned())), Ok(()));
    assert!((arrivals.mean_rate_per_s().expect("it never ends") - 100.0).abs() < 1e-9);
}
