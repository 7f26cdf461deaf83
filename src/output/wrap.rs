//! Running text in lines.

use unicode_width::UnicodeWidthStr;

use super::paint::plain;

/// How wide running text is.
pub const WIDTH: usize = 88;

/// The text in lines of at most so many columns, broken between words.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in plain(text).split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_text_is_broken_between_words() {
        assert_eq!(wrapped("one two  three", 7), ["one two", "three"]);
        assert_eq!(wrapped("unbreakable", 3), ["unbreakable"]);
        assert!(wrapped("", 3).is_empty());
    }

    #[test]
    fn an_escape_sequence_in_a_description_does_not_reach_the_terminal() {
        assert_eq!(wrapped("a \u{1b}[31mred", 20), ["a [31mred"]);
    }
}
