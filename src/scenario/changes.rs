//! `--set PATH=VALUE`: changes of a scenario without editing it.
//!
//! A path names keys and numbers of items (from 0): `machine.cores`, `arrivals.at.0.time`, `classes.page.phases[1].db`.
//! An item that is a one-key object is also found by its `name` or, if there is only one, its key:
//! `policies.sync.workers` is `policies.0.sync.workers`. Objects on the way are made if they are not there. Where one
//! key chooses a variant (of arrivals, phases, policies, laws), naming another replaces it: after
//! `arrivals.poisson=80/s` there is no `constant` left.
//!
//! A value is JSON if it reads as JSON, else a text: `7` is a number, `80/s` a text.

use super::diagnostic::{Diagnostic, allowed_names, shown};
use super::document::{Member, Node, Value};
use super::schema::Shape;
use super::source::{Source, Sources, Span};
use super::syntax;

/// A change of one value: `run.seed=7`, `arrivals.poisson=80/s`, `policies.sync.workers=4`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    option: &'static str,
    text: String,
}

impl Change {
    /// A change as written after `--set`.
    pub fn new(text: impl Into<String>) -> Self {
        Self { option: "--set", text: text.into() }
    }

    /// A change that an option of its own makes, by which messages call it.
    pub fn by(option: &'static str, path: &str, value: &str) -> Self {
        Self { option, text: format!("{path}={value}") }
    }

    /// The path and the value, as they were written.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn source(&self) -> Source {
        Source::new(self.option, self.text.clone())
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

    /// Names with dots between them, each with any number of `[number]` behind it.
    fn path(&self, text: &str) -> Result<Vec<Step>, Diagnostic> {
        let mut path = Vec::new();
        let mut start = 0;
        for part in text.split('.') {
            let name_end = part.find(['[', ']']).unwrap_or(part.len());
            let mut at = start + name_end;
            path.push(self.step(text, start, at)?);
            while at < start + part.len() {
                let end_of_number = text[at..start + part.len()].find(']').filter(|_| text[at..].starts_with('['));
                let Some(length) = end_of_number else {
                    let span = Span { start: at, end: start + part.len(), ..self.whole };
                    return Err(self
                        .error("brackets that do not match", span, "expected a number in brackets")
                        .with_help("write an item as `policies[0]` or `policies.0`"));
                };
                path.push(self.step(text, at + 1, at + length)?);
                at += length + 1;
            }
            start += part.len() + 1;
        }
        Ok(path)
    }

    fn step(&self, text: &str, start: usize, end: usize) -> Result<Step, Diagnostic> {
        let span = Span { start, end, ..self.whole };
        match text[start..end].trim() {
            "" => Err(self
                .error("a name is missing in the path", span, "expected a name here")
                .with_help("write names with dots between them, such as `policies.0.sync.workers`")),
            name => Ok(Step { name: name.to_owned(), span }),
        }
    }

    fn value(&self, text: &str, start: usize) -> Result<Node, Diagnostic> {
        let span = Span { start, ..self.whole };
        let is_meant_as_json = text.trim_start().starts_with(['{', '[', '"']);
        match syntax::parse(self.sources, span) {
            Err(error) if is_meant_as_json => Err(error),
            Err(_) => Ok(Node { span, value: Value::Text(text.trim().to_owned()) }),
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
                let label = format!("what stands before it is {}, not an object or a list", shown(&node.describe()));
                Err(self
                    .error(format!("`{}` leads nowhere", shown(&step.name)), step.span, label)
                    .with_help("end the path before it"))
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
            _ => is_variant(&step.name),
        };
        if is_replaced {
            *node = Node { span: step.span, value: Value::Object(Vec::new()) };
        }
    }

    /// The item by its number; or, of one-key objects, what stands in the one with that `name` or, if there is only
    /// one, that key.
    fn item<'n, 's>(
        &self,
        items: &'n mut [Node],
        shape: Shape<'s>,
        step: &Step,
    ) -> Result<(&'n mut Node, Shape<'s>), Diagnostic> {
        if let Ok(number) = step.name.parse::<usize>() {
            let range = match items.len() {
                0 => "the list is empty".to_owned(),
                1 => "the list has one item, number 0".to_owned(),
                count => format!("the list has the items 0 to {}", count - 1),
            };
            let error = || self.error(format!("there is no item {number}"), step.span, range);
            return Ok((items.get_mut(number).ok_or_else(error)?, shape));
        }
        let number = self.number_of(items, step)?;
        let member = items[number].only_member_mut().expect("it was found by its only key");
        Ok((&mut member.value, shape.property(&member.key)))
    }

    fn number_of(&self, items: &[Node], step: &Step) -> Result<usize, Diagnostic> {
        let is_found_by = |part: fn(&Member) -> &str| -> Vec<usize> {
            let is_it = |item: &Node| item.only_member().is_some_and(|member| part(member) == step.name);
            (0..items.len()).filter(|&number| is_it(&items[number])).collect()
        };
        let by_name = is_found_by(Member::name);
        let found = if by_name.is_empty() { is_found_by(|member| &member.key) } else { by_name };
        match found.as_slice() {
            [number] => Ok(*number),
            [] => {
                let names: Vec<&str> = items.iter().filter_map(Node::only_member).map(Member::name).collect();
                Err(self.no_item(&names, step))
            }
            several => {
                let numbers: Vec<String> = several.iter().map(usize::to_string).collect();
                Err(self
                    .error(format!("several items are `{}`", shown(&step.name)), step.span, "which of them?")
                    .with_help(format!("name it by its number: {}", numbers.join(" or "))))
            }
        }
    }

    fn no_item(&self, names: &[&str], step: &Step) -> Diagnostic {
        let help = match names {
            [] => "items are named by their number, from 0".to_owned(),
            _ => allowed_names("items", &step.name, names.iter().copied()) + "; or their numbers, from 0",
        };
        self.error(format!("there is no item `{}`", shown(&step.name)), step.span, "no such item").with_help(help)
    }
}

impl Member {
    /// The `name` in a one-key object's content; without one, the key.
    fn name(&self) -> &str {
        self.value.member("name").and_then(|name| name.value.as_text()).unwrap_or(&self.key)
    }
}
