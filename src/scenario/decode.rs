//! From a document to the types of the file format, through serde, with the place of every error.
//!
//! This deserializer knows the place of every value and the names allowed there, so its errors are data, not text.

use std::fmt;

use serde::Deserialize;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, Expected, MapAccess, SeqAccess, Unexpected};
use serde::de::{VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::diagnostic::list;
use super::document::{Element, Member, Value};
use super::source::Span;

/// Reads a document as a type of the file format.
pub(super) fn decode<'de, T: Deserialize<'de>>(node: &'de Element) -> Result<T, Misfit<'de>> {
    T::deserialize(node)
}

/// A value that does not fit its type, and where it is.
#[derive(Debug)]
pub(super) struct Misfit<'de> {
    pub problem: Problem,
    /// The value that was found.
    pub found: Option<&'de Element>,
    /// Its place; known once the error has left the innermost value.
    pub span: Option<Span>,
    /// The field concerned: `` `workers` ``, or ``item 2 of `uniform` ``.
    pub field: Option<String>,
}

/// What is wrong with a value.
#[derive(Debug)]
pub(super) enum Problem {
    /// The message of a type: what is wrong and, on further lines, what to do.
    Said(String),
    /// Another kind of value is expected.
    Expected(String),
    /// A list of another length is expected.
    Length { found: usize, expected: String },
    /// A field is missing; `allowed` are all fields of its object.
    Missing { field: &'static str, allowed: &'static [&'static str] },
    /// A name that is not allowed, and what it stands for.
    Unknown { name: Box<str>, noun: Noun, allowed: &'static [&'static str] },
    /// Two variants where one is expected, of the type with this name.
    TwoKinds(&'static str),
}

/// What a name stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Noun {
    Field,
    /// A variant of an unknown type.
    Variant,
    /// A variant of the type with this name.
    KindOf(&'static str),
}

impl<'de> Misfit<'de> {
    fn new(problem: Problem) -> Self {
        Self { problem, found: None, span: None, field: None }
    }

    /// Sets the place, unless a more exact one is known.
    fn at(mut self, node: &'de Element) -> Self {
        // For a wrong key, this is the object that contains it.
        self.found = self.found.or(Some(node));
        if self.span.is_none() {
            // An unknown name that was read before its place was known is one of the keys of this object.
            let key = if let Problem::Unknown { name, noun: _, allowed: _ } = &self.problem {
                node.member(name)
            } else {
                None
            };
            self.span = Some(key.map_or_else(|| node.short_span(), |member| member.key_span));
        }
        self
    }

    fn at_key(mut self, member: &Member) -> Self {
        self.span = self.span.or(Some(member.key_span));
        self
    }

    fn in_field(mut self, key: &str) -> Self {
        self.field = match self.field {
            None => Some(format!("`{key}`")),
            Some(item) if item.ends_with(" of ") => Some(format!("{item}`{key}`")),
            known => known,
        };
        self
    }

    fn in_item(mut self, index: usize) -> Self {
        self.field = self.field.or_else(|| Some(format!("item {} of ", index + 1)));
        self
    }

    fn of_kind(mut self, rust_name: &'static str) -> Self {
        if let Problem::Unknown { noun, name: _, allowed: _ } = &mut self.problem {
            *noun = Noun::KindOf(rust_name);
        }
        self
    }
}

impl std::error::Error for Misfit<'_> {}

impl fmt::Display for Misfit<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.problem)
    }
}

impl de::Error for Misfit<'_> {
    fn custom<T: fmt::Display>(text: T) -> Self {
        Self::new(Problem::Said(text.to_string()))
    }

    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Problem::Expected(expected.to_string()))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Problem::Expected(expected.to_string()))
    }

    fn invalid_length(found: usize, expected: &dyn Expected) -> Self {
        Self::new(Problem::Length { found, expected: expected.to_string() })
    }

    fn unknown_field(name: &str, allowed: &'static [&'static str]) -> Self {
        Self::new(Problem::Unknown { name: name.into(), noun: Noun::Field, allowed })
    }

    fn unknown_variant(name: &str, allowed: &'static [&'static str]) -> Self {
        Self::new(Problem::Unknown { name: name.into(), noun: Noun::Variant, allowed })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Problem::Missing { field, allowed: &[] })
    }
}

