//! Whose fault each wait is, over random scenarios with every feature: both partitions add up to the wait to the nanosecond,
//! and agree with a slow reference that looks at each instant.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::AssertUnwindSafe;

use crate::blame_reference::{Reference, of_requests};
use crate::common::generator;
use waitline::engine::{Departure, Observer, Outcome};
use waitline::model::{Activity, ActivityGroup, SimDuration};
use waitline::policy::PolicyChoice;
use waitline::scenario::Scenario;
use waitline::study::{ExplainedRequest, Explanation, Replication, WhichRequests, explain_replication, simulation};

const SCENARIOS: u64 = 150;

/// Requests of each run that are explained.
const REQUESTS: u64 = 60;

/// Requests of each run, and waits of each of them, that are compared with the reference.
const COMPARED: usize = 3;

/// The waits of every request that departs, as the engine books them.
#[derive(Default)]
struct Booked(BTreeMap<u64, [SimDuration; Activity::ALL.len()]>);

impl Observer for Booked {
    fn on_departures(&mut self, departures: &[Departure]) {
        self.0.extend(departures.iter().map(|departure| (departure.entrance.request, departure.spent)));
    }
}

fn explain(scenario: &Scenario, policy: &PolicyChoice) -> Explanation {
    let look = || ControlFlow::Continue(());
    explain_replication(scenario, policy, WhichRequests::Numbers(0, REQUESTS), Replication::default(), &look).unwrap()
}

/// The engine's bookings of a run.
fn booked(scenario: &Scenario, policy: &PolicyChoice) -> Booked {
    let mut run = simulation(scenario, policy, &Replication::default(), Booked::default());
    while run.advance(10_000) {}
    run.finish().1
}

/// Which activity a wait at a station is.
fn activity(station: &str) -> Activity {
    match station.split('.').next().unwrap() {
        "backlog" => Activity::BacklogWait,
        "turn" | "cores" | "cpu_limit" => Activity::RunQueueWait,
        "threads" => Activity::ThreadWait,
        "pool" => Activity::PoolWait,
        "backend" => Activity::BackendWait,
        other => panic!("no station: {other}"),
    }
}

fn check(request: &ExplainedRequest, booked: &Booked) {
    let mut sums = [SimDuration::ZERO; Activity::ALL.len()];
    for wait in &request.waits {
        assert!(wait.wait > SimDuration::ZERO, "an empty wait: {wait:?}");
        let direct: SimDuration = wait.direct.iter().map(|(_, share)| *share).sum();
        let root: SimDuration = wait.root.iter().map(|(_, share)| *share).sum();
        assert_eq!(direct, wait.wait, "direct shares of request {}: {wait:?}", request.request);
        assert_eq!(root, wait.wait, "root shares of request {}: {wait:?}", request.request);
        sums[activity(&wait.station) as usize] += wait.wait;
    }
    let Some(spent) = booked.0.get(&request.request) else { return };
    for activity in Activity::ALL.into_iter().filter(|activity| activity.group() == ActivityGroup::Wait) {
        let (sum, spent) = (sums[activity as usize], spent[activity as usize]);
        assert_eq!(sum, spent, "{activity:?} of request {}: {:?}", request.request, request.waits);
    }
}

/// The direct shares of the first requests are those of the slow reference.
fn compare(scenario: &Scenario, policy: &PolicyChoice, explanation: &Explanation) {
    let Some(reference) = Reference::of(scenario, policy) else { return };
    let mut requests: Vec<&ExplainedRequest> = explanation.requests.iter().collect();
    requests.sort_by_key(|request| request.request);
    for request in requests.into_iter().take(COMPARED) {
        for wait in request.waits.iter().take(COMPARED) {
            let expected = reference.direct(request.request, wait.start, wait.end);
            assert_eq!(of_requests(&wait.direct), expected, "request {}: {wait:?}", request.request);
        }
    }
}

#[test]
fn both_partitions_add_up_to_each_wait_in_random_scenarios() {
    let mut requests = 0;
    for seed in generator::seeds(SCENARIOS) {
        let text = generator::scenario(seed);
        let scenario = Scenario::from_json(&text).unwrap();
        for policy in scenario.policies() {
            let result = std::panic::catch_unwind(AssertUnwindSafe(|| {
                let booked = booked(&scenario, policy);
                let explanation = explain(&scenario, policy);
                compare(&scenario, policy, &explanation);
                explanation.requests.iter().for_each(|request| check(request, &booked));
                explanation.requests.iter().filter(|request| request.outcome == Some(Outcome::Completed)).count()
            }));
            requests += result.unwrap_or_else(|_| panic!("seed {seed}, under {}:\n{text}", policy.name()));
        }
    }
    assert!(requests > 1_000, "only {requests} requests were explained");
}
