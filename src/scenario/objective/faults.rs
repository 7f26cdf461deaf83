//! `during NAME: …` and `[policy.][class.]recovered NAME OP value`: objectives about a fault.

use crate::model::{ClassId, FaultId, Metric};
use crate::scenario::diagnostic::{Diagnostic, did_you_mean, list, shown};
use crate::scenario::part::Part;

use super::expression::{Target, alone, both};
use super::names::Names;

/// Before the name of a fault: an objective on the requests that arrived during it.
pub(super) const DURING: &str = "during";
/// Before the name of a fault: the time until users no longer notice it.
pub(super) const RECOVERED: &str = "recovered";

/// The parts of `[policy.][class.]recovered NAME`.
struct Recovered<'a> {
    policy: Option<usize>,
    class: Option<ClassId>,
    /// The name of the fault.
    name: Part<'a>,
}

/// The rest of an objective after its first word; `None` if it begins with another word.
fn after<'a>(word: &str, text: Part<'a>) -> Option<Part<'a>> {
    let rest = text.text.strip_prefix(word)?;
    let ends = rest.is_empty() || rest.starts_with(char::is_whitespace);
    ends.then(|| text.split_at(word.len()).1.trim())
}

impl Names<'_> {
    /// Reads `during NAME:` at the beginning of an objective, if present, and returns the rest.
    pub(super) fn during<'a>(&self, text: Part<'a>) -> Result<(Option<FaultId>, Part<'a>), Diagnostic> {
        let Some(rest) = after(DURING, text) else { return Ok((None, text)) };
        // The longest name wins: names may contain colons.
        let behind = |name: &str| rest.text.strip_prefix(name)?.trim_start().strip_prefix(':').map(str::len);
        let found = self.faults().filter_map(|(id, name)| Some((id, behind(name)?)));
        if let Some((id, left)) = found.min_by_key(|(_, left)| *left) {
            return Ok((Some(id), rest.split_at(rest.text.len() - left).1.trim()));
        }
        match rest.split_once(':') {
            Some((name, _)) => Err(self.unknown_fault(name.trim())),
            None => Err(text
                .error("a `:` is missing after the name of the fault", "found none")
                .with_help("write `during NAME: [policy.][class.]metric`, such as `during payments: p95 < 1s`")),
        }
    }

    /// The recovery time that a subject refers to, if it does.
    pub(super) fn recovered(&self, subject: Part<'_>) -> Result<Option<Target>, Diagnostic> {
        let Some(Recovered { policy, class, name }) = self.before_recovered(subject)? else { return Ok(None) };
        match self.faults().find(|(_, fault)| *fault == name.text) {
            Some((id, _)) => Ok(Some(Target { policy, class, metric: Metric::Recovery(id) })),
            None => Err(self.unknown_fault(name)),
        }
    }

    /// What comes before `recovered`, and the name after it. Names may contain dots: the longest declared ones match.
    fn before_recovered<'a>(&self, subject: Part<'a>) -> Result<Option<Recovered<'a>>, Diagnostic> {
        if let Some(name) = after(RECOVERED, subject) {
            return Ok(Some(Recovered { policy: None, class: None, name }));
        }
        for (first, first_name, rest) in self.heads(subject) {
            for (second, second_name, rest) in self.heads(rest) {
                if let Some(name) = after(RECOVERED, rest) {
                    let (policy, class) = both(first, first_name, second, second_name)?;
                    return Ok(Some(Recovered { policy, class, name }));
                }
            }
            if let Some(name) = after(RECOVERED, rest) {
                let (policy, class) = alone(first);
                return Ok(Some(Recovered { policy, class, name }));
            }
        }
        Ok(None)
    }

    fn unknown_fault(&self, name: Part<'_>) -> Diagnostic {
        let names: Vec<&str> = self.faults().map(|(_, name)| name).collect();
        if name.text.is_empty() {
            return name
                .error("the name of a fault is missing", "expected a name here")
                .with_help("write `during NAME: p95 < 1s`, or `recovered NAME < 30s`");
        }
        let help = match (&names[..], did_you_mean(name.text, names.iter().copied())) {
            ([], _) => "no fault of this scenario has a `name`".to_owned(),
            (names, None) => format!("faults: {}", list(names.iter().copied())),
            (names, Some(meant)) => {
                format!("faults: {}; did you mean `{}`?", list(names.iter().copied()), shown(meant))
            }
        };
        name.error(format!("unknown fault `{}`", shown(name.text)), "no fault has this name").with_help(help)
    }
}
