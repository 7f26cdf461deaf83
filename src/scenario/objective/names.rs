//! The names used in objectives: policies, classes, metrics.

use std::collections::HashMap;

use indexmap::IndexMap;

use crate::model::{
    ANSWERED, Backend, BackendId, ClassId, Fault, FaultId, HEADROOM_NAME, Metric, MetricUnit, Named, Population,
    Resource, StationNumber,
};
use crate::policy::PolicyChoice;
use crate::scenario::diagnostic::{Diagnostic, allowed_names, did_you_mean, list, shown};
use crate::scenario::part::Part;

use super::faults::{DURING, RECOVERED};

/// Every policy, or all classes together.
pub(super) const ALL: &str = "all";
/// The prefix of objectives that only warn.
pub(super) const WARN: &str = "warn:";
/// The group of response times, which may be omitted: their short names are `p99` and so on.
const RESPONSE_TIME: &str = "response_time";
const UTILIZATION: &str = "utilization";
const BACKENDS: &str = "backends";

/// The names that objectives of a scenario may use.
pub(in crate::scenario) struct Names<'a> {
    pub(super) policies: Vec<&'a str>,
    pub(super) classes: Vec<&'a str>,
    backends: &'a IndexMap<String, Backend>,
    faults: &'a [Fault],
    /// Policies, classes and `all` by name; policies take precedence over classes.
    prefixes: HashMap<&'a str, Prefix>,
    class_ids: HashMap<&'a str, ClassId>,
    /// Length of the longest name among them, in bytes.
    longest: usize,
}

/// A name before the metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prefix {
    All,
    Policy(usize),
    Class(ClassId),
}

/// Why a policy or class of this name would be ambiguous in objectives.
pub(in crate::scenario) fn is_ambiguous(name: &str) -> Option<String> {
    if name.starts_with(WARN) {
        return Some(format!("`{WARN}` marks objectives that only warn"));
    }
    if name == ANSWERED {
        return Some(format!("`{ANSWERED}` selects the requests that were answered"));
    }
    let is_word = |word: &&str| name.strip_prefix(*word).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    if let Some(word) = [DURING, RECOVERED].into_iter().find(|word| is_word(word)) {
        return Some(format!("`{word}` marks objectives about faults"));
    }
    if name == UTILIZATION {
        // A backend may have any name: `utilization.p99` is that of a backend `p99`.
        return Some(format!("`{UTILIZATION}` is the first part of metric names"));
    }
    let rest_is_metric = |metric: &&Named| metric.name().split_once('.').is_some_and(|(_, rest)| named(rest).is_some());
    let own = Named::ALL.iter().filter(rest_is_metric).find(|metric| group(**metric) == Some(name));
    match own {
        Some(metric) => Some(format!("`{}` is a metric", metric.name())),
        None if name == RESPONSE_TIME => Some(format!("`{RESPONSE_TIME}.{}` is a metric", Named::P99.name())),
        None => None,
    }
}

/// The metric of this name; not one of a backend.
fn named(name: &str) -> Option<Named> {
    // The usual spelling.
    if let Some(group) = name.strip_suffix("p99.9") {
        return named(&format!("{group}p999"));
    }
    let find = |name: &str| Named::ALL.iter().copied().find(|metric| metric.name() == name);
    find(name).or_else(|| {
        let short = name.strip_prefix(RESPONSE_TIME)?.strip_prefix('.')?;
        find(short).filter(|metric| is_response_time(*metric))
    })
}

/// The metric of the answered requests only, if it is one of requests that may have got no answer.
const fn of_answered(metric: Named) -> Option<Metric> {
    match metric.facts().population {
        Population::Arrived(_) | Population::Answered(_) => Some(Metric::Named(metric)),
        Population::Taken | Population::Run => None,
    }
}

fn not_of_answered(part: Part<'_>, metric: Named) -> Diagnostic {
    let name = metric.name();
    part.error(format!("`{name}` has no variant for answered requests"), format!("no `{ANSWERED}` here"))
        .with_help(format!("write `{name}`"))
}

