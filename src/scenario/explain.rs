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
    match *fault.problem {
        Problem::Said(text) => {
            let (what, help) = text.split_once('\n').unwrap_or((&text, ""));
            said(sources, &field, span, what, help)
        }
        Problem::Expected(expected) => {
            let message = format!("{field} must be {}", plain(&expected, &fault.found));
            let diagnostic = sources.error(message, span, format!("found {}", shown(&fault.found)));
            match hint(&expected, &fault.found) {
                Some(help) => diagnostic.with_help(help),
                None => diagnostic,
            }
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
        return sources
            .error(format!("`{named}` is not supported yet"), span, "not known to this version of waitline")
            .with_help("leave it out; a field that changed nothing would mislead");
    }
    let (message, label, listed) = match &noun {
        Noun::Field => (format!("unknown field `{named}`{place}"), "no such field", "fields here".to_owned()),
        Noun::Variant => (format!("unknown kind `{named}`{place}"), "no such kind", "kinds".to_owned()),
        Noun::KindOf(noun) => (format!("unknown kind of {noun} `{named}`"), "no such kind", format!("kinds of {noun}")),
    };
    let help = match allowed {
        [] => "no fields are allowed here".to_owned(),
        _ => allowed_names(&listed, name, allowed.iter().copied()),
    };
    sources.error(message, span, label).with_help(help)
}

/// What to do about the most common slips: a number without its unit, a number in quotes.
fn hint(expected: &str, found: &str) -> Option<String> {
    let quoted = found.strip_prefix("the text \"").and_then(|text| text.strip_suffix('"'));
    let is_number = found.parse::<f64>().is_ok();
    match expected {
        _ if is_number && expected.starts_with("a duration") => {
            Some(format!("write it with its unit, in quotes, such as \"{found}ms\""))
        }
        _ if is_number && expected.starts_with("a rate") => {
            Some(format!("write it with its unit, in quotes, such as \"{found}/s\""))
        }
        "a boolean" if matches!(quoted, Some("true" | "false")) => Some("write it without quotes".to_owned()),
        "a nonzero u32" | "a nonzero u64" | "u32" | "u64" | "f64"
            if quoted.is_some_and(|text| text.parse::<f64>().is_ok()) =>
        {
            Some("write it without quotes".to_owned())
        }
        _ => None,
    }
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
