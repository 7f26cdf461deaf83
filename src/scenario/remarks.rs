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
    let found = find_comments(text);
    let is_next_to = |one: &Remark, next: &Remark| text[one.end..next.start].trim().is_empty();
    for (index, remark) in found.iter().enumerate() {
        let line = text[remark.start..remark.end].trim_start_matches('/').trim().to_owned();
        if !remark.is_alone
            && let Some(place) = places.iter().filter(|place| place.end <= remark.start).max_by_key(|place| place.end)
        {
            comments.add_trailing(&place.pointer, line);
            continue;
        }
        match places.iter().find(|place| place.start >= remark.end) {
            Some(place) => {
                if has_empty_line_before(text, remark.start) {
                    comments.add_above(&place.pointer, String::new());
                }
                comments.add_above(&place.pointer, line);
                let is_last = found.get(index + 1).is_none_or(|next| !is_next_to(remark, next));
                if is_last && has_empty_line_before(text, place.start) {
                    comments.add_above(&place.pointer, String::new());
                }
            }
            None => comments.add_at_the_end(line),
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
