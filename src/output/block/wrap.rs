//! Wrapping of running text, and shortening of names.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::model::visible;

/// Width of running text, in columns.
pub const WIDTH: usize = 88;

const ELLIPSIS: char = '…';

/// The text in lines of at most `width` columns, broken between words; a word longer than a line is broken too.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut used = 0;
    for word in visible(text).split_whitespace().flat_map(|word| pieces(word, width)) {
        let length = word.width();
        match lines.last_mut() {
            Some(line) if used + 1 + length <= width => {
                line.push(' ');
                line.push_str(word);
                used += 1 + length;
            }
            _ => {
                lines.push(word.to_owned());
                used = length;
            }
        }
    }
    lines
}

/// A name in lines of at most `width` columns: broken after blanks, and after dots and commas before a word; within a word only where that is
/// too long.
pub fn broken(name: &str, width: usize) -> Vec<String> {
    let fits = |part: &str| part.trim_end().width() <= width;
    let parts = parts_of_name(name).into_iter();
    let mut lines: Vec<String> = Vec::new();
    for part in parts.flat_map(|part| if fits(part) { vec![part] } else { pieces(part, width) }) {
        match lines.last_mut() {
            Some(line) if line.width() + part.trim_end().width() <= width => line.push_str(part),
            _ => lines.push(part.to_owned()),
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// The parts of a name between which a line may end.
fn parts_of_name(name: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (place, character) in name.char_indices() {
        let rest = &name[place + character.len_utf8()..];
        let ends = character == ' ' || (matches!(character, '.' | ',') && rest.starts_with(char::is_alphabetic));
        if ends && !rest.is_empty() {
            parts.push(&name[start..name.len() - rest.len()]);
            start = name.len() - rest.len();
        }
    }
    parts.push(&name[start..]);
    parts
}

/// A word in pieces of at most `width` columns.
fn pieces(word: &str, width: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = word;
    while rest.width() > width {
        let (piece, after) =
            rest.split_at(fitting(rest.chars(), width).max(rest.chars().next().map_or(1, char::len_utf8)));
        pieces.push(piece);
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}

/// Number of bytes of these characters that fit into `width` columns.
fn fitting(characters: impl Iterator<Item = char>, width: usize) -> usize {
    let mut used = 0;
    let fits = |c: &char| {
        used += c.width().unwrap_or(0);
        used <= width
    };
    characters.take_while(fits).map(char::len_utf8).sum()
}

/// The text in at most `width` columns, its middle replaced by an ellipsis if it is longer.
pub fn cut_middle(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let head = fitting(text.chars(), room - room / 2);
    let tail = fitting(text.chars().rev(), room / 2);
    format!("{}{ELLIPSIS}{}", &text[..head], &text[text.len() - tail..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_text_is_broken_between_words() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert!(wrapped("", 3).is_empty());
    }

    #[test]
    fn a_word_longer_than_a_line_is_broken() {
        assert_eq!(wrapped("a unbroken b", 3), ["a", "unb", "rok", "en", "b"]);
        assert_eq!(wrapped("日本語", 4), ["日本", "語"]);
        assert_eq!(wrapped("日本", 1), ["日", "本"]);
    }

    #[test]
    fn a_name_is_broken_where_its_parts_end() {
        let name = "during slow payments: browse.error_rate < 0.5%";
        assert_eq!(broken(name, 24), ["during slow payments:", "browse.error_rate < 0.5%"]);
        assert_eq!(broken(name, 16), ["during slow", "payments:", "browse.", "error_rate <", "0.5%"]);
        assert_eq!(broken("classes.pay.phases[1].wait.timeout", 24), ["classes.pay.phases[1].", "wait.timeout"]);
        assert_eq!(broken("p99", 24), ["p99"]);
        assert_eq!(broken("", 24), [""]);
        assert_eq!(broken("unbroken", 3), ["unb", "rok", "en"]);
    }

    #[test]
    fn a_shortened_name_keeps_its_ends() {
        assert_eq!(cut_middle("a long name", 11), "a long name");
        assert_eq!(cut_middle("a long name", 7), "a l…ame");
        assert_eq!(cut_middle("a long name", 6), "a l…me");
        assert_eq!(cut_middle("日本語日本語", 6), "日…語");
        assert_eq!(cut_middle("abc", 1), "…");
    }

    #[test]
    fn an_escape_sequence_in_a_description_does_not_reach_the_terminal() {
        assert_eq!(wrapped("a \u{1b}[31mred", 20), ["a \u{fffd}[31mred"]);
    }
}
