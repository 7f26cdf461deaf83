//! What requests bring where the arrivals say so: lists name classes, traces classes and demands.

use std::borrow::Cow;

use crate::model::{ClassId, SimDuration};
use crate::random::{
    ArrivalSource, Arrivals, Distribution, Empirical, Load, Phase, Purpose, RequestClass, SinglePhase, Streams,
    Workload,
};
use crate::scenario::Scenario;

/// Maximum number of requests of a list or trace that are considered: it may be long.
const LOOKED_AT: usize = 20_000;

/// What was seen of a class.
#[derive(Clone, Debug, Default)]
struct SeenClass {
    requests: u64,
    /// Requests whose demands are given.
    given: u64,
    /// The demands of each phase, branches one by one.
    demands: Vec<Vec<SimDuration>>,
}

/// The workload with the mix of classes and demands of the first requests of a list or trace; that of the scenario for
/// all other arrivals. Demands of different phases are taken to be independent.
pub(super) fn workload(scenario: &Scenario) -> Cow<'_, Workload> {
    match scenario.arrivals() {
        Arrivals::At(_) | Arrivals::Trace(_) => {}
        Arrivals::Constant(_)
        | Arrivals::Poisson(_)
        | Arrivals::Renewal(_)
        | Arrivals::Piecewise(_)
        | Arrivals::Ramp(_)
        | Arrivals::Sine(_)
        | Arrivals::Mmpp(_)
        | Arrivals::OnOff(_)
        | Arrivals::Batches(_)
        | Arrivals::Bursts(_)
        | Arrivals::Users(_) => return Cow::Borrowed(scenario.workload()),
    }
    let classes = &scenario.workload().classes;
    let class_id = |name: &str| {
        let class = classes.iter().position(|class| class.name == name);
        ClassId(class.expect("the scenario has checked the names of classes") as u16)
    };
    let stream = Streams::new(scenario.run().seed, 0).purpose(Purpose::Arrivals);
    match scenario.arrivals().load(class_id, stream) {
        Load::Open(source) => Cow::Owned(as_seen(scenario.workload(), source)),
        Load::Closed(_) => Cow::Borrowed(scenario.workload()),
    }
}

fn as_seen(workload: &Workload, mut source: ArrivalSource) -> Workload {
    let mut seen = vec![SeenClass::default(); workload.classes.len()];
    let mut unnamed = 0;
    for _ in 0..LOOKED_AT {
        let Some(arrival) = source.next_arrival() else { break };
        let Some(class) = arrival.class else {
            unnamed += 1;
            continue;
        };
        let class = &mut seen[usize::from(class.0)];
        class.requests += 1;
        let Some(given) = source.given_demands() else { continue };
        class.given += 1;
        for (phase, demand) in given.iter().enumerate() {
            if class.demands.len() == phase {
                class.demands.push(Vec::new());
            }
            class.demands[phase].extend(*demand);
        }
    }
    if seen.iter().all(|class| class.requests == 0) {
        return workload.clone();
    }
    let weights: f64 = workload.classes.iter().map(|class| class.weight).sum();
    let class = |(class, seen): (&RequestClass, SeenClass)| RequestClass {
        weight: seen.requests as f64 + f64::from(unnamed) * class.weight / weights,
        phases: with_demands(&class.phases, seen.given, &mut seen.demands.into_iter()),
        ..class.clone()
    };
    Workload { classes: workload.classes.iter().zip(seen).map(class).collect() }
}

/// The phases with the demands that were seen of them, `requests` in all.
fn with_demands(phases: &[Phase], requests: u64, seen: &mut impl Iterator<Item = Vec<SimDuration>>) -> Vec<Phase> {
    phases.iter().map(|phase| with_demand(phase, requests, seen)).collect()
}

fn with_demand(phase: &Phase, requests: u64, seen: &mut impl Iterator<Item = Vec<SimDuration>>) -> Phase {
    let mut phase = phase.clone();
    match &mut phase {
        Phase::Single(single) => set_demand(single, seen.next()),
        Phase::Parallel { branches, concurrent: _ } => {
            branches.iter_mut().for_each(|branch| set_demand(branch, seen.next()));
        }
        Phase::Hold { backend: _, blocking: _, phases } => *phases = with_demands(phases, requests, seen),
        Phase::Maybe { probability, phases } => {
            let count = phases.iter().map(|phase| phase.singles().len()).sum();
            let of_phases: Vec<Vec<SimDuration>> = seen.by_ref().take(count).collect();
            // Each phase of the branch itself has a demand whenever the branch is taken.
            if let Some(taken) = of_phases.iter().map(Vec::len).max() {
                *probability = taken as f64 / requests.max(1) as f64;
                *phases = with_demands(phases, taken as u64, &mut of_phases.into_iter());
            }
        }
    }
    phase
}

fn set_demand(single: &mut SinglePhase, seen: Option<Vec<SimDuration>>) {
    if let Some(seen) = seen.filter(|seen| !seen.is_empty()) {
        single.demand = Distribution::Empirical(Empirical::Values(seen.into()));
    }
}
