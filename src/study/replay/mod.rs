//! Measured cases: the requests that a real server got are run again, and the prediction is held against what it did.
//!
//! The comparison is request by request, on the same arrivals and demands: with other random numbers the same process
//! gives means that differ by a fifth. The server is compared with itself too: how far its repeats are apart is as near
//! as any prediction can come.

mod case_file;
mod observed;

use serde::Serialize;

use crate::engine::{Departure, Observer, Outcome};
use crate::model::{SimDuration, SimTime};
use crate::scenario::Scenario;
use crate::stats::{MUCH_UNANSWERED, Sample};

use super::capacity::capacity;
use super::simulation::{Replication, simulation};

pub use self::case_file::CaseFile;
pub use self::observed::Observed;

/// A prediction may be so far off, as a share of what was observed; further where the server's own repeats are.
pub const ALLOWED: f64 = 0.1;

/// Above this share of what a policy can sustain, the smallest difference decides what happens.
pub const MOST_LOAD: f64 = 0.95;

/// A case as it was predicted and as it was.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ReplayedCase {
    /// The name of its folder.
    pub case: String,
    /// The policy that predicted it.
    pub policy: String,
    /// How many requests were sent.
    pub requests: usize,
    /// How often.
    pub repeats: usize,
    /// What was compared.
    pub figures: Vec<Figure>,
    /// The mean distance of a request's predicted time from the observed one, as a share of the mean time.
    pub request_error: f64,
    /// The same between the server's first repeat and the others.
    pub request_spread: Option<f64>,
    /// The rate of the requests as a share of what the policy can sustain.
    pub load: Option<f64>,
    /// The share of the requests that got no answer, where any did in the prediction or in a repeat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_answer: Option<WithoutAnswer>,
    /// What is to be made of it.
    pub verdict: Verdict,
    /// Why nothing can be predicted, where that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_prediction: Option<String>,
    /// Percentiles of the prediction and of the observations, for a picture.
    pub percentiles: Vec<PercentilePair>,
}

/// The share of the requests that got no answer: the figures are of the others.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct WithoutAnswer {
    /// Ours.
    pub predicted: f64,
    /// The server's, the mean over its repeats.
    pub observed: f64,
}

/// A number as it was predicted and as it was.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// Which: `mean`, `p50`, `p95`, `p99`.
    pub name: &'static str,
    /// Ours.
    pub predicted_ms: f64,
    /// The server's, the mean over its repeats.
    pub observed_ms: f64,
    /// Ours / the server's − 1.
    pub error: f64,
    /// How far its repeats are apart, as a share of their mean; `None` with one repeat.
    pub spread: Option<f64>,
    /// Whether the error is within what is allowed.
    pub is_within: bool,
}

/// A percentile of the prediction and of the observations.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct PercentilePair {
    /// Which, in percent.
    pub percent: u64,
    /// Ours.
    pub predicted_ms: f64,
    /// The server's, the mean over its repeats.
    pub observed_ms: f64,
}

/// What is to be made of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every figure is within what is allowed.
    Within,
    /// One is not.
    Off,
    /// Its requests bring no work: overheads were taken from such cases, which says nothing of predictions.
    Calibration,
    /// Nothing can be predicted there.
    NoPrediction,
}

/// All cases together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Replayed {
    /// Each of them.
    pub cases: Vec<ReplayedCase>,
    /// Of the cases that are judged: the median and the largest distance of each figure from what was observed.
    pub summary: Vec<FigureSummary>,
}

/// A figure over all cases that are judged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FigureSummary {
    /// Which.
    pub name: &'static str,
    /// The median of the absolute errors.
    pub median: f64,
    /// The largest.
    pub largest: f64,
}

impl Replayed {
    /// Cases, and what they come to.
    pub fn new(cases: Vec<ReplayedCase>) -> Self {
        let summary = FIGURES.iter().enumerate().filter_map(|(place, (name, _))| {
            let mut errors: Vec<f64> =
                cases.iter().filter(|case| case.is_judged()).map(|case| case.figures[place].error.abs()).collect();
            errors.sort_by(f64::total_cmp);
            let largest = *errors.last()?;
            Some(FigureSummary { name, median: median(&errors), largest })
        });
        Self { summary: summary.collect(), cases }
    }

