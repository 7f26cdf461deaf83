//! Whether a scenario draws random numbers.

use crate::engine::{Dispatch, Rules};
use crate::model::{Balancer, HandOver, PhaseKind, Replicas};
use crate::policy::PolicyChoice;
use crate::random::{Arrivals, BatchSize, Distribution, Phase, RequestClass, SinglePhase};

use super::Scenario;

impl Scenario {
    /// Whether nothing is drawn at random, so that every run gives the same numbers whatever its seed: arrivals, classes and
    /// demands are fixed, and so is the behaviour of clients and workers.
    pub fn is_deterministic(&self) -> bool {
        self.arrivals_are_given()
            && self.demands_are_given()
            && self.clients_are_given()
            && !self.draws_workers()
            && !self.draws_waiters()
            && !self.draws_replicas()
            && !self.draws_errors()
    }

    /// Whether some queries end with an error at random.
    fn draws_errors(&self) -> bool {
        let is_by_chance = |phase: &SinglePhase| match phase.kind {
            PhaseKind::Backend { backend, .. } => {
                let errors = self.backends()[usize::from(backend.0)].errors;
                0.0 < errors && errors < 1.0
            }
            PhaseKind::Framework | PhaseKind::Compute | PhaseKind::Sleep => false,
        };
        self.workload().classes.iter().flat_map(RequestClass::singles).any(is_by_chance)
    }

    /// Whether arrival times and classes are fixed.
    fn arrivals_are_given(&self) -> bool {
        let weighted = self.drawn_classes().count();
        match self.arrivals() {
            Arrivals::Trace(_) => true,
            Arrivals::At(list) => weighted == 1 || list.iter().all(|arrival| arrival.class.is_some()),
            Arrivals::Constant(_) => weighted == 1,
            Arrivals::Renewal(distribution) => weighted == 1 && is_constant(distribution),
            Arrivals::Users(users) => weighted == 1 && is_constant(&users.think),
            Arrivals::Bursts(bursts) => {
                weighted == 1 && matches!(bursts.size, BatchSize::Fixed(_)) && bursts.spread.as_nanos() == 0
            }
            Arrivals::Poisson(_)
            | Arrivals::Piecewise(_)
            | Arrivals::Ramp(_)
            | Arrivals::Sine(_)
            | Arrivals::Mmpp(_)
            | Arrivals::OnOff(_)
            | Arrivals::Batches(_) => false,
        }
    }

    fn demands_are_given(&self) -> bool {
        match self.arrivals() {
            Arrivals::Trace(trace) if trace.gives_all_demands() => true,
            Arrivals::Trace(_) => self.workload().classes.iter().all(has_constant_demands),
            Arrivals::At(list) => {
                let comes = |class: &&RequestClass| {
                    let is_it = |name: &String| *name == class.name;
                    list.iter().any(|arrival| arrival.class.as_ref().map_or(class.weight > 0.0, is_it))
                };
                self.workload().classes.iter().filter(comes).all(has_constant_demands)
            }
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
            | Arrivals::Users(_) => self.drawn_classes().all(has_constant_demands),
        }
    }

    fn clients_are_given(&self) -> bool {
        let of_classes = self.workload().classes.iter().filter_map(|class| class.timeout.as_ref());
        let mut times = self.clients().timeout.iter().chain(&self.clients().patience).chain(of_classes);
        times.all(is_constant) && self.clients().retries.as_ref().is_none_or(|retries| retries.jitter <= 0.0)
    }

    /// Whether requests are assigned to workers at random, or workers are replaced at random.
    fn draws_workers(&self) -> bool {
        let by_chance = |dispatch: Dispatch| match dispatch {
            Dispatch::Random | Dispatch::Accept => true,
            Dispatch::Shared | Dispatch::RoundRobin | Dispatch::LeastBusy => false,
        };
        let has_jitter = |rules: &Rules| rules.max_requests.is_some_and(|max_requests| max_requests.jitter > 0);
        let draws = |rules: Rules| rules.workers > 1 && by_chance(rules.queueing.dispatch) || has_jitter(&rules);
        self.policies().iter().map(PolicyChoice::rules).any(draws)
    }

    /// Whether requests are sent to replicas at random.
    fn draws_replicas(&self) -> bool {
        let Replicas { count, balancer, health: _ } = &self.machine().replicas;
        *count > 1
            && match balancer {
                Balancer::Random | Balancer::TwoChoices => true,
                Balancer::RoundRobin | Balancer::LeastBusy => false,
            }
    }

    /// Whether released connections pass to a waiting request that is drawn.
    fn draws_waiters(&self) -> bool {
        let mut pools = self.backends().values().filter_map(|backend| backend.pool.as_ref());
        pools.any(|pool| pool.hand_over == HandOver::Random)
    }

    /// The classes that can be drawn.
    fn drawn_classes(&self) -> impl Iterator<Item = &RequestClass> {
        self.workload().classes.iter().filter(|class| class.weight > 0.0)
    }
}

fn has_constant_demands(class: &RequestClass) -> bool {
    class.phases.iter().all(is_given)
}

