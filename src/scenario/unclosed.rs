//! Where a closing brace or bracket is missing: estimated from the indentation of lines, or from keys that exist only at
//! the top level of a scenario.

/// An object or a list that is not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Missed {
    /// Where it should be closed, in bytes.
    pub at: usize,
    /// Where it opens, in bytes.
    pub opener: usize,
    /// What closes it.
    pub closer: char,
}

/// Where the text lacks a closing brace or bracket, if it does. `top` are the keys of the outermost object only.
pub(super) fn missed(text: &str, top: &[&str]) -> Option<Missed> {
    let tokens = tokens(text);
    by_indentation(&tokens).or_else(|| by_name(&tokens, text, top))
}

/// A bracket, a string, a comma, a colon, or a word.
#[derive(Clone, Copy, Debug)]
struct Token {
    first: char,
    start: usize,
    end: usize,
    /// Indentation of its line.
    indent: usize,
    /// Whether it is the first on its line.
    begins_line: bool,
}

struct Opener {
    token: Token,
    closer: char,
}

impl Opener {
    fn missed_at(&self, at: usize) -> Missed {
        Missed { at, opener: self.token.start, closer: self.closer }
    }
}

/// The first line that is not indented further than the line of the innermost open bracket.
fn by_indentation(tokens: &[Token]) -> Option<Missed> {
    let mut open: Vec<Opener> = Vec::new();
    let mut behind: Option<Token> = None;
    for token in tokens {
        let is_closer = matches!(token.first, '}' | ']');
        if let (Some(innermost), Some(last)) = (open.last(), behind)
            && token.begins_line
            && open.len() > 1
        {
            let indent = innermost.token.indent;
            if if is_closer { token.indent < indent } else { token.indent <= indent } {
                // Without any indentation this is not conclusive.
                return (last.start != innermost.token.start).then(|| innermost.missed_at(last.end));
            }
        }
        step(&mut open, *token);
        if token.first != ',' {
            behind = Some(*token);
        }
    }
    None
}

/// The first top-level key inside another object or list.
fn by_name(tokens: &[Token], text: &str, top: &[&str]) -> Option<Missed> {
    let mut open: Vec<Opener> = Vec::new();
    let mut behind = 0;
    for pair in tokens.windows(2) {
        let [token, next] = pair else { break };
        let is_key = token.first == '"' && next.first == ':';
        if is_key && open.len() > 1 && top.contains(&text[token.start..token.end].trim_matches('"')) {
            return open.last().map(|innermost| innermost.missed_at(behind));
        }
        step(&mut open, *token);
        if token.first != ',' {
            behind = token.end;
        }
    }
    None
}

fn step(open: &mut Vec<Opener>, token: Token) {
    match token.first {
        '{' => open.push(Opener { token, closer: '}' }),
        '[' => open.push(Opener { token, closer: ']' }),
        '}' | ']' => drop(open.pop()),
        _ => {}
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let (mut indent, mut begins_line) = (0, true);
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let length = match first {
            '\n' => {
                (indent, begins_line) = (0, true);
                1
            }
            blank if blank.is_whitespace() => {
                indent += usize::from(begins_line);
                blank.len_utf8()
            }
            '/' => rest.find('\n').unwrap_or(rest.len()),
            _ => {
                let length = token_length(rest, first);
                tokens.push(Token { first, start: at, end: at + length, indent, begins_line });
                begins_line = false;
                length
            }
        };
        at += length;
    }
    tokens
}

fn token_length(rest: &str, first: char) -> usize {
    match first {
        '"' => {
            let mut escaped = false;
            let end = rest.char_indices().skip(1).find(|(_, letter)| {
                let ends = *letter == '\n' || (*letter == '"' && !escaped);
                escaped = *letter == '\\' && !escaped;
                ends
            });
            end.map_or(rest.len(), |(at, letter)| if letter == '"' { at + 1 } else { at })
        }
        '{' | '}' | '[' | ']' | ',' | ':' => 1,
        _ => rest
            .find(|letter: char| {
                letter.is_whitespace() || matches!(letter, '"' | '{' | '}' | '[' | ']' | ',' | ':' | '/')
            })
            .unwrap_or(rest.len())
            .max(first.len_utf8()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOP: &[&str] = &["arrivals", "machine"];

    /// The text up to where something is missed.
    fn before(text: &str) -> Option<&str> {
        missed(text, TOP).map(|missed| &text[..missed.at])
    }

    #[test]
    fn indentation_shows_what_is_not_closed() {
        assert_eq!(before("{\n  \"a\": { \"b\": 1,\n  \"c\": 2\n}"), Some("{\n  \"a\": { \"b\": 1"));
        assert_eq!(before("{\n  \"a\": [\n    1,\n    2\n  \"c\": 2\n}"), Some("{\n  \"a\": [\n    1,\n    2"));
        assert_eq!(
            before("{\n  \"a\": {\n    \"b\": {\n      \"c\": 1\n  },\n  \"d\": 2\n}"),
            Some("{\n  \"a\": {\n    \"b\": {\n      \"c\": 1")
        );
    }

    #[test]
    fn without_indentation_top_level_keys_show_it() {
        let text = r#"{"a": {"b": {"machine,": "}"}, "machine": {"x": 1}, "y": 2}"#;
        assert_eq!(before(text), Some(r#"{"a": {"b": {"machine,": "}"}"#));
        let flat = "{\n\"a\": {\n\"b\": 1,\n\"machine\": 2\n}";
        assert_eq!(before(flat), Some("{\n\"a\": {\n\"b\": 1"));
    }

    #[test]
    fn nothing_is_missing_in_closed_texts() {
        for text in [
            "{}",
            "{\n  \"a\": {\n    \"b\": [\n      1\n    ]\n  },\n  \"machine\": {}\n}",
            "",
            "[",
            "\"",
            "{ \"a\": \"\\\\\" }",
        ] {
            assert_eq!(missed(text, TOP), None, "{text}");
        }
    }
}
