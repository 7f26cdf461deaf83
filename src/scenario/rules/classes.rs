//! Rules about classes and their phases.

use std::collections::HashSet;

use indexmap::IndexMap;

use crate::model::{Backend, BackendId, Call, Held, OnTimeout, PhaseKind, SimDuration};
use crate::policy::PolicyChoice;
use crate::random::{Phase, RequestClass, SinglePhase};

use super::super::diagnostic::{Diagnostic, allowed_names, shown};
use super::super::document::Element;
use super::super::format::{ClassForm, HoldForm, MaybeForm, ParallelForm, PhaseForm, WaitForm};
use super::super::objective::{Names, is_ambiguous};
use super::super::source::Span;
use super::{Checker, LoadFile};

impl Checker<'_> {
    pub(super) fn class(
        &self,
        name: String,
        form: ClassForm,
        node: &Element,
        backends: &IndexMap<String, Backend>,
        load: &mut LoadFile<'_>,
    ) -> Result<RequestClass, Diagnostic> {
        let ClassForm { weight, priority, limit, mut timeout, phases } = form;
        if let Some(timeout) = &mut timeout {
            self.load_files(timeout, node.at("timeout"), load)?;
        }
        let phases = self.phases(phases, node.at("phases"), backends, load)?;
        Ok(RequestClass { name, weight, priority, limit, timeout, phases })
    }

    fn phases(
        &self,
        forms: Vec<PhaseForm>,
        nodes: &Element,
        backends: &IndexMap<String, Backend>,
        load: &mut LoadFile<'_>,
    ) -> Result<Vec<Phase>, Diagnostic> {
        let numbered = forms.into_iter().enumerate();
        numbered.map(|(index, form)| self.phase(form, nodes.item(index), backends, load)).collect()
    }

    pub(super) fn phase(
        &self,
        form: PhaseForm,
        node: &Element,
        backends: &IndexMap<String, Backend>,
        load: &mut LoadFile<'_>,
    ) -> Result<Phase, Diagnostic> {
        let (kind, mut demand, call) = match form {
            PhaseForm::Framework(demand) => (PhaseKind::Framework, demand, Call::default()),
            PhaseForm::Compute(demand) => (PhaseKind::Compute, demand, Call::default()),
            PhaseForm::Sleep(demand) => (PhaseKind::Sleep, demand, Call::default()),
            PhaseForm::Db(db) => {
                let (demand, blocking, call) = db.into_parts();
                self.check_call(call, node.at("db"))?;
                (PhaseKind::Backend { backend: BackendId(0), blocking }, demand, call)
            }
            PhaseForm::Wait(wait) => {
                let WaitForm { backend, time, blocking, timeout, on_timeout, retries } = wait;
                let (call, node) = (Call { timeout, on_timeout, retries }, node.at("wait"));
                self.check_call(call, node)?;
                let backend = self.backend(&backend, node.at("backend"), backends)?;
                (PhaseKind::Backend { backend, blocking }, time, call)
            }
            PhaseForm::Parallel(parallel) => return self.parallel(parallel, node.at("parallel"), backends, load),
            PhaseForm::Hold(hold) => return self.hold(hold, node.at("hold"), backends, load),
            PhaseForm::Maybe(MaybeForm { probability, phases }) => {
                let node = node.at("maybe");
                self.check_probability("probability", probability, node.at("probability"))?;
                let phases = self.phases(phases, node.at("phases"), backends, load)?;
                return Ok(Phase::Maybe { probability, phases });
            }
        };
        self.load_files(&mut demand, node, load)?;
        Ok(Phase::Single(SinglePhase { kind, demand, call }))
    }

    fn hold(
        &self,
        form: HoldForm,
        node: &Element,
        backends: &IndexMap<String, Backend>,
        load: &mut LoadFile<'_>,
    ) -> Result<Phase, Diagnostic> {
        let HoldForm { backend: name, blocking, phases } = form;
        let place = node.at("backend");
        let backend = self.backend(&name, place, backends)?;
        if backends[usize::from(backend.0)].pool.is_none() {
            let name = shown(&name);
            return Err(self
                .error(format!("backend `{name}` has no `pool`"), place.short_span(), "there is no connection to hold")
                .with_help(format!(
                    "add a pool to the backend, such as \"{name}\": {{ \"pool\": {{ \"size\": 10 }} }}"
                )));
        }
        let phases = self.phases(phases, node.at("phases"), backends, load)?;
        let parallel = phases.iter().position(|phase| asks_in_parallel(phase, backend));
        if let Some(place) = parallel {
            let span = node.at("phases").item(place).short_span();
            return Err(self.at_once_on_one_connection(&name, span));
        }
        Ok(Phase::Hold { backend, blocking, phases })
    }

    /// A connection runs one query at a time: asyncpg and SQLAlchemy raise an error, psycopg runs one after another.
    fn at_once_on_one_connection(&self, backend: &str, span: Span) -> Diagnostic {
        let backend = shown(backend);
        self.error(
            format!("parallel queries of `{backend}` on one connection"),
            span,
            format!("the request holds a connection to `{backend}`, which runs one query at a time"),
        )
        .with_help("write the queries one after another, or take them out of the `hold`")
    }

    fn check_call(&self, call: Call, node: &Element) -> Result<(), Diagnostic> {
        let Call { timeout, on_timeout, retries: _ } = call;
        match (timeout, on_timeout) {
            (Some(SimDuration::ZERO), _) => Err(self
                .error("`timeout` must be above 0", node.at("timeout").short_span(), "found 0")
                .with_help("write a duration such as \"2s\", or omit it to wait without limit")),
            (None, OnTimeout::Continue) => Err(self
                .error("`on_timeout` needs `timeout`", node.at("on_timeout").short_span(), "found no `timeout`")
                .with_help("add `timeout`, such as \"2s\", or remove `on_timeout`")),
            (Some(_), OnTimeout::Continue) | (Some(_) | None, OnTimeout::Fail) => Ok(()),
        }
    }

    /// A field that is a probability.
    pub(super) fn check_probability(&self, field: &str, probability: f64, node: &Element) -> Result<(), Diagnostic> {
        if (0.0..=1.0).contains(&probability) {
            return Ok(());
        }
        Err(self
            .error(format!("`{field}` must be from 0 to 1"), node.short_span(), format!("found {probability}"))
            .with_help("write a percentage such as \"20%\", or a number such as 0.2"))
    }

    pub(super) fn parallel(
        &self,
        form: ParallelForm,
        node: &Element,
        backends: &IndexMap<String, Backend>,
        load: &mut LoadFile<'_>,
    ) -> Result<Phase, Diagnostic> {
        let (waits, concurrent) = form.into_parts();
        let nodes = if node.items().is_empty() { node.at("waits") } else { node };
        if waits.is_empty() {
            return Err(self
                .error("`parallel` must have at least one wait", node.short_span(), "empty list")
                .with_help("list waits, such as [{ \"db\": \"20ms\" }, { \"sleep\": \"5ms\" }]"));
        }
        let mut branches = Vec::with_capacity(waits.len());
        for (index, wait) in waits.into_iter().enumerate() {
            let node = nodes.item(index);
            let problem = match self.phase(wait, node, backends, load)? {
                Phase::Parallel { branches: _, concurrent: _ } => "a `parallel` phase inside another one",
                Phase::Maybe { probability: _, phases: _ } => "a `maybe` phase, not a wait",
                Phase::Hold { backend: _, blocking: _, phases: _ } => "a `hold` phase, not a wait",
                Phase::Single(phase) => match phase.kind {
                    PhaseKind::Framework | PhaseKind::Compute => "CPU work, not a wait",
                    PhaseKind::Backend { backend: _, blocking: true } => "a blocking wait",
                    PhaseKind::Backend { backend, blocking: false }
                        if backends[usize::from(backend.0)].client.is_some() =>
                    {
                        "the backend has a `client`, which does CPU work"
                    }
                    PhaseKind::Backend { backend, blocking: false } if !is_held_for_query(backends, backend) => {
                        "requests hold one connection to the backend (`held`), which runs one query at a time"
                    }
                    PhaseKind::Backend { backend: _, blocking: false } | PhaseKind::Sleep => {
                        branches.push(phase);
                        continue;
                    }
                },
            };
            let help = "a `parallel` phase takes `db`, `wait` and `sleep` phases that are not blocking, on backends without a `client` or `held`";
            return Err(self
                .error("this phase cannot be inside `parallel`", node.short_span(), problem)
                .with_help(help));
        }
        Ok(Phase::Parallel { branches, concurrent })
    }

    pub(super) fn backend(
        &self,
        name: &str,
        node: &Element,
        backends: &IndexMap<String, Backend>,
    ) -> Result<BackendId, Diagnostic> {
        let number = backends.get_index_of(name);
        number.and_then(|number| u16::try_from(number).ok()).map(BackendId).ok_or_else(|| {
            let help = allowed_names("declared backends", name, backends.keys().map(String::as_str));
            self.error(format!("unknown backend `{}`", shown(name)), node.short_span(), "no such backend")
                .with_help(help)
        })
    }

    /// The classes that a thread pool names must exist.
    pub(super) fn check_thread_pools(&self, policies: &[PolicyChoice], names: &Names<'_>) -> Result<(), Diagnostic> {
        for (index, policy) in policies.iter().enumerate() {
            let Some(pool) = policy.rules().thread_pool else { continue };
            let node = self.root.at("policies").item(index).at(policy.kind()).at("thread_pool").at("classes");
            for (index, name) in pool.classes.iter().flatten().enumerate() {
                self.check_class(name, node.item(index), names)?;
            }
        }
        Ok(())
    }

    pub(super) fn check_class(&self, name: &str, node: &Element, names: &Names<'_>) -> Result<(), Diagnostic> {
        if names.has_class(name) {
            return Ok(());
        }
        let help = allowed_names("classes", name, names.classes());
        Err(self.error(format!("unknown class `{}`", shown(name)), node.short_span(), "no such class").with_help(help))
    }

    pub(super) fn check_class_names<'n>(
        &self,
        names: impl ExactSizeIterator<Item = &'n String>,
        policies: &[PolicyChoice],
    ) -> Result<(), Diagnostic> {
        if names.len() == 0 {
            let span = self.root.at("classes").short_span();
            return Err(self.error("`classes` must have at least one class", span, "empty object").with_help(
                "add a class, such as `\"page\": { \"phases\": [{ \"compute\": \"10ms\" }, { \"db\": \"80ms\" }] }`",
            ));
        }
        self.check_number("classes", names.len())?;
        let of_policies: HashSet<&str> = policies.iter().map(PolicyChoice::name).collect();
        for (name, member) in names.zip(self.root.at("classes").members()) {
            let span = member.key_span;
            self.check_name(name, "class", span)?;
            let taken = match name.as_str() {
                "all" => Some("`all` stands for all classes".to_owned()),
                _ if PolicyChoice::KINDS.contains(&name.as_str()) => Some("this is a kind of policy".to_owned()),
                _ if of_policies.contains(name.as_str()) => Some("a policy has this name".to_owned()),
                _ => is_ambiguous(name),
            };
            if let Some(reason) = taken {
                return Err(self
                    .error(format!("a class may not be named `{}`", shown(name)), span, reason)
                    .with_help("choose another name: reports and objectives refer to classes and policies by name"));
            }
        }
        Ok(())
    }

    pub(super) fn check_weights(&self, classes: &[RequestClass]) -> Result<(), Diagnostic> {
        if classes.iter().any(|class| class.weight > 0.0) {
            return Ok(());
        }
        let Some(class) = classes.first() else { return Ok(()) };
        let weight = self.root.at("classes").at(&class.name).at("weight");
        Err(self
            .error("at least one class must have a weight above 0", weight.short_span(), "all weights are 0")
            .with_help("write a weight above 0, or omit `weight`, which is 1 by default"))
    }
}

/// Whether requests hold a connection to a backend for each query, and not longer.
fn is_held_for_query(backends: &IndexMap<String, Backend>, backend: BackendId) -> bool {
    backends[usize::from(backend.0)].held() == Held::Query
}

/// Whether a phase has parallel queries of a backend, except on a connection taken inside it.
fn asks_in_parallel(phase: &Phase, asked: BackendId) -> bool {
    match phase {
        Phase::Single(_) => false,
        Phase::Parallel { branches, concurrent: _ } => {
            branches.iter().any(|branch| branch.kind.backend() == Some(asked))
        }
        Phase::Maybe { probability: _, phases } => phases.iter().any(|phase| asks_in_parallel(phase, asked)),
        // The hold inside has been checked.
        Phase::Hold { backend, blocking: _, phases } => {
            *backend != asked && phases.iter().any(|phase| asks_in_parallel(phase, asked))
        }
    }
}
