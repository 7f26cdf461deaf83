//! Measured cases: the requests that a real server got are run again, and the prediction is compared with what it did.
//!
//! The comparison is request by request, on the same arrivals and demands: with other random numbers the same process
//! gives means that differ by a fifth. The server is compared with itself too: how far its repeats are apart is as near
//! as any prediction can come.
//!
//! Where workers accept on their own, chance decides which of them gets a request, in the server and here. Such a case is
//! predicted many times, with other winners and nothing else changed, and the range of the predictions is compared with that
//! of the server's repeats.

mod case_file;
mod figures;
mod observed;
mod prediction;

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::Serialize;

use crate::engine::{Dispatch, Rules};
use crate::model::{SimDuration, SimTime};
use crate::scenario::Scenario;
use crate::stats::{MUCH_UNANSWERED, NoPrediction};

use super::capacity::capacity;
use super::pool::JobPool;

use self::figures::{figures, percentiles, request_error};
use self::prediction::{Prediction, predict};

pub use self::case_file::CaseFile;
pub use self::figures::{Figure, PercentilePair, ReplayRange};
pub use self::observed::{BadObservations, Observed};

/// Above this share of what a policy can sustain, the smallest difference decides what happens.
pub const MOST_LOAD: f64 = 0.95;

/// A case as it was predicted and as it was.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ReplayedCase {
    /// The name of its folder.
    pub case: String,
    /// The policy that predicted it.
    pub policy: String,
    /// How many requests were sent.
    pub requests: usize,
    /// How often.
    pub repeats: usize,
    /// How many times it was predicted, with other winners among the workers that accept; 1 where nothing is left to chance.
    pub predictions: u32,
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
    pub verdict: ReplayVerdict,
    /// Why nothing can be predicted, where that is so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub no_prediction: Option<NoPrediction>,
    /// Percentiles of the prediction and of the observations, for a picture.
    pub percentiles: Vec<PercentilePair>,
}

/// Why a case cannot be compared with its observations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotReplayable {
    /// They are not of the same number of requests.
    DifferentRequests {
        /// How many the prediction sends.
        sent: usize,
        /// How many were observed.
        observed: usize,
    },
    /// No request is answered in the prediction.
    NoAnswerPredicted,
    /// No request was answered in one of the repeats.
    NoAnswerObserved,
}

/// The share of the requests that got no answer: the figures are of the others.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
pub struct WithoutAnswer {
    /// Predicted: the mean over the predictions.
    pub predicted: f64,
    /// Of the server: the mean over its repeats.
    pub observed: f64,
}

/// What is to be made of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplayVerdict {
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
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Replayed {
    /// Each of them.
    pub cases: Vec<ReplayedCase>,
    /// Of the cases that are judged: the median and the largest distance of each figure from what was observed.
    pub summary: Vec<FigureSummary>,
}

/// A figure over all cases that are judged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
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
        let summary = figures::NAMES.iter().enumerate().filter_map(|(place, (name, _))| {
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
        (judged.clone().count(), judged.filter(|case| case.verdict == ReplayVerdict::Off).count())
    }

    /// In how many of the cases that are judged the error of each figure is at most 10 % or the server's own spread. Those that
    /// chance decides are judged by more than that.
    pub fn near(&self) -> usize {
        self.cases.iter().filter(|case| case.is_judged() && case.figures.iter().all(Figure::is_near)).count()
    }
}

impl ReplayedCase {
    /// Whether its figures say how good predictions are.
    pub fn is_judged(&self) -> bool {
        matches!(self.verdict, ReplayVerdict::Within | ReplayVerdict::Off)
    }
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) { (sorted[middle - 1] + sorted[middle]) / 2.0 } else { sorted[middle] }
}

