//! From JSON with `//` comments to a document, and the messages about invalid syntax.
//!
//! Apart from comments and trailing commas, as in JSONC, the text is strict JSON (RFC 8259), so that other programs can
//! read scenarios too.

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::errors::{ParseError, ParseErrorKind};
use jsonc_parser::{CollectOptions, ParseOptions, ParseStringErrorKind, parse_to_ast};
use serde_json::Number;

use super::diagnostic::{Diagnostic, shown};
use super::document::{Element, Member, Value};
use super::schema::Shape;
use super::source::{Sources, Span, char_boundary};
use super::unclosed::{Missed, missed};

/// Maximum nesting of lists and objects; a scenario needs fewer than 20 levels.
pub(super) const DEEPEST: usize = 100;

/// Maximum number of commas and colons: each adds a value, and each value takes memory.
const MOST_VALUES: usize = 2_000_000;

const STRICT: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_loose_object_property_names: false,
    allow_trailing_commas: true,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Reads a part of a source as one JSON value.
pub(super) fn parse(sources: &Sources, stretch: Span) -> Result<Element, Diagnostic> {
    let parser = Parser { sources, stretch, text: &sources.0[stretch.source].text()[stretch.start..stretch.end] };
    parser.check_characters()?;
    match parse_to_ast(parser.text, &CollectOptions::default(), &STRICT) {
        Ok(result) => match result.value {
            Some(value) => parser.node(&value, 0),
            None => Err(parser.nothing_there()),
        },
        Err(error) => Err(parser.explain(&error)),
    }
}

struct Parser<'a> {
    sources: &'a Sources,
    stretch: Span,
    text: &'a str,
}

