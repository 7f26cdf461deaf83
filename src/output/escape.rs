//! Escaping of text from outside for each format, in one place.
//!
//! Names, descriptions and file names may contain anything. Each format shows them as [`visible`] returns them and escapes
//! what would be markup, here and nowhere else. CI logs are a format too: they are read line by line, so [`in_log`] checks
//! everything that goes to standard output or standard error.

use std::borrow::Cow;

use crate::model::{REPLACEMENT, is_hidden, visible, visible_lines};

/// Markdown: on one line, with a backslash before whatever begins markup, a mention or a link.
pub fn markdown(text: &str) -> String {
    let text = visible(text);
    let mut escaped = String::with_capacity(text.len() + 8);
    let start = text.len() - text.trim_start().len();
    let list_end = list_marker(&text[start..]).map(|length| start + length);
    for (at, letter) in text.char_indices() {
        let (before, after) = (&text[..at], &text[at + letter.len_utf8()..]);
        let is_markup = match letter {
            '\\' | '`' | '*' | '_' | '|' | '<' | '>' | '[' | ']' | '#' | '~' | '&' | '$' | '@' => true,
            // A link, or a command for CI.
            ':' => after.starts_with("//") || after.starts_with(':'),
            '.' => list_end == Some(at) || before.to_lowercase().ends_with("www"),
            ')' => list_end == Some(at),
            '-' | '+' | '=' => at == start && (after.is_empty() || after.starts_with([' ', letter])),
            _ => false,
        };
        if is_markup {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

/// Position of the full stop or bracket after a number with which a text would begin a numbered list.
fn list_marker(text: &str) -> Option<usize> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit())?;
    let after = text[digits..].strip_prefix(['.', ')'])?;
    (digits > 0 && (after.is_empty() || after.starts_with(' '))).then_some(digits)
}

/// Markdown: unchanged, in a code span whose fence is longer than any run of backticks inside.
pub fn markdown_code(text: &str) -> String {
    let text = visible(text);
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.is_empty() || text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Markdown: commands in a fenced block, whose fence is longer than any run of backticks inside.
pub fn markdown_block(language: &str, text: &str) -> String {
    let text = visible(text);
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(3.max(longest + 1));
    format!("{fence}{language}\n{text}\n{fence}\n")
}

/// CSV: a field, quoted if necessary (RFC 4180). A spreadsheet would evaluate what begins like a formula, and a line that
/// begins with two colons is a command to GitHub: a leading apostrophe makes it plain text.
pub fn csv(field: &str) -> Cow<'_, str> {
    const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];
    let bare = field.trim_start_matches(|letter: char| letter.is_whitespace() || is_hidden(letter));
    let is_taken_for_more =
        field.starts_with(['\t', '\r', '\n']) || bare.starts_with(FORMULA) || bare.starts_with("::");
    let shown = visible(field);
    let shown = if is_taken_for_more { Cow::Owned(format!("'{shown}")) } else { shown };
    let shown = if has_bracket_command(&shown) { Cow::Owned(without_bracket_commands(&shown, "# ")) } else { shown };
    if shown.contains(['"', ',', ';']) { Cow::Owned(format!("\"{}\"", shown.replace('"', "\"\""))) } else { shown }
}

/// XML (SVG, JUnit) and HTML: for content and attributes.
pub fn xml(text: &str) -> String {
    let text = visible(text);
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A workflow command of GitHub: its message, whose line feeds stay.
pub fn github_message(text: &str) -> String {
    let shown = without_bracket_commands(&visible_lines(text), "# ");
    shown.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A workflow command of GitHub: one of its properties.
pub fn github_property(text: &str) -> String {
    github_message(&visible(text)).replace(':', "%3A").replace(',', "%2C")
}

/// Serialized JSON: hidden characters become `\u` escapes, so that nothing is lost.
pub fn json(written: &str) -> Cow<'_, str> {
    let is_other = |letter: char| letter != '\n' && is_hidden(letter);
    if !written.chars().any(is_other) && !has_bracket_command(written) {
        return Cow::Borrowed(written);
    }
    let mut escaped = String::with_capacity(written.len() + 16);
    for letter in written.chars() {
        if is_other(letter) {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                escaped.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            escaped.push(letter);
        }
    }
    Cow::Owned(without_bracket_commands(&escaped, "\\u0023"))
}

/// Text for a terminal or a log: no hidden characters except line feeds and, if `styled`, our own colours; and no line that
/// a CI system would take for a command.
pub fn in_log(text: &str, styled: bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
        let line = unhidden(line, styled);
        let bare = without_styles(&line);
        match line.find("::").filter(|_| bare.trim_start().starts_with("::")) {
            Some(at) => shown.push_str(&format!("{}: {}", &line[..at], &line[at + 1..])),
            None => shown.push_str(&line),
        }
        shown.push_str(end);
    }
    without_bracket_commands(&shown, "# ")
}

/// An XML document without lines that a CI system would take for commands; nothing else changes.
pub fn xml_in_log(document: &str) -> String {
    let lines = document.split_inclusive('\n').map(|line| {
        let start = line.len() - line.trim_start().len();
        match line[start..].strip_prefix("::") {
            Some(rest) => Cow::Owned(format!("{}&#58;:{rest}", &line[..start])),
            None => Cow::Borrowed(line),
        }
    });
    without_bracket_commands(&lines.collect::<String>(), "&#35;")
}

