//! The JSON Schema of scenario files, and what else is derived from it.

use std::sync::LazyLock;

use serde_json::Value as Json;

use super::document::Element;
use super::format::ScenarioForm;

static SCHEMA: LazyLock<Json> = LazyLock::new(|| {
    let Json::Object(schema) = schemars::schema_for!(ScenarioForm).to_value() else {
        unreachable!("the schema of a struct is an object")
    };
    // Title and description come first, for people who open the file.
    let is_first = |(key, _): &(String, Json)| matches!(key.as_str(), "$schema" | "title" | "description");
    let (first, rest): (Vec<_>, Vec<_>) = schema.into_iter().partition(is_first);
    Json::Object(first.into_iter().chain(rest).collect())
});

/// The JSON Schema of scenario files (draft 2020-12), as `scenario.schema.json` ships it.
pub fn schema() -> Json {
    SCHEMA.clone()
}

/// The schema of a place in a document; empty if the schema does not know the place.
#[derive(Clone, Copy)]
pub(super) struct Shape<'a>(Option<&'a Json>);

impl<'a> Shape<'a> {
    /// The whole document.
    pub fn root() -> Shape<'static> {
        Shape(Some(&SCHEMA))
    }

    /// The value of a key, in any of the alternatives.
    pub fn property(self, key: &str) -> Self {
        let named = self.alternatives().into_iter().find_map(|shape| shape.get("properties")?.get(key));
        let any = || self.alternatives().into_iter().find_map(|shape| shape.get("additionalProperties"));
        Self(named.or_else(any))
    }

    /// An item of a list.
    pub fn item(self) -> Self {
        Self(self.alternatives().into_iter().find_map(|shape| shape.get("items")))
    }

    /// The keys of which an object here has exactly one; empty if it is not such a place.
    pub fn variants(self) -> Vec<&'a str> {
        let variant = |shape: &'a Json| match shape.get("required")?.as_array()?.as_slice() {
            [key] if shape.get("properties")?.as_object()?.len() == 1 => key.as_str(),
            _ => None,
        };
        match self.alternatives().as_slice() {
            [_] => Vec::new(),
            alternatives => alternatives.iter().filter_map(|shape| variant(shape)).collect(),
        }
    }

    /// The first of several alternatives that has all of these keys.
    pub fn of_object<'k>(self, keys: impl Iterator<Item = &'k str> + Clone) -> Self {
        let fits = |shape: &&Json| {
            let properties = shape.get("properties").and_then(Json::as_object);
            properties.is_some_and(|known| keys.clone().all(|key| known.contains_key(key)))
        };
        self.alternatives().into_iter().find(fits).map_or(self, |shape| Self(Some(shape)))
    }

    /// The fields of this object with their shapes, in the order of the format.
    pub fn fields(self, object: &Element) -> impl Iterator<Item = (&'a str, Self)> {
        let shape = self.of_object(object.members().iter().map(|member| member.key.as_str()));
        let properties = shape.0.and_then(|shape| shape.get("properties")?.as_object());
        properties.into_iter().flatten().map(|(key, shape)| (key.as_str(), Self(Some(shape))))
    }

    /// The fields of this object that no object inside a scenario has, except where users choose the keys.
    pub fn names_at_the_top(self) -> Vec<&'a str> {
        // Thread pools name classes, too.
        const ELSEWHERE: &str = "classes";
        self.names().into_iter().filter(|name| *name != ELSEWHERE && !name.starts_with('$')).collect()
    }

    /// The fields allowed here, in any of the alternatives.
    pub fn names(self) -> Vec<&'a str> {
        let properties = |shape: &'a Json| shape.get("properties").and_then(Json::as_object);
        let alternatives = self.alternatives().into_iter().filter_map(properties);
        alternatives.flat_map(|fields| fields.keys().map(String::as_str)).collect()
    }

    /// Whether an object here has keys of the user's choice.
    pub fn is_map(self) -> bool {
        self.alternatives().iter().any(|shape| shape.get("additionalProperties").is_some_and(Json::is_object))
    }

    /// The value in force when there is none.
    pub fn default(self) -> Option<&'a Json> {
        self.0?.get("default")
    }

    /// Whether a number here must be whole.
    pub fn is_integer(self) -> bool {
        let is_integer = |kind: &Json| kind == "integer";
        let kinds =
            |kinds: &Json| is_integer(kinds) || kinds.as_array().is_some_and(|kinds| kinds.iter().any(is_integer));
        self.alternatives().iter().any(|shape| shape.get("type").is_some_and(kinds))
    }

    /// Whether `null` is allowed here, which means the same as omitting the field.
    pub fn is_optional(self) -> bool {
        let is_null = |kind: &Json| kind == "null";
        let may_be_null =
            |kinds: &Json| is_null(kinds) || kinds.as_array().is_some_and(|kinds| kinds.iter().any(is_null));
        self.alternatives().iter().any(|shape| shape.get("type").is_some_and(may_be_null))
    }

    /// The alternatives of a schema: references are resolved, choices expanded.
    fn alternatives(self) -> Vec<&'a Json> {
        let mut open: Vec<&Json> = self.0.into_iter().collect();
        let mut alternatives = Vec::new();
        while let Some(shape) = open.pop() {
            let reference = shape.get("$ref").and_then(Json::as_str).and_then(|name| name.strip_prefix('#'));
            let choices = ["oneOf", "anyOf"].iter().find_map(|key| shape.get(key)?.as_array());
            match (reference.and_then(|name| SCHEMA.pointer(name)), choices) {
                (Some(target), _) => open.push(target),
                (None, Some(choices)) => open.extend(choices.iter().rev()),
                (None, None) => alternatives.push(shape),
            }
        }
        alternatives
    }
}
