//! A page with a title and a few lines about it, and charts below.

use plotters::style::text_anchor::HPos;

use super::canvas::{Area, Drawn, document};
use super::palette::{GREY, INK, Type};
use super::panel::label;
use super::text::{ellipsize, wrap};
use super::timeline::{MARGIN, WIDTH};

const TITLE: Type = Type::new(20.0, INK).bold();
const ABOUT: Type = Type::new(13.0, GREY);
const ABOUT_TOP: f64 = 50.0;
const ABOUT_STEP: f64 = 19.0;
const ABOUT_LINES: usize = 3;

/// What a page says.
pub(super) struct Heading<'a> {
    /// The name of the scenario.
    pub name: &'a str,
    /// What the charts show, in a sentence.
    pub about: &'a str,
    /// What they say, for those who cannot see them.
    pub description: &'a str,
}

impl Heading<'_> {
    /// The page, with something of this height below its heading; `draw` gets the upper edge of that.
    pub(super) fn page(&self, height: f64, draw: impl FnOnce(&Area<'_>, f64) -> Drawn) -> String {
        let room = WIDTH - 2.0 * MARGIN;
        let title = ellipsize(self.name, room, TITLE.size, TITLE.bold);
        let about = wrap(self.about, room, ABOUT.size, ABOUT_LINES);
        let top = ABOUT_TOP + ABOUT_STEP * about.len() as f64 + 4.0;
        let heading = format!("{}: {}", self.name, self.about);
        document((WIDTH, top + height), &heading, self.description, |area: &Area<'_>| {
            label(area, &title, (MARGIN, 32.0), TITLE, HPos::Left)?;
            for (line, text) in about.iter().enumerate() {
                label(area, text, (MARGIN, ABOUT_TOP + ABOUT_STEP * (line as f64 + 0.5)), ABOUT, HPos::Left)?;
            }
            draw(area, top)
        })
    }
}
