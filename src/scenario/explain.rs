//! What serde found wrong, in plain words: what is allowed, what was found, what to do.

use super::decode::{Fault, Noun, Problem};
use super::diagnostic::{Diagnostic, allowed_names, list, shown};
use super::source::{Sources, Span};

/// Fields of the format's design that this version does not honour yet.
const LATER: [&str; 12] = [
    "backlog",
    "clients",
    "concurrency",
    "context_switch",
    "dispatch",
    "faults",
    "order",
    "pool",
    "replications",
    "slo",
    "wake_preemption",
    "warm_up",
];

/// The diagnostic for a document that does not fit the format.
pub(super) fn explain(fault: Fault, sources: &Sources) -> Diagnostic {
    let span = fault.span.unwrap_or(Span { source: 0, start: 0, end: 0 });
    let field = shown(fault.field.as_deref().unwrap_or("the scenario"));
    match fault.problem {
        Problem::Said(text) => {
            let (what, help) = text.split_once('\n').unwrap_or((&text, ""));
            said(sources, &field, span, what, help)
        }
        Problem::Expected(expected) => {
            let message = format!("{field} must be {}", plain(&expected, &fault.found));
            sources.error(message, span, format!("found {}", fault.found))
        }
        Problem::Length { found, expected } => {
            let message = format!("{field} must be {}", plain(&expected, &fault.found));
            sources.error(message, span, format!("found {found} {}", if found == 1 { "value" } else { "values" }))
        }
        Problem::Missing { field: missing, allowed } => {
            let place = fault.field.map_or(String::new(), |field| format!(" in {}", shown(&field)));
            let diagnostic =
                sources.error(format!("missing field `{missing}`{place}"), span, format!("`{missing}` is not in here"));
            match allowed {
                [] => diagnostic.with_help(format!("add `\"{missing}\": …`")),
                _ => diagnostic
                    .with_help(format!("add `\"{missing}\": …`; fields here: {}", list(allowed.iter().copied()))),
            }
        }
        Problem::Unknown { name, noun, allowed } => unknown(sources, span, &name, noun, allowed, fault.field),
        Problem::TwoKinds { noun } => sources
            .error(format!("two kinds of {noun} in one object"), span, "a second key")
            .with_help("each stands in an object of its own, with one key"),
    }
}

/// What a value says of itself.
pub(super) fn said(sources: &Sources, field: &str, span: Span, what: &str, help: &str) -> Diagnostic {
    let diagnostic = sources.error(format!("invalid value for {field}"), span, shown(what));
    if help.is_empty() { diagnostic } else { diagnostic.with_help(help) }
}

fn unknown(
    sources: &Sources,
    span: Span,
    name: &str,
    noun: Noun,
    allowed: &'static [&'static str],
    field: Option<String>,
) -> Diagnostic {
    let place = field.map_or(String::new(), |field| format!(" in {}", shown(&field)));
    let named = shown(name);
    if noun == Noun::Field && LATER.contains(&name) {
        let version = env!("CARGO_PKG_VERSION");
        return sources
            .error(format!("`{named}` is not supported yet"), span, format!("waitline {version} does not know it"))
            .with_help("leave it out; a field that changed nothing would mislead");
    }
    let (message, label, listed) = match &noun {
        Noun::Field => (format!("unknown field `{named}`{place}"), "no such field".to_owned(), "fields here"),
        Noun::Variant => (format!("unknown name `{named}`{place}"), "no such name".to_owned(), "names here"),
        Noun::KindOf(noun) => (format!("unknown kind of {noun} `{named}`"), format!("no such {noun}"), "allowed"),
    };
    let help = match allowed {
        [] => "no fields are allowed here".to_owned(),
        _ => allowed_names(listed, name, allowed.iter().copied()),
    };
    sources.error(message, span, label).with_help(help)
}

/// What serde expects, in words for people who write JSON.
fn plain(expected: &str, found: &str) -> String {
    // A number beyond the range is told the range; others need not know it.
    let found: f64 = found.parse().unwrap_or(0.0);
    let whole = |least: u32, most: &str| {
        if found > f64::from(u8::MAX) && found.fract().abs() <= 0.0 {
            format!("a whole number from {least} to {most}")
        } else {
            format!("a whole number of at least {least}")
        }
    };
    match expected {
        "a nonzero u32" => whole(1, "4294967295"),
        "a nonzero u64" => whole(1, "18446744073709551615"),
        "u32" => whole(0, "4294967295"),
        "u64" => whole(0, "18446744073709551615"),
        "f64" => "a number".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "a string" => "a text in quotes".to_owned(),
        "a map" => "an object in braces".to_owned(),
        "a sequence" => "a list in square brackets".to_owned(),
        "a tuple of size 2" => "a list of 2 values".to_owned(),
        _ if expected.starts_with("struct ") => "an object in braces".to_owned(),
        _ => expected.to_owned(),
    }
}
