//! What all pictures have in common: their width, a title, lines below it, and a description for screen readers.

use plotters::style::text_anchor::HPos;

use super::canvas::{Area, Drawn, document};
use super::palette::{GREY, INK, TEXT_SIZE, TITLE_SIZE, Type};
use super::panel::label;
use super::text::{ellipsize, wrap};

/// The width of every picture: text of 12 pixels is still readable on a telephone, where it is 390 pixels wide.
pub(super) const WIDTH: f64 = 640.0;
pub(super) const MARGIN: f64 = 16.0;
/// No picture is higher than this by default.
pub(super) const HIGHEST: f64 = 1_600.0;
/// The width between the margins.
pub(super) const ROOM: f64 = WIDTH - 2.0 * MARGIN;

const TITLE: Type = Type::new(TITLE_SIZE, INK).bold();
const SUBTITLE: Type = Type::new(TEXT_SIZE, GREY);
const SUBTITLE_TOP: f64 = 44.0;
const SUBTITLE_STEP: f64 = 18.0;
/// The head of a picture.
pub(super) struct Page {
    /// The name of the picture, with which its identifiers begin.
    picture: String,
    title: String,
    lines: Vec<String>,
    heading: String,
    description: String,
}

impl Page {
    /// Room below everything.
    pub(super) const BOTTOM: f64 = 12.0;

    /// A page with a title; `heading` and `description` are read to those who do not see it.
    pub(super) fn new(picture: &str, title: &str, heading: String, description: String) -> Self {
        let title = ellipsize(title, ROOM, TITLE.size, TITLE.bold);
        Self { picture: picture.to_owned(), title, lines: Vec::new(), heading, description }
    }

    /// The same with text below the title, in at most that many lines.
    pub(super) fn with_text(mut self, text: &str, lines: usize) -> Self {
        self.lines.extend(wrap(text, ROOM, SUBTITLE.size, lines));
        self
    }

    /// Where the picture begins below the head.
    pub(super) fn top(&self) -> f64 {
        SUBTITLE_TOP + SUBTITLE_STEP * self.lines.len() as f64 + 6.0
    }

    /// The picture down to `bottom`.
    pub(super) fn svg(&self, bottom: f64, draw: impl FnOnce(&Area<'_>) -> Drawn) -> String {
        document(&self.picture, (WIDTH, bottom + Self::BOTTOM), &self.heading, &self.description, |area: &Area<'_>| {
            label(area, &self.title, (MARGIN, 26.0), TITLE, HPos::Left)?;
            for (index, text) in self.lines.iter().enumerate() {
                let middle = SUBTITLE_TOP + SUBTITLE_STEP * (index as f64 + 0.5);
                label(area, text, (MARGIN, middle), SUBTITLE, HPos::Left)?;
            }
            draw(area)
        })
    }
}
