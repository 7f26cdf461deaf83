//! `[warn:] [during FAULT:] [policy.][class.]metric OP value`, from its text; `faults` reads what is about faults.

use crate::model::{ClassId, Metric};
use crate::scenario::diagnostic::{Diagnostic, did_you_mean, list, shown};
use crate::scenario::part::Part;

use super::bound::bound;
use super::faults::DURING;
use super::names::{ALL, Names, WARN, class_metrics, groups, metrics_help};
use super::{Comparison, Objective, Place};

/// What an objective is like.
const HELP: &str = "write `[policy.][class.]metric`, a comparison and a bound, such as `async.p99 < 400ms`";

/// What is meant: whose metric.
pub(super) struct Subject {
    pub policy: Option<usize>,
    pub class: Option<ClassId>,
    pub metric: Metric,
}

/// A name before the metric.
#[derive(Clone, Copy)]
enum Prefix {
    All,
    Policy(usize),
    Class(ClassId),
}

impl Names<'_> {
    /// Reads an objective.
    pub fn objective(&self, text: Part<'_>) -> Result<Objective, Diagnostic> {
        let whole = text.trim();
        if whole.text.is_empty() {
            return Err(text.error("an objective is empty", "nothing to compare").with_help(HELP));
        }
        let rest = whole.text.strip_prefix(WARN).map(|rest| whole.split_at(whole.text.len() - rest.len()).1);
        if rest.is_none() {
            self.check_beginning(whole)?;
        }
        let (during, asked) = self.during(rest.unwrap_or(whole).trim())?;
        let (subject, sign, value) = split(asked)?;
        let Subject { policy, class, metric } = match self.recovered(subject)? {
            Some(recovery) => recovery,
            None => self.subject(subject)?,
        };
        if during.is_some() && !metric.is_of_parts() {
            return Err(subject
                .error(format!("`{}` is of the whole run", shown(subject.text)), "not known during a fault")
                .with_help("during a fault there are response times, slowdowns, waiting times, counts, `error_rate`, `throughput` and `goodput`"));
        }
        let comparison = comparison(sign)?;
        let bound = bound(sign, value, comparison, metric, &self.metric_name(metric))?;
        Ok(Objective {
            text: text.text.to_owned(),
            warns: rest.is_some(),
            during,
            policy,
            class,
            metric,
            comparison,
            bound: bound.number,
            is_share: bound.is_share,
            place: Place::of(whole),
        })
    }

    /// What begins like `warn:`, and no name does, was meant to be that.
    fn check_beginning(&self, text: Part<'_>) -> Result<(), Diagnostic> {
        let Some(beginning) = text.text.split_once(':').map(|(word, _)| text.slice(0, word.len() + 1)) else {
            return Ok(());
        };
        if beginning.text.starts_with(DURING) {
            return Ok(());
        }
        let word = beginning.text.to_lowercase();
        let is_meant = word.starts_with("warn") || did_you_mean(&word, [WARN]).is_some();
        if !is_meant || self.policies.iter().chain(&self.classes).any(|name| name.starts_with(beginning.text)) {
            return Ok(());
        }
        Err(beginning
            .error(format!("unknown beginning `{}`", shown(beginning.text)), "no such beginning")
            .with_help(format!("an objective that only warns begins with `{WARN}`")))
    }

    /// `[policy.][class.]metric`. The metric is as long as it can be: `slowdown.p99` is no class.
    fn subject(&self, subject: Part<'_>) -> Result<Subject, Diagnostic> {
        let dotted = Dotted::read(subject)?;
        for first in 0..dotted.names.len() {
            if let Some(metric) = self.metric(&dotted.names[first..])? {
                return self.subject_of(metric, first, &dotted);
            }
        }
        Err(self.no_metric(&dotted))
    }

    /// Whose metric it is, which begins with the name of that number.
    fn subject_of(&self, metric: Metric, first: usize, dotted: &Dotted<'_>) -> Result<Subject, Diagnostic> {
        if first > 0 && self.is_group(dotted.names[first - 1].text) {
            return Err(unknown_metric(dotted.from(first - 1)));
        }
        let (policy, class) = self.whose(&dotted.names[..first])?;
        if class.is_some() && !metric.is_of_classes() {
            let part = dotted.from(first);
            return Err(part
                .error(format!("`{}` is not known class by class", shown(part.text)), "of all requests of a policy")
                .with_help(format!("metrics of classes: {}", list(class_metrics()))));
        }
        Ok(Subject { policy, class, metric })
    }

    /// What is wrong with names that end with no metric.
    fn no_metric(&self, dotted: &Dotted<'_>) -> Diagnostic {
        let names = &dotted.names;
        let known = names.iter().take(2).take_while(|name| self.prefix(name.text).is_some()).count();
        match names.get(known) {
            None => nothing_named(dotted.from(0), true),
            // A name of no one before what may be a metric.
            Some(unknown) if known + 1 < names.len() && !self.is_group(unknown.text) => {
                self.unknown_name(*unknown, known)
            }
            Some(_) => unknown_metric(dotted.from(known)),
        }
    }

    /// The metric that stands alone in a text.
    pub fn metric_named(&self, part: Part<'_>) -> Result<Metric, Diagnostic> {
        let subject = self.subject(part)?;
        if subject.policy.is_none() && subject.class.is_none() {
            return Ok(subject.metric.of_answered());
        }
        let name = self.metric_name(subject.metric);
        Err(part
            .error("a metric of every policy is expected", "names a policy or a class")
            .with_help(format!("write `{name}`")))
    }

    /// The policy and class before a metric.
    fn whose(&self, names: &[Part<'_>]) -> Result<(Option<usize>, Option<ClassId>), Diagnostic> {
        let found = |index: usize| self.prefix(names[index].text).ok_or_else(|| self.unknown_name(names[index], index));
        let is_no = |part: Part<'_>, what: &str, wanted: &str| {
            let named = shown(part.text);
            part.error(format!("`{named}` is a {what}, not a {wanted}"), format!("expected a {wanted} here"))
                .with_help("the policy comes first, then the class, then the metric, such as `async.page.p99`")
        };
        match names {
            [] => Ok((None, None)),
            [_] => Ok(match found(0)? {
                Prefix::All => (None, None),
                Prefix::Policy(policy) => (Some(policy), None),
                Prefix::Class(class) => (None, Some(class)),
            }),
            [first, second] => {
                let policy = match found(0)? {
                    Prefix::All => None,
                    Prefix::Policy(policy) => Some(policy),
                    Prefix::Class(_) => return Err(is_no(*first, "class", "policy")),
                };
                match found(1)? {
                    Prefix::All => Ok((policy, None)),
                    Prefix::Class(class) => Ok((policy, Some(class))),
                    Prefix::Policy(_) => Err(is_no(*second, "policy", "class")),
                }
            }
            [_, _, third, ..] => {
                Err(third.error("too many names before the metric", "at most a policy and a class").with_help(HELP))
            }
        }
    }

    fn prefix(&self, name: &str) -> Option<Prefix> {
        if name == ALL {
            return Some(Prefix::All);
        }
        let policy = self.policies.iter().position(|policy| *policy == name).map(Prefix::Policy);
        let class = || self.classes.iter().position(|class| *class == name).and_then(|id| u16::try_from(id).ok());
        policy.or_else(|| class().map(|id| Prefix::Class(ClassId(id))))
    }

    /// Whether a name that is no policy or class begins the names of metrics, or nearly.
    fn is_group(&self, name: &str) -> bool {
        let known = self.policies.iter().chain(&self.classes).copied().chain([ALL]);
        did_you_mean(name, known).is_none() && did_you_mean(name, groups()).is_some()
    }

    /// A name that is no policy or class; `index` is its place before the metric.
    fn unknown_name(&self, name: Part<'_>, index: usize) -> Diagnostic {
        let policies = if index == 0 { &self.policies[..] } else { &[] };
        let known = || policies.iter().chain(&self.classes).copied().chain([ALL]);
        let (what, listed) = match policies {
            [] => ("class", String::new()),
            policies => ("policy or class", format!("policies: {}; ", list(policies.iter().copied()))),
        };
        let classes = list(self.classes.iter().copied());
        let meant = did_you_mean(name.text, known());
        let meant = meant.map_or(String::new(), |meant| format!("; did you mean `{}`?", shown(meant)));
        name.error(format!("unknown {what} `{}`", shown(name.text)), format!("no such {what}"))
            .with_help(format!("{listed}classes: {classes}; or `{ALL}`{meant}"))
    }
}

