//! Checker about what goes wrong during a run.

use indexmap::IndexMap;

use crate::model::{Backend, Fault, FaultKind, SimDuration, Slowness};
use crate::scenario::diagnostic::{Diagnostic, shown};
use crate::scenario::document::Element;
use crate::scenario::format::{DownForm, FaultForm, SlowForm};

use super::Checker;

/// Each fault has numbers of its own for each policy; more names are a slip of the finger.
const MOST_NAMED: usize = 100;

impl Checker<'_> {
    pub(super) fn faults(
        &self,
        forms: &[FaultForm],
        backends: &IndexMap<String, Backend>,
    ) -> Result<Vec<Fault>, Diagnostic> {
        let nodes = self.root.at("faults");
        self.check_number("faults", forms.len())?;
        self.check_fault_names(forms, nodes)?;
        let faults = forms.iter().enumerate().map(|(index, form)| self.fault(form, nodes.item(index), backends));
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
                    .error(format!("two faults are named `{}`", shown(name)), span, "the second one")
                    .with_help("give each fault a name of its own, or none; `every` repeats a fault"));
            }
            if names.len() > MOST_NAMED {
                return Err(self
                    .error("too many faults have names", span, format!("the {}th name", names.len()))
                    .with_help(format!("name at most {MOST_NAMED} faults, those that objectives ask about")));
            }
        }
        Ok(())
    }

    fn fault(
        &self,
        form: &FaultForm,
        node: &Element,
        backends: &IndexMap<String, Backend>,
    ) -> Result<Fault, Diagnostic> {
        let backend = |kind: &str, name: &str| self.backend(name, node.at(kind).at("backend"), backends);
        let mut kinds = Vec::new();
        if let Some(slow) = &form.slow {
            let by = self.slowness(slow, node.at("slow"))?;
            kinds.push(FaultKind::Slow { backend: backend("slow", &slow.backend)?, by });
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
        self.check_repetition(form, node)?;
        Ok(Fault { name: form.name.clone(), at: form.at, span: form.span, every: form.every, kind })
    }

    fn check_repetition(&self, form: &FaultForm, node: &Element) -> Result<(), Diagnostic> {
        let Some(every) = form.every.filter(|every| *every <= form.span) else { return Ok(()) };
        Err(self
            .error(
                "a fault begins again before it is over",
                node.at("every").short_span(),
                format!("every {every}, and it lasts {}", form.span),
            )
            .with_help("write an `every` that is longer than `for`; a fault without end has a long `for` instead"))
    }

    fn slowness(&self, slow: &SlowForm, node: &Element) -> Result<Slowness, Diagnostic> {
        match (slow.factor, slow.time) {
            (Some(factor), None) if factor.is_finite() && factor >= 1.0 => Ok(Slowness::Factor(factor)),
            (Some(factor), None) => Err(self
                .error("a slow backend is slower", node.at("factor").short_span(), format!("found {factor}"))
                .with_help("write how many times as long a query takes: 1 or more, such as 5")),
            (None, Some(SimDuration::ZERO)) => Err(self
                .error("a slow backend is slower", node.at("time").short_span(), "a duration of 0")
                .with_help("write how long a query takes, such as \"5s\"")),
            (None, Some(time)) => Ok(Slowness::Time(time)),
            (None, None) => Err(self
                .error("a slow backend has a `factor` or a `time`", node.short_span(), "neither in here")
                .with_help(
                    "write how many times as long a query takes (\"factor\": 5), or how long (\"time\": \"5s\")",
                )),
            (Some(_), Some(_)) => Err(self
                .error("a slow backend has a `factor` or a `time`", node.short_span(), "both in here")
                .with_help("remove one of them; two faults at the same time can have one each")),
        }
    }
}