fn is_response_time(metric: Named) -> bool {
    group(metric).is_none() && metric.facts().unit == MetricUnit::Time
}

/// The part of a metric's name before the dot.
fn group(metric: Named) -> Option<&'static str> {
    metric.name().split_once('.').map(|(group, _)| group)
}

/// The first parts of metric names with dots.
pub(super) fn groups() -> Vec<&'static str> {
    let mut groups: Vec<&str> = Named::ALL.iter().filter_map(|metric| group(*metric)).collect();
    groups.dedup();
    groups.push(RESPONSE_TIME);
    groups.extend(Resource::GROUPS);
    groups.push(ANSWERED);
    groups
}

pub(super) fn class_metrics() -> impl Iterator<Item = &'static str> {
    Named::ALL.iter().filter(|metric| Metric::Named(**metric).is_of_classes()).map(|metric| metric.name())
}

/// The metric that was probably meant.
fn metric_like(text: &str) -> Option<&'static str> {
    let short = text.strip_prefix(RESPONSE_TIME).and_then(|rest| rest.strip_prefix('.')).unwrap_or(text);
    did_you_mean(short, Named::ALL.iter().map(|metric| metric.name()).chain([HEADROOM_NAME]))
}

/// The metrics that exist, for this unknown one.
pub(super) fn metrics_help(text: &str) -> String {
    let meant_group = text.split_once('.').and_then(|(first, _)| did_you_mean(first, groups()));
    if let Some(station) = meant_group.filter(|group| Resource::GROUPS.contains(group)) {
        let of_backend = if Resource::is_of_backends(station) { ".NAME" } else { "" };
        let numbers: Vec<String> =
            StationNumber::ALL.iter().map(|number| format!("{station}{of_backend}.{}", number.name())).collect();
        return format!("metrics: {}", list(numbers.iter().map(String::as_str)));
    }
    if meant_group == Some(ANSWERED) {
        return answered_help(text);
    }
    let is_listed = |metric: &&Named| match meant_group {
        Some(RESPONSE_TIME) => is_response_time(**metric),
        meant => group(**metric) == meant,
    };
    let alone = meant_group.is_none().then_some(HEADROOM_NAME);
    let listed = Named::ALL.iter().filter(is_listed).map(|metric| metric.name()).chain(alone);
    let mut help = format!("metrics: {}", list(listed));
    if meant_group.is_none() {
        let groups: Vec<String> = groups().iter().map(|group| format!("{group}.…")).collect();
        help.push_str(&format!(", {}", list(groups.iter().map(String::as_str))));
    }
    match metric_like(text) {
        Some(meant) => format!("{help}; did you mean `{meant}`?"),
        None => help,
    }
}

/// The metrics of answered requests, for this unknown one: `answered` comes after the class.
fn answered_help(text: &str) -> String {
    let of_answered = Named::ALL.iter().filter(|metric| of_answered(**metric).is_some());
    let names: Vec<String> = of_answered.map(|metric| format!("{ANSWERED}.{}", metric.name())).collect();
    let help = format!("metrics: {}", list(names.iter().map(String::as_str)));
    match text.split_once('.').and_then(|(_, rest)| rest.split_once('.')) {
        Some((class, metric)) if named(metric).is_some() => {
            format!("{help}; did you mean `{class}.{ANSWERED}.{metric}`?")
        }
        Some(_) | None => help,
    }
}

impl<'a> Names<'a> {
    pub fn new(
        policies: &'a [PolicyChoice],
        classes: impl Iterator<Item = &'a str>,
        backends: &'a IndexMap<String, Backend>,
    ) -> Self {
        let policies: Vec<&str> = policies.iter().map(PolicyChoice::name).collect();
        let classes: Vec<&str> = classes.collect();
        let class_ids: HashMap<&str, ClassId> =
            classes.iter().copied().zip(0..).map(|(name, id)| (name, ClassId(id))).collect();
        let mut prefixes: HashMap<&str, Prefix> = HashMap::from([(ALL, Prefix::All)]);
        for (place, name) in policies.iter().enumerate() {
            prefixes.entry(name).or_insert(Prefix::Policy(place));
        }
        for (name, id) in classes.iter().copied().zip(0..) {
            prefixes.entry(name).or_insert(Prefix::Class(ClassId(id)));
        }
        let longest = policies.iter().chain(&classes).map(|name| name.len()).fold(ALL.len(), usize::max);
        Self { policies, classes, backends, faults: &[], prefixes, class_ids, longest }
    }