impl Parser<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span { source: self.stretch.source, start: self.stretch.start + start, end: self.stretch.start + end }
    }

    fn error(&self, message: &str, start: usize, end: usize, label: impl Into<String>) -> Diagnostic {
        self.sources.error(message, self.span(start, end), label)
    }

    fn nothing_there(&self) -> Diagnostic {
        let what = if self.text.trim().is_empty() { "is empty" } else { "contains only comments" };
        self.error(&format!("the scenario {what}"), 0, 0, "expected a scenario here")
            .with_help("`waitline init` prints a scenario to start from")
    }

    /// Checks what the parser accepts, or reports at a later place.
    fn check_characters(&self) -> Result<(), Diagnostic> {
        let (mut depth, mut values) = (0_usize, 0_usize);
        let mut rest = self.text.char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            let next = rest.peek().map(|(_, next)| *next);
            match c {
                '"' => self.skip_text(at, &mut rest)?,
                '/' if next == Some('/') => while rest.next_if(|(_, c)| !is_line_end(*c)).is_some() {},
                '/' if next == Some('*') => {
                    return Err(self
                        .error("comments must begin with `//`", at, at + 2, "this kind of comment is not supported")
                        .with_help("write `//` before each line of the comment"));
                }
                '{' | '[' => {
                    depth += 1;
                    if depth > DEEPEST {
                        return Err(self
                            .error("lists and objects are nested too deeply", at, at + 1, "too many levels")
                            .with_help(format!("write at most {DEEPEST} levels")));
                    }
                }
                '}' | ']' => depth = depth.saturating_sub(1),
                ',' | ':' => {
                    values += 1;
                    if values > MOST_VALUES {
                        return Err(self
                            .error("the scenario has too many values", at, at + 1, format!("value number {values}"))
                            .with_help(format!(
                                "write at most {MOST_VALUES} values; move requests or durations to a file of their own"
                            )));
                    }
                }
                '#' => {
                    return Err(self
                        .error("comments must begin with `//`", at, at + 1, "`#` is not supported")
                        .with_help("replace it by `//`"));
                }
                c if is_typographic_quote(c) => {
                    return Err(self
                        .error("typographic quotes are not allowed", at, at + c.len_utf8(), "not a quote in JSON")
                        .with_help("write the string in plain double quotes (`\"`)"));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Skips a string in quotes, which must end on the same line.
    fn skip_text(
        &self,
        start: usize,
        rest: &mut std::iter::Peekable<std::str::CharIndices<'_>>,
    ) -> Result<(), Diagnostic> {
        while let Some((at, c)) = rest.next_if(|(_, c)| !is_line_end(*c)) {
            match c {
                '"' => return Ok(()),
                '\\' => {
                    rest.next_if(|(_, c)| !is_line_end(*c));
                }
                c if c < ' ' => {
                    return Err(self
                        .error(
                            "a string must not contain control characters",
                            at,
                            at + 1,
                            format!("U+{:04X}", u32::from(c)),
                        )
                        .with_help(format!("write `\\u{:04x}`, or remove it", u32::from(c))));
                }
                _ => {}
            }
        }
        Err(self
            .error("a string is not closed", start, start + 1, "begins here")
            .with_help("close it with `\"` on the same line; write a line break in it as `\\n`"))
    }

    fn node(&self, value: &ast::Value<'_>, depth: usize) -> Result<Element, Diagnostic> {
        let range = value.range();
        let value = match value {
            ast::Value::NullKeyword(_) => Value::Null,
            ast::Value::BooleanLit(literal) => Value::Bool(literal.value),
            ast::Value::StringLit(literal) => Value::Text(literal.value.clone().into_owned()),
            ast::Value::NumberLit(literal) => Value::Number(number(literal.value).ok_or_else(|| {
                self.error("the number is too large", range.start, range.end, "above 1.8e308")
                    .with_help("write a smaller number")
            })?),
            ast::Value::Array(list) => {
                let items = list.elements.iter().map(|item| self.node(item, depth + 1));
                Value::List(items.collect::<Result<_, _>>()?)
            }
            ast::Value::Object(object) => Value::Object(self.members(object, depth)?),
        };
        Ok(Element { span: self.span(range.start, range.end), value })
    }

    fn members(&self, object: &ast::Object<'_>, depth: usize) -> Result<Vec<Member>, Diagnostic> {
        let mut places = indexmap::IndexMap::with_capacity(object.properties.len());
        let mut members = Vec::with_capacity(object.properties.len());
        for property in &object.properties {
            let key = property.name.as_str().to_owned();
            let range = property.name.range();
            let key_span = self.span(range.start, range.end);
            if let Some(first) = places.insert(key.clone(), key_span) {
                let twice = self.sources.error(format!("duplicate key `{}`", shown(&key)), key_span, "repeated here");
                return Err(self.sources.also(twice, first, "first used here").with_help("remove one of the two"));
            }
            members.push(Member { key, key_span, value: self.node(&property.value, depth + 1)? });
        }
        Ok(members)
    }

    fn explain(&self, error: &ParseError) -> Diagnostic {
        use ParseErrorKind as Kind;
        let range = error.range();
        let (start, end) = (char_boundary(self.text, range.start), char_boundary(self.text, range.end));
        let found = &self.text[start..end];
        let at = |message: &str, label: &str| self.error(message, start, end, label);
        match error.kind() {
            Kind::ExpectedComma if self.has_leading_zero(start) => self
                .error("a number must not begin with 0", start - 1, start + 1, "a digit follows the 0")
                .with_help("remove the leading 0"),
            Kind::ExpectedComma if let Some(missed) = self.missed().filter(|missed| missed.at <= start) => {
                self.not_closed(missed)
            }
            Kind::ExpectedComma => at("a comma is missing", "expected `,` here"),
            Kind::TrailingCommasNotAllowed => {
                at("a comma is not followed by a value", "nothing follows this comma").with_help("remove the comma")
            }
            Kind::ExpectedColonAfterObjectKey => {
                at("a colon is missing", "expected `:` here").with_help("write `\"key\": value`")
            }
            Kind::ExpectedObjectValue => at("a value is missing", "expected a value here"),
            Kind::MultipleRootJsonValues => at("the scenario has already ended", "expected the end of the file here")
                .with_help("write one scenario per file; check the braces above"),
            Kind::UnterminatedObject | Kind::UnterminatedArray if let Some(missed) = self.missed() => {
                self.not_closed(missed)
            }
            Kind::UnterminatedObject => self
                .error("an object is not closed", start, (start + 1).min(end), "opens here")
                .with_help("close it with `}`"),
            Kind::UnterminatedArray => self
                .error("a list is not closed", start, (start + 1).min(end), "opens here")
                .with_help("close it with `]`"),
            Kind::SingleQuotedStringsNotAllowed => at("single quotes are not allowed", "not a quote in JSON")
                .with_help("write the string in double quotes"),
            Kind::UnexpectedWord | Kind::NonFiniteNumbersNotAllowed => self.unexpected_word(start),
            Kind::ExpectedStringObjectProperty | Kind::UnexpectedTokenInObject => self.unexpected_in_object(start, end),
            Kind::UnexpectedCloseBrace | Kind::UnexpectedCloseBracket if self.follows_value(start) => {
                self.closed_wrongly("a list", "]", start, end)
            }
            Kind::UnexpectedColon if self.follows_value(start) => {
                at("a list must not have keys", "only objects have keys")
                    .with_help("if the list should end before this, close it with `]`")
            }
            Kind::UnexpectedCloseBrace
            | Kind::UnexpectedCloseBracket
            | Kind::UnexpectedComma
            | Kind::UnexpectedColon => at("a value is missing", &format!("expected a value, found `{found}`")),
            Kind::HexadecimalNumbersNotAllowed
            | Kind::UnaryPlusNumbersNotAllowed
            | Kind::BareDecimalPointNumbersNotAllowed
            | Kind::ExpectedDigit
            | Kind::ExpectedDigitFollowingNegativeSign
            | Kind::ExpectedPlusMinusOrDigitInNumberLiteral => {
                at("not a number", "expected a number such as 3, 0.25 or 2e5 here")
            }
            Kind::String(kind) => at("invalid escape in a string", string_label(kind))
                .with_help("allowed escapes: `\\\"`, `\\\\`, `\\/`, `\\b`, `\\f`, `\\n`, `\\r`, `\\t` and `\\u0000`"),
            Kind::NestingDepthExceeded => at("lists and objects are nested too deeply", "too deep"),
            Kind::CommentsNotAllowed | Kind::UnterminatedCommentBlock | Kind::UnexpectedToken => {
                self.unexpected_word(start)
            }
        }
    }

    fn missed(&self) -> Option<Missed> {
        missed(self.text, &Shape::root().names_at_the_top())
    }

    /// The error for an object or list that is not closed: where it should be, and where it opens.
    fn not_closed(&self, Missed { at, opener, closer }: Missed) -> Diagnostic {
        let what = if closer == '}' { "an object" } else { "a list" };
        let place = self.error(&format!("{what} is not closed"), at, at, format!("`{closer}` is missing here"));
        self.sources
            .also(place, self.span(opener, opener + 1), "opens here")
            .with_help(format!("close it with `{closer}`"))
    }

    /// Whether there is a 0 before this place and a digit after it, as in `05`.
    fn has_leading_zero(&self, at: usize) -> bool {
        self.text[..at].ends_with('0') && self.text[at..].starts_with(|c: char| c.is_ascii_digit())
    }

    /// Whether there is a complete value before this place.
    fn follows_value(&self, at: usize) -> bool {
        !self.text[..at].trim_end().ends_with([':', ',', '[', '{'])
    }

    fn closed_wrongly(&self, what: &str, end_of_it: &str, start: usize, end: usize) -> Diagnostic {
        let found = &self.text[start..end];
        self.error(&format!("`{found}` does not close {what}"), start, end, format!("expected `,` or `{end_of_it}`"))
            .with_help(format!("close {what} with `{end_of_it}`"))
    }

    fn unexpected_word(&self, start: usize) -> Diagnostic {
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '.' | '/' | '%');
        // A beginning that is a number, as in `25/s`, belongs to the word.
        let start = self.text[..start].trim_end_matches(is_part).len();
        let rest = &self.text[start..];
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let length = if length == 0 { rest.chars().next().map_or(0, char::len_utf8) } else { length };
        let word = shown(&rest[..length]);
        let error = |label: &str| self.error(&format!("unexpected `{word}`"), start, start + length, label);
        match word.trim_start_matches(['-', '+']).to_lowercase().as_str() {
            "" => self.error("a value is missing", start, start, "expected a value here"),
            "nan" | "inf" | "infinity" => error("not a finite number").with_help("write a finite number"),
            "true" | "yes" | "on" => error("not a JSON value").with_help("write `true`"),
            "false" | "no" | "off" => error("not a JSON value").with_help("write `false`"),
            "null" | "none" | "nil" | "undefined" => {
                error("not a JSON value").with_help("omit the field, or write `null`")
            }
            _ => error("not a JSON value").with_help(format!("write strings in double quotes: `\"{word}\"`")),
        }
    }

    fn unexpected_in_object(&self, start: usize, end: usize) -> Diagnostic {
        let rest = &self.text[start..];
        let word_end = rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$'))).unwrap_or(rest.len());
        if word_end > 0 {
            let word = &rest[..word_end];
            return self
                .error("a key must be in double quotes", start, start + word_end, "not in quotes")
                .with_help(format!("write `\"{word}\"`"));
        }
        if self.text[start..].starts_with(']') {
            return self.closed_wrongly("an object", "}", start, end);
        }
        if self.text[start..].starts_with('{') && self.text[..start].trim_end().ends_with(',') {
            let at = self.text[..start].trim_end().trim_end_matches(',').trim_end().len();
            return self
                .error("an object is not closed", at, at, "`}` is missing here")
                .with_help("close the object before the next one begins; to write several objects, use a list");
        }
        let found = shown(&self.text[start..end]);
        self.error("a key is missing", start, end, format!("expected a key or `}}`, found `{found}`"))
            .with_help("write an object as `{ \"key\": value, \"key\": value }`")
    }
}

/// Whether it is a quote that word processors insert.
fn is_typographic_quote(c: char) -> bool {
    matches!(
        c,
        '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2039}' | '\u{203a}' | '\u{ff02}' | '\u{ff07}' | '`' | '´'
    )
}

fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r')
}

fn string_label(kind: &ParseStringErrorKind) -> &'static str {
    match kind {
        ParseStringErrorKind::InvalidEscape | ParseStringErrorKind::InvalidEscapeInDoubleQuoteString => {
            "no such escape"
        }
        _ => "not a character",
    }
}

/// A number; whole numbers become integers however they are written (`1.0`, `2e5`). `None` if it is too large.
fn number(text: &str) -> Option<Number> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number: Number = text.parse().ok()?;
    if number.is_u64() || number.is_i64() {
        return Some(number);
    }
    let value = number.as_f64().filter(|value| value.is_finite())?;
    let is_whole = value.fract().abs() <= 0.0 && value.abs() <= EXACT;
    if is_whole { Some(Number::from(value as i64)) } else { Some(number) }
}
