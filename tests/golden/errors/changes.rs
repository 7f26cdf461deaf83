//! `--set`.

use super::Mistake;
use super::Mistake::Set;

/// The mistakes, grouped by subject.
pub const MISTAKES: &[(&str, &[Mistake])] = &[(
    "Changes",
    &[
        Set("machine.cores"),
        Set("=4"),
        Set("machine..cores=4"),
        Set(".machine=4"),
        Set("machine.=4"),
        Set("policies[0=4"),
        Set("machine.cores=0"),
        Set("machine.cores=four"),
        Set("machine.core=4"),
        Set("machine={\"cores\": 4, \"cores\": 8}"),
        Set("machine={\"cores\": 4"),
        Set("machine.cores.count=4"),
        Set("machin.cores=4"),
        Set("slo=[\"p99 < 5\"]"),
        Set("slo=p99 < 5ms"),
        Set("slo.0=p99 < 5ms"),
        Set("arrivals.poison=80/s"),
        Set("arrivals.poisson=80"),
        Set("arrivals.poisson=-80/s"),
        Set("policies.3.sync.workers=4"),
        Set("policies.0.wokers=4"),
        Set("policies.0.order=slow"),
        Set("policies.0={\"gunicorn\": { \"order\": \"lifo\", \"threads\": 4 } }"),
        Set("policies.0={\"node\": { \"dispatch\": \"least_busy\" } }"),
        Set("policies.0={\"tomcat\": { \"dispatch\": \"random\" } }"),
        Set("policies.0={\"tomcat\": { \"treads\": 5 } }"),
        Set("run.requests=null"),
        Set("policies.sink.workers=4"),
        Set("policies.sync.threads=4"),
        Set("classes.page.weight=4"),
        Set("classes.list.phases.9.db=4ms"),
        Set("classes.list.phases.db=4ms"),
        Set("classes.list.phases.2.compute.exponential=4"),
        Set("classes.login.phases.wait.backend=cache"),
        Set("run.duration=10m"),
        Set("run={}"),
    ],
)];