    /// How many cases are judged, and how many of them are off.
    pub fn judged(&self) -> (usize, usize) {
        let judged = self.cases.iter().filter(|case| case.is_judged());
        (judged.clone().count(), judged.filter(|case| case.verdict == Verdict::Off).count())
    }
}

impl ReplayedCase {
    /// Whether its figures say how good predictions are.
    pub fn is_judged(&self) -> bool {
        matches!(self.verdict, Verdict::Within | Verdict::Off)
    }
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) { (sorted[middle - 1] + sorted[middle]) / 2.0 } else { sorted[middle] }
}

/// Runs the first policy of a case's scenario on its requests, and compares.
///
/// # Errors
/// Why the two cannot be compared.
pub fn replay(case: &str, scenario: &Scenario, observed: &Observed) -> Result<ReplayedCase, String> {
    let policy = &scenario.policies[0];
    let predictions = Predictions { response_times: vec![None; observed.requests()], ..Predictions::default() };
    let mut simulation = simulation(scenario, policy, &Replication::default(), predictions);
    while simulation.advance(u64::MAX) {}
    let (_, predictions) = simulation.finish();
    let requests = predictions.arrived as usize;
    if requests != observed.requests() {
        return Err(format!("{requests} requests are sent, and {} were observed", observed.requests()));
    }
    let predicted = predictions.response_times;
    if predicted.iter().flatten().next().is_none() {
        return Err("no request is answered".to_owned());
    }
    if observed.repeats.iter().any(|repeat| repeat.iter().flatten().next().is_none()) {
        return Err("no request was answered in one of the repeats".to_owned());
    }
    let load = load(scenario, predictions.last_arrival, requests);
    let figures = figures(&predicted, observed);
    let no_prediction = no_prediction(predictions.rejected, load);
    let without_answer = without_answer(&predicted, observed);
    let answers_alike = without_answer.is_none_or(|share| (share.predicted - share.observed).abs() <= MUCH_UNANSWERED);
    let verdict = match &no_prediction {
        Some(_) => Verdict::NoPrediction,
        None if predictions.demand == SimDuration::ZERO => Verdict::Calibration,
        None if answers_alike && figures.iter().all(|figure| figure.is_within) => Verdict::Within,
        None => Verdict::Off,
    };
    let observed_means: Vec<Option<f64>> = (0..requests).map(|request| observed.of_request(request)).collect();
    let others = observed.repeats.get(1..).filter(|others| !others.is_empty());
    Ok(ReplayedCase {
        case: case.to_owned(),
        policy: policy.name().to_owned(),
        requests,
        repeats: observed.repeats.len(),
        request_error: request_error(&predicted, &observed_means),
        request_spread: others.map(|others| {
            let errors = others.iter().map(|other| request_error(other, &observed.repeats[0]));
            errors.sum::<f64>() / others.len() as f64
        }),
        figures,
        load,
        without_answer,
        verdict,
        no_prediction,
        percentiles: percentiles(&predicted, observed),
    })
}

/// How many requests got no answer, if any did.
fn without_answer(predicted: &[Option<f64>], observed: &Observed) -> Option<WithoutAnswer> {
    let share = |times: &[Option<f64>]| times.iter().filter(|time| time.is_none()).count() as f64 / times.len() as f64;
    let sum: f64 = observed.repeats.iter().map(|repeat| share(repeat)).sum();
    let shares = WithoutAnswer { predicted: share(predicted), observed: sum / observed.repeats.len() as f64 };
    (shares.predicted + shares.observed > 0.0).then_some(shares)
}

/// Why a real server may do anything there, if that is so.
pub fn no_prediction(rejected: u64, load: Option<f64>) -> Option<String> {
    if rejected > 0 {
        let requests =
            if rejected == 1 { "a request overflows".to_owned() } else { format!("{rejected} requests overflow") };
        return Some(format!(
            "{requests} the listen queue: the kernel drops connections and clients try again after 1, 2, 3, 4, 5, 7 and \
             11 s, so that the same requests sent twice gave means of 11.7 s and 6.5 s"
        ));
    }
    let load = load.filter(|load| *load > MOST_LOAD)?;
    Some(format!(
        "the requests are {:.0} % of what the application can sustain: above {:.0} % the response times hang on the last \
         percent of the overhead, which changes from run to run",
        load * 100.0,
        MOST_LOAD * 100.0
    ))
}