    /// With the faults that objectives may refer to.
    pub fn with_faults(self, faults: &'a [Fault]) -> Self {
        Self { faults, ..self }
    }

    /// The faults that have names.
    pub(super) fn faults(&self) -> impl Iterator<Item = (FaultId, &'a str)> {
        (0..).map(FaultId).zip(self.faults).filter_map(|(id, fault)| Some((id, fault.name.as_deref()?)))
    }

    /// Whether there is a class with this name.
    pub fn has_class(&self, name: &str) -> bool {
        self.class_ids.contains_key(name)
    }

    /// The names of the classes, in their order.
    pub fn classes(&self) -> impl Iterator<Item = &'a str> {
        self.classes.iter().copied()
    }

    /// What a name before a metric refers to.
    pub(super) fn prefix(&self, name: &str) -> Option<Prefix> {
        self.prefixes.get(name).copied()
    }

    /// The names followed by a dot that a text begins with, each with the rest of the text; the longest first.
    pub(super) fn heads<'t>(&self, text: Part<'t>) -> Vec<(Prefix, Part<'t>, Part<'t>)> {
        let mut heads = Vec::new();
        for (at, _) in text.text.match_indices('.') {
            let (name, rest) = text.split_at(at);
            let name = name.trim();
            if name.text.len() > self.longest {
                break;
            }
            if let Some(prefix) = self.prefix(name.text) {
                heads.push((prefix, name, rest.slice(1, rest.text.len()).trim()));
            }
        }
        heads.reverse();
        heads
    }

    pub fn metric_name(&self, metric: Metric) -> String {
        let backends: Vec<&str> = self.backends.keys().map(String::as_str).collect();
        metric.asked_name(&backends)
    }

    /// The metric with this name, if there is one; blanks around dots are ignored.
    ///
    /// # Errors
    /// If it names a utilization that does not exist, or `answered` with a metric that is not about requests.
    pub(super) fn metric(&self, text: Part<'_>) -> Result<Option<Metric>, Diagnostic> {
        if let Some(metric) = named(&without_blanks(text.text)) {
            return Ok(Some(Metric::Named(metric).of_arrived()));
        }
        if text.text == HEADROOM_NAME {
            return Ok(Some(Metric::Headroom));
        }
        if let Some(rest) = after_word(text, ANSWERED)
            && let Some(metric) = named(&without_blanks(rest.text))
        {
            return of_answered(metric).map(Some).ok_or_else(|| not_of_answered(rest, metric));
        }
        if let Some(metric) = self.metric_of_list(text)? {
            return Ok(Some(metric));
        }
        let Some(name) = after_word(text, UTILIZATION) else { return Ok(None) };
        let (name, is_short) = match after_word(name, BACKENDS) {
            Some(long) if !self.backends.contains_key(name.text) => (long, false),
            _ => (name, true),
        };
        let found = self.backends.get_full(name.text).filter(|(_, _, backend)| is_limited(backend));
        match found.and_then(|(number, _, _)| u16::try_from(number).ok()) {
            Some(number) => Ok(Some(Metric::BackendUtilization(BackendId(number)))),
            None => Err(self.no_utilization(name, is_short)),
        }
    }

    /// The metric with this name in the list of all metrics, if there is one and its backend has what it measures.
    ///
    /// # Errors
    /// If the backend has no `pool` or no `concurrency`.
    fn metric_of_list(&self, text: Part<'_>) -> Result<Option<Metric>, Diagnostic> {
        let id = |name: &str| self.backends.get_index_of(name).and_then(|id| u16::try_from(id).ok()).map(BackendId);
        let Some(metric) = Metric::named(&without_blanks(text.text), id) else { return Ok(None) };
        let (id, limit) = match metric {
            Metric::PoolUtilization(id) | Metric::Station(Resource::Connection(id), _) => (id, Limit::Pool),
            Metric::Station(Resource::Query(id), _) => (id, Limit::Concurrency),
            // Utilizations of backends have their own message.
            Metric::BackendUtilization(_) => return Ok(None),
            Metric::Station(Resource::Turn | Resource::Core | Resource::CpuLimit | Resource::Thread, _)
            | Metric::Named(_)
            | Metric::OfArrived(_)
            | Metric::FailedBy(_)
            | Metric::RejectedBy(_)
            | Metric::Recovery(_)
            | Metric::Headroom => return Ok(Some(metric)),
        };
        let Some((name, backend)) = self.backends.get_index(usize::from(id.0)) else { return Ok(None) };
        if limit.is_set(backend) {
            return Ok(Some(metric));
        }
        let field = limit.field();
        let message = format!("the backend `{}` has no `{field}`", shown(name));
        Err(text.error(message, "requests never wait for it").with_help(format!("add a `{field}` to it in `backends`")))
    }

    /// `is_short`: whether the name may also be one of the application's own utilizations.
    fn no_utilization(&self, name: Part<'_>, is_short: bool) -> Diagnostic {
        let limited: Vec<&str> =
            self.backends.iter().filter(|(_, backend)| is_limited(backend)).map(|(name, _)| name.as_str()).collect();
        if self.backends.contains_key(name.text) {
            let others =
                if limited.is_empty() { String::new() } else { format!("; backends with limits: {}", list(limited)) };
            let message = format!("the backend `{}` has no utilization", shown(name.text));
            return name
                .error(message, "it has neither a `pool` nor a `concurrency`")
                .with_help(format!("add a `pool` or a `concurrency` to it in `backends`{others}"));
        }
        let own = Named::ALL.iter().filter(|metric| is_short && group(**metric) == Some(UTILIZATION));
        let own = own.filter_map(|metric| metric.name().split_once('.').map(|(_, rest)| rest));
        let allowed: Vec<&str> = own.chain(limited).collect();
        let help = match &allowed[..] {
            [] => "no backend of this scenario has limits".to_owned(),
            allowed => allowed_names("utilizations", name.text, allowed.iter().copied()),
        };
        name.error(format!("unknown utilization `{}`", shown(name.text)), "no backend with limits has this name")
            .with_help(help)
    }
}

