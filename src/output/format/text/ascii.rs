//! Text in ASCII. Each character becomes one character, so that columns stay aligned.

/// The text with our own characters beyond ASCII replaced; what others wrote, such as names, stays as it is.
pub fn ascii(text: &str) -> String {
    text.chars().map(replaced).collect()
}

const fn replaced(letter: char) -> char {
    match letter {
        '─' | '–' | '−' | '·' => '-',
        '│' | '▏' => '|',
        '×' => 'x',
        '±' => '~',
        '…' => '.',
        'µ' => 'u',
        'λ' => 'l',
        '≤' => '<',
        '≥' => '>',
        '⌊' | '⌋' => '|',
        '↳' => '>',
        '→' => '>',
        '“' | '”' => '"',
        '‘' | '’' => '\'',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_characters_have_a_replacement_of_the_same_width() {
        assert_eq!(ascii("─ 4.52× 93 ±0.4 µs – −3 … │"), "- 4.52x 93 ~0.4 us - -3 . |");
        assert_eq!(ascii("Bücher"), "Bücher");
    }
}
