//! A variation turned into a dimension: what its paths stand for, and what its values make of them.

use serde_json::Value as Json;

use super::quantity::AxisKind;
use super::values::{BadValues, MOST_VALUES, Part, Written};
use super::{Dimension, GridValue, OPTION, scaled, targets};
use crate::scenario::changes::{self, Change};
use crate::scenario::diagnostic::{Diagnostic, shown};
use crate::scenario::document::Element;
use crate::scenario::schema::Shape;
use crate::scenario::source::{Source, Sources, Span};

/// The document and the texts behind it; the last one is the variation.
pub(super) struct Varied<'a> {
    pub document: &'a Element,
    pub sources: &'a Sources,
}

/// What all points of a grid have in common, so that their differences are those of the scenario.
const SAME_EVERYWHERE: [&str; 2] = ["run.seed", "run.replications"];

/// A path of a variation, and what is there.
struct Field<'t> {
    part: Part<'t>,
    /// The places that it stands for.
    targets: Vec<Target>,
}

struct Target {
    path: String,
    /// What is there, or its default.
    value: Option<Json>,
    is_whole: bool,
}

impl<'a> Varied<'a> {
    fn span(&self, part: Part<'_>) -> Span {
        Span { source: self.sources.0.len() - 1, start: part.start, end: part.start + part.text.len() }
    }

    fn error(&self, message: impl Into<String>, part: Part<'_>, label: &str) -> Diagnostic {
        self.sources.error(message, self.span(part), label)
    }

    fn bad(&self, bad: BadValues<'_>) -> Diagnostic {
        self.error(bad.message, bad.part, bad.label).with_help(bad.help)
    }

