//! Reads `[warn:] [during FAULT:] [policy.][class.]metric OP value`; `faults` reads the parts about faults.

use crate::model::{ClassId, Metric};
use crate::scenario::diagnostic::{Diagnostic, did_you_mean, list, shown};
use crate::scenario::part::Part;

use super::bound::bound;
use super::faults::DURING;
use super::names::{ALL, Names, Prefix, WARN, class_metrics, groups, metrics_help};
use super::{Comparison, Objective, Origin};

/// How to write an objective.
const HELP: &str = "write `[policy.][class.]metric`, a comparison and a bound, such as `async.p99 < 400ms`";

/// The metric that an objective is about, and of what.
pub(super) struct Target {
    pub policy: Option<usize>,
    pub class: Option<ClassId>,
    pub metric: Metric,
}

impl Names<'_> {
    /// Reads an objective.
    pub fn objective(&self, text: Part<'_>) -> Result<Objective, Diagnostic> {
        let whole = text.trim();
        if whole.text.is_empty() {
            return Err(text.error("an objective must not be empty", "empty").with_help(HELP));
        }
        let rest = whole.text.strip_prefix(WARN).map(|rest| whole.split_at(whole.text.len() - rest.len()).1);
        if rest.is_none() {
            self.check_beginning(whole)?;
        }
        let (during, asked) = self.during(rest.unwrap_or(whole).trim())?;
        let (subject, sign, value) = split(asked)?;
        let Target { policy, class, metric } = match self.recovered(subject)? {
            Some(recovery) => recovery,
            None => self.subject(subject)?,
        };
        if during.is_some() && !metric.is_of_parts() {
            return Err(subject
                .error(format!("`{}` is measured over the whole run only", shown(subject.text)), "not available during a fault")
                .with_help("available during a fault: response times, slowdowns, waiting times, counts, `error_rate`, `throughput` and `goodput`"));
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
            origin: Origin::of(whole),
        })
    }

    /// A prefix that resembles `warn:`, and that is not the beginning of a name, is a misspelling.
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
            .error(format!("unknown prefix `{}`", shown(beginning.text)), "no such prefix")
            .with_help(format!("objectives that only warn begin with `{WARN}`")))
    }

    /// `[policy.][class.]metric`. Names may contain dots: the longest declared name that is followed by a metric matches.
    fn subject(&self, subject: Part<'_>) -> Result<Target, Diagnostic> {
        for (first, first_name, rest) in self.heads(subject) {
            for (second, second_name, rest) in self.heads(rest) {
                if let Some(metric) = self.metric(rest)? {
                    let (policy, class) = both(first, first_name, second, second_name)?;
                    return known_of(policy, class, metric, rest);
                }
            }
            if let Some(metric) = self.metric(rest)? {
                let (policy, class) = alone(first);
                return known_of(policy, class, metric, rest);
            }
        }
        match self.metric(subject)? {
            Some(metric) => known_of(None, None, metric, subject),
            None => Err(self.no_metric(subject)?),
        }
    }

    /// The error for names that are not followed by a metric.
    ///
    /// # Errors
    /// If a name is empty.
    fn no_metric(&self, subject: Part<'_>) -> Result<Diagnostic, Diagnostic> {
        let mut rest = subject;
        let mut known = 0;
        while let Some((_, _, behind)) = self.heads(rest).first().copied().filter(|_| known < 2) {
            rest = behind;
            known += 1;
        }
        let dotted = Dotted::read(rest)?;
        let Some(unknown) = dotted.names.first().copied() else { return Ok(nothing_named(rest, true)) };
        if dotted.names.len() == 1 && self.prefix(unknown.text).is_some() {
            return Ok(nothing_named(subject, true));
        }
        if known == 2 && dotted.names.len() > 1 && !self.is_group(unknown.text) {
            return Ok(unknown
                .error("too many names before the metric", "allowed are a policy and a class")
                .with_help(HELP));
        }
        // An unknown name before something that may be a metric.
        if dotted.names.len() > 1 && !self.is_group(unknown.text) {
            return Ok(self.unknown_name(unknown, known));
        }
        Ok(unknown_metric(rest))
    }

    /// The metric in a text that names only a metric.
    pub fn metric_named(&self, part: Part<'_>) -> Result<Metric, Diagnostic> {
        let subject = self.subject(part)?;
        if subject.policy.is_none() && subject.class.is_none() {
            return Ok(subject.metric.of_answered());
        }
        let name = self.metric_name(subject.metric);
        Err(part
            .error("a metric without policy and class is expected", "found a policy or a class")
            .with_help(format!("write `{name}`")))
    }

    /// Whether a name that is neither a policy nor a class is, or resembles, the first part of metric names.
    fn is_group(&self, name: &str) -> bool {
        let known = self.policies.iter().chain(&self.classes).copied().chain([ALL]);
        did_you_mean(name, known).is_none() && did_you_mean(name, groups()).is_some()
    }

    /// A name that is neither a policy nor a class; `index` is its position before the metric.
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

