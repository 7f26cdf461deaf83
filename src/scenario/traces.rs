//! The trace that a scenario names: it is read and checked completely before anything runs.

use sha2::{Digest, Sha256};

use crate::random::{Arrivals, Files, RequestClass, TraceClass};

use super::diagnostic::{Diagnostic, allowed_names, shown_line};
use super::document::Element;
use super::source::Sources;
use super::valid::Sections;

/// Checks the trace, if there is one; its content is part of the hash.
pub(super) fn check(
    sections: &mut Sections,
    root: &Element,
    sources: &Sources,
    files: &Files,
    hash: &mut Sha256,
) -> Result<(), Diagnostic> {
    let Arrivals::Trace(trace) = &mut sections.arrivals else { return Ok(()) };
    let classes = &sections.workload.classes;
    hash.update(b"\0");
    trace.check(files, classes.iter().map(traced), &mut |bytes| hash.update(bytes)).map_err(|error| {
        let span = root.at("arrivals").at("trace").short_span();
        let help = match &error.unknown_class {
            Some(name) => allowed_names("classes", name, classes.iter().map(|class| class.name.as_str())),
            None => error.help,
        };
        let diagnostic = sources.error(shown_line(&error.what), span, "in this trace");
        if help.is_empty() { diagnostic } else { diagnostic.with_help(help) }
    })
}

fn traced(class: &RequestClass) -> TraceClass {
    TraceClass { name: class.name.clone(), demands: class.demands(), optional: class.optional_demands() }
}
