//! What must hold between the values of a scenario, and the valid scenario made of them.

use indexmap::IndexMap;

use crate::engine::MAX_IN_FLIGHT;
use crate::model::{Backend, BackendId, Fault, FaultKind, Machine, PhaseKind, SimDuration};
use crate::policy::PolicyChoice;
use crate::random::{Arrivals, Clients, Distribution, Phase, RequestClass, SinglePhase, Workload};

use super::diagnostic::{Diagnostic, allowed_names, shown};
use super::document::Node;
use super::explain::said;
use super::format::{
    ClassForm, DownForm, FaultForm, MachineForm, ParallelForm, PhaseForm, RunForm, ScenarioForm, SlowForm,
};
use super::source::{Sources, Span};
use super::{End, Run};

/// The most workers, cores, classes or backends; more are a slip of the finger, and would not fit in memory.
const MOST: u32 = 50_000;

/// Reads a file that the scenario names.
pub(super) type Load<'a> = dyn FnMut(&str) -> Result<String, String> + 'a;

/// The parts of a valid scenario.
pub(super) struct Parts {
    pub workload: Workload,
    pub arrivals: Arrivals,
    pub machine: Machine,
    pub backends: IndexMap<String, Backend>,
    pub clients: Clients,
    pub faults: Vec<Fault>,
    pub policies: Vec<PolicyChoice>,
    pub run: Run,
}

/// Checks every rule, in the order of the format, and makes the parts of the scenario.
pub(super) fn build(
    form: ScenarioForm,
    root: &Node,
    sources: &Sources,
    load: &mut Load<'_>,
) -> Result<Parts, Diagnostic> {
    let rules = Rules { sources, root };
    rules.check_policies(&form.policies)?;
    let backends = rules.backends(form.backends)?;
    let mut classes = Vec::with_capacity(form.classes.len());
    rules.check_class_names(form.classes.keys(), &form.policies)?;
    for (name, class) in form.classes {
        classes.push(rules.class(name, class, &backends, load)?);
    }
    rules.check_weights(&classes)?;
    rules.check_thread_pools(&form.policies, &classes)?;
    let arrivals = rules.arrivals(form.arrivals, &classes, load)?;
    Ok(Parts {
        machine: rules.machine(&form.machine)?,
        clients: rules.clients(form.clients, load)?,
        faults: rules.faults(&form.faults, &backends)?,
        run: rules.run(&form.run, &arrivals)?,
        workload: Workload { classes },
        arrivals,
        backends,
        policies: form.policies,
    })
}

struct Rules<'a> {
    sources: &'a Sources,
    root: &'a Node,
}

