//! Whose fault each wait is, over random scenarios with every feature: both partitions add up to the wait to the nanosecond,
//! and agree with a slow reference that looks at each instant (to a few nanoseconds for each instant where units are shared).

use std::collections::BTreeMap;
use std::env;
use std::ops::ControlFlow;
use std::panic::AssertUnwindSafe;

use crate::blame_reference::{End, Reference, Shares};
use crate::common::generator;
use waitline::engine::{Departure, Observer, Outcome};
use waitline::model::{Activity, ActivityGroup, SimDuration};
use waitline::policy::PolicyChoice;
use waitline::scenario::Scenario;
use waitline::study::{
    BlameCause, Blamed, ExplainedRequest, ExplainedWait, Explanation, Replication, Root, RootActivity, WhichRequests,
    explain_replication, simulation,
};

const SCENARIOS: u64 = 150;

/// Requests of each run that are explained.
const REQUESTS: u64 = 60;

/// Requests of each run, and waits of each of them, that are compared with the reference.
const COMPARED: usize = 5;

/// Waits in which more happens are not compared: the reference is slow.
const MOST_INSTANTS: usize = 400;

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

/// Both partitions of the first waits of the first requests are those of the slow reference; returns how many were compared.
fn compare(scenario: &Scenario, policy: &PolicyChoice, explanation: &Explanation) -> Compared {
    let reference = Reference::of(scenario, policy);
    let mut requests: Vec<&ExplainedRequest> = explanation.requests.iter().collect();
    requests.sort_by_key(|request| request.request);
    let is_short = |wait: &&ExplainedWait| reference.instants(wait.start, wait.end) <= MOST_INSTANTS;
    let mut compared = Compared::default();
    for request in requests.into_iter().filter(|request| !request.waits.is_empty()).take(COMPARED) {
        for wait in request.waits.iter().filter(is_short).take(COMPARED) {
            compared.add(compare_wait(&reference, request.request, wait));
        }
    }
    Compared { circles: reference.circles.get(), ..compared }
}

fn compare_wait(reference: &Reference<'_>, request: u64, wait: &ExplainedWait) -> Compared {
    let direct: Shares = wait.direct.iter().map(|(blamed, share)| (direct_end(*blamed), share.as_nanos())).collect();
    let mut root = Shares::new();
    for (at, share) in &wait.root {
        *root.entry(root_end(*at, reference.shares_units)).or_default() += share.as_nanos();
    }
    let shared = reference.shared(request, wait.start, wait.end);
    let both = shared.clone().or_else(|| reference.switch(request, wait.start, wait.end));
    let expected = both.map_or_else(
        || [reference.direct(request, wait.start, wait.end), reference.root(request, wait.start, wait.end)],
        |shares| [shares.clone(), shares],
    );
    // The remainder of each division goes to one of them.
    let most = (expected[0].len() + expected[1].len()) * reference.instants(wait.start, wait.end);
    let tolerance = if reference.shares_units { most as u64 } else { 0 };
    let sides = [(&direct, &expected[0], "direct"), (&root, &expected[1], "root")];
    for (ours, expected, partition) in sides {
        assert!(
            is_equal(ours, expected, tolerance) || partition == "root" && is_less_switches(ours, expected, tolerance),
            "{partition} shares of request {request}\n{ours:?}\nand by the reference\n{expected:?}\n{wait:?}"
        );
    }
    Compared {
        waits: 1,
        chains: u32::from(direct_of(&root) != direct),
        circles: 0,
        shared: u32::from(shared.is_some()),
    }
}

/// Root shares without what the requests did.
fn direct_of(root: &Shares) -> Shares {
    let mut direct = Shares::new();
    for (end, share) in root {
        let end = match *end {
            End::Request(request, _) => End::Request(request, None),
            End::Cause(cause) => End::Cause(cause),
        };
        *direct.entry(end).or_default() += share;
    }
    direct
}

fn is_equal(ours: &Shares, expected: &Shares, tolerance: u64) -> bool {
    let of = |shares: &Shares, end: &End| shares.get(end).copied().unwrap_or(0);
    ours.keys().chain(expected.keys()).all(|end| of(ours, end).abs_diff(of(expected, end)) <= tolerance)
}

/// Whether shares are those of the reference less what sharers of units were served for context switches: when that was, the
/// reference does not know.
fn is_less_switches(ours: &Shares, expected: &Shares, tolerance: u64) -> bool {
    let switches = End::Cause(BlameCause::ContextSwitch);
    let of = |shares: &Shares, end: &End| shares.get(end).copied().unwrap_or(0);
    let is_less = |end: &End| of(ours, end) <= of(expected, end) + tolerance;
    tolerance > 0 && of(ours, &switches) > 0 && ours.keys().all(|end| *end == switches || is_less(end))
}

fn direct_end(blamed: Blamed) -> End {
    match blamed {
        Blamed::Request(request) => End::Request(request, None),
        Blamed::Cause(cause) => End::Cause(cause),
    }
}

fn root_end(root: Root, without_activity: bool) -> End {
    match root {
        Root::Request(request, RootActivity(activity)) => {
            End::Request(request, (!without_activity).then(|| activity.name()))
        }
        Root::Cause(cause) => End::Cause(cause),
    }
}

/// How many waits were compared, and in how many of them something happened.
#[derive(Clone, Copy, Debug, Default)]
struct Compared {
    waits: u32,
    /// A holder waited itself.
    chains: u32,
    /// Requests waited for each other, for a stretch of time.
    circles: u32,
    /// Units were shared.
    shared: u32,
}

impl Compared {
    fn add(&mut self, other: Self) {
        self.waits += other.waits;
        self.chains += other.chains;
        self.circles += other.circles;
        self.shared += other.shared;
    }
}

#[test]
fn both_partitions_add_up_to_each_wait_in_random_scenarios() {
    let mut requests = 0;
    let mut compared = Compared::default();
    for seed in generator::seeds(SCENARIOS) {
        let text = generator::scenario(seed);
        let scenario = Scenario::from_json(&text).unwrap();
        for policy in scenario.policies() {
            let result = std::panic::catch_unwind(AssertUnwindSafe(|| {
                let booked = booked(&scenario, policy);
                let explanation = explain(&scenario, policy);
                explanation.requests.iter().for_each(|request| check(request, &booked));
                let completed = explanation.requests.iter().filter(|one| one.outcome == Some(Outcome::Completed));
                (completed.count(), compare(&scenario, policy, &explanation))
            }));
            let (completed, more) = result.unwrap_or_else(|_| panic!("seed {seed}, under {}:\n{text}", policy.name()));
            requests += completed;
            compared.add(more);
        }
    }
    assert!(requests > 1_000, "only {requests} requests were explained");
    let Compared { waits, chains, circles, shared } = compared;
    let is_enough = waits > 1_000 && chains > 100 && circles > 0 && shared > 50;
    assert!(is_enough || env::var_os("WAITLINE_RANDOM_SCENARIOS").is_some(), "little was compared: {compared:?}");
}
