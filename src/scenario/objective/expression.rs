//! `[warn:] [policy.][class.]metric OP value`, from its text.

use crate::model::{ClassId, Metric};
use crate::scenario::diagnostic::{Diagnostic, did_you_mean, list, shown};
use crate::scenario::part::Part;

use super::bound::bound;
use super::names::{ALL, Names, WARN, class_metrics, groups, metric_like, metrics_help};
use super::{Comparison, Objective, Place};

/// What an objective is like.
const HELP: &str = "write `[policy.][class.]metric`, a comparison and a bound, such as `async.p99 < 400ms`";

/// What is meant: whose metric.
struct Subject {
    policy: Option<usize>,
    class: Option<ClassId>,
    metric: Metric,
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
        let (subject, sign, value) = split(rest.unwrap_or(whole).trim())?;
        let Subject { policy, class, metric } = self.subject(subject)?;
        let comparison = comparison(sign)?;
        let bound = bound(sign, value, comparison, metric, &self.metric_name(metric))?;
        Ok(Objective {
            text: text.text.to_owned(),
            warns: rest.is_some(),
            policy,
            class,
            metric,
            comparison,
            bound: bound.number,
            is_share: bound.is_share,
            place: Place::of(whole),
        })
    }

    /// `[policy.][class.]metric`. The metric is as long as it can be: `slowdown.p99` is no class.
    fn subject(&self, subject: Part<'_>) -> Result<Subject, Diagnostic> {
        let starts: Vec<usize> =
            std::iter::once(0).chain(subject.text.match_indices('.').map(|(at, _)| at + 1)).collect();
        let from = |index: usize| subject.split_at(starts[index]).1.trim();
        let name = |index: usize| {
            let end = starts.get(index + 1).map_or(subject.text.len(), |next| next - 1);
            subject.slice(starts[index], end).trim()
        };
        let names: Vec<Part<'_>> = (0..starts.len()).map(name).collect();
        for (index, name) in names.iter().enumerate() {
            if name.text.is_empty() {
                return Err(self.nothing_named(*name, index + 1 == names.len()));
            }
        }
        for first in 0..names.len() {
            if let Some(metric) = self.metric(&names[first..])? {
                let (policy, class) = self.whose(&names[..first], from(first))?;
                if class.is_some() && !metric.is_of_classes() {
                    let shown = shown(from(first).text);
                    return Err(from(first)
                        .error(format!("`{shown}` is not known class by class"), "of all requests of a policy")
                        .with_help(format!("metrics of classes: {}", list(class_metrics()))));
                }
                return Ok(Subject { policy, class, metric });
            }
        }
        let known = names.iter().take(2).take_while(|name| self.prefix(name.text).is_some()).count();
        match names.get(known) {
            None => Err(self.nothing_named(from(0), true)),
            // A name of no one before what may be a metric.
            Some(unknown) if known + 1 < names.len() && did_you_mean(unknown.text, groups()).is_none() => {
                Err(self.unknown_name(*unknown, known, from(known)))
            }
            Some(_) => Err(unknown_metric(from(known))),
        }
    }

    /// The metric that stands alone in a text.
    pub fn metric_named(&self, part: Part<'_>) -> Result<Metric, Diagnostic> {
        let subject = self.subject(part)?;
        if subject.policy.is_none() && subject.class.is_none() {
            return Ok(subject.metric);
        }
        let name = self.metric_name(subject.metric);
        Err(part
            .error("a metric of every policy is expected", "names a policy or a class")
            .with_help(format!("write `{name}`")))
    }

    /// The policy and class before a metric.
    fn whose(&self, names: &[Part<'_>], metric: Part<'_>) -> Result<(Option<usize>, Option<ClassId>), Diagnostic> {
        let found =
            |index: usize| self.prefix(names[index].text).ok_or_else(|| self.unknown_name(names[index], index, metric));
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

    /// A name that is no policy or class; `index` is its place before the metric.
    fn unknown_name(&self, name: Part<'_>, index: usize, metric: Part<'_>) -> Diagnostic {
        let what = if index == 0 { "policy or class" } else { "class" };
        let whole = format!("{}.{}", name.text, metric.text);
        let meant = metric_like(&whole).filter(|_| index == 0);
        let policies = || self.policies.iter().copied().filter(|_| index == 0);
        let known = policies().chain(self.classes.iter().copied());
        let mut help = match index {
            0 => format!("policies: {}; classes: {}", list(policies()), list(self.classes.iter().copied())),
            _ => format!("classes: {}", list(self.classes.iter().copied())),
        };
        help.push_str(&format!("; or `{ALL}`"));
        if let Some(meant) = meant.or_else(|| did_you_mean(name.text, known.chain([ALL]))) {
            help.push_str(&format!("; did you mean `{}`?", shown(meant)));
        }
        name.error(format!("unknown {what} `{}`", shown(name.text)), format!("no such {what}")).with_help(help)
    }

    fn nothing_named(&self, part: Part<'_>, is_last: bool) -> Diagnostic {
        let (message, label) = match (part.text, is_last) {
            ("", false) => ("a name is missing".to_owned(), "nothing before the dot"),
            ("", true) => ("a metric is missing".to_owned(), "expected a metric here"),
            (names, _) => (format!("a metric of `{}` is missing", shown(names)), "this names no metric"),
        };
        part.error(message, label).with_help(HELP)
    }
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