/// A line without hidden characters, except the escape sequences of colours.
fn unhidden(line: &str, styled: bool) -> Cow<'_, str> {
    if !line.chars().any(is_hidden) {
        return Cow::Borrowed(line);
    }
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(letter) = rest.chars().next() {
        let style = if styled { style_length(rest) } else { 0 };
        if style > 0 {
            shown.push_str(&rest[..style]);
            rest = &rest[style..];
            continue;
        }
        shown.push(if is_hidden(letter) { REPLACEMENT } else { letter });
        rest = &rest[letter.len_utf8()..];
    }
    Cow::Owned(shown)
}

fn without_styles(line: &str) -> String {
    let mut bare = String::new();
    let mut rest = line;
    while let Some(letter) = rest.chars().next() {
        let style = style_length(rest);
        if style == 0 {
            bare.push(letter);
        }
        rest = &rest[style.max(if style == 0 { letter.len_utf8() } else { style })..];
    }
    bare
}

/// Length of the sequence that sets a style, if one begins here: `ESC [ numbers m`.
fn style_length(text: &str) -> usize {
    let Some(numbers) = text.strip_prefix("\u{1b}[") else { return 0 };
    let end = numbers.find(|letter: char| !letter.is_ascii_digit() && letter != ';').unwrap_or(numbers.len());
    if numbers[end..].starts_with('m') { "\u{1b}[".len() + end + 1 } else { 0 }
}

/// The beginnings of commands in brackets, anywhere in a line: GitHub's older form, Azure Pipelines, TeamCity.
const BRACKET_COMMANDS: [&str; 3] = ["##[", "##vso[", "##teamcity["];

fn has_bracket_command(text: &str) -> bool {
    BRACKET_COMMANDS.iter().any(|command| text.contains(command))
}

/// The text with a replacement for the first `#` of each command in brackets.
fn without_bracket_commands(text: &str, hash: &str) -> String {
    BRACKET_COMMANDS
        .iter()
        .fold(text.to_owned(), |text, command| text.replace(command, &format!("{hash}{}", &command[1..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_shows_a_text_unchanged() {
        for (text, escaped) in [
            ("a`b`|c", "a\\`b\\`\\|c"),
            ("<script>alert(1)</script>", "\\<script\\>alert(1)\\</script\\>"),
            ("[x](javascript:1) ![y](z)", "\\[x\\](javascript:1) !\\[y\\](z)"),
            ("- a", "\\- a"),
            ("---", "\\---"),
            ("1. a", "1\\. a"),
            ("12) a.b", "12\\) a.b"),
            ("1.5 ms, -2 %", "1.5 ms, -2 %"),
            ("-2 %", "-2 %"),
            ("&lt;", "\\&lt;"),
            ("@all see https://x.y or www.x.y", "\\@all see https\\://x.y or www\\.x.y"),
            ("::error::x", "\\::error\\::x"),
            ("a\nb\u{202e}", "a b\u{fffd}"),
        ] {
            assert_eq!(markdown(text), escaped);
        }
    }

    #[test]
    fn a_code_span_can_contain_backticks() {
        assert_eq!(markdown_code("a"), "`a`");
        assert_eq!(markdown_code("a`b``c"), "```a`b``c```");
        assert_eq!(markdown_code("`"), "`` ` ``");
        assert_eq!(markdown_block("sh", "a ``` b"), "````sh\na ``` b\n````\n");
    }

    #[test]
    fn a_spreadsheet_evaluates_no_formula() {
        for (field, written) in [
            ("plain", "plain"),
            ("a,b \"c\"", "\"a,b \"\"c\"\"\""),
            ("=1+1", "'=1+1"),
            ("@SUM(1)", "'@SUM(1)"),
            ("-x", "'-x"),
            ("+1", "'+1"),
            (" =1", "' =1"),
            ("\t=1", "' =1"),
            ("\rx", "' x"),
            ("\u{200b}=1", "'\u{fffd}=1"),
            ("＝1", "'＝1"),
            ("=1,2", "\"'=1,2\""),
            ("a;=1", "\"a;=1\""),
            ("::error::x", "'::error::x"),
            ("a##[error]x", "a# #[error]x"),
        ] {
            assert_eq!(csv(field), written);
        }
    }

    #[test]
    fn xml_has_no_markup_and_no_forbidden_character() {
        assert_eq!(xml("<a & \"b\">'\u{0}\u{202e}\n"), "&lt;a &amp; &quot;b&quot;&gt;&#39;\u{fffd}\u{fffd} ");
    }

    #[test]
    fn json_loses_nothing() {
        let text = "\u{202e}a\u{7f}\u{e0041}##[error]\n";
        let written = json(&serde_json::Value::from(text).to_string()).into_owned();
        assert_eq!(written, r#""\u202ea\u007f\udb40\udc41\u0023#[error]\n""#);
        assert_eq!(serde_json::from_str::<String>(&written).unwrap(), text);
    }

    #[test]
    fn no_line_is_a_command() {
        assert_eq!(in_log("a\n ::error::b\n", false), "a\n : :error::b\n");
        assert_eq!(in_log("x ##[error]b ##vso[c]", false), "x # #[error]b # #vso[c]");
        assert_eq!(in_log("\u{1b}[1m::error::b\u{1b}[0m", true), "\u{1b}[1m: :error::b\u{1b}[0m");
        assert_eq!(in_log("\u{1b}[1mb\u{1b}[2J", true), "\u{1b}[1mb\u{fffd}[2J");
        assert_eq!(in_log("\u{1b}[1mb", false), "\u{fffd}[1mb");
        assert_eq!(in_log("a::b\n", false), "a::b\n");
        assert_eq!(xml_in_log("<a>\n::x ##[y]</a>"), "<a>\n&#58;:x &#35;#[y]</a>");
    }
}