fn is_given(phase: &Phase) -> bool {
    match phase {
        Phase::Single(single) => is_constant(&single.demand),
        Phase::Parallel { branches, concurrent: _ } => branches.iter().all(|branch| is_constant(&branch.demand)),
        Phase::Maybe { probability, phases: _ } if *probability <= 0.0 => true,
        Phase::Maybe { probability, phases } => *probability >= 1.0 && phases.iter().all(is_given),
        Phase::Hold { backend: _, blocking: _, phases } => phases.iter().all(is_given),
    }
}

fn is_constant(distribution: &Distribution) -> bool {
    distribution.is_always_zero() || distribution.sampler().is_constant()
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use crate::random::Files;
    use crate::scenario::{Change, Source, read};

    /// Nothing in this scenario is drawn.
    const PLAIN: &str = r#"{
      "classes": {
        "page": { "phases": [ { "compute": "5ms" }, { "parallel": [ { "db": "20ms" }, { "sleep": "1ms" } ] } ] },
        "rare": { "weight": 0, "phases": [ { "compute": { "exponential": "5ms" } } ] } },
      "arrivals": { "constant": "20/s" },
      "policies": [ { "sync": { "workers": 4 } }, { "async": {} } ],
      "run": { "requests": 10 } }"#;

    fn is_deterministic(changes: &[&str]) -> bool {
        let changes: Vec<Change> = changes.iter().map(|change| Change::new(*change)).collect();
        let files = Files::new(|file| {
            Ok(Box::new(Cursor::new(match file {
                "given" => r#"{"time_ms": 1, "class": "rare", "demands_ms": [3]}"#,
                "drawn" => r#"{"time_ms": 1, "class": "rare"}"#,
                _ => "5ms\n5ms\n",
            })))
        });
        read(Source::new("scenario", PLAIN), "scenario", &changes, &files).unwrap().is_deterministic()
    }

    #[test]
    fn scenarios_without_random_draws_are_deterministic() {
        for changes in [
            &[][..],
            &["arrivals.at=[{\"time\": \"0ms\"}, {\"time\": \"1ms\", \"class\": \"page\"}]"],
            &["classes.rare.weight=1", "arrivals.at=[{\"time\": \"0ms\", \"class\": \"page\"}]"],
            &["arrivals.renewal=20ms"],
            &["arrivals.renewal={\"normal\": {\"mean\": \"20ms\", \"cv\": 0}}"],
            &["arrivals.bursts={\"every\": \"1s\", \"size\": 10}"],
            &["arrivals.users={\"count\": 5, \"think\": \"1s\"}"],
            &["arrivals.trace=given", "run={}"],
            &["policies.async.dispatch=random"],
            &["policies.async.dispatch=accept"],
            &["policies.sync.dispatch=round_robin"],
            &["policies.sync.max_requests={\"count\": 2}"],
            &["clients={\"timeout\": \"1s\", \"patience\": \"1s\", \"retries\": {\"max\": 2, \"backoff\": \"1s\"}}"],
            &["faults=[{\"at\": \"1s\", \"for\": \"1s\", \"cores\": 1}]"],
        ] {
            assert!(is_deterministic(changes), "{changes:?}");
        }
    }

    #[test]
    fn scenarios_with_random_draws_are_not() {
        for changes in [
            &["classes.rare.weight=1"][..],
            &["classes.page.phases.0.compute.exponential=5ms"],
            &["classes.page.phases.1.parallel.0.db.exponential=5ms"],
            &["classes.rare.weight=1", "arrivals.at=[{\"time\": \"0ms\"}]"],
            &["arrivals.at=[{\"time\": \"0ms\", \"class\": \"rare\"}]"],
            &["arrivals.poisson=20/s"],
            &["arrivals.renewal.exponential=20ms"],
            &["arrivals=[{\"for\": \"10s\", \"rate\": \"20/s\"}]"],
            &["arrivals.batches={\"rate\": \"1/s\", \"size\": 10}"],
            &["arrivals.bursts={\"every\": \"1s\", \"size\": 10, \"spread\": \"10ms\"}"],
            &["arrivals.bursts={\"every\": \"1s\", \"size\": {\"geometric\": {\"mean\": 4}}}"],
            &["arrivals.users={\"count\": 5, \"think\": {\"exponential\": \"1s\"}}"],
            &["arrivals.trace=drawn", "run={}"],
            &["policies.sync.dispatch=random"],
            &["policies.sync.dispatch=accept"],
            &["backends.db={\"pool\": {\"size\": 1, \"hand_over\": \"random\"}}"],
            &["clients.timeout.exponential=1s"],
            &["classes.page.timeout.exponential=1s"],
            &["clients.patience.exponential=1s"],
            &["policies.sync.max_requests={\"count\": 2, \"jitter\": 1}"],
            &["clients.retries={\"max\": 2, \"backoff\": \"1s\", \"jitter\": 0.5}"],
        ] {
            assert!(!is_deterministic(changes), "{changes:?}");
        }
    }
}