/// Names with dots between them.
struct Dotted<'a> {
    whole: Part<'a>,
    names: Vec<Part<'a>>,
    /// Where each name begins, in bytes.
    starts: Vec<usize>,
}

impl<'a> Dotted<'a> {
    fn read(whole: Part<'a>) -> Result<Self, Diagnostic> {
        let behind_dots = whole.text.match_indices('.').map(|(at, _)| at + 1);
        let starts: Vec<usize> = std::iter::once(0).chain(behind_dots).collect();
        let ends = starts.iter().skip(1).map(|next| next - 1).chain([whole.text.len()]);
        let names: Vec<_> = starts.iter().zip(ends).map(|(start, end)| whole.slice(*start, end).trim()).collect();
        match names.iter().position(|name| name.text.is_empty()) {
            Some(empty) => Err(nothing_named(names[empty], empty + 1 == names.len())),
            None => Ok(Self { whole, names, starts }),
        }
    }

    /// The names from that number on, as they are written.
    fn from(&self, index: usize) -> Part<'a> {
        self.whole.split_at(self.starts[index]).1.trim()
    }
}

fn nothing_named(part: Part<'_>, is_last: bool) -> Diagnostic {
    let (message, label) = match (part.text, is_last) {
        ("", false) => ("a name is missing".to_owned(), "nothing before the dot"),
        ("", true) => ("a metric is missing".to_owned(), "expected a metric here"),
        (names, _) => (format!("a metric of `{}` is missing", shown(names)), "this names no metric"),
    };
    part.error(message, label).with_help(HELP)
}