/// The rate of the requests as a share of what the policy can sustain.
fn load(scenario: &Scenario, last_arrival: SimTime, requests: usize) -> Option<f64> {
    let seconds = last_arrival.since_start().as_secs();
    let rate = (seconds > 0.0).then(|| requests as f64 / seconds)?;
    Some(rate / capacity(scenario, &scenario.policies[0]).per_s?)
}

const FIGURES: [(&str, Option<u64>); 4] = [("mean", None), ("p50", Some(500)), ("p95", Some(950)), ("p99", Some(990))];

fn figures(predicted: &[Option<f64>], observed: &Observed) -> Vec<Figure> {
    let figure = |(name, per_mille)| {
        let of = |times: &[Option<f64>]| number(times, per_mille);
        let repeats: Vec<f64> = observed.repeats.iter().map(|repeat| of(repeat)).collect();
        let observed_ms = repeats.iter().sum::<f64>() / repeats.len() as f64;
        let (least, most) =
            repeats.iter().fold((f64::MAX, f64::MIN), |(least, most), time| (least.min(*time), most.max(*time)));
        let spread = (repeats.len() > 1).then(|| (most - least) / observed_ms);
        let predicted_ms = of(predicted);
        let error = predicted_ms / observed_ms - 1.0;
        let is_within = error.abs() <= ALLOWED.max(spread.unwrap_or(0.0));
        Figure { name, predicted_ms, observed_ms, error, spread, is_within }
    };
    FIGURES.into_iter().map(figure).collect()
}

fn percentiles(predicted: &[Option<f64>], observed: &Observed) -> Vec<PercentilePair> {
    let pair = |percent: u64| {
        let of = |times: &[Option<f64>]| number(times, Some(10 * percent));
        let sum: f64 = observed.repeats.iter().map(|repeat| of(repeat)).sum();
        PercentilePair { percent, predicted_ms: of(predicted), observed_ms: sum / observed.repeats.len() as f64 }
    };
    (1..20).map(|step| 5 * step).chain([96, 97, 98, 99]).map(pair).collect()
}

/// The mean, or a percentile, of the requests that were answered.
fn number(times_ms: &[Option<f64>], per_mille: Option<u64>) -> f64 {
    let mut sample = Sample::default();
    sample.record(times_ms.iter().flatten().map(|ms| (ms * 1e6).round() as u64));
    let nanos = match per_mille {
        None => sample.mean(),
        Some(per_mille) => sample.percentiles([per_mille])[0].map(|nanos| nanos as f64),
    };
    nanos.unwrap_or(f64::NAN) / 1e6
}

/// The mean distance between the times of the same requests, as a share of their mean.
fn request_error(times: &[Option<f64>], observed: &[Option<f64>]) -> f64 {
    let pairs = times.iter().zip(observed).filter_map(|(time, observed)| Some(((*time)?, (*observed)?)));
    let (distance, sum) = pairs
        .fold((0.0, 0.0), |(distance, sum), (time, observed)| (distance + (time - observed).abs(), sum + observed));
    distance / sum
}

/// The response time of each request, in the order of arrival.
#[derive(Debug, Default)]
struct Predictions {
    response_times: Vec<Option<f64>>,
    arrived: u64,
    last_arrival: SimTime,
    rejected: u64,
    demand: SimDuration,
}

impl Observer for Predictions {
    fn on_departures(&mut self, departures: &[Departure]) {
        for departure in departures {
            let entrance = &departure.entrance;
            self.arrived += 1;
            self.last_arrival = self.last_arrival.max(entrance.arrival);
            self.demand += entrance.demand;
            if departure.outcome == Outcome::Rejected {
                self.rejected += 1;
            }
            if departure.outcome == Outcome::Completed
                && let Some(time) = self.response_times.get_mut(entrance.request as usize)
            {
                *time = Some((departure.departure - entrance.arrival).as_millis());
            }
        }
    }
}
