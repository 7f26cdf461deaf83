//! Rules about the machine, backends and clients.

use indexmap::IndexMap;

use crate::model::{Backend, CpuLimit, HealthCheck, Held, Machine, Pool, Replicas, SimDuration};
use crate::policy::PolicyChoice;
use crate::random::{Clients, Retries};

use super::super::diagnostic::Diagnostic;
use super::super::document::Element;
use super::super::format::{MachineForm, ReplicasForm};
use super::{Checker, LoadFile, MOST};

/// The default length of a period of a CPU quota, as in Linux control groups.
const LIMIT_PERIOD: SimDuration = SimDuration::from_millis(100);

/// The shortest time between two probes of a replica.
const SHORTEST_INTERVAL: SimDuration = SimDuration::from_millis(1);

impl Checker<'_> {
    /// `db`, followed by the declared backends in their order.
    pub(super) fn backends(
        &self,
        declared: IndexMap<String, Backend>,
    ) -> Result<IndexMap<String, Backend>, Diagnostic> {
        self.check_number("backends", declared.len())?;
        let mut backends = IndexMap::from([("db".to_owned(), Backend::default())]);
        for ((name, backend), member) in declared.into_iter().zip(self.root.at("backends").members()) {
            self.check_name(&name, "backend", member.key_span)?;
            let Backend {
                pool,
                concurrency,
                sharing,
                max_connections: _,
                round_trip: _,
                query_overhead: _,
                client: _,
                stand_in: _,
                errors,
                abandoned: _,
            } = &backend;
            self.check_probability("errors", *errors, member.value.at("errors"))?;
            if *sharing && concurrency.is_none() {
                return Err(self
                    .error("`sharing` without `concurrency`", member.value.at("sharing").short_span(), "share what?")
                    .with_help(
                        "add `concurrency`, the number of units that all queries share (the cores of a database), or remove `sharing`",
                    ));
            }
            if let Some(pool) = pool {
                self.check_pool(pool, member.value.at("pool"))?;
            }
            if backend.held() == Held::FromFirstQuery && backend.client_costs().has_statements() {
                return Err(self
                    .error(
                        "`held` \"from_first_query\" with a client that sends `begin` or `commit`",
                        member.value.at("pool").at("held").short_span(),
                        "which query is the first depends on the request",
                    )
                    .with_help(
                        "write \"request\", put the queries into a `hold`, or describe a client without these statements",
                    ));
            }
            backends.insert(name, backend);
        }
        Ok(backends)
    }

    fn check_pool(&self, pool: &Pool, node: &Element) -> Result<(), Diagnostic> {
        let Pool { size, overflow: _, min, connect: _, per: _, acquire_timeout, held: _, hand_over: _, release: _ } =
            pool;
        if *acquire_timeout == Some(SimDuration::ZERO) {
            return Err(self
                .error("`acquire_timeout` must be above 0", node.at("acquire_timeout").short_span(), "found 0")
                .with_help("write a duration such as \"1s\", or omit it to wait without limit"));
        }
        if let Some(min) = min.filter(|min| *min > size.get()) {
            return Err(self
                .error("`min` must be at most `size`", node.at("min").short_span(), format!("found {min}"))
                .with_help(format!("write a number from 0 to {size}, or omit it: all are open from the start")));
        }
        Ok(())
    }

    pub(super) fn clients(&self, mut clients: Clients, load: &mut LoadFile<'_>) -> Result<Clients, Diagnostic> {
        let node = self.root.at("clients");
        let Clients { timeout, cancel: _, patience, retries } = &mut clients;
        if let Some(timeout) = timeout {
            self.load_files(timeout, node.at("timeout"), load)?;
        }
        if let Some(patience) = patience {
            self.load_files(patience, node.at("patience"), load)?;
        }
        if let Some(retries) = retries {
            self.check_retries(retries, node.at("retries"))?;
        }
        Ok(clients)
    }

    fn check_retries(&self, retries: &Retries, node: &Element) -> Result<(), Diagnostic> {
        let Retries { max: _, backoff: _, jitter, budget } = retries;
        if !(0.0..=1.0).contains(jitter) {
            return Err(self
                .error("`jitter` must be from 0 to 1", node.at("jitter").short_span(), format!("found {jitter}"))
                .with_help("write the random share of the delay: 0 (none) to 1 (all of it)"));
        }
        if budget.is_some_and(|budget| budget.is_nan() || budget < 0.0) {
            return Err(self
                .error("`budget` must be at least 0", node.at("budget").short_span(), "negative")
                .with_help("write the number of retries per new request, such as 0.1: one retry for ten requests"));
        }
        Ok(())
    }

    pub(super) fn machine(&self, form: &MachineForm, replicas: Replicas) -> Result<Machine, Diagnostic> {
        let node = self.root.at("machine");
        let MachineForm { cores, quantum, context_switch, wake_preemption, client_cpu, cpu_limit: _, limit_period: _ } =
            *form;
        let cores = cores.get();
        self.check_most("cores", cores, node.at("cores"))?;
        let cpu_limit = self.cpu_limit(form, node)?;
        let client_cpu = client_cpu.unwrap_or(SimDuration::ZERO);
        Ok(Machine { cores, quantum, context_switch, wake_preemption, client_cpu, cpu_limit, replicas })
    }

    pub(super) fn replicas(
        &self,
        form: Option<ReplicasForm>,
        policies: &[PolicyChoice],
    ) -> Result<Replicas, Diagnostic> {
        let Some(ReplicasForm { count, balancer, health }) = form else { return Ok(Replicas::ONE) };
        let (count, node) = (count.get(), self.root.at("replicas"));
        self.check_most("count", count, node.at("count"))?;
        let most = policies.iter().map(|policy| policy.rules().workers).max().unwrap_or(1);
        if u64::from(count) * u64::from(most) > u64::from(MOST) {
            return Err(self
                .error(
                    format!("all replicas together must have at most {MOST} workers"),
                    node.at("count").short_span(),
                    format!("{count} replicas of {most} workers"),
                )
                .with_help("write fewer replicas, or fewer workers"));
        }
        if let Some(health) = &health {
            self.check_health(health, node.at("health"))?;
        }
        Ok(Replicas { count, balancer, health })
    }

    fn check_health(&self, health: &HealthCheck, node: &Element) -> Result<(), Diagnostic> {
        let HealthCheck { interval, timeout, unhealthy_after: _, healthy_after: _, compute: _ } = health;
        if *timeout == SimDuration::ZERO {
            return Err(self
                .error("`timeout` must be above 0", node.at("timeout").short_span(), "found 0")
                .with_help("write a duration such as \"1s\", or omit it"));
        }
        if *interval < SHORTEST_INTERVAL {
            return Err(self
                .error(
                    format!("`interval` must be at least {SHORTEST_INTERVAL}"),
                    node.at("interval").short_span(),
                    format!("found {interval}"),
                )
                .with_help("write a duration such as \"10s\", or omit it"));
        }
        if timeout > interval {
            let given = if node.member("timeout").is_some() { "timeout" } else { "interval" };
            return Err(self
                .error(
                    "`timeout` must be at most `interval`",
                    node.at(given).short_span(),
                    format!("a probe every {interval} that may take {timeout}"),
                )
                .with_help(
                    "write a shorter `timeout` or a longer `interval`: the probes of a replica do not overlap",
                ));
        }
        Ok(())
    }

    fn cpu_limit(&self, form: &MachineForm, node: &Element) -> Result<Option<CpuLimit>, Diagnostic> {
        let Some(cores) = form.cpu_limit else {
            return match form.limit_period {
                Some(_) => Err(self
                    .error(
                        "`limit_period` needs `cpu_limit`",
                        node.at("limit_period").short_span(),
                        "found no `cpu_limit`",
                    )
                    .with_help("add `cpu_limit`, the CPU quota in cores, or remove `limit_period`")),
                None => Ok(None),
            };
        };
        let limit = CpuLimit { cores, period: form.limit_period.unwrap_or(LIMIT_PERIOD) };
        if limit.period == SimDuration::ZERO {
            return Err(self
                .error("`limit_period` must be above 0", node.at("limit_period").short_span(), "found 0")
                .with_help("write a duration such as \"100ms\", or omit it"));
        }
        if cores.is_nan() || cores <= 0.0 || limit.quota() == SimDuration::ZERO {
            return Err(self
                .error("`cpu_limit` must be above 0", node.at("cpu_limit").short_span(), format!("found {cores}"))
                .with_help("write a number of cores such as 2.0 or 0.5, or omit it for no limit"));
        }
        Ok(Some(limit))
    }
}