/// Subject, comparison and value. The comparison is the last there is: names may hold `<`, values do not.
fn split(text: Part<'_>) -> Result<(Part<'_>, Part<'_>, Part<'_>), Diagnostic> {
    let is_sign = |c: char| matches!(c, '<' | '>' | '=' | '!' | '≤' | '≥' | '≠');
    let Some(end) = text.text.rfind(is_sign).map(|at| at + text.text[at..].chars().next().map_or(0, char::len_utf8))
    else {
        let signs = list(Comparison::ALL.map(Comparison::sign));
        return Err(text
            .error("an objective compares a metric with a bound", "no comparison in here")
            .with_help(format!("{HELP}; comparisons: {signs}")));
    };
    let start = text.text[..end].trim_end_matches(is_sign).len();
    let (subject, rest) = text.split_at(start);
    let (sign, value) = rest.split_at(end - start);
    Ok((subject.trim(), sign, value.trim()))
}

fn comparison(sign: Part<'_>) -> Result<Comparison, Diagnostic> {
    let signs = Comparison::ALL.map(Comparison::sign);
    let found = Comparison::ALL.into_iter().find(|comparison| comparison.sign() == sign.text);
    found.ok_or_else(|| {
        let meant = match sign.text {
            "=" | "===" => Some("=="),
            "=<" | "≤" => Some("<="),
            "=>" | "≥" => Some(">="),
            "<<" => Some("<"),
            ">>" => Some(">"),
            _ => None,
        };
        let meant = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
        sign.error(format!("unknown comparison `{}`", shown(sign.text)), "no such comparison")
            .with_help(format!("comparisons: {}{meant}", list(signs)))
    })
}

fn unknown_metric(part: Part<'_>) -> Diagnostic {
    part.error(format!("unknown metric `{}`", shown(part.text)), "no such metric").with_help(metrics_help(part.text))
}