/// What may limit a backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Limit {
    Pool,
    Concurrency,
}

impl Limit {
    const ALL: [Self; 2] = [Self::Pool, Self::Concurrency];

    /// Its field in scenario files.
    const fn field(self) -> &'static str {
        match self {
            Self::Pool => "pool",
            Self::Concurrency => "concurrency",
        }
    }

    fn is_set(self, backend: &Backend) -> bool {
        match self {
            Self::Pool => backend.pool.is_some(),
            Self::Concurrency => backend.concurrency.is_some(),
        }
    }
}

/// The rest after a word and a dot.
fn after_word<'t>(text: Part<'t>, word: &str) -> Option<Part<'t>> {
    let (first, rest) = text.split_once('.')?;
    (first.trim().text == word && !rest.trim().text.is_empty()).then(|| rest.trim())
}

/// A metric's name without blanks around its dots; long texts are no metric names.
fn without_blanks(text: &str) -> String {
    const LONGEST: usize = 200;
    let dotted = text.split('.').map(str::trim).take(LONGEST);
    if text.len() > LONGEST { text.to_owned() } else { dotted.collect::<Vec<_>>().join(".") }
}

/// Whether queries may have to wait; without limits a backend is a plain delay.
fn is_limited(backend: &Backend) -> bool {
    Limit::ALL.iter().any(|limit| limit.is_set(backend))
}
