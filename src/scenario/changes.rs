//! `--set PATH=VALUE`: changes of a scenario without editing it.
//!
//! A path consists of keys and item numbers (from 0): `machine.cores`, `arrivals.at.0.time`, `classes.page.phases[1].db`.
//! An item that is a one-key object is also found by its `name` or, if that is unambiguous, its key:
//! `policies.sync.workers` is `policies.0.sync.workers`, and so is `policies.0.workers`: the key that selects a variant
//! may be omitted. Names may contain dots: the longest existing name matches. Missing objects on the way are created.
//! Where one key selects a variant (of arrivals, phases, policies, distributions), naming another one replaces it: after
//! `arrivals.poisson=80/s` there is no `constant` left.
//!
//! A value is JSON if it parses as JSON, and a string otherwise: `7` is a number, `80/s` a string.

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

    /// A change made by another option, which messages name.
    pub fn by(option: &'static str, path: &str, value: &str) -> Self {
        Self { option, text: format!("{path}={value}") }
    }

    /// The path and the value, as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The path.
    pub(super) fn path(&self) -> &str {
        self.text.split_once('=').map_or(self.text.as_str(), |(path, _)| path)
    }

    pub(super) fn source(&self) -> Source {
        Source::new(self.option, self.text.clone())
    }
}

/// Applies the change in the last of the sources.
pub(super) fn apply(root: &mut Element, sources: &Sources) -> Result<(), Diagnostic> {
    let change = Changing { sources, whole: sources.whole(sources.0.len() - 1) };
    let (path, value) = change.parse()?;
    change.descend(root, Shape::root(), path, &mut |node, _| *node = value.clone(), 0)
}

/// The value at a path in the last of the sources (its bytes from `start` on), and what the format says of it; no value where
/// the document has none.
pub(super) fn look_up(
    root: &Element,
    sources: &Sources,
    path: &str,
    start: usize,
) -> Result<(Option<Element>, Shape<'static>), Diagnostic> {
    let change = Changing { sources, whole: sources.whole(sources.0.len() - 1) };
    let mut found = (None, Shape::root());
    // What is missing on the way is created from the path, in a copy.
    let mut copy = root.clone();
    let path = Path { text: path, start };
    let is_there = |node: &Element| node.span.source != change.whole.source;
    let mut look = |node: &mut Element, shape| found = (is_there(node).then(|| node.clone()), shape);
    change.descend(&mut copy, Shape::root(), path, &mut look, 0)?;
    Ok(found)
}

/// What is done with the value at the end of a path.
type AtEnd<'a> = dyn FnMut(&mut Element, Shape<'static>) + 'a;

/// A key or a number on the path.
struct Step<'t> {
    name: &'t str,
    span: Span,
}

/// The rest of a path, and where it begins in the change.
#[derive(Clone, Copy)]
struct Path<'t> {
    text: &'t str,
    start: usize,
}

impl<'t> Path<'t> {
    /// The rest after this number of bytes.
    fn behind(self, bytes: usize) -> Self {
        Self { text: &self.text[bytes..], start: self.start + bytes }
    }

