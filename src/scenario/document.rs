//! A JSON document in which every value has its place in the text.

use serde_json::Number;

use super::source::Span;

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Element {
    pub span: Span,
    pub value: Value,
}

/// A JSON value. The keys of an object are unique, and in the order of the text.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(Number),
    Text(String),
    List(Vec<Element>),
    Object(Vec<Member>),
}

/// A key of an object, its place, and its value.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub key: String,
    pub key_span: Span,
    pub value: Element,
}

impl Element {
    /// The members of an object; none if it is something else.
    pub fn members(&self) -> &[Member] {
        if let Value::Object(members) = &self.value { members } else { &[] }
    }

    /// The member of an object that has exactly one.
    pub fn only_member(&self) -> Option<&Member> {
        match self.members() {
            [member] => Some(member),
            _ => None,
        }
    }

    /// The same, mutable.
    pub fn only_member_mut(&mut self) -> Option<&mut Member> {
        let Value::Object(members) = &mut self.value else { return None };
        if members.len() == 1 { members.first_mut() } else { None }
    }

    /// The items of a list; none if it is something else.
    pub fn items(&self) -> &[Self] {
        if let Value::List(items) = &self.value { items } else { &[] }
    }

    /// Whether it is neither an object nor a list.
    pub fn is_scalar(&self) -> bool {
        !matches!(self.value, Value::List(_) | Value::Object(_))
    }

    /// The text of a string.
    pub fn as_text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    /// The member with this key.
    pub fn member(&self, key: &str) -> Option<&Member> {
        self.members().iter().find(|member| member.key == key)
    }

    /// The value of this key, or the value itself: an error about a missing value is shown where it should be.
    pub fn at(&self, key: &str) -> &Self {
        self.member(key).map_or(self, |member| &member.value)
    }

    /// The item with this number, or the value itself.
    pub fn item(&self, index: usize) -> &Self {
        self.items().get(index).unwrap_or(self)
    }

    /// The first value of this key at any depth.
    pub fn find(&self, key: &str) -> Option<&Self> {
        let own = self.member(key).map(|member| &member.value);
        let inner = || self.members().iter().map(|member| &member.value).chain(self.items());
        own.or_else(|| inner().find_map(|value| value.find(key)))
    }

    /// The part to underline: of an object or list only the opening bracket.
    pub fn short_span(&self) -> Span {
        match self.value {
            Value::List(_) | Value::Object(_) => self.span.opening(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => self.span,
        }
    }

    /// A description for messages.
    pub fn describe(&self) -> String {
        const LONG: usize = 30;
        match &self.value {
            Value::Null => "null".to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Number(number) => number.to_string(),
            Value::Text(text) if text.is_empty() => "an empty string".to_owned(),
            Value::Text(text) if text.chars().count() > LONG => "a string".to_owned(),
            Value::Text(text) => format!("the string \"{text}\""),
            Value::List(items) if items.is_empty() => "an empty list".to_owned(),
            Value::List(_) => "a list".to_owned(),
            Value::Object(members) if members.is_empty() => "an empty object".to_owned(),
            Value::Object(_) => "an object".to_owned(),
        }
    }

    /// The document without places.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(value) => Json::Bool(*value),
            Value::Number(number) => Json::Number(number.clone()),
            Value::Text(text) => Json::String(text.clone()),
            Value::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Value::Object(members) => {
                Json::Object(members.iter().map(|member| (member.key.clone(), member.value.to_json())).collect())
            }
        }
    }
}
