//! The layout of scenario files: what fits on a line stays on one, closing brackets follow the last item, and comments are
//! above a value or at the end of its line.

use serde_json::{Map, Value as Json};

use super::draft::Comments;
use super::encode::inside;
use super::schema::Shape;

/// The widest line, in characters.
const WIDTH: usize = 100;
const STEP: usize = 2;

/// The text of a scenario file.
pub(super) fn layout(json: &Json, comments: &Comments) -> String {
    let mut page = Page { comments, out: String::new(), pointer: String::new() };
    page.above(0);
    page.value(json, Shape::root(), 0, 0);
    page.out.push('\n');
    page.lines_of(comments.at_the_end(), 0);
    page.out
}

struct Page<'a> {
    comments: &'a Comments,
    out: String,
    /// The JSON pointer of the value that is being written.
    pointer: String,
}

impl Page<'_> {
    /// Writes a value on the current line; `room` is the width of what must follow on its last line.
    fn value(&mut self, json: &Json, shape: Shape<'_>, indent: usize, room: usize) {
        match json {
            Json::Array(items) if !self.fits(json, room) && !items.is_empty() => self.list(items, shape, indent, room),
            Json::Object(fields) if !self.fits(json, room) && !fields.is_empty() => {
                self.object(fields, shape, indent, room);
            }
            Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Array(_) | Json::Object(_) => {
                self.out.push_str(&one_line(json));
            }
        }
    }

    fn fits(&self, json: &Json, room: usize) -> bool {
        !self.comments.is_inside(&self.pointer)
            && !self.pointer.is_empty()
            && self.column() + one_line(json).chars().count() + room <= WIDTH
    }

    fn column(&self) -> usize {
        self.out.rsplit('\n').next().map_or(0, |line| line.chars().count())
    }

    /// Writes each item on its own lines.
    fn list(&mut self, items: &[Json], shape: Shape<'_>, indent: usize, room: usize) {
        self.out.push('[');
        let last = items.len() - 1;
        for (index, item) in items.iter().enumerate() {
            self.enter(&index.to_string(), |page| {
                let room = if index == last { room + " ]".len() } else { ",".len() };
                page.begin_line(indent + STEP);
                page.value(item, shape.item(), indent + STEP, room);
                page.end_item(index == last);
            });
        }
        self.close("]", &last.to_string(), indent);
    }

    fn object(&mut self, fields: &Map<String, Json>, shape: Shape<'_>, indent: usize, room: usize) {
        let shape = shape.of_object(fields.keys().map(String::as_str));
        if self.may_share_a_line(fields, shape) {
            self.on_the_line(fields, shape, indent, room);
        } else {
            self.block(fields, shape, indent);
        }
    }

    /// Writes each member on its own lines, and the closing brace too.
    fn block(&mut self, fields: &Map<String, Json>, shape: Shape<'_>, indent: usize) {
        self.out.push('{');
        for (index, (key, value)) in fields.iter().enumerate() {
            self.enter(key, |page| {
                page.begin_line(indent + STEP);
                page.key(key);
                page.value(value, shape.property(key), indent + STEP, ",".len());
                page.end_item(index + 1 == fields.len());
            });
        }
        self.line(indent);
        self.out.push('}');
    }

    /// The members on the line of the opening brace; the last one opens a list or an object that continues below.
    fn on_the_line(&mut self, fields: &Map<String, Json>, shape: Shape<'_>, indent: usize, room: usize) {
        self.out.push('{');
        for (index, (key, value)) in fields.iter().enumerate() {
            self.enter(key, |page| {
                page.out.push_str(if index == 0 { " " } else { ", " });
                page.key(key);
                page.value(value, shape.property(key), indent, room + " }".len());
            });
        }
        let last = fields.keys().next_back().map_or("", String::as_str);
        self.close("}", last, indent);
    }

    /// Whether the members of an object that does not fit on a line can begin on the line of its brace: scalars, followed by
    /// a list or such an object. Entries named by users have their own lines.
    fn may_share_a_line(&mut self, fields: &Map<String, Json>, shape: Shape<'_>) -> bool {
        let Some((last, value)) = fields.iter().next_back() else { return false };
        let has_comment = |page: &mut Self, key: &String| page.enter(key, |page| page.comments.is_at(&page.pointer));
        if self.pointer.is_empty() || shape.is_map() || fields.keys().any(|key| has_comment(self, key)) {
            return false;
        }
        let is_single = |value: &Json| !value.is_array() && !value.is_object();
        let before: usize =
            fields.iter().map(|(key, value)| key.len() + 6 + one_line_if(is_single(value), value)).sum();
        fields.values().rev().skip(1).all(is_single)
            && self.column() + before <= WIDTH
            && match value {
                Json::Array(items) => !items.is_empty(),
                Json::Object(_) if fields.len() == 1 => true,
                Json::Object(inner) => self.enter(last, |page| page.may_share_a_line(inner, shape.property(last))),
                Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => false,
            }
    }

    fn enter<T>(&mut self, name: &str, action: impl FnOnce(&mut Self) -> T) -> T {
        let mut pointer = std::mem::take(&mut self.pointer);
        let result = inside(&mut pointer, name, |pointer| {
            std::mem::swap(&mut self.pointer, pointer);
            let result = action(self);
            std::mem::swap(&mut self.pointer, pointer);
            result
        });
        self.pointer = pointer;
        result
    }

    fn key(&mut self, key: &str) {
        self.out.push_str(&one_line(&Json::String(key.to_owned())));
        self.out.push_str(": ");
    }

    fn line(&mut self, indent: usize) {
        self.out.push('\n');
        self.out.push_str(&" ".repeat(indent));
    }

    /// A new line, below the comments above the value that follows.
    fn begin_line(&mut self, indent: usize) {
        self.out.push('\n');
        self.above(indent);
        self.out.push_str(&" ".repeat(indent));
    }

    fn above(&mut self, indent: usize) {
        self.lines_of(self.comments.above(&self.pointer), indent);
    }

    fn lines_of(&mut self, lines: &[String], indent: usize) {
        for line in lines {
            if !line.is_empty() {
                self.out.push_str(&" ".repeat(indent));
                self.out.push_str("// ");
                self.out.push_str(line);
            }
            self.out.push('\n');
        }
    }

    fn end_item(&mut self, is_last: bool) {
        if !is_last {
            self.out.push(',');
        }
        if let Some(comment) = self.comments.trailing(&self.pointer) {
            self.out.push_str("  // ");
            self.out.push_str(comment);
        }
    }

    /// The closing bracket: on the line of the last item, unless a comment ends that line.
    fn close(&mut self, bracket: &str, last: &str, indent: usize) {
        if self.enter(last, |page| page.comments.trailing(&page.pointer).is_some()) {
            self.line(indent);
        } else {
            self.out.push(' ');
        }
        self.out.push_str(bracket);
    }
}

/// The width of a value that is written whole, or of the bracket of another one.
fn one_line_if(is_whole: bool, value: &Json) -> usize {
    if is_whole { one_line(value).chars().count() } else { 1 }
}

/// A value on one line; lists of scalars have no spaces inside their brackets.
fn one_line(json: &Json) -> String {
    match json {
        Json::Object(fields) if !fields.is_empty() => {
            let member = |(key, value): (&String, &Json)| format!("{}: {}", Json::String(key.clone()), one_line(value));
            format!("{{ {} }}", fields.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        Json::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            format!("[ {} ]", items.iter().map(one_line).collect::<Vec<_>>().join(", "))
        }
        Json::Array(items) => format!("[{}]", items.iter().map(one_line).collect::<Vec<_>>().join(", ")),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) | Json::Object(_) => json.to_string(),
    }
}
