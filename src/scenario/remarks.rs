//! The comments of a text, assigned to the values that they explain.

use super::document::{Element, Value};
use super::draft::Comments;
use super::encode::inside;
use super::source::Sources;

/// The comments of the first source, from which the document was read.
pub(super) fn comments(document: &Element, sources: &Sources) -> Comments {
    let text = sources.0[0].text();
    let mut places = Vec::new();
    list_places(document, document.span.start, &mut String::new(), &mut places);
    let mut comments = Comments::default();
    let remarks = find_comments(text);
    for (index, remark) in remarks.iter().enumerate() {
        if let Some(place) = remark.place_before(&places) {
            comments.add_trailing(&place.pointer, remark.words(text));
        } else if let Some(place) = places.iter().find(|place| place.start >= remark.end) {
            if has_empty_line_before(text, remark.start) {
                comments.add_above(&place.pointer, String::new());
            }
            comments.add_above(&place.pointer, remark.words(text));
            let is_last = remarks.get(index + 1).is_none_or(|next| next.start > place.start);
            if is_last && has_empty_line_before(text, place.start) {
                comments.add_above(&place.pointer, String::new());
            }
        } else {
            comments.add_at_the_end(remark.words(text));
        }
    }
    comments
}

/// The place of a value and its key.
struct Extent {
    pointer: String,
    start: usize,
    end: usize,
}

/// Lists every value, in the order of their beginnings.
fn list_places(node: &Element, start: usize, pointer: &mut String, places: &mut Vec<Extent>) {
    places.push(Extent { pointer: pointer.clone(), start, end: node.span.end });
    match &node.value {
        Value::List(items) => {
            for (index, item) in items.iter().enumerate() {
                inside(pointer, &index.to_string(), |pointer| list_places(item, item.span.start, pointer, places));
            }
        }
        Value::Object(members) => {
            for member in members {
                let start = member.key_span.start;
                inside(pointer, &member.key, |pointer| list_places(&member.value, start, pointer, places));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => {}
    }
}

/// A comment, in bytes.
struct Remark {
    start: usize,
    end: usize,
    /// Whether it is alone on its line.
    is_alone: bool,
}

impl Remark {
    /// The text after the slashes.
    fn words(&self, text: &str) -> String {
        text[self.start..self.end].trim_start_matches('/').trim().to_owned()
    }

    /// The value that ends before it on the same line, if it is not alone there; of several, the outermost.
    fn place_before<'p>(&self, places: &'p [Extent]) -> Option<&'p Extent> {
        let before = places.iter().filter(|place| !self.is_alone && place.end <= self.start);
        // The first of those that end last.
        before.reduce(|last, place| if place.end > last.end { place } else { last })
    }
}

/// The comments of a text whose syntax has been checked: `//` outside of quotes, up to the end of the line.
fn find_comments(text: &str) -> Vec<Remark> {
    let mut found = Vec::new();
    let mut line_start = 0;
    for line in text.split_inclusive('\n') {
        if let Some(at) = comment_in(line) {
            let start = line_start + at;
            let end = line_start + line.trim_end().len();
            found.push(Remark { start, end, is_alone: line[..at].trim().is_empty() });
        }
        line_start += line.len();
    }
    found
}

/// Where the comment of a line begins. Strings end on their line.
fn comment_in(line: &str) -> Option<usize> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    line.char_indices().find_map(|(at, c)| {
        let begins = !is_quoted && line[at..].starts_with("//");
        is_quoted ^= c == '"' && !is_escaped;
        is_escaped = is_quoted && c == '\\' && !is_escaped;
        begins.then_some(at)
    })
}

/// Whether the line above the one of this byte is empty.
fn has_empty_line_before(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end_matches([' ', '\t']);
    before
        .trim_end_matches(['\r', ' ', '\t'])
        .strip_suffix('\n')
        .is_some_and(|above| above.trim_end_matches(['\r', ' ', '\t']).ends_with('\n'))
}
