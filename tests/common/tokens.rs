//! Rust source as a list of tokens, and the paths in it: enough to see which module uses which.

/// A word, a literal or a symbol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    text: String,
    is_literal: bool,
    /// Its line, counted from 1.
    pub line: usize,
    /// Whether it is in a module under `#[cfg(test)]`.
    pub in_tests: bool,
    /// Number of enclosing modules in this file.
    depth: usize,
}

/// A path from the root of a crate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    root: String,
    first: String,
    /// Its line, counted from 1.
    pub line: usize,
    /// Whether it is in a module under `#[cfg(test)]`.
    pub in_tests: bool,
}

impl Token {
    /// Whether it is this word or symbol.
    pub fn is(&self, text: &str) -> bool {
        !self.is_literal && self.text == text
    }

    /// The text of a string literal.
    pub fn literal(&self) -> Option<&str> {
        self.is_literal.then_some(self.text.as_str())
    }

    fn is_word(&self) -> bool {
        !self.is_literal && self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

impl Path {
    /// The name that it uses from the root of this crate.
    pub fn in_crate(&self) -> Option<&str> {
        (self.root == "crate").then_some(self.first.as_str())
    }

    /// The name that it uses from the root of the standard library.
    pub fn in_std(&self) -> Option<&str> {
        (self.root == "std").then_some(self.first.as_str())
    }
}

/// The tokens of a text, without comments.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let (mut rest, mut line) = (text, 1);
    while let Some(first) = rest.chars().next() {
        let (length, token) = next(rest, first);
        line += rest[..length].matches('\n').count();
        if let Some((text, is_literal)) = token {
            tokens.push(Token { text, is_literal, line, in_tests: false, depth: 0 });
        }
        rest = &rest[length..];
    }
    mark_modules(&mut tokens);
    tokens
}

/// The length of the next token, and the token unless it is white space, a comment or a character.
fn next(rest: &str, first: char) -> (usize, Option<(String, bool)>) {
    let until = |end: Option<usize>| end.unwrap_or(rest.len());
    if rest.starts_with("//") {
        return (until(rest.find('\n')), None);
    }
    if rest.starts_with("/*") {
        return (until(rest.find("*/").map(|at| at + 2)), None);
    }
    if let Some((length, text)) = string(rest) {
        return (length, Some((text, true)));
    }
    if first == '\'' {
        return (character(rest), None);
    }
    if first.is_alphanumeric() || first == '_' {
        let length = until(rest.find(|c: char| !c.is_alphanumeric() && c != '_'));
        return (length, Some((rest[..length].to_owned(), false)));
    }
    if first.is_whitespace() {
        return (first.len_utf8(), None);
    }
    let sign = ["::", "==", "!=", "=>"].iter().find(|sign| rest.starts_with(*sign));
    let length = sign.map_or(first.len_utf8(), |sign| sign.len());
    (length, Some((rest[..length].to_owned(), false)))
}

/// A string literal: plain, raw, of bytes or for C.
fn string(rest: &str) -> Option<(usize, String)> {
    let prefix = rest.find('"').filter(|at| rest[..*at].chars().all(|c| "bcr#".contains(c)))?;
    let opening = &rest[..prefix];
    if opening.contains('r') {
        let close = format!("\"{}", "#".repeat(opening.matches('#').count()));
        let end = rest[prefix + 1..].find(&close)? + prefix + 1;
        return Some((end + close.len(), rest[prefix + 1..end].to_owned()));
    }
    if opening.contains('#') {
        return None;
    }
    let mut escaped = false;
    let end = rest[prefix + 1..].find(|c| {
        let ends = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    let end = prefix + 1 + end;
    Some((end + 1, rest[prefix + 1..end].to_owned()))
}

/// The length of a character literal, or of the quote of a lifetime.
fn character(rest: &str) -> usize {
    let inner: Vec<char> = rest.chars().skip(1).take(2).collect();
    match inner.as_slice() {
        ['\\', _] => rest[3..].find('\'').map_or(1, |end| 3 + end + 1),
        [one, '\''] => 2 + one.len_utf8(),
        _ => 1,
    }
}

/// Records for each token the number of enclosing modules in the file, and whether one of them is for tests.
fn mark_modules(tokens: &mut [Token]) {
    let mut braces: Vec<(bool, bool)> = Vec::new();
    for place in 0..tokens.len() {
        if tokens[place].is("}") {
            braces.pop();
        }
        tokens[place].depth = braces.iter().filter(|(is_module, _)| *is_module).count();
        tokens[place].in_tests = braces.iter().any(|(_, is_test)| *is_test);
        if tokens[place].is("{") {
            let is_module = place >= 2 && tokens[place - 2].is("mod");
            let is_test = is_module && is_under_cfg_test(&tokens[..place - 2]);
            braces.push((is_module, is_test));
        }
    }
}

fn is_under_cfg_test(before: &[Token]) -> bool {
    let attribute = ["#", "[", "cfg", "(", "test", ")", "]"];
    before.len() >= attribute.len()
        && before[before.len() - attribute.len()..].iter().zip(attribute).all(|(token, text)| token.is(text))
}

/// Every path that begins with `crate`, `std`, or with enough `super` to leave the file's floor. `module` is
/// the path of the file's module in its crate.
pub fn paths(tokens: &[Token], module: &[String]) -> Vec<Path> {
    let mut paths = Vec::new();
    let mut place = 0;
    while place < tokens.len() {
        let start = place;
        let begins = (tokens[start].is("crate") || tokens[start].is("std") || tokens[start].is("super"))
            && !(start > 0 && tokens[start - 1].is("::"));
        place += 1;
        if !begins || !tokens.get(place).is_some_and(|token| token.is("::")) {
            continue;
        }
        let mut root = tokens[start].text.clone();
        place += 1;
        if root == "super" {
            let mut climbed = 1;
            while tokens.get(place).is_some_and(|token| token.is("super")) {
                climbed += 1;
                place += 2;
            }
            if climbed < module.len() + tokens[start].depth {
                continue;
            }
            root = "crate".to_owned();
        }
        for first in firsts(&tokens[place..]) {
            let Token { line, in_tests, .. } = *first;
            paths.push(Path { root: root.clone(), first: first.text.clone(), line, in_tests });
        }
    }
    paths
}

/// The next words of a path: one, or the first of each branch in braces.
fn firsts(tokens: &[Token]) -> Vec<&Token> {
    match tokens.first() {
        Some(token) if token.is_word() => vec![token],
        Some(token) if token.is("{") => {
            let (mut firsts, mut depth) = (Vec::new(), 0);
            for pair in tokens.windows(2) {
                depth += i32::from(pair[0].is("{")) - i32::from(pair[0].is("}"));
                if depth == 0 {
                    break;
                }
                if depth == 1 && (pair[0].is("{") || pair[0].is(",")) && pair[1].is_word() {
                    firsts.push(&pair[1]);
                }
            }
            firsts
        }
        _ => Vec::new(),
    }
}
