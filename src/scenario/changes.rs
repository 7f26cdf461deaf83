//! `--set PATH=VALUE`: changes of a scenario without editing it.
//!
//! A path names keys and numbers of items (from 0): `machine.cores`, `arrivals.at.0.time`, `classes.page.phases[1].db`.
//! A policy is also found by its name or kind: `policies.sync.workers` is `policies.0.sync.workers`. Objects on the way
//! are made if they are not there. Where one key chooses a variant (arrivals, phases, policies, laws), naming another
//! variant replaces it: after `arrivals.poisson=80/s` there is no `constant` left.
//!
//! A value is JSON if it reads as JSON, else a text: `7` is a number, `80/s` a text.

use super::diagnostic::{Diagnostic, allowed_names, did_you_mean, list, shown};
use super::document::{Member, Node, Value};
use super::schema::Shape;
use super::source::{Source, Sources, Span};
use super::syntax;

/// A change of one value: `run.seed=7`, `arrivals.poisson=80/s`, `policies.sync.workers=4`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    text: String,
}

impl Change {
    /// A change as written after `--set`.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    pub(super) fn source(&self) -> Source {
        Source::new("--set", self.text.clone())
    }
}

/// Applies the change that is the last of the sources.
pub(super) fn apply(root: &mut Node, sources: &Sources) -> Result<(), Diagnostic> {
    let change = Changing { sources, whole: sources.whole(sources.0.len() - 1) };
    let (path, value) = change.parse()?;
    change.descend(root, Shape::root(), &path, value)
}

/// A key or a number on the path.
struct Step {
    name: String,
    span: Span,
}

struct Changing<'a> {
    sources: &'a Sources,
    whole: Span,
}

