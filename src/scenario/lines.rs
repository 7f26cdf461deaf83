//! Lines and columns of a text, found in constant time however long the lines are.

/// There is a mark at least every this many bytes.
const STRETCH: usize = 1024;

/// The lines of a text.
#[derive(Clone, Debug)]
pub(super) struct Lines {
    /// One mark per stretch, in order.
    marks: Vec<Position>,
}

/// A position in a text. Lines and columns count from 1, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Position {
    /// In bytes.
    at: usize,
    pub line: usize,
    pub column: usize,
    /// Where its line begins, in bytes.
    pub line_start: usize,
}

impl Lines {
    pub fn of(text: &str) -> Self {
        let first = Position { at: 0, line: 1, column: 1, line_start: 0 };
        let mut marks = vec![first];
        let mut here = first;
        for letter in text.chars() {
            if here.at >= marks.len() * STRETCH {
                marks.push(here);
            }
            here = here.behind(letter);
        }
        Self { marks }
    }

    /// The position of this byte, at which a character of the same text begins.
    pub fn locate(&self, text: &str, at: usize) -> Position {
        let next = self.marks.partition_point(|mark| mark.at <= at);
        let mut here = self.marks[next.saturating_sub(1)];
        for letter in text[here.at..at].chars() {
            here = here.behind(letter);
        }
        here
    }
}

impl Position {
    fn behind(self, letter: char) -> Self {
        let at = self.at + letter.len_utf8();
        match letter {
            '\n' => Self { at, line: self.line + 1, column: 1, line_start: at },
            _ => Self { at, column: self.column + 1, ..self },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_position_is_found() {
        let text = format!("{{\n é{}\n\n日本\r\n{}end", "x".repeat(3000), "語".repeat(2000));
        let lines = Lines::of(&text);
        for (at, _) in text.char_indices() {
            let line_start = text[..at].rfind('\n').map_or(0, |at| at + 1);
            let line = text[..at].matches('\n').count() + 1;
            let column = text[line_start..at].chars().count() + 1;
            assert_eq!(lines.locate(&text, at), Position { at, line, column, line_start });
        }
        assert_eq!(lines.locate(&text, text.len()).line, 5);
    }
}
