//! Measuring and fitting of text.
//!
//! A writer of SVG does not know the reader's fonts. Widths here are those of DejaVu Sans, which is wider than
//! Helvetica and Arial, so that text fits with each of [`FONTS`].

/// The fonts of every chart; the first available one is used. None is wider than the widths here.
pub const FONTS: &str = "Helvetica, Arial, 'DejaVu Sans', sans-serif";

/// Height of letters above the baseline, relative to the font size.
pub const ASCENT: f64 = 0.76;
/// Depth of letters below the baseline, relative to the font size.
pub const DESCENT: f64 = 0.24;
/// Half the height of a capital letter or a digit, relative to the font size.
pub(super) const HALF_CAPITAL: f64 = 0.36;

const ELLIPSIS: &str = "…";

// Widths of ' ' to '~', in thousandths of the font size.
#[rustfmt::skip]
const REGULAR: [u16; 95] = [
    318, 401, 460, 838, 637, 951, 780, 275, 391, 391, 500, 838, 318, 361, 318, 337,
    637, 637, 637, 637, 637, 637, 637, 637, 637, 637, 337, 337, 838, 838, 838, 531,
    1015, 685, 687, 699, 771, 632, 576, 775, 752, 295, 295, 656, 558, 863, 749, 788,
    604, 788, 695, 635, 611, 732, 685, 989, 686, 611, 686, 391, 337, 391, 838, 500,
    500, 613, 635, 550, 635, 616, 353, 635, 634, 278, 278, 580, 278, 975, 634, 612,
    635, 635, 412, 521, 393, 634, 592, 818, 592, 592, 525, 637, 337, 637, 838,
];
#[rustfmt::skip]
const BOLD: [u16; 95] = [
    349, 457, 521, 838, 696, 1002, 873, 307, 458, 458, 523, 838, 380, 416, 380, 366,
    696, 696, 696, 696, 696, 696, 696, 696, 696, 696, 400, 400, 838, 838, 838, 581,
    1015, 774, 763, 734, 831, 684, 684, 821, 837, 373, 373, 775, 638, 996, 837, 851,
    733, 851, 771, 721, 683, 813, 774, 1104, 771, 725, 726, 458, 366, 458, 838, 500,
    500, 675, 716, 593, 716, 679, 436, 716, 712, 343, 343, 666, 343, 1042, 712, 688,
    716, 716, 494, 596, 479, 712, 652, 924, 646, 652, 583, 712, 366, 712, 838,
];

/// The width of `text` in a font of `size`, in the unit of `size`; never less than the drawn width.
pub fn text_width(text: &str, size: f64, bold: bool) -> f64 {
    text.chars().map(|character| f64::from(thousandths(character, bold))).sum::<f64>() * size / 1000.0
}

fn thousandths(character: char, bold: bool) -> u16 {
    let widths = if bold { &BOLD } else { &REGULAR };
    let known = (character as usize).checked_sub(' ' as usize).and_then(|index| widths.get(index));
    match character {
        _ if known.is_some() => known.copied().unwrap_or_default(),
        '·' => 380,
        '–' => 500,
        '×' => 838,
        // Beyond Latin, Greek and Cyrillic letters: a little wider than high.
        '\u{1100}'.. if character != '…' => 1100,
        _ if character.is_uppercase() => 1100,
        _ => 1000,
    }
}

/// `text`, or as much of its beginning as fits into `room` with an ellipsis.
pub(super) fn ellipsize(text: &str, room: f64, size: f64, bold: bool) -> String {
    if text_width(text, size, bold) <= room {
        return text.to_owned();
    }
    let mut left = room - text_width(ELLIPSIS, size, bold);
    let kept = text.chars().take_while(|&character| {
        left -= text_width(character.encode_utf8(&mut [0; 4]), size, bold);
        left >= 0.0
    });
    kept.collect::<String>().trim_end().to_owned() + ELLIPSIS
}

/// `text` in lines of at most `room`, broken at spaces; after `lines` lines it is cut with an ellipsis.
pub(super) fn wrap(text: &str, room: f64, size: f64, lines: usize) -> Vec<String> {
    let mut wrapped: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let full = wrapped.len() == lines;
        match wrapped.last_mut() {
            Some(line) if full || text_width(&format!("{line} {word}"), size, false) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => wrapped.push(word.to_owned()),
        }
    }
    wrapped.iter().map(|line| ellipsize(line, room, size, false)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ellipsized_text_fits_and_keeps_its_beginning() {
        let name = "a class with a name that goes on and on";
        for room in [20.0, 60.0, 100.0, 400.0] {
            let shown = ellipsize(name, room, 12.0, false);
            assert!(text_width(&shown, 12.0, false) <= room);
            assert!(name.starts_with(shown.trim_end_matches('…')));
        }
        assert_eq!(ellipsize(name, 400.0, 12.0, false), name);
    }

    #[test]
    fn wrapped_lines_fit_and_hold_every_word() {
        let text = "Two long requests and one short one, on one core. ".repeat(8);
        let lines = wrap(&text, 300.0, 13.0, 20);
        assert!(lines.iter().all(|line| text_width(line, 13.0, false) <= 300.0));
        assert_eq!(lines.join(" "), text.trim());
        let cut = wrap(&text, 300.0, 13.0, 2);
        assert_eq!(cut.len(), 2);
        assert!(cut[1].ends_with('…') && text_width(&cut[1], 13.0, false) <= 300.0);
    }
}