    /// Length of the longest of these names that the path begins with, including leading blanks.
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
                .error("a change must contain `=`", self.whole, "only a path, or only a value")
                .with_help("write `--set PATH=VALUE`, such as `--set machine.cores=4`"));
        };
        let path = Path { text: &text[..equals], start: 0 };
        if path.text.trim().is_empty() {
            return Err(self.no_name(path.start, equals));
        }
        Ok((path, self.value(&text[equals + 1..], equals + 1)?))
    }

    /// The first step of a path, and the rest: the longest existing name, or everything up to the next dot or bracket.
    /// Numbers may be in brackets.
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
            .with_help("separate names by dots, such as `policies.0.sync.workers`")
    }

    fn brackets(&self, path: Path<'_>) -> Diagnostic {
        let end = path.text.find('.').unwrap_or(path.text.len());
        let span = Span { start: path.start, end: path.start + end, ..self.whole };
        self.error("brackets do not match", span, "expected a number in brackets")
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
        shape: Shape<'static>,
        path: Path<'_>,
        at_end: &mut AtEnd<'_>,
        depth: usize,
    ) -> Result<(), Diagnostic> {
        if path.text.is_empty() {
            at_end(node, shape);
            return Ok(());
        }
        if depth > DEEPEST {
            let span = Span { start: path.start, ..self.whole };
            return Err(self
                .error("the path is too long", span, "too many names")
                .with_help(format!("write at most {DEEPEST} names")));
        }
        let (step, rest) = self.step(path, names_in(node))?;
        if let Some(member) = self.variant_left_out(node, shape, &step) {
            let shape = shape.property(&member.key);
            return self.descend(&mut member.value, shape, path, at_end, depth + 1);
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
                self.descend(&mut member.value, shape, rest, at_end, depth + 1)
            }
            Value::List(items) => {
                let (item, shape) = self.item(items, shape.item(), &step)?;
                self.descend(item, shape, rest, at_end, depth + 1)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {
                let label = format!("the value before it is {}, not an object or a list", shown(&node.describe()));
                Err(self
                    .error(format!("the path cannot continue with `{}`", shown(step.name)), step.span, label)
                    .with_help("end the path before this name"))
            }
        }
    }

    /// The only member of an object that selects a variant, if the step names a field inside it: `workers` in
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

    /// Clears an object for the variant that the step names, where one key selects among several.
    fn choose_variant(&self, node: &mut Element, shape: Shape<'_>, step: &Step<'_>) {
        let variants = shape.variants();
        let is_variant = |key: &str| variants.contains(&key);
        let is_replaced = match &node.value {
            Value::Object(members) => {
                !members.is_empty()
                    && members.iter().all(|member| is_variant(&member.key))
                    && members.iter().all(|member| member.key != step.name)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) => is_variant(step.name),
        };
        if is_replaced {
            *node = Element { span: step.span, value: Value::Object(Vec::new()) };
        }
    }

    /// The item with this number; or, of one-key objects, the value of the one with this `name` or, if that is
    /// unambiguous, this key.
    fn item<'n, 's>(
        &self,
        items: &'n mut [Element],
        shape: Shape<'s>,
        step: &Step<'_>,
    ) -> Result<(&'n mut Element, Shape<'s>), Diagnostic> {
        if let Ok(number) = step.name.parse::<usize>() {
            let range = match items.len() {
                0 => "the list is empty".to_owned(),
                1 => "the list has one item: 0".to_owned(),
                count => format!("the list has the items 0 to {}", count - 1),
            };
            let error = || {
                let error = self.error(format!("there is no item {number}"), step.span, range);
                error.with_help(format!("to add items, write the whole list: `{}=[…]`", self.list_of(step)))
            };
            return Ok((items.get_mut(number).ok_or_else(error)?, shape));
        }
        let number = self.number_of(items, step)?;
        let member = items[number].only_member_mut().expect("it was found by its only key");
        Ok((&mut member.value, shape.property(&member.key)))
    }

    /// The path of the list that a step leads into.
    fn list_of(&self, step: &Step<'_>) -> String {
        let text = self.sources.0[self.whole.source].text();
        shown(text[..step.span.start].trim_end_matches(['.', '[', ' ']))
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
                    .error(format!("several items are named `{}`", shown(step.name)), step.span, "ambiguous")
                    .with_help(format!("use the item number: {}", numbers.join(" or "))))
            }
        }
    }

    fn no_item(&self, names: &[&str], step: &Step<'_>) -> Diagnostic {
        let help = match names {
            [] => "use an item number, from 0".to_owned(),
            _ => allowed_names("items", step.name, names.iter().copied()) + "; or an item number, from 0",
        };
        self.error(format!("there is no item `{}`", shown(step.name)), step.span, "no such item").with_help(help)
    }
}

/// The names with which a path may continue from here.
fn names_in(node: &Element) -> Vec<&str> {
    let keys = node.members().iter().map(|member| member.key.as_str());
    let of_items = node.items().iter().filter_map(Element::only_member);
    keys.chain(of_items.flat_map(|member| [member.name(), &member.key])).collect()
}

impl Member {
    /// The `name` inside a one-key object, or its key.
    fn name(&self) -> &str {
        self.value.member("name").and_then(|name| name.value.as_text()).unwrap_or(&self.key)
    }
}
