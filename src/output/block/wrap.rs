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
