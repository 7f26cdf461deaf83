//! A scenario file to be written: its values, and the comments that explain them.
//!
//! A draft is made from a form, or read from a file. Values that were read keep their spelling: units, the parameters of a
//! distribution, explicit and omitted defaults. Comments are kept too.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value as Json;

use super::changes::{self, Change};
use super::diagnostic::Diagnostic;
use super::encode::encode;
use super::format::ScenarioForm;
use super::layout::layout;
use super::source::{Source, Sources};
use super::{decode, explain, remarks, syntax};

/// The content of a scenario file. Its text ([`fmt::Display`]) reads as the same scenario.
///
/// ```
/// use waitline::scenario::{Change, Draft, Source};
///
/// let text = r#"{
///   "classes": { "page": { "phases": [ { "compute": "1500us" } ] } },
///   "arrivals": { "constant": "600/min" },  // ten a second
///   "policies": [ { "sync": { "workers": 2 } } ],
///   "run": { "requests": 100 }
/// }
/// "#;
/// let mut draft = Draft::read(Source::new("shop.json", text)).expect("it is a scenario");
/// assert_eq!(draft.to_string(), text);
///
/// draft.change(&Change::new("policies.sync.workers=4")).expect("there is such a policy");
/// draft.comment("/policies/0", "Enough for the evening.");
/// assert!(draft.to_string().contains("// Enough for the evening.\n    { \"sync\": { \"workers\": 4 } } ],"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    json: Json,
    comments: Comments,
}

/// Comments by the JSON pointer of the value that they explain.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Comments {
    above: BTreeMap<String, Vec<String>>,
    trailing: BTreeMap<String, String>,
    end: Vec<String>,
}

impl Draft {
    /// The file of a form. Defaults are omitted unless their JSON pointer `is_kept`.
    pub(crate) fn of(form: &ScenarioForm, is_kept: &dyn Fn(&str) -> bool) -> Self {
        Self { json: encode(form, is_kept), comments: Comments::default() }
    }

    /// Reads a file. Each value is checked against its type; [`super::read`] also checks values against each other.
    ///
    /// # Errors
    /// The first mistake, with its place.
    pub fn read(source: Source) -> Result<Self, Diagnostic> {
        let sources = Sources(vec![source]);
        let whole = sources.whole(0);
        let document = syntax::parse(&sources, whole)?;
        decode::decode::<ScenarioForm>(&document).map_err(|misfit| explain::explain(misfit, &sources))?;
        Ok(Self { json: document.to_json(), comments: remarks::comments(&document, &sources) })
    }

    /// Changes a value, as `--set` does.
    ///
    /// # Errors
    /// If the path does not exist, or the value does not fit its type.
    pub fn change(&mut self, change: &Change) -> Result<(), Diagnostic> {
        let sources = Sources(vec![Source::new("scenario", self.to_string()), change.source()]);
        let mut document = syntax::parse(&sources, sources.whole(0))?;
        changes::apply(&mut document, &sources)?;
        decode::decode::<ScenarioForm>(&document).map_err(|misfit| explain::explain(misfit, &sources))?;
        self.json = document.to_json();
        Ok(())
    }

    /// Adds a comment above the value at a JSON pointer, such as `/classes/page/weight`; empty lines remain empty.
    pub fn comment(&mut self, pointer: &str, text: &str) {
        let lines = text.split('\n').map(printable);
        self.comments.above.entry(pointer.to_owned()).or_default().extend(lines);
    }

    /// Sets the comment at the end of the line of the value at a JSON pointer.
    pub fn trailing_comment(&mut self, pointer: &str, text: &str) {
        self.comments.trailing.insert(pointer.to_owned(), printable(text));
    }
}

/// A comment on one line: control characters could end it.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>().trim_end().to_owned()
}

impl fmt::Display for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&layout(&self.json, &self.comments))
    }
}

impl Comments {
    pub fn add_above(&mut self, pointer: &str, line: String) {
        self.above.entry(pointer.to_owned()).or_default().push(line);
    }

    pub fn add_trailing(&mut self, pointer: &str, line: String) {
        self.trailing.insert(pointer.to_owned(), line);
    }

    pub fn add_at_the_end(&mut self, line: String) {
        self.end.push(line);
    }

    pub fn above(&self, pointer: &str) -> &[String] {
        self.above.get(pointer).map_or(&[], Vec::as_slice)
    }

    pub fn trailing(&self, pointer: &str) -> Option<&str> {
        self.trailing.get(pointer).map(String::as_str)
    }

    pub fn at_the_end(&self) -> &[String] {
        &self.end
    }

    /// Whether there is a comment on the value at that pointer.
    pub fn is_at(&self, pointer: &str) -> bool {
        self.above.contains_key(pointer) || self.trailing.contains_key(pointer)
    }

    /// Whether there is a comment on anything inside the value at that pointer.
    pub fn is_inside(&self, pointer: &str) -> bool {
        let prefix = format!("{pointer}/");
        let begins = |first: Option<&String>| first.is_some_and(|found| found.starts_with(&prefix));
        begins(self.above.range(prefix.clone()..).next().map(|(found, _)| found))
            || begins(self.trailing.range(prefix.clone()..).next().map(|(found, _)| found))
    }
}