impl<'de> Deserializer<'de> for &'de Element {
    type Error = Misfit<'de>;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit<'de>> {
        match &self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => visitor.visit_u64(number),
                (_, Some(number)) => visitor.visit_i64(number),
                _ => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::List(items) => visit_list(items, visitor),
            Value::Object(members) => visitor.visit_map(Members { members: members.iter(), value: None }),
        }
        .map_err(|misfit| misfit.at(self))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Misfit<'de>> {
        let visited = if matches!(self.value, Value::Null) { visitor.visit_none() } else { visitor.visit_some(self) };
        visited.map_err(|misfit| misfit.at(self))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Misfit<'de>> {
        visitor.visit_newtype_struct(self).map_err(|misfit| misfit.at(self))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit<'de>> {
        let Value::Object(members) = &self.value else {
            let expected = format!("an object with the fields {}", list(fields.iter().copied()));
            return Err(Misfit::new(Problem::Expected(expected)).at(self));
        };
        visitor.visit_map(Members { members: members.iter(), value: None }).map_err(|mut misfit| {
            if let (None, Problem::Missing { allowed, field: _ }) = (misfit.span, &mut misfit.problem) {
                *allowed = fields;
            }
            misfit.at(self)
        })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        kinds: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit<'de>> {
        let one_key = || {
            Misfit::new(Problem::Expected(format!("an object with one of the keys {}", list(kinds.iter().copied()))))
        };
        match &self.value {
            Value::Text(_) => visitor.visit_enum(Choice { of: name, name: VariantName::Text(self), content: None }),
            Value::Object(members) => match members.as_slice() {
                [member] => visitor.visit_enum(Choice {
                    of: name,
                    name: VariantName::Key(member),
                    content: Some(&member.value),
                }),
                [] => Err(one_key()),
                [_, second, ..] => Err(Misfit::new(Problem::TwoKinds(name)).at_key(second)),
            },
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::List(_) => Err(one_key()),
        }
        .map_err(|misfit| misfit.at(self))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        seq tuple tuple_struct map identifier ignored_any
    }
}

fn visit_list<'de, V: Visitor<'de>>(items: &'de [Element], visitor: V) -> Result<V::Value, Misfit<'de>> {
    // Visiting consumes the visitor, so the expectation is formatted first.
    let expected = (&visitor as &dyn Expected).to_string();
    let mut rest = Items { items: items.iter().enumerate() };
    let value = visitor.visit_seq(&mut rest)?;
    match rest.items.len() {
        0 => Ok(value),
        _ => Err(Misfit::new(Problem::Length { found: items.len(), expected })),
    }
}

struct Items<'de> {
    items: std::iter::Enumerate<std::slice::Iter<'de, Element>>,
}

impl<'de> SeqAccess<'de> for &mut Items<'de> {
    type Error = Misfit<'de>;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Misfit<'de>> {
        let Some((index, item)) = self.items.next() else { return Ok(None) };
        seed.deserialize(item).map(Some).map_err(|misfit| misfit.at(item).in_item(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Members<'de> {
    members: std::slice::Iter<'de, Member>,
    value: Option<&'de Member>,
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Misfit<'de>;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Misfit<'de>> {
        self.value = self.members.next();
        let Some(member) = self.value else { return Ok(None) };
        let key = BorrowedStrDeserializer::new(&member.key);
        seed.deserialize(key).map(Some).map_err(|misfit: Misfit<'de>| misfit.at_key(member))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Misfit<'de>> {
        let member = self.value.take().ok_or_else(|| de::Error::custom("a value was read before its key"))?;
        seed.deserialize(&member.value).map_err(|misfit| misfit.at(&member.value).in_field(&member.key))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.members.len())
    }
}

/// A choice by name: the only key of an object, or a string.
struct Choice<'de> {
    of: &'static str,
    name: VariantName<'de>,
    content: Option<&'de Element>,
}

enum VariantName<'de> {
    Key(&'de Member),
    Text(&'de Element),
}

impl<'de> EnumAccess<'de> for Choice<'de> {
    type Error = Misfit<'de>;
    type Variant = Content<'de>;

    fn variant_seed<S: DeserializeSeed<'de>>(self, seed: S) -> Result<(S::Value, Content<'de>), Misfit<'de>> {
        let (field, choice) = match self.name {
            VariantName::Key(member) => {
                let key = BorrowedStrDeserializer::new(&member.key);
                (member.key.as_str(), seed.deserialize(key).map_err(|misfit: Misfit<'de>| misfit.at_key(member)))
            }
            VariantName::Text(node) => (node.as_text().unwrap_or_default(), seed.deserialize(node)),
        };
        Ok((choice.map_err(|misfit| misfit.of_kind(self.of))?, Content { field, node: self.content }))
    }
}

/// The content of the chosen variant, if any.
struct Content<'de> {
    field: &'de str,
    node: Option<&'de Element>,
}

impl<'de> Content<'de> {
    fn node(&self) -> Result<&'de Element, Misfit<'de>> {
        let field = self.field;
        self.node.ok_or_else(|| {
            de::Error::custom(format!("`{field}` needs a value\nwrite an object with one key: {{ \"{field}\": … }}"))
        })
    }
}

impl<'de> VariantAccess<'de> for Content<'de> {
    type Error = Misfit<'de>;

    fn unit_variant(self) -> Result<(), Misfit<'de>> {
        match self.node {
            None => Ok(()),
            Some(node) => Err(Misfit::new(Problem::Expected(format!("the text \"{}\"", self.field))).at(node)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Misfit<'de>> {
        let node = self.node()?;
        seed.deserialize(node).map_err(|misfit| misfit.at(node).in_field(self.field))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Misfit<'de>> {
        self.node()?.deserialize_any(visitor).map_err(|misfit| misfit.in_field(self.field))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Misfit<'de>> {
        self.node()?.deserialize_struct("", fields, visitor).map_err(|misfit| misfit.in_field(self.field))
    }
}