/// The policy and class of one name before a metric.
pub(super) const fn alone(name: Prefix) -> (Option<usize>, Option<ClassId>) {
    match name {
        Prefix::All => (None, None),
        Prefix::Policy(policy) => (Some(policy), None),
        Prefix::Class(class) => (None, Some(class)),
    }
}

/// The policy and class of two names before a metric.
pub(super) fn both(
    first: Prefix,
    first_name: Part<'_>,
    second: Prefix,
    second_name: Part<'_>,
) -> Result<(Option<usize>, Option<ClassId>), Diagnostic> {
    let is_no = |part: Part<'_>, what: &str, wanted: &str| {
        let named = shown(part.text);
        part.error(format!("`{named}` is a {what}, not a {wanted}"), format!("expected a {wanted} here"))
            .with_help("write the policy, then the class, then the metric, such as `async.page.p99`")
    };
    let policy = match first {
        Prefix::All => None,
        Prefix::Policy(policy) => Some(policy),
        Prefix::Class(_) => return Err(is_no(first_name, "class", "policy")),
    };
    match second {
        Prefix::All => Ok((policy, None)),
        Prefix::Class(class) => Ok((policy, Some(class))),
        Prefix::Policy(_) => Err(is_no(second_name, "policy", "class")),
    }
}

/// A metric with its policy and class, if it exists for a class.
fn known_of(
    policy: Option<usize>,
    class: Option<ClassId>,
    metric: Metric,
    written: Part<'_>,
) -> Result<Target, Diagnostic> {
    if class.is_some() && !metric.is_of_classes() {
        return Err(written
            .error(
                format!("`{}` is not available for single classes", shown(written.text)),
                "only for all requests of a policy",
            )
            .with_help(format!("metrics available for classes: {}", list(class_metrics()))));
    }
    Ok(Target { policy, class, metric })
}

/// Names separated by dots.
struct Dotted<'a> {
    names: Vec<Part<'a>>,
}

impl<'a> Dotted<'a> {
    fn read(whole: Part<'a>) -> Result<Self, Diagnostic> {
        let behind_dots = whole.text.match_indices('.').map(|(at, _)| at + 1);
        let starts: Vec<usize> = std::iter::once(0).chain(behind_dots).collect();
        let ends = starts.iter().skip(1).map(|next| next - 1).chain([whole.text.len()]);
        let names: Vec<_> = starts.iter().zip(ends).map(|(start, end)| whole.slice(*start, end).trim()).collect();
        match names.iter().position(|name| name.text.is_empty()) {
            Some(empty) => Err(nothing_named(names[empty], empty + 1 == names.len())),
            None => Ok(Self { names }),
        }
    }
}

fn nothing_named(part: Part<'_>, is_last: bool) -> Diagnostic {
    let (message, label) = match (part.text, is_last) {
        ("", false) => ("a name is missing".to_owned(), "expected a name before the dot"),
        ("", true) => ("a metric is missing".to_owned(), "expected a metric here"),
        (names, _) => (format!("a metric is missing after `{}`", shown(names)), "not a metric"),
    };
    part.error(message, label).with_help(HELP)
}

/// Subject, comparison and value. The last comparison separates them: names may contain `<`, values do not.
fn split(text: Part<'_>) -> Result<(Part<'_>, Part<'_>, Part<'_>), Diagnostic> {
    let is_sign = |c: char| matches!(c, '<' | '>' | '=' | '!' | '≤' | '≥' | '≠');
    let Some(end) = text.text.rfind(is_sign).map(|at| at + text.text[at..].chars().next().map_or(0, char::len_utf8))
    else {
        let signs = list(Comparison::ALL.map(Comparison::sign));
        return Err(text
            .error("an objective must compare a metric with a bound", "found no comparison")
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
