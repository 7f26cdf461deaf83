//! `--set PATH=VALUE`: changes of a scenario without editing it.
//!
//! A path names keys and numbers of items (from 0): `machine.cores`, `arrivals.at.0.time`, `classes.page.phases[1].db`.
//! An item that is a one-key object is also found by its `name` or, if there is only one, its key:
//! `policies.sync.workers` is `policies.0.sync.workers`, and so is `policies.0.workers`: the one key of an object that
//! chooses a variant may be left out. Names may hold dots: of those that are there the longest is meant. Objects on the way
//! are made if they are not there. Where one key chooses a variant (of arrivals, phases, policies, laws), naming another
//! replaces it: after `arrivals.poisson=80/s` there is no `constant` left.
//!
//! A value is JSON if it reads as JSON, else a text: `7` is a number, `80/s` a text.

use super::diagnostic::{Diagnostic, allowed_names, did_you_mean, shown};
use super::document::{Element, Member, Value};
use super::schema::Shape;
use super::source::{Source, Sources, Span};
use super::syntax::{self, DEEPEST};

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
pub(super) fn apply(root: &mut Element, sources: &Sources) -> Result<(), Diagnostic> {
    let change = Changing { sources, whole: sources.whole(sources.0.len() - 1) };
    let (path, value) = change.parse()?;
    change.descend(root, Shape::root(), path, value, 0)
}

/// A key or a number on the path.
struct Step<'t> {
    name: &'t str,
    span: Span,
}

/// What is left of a path, and where it begins in the change.
#[derive(Clone, Copy)]
struct Path<'t> {
    text: &'t str,
    start: usize,
}

impl<'t> Path<'t> {
    /// What follows so many bytes.
    fn behind(self, bytes: usize) -> Self {
        Self { text: &self.text[bytes..], start: self.start + bytes }
    }

