//! The messages about values that do not fit the format: what is allowed, what was found, what to do.

use super::decode::{Misfit, Noun, Problem};
use super::diagnostic::{Diagnostic, allowed_names, list, shown};
use super::document::{Element, Value};
use super::percentage::Percentage;
use super::schema::Shape;
use super::source::{Sources, Span};
use crate::policy::PolicyChoice;

/// The diagnostic of a value that does not fit the format.
pub(super) fn explain(misfit: Misfit<'_>, sources: &Sources) -> Diagnostic {
    let span = misfit.span.unwrap_or(sources.whole(0).opening());
    let field = shown(misfit.field.as_deref().unwrap_or("the scenario"));
    let place = misfit.field.as_ref().map_or(String::new(), |_| format!(" in {field}"));
    match misfit.problem {
        Problem::Said(text) => {
            let (what, help) = text.split_once('\n').unwrap_or((&text, ""));
            match with_unit(what, &field) {
                Some(help) => said(sources, &field, span, what, &help),
                None => said(sources, &field, span, what, help),
            }
        }
        Problem::Expected(expected) => {
            let found = misfit.found.map(Element::describe).unwrap_or_default();
            let message = format!("{field} must be {}", plain(&expected, misfit.found));
            let diagnostic = sources.error(message, span, format!("found {}", shown(&found)));
            match misfit.found.and_then(|found| hint(&expected, found, &field)) {
                Some(help) => diagnostic.with_help(help),
                None => diagnostic,
            }
        }
        Problem::Length { found, expected } => {
            let message = format!("{field} must be {}", plain(&expected, misfit.found));
            sources.error(message, span, format!("found {found} {}", if found == 1 { "value" } else { "values" }))
        }
        Problem::Missing { field: missing, allowed } => {
            let label = format!("`{missing}` is missing here");
            let help = match allowed {
                [] => format!("add `\"{missing}\": …`"),
                _ => format!("add `\"{missing}\": …`; allowed fields: {}", list(allowed.iter().copied())),
            };
            sources.error(format!("missing field `{missing}`{place}"), span, label).with_help(help)
        }
        Problem::Unknown { name, noun, allowed } => {
            let named = shown(&name);
            let (message, label, listed) = match noun {
                Noun::Field => {
                    (format!("unknown field `{named}`{place}"), "no such field", "allowed fields".to_owned())
                }
                Noun::Variant => (format!("unknown kind `{named}`{place}"), "no such kind", "allowed kinds".to_owned()),
                Noun::KindOf(_) if is_option(misfit.found, misfit.field.as_deref()) => (
                    format!("unknown value `{named}` for {field}"),
                    "not one of the allowed values",
                    "allowed values".to_owned(),
                ),
                Noun::KindOf(type_name) => {
                    let kind = format!("kind of {}", first_word(type_name));
                    (format!("unknown {kind} `{named}`"), "no such kind", kind.replace("kind", "kinds"))
                }
            };
            let help = match allowed {
                [] => "no fields are allowed here".to_owned(),
                _ => allowed_names(&listed, &name, allowed.iter().copied()),
            };
            let plain =
                misfit.found.zip(misfit.field.as_deref()).and_then(|(node, kind)| plain_that_has(node, kind, &name));
            let help = plain.map_or(help.clone(), |plain| format!("{plain}\n{help}"));
            sources.error(message, span, label).with_help(help)
        }
        Problem::TwoKinds(type_name) => sources
            .error(format!("an object must have exactly one kind of {}", first_word(type_name)), span, "the second key")
            .with_help("write an object with one key for each"),
    }
}

/// How to write a preset as its plain policy, if that has a field which the preset lacks.
fn plain_that_has(preset: &Element, kind: &str, field: &str) -> Option<String> {
    let kind = kind.trim_matches('`');
    let fields = PolicyChoice::KINDS.contains(&kind).then(|| preset.to_json())?;
    let known = Shape::root().property("policies").item().property(kind).names();
    let fields: serde_json::Map<_, _> = fields
        .as_object()?
        .iter()
        .filter(|(name, _)| known.contains(&name.as_str()))
        .map(|(n, v)| (n.clone(), v.clone()))
        .collect();
    let policy: PolicyChoice = serde_json::from_value(serde_json::json!({ kind: fields })).ok()?;
    let value = match &preset.member(field)?.value.value {
        Value::Text(text) => text.clone(),
        other => Element { span: preset.span, value: other.clone() }.to_json().to_string(),
    };
    let plain = plain_with(&policy, field, &value)?;
    Some(format!("`{kind}` does not have the field `{field}`; write the plain policy that it stands for:\n{plain}"))
}