    fn text(&self) -> &'a str {
        self.sources.0.last().map_or("", Source::text)
    }

    /// The dimension of the variation.
    pub fn dimension(&self) -> Result<Dimension, Diagnostic> {
        let text = self.text();
        let whole = Part { text, start: 0 };
        let Some((paths, values)) = text.split_once('=') else {
            return Err(self
                .error("a variation must contain `=`", whole, "only a path, or only values")
                .with_help("write `--vary PATH=VALUES`, such as `--vary workers=1,2,4,8`"));
        };
        let fields: Vec<Field<'_>> = Part { text: paths, start: 0 }
            .split(|c| c == ',')
            .into_iter()
            .map(|part| self.field(part))
            .collect::<Result<_, _>>()?;
        let parts = Part { text: values, start: paths.len() + 1 }.split(|c| c == ',');
        let mut found: Vec<GridValue> = Vec::new();
        for part in parts {
            let written = self.written(part, &fields)?;
            for together in written {
                let value = self.value(part, &fields, &together)?;
                if !found.iter().any(|other| other.values == value.values) {
                    found.push(value);
                }
            }
        }
        if found.len() > MOST_VALUES {
            let message = format!("more than {MOST_VALUES} values");
            return Err(self.error(message, whole, "too many").with_help("give fewer values"));
        }
        Ok(with_positions(fields.iter().map(|field| field.part.text.to_owned()).collect(), found))
    }

    /// A path and what it stands for.
    fn field<'t>(&self, part: Part<'t>) -> Result<Field<'t>, Diagnostic> {
        if SAME_EVERYWHERE.contains(&part.text.trim()) {
            return Err(self
                .error(format!("`{}` cannot be varied", part.text.trim()), part, "the same at every point")
                .with_help(
                    "every point gets the same random numbers; use `--replications` or `--seed` for all of them",
                ));
        }
        let paths = targets::targets(part.text, self.document)
            .map_err(|help| self.error(targets::no_such_field(part.text), part, "no such field").with_help(help))?;
        let is_short = paths.iter().any(|path| path != part.text);
        let target = |path: &String| {
            // A path that the option does not hold has no place in it.
            let (value, shape) = match is_short {
                true => self.look_up_short(path, part)?,
                false => changes::look_up(self.document, self.sources, part.text, part.start)?,
            };
            let value = value.map(|element| element.to_json()).or_else(|| shape.default().cloned());
            Ok(Target { path: path.clone(), value, is_whole: shape.is_integer() })
        };
        Ok(Field { part, targets: paths.iter().map(target).collect::<Result<_, Diagnostic>>()? })
    }

    fn look_up_short(&self, path: &str, part: Part<'_>) -> Result<(Option<Element>, Shape<'static>), Diagnostic> {
        let mut sources = Sources(self.sources.0.clone());
        sources.0.push(Source::new(OPTION, path));
        changes::look_up(self.document, &sources, path, 0)
            .map_err(|error| self.error(error.message(), part, "not found").with_help(error.help().unwrap_or_default()))
    }

    /// The values that a part of the list stands for: one for each field.
    fn written<'t>(&self, part: Part<'t>, fields: &[Field<'_>]) -> Result<Vec<Vec<Written>>, Diagnostic> {
        if let [_] = fields {
            let is_whole = fields.iter().flat_map(|field| &field.targets).all(|target| target.is_whole);
            let values = part.values(is_whole).map_err(|bad| self.bad(bad))?;
            return Ok(values.into_iter().map(|value| vec![value]).collect());
        }
        let parts = part.split(|c| matches!(c, 'x' | '×'));
        if parts.len() != fields.len() {
            let message = format!("{} paths need {} values each time, joined by `x`", fields.len(), fields.len());
            let found = if parts.len() == 1 { "1 value".to_owned() } else { format!("{} values", parts.len()) };
            return Err(self
                .error(message, part, &found)
                .with_help("write them as in `--vary workers,threads=1x8,2x4,4x2,8x1`; cross them with two options"));
        }
        let one = |part: &Part<'t>| match part.values(false).map_err(|bad| self.bad(bad))?.as_slice() {
            [value] => Ok(value.clone()),
            _ => Err(self
                .error("a range cannot be joined with another value", *part, "a range")
                .with_help("list the values one by one, such as `1x8,2x4,4x2,8x1`")),
        };
        Ok(vec![parts.iter().map(one).collect::<Result<_, _>>()?])
    }

    /// One value of the dimension.
    fn value(&self, part: Part<'_>, fields: &[Field<'_>], written: &[Written]) -> Result<GridValue, Diagnostic> {
        let mut value = GridValue { label: String::new(), values: Vec::new(), position: None, changes: Vec::new() };
        let mut labels = Vec::new();
        for (field, written) in fields.iter().zip(written) {
            let of_targets = field.targets.iter().map(|target| self.target_value(part, target, written));
            let of_targets: Vec<Json> = of_targets.collect::<Result<_, _>>()?;
            for (target, json) in field.targets.iter().zip(&of_targets) {
                value.changes.push(Change::by(OPTION, &target.path, &json.to_string()));
            }
            let shown = shown_value(&of_targets, written);
            labels.push(shown.as_str().map_or_else(|| shown.to_string(), str::to_owned));
            value.values.push(shown);
        }
        value.label = labels.join("x");
        Ok(value)
    }

    fn target_value(&self, part: Part<'_>, target: &Target, written: &Written) -> Result<Json, Diagnostic> {
        match written {
            Written::Value(text) => Ok(serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.clone()))),
            Written::Factor(factor) => {
                let scaled = |value: &Json| scaled::scaled(value, *factor, target.is_whole);
                target.value.as_ref().and_then(scaled).ok_or_else(|| self.nothing_to_multiply(part, target))
            }
        }
    }

    fn nothing_to_multiply(&self, part: Part<'_>, target: &Target) -> Diagnostic {
        let found = match &target.value {
            Some(value) => {
                format!("`{}` is {}, which has nothing to multiply", shown(&target.path), shown(&value.to_string()))
            }
            None => format!("the scenario has no `{}` to multiply", shown(&target.path)),
        };
        self.error(found, part, "a factor").with_help("give values instead of factors, such as `1,2,4`")
    }
}

/// The value of a field as it is shown: what the scenario has there, if that is one number or text everywhere.
fn shown_value(of_targets: &[Json], written: &Written) -> Json {
    match (of_targets, written) {
        ([first, others @ ..], _)
            if others.iter().all(|other| other == first) && !first.is_object() && !first.is_array() =>
        {
            first.clone()
        }
        (_, Written::Factor(factor)) => Json::String(format!("x{factor}")),
        (_, Written::Value(text)) => Json::String(text.clone()),
    }
}

/// A dimension as a sweep that was stored names it: its values can be shown, and not be applied.
pub(super) fn labelled(paths: Vec<String>, labels: Vec<String>) -> Dimension {
    let value = |label| GridValue { label, values: Vec::new(), position: None, changes: Vec::new() };
    with_positions(paths, labels.into_iter().map(value).collect())
}

/// A dimension whose values have positions if all are numbers of one kind.
fn with_positions(paths: Vec<String>, mut values: Vec<GridValue>) -> Dimension {
    let found: Option<Vec<(AxisKind, f64)>> = match paths.as_slice() {
        [_] => values.iter().map(|value| AxisKind::of(&value.label)).collect(),
        _ => None,
    };
    let found = found.filter(|found| found.windows(2).all(|pair| pair[0].0 == pair[1].0));
    let kind = found.as_ref().and_then(|found| Some(found.first()?.0));
    for (value, (_, position)) in values.iter_mut().zip(found.into_iter().flatten()) {
        value.position = Some(position);
    }
    Dimension { paths, kind, values }
}
