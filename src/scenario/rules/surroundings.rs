//! Checker about what surrounds the application: the machine, backends, clients.

use indexmap::IndexMap;

use crate::model::{Backend, Machine, SimDuration};
use crate::random::Clients;

use super::super::diagnostic::Diagnostic;
use super::super::format::MachineForm;
use super::{Checker, LoadFile};

impl Checker<'_> {
    /// `db`, then the declared backends in their order.
    pub(super) fn backends(
        &self,
        declared: IndexMap<String, Backend>,
    ) -> Result<IndexMap<String, Backend>, Diagnostic> {
        self.check_number("backends", declared.len())?;
        let mut backends = IndexMap::from([("db".to_owned(), Backend::default())]);
        for ((name, backend), member) in declared.into_iter().zip(self.root.at("backends").members()) {
            self.check_name(&name, "backend", member.key_span)?;
            if let Some(pool) = &backend.pool
                && pool.acquire_timeout == Some(SimDuration::ZERO)
            {
                let timeout = member.value.at("pool").at("acquire_timeout");
                return Err(self
                    .error("nobody gets a connection in no time", timeout.short_span(), "a duration of 0")
                    .with_help("write a duration above 0, or leave it out to wait for ever"));
            }
            backends.insert(name, backend);
        }
        Ok(backends)
    }

    pub(super) fn clients(&self, mut clients: Clients, load: &mut LoadFile<'_>) -> Result<Clients, Diagnostic> {
        let node = self.root.at("clients");
        if let Some(timeout) = &mut clients.timeout {
            self.load_files(timeout, node.at("timeout"), load)?;
        }
        if let Some(patience) = &mut clients.patience {
            self.load_files(patience, node.at("patience"), load)?;
        }
        let Some(retries) = &clients.retries else { return Ok(clients) };
        let node = node.at("retries");
        if !(0.0..=1.0).contains(&retries.jitter) {
            return Err(self
                .error("`jitter` is a share", node.at("jitter").short_span(), format!("found {}", retries.jitter))
                .with_help("write a number from 0 (none of the wait is random) to 1 (all of it is)"));
        }
        if retries.budget.is_some_and(|budget| budget.is_nan() || budget < 0.0) {
            return Err(self
                .error("`budget` is negative", node.at("budget").short_span(), "retries for each new request")
                .with_help("write a number of 0 or more, such as 0.1: one retry for ten requests"));
        }
        Ok(clients)
    }

    pub(super) fn machine(&self, form: &MachineForm) -> Result<Machine, Diagnostic> {
        let node = self.root.at("machine");
        let cores = form.cores.get();
        self.check_most("cores", cores, node.at("cores"))?;
        Ok(Machine {
            cores,
            quantum: form.quantum,
            context_switch: form.context_switch,
            wake_preemption: form.wake_preemption,
        })
    }
}
