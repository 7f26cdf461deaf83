//! Rules about faults.

use std::num::NonZeroU32;

use indexmap::IndexMap;

use crate::model::{Backend, Fault, FaultKind, Replicas, SimDuration, Slowness};
use crate::scenario::diagnostic::{Diagnostic, shown};
use crate::scenario::document::Element;
use crate::scenario::format::{DownForm, FaultForm, RestartForm, SlowForm};

use super::Checker;

/// Maximum number of named faults: each has its own results for every policy.
const MOST_NAMED: usize = 100;

impl Checker<'_> {
    pub(super) fn faults(
        &self,
        forms: &[FaultForm],
        backends: &IndexMap<String, Backend>,
        replicas: &Replicas,
    ) -> Result<Vec<Fault>, Diagnostic> {
        let nodes = self.root.at("faults");
        self.check_number("faults", forms.len())?;
        self.check_fault_names(forms, nodes)?;
        let faults =
            forms.iter().enumerate().map(|(index, form)| self.fault(form, nodes.item(index), backends, replicas));
        faults.collect()
    }

    fn check_fault_names(&self, forms: &[FaultForm], nodes: &Element) -> Result<(), Diagnostic> {
        let mut names: IndexMap<&str, usize> = IndexMap::new();
        for (index, form) in forms.iter().enumerate() {
            let Some(name) = &form.name else { continue };
            let span = nodes.item(index).at("name").short_span();
            self.check_name(name, "fault", span)?;
            if names.insert(name, index).is_some() {
                return Err(self
                    .error(format!("two faults are named `{}`", shown(name)), span, "the second fault with this name")
                    .with_help("choose different names or omit them; to repeat a fault, use `every`"));
            }
            if names.len() > MOST_NAMED {
                return Err(self
                    .error("too many faults have names", span, format!("named fault number {}", names.len()))
                    .with_help(format!("name at most {MOST_NAMED} faults: those that objectives refer to")));
            }
        }
        Ok(())
    }

    fn fault(
        &self,
        form: &FaultForm,
        node: &Element,
        backends: &IndexMap<String, Backend>,
        replicas: &Replicas,
    ) -> Result<Fault, Diagnostic> {
        let FaultForm { name, at, span, every, slow, down, restart, cores, replica } = form;
        let place = |number: Option<NonZeroU32>| number.map(|number| number.get() - 1);
        let replica = place(*replica);
        let backend = |kind: &str, name: &str| self.backend(name, node.at(kind).at("backend"), backends);
        let mut kinds = Vec::new();
        if let Some(slow) = slow {
            let by = self.slowness(slow, node.at("slow"))?;
            kinds.push(FaultKind::Slow { backend: backend("slow", &slow.backend)?, by });
        }
        if let Some(DownForm { backend: name }) = down {
            kinds.push(FaultKind::Down { backend: backend("down", name)? });
        }
        kinds.extend(
            restart.as_ref().map(|RestartForm { worker }| FaultKind::Restart { replica, worker: place(*worker) }),
        );
        kinds.extend(cores.map(|cores| FaultKind::Cores { replica, cores }));
        let [kind] = kinds[..] else {
            let label = if kinds.is_empty() { "found none of them" } else { "found more than one" };
            return Err(self
                .error(
                    "a fault must have exactly one of `slow`, `down`, `restart` and `cores`",
                    node.short_span(),
                    label,
                )
                .with_help("write one of them, such as \"slow\": { \"backend\": \"db\", \"factor\": 5 }"));
        };
        self.check_repetition(form, node)?;
        self.check_replica(form, &kind, node, replicas)?;
        Ok(Fault { name: name.clone(), at: *at, span: *span, every: *every, kind })
    }

    /// A fault of one replica is of a kind that a replica has, and there is such a replica.
    fn check_replica(
        &self,
        form: &FaultForm,
        kind: &FaultKind,
        node: &Element,
        replicas: &Replicas,
    ) -> Result<(), Diagnostic> {
        let Some(number) = form.replica else { return Ok(()) };
        let span = node.at("replica").short_span();
        match kind {
            FaultKind::Slow { .. } | FaultKind::Down { .. } => Err(self
                .error("`replica` with a fault of a backend", span, "all replicas share the backends")
                .with_help("remove `replica`, or write a fault of the replica: `restart` or `cores`")),
            FaultKind::Restart { .. } | FaultKind::Cores { .. } if number.get() > replicas.count => {
                let help = match replicas.count {
                    1 => "remove `replica`, or increase `replicas.count`".to_owned(),
                    count => format!("write a number from 1 to {count}, or increase `replicas.count`"),
                };
                let count = format!("`replicas.count` is {}", replicas.count);
                Err(self.error(format!("there is no replica {number}"), span, count).with_help(help))
            }
            FaultKind::Restart { .. } | FaultKind::Cores { .. } => Ok(()),
        }
    }

    fn check_repetition(&self, form: &FaultForm, node: &Element) -> Result<(), Diagnostic> {
        let Some(every) = form.every.filter(|every| *every <= form.span) else { return Ok(()) };
        Err(self
            .error(
                "`every` must be longer than `for`",
                node.at("every").short_span(),
                format!("repeats every {every} but lasts {}", form.span),
            )
            .with_help("write a longer `every`; for a fault without end, omit it and write a long `for`"))
    }

    fn slowness(&self, slow: &SlowForm, node: &Element) -> Result<Slowness, Diagnostic> {
        let SlowForm { backend: _, factor, time } = slow;
        match (*factor, *time) {
            (Some(factor), None) if factor.is_finite() && factor >= 1.0 => Ok(Slowness::Factor(factor)),
            (Some(factor), None) => Err(self
                .error("`factor` must be at least 1", node.at("factor").short_span(), format!("found {factor}"))
                .with_help("write by how much queries are slowed down, such as 5")),
            (None, Some(SimDuration::ZERO)) => Err(self
                .error("`time` must be above 0", node.at("time").short_span(), "found 0")
                .with_help("write how long a query takes, such as \"5s\"")),
            (None, Some(time)) => Ok(Slowness::Time(time)),
            (None, None) => Err(self
                .error("`slow` must have either `factor` or `time`", node.short_span(), "found neither")
                .with_help(
                    "write by how much queries are slowed down (\"factor\": 5), or how long they take (\"time\": \"5s\")",
                )),
            (Some(_), Some(_)) => Err(self
                .error("`slow` must have either `factor` or `time`", node.short_span(), "found both")
                .with_help("remove one of them; two faults at the same time can have one each")),
        }
    }
}
