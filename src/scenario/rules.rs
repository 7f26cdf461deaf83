//! What must hold between the values of a scenario, and the valid scenario made of them.

use crate::model::{BackendId, Machine, PhaseKind, Quantum, SimDuration};
use crate::policy::PolicyChoice;
use crate::random::{Arrivals, Distribution, Phase, RequestClass, Workload};

use super::diagnostic::{Diagnostic, allowed_names, shown};
use super::document::Node;
use super::explain::said;
use super::format::{ClassForm, MachineForm, PhaseForm, RunForm, ScenarioForm};
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
    pub backends: Vec<String>,
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
    let backends = rules.backends(form.backends.keys())?;
    let mut classes = Vec::with_capacity(form.classes.len());
    rules.check_class_names(form.classes.keys(), &form.policies)?;
    for (name, class) in form.classes {
        classes.push(rules.class(name, class, &backends, load)?);
    }
    rules.check_weights(&classes)?;
    let arrivals = rules.arrivals(form.arrivals, &classes, load)?;
    Ok(Parts {
        machine: rules.machine(&form.machine)?,
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
        backends: &[String],
        load: &mut Load<'_>,
    ) -> Result<RequestClass, Diagnostic> {
        let nodes = self.root.at("classes").at(&name).at("phases");
        let mut phases = Vec::with_capacity(form.phases.len());
        for (index, phase) in form.phases.into_iter().enumerate() {
            phases.push(self.phase(phase, nodes.item(index), backends, load)?);
        }
        Ok(RequestClass { name, weight: form.weight, phases })
    }

    fn phase(
        &self,
        form: PhaseForm,
        node: &Node,
        backends: &[String],
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
        };
        self.load_files(&mut demand, node, load)?;
        Ok(Phase { kind, demand })
    }

    fn backend(&self, name: &str, node: &Node, backends: &[String]) -> Result<BackendId, Diagnostic> {
        let number = backends.iter().position(|backend| backend == name);
        number.and_then(|number| u16::try_from(number).ok()).map(BackendId).ok_or_else(|| {
            let help = allowed_names("declared backends", name, backends.iter().map(String::as_str));
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
    fn backends<'n>(&self, declared: impl ExactSizeIterator<Item = &'n String>) -> Result<Vec<String>, Diagnostic> {
        self.check_number("backends", declared.len())?;
        let mut backends = vec!["db".to_owned()];
        for name in declared {
            self.check_name(name, "backend", self.key("backends", name))?;
            if name != "db" {
                backends.push(name.clone());
            }
        }
        Ok(backends)
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
                if !classes.iter().any(|class| class.name == *name) {
                    let span = node.at("at").item(index).at("class").short_span();
                    let help = allowed_names("classes", name, classes.iter().map(|class| class.name.as_str()));
                    return Err(self
                        .error(format!("unknown class `{}`", shown(name)), span, "no such class")
                        .with_help(help));
                }
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
        if form.quantum == SimDuration::ZERO {
            return Err(self
                .error("the quantum is 0", node.at("quantum").short_span(), "nothing would ever run")
                .with_help("write a duration above 0, such as \"4ms\""));
        }
        let cores = form.cores.get();
        self.check_most("cores", cores, node.at("cores"))?;
        Ok(Machine { cores, quantum: Quantum::RoundRobin(form.quantum) })
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
        Ok(Run { end, seed: form.seed })
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
