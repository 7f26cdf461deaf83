//! Every policy of a scenario on the same requests.

use std::ops::ControlFlow;

use crate::scenario::Scenario;
use crate::stats::ScenarioResults;

/// What a run is asked for beyond its scenario.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Run only the policies of these names; all when empty. Names are checked by the caller.
    pub policies: Vec<String>,
    /// Keep the timeline of the first so many requests; `None`: of all when there are at most 100.
    pub timeline: Option<usize>,
}

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress<'a> {
    /// The policy that is running.
    pub policy: &'a str,
    /// Its place among the policies that run, from 0.
    pub index: usize,
    /// How many policies run.
    pub policies: usize,
    /// How much of this policy's run is done, 0 to 1.
    pub done: f64,
}

/// One request that departed, as `--csv` writes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RequestRow<'a> {
    /// The policy's name.
    pub policy: &'a str,
    /// The request's number, counted from 1 in the order of arrival.
    pub request: u64,
    /// The class's name.
    pub class: &'a str,
    /// When it arrived, in ms.
    pub arrival_ms: f64,
    /// When it departed, in ms.
    pub departure_ms: f64,
    /// Its demand, in ms.
    pub demand_ms: f64,
    /// Time spent in each activity, in ms, in the order of [`crate::model::Activity::ALL`].
    pub breakdown_ms: [f64; 8],
}

/// What is called while a run goes on.
pub struct Watch<'a> {
    /// Called many times a second; breaking ends the run without results.
    pub progress: &'a mut dyn FnMut(Progress<'_>) -> ControlFlow<()>,
    /// Called once for each request that departs, in order of departure.
    pub rows: Option<&'a mut dyn FnMut(RequestRow<'_>)>,
}

/// The run was ended by its watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halted;

/// Runs the policies of a scenario one after another, on the same requests.
///
/// # Errors
/// [`Halted`] when the watch broke off.
pub fn run(scenario: &Scenario, options: &Options, watch: &mut Watch<'_>) -> Result<ScenarioResults, Halted> {
    let _ = (scenario, options, &mut *watch);
    unimplemented!()
}
