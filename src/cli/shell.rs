//! Commands to copy, as a shell reads them.

use crate::model::is_hidden;

/// A word quoted for a shell.
pub fn quoted(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "-_./=:,%+@".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    if word.chars().any(is_hidden) {
        return format!("$'{}'", word.chars().map(ansi_c).collect::<String>());
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// A character escaped between `$'` and `'`, for bash, zsh and ksh.
fn ansi_c(letter: char) -> String {
    match letter {
        '\'' | '\\' => format!("\\{letter}"),
        letter if is_hidden(letter) => letter.to_string().bytes().map(|byte| format!("\\x{byte:02x}")).collect(),
        letter => letter.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_a_quoted_word_unchanged() {
        assert_eq!(quoted("scenarios/shop.json"), "scenarios/shop.json");
        assert_eq!(quoted("my shop.json"), "'my shop.json'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
        assert_eq!(quoted("it's\n\u{202e}x"), r"$'it\'s\x0a\xe2\x80\xaex'");
    }
}