    /// How long the longest of these names is that it begins with, blanks in front included.
    fn longest<'n>(self, names: impl IntoIterator<Item = &'n str>) -> Option<usize> {
        let bare = self.text.trim_start();
        let blanks = self.text.len() - bare.len();
        let begins = |name: &&str| {
            let rest = bare.strip_prefix(*name).map(str::trim_start);
            !name.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        names.into_iter().filter(begins).map(str::len).max().map(|length| blanks + length)
    }
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
    fn parse(&self) -> Result<(Path<'_>, Element), Diagnostic> {
        let text = self.sources.0[self.whole.source].text();
        let Some(equals) = text.find('=') else {
            return Err(self
                .error("a change has no `=`", self.whole, "only a path, or only a value")
                .with_help("write `--set PATH=VALUE`, such as `--set machine.cores=4`"));
        };
        let path = Path { text: &text[..equals], start: 0 };
        if path.text.trim().is_empty() {
            return Err(self.no_name(path.start, equals));
        }
        Ok((path, self.value(&text[equals + 1..], equals + 1)?))
    }

    /// The first step of a path: the longest of the names that are there, or what stands before the next dot or bracket;
    /// and the rest. A number may stand in brackets.
    fn step<'t, 'n>(
        &self,
        path: Path<'t>,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Result<(Step<'t>, Path<'t>), Diagnostic> {
        let (start, end, next) = if path.text.starts_with('[') {
            let Some(length) = path.text.find(']') else { return Err(self.brackets(path)) };
            (1, length, length + 1)
        } else {
            let end = path.longest(names).or_else(|| path.text.find(['.', '[', ']'])).unwrap_or(path.text.len());
            (0, end, end)
        };
        let name = path.text[start..end].trim();
        if name.is_empty() {
            return Err(self.no_name(path.start + start, path.start + end));
        }
        let span = Span { start: path.start + start, end: path.start + end, ..self.whole };
        let step = Step { name, span };
        let rest = path.behind(next);
        let rest = rest.behind(rest.text.len() - rest.text.trim_start().len());
        match rest.text.chars().next() {
            None | Some('[') => Ok((step, rest)),
            Some('.') if rest.text.len() == 1 => Err(self.no_name(rest.start + 1, rest.start + 1)),
            Some('.') => Ok((step, rest.behind(1))),
            Some(_) => Err(self.brackets(rest)),
        }
    }

    fn no_name(&self, start: usize, end: usize) -> Diagnostic {
        let span = Span { start, end, ..self.whole };
        self.error("a name is missing in the path", span, "expected a name here")
            .with_help("write names with dots between them, such as `policies.0.sync.workers`")
    }

    fn brackets(&self, path: Path<'_>) -> Diagnostic {
        let end = path.text.find('.').unwrap_or(path.text.len());
        let span = Span { start: path.start, end: path.start + end, ..self.whole };
        self.error("brackets that do not match", span, "expected a number in brackets")
            .with_help("write an item as `policies[0]` or `policies.0`")
    }

    fn value(&self, text: &str, start: usize) -> Result<Element, Diagnostic> {
        let span = Span { start, ..self.whole };
        let is_meant_as_json = text.trim_start().starts_with(['{', '[', '"']);
        match syntax::parse(self.sources, span) {
            Err(error) if is_meant_as_json => Err(error),
            Err(_) => Ok(Element { span, value: Value::Text(text.trim().to_owned()) }),
            parsed => parsed,
        }
    }

    fn descend(
        &self,
        node: &mut Element,
        shape: Shape<'_>,
        path: Path<'_>,
        value: Element,
        depth: usize,
    ) -> Result<(), Diagnostic> {
        if path.text.is_empty() {
            *node = value;
            return Ok(());
        }
        if depth > DEEPEST {
            let span = Span { start: path.start, ..self.whole };
            return Err(self
                .error("the path is too long", span, "too deep")
                .with_help(format!("at most {DEEPEST} names may stand behind each other")));
        }
        let (step, rest) = self.step(path, names_in(node))?;
        if let Some(member) = self.variant_left_out(node, shape, &step) {
            let shape = shape.property(&member.key);
            return self.descend(&mut member.value, shape, path, value, depth + 1);
        }
        self.choose_variant(node, shape, &step);
        match &mut node.value {
            Value::Object(members) => {
                let shape = shape.property(step.name);
                let index = members.iter().position(|member| member.key == step.name).unwrap_or_else(|| {
                    let value = Element { span: step.span, value: Value::Object(Vec::new()) };
                    members.push(Member { key: step.name.to_owned(), key_span: step.span, value });
                    members.len() - 1
                });
                let member = &mut members[index];
                if rest.text.is_empty() {
                    member.key_span = step.span;
                }
                self.descend(&mut member.value, shape, rest, value, depth + 1)
            }
            Value::List(items) => {
                let (item, shape) = self.item(items, shape.item(), &step)?;
                self.descend(item, shape, rest, value, depth + 1)
            }
            _ => {
                let label = format!("what stands before it is {}, not an object or a list", shown(&node.describe()));
                Err(self
                    .error(format!("`{}` leads nowhere", shown(step.name)), step.span, label)
                    .with_help("end the path before it"))
            }
        }
    }

    /// The one member of an object that chooses a variant, where the step names something in there: `workers` in
    /// `{ "sync": { … } }`.
    fn variant_left_out<'n>(&self, node: &'n mut Element, shape: Shape<'_>, step: &Step<'_>) -> Option<&'n mut Member> {
        let variants = shape.variants();
        let member = node.only_member_mut().filter(|member| variants.contains(&member.key.as_str()))?;
        if variants.contains(&step.name) || member.key == step.name {
            return None;
        }
        let inside = shape.property(&member.key).names();
        let is_meant = inside.contains(&step.name)
            || (did_you_mean(step.name, variants).is_none() && did_you_mean(step.name, inside).is_some());
        is_meant.then_some(member)
    }

    /// Makes room for the variant that the step names, where one key of an object chooses among several.
    fn choose_variant(&self, node: &mut Element, shape: Shape<'_>, step: &Step<'_>) {
        let variants = shape.variants();
        let is_variant = |key: &str| variants.contains(&key);
        let is_replaced = match &node.value {
            Value::Object(members) => {
                !members.is_empty()
                    && members.iter().all(|member| is_variant(&member.key))
                    && members.iter().all(|member| member.key != step.name)
            }
            _ => is_variant(step.name),
        };
        if is_replaced {
            *node = Element { span: step.span, value: Value::Object(Vec::new()) };
        }
    }

    /// The item by its number; or, of one-key objects, what stands in the one with that `name` or, if there is only
    /// one, that key.
    fn item<'n, 's>(
        &self,
        items: &'n mut [Element],
        shape: Shape<'s>,
        step: &Step<'_>,
    ) -> Result<(&'n mut Element, Shape<'s>), Diagnostic> {
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

    fn number_of(&self, items: &[Element], step: &Step<'_>) -> Result<usize, Diagnostic> {
        let is_found_by = |part: fn(&Member) -> &str| -> Vec<usize> {
            let is_it = |item: &Element| item.only_member().is_some_and(|member| part(member) == step.name);
            (0..items.len()).filter(|&number| is_it(&items[number])).collect()
        };
        let by_name = is_found_by(Member::name);
        let found = if by_name.is_empty() { is_found_by(|member| &member.key) } else { by_name };
        match found.as_slice() {
            [number] => Ok(*number),
            [] => {
                let names: Vec<&str> = items.iter().filter_map(Element::only_member).map(Member::name).collect();
                Err(self.no_item(&names, step))
            }
            several => {
                let numbers: Vec<String> = several.iter().map(usize::to_string).collect();
                Err(self
                    .error(format!("several items are `{}`", shown(step.name)), step.span, "which of them?")
                    .with_help(format!("name it by its number: {}", numbers.join(" or "))))
            }
        }
    }

    fn no_item(&self, names: &[&str], step: &Step<'_>) -> Diagnostic {
        let help = match names {
            [] => "items are named by their number, from 0".to_owned(),
            _ => allowed_names("items", step.name, names.iter().copied()) + "; or their numbers, from 0",
        };
        self.error(format!("there is no item `{}`", shown(step.name)), step.span, "no such item").with_help(help)
    }
}

/// The names by which a path may go on from here.
fn names_in(node: &Element) -> Vec<&str> {
    let keys = node.members().iter().map(|member| member.key.as_str());
    let of_items = node.items().iter().filter_map(Element::only_member);
    keys.chain(of_items.flat_map(|member| [member.name(), &member.key])).collect()
}

impl Member {
    /// The `name` in a one-key object's content; without one, the key.
    fn name(&self) -> &str {
        self.value.member("name").and_then(|name| name.value.as_text()).unwrap_or(&self.key)
    }
}
