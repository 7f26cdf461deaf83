//! Random texts: valid ones, damaged in many ways.

use rand::RngExt;
use rand_pcg::Pcg64Dxsm;

/// Pieces that occur in files that people write, and pieces that do not belong there.
const PIECES: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "//",
    "/*",
    "#",
    "\\",
    "\\u0000",
    "\\ud800",
    "null",
    "true",
    "-1",
    "0",
    "1e999",
    "-0.0",
    "18446744073709551616",
    "\"20ms\"",
    "\"1e300s\"",
    "\"0ns\"",
    "\"-5ms\"",
    "\"80/s\"",
    "\"0/s\"",
    "\"50%\"",
    "\"exponential\"",
    "{ \"exponential\": \"1ms\" }",
    "\"phases\"",
    "\"classes\"",
    "\"run\"",
    "\"requests\"",
    "\"db\"",
    "\"policies\"",
    "\u{feff}",
    "\u{202e}",
    "\u{0}",
    "\u{7f}",
    "\r",
    "\n",
    "\t",
    "é",
    "日本",
    "💥",
    "’",
    "“",
    " ",
    "\"sync\"",
    "\"file\"",
    "\"../x\"",
    "\"/dev/zero\"",
    "p99",
    "<",
    "<=",
    "warn:",
    "99999999999999999999",
];

/// Random choices of a case, all derived from its number.
pub struct Dice(Pcg64Dxsm);

impl Dice {
    pub fn of(case: u64, purpose: u128) -> Self {
        Self(Pcg64Dxsm::new(u128::from(case) * 0x9e37_79b9_7f4a_7c15 + 11, purpose))
    }

    pub fn below(&mut self, most: usize) -> usize {
        self.0.random_range(0..most.max(1))
    }

    pub fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    /// A place between two characters.
    fn place(&mut self, text: &str) -> usize {
        let place = self.below(text.len() + 1);
        (0..=place).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0)
    }

    /// A stretch of at most `most` bytes.
    fn stretch(&mut self, text: &str, most: usize) -> std::ops::Range<usize> {
        let start = self.place(text);
        let most = self.below(most) + 1;
        let end = (start..=(start + most).min(text.len())).rev().find(|end| text.is_char_boundary(*end));
        start..end.unwrap_or(start)
    }

    /// The text with some damage, usually little.
    pub fn damaged(&mut self, mut text: String) -> String {
        for _ in 0..1 + self.below(4) {
            let place = self.place(&text);
            match self.below(6) {
                0 => text.insert_str(place, self.pick(PIECES)),
                1 => {
                    let stretch = self.stretch(&text, 12);
                    let piece = self.pick(PIECES);
                    text.replace_range(stretch, piece);
                }
                2 => {
                    let stretch = self.stretch(&text, 30);
                    text.replace_range(stretch, "");
                }
                3 => {
                    let stretch = self.stretch(&text, 200);
                    let copy = text[stretch].to_owned();
                    text.insert_str(place, &copy);
                }
                4 => text.truncate(place),
                _ => text = self.other_number(&text),
            }
        }
        text
    }

    /// The text with one number replaced.
    fn other_number(&mut self, text: &str) -> String {
        let digits: Vec<usize> = text.match_indices(|c: char| c.is_ascii_digit()).map(|(place, _)| place).collect();
        let Some(place) = digits.get(self.below(digits.len())) else { return text.to_owned() };
        let number = self.pick(&["0", "1", "-1", "0.5", "1e9", "4294967296", "1e-12", "65536", "999999999"]);
        format!("{}{number}{}", &text[..*place], &text[place + 1..])
    }
}