/// Runs the first policy of a case's scenario on its requests, and compares. Where chance decides who accepts, it runs so
/// many times, with other winners.
///
/// # Errors
/// Why the two cannot be compared.
pub fn replay(
    case: &str,
    scenario: &Scenario,
    observed: &Observed,
    accept_streams: NonZeroU32,
    pool: &JobPool,
) -> Result<ReplayedCase, NotReplayable> {
    let policy = &scenario.policies()[0];
    let predictions = if is_left_to_chance(&policy.rules()) { accept_streams.get() } else { 1 };
    let streams: Vec<u64> = (0..u64::from(predictions)).collect();
    let predicted: Vec<Prediction> = pool.all(&streams, |accept| predict(scenario, *accept, observed.requests()));
    for prediction in &predicted {
        comparable(prediction, observed)?;
    }
    let requests = observed.requests();
    let rejected = predicted.iter().map(|prediction| prediction.rejected).max().unwrap_or(0);
    let load = load(scenario, predicted[0].last_arrival, requests);
    let times: Vec<&[Option<f64>]> = predicted.iter().map(|one| one.response_times.as_slice()).collect();
    let figures = figures(&times, observed);
    let no_prediction = no_prediction(rejected, load);
    let without_answer = without_answer(&times, observed);
    let answers_alike = without_answer.is_none_or(|share| (share.predicted - share.observed).abs() <= MUCH_UNANSWERED);
    let verdict = match &no_prediction {
        Some(_) => ReplayVerdict::NoPrediction,
        None if predicted[0].demand == SimDuration::ZERO => ReplayVerdict::Calibration,
        None if answers_alike && figures.iter().all(|figure| figure.is_within) => ReplayVerdict::Within,
        None => ReplayVerdict::Off,
    };
    let observed_means: Vec<Option<f64>> = (0..requests).map(|request| observed.of_request(request)).collect();
    let others = observed.repeats.get(1..).filter(|others| !others.is_empty());
    Ok(ReplayedCase {
        case: case.to_owned(),
        policy: policy.name().to_owned(),
        requests,
        repeats: observed.repeats.len(),
        predictions,
        request_error: mean(times.iter().map(|times| request_error(times, &observed_means))),
        request_spread: others
            .map(|others| mean(others.iter().map(|other| request_error(other, &observed.repeats[0])))),
        figures,
        load,
        without_answer,
        verdict,
        no_prediction,
        percentiles: percentiles(&times, observed),
    })
}

/// How many requests got no answer, if any did.
fn without_answer(predicted: &[&[Option<f64>]], observed: &Observed) -> Option<WithoutAnswer> {
    let share = |times: &[Option<f64>]| times.iter().filter(|time| time.is_none()).count() as f64 / times.len() as f64;
    let shares = WithoutAnswer {
        predicted: mean(predicted.iter().map(|times| share(times))),
        observed: mean(observed.repeats.iter().map(|repeat| share(repeat))),
    };
    (shares.predicted + shares.observed > 0.0).then_some(shares)
}

/// Whether chance decides which worker a request gets, once arrivals and demands are given.
fn is_left_to_chance(rules: &Rules) -> bool {
    rules.workers > 1 && rules.queueing.dispatch == Dispatch::Accept
}

/// Whether a prediction and the observations are of the same requests, and have answers.
fn comparable(prediction: &Prediction, observed: &Observed) -> Result<(), NotReplayable> {
    let (sent, observed_requests) = (prediction.arrived as usize, observed.requests());
    if sent != observed_requests {
        return Err(NotReplayable::DifferentRequests { sent, observed: observed_requests });
    }
    if prediction.response_times.iter().flatten().next().is_none() {
        return Err(NotReplayable::NoAnswerPredicted);
    }
    if observed.repeats.iter().any(|repeat| repeat.iter().flatten().next().is_none()) {
        return Err(NotReplayable::NoAnswerObserved);
    }
    Ok(())
}

/// The mean of at least one number.
fn mean(numbers: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = numbers.fold((0.0, 0.0), |(sum, count), number| (sum + number, count + 1.0));
    sum / count
}

/// Why the numbers predict nothing about a real server, if they do not.
pub fn no_prediction(rejected: u64, load: Option<f64>) -> Option<NoPrediction> {
    if rejected > 0 {
        return Some(NoPrediction::Overflow { rejected });
    }
    load.filter(|load| *load > MOST_LOAD).map(|load| NoPrediction::NearCapacity { load })
}

/// The rate of the requests as a share of what the policy can sustain.
fn load(scenario: &Scenario, last_arrival: SimTime, requests: usize) -> Option<f64> {
    let seconds = last_arrival.since_start().as_secs();
    let rate = (seconds > 0.0).then(|| requests as f64 / seconds)?;
    Some(rate / capacity(scenario, &scenario.policies()[0]).per_s?)
}
