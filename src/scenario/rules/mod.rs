//! The rules between the values of a scenario, and the sections of a valid one.

mod classes;
mod faults;
mod judgement;
mod policies;
mod run;
mod surroundings;

use crate::random::{Arrivals, Distribution, Workload};

use super::diagnostic::{Diagnostic, shown};
use super::document::Element;
use super::explain::said;
use super::format::ScenarioForm;
use super::objective::Names;
use super::source::{Sources, Span};
use super::valid::Sections;

/// Maximum number of workers, cores, classes, backends, faults or policies. A larger number is a typing error, and would
/// not fit in memory.
const MOST: u32 = 50_000;

/// Highest arrival rate in requests per second: one per nanosecond.
pub(super) const HIGHEST_RATE_PER_S: f64 = 1e9;

/// Maximum number of characters of a name.
const LONGEST_NAME: usize = 500;

/// Reads a file that the scenario names.
pub(super) type LoadFile<'a> = dyn FnMut(&str) -> Result<String, String> + 'a;

/// Checks every rule, in the order of the format.
pub(super) fn check(
    form: ScenarioForm,
    root: &Element,
    sources: &Sources,
    load: &mut LoadFile<'_>,
) -> Result<Sections, Diagnostic> {
    let ScenarioForm {
        schema: _,
        description,
        classes: class_forms,
        arrivals,
        machine,
        replicas,
        backends,
        clients,
        faults,
        policies,
        run,
        slo,
        tolerances,
    } = form;
    let rules = Checker { sources, root };
    rules.check_policies(&policies)?;
    let backends = rules.backends(backends)?;
    let mut classes = Vec::with_capacity(class_forms.len());
    rules.check_class_names(class_forms.keys(), &policies)?;
    // The keys are the same and in the same order; looking each one up would take quadratic time.
    for ((name, class), member) in class_forms.into_iter().zip(root.at("classes").members()) {
        classes.push(rules.class(name, class, &member.value, &backends, load)?);
    }
    rules.check_weights(&classes)?;
    let replicas = rules.replicas(replicas, &policies)?;
    let faults = rules.faults(&faults, &backends, &replicas)?;
    let names = Names::new(&policies, classes.iter().map(|class| class.name.as_str()), &backends).with_faults(&faults);
    rules.check_thread_pools(&policies, &names)?;
    let arrivals = rules.arrivals(arrivals, &names, load)?;
    Ok(Sections {
        description,
        machine: rules.machine(&machine, replicas)?,
        clients: rules.clients(clients, load)?,
        run: rules.run(run, &arrivals, &classes, &names)?,
        objectives: rules.objectives(&slo, &names)?,
        tolerances: rules.tolerances(tolerances)?,
        workload: Workload { classes },
        arrivals,
        faults,
        backends,
        policies,
    })
}

struct Checker<'a> {
    sources: &'a Sources,
    root: &'a Element,
}

impl Checker<'_> {
    fn error(&self, message: impl Into<String>, span: Span, label: impl Into<String>) -> Diagnostic {
        self.sources.error(message, span, label)
    }

    /// The key of a member of the document.
    fn key(&self, section: &str, key: &str) -> Span {
        let section = self.root.at(section);
        section.member(key).map_or(section.short_span(), |member| member.key_span)
    }

    fn load_files(
        &self,
        distribution: &mut Distribution,
        node: &Element,
        load: &mut LoadFile<'_>,
    ) -> Result<(), Diagnostic> {
        distribution.load_files(load).map_err(|text| self.in_file(node, &text))
    }

    /// An error about a file named somewhere inside a value.
    fn in_file(&self, node: &Element, text: &str) -> Diagnostic {
        let (what, help) = text.split_once('\n').unwrap_or((text, ""));
        let file = node.find("file").unwrap_or(node);
        said(self.sources, "`file`", file.short_span(), what, help)
    }

    fn arrivals(
        &self,
        mut arrivals: Arrivals,
        names: &Names<'_>,
        load: &mut LoadFile<'_>,
    ) -> Result<Arrivals, Diagnostic> {
        const MOST_CHANGES: f64 = 1e6;
        let node = self.root.at("arrivals");
        if let Arrivals::At(list) = &arrivals {
            for (index, arrival) in list.iter().enumerate() {
                let Some(name) = &arrival.class else { continue };
                self.check_class(name, node.at("at").item(index).at("class"), names)?;
            }
        }
        arrivals.load_files(load).map_err(|text| self.in_file(node, &text))?;
        let process = node.members().first().map_or(node, |member| &member.value);
        if arrivals.highest_rate_per_s().is_some_and(|rate| rate > HIGHEST_RATE_PER_S) {
            return Err(self
                .error("the arrival rate is too high", process.short_span(), "more than one request per nanosecond")
                .with_help("write a rate of at most 1000000/ms, which is one request per nanosecond"));
        }
        if arrivals.changes_per_arrival().is_some_and(|changes| changes > MOST_CHANGES) {
            return Err(self
                .error(
                    "the arrival rate changes too often",
                    process.short_span(),
                    "more than a million changes per arrival",
                )
                .with_help("write longer times between changes, or a higher rate"));
        }
        Ok(arrivals)
    }

    fn check_most(&self, field: &str, number: u32, node: &Element) -> Result<(), Diagnostic> {
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
        Err(self.error(format!("`{section}` must have at most {MOST} entries"), span, format!("found {number}")))
    }

    /// Names appear in reports, and in paths such as `classes.page.weight`.
    fn check_name(&self, name: &str, what: &str, span: Span) -> Result<(), Diagnostic> {
        const IN_PATHS: [char; 3] = ['=', '[', ']'];
        let reason = match name.chars().find(|c| IN_PATHS.contains(c) || c.is_control()) {
            _ if name.trim() != name => "begins or ends with a space".to_owned(),
            _ if name.is_empty() => "is empty".to_owned(),
            _ if name.len() > LONGEST_NAME && name.chars().count() > LONGEST_NAME => {
                format!("is longer than {LONGEST_NAME} characters")
            }
            Some(c) if c.is_control() => "contains a control character".to_owned(),
            Some(c) => format!("contains `{c}`"),
            None => return Ok(()),
        };
        Err(self
            .error(format!("a {what} may not be named `{}`", shown(name)), span, format!("the name {reason}"))
            .with_help(format!("write a name of at most {LONGEST_NAME} characters without `=`, `[` and `]`, such as `page` or `GET /api/v1.0/users`")))
    }
}