impl Changing<'_> {
    fn error(&self, message: impl Into<String>, span: Span, label: impl Into<String>) -> Diagnostic {
        self.sources.error(message, span, label)
    }

    /// The path and the value.
    fn parse(&self) -> Result<(Vec<Step>, Node), Diagnostic> {
        let text = self.sources.0[self.whole.source].text();
        let Some(equals) = text.find('=') else {
            return Err(self
                .error("a change has no `=`", self.whole, "only a path, or only a value")
                .with_help("write `--set PATH=VALUE`, such as `--set machine.cores=4`"));
        };
        Ok((self.path(&text[..equals])?, self.value(&text[equals + 1..], equals + 1)?))
    }

    fn path(&self, text: &str) -> Result<Vec<Step>, Diagnostic> {
        let mut path = Vec::new();
        let mut start = 0;
        for part in text.split_inclusive(['.', '[', ']']) {
            let name = part.trim_end_matches(['.', '[', ']']);
            let span = Span { start, end: start + name.len(), ..self.whole };
            start += part.len();
            // Behind the `]` of `policies[0].sync` follows a `.`, or the end.
            let is_behind_item = name.is_empty() && !path.is_empty() && text[..span.start].ends_with(']');
            match name.trim() {
                _ if is_behind_item => {}
                "" => {
                    return Err(self
                        .error("a path with a hole", span, "a name is missing here")
                        .with_help("write names with dots between them, such as `policies.0.sync.workers`"));
                }
                name => path.push(Step { name: name.to_owned(), span }),
            }
        }
        if path.is_empty() || text.ends_with('.') || text.ends_with('[') {
            let end = Span { start, end: start, ..self.whole };
            return Err(self
                .error("a path with a hole", end, "a name is missing here")
                .with_help("write names with dots between them, such as `policies.0.sync.workers`"));
        }
        Ok(path)
    }

    fn value(&self, text: &str, start: usize) -> Result<Node, Diagnostic> {
        let span = Span { start, ..self.whole };
        let is_meant_as_json = text.trim_start().starts_with(['{', '[', '"']);
        match syntax::parse(self.sources, span) {
            Err(error) if is_meant_as_json => Err(error),
            Err(_) if looks_like_json_number(text) => syntax::parse(self.sources, span),
            Err(_) => Ok(Node { span, value: Value::Text(text.to_owned()) }),
            parsed => parsed,
        }
    }

    fn descend(&self, node: &mut Node, shape: Shape<'_>, path: &[Step], value: Node) -> Result<(), Diagnostic> {
        let Some((step, rest)) = path.split_first() else {
            *node = value;
            return Ok(());
        };
        self.choose_variant(node, shape, step);
        match &mut node.value {
            Value::Object(members) => {
                let shape = shape.property(&step.name);
                let index = members.iter().position(|member| member.key == step.name).unwrap_or_else(|| {
                    let value = Node { span: step.span, value: Value::Object(Vec::new()) };
                    members.push(Member { key: step.name.clone(), key_span: step.span, value });
                    members.len() - 1
                });
                let member = &mut members[index];
                if rest.is_empty() {
                    member.key_span = step.span;
                }
                self.descend(&mut member.value, shape, rest, value)
            }
            Value::List(items) => {
                let (item, shape) = self.item(items, shape.item(), step)?;
                self.descend(item, shape, rest, value)
            }
            _ => {
                let label = format!("what stands before it is {}", node.describe());
                Err(self
                    .error(format!("there is nothing to name `{}` in", shown(&step.name)), step.span, label)
                    .with_help("end the path before it, or give a whole object as the value"))
            }
        }
    }

    /// Makes room for the variant that the step names, where one key of an object chooses among several.
    fn choose_variant(&self, node: &mut Node, shape: Shape<'_>, step: &Step) {
        let variants = shape.variants();
        let is_variant = |key: &str| variants.contains(&key);
        let is_replaced = match &node.value {
            Value::Object(members) => {
                !members.is_empty()
                    && members.iter().all(|member| is_variant(&member.key))
                    && members.iter().all(|member| member.key != step.name)
            }
            Value::List(_) => false,
            _ => is_variant(&step.name),
        };
        if is_replaced {
            *node = Node { span: step.span, value: Value::Object(Vec::new()) };
        }
    }

    /// The item by its number or, among policies, by name or kind: then what stands in the one-key object.
    fn item<'n, 's>(
        &self,
        items: &'n mut [Node],
        shape: Shape<'s>,
        step: &Step,
    ) -> Result<(&'n mut Node, Shape<'s>), Diagnostic> {
        let count = items.len();
        if let Ok(index) = step.name.parse::<usize>() {
            let range = match count {
                0 => "the list is empty".to_owned(),
                1 => "the list has one item, number 0".to_owned(),
                _ => format!("the list has the items 0 to {}", count - 1),
            };
            return items
                .get_mut(index)
                .map(|item| (item, shape))
                .ok_or_else(|| self.error(format!("there is no item {index}"), step.span, range));
        }
        let named = |item: &Node| match item.members() {
            [kind] => [kind.value.member("name").and_then(|name| name.value.as_text()), Some(kind.key.as_str())]
                .into_iter()
                .flatten()
                .map(str::to_owned)
                .collect(),
            _ => Vec::new(),
        };
        let names: Vec<Vec<String>> = items.iter().map(named).collect();
        let has_names = shape.variants() == crate::policy::PolicyChoice::KINDS;
        if !has_names {
            return Err(self
                .error(
                    format!("`{}` is not the number of an item", shown(&step.name)),
                    step.span,
                    "this names an item of a list",
                )
                .with_help(format!("items are counted from 0, up to {}", count.saturating_sub(1))));
        }
        let by_name = names.iter().position(|names| names.first() == Some(&step.name));
        let found: Vec<usize> = match by_name {
            Some(index) => vec![index],
            None => (0..count).filter(|&index| names[index].contains(&step.name)).collect(),
        };
        let known: Vec<&str> = names.iter().filter_map(|names| names.first().map(String::as_str)).collect();
        match (found.as_slice(), did_you_mean(&step.name, known.iter().copied())) {
            (&[index], _) => match &mut items[index].value {
                Value::Object(members) => {
                    let kind = &mut members[0];
                    Ok((&mut kind.value, shape.property(&kind.key)))
                }
                _ => unreachable!("a policy with a name is an object"),
            },
            ([], _) => Err(self
                .error(format!("there is no policy `{}`", shown(&step.name)), step.span, "no such policy")
                .with_help(allowed_names("policies", &step.name, known))),
            _ => Err(self
                .error(format!("several policies are of kind `{}`", step.name), step.span, "which of them?")
                .with_help(format!("name one of {}", list(known)))),
        }
    }
}

fn looks_like_json_number(text: &str) -> bool {
    text.parse::<f64>().is_ok() && !text.contains(|c: char| c.is_alphabetic() && c != 'e' && c != 'E')
}