/// The plain policy that a preset stands for, with this field added, if it has such a field.
pub(super) fn plain_with(policy: &PolicyChoice, field: &str, value: &str) -> Option<String> {
    let mut plain = policy.stands_for()?.policy;
    let (kind, fields) = plain.as_object_mut()?.iter_mut().next()?;
    let shape = Shape::root().property("policies").item().property(kind);
    shape.names().contains(&field).then_some(())?;
    fields.as_object_mut()?.insert(field.to_owned(), value.into());
    Some(plain.to_string())
}

/// Whether a value is one out of a list of names, such as `"per": "worker"`; an item of a list should be an object.
fn is_option(found: Option<&Element>, field: Option<&str>) -> bool {
    let is_text = found.is_some_and(|found| matches!(found.value, Value::Text(_)));
    is_text && field.is_some_and(|field| field.starts_with('`'))
}

/// The first word of a type's name, for messages: `PhaseForm` is a `phase`.
fn first_word(rust_name: &str) -> String {
    let end = rust_name.char_indices().skip(1).find(|(_, c)| c.is_uppercase());
    rust_name[..end.map_or(rust_name.len(), |(at, _)| at)].to_lowercase()
}

/// The message of a type about a value.
pub(super) fn said(sources: &Sources, field: &str, span: Span, what: &str, help: &str) -> Diagnostic {
    let diagnostic = sources.error(format!("invalid value for {field}"), span, shown(what));
    if help.is_empty() { diagnostic } else { diagnostic.with_help(help) }
}

/// The usual unit of a duration field: seconds for what lasts about as long as a run.
fn usual_unit(field: &str) -> &'static str {
    const LONG: [&str; 15] = [
        "`duration`",
        "`warm_up`",
        "`at`",
        "`for`",
        "`over`",
        "`period`",
        "`every`",
        "`think`",
        "`timeout`",
        "`patience`",
        "`on`",
        "`off`",
        "`boot`",
        "`worker_timeout`",
        "`after`",
    ];
    if LONG.contains(&field) { "s" } else { "ms" }
}

/// The same text with a unit, if only that is missing and the usual unit is not the one of the general help.
fn with_unit(what: &str, field: &str) -> Option<String> {
    let number = what.strip_prefix('`')?.strip_suffix("` has no unit")?;
    let unit = usual_unit(field);
    (unit != "ms")
        .then(|| format!("write it with its unit, such as \"{number}{unit}\"; units are ns, us, ms, s, m (minutes), h"))
}

/// What to do about the most common mistakes: a number without a unit, a number in quotes.
fn hint(expected: &str, found: &Element, field: &str) -> Option<String> {
    match &found.value {
        Value::Number(number) if expected.starts_with("a duration") => {
            Some(format!("write it with its unit, in quotes, such as \"{number}{}\"", usual_unit(field)))
        }
        Value::Number(number) if expected.starts_with("a rate") => {
            Some(format!("write it with its unit, in quotes, such as \"{number}/s\""))
        }
        Value::Number(number) if expected.starts_with("a percentage") => {
            number.as_f64().map(|number| format!("did you mean \"{}\"?", Percentage::meant_by(number)))
        }
        Value::Text(text) => {
            let is_meant = match expected {
                "a boolean" => matches!(text.as_str(), "true" | "false"),
                "a nonzero u32" | "a nonzero u64" | "u32" | "u64" | "f64" => text.parse::<f64>().is_ok(),
                _ => false,
            };
            is_meant.then(|| "write it without quotes".to_owned())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) | Value::Object(_) => None,
    }
}

/// What serde expects, in the terms of JSON.
fn plain(expected: &str, found: Option<&Element>) -> String {
    // The upper limit is shown only to those who exceed it.
    let is_beyond = |most: f64| matches!(found.map(|node| &node.value), Some(Value::Number(number)) if number.as_f64() > Some(most));
    let whole = |least: u32, most: u64| {
        if is_beyond(most as f64) {
            format!("a whole number from {least} to {most}")
        } else {
            format!("a whole number of at least {least}")
        }
    };
    match expected {
        "a nonzero u32" => whole(1, u32::MAX.into()),
        "a nonzero u64" => whole(1, u64::MAX),
        "u32" => whole(0, u32::MAX.into()),
        "u64" => whole(0, u64::MAX),
        "f64" => "a number".to_owned(),
        "i32" => "a whole number".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "a string" => "a string in quotes".to_owned(),
        "a map" => "an object in braces".to_owned(),
        "a sequence" => "a list in square brackets".to_owned(),
        "a tuple of size 2" => "a list of 2 values".to_owned(),
        _ => expected.to_owned(),
    }
}