impl Rules<'_> {
    fn error(&self, message: impl Into<String>, span: Span, label: impl Into<String>) -> Diagnostic {
        self.sources.error(message, span, label)
    }

    /// The key of a member of the document.
    fn key(&self, section: &str, key: &str) -> Span {
        let section = self.root.at(section);
        section.member(key).map_or(section.short_span(), |member| member.key_span)
    }

    fn class(
        &self,
        name: String,
        form: ClassForm,
        backends: &IndexMap<String, Backend>,
        load: &mut Load<'_>,
    ) -> Result<RequestClass, Diagnostic> {
        let nodes = self.root.at("classes").at(&name).at("phases");
        let mut phases = Vec::with_capacity(form.phases.len());
        for (index, phase) in form.phases.into_iter().enumerate() {
            phases.push(self.phase(phase, nodes.item(index), backends, load)?);
        }
        Ok(RequestClass { name, weight: form.weight, priority: form.priority, phases })
    }

    fn phase(
        &self,
        form: PhaseForm,
        node: &Node,
        backends: &IndexMap<String, Backend>,
        load: &mut Load<'_>,
    ) -> Result<Phase, Diagnostic> {
        let (kind, mut demand) = match form {
            PhaseForm::Framework(demand) => (PhaseKind::Framework, demand),
            PhaseForm::Compute(demand) => (PhaseKind::Compute, demand),
            PhaseForm::Sleep(demand) => (PhaseKind::Sleep, demand),
            PhaseForm::Db(db) => {
                let (demand, blocking) = db.into_parts();
                (PhaseKind::Backend { backend: BackendId(0), blocking }, demand)
            }
            PhaseForm::Wait(wait) => {
                let name = node.at("wait").at("backend");
                let backend = self.backend(&wait.backend, name, backends)?;
                (PhaseKind::Backend { backend, blocking: wait.blocking }, wait.time)
            }
            PhaseForm::Parallel(parallel) => return self.parallel(parallel, node.at("parallel"), backends, load),
        };
        self.load_files(&mut demand, node, load)?;
        Ok(Phase::Single(SinglePhase { kind, demand }))
    }

    fn parallel(
        &self,
        form: ParallelForm,
        node: &Node,
        backends: &IndexMap<String, Backend>,
        load: &mut Load<'_>,
    ) -> Result<Phase, Diagnostic> {
        let (waits, concurrent) = form.into_parts();
        let nodes = if node.items().is_empty() { node.at("waits") } else { node };
        if waits.is_empty() {
            return Err(self
                .error("nothing goes on in parallel", node.short_span(), "empty")
                .with_help("list waits, such as [{ \"db\": \"20ms\" }, { \"sleep\": \"5ms\" }]"));
        }
        let mut branches = Vec::with_capacity(waits.len());
        for (index, wait) in waits.into_iter().enumerate() {
            let node = nodes.item(index);
            let problem = match self.phase(wait, node, backends, load)? {
                Phase::Parallel { .. } => "parallel waits inside parallel waits",
                Phase::Single(phase) => match phase.kind {
                    PhaseKind::Framework | PhaseKind::Compute => "work on the CPU does not go on in parallel",
                    PhaseKind::Backend { blocking: true, .. } => "a blocking wait lets nothing go on beside it",
                    PhaseKind::Backend { .. } | PhaseKind::Sleep => {
                        branches.push(phase);
                        continue;
                    }
                },
            };
            let help = "waits that do not block go on in parallel: `db`, `wait` and `sleep`";
            return Err(self.error("this cannot go on in parallel", node.short_span(), problem).with_help(help));
        }
        Ok(Phase::Parallel { branches, concurrent })
    }

    fn backend(&self, name: &str, node: &Node, backends: &IndexMap<String, Backend>) -> Result<BackendId, Diagnostic> {
        let number = backends.get_index_of(name);
        number.and_then(|number| u16::try_from(number).ok()).map(BackendId).ok_or_else(|| {
            let help = allowed_names("declared backends", name, backends.keys().map(String::as_str));
            self.error(format!("unknown backend `{}`", shown(name)), node.short_span(), "no such backend")
                .with_help(help)
        })
    }

    fn load_files(&self, law: &mut Distribution, node: &Node, load: &mut Load<'_>) -> Result<(), Diagnostic> {
        law.load_files(load).map_err(|text| self.in_file(node, &text))
    }

    /// An error about a file that is named somewhere in a value.
    fn in_file(&self, node: &Node, text: &str) -> Diagnostic {
        let (what, help) = text.split_once('\n').unwrap_or((text, ""));
        let file = node.find("file").unwrap_or(node);
        said(self.sources, "`file`", file.short_span(), what, help)
    }

    /// `db`, then the declared backends in their order.
    fn backends(&self, declared: IndexMap<String, Backend>) -> Result<IndexMap<String, Backend>, Diagnostic> {
        self.check_number("backends", declared.len())?;
        let mut backends = IndexMap::from([("db".to_owned(), Backend::default())]);
        for (name, backend) in declared {
            self.check_name(&name, "backend", self.key("backends", &name))?;
            if let Some(pool) = &backend.pool
                && pool.acquire_timeout == Some(SimDuration::ZERO)
            {
                let timeout = self.root.at("backends").at(&name).at("pool").at("acquire_timeout");
                return Err(self
                    .error("nobody gets a connection in no time", timeout.short_span(), "a duration of 0")
                    .with_help("write a duration above 0, or leave it out to wait for ever"));
            }
            backends.insert(name, backend);
        }
        Ok(backends)
    }

    fn clients(&self, mut clients: Clients, load: &mut Load<'_>) -> Result<Clients, Diagnostic> {
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

    fn faults(&self, forms: &[FaultForm], backends: &IndexMap<String, Backend>) -> Result<Vec<Fault>, Diagnostic> {
        let nodes = self.root.at("faults");
        let faults = forms.iter().enumerate().map(|(index, form)| self.fault(form, nodes.item(index), backends));
        faults.collect()
    }

    fn fault(&self, form: &FaultForm, node: &Node, backends: &IndexMap<String, Backend>) -> Result<Fault, Diagnostic> {
        let backend = |kind: &str, name: &str| self.backend(name, node.at(kind).at("backend"), backends);
        let mut kinds = Vec::new();
        if let Some(SlowForm { backend: name, factor }) = &form.slow {
            if !(factor.is_finite() && *factor >= 1.0) {
                return Err(self
                    .error(
                        "a slow backend is slower",
                        node.at("slow").at("factor").short_span(),
                        format!("found {factor}"),
                    )
                    .with_help("write how many times as long a query takes: 1 or more, such as 5"));
            }
            kinds.push(FaultKind::Slow { backend: backend("slow", name)?, factor: *factor });
        }
        if let Some(DownForm { backend: name }) = &form.down {
            kinds.push(FaultKind::Down { backend: backend("down", name)? });
        }
        kinds.extend(form.restart.as_ref().map(|restart| FaultKind::Restart { worker: restart.worker.get() - 1 }));
        kinds.extend(form.cores.map(|cores| FaultKind::Cores { cores: cores.get() }));
        let [kind] = kinds[..] else {
            let label = if kinds.is_empty() { "no kind in here" } else { "more than one kind in here" };
            return Err(self.error("a fault is of one kind", node.short_span(), label).with_help(
                "give one of `slow`, `down`, `restart` and `cores`, such as \"slow\": { \"backend\": \"db\", \"factor\": 5 }",
            ));
        };
        Ok(Fault { at: form.at, span: form.span, kind })
    }

    /// The classes that go to threads beside a loop exist.
    fn check_thread_pools(&self, policies: &[PolicyChoice], classes: &[RequestClass]) -> Result<(), Diagnostic> {
        for (index, policy) in policies.iter().enumerate() {
            let Some(pool) = policy.rules().thread_pool else { continue };
            let node = self.root.at("policies").item(index).at(policy.kind()).at("thread_pool").at("classes");
            for (index, name) in pool.classes.iter().enumerate() {
                self.check_class(name, node.item(index), classes)?;
            }
        }
        Ok(())
    }

    fn check_class(&self, name: &str, node: &Node, classes: &[RequestClass]) -> Result<(), Diagnostic> {
        if classes.iter().any(|class| class.name == name) {
            return Ok(());
        }
        let help = allowed_names("classes", name, classes.iter().map(|class| class.name.as_str()));
        Err(self.error(format!("unknown class `{}`", shown(name)), node.short_span(), "no such class").with_help(help))
    }

    fn check_class_names<'n>(
        &self,
        names: impl ExactSizeIterator<Item = &'n String>,
        policies: &[PolicyChoice],
    ) -> Result<(), Diagnostic> {
        if names.len() == 0 {
            let span = self.root.at("classes").short_span();
            return Err(self.error("there are no classes of requests", span, "empty").with_help(
                "add one, such as `\"page\": { \"phases\": [{ \"compute\": \"10ms\" }, { \"db\": \"80ms\" }] }`",
            ));
        }
        self.check_number("classes", names.len())?;
        for name in names {
            let span = self.key("classes", name);
            self.check_name(name, "class", span)?;
            let taken = match name.as_str() {
                "all" => Some("`all` stands for all classes"),
                _ if PolicyChoice::KINDS.contains(&name.as_str()) => Some("this is a kind of policy"),
                _ if policies.iter().any(|policy| policy.name() == name) => Some("a policy has this name"),
                _ => None,
            };
            if let Some(reason) = taken {
                return Err(self
                    .error(format!("a class may not be named `{name}`"), span, reason)
                    .with_help("reports and objectives name both classes and policies; choose another name"));
            }
        }
        Ok(())
    }

    fn check_weights(&self, classes: &[RequestClass]) -> Result<(), Diagnostic> {
        if classes.iter().any(|class| class.weight > 0.0) {
            return Ok(());
        }
        let Some(class) = classes.first() else { return Ok(()) };
        let weight = self.root.at("classes").at(&class.name).at("weight");
        Err(self
            .error("the weights of the classes sum to 0", weight.short_span(), "no class has a weight above 0")
            .with_help("give at least one class a weight above 0"))
    }

    fn arrivals(
        &self,
        mut arrivals: Arrivals,
        classes: &[RequestClass],
        load: &mut Load<'_>,
    ) -> Result<Arrivals, Diagnostic> {
        const HIGHEST_PER_S: f64 = 1e9;
        const MOST_CHANGES: f64 = 1e6;
        let node = self.root.at("arrivals");
        if let Arrivals::At(list) = &arrivals {
            for (index, arrival) in list.iter().enumerate() {
                let Some(name) = &arrival.class else { continue };
                self.check_class(name, node.at("at").item(index).at("class"), classes)?;
            }
        }
        arrivals.load_files(load).map_err(|text| self.in_file(node, &text))?;
        let law = node.members().first().map_or(node, |member| &member.value);
        if arrivals.highest_rate_per_s().is_some_and(|rate| rate > HIGHEST_PER_S) {
            return Err(self
                .error("requests arrive too fast", law.short_span(), "more than one a nanosecond")
                .with_help("the highest rate is 1000000/ms, one a nanosecond"));
        }
        if arrivals.changes_per_arrival().is_some_and(|changes| changes > MOST_CHANGES) {
            return Err(self
                .error("the rate of arrivals changes too often", law.short_span(), "a million times for one arrival")
                .with_help("write longer times between the changes, or a higher rate"));
        }
        Ok(arrivals)
    }

    fn machine(&self, form: &MachineForm) -> Result<Machine, Diagnostic> {
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

    fn check_policies(&self, policies: &[PolicyChoice]) -> Result<(), Diagnostic> {
        let nodes = self.root.at("policies");
        if policies.is_empty() {
            return Err(self
                .error("there are no policies", nodes.short_span(), "empty")
                .with_help("add one, such as `{ \"sync\": { \"workers\": 4 } }`"));
        }
        for (index, policy) in policies.iter().enumerate() {
            let node = nodes.item(index).at(policy.kind());
            let span = self.policy_name(index, policy);
            let name = policy.name();
            self.check_name(name, "policy", span)?;
            let taken = match name {
                "all" => Some("`all` stands for all policies"),
                _ if name != policy.kind() && PolicyChoice::KINDS.contains(&name) => Some("this is a kind of policy"),
                _ => None,
            };
            if let Some(reason) = taken {
                return Err(self
                    .error(format!("a policy of kind `{}` may not be named `{name}`", policy.kind()), span, reason)
                    .with_help("choose another name"));
            }
            if let Some(first) = policies[..index].iter().position(|other| other.name() == name) {
                let twice = self.error(format!("two policies are named `{}`", shown(name)), span, "the second");
                let help = match node.member("name") {
                    Some(_) => "names are unique",
                    None => "two of one kind need names: add `\"name\": \"…\"` to one of them",
                };
                let first = self.policy_name(first, &policies[first]);
                return Err(self.sources.also(twice, first, "the first").with_help(help));
            }
            self.check_most("workers", policy.rules().workers, node.at("workers"))?;
        }
        Ok(())
    }

    /// Where a policy gets its name: its `name`, or its kind.
    fn policy_name(&self, index: usize, policy: &PolicyChoice) -> Span {
        let node = self.root.at("policies").item(index);
        match node.at(policy.kind()).member("name") {
            Some(name) => name.value.short_span(),
            None => node.member(policy.kind()).map_or(node.short_span(), |member| member.key_span),
        }
    }

    fn run(&self, form: &RunForm, arrivals: &Arrivals) -> Result<Run, Diagnostic> {
        let node = self.root.at("run");
        let end = match (form.requests, form.duration) {
            (Some(_), Some(_)) => {
                let both = self.error(
                    "a run ends after `requests` or after `duration`, not both",
                    self.key("run", "duration"),
                    "`duration` is given here",
                );
                let both = self.sources.also(both, self.key("run", "requests"), "`requests` is given here");
                return Err(both.with_help("leave out one of them, or set it to `null`"));
            }
            (Some(requests), None) => End::Requests(requests.get()),
            (None, Some(SimDuration::ZERO)) => {
                return Err(self
                    .error("the run ends before it begins", node.at("duration").short_span(), "a duration of 0")
                    .with_help("write a duration above 0, such as \"10m\""));
            }
            (None, Some(duration)) => End::Duration(duration),
            (None, None) if arrivals.count().is_some() => End::Arrivals,
            (None, None) => {
                let label = match self.root.member("run") {
                    Some(_) => "neither `requests` nor `duration` is in here",
                    None => "there is no `run` in here",
                };
                return Err(self.error("the run never ends", node.short_span(), label).with_help(
                    "these arrivals go on for ever: add `\"run\": { \"requests\": 10000 }`, or a `duration`",
                ));
            }
        };
        let max_in_flight = form.max_in_flight.get();
        if max_in_flight > MAX_IN_FLIGHT {
            return Err(self
                .error("too many in flight", node.at("max_in_flight").short_span(), format!("found {max_in_flight}"))
                .with_help(format!("write at most {MAX_IN_FLIGHT}")));
        }
        Ok(Run { end, seed: form.seed, max_in_flight })
    }

    fn check_most(&self, field: &str, number: u32, node: &Node) -> Result<(), Diagnostic> {
        if number <= MOST {
            return Ok(());
        }
        Err(self.error(format!("`{field}` must be at most {MOST}"), node.short_span(), format!("found {number}")))
    }

    fn check_number(&self, section: &str, number: usize) -> Result<(), Diagnostic> {
        if number <= MOST as usize {
            return Ok(());
        }
        let span = self.root.at(section).short_span();
        Err(self.error(format!("too many {section}: at most {MOST}"), span, format!("found {number}")))
    }

    /// Names stand in reports, and in paths such as `classes.page.weight`.
    fn check_name(&self, name: &str, what: &str, span: Span) -> Result<(), Diagnostic> {
        const IN_PATHS: [char; 4] = ['.', '=', '[', ']'];
        let reason = match name.chars().find(|c| IN_PATHS.contains(c) || c.is_control()) {
            _ if name.trim() != name => "begins or ends with a space".to_owned(),
            _ if name.is_empty() => "is empty".to_owned(),
            Some(c) if c.is_control() => "has a control character in it".to_owned(),
            Some(c) => format!("has a `{c}` in it"),
            None => return Ok(()),
        };
        Err(self
            .error(format!("a {what} may not be named `{}`", shown(name)), span, format!("the name {reason}"))
            .with_help("a name is any text without `.`, `=`, `[`, `]`, such as `page` or `product list`"))
    }
}
