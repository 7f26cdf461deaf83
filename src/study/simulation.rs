//! One run of one policy of a scenario, ready to be watched.

use crate::engine::{Observer, Setup, Simulation};
use crate::model::{Backend, ClassId, SimDuration, SimTime};
use crate::policy::PolicyChoice;
use crate::random::{Purpose, Streams};
use crate::scenario::{RunEnd, Scenario};

/// One of several independent runs of the same scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replication {
    /// Its number, counted from 0: with the seed it decides every draw.
    pub number: u64,
    /// Which of the streams decide between workers that accept on their own: other numbers, other winners, and nothing else
    /// changes.
    pub accept: u64,
    /// What happens before that long after the start is left out of the numbers.
    pub warm_up: SimDuration,
}

/// A run of one policy that has not begun.
pub fn simulation<O: Observer>(
    scenario: &Scenario,
    policy: &PolicyChoice,
    replication: &Replication,
    observer: O,
) -> Simulation<O> {
    let streams = Streams::new(scenario.run().seed, replication.number);
    let class_id = |name: &str| {
        let class = scenario.workload().classes.iter().position(|class| class.name == name);
        ClassId(class.expect("the scenario has checked the names of classes") as u16)
    };
    let (requests, horizon) = match scenario.run().end {
        RunEnd::Requests(requests) => (Some(requests), None),
        RunEnd::Duration(duration) => (None, Some(SimTime::ZERO + duration)),
        RunEnd::Arrivals => (None, None),
    };
    let backends: Vec<Backend> = scenario.backends().values().cloned().collect();
    let setup = Setup {
        workload: scenario.workload(),
        load: scenario.arrivals().load(class_id, streams.purpose(Purpose::Arrivals)),
        clients: scenario.clients(),
        machine: scenario.machine(),
        backends: &backends,
        faults: scenario.faults(),
        rules: scenario.rules(policy),
        streams,
        accept: replication.accept,
        warm_up: SimTime::ZERO + replication.warm_up,
        requests,
        horizon,
        max_in_flight: scenario.run().max_in_flight,
    };
    Simulation::new(setup, observer)
}
