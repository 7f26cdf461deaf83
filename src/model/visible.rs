//! Makes text from outside safe to show: without characters that are invisible, move a cursor or change their neighbours.
//!
//! Messages, tables, pictures and pages all show names, descriptions and file names. All of them show a text as returned by
//! [`visible`], and then escape what their format would interpret as markup.

use std::borrow::Cow;

/// Replaces a character that is not shown.
pub const REPLACEMENT: char = '\u{fffd}';

/// Characters that draw nothing or affect those around them: Unicode's format characters, its default-ignorable code points
/// (except U+FE0E and U+FE0F, which only select how an emoji is drawn), and noncharacters. First and last of each range,
/// sorted. Control characters are tested separately.
const HIDDEN: [(char, char); 24] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fdd0}', '\u{fdef}'),
    ('\u{fe00}', '\u{fe0d}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{fffe}', '\u{ffff}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
    ('\u{10fffe}', '\u{10ffff}'),
];

/// Whether the character is not shown as it is; this includes line breaks and tabs.
pub fn is_hidden(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    character.is_control()
        || HIDDEN
            .binary_search_by(|(first, last)| {
                if *last < character {
                    std::cmp::Ordering::Less
                } else if *first > character {
                    std::cmp::Ordering::Greater
                } else {
                    std::cmp::Ordering::Equal
                }
            })
            .is_ok()
}

/// Whether the character is a line break or a tab, which a space can replace.
fn is_blank(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// The text on one line: line breaks and tabs become spaces, other hidden characters become U+FFFD.
pub fn visible(text: &str) -> Cow<'_, str> {
    let shown = |character: char| match character {
        blank if is_blank(blank) => ' ',
        hidden if is_hidden(hidden) => REPLACEMENT,
        other => other,
    };
    if text.chars().any(is_hidden) { Cow::Owned(text.chars().map(shown).collect()) } else { Cow::Borrowed(text) }
}

/// The same line by line, keeping line feeds.
pub fn visible_lines(text: &str) -> Cow<'_, str> {
    let is_other = |character: char| character != '\n' && is_hidden(character);
    if text.chars().any(is_other) {
        Cow::Owned(text.split('\n').map(visible).collect::<Vec<_>>().join("\n"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ranges_are_sorted_and_disjoint() {
        assert!(HIDDEN.iter().all(|(first, last)| first <= last));
        assert!(HIDDEN.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }

    #[test]
    fn hidden_characters_are_replaced() {
        for hidden in [
            '\0',
            '\u{7}',
            '\u{1b}',
            '\u{7f}',
            '\u{80}',
            '\u{9b}',
            '\u{ad}',
            '\u{61c}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{ffff}',
            '\u{e0041}',
        ] {
            assert_eq!(visible(&format!("a{hidden}b")), "a\u{fffd}b", "{hidden:?}");
        }
        for blank in ["\t", "\n", "\r", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}"] {
            assert_eq!(visible(&format!("a{blank}b")), "a b", "{blank:?}");
        }
    }

    #[test]
    fn visible_characters_are_kept() {
        for text in ["GET /api/v1.0/users", "日本語", "naïve", "❤\u{fe0f}", "е\u{301}", "שלום", "🚀", "a\u{a0}b"]
        {
            assert!(matches!(visible(text), Cow::Borrowed(shown) if shown == text), "{text}");
        }
    }

    #[test]
    fn line_feeds_are_kept() {
        assert_eq!(visible_lines("a\r\n\u{1b}b"), "a \n\u{fffd}b");
    }
}
