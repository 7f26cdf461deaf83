//! Where time goes by percentile: what makes the slowest requests slow is not what makes the mean slow.

use plotters::style::text_anchor::HPos;

use super::{NOTE, TEXT, is_long, pictured};
use crate::model::Activity;
use crate::output::svg::canvas::{Area, Drawn, units};
use crate::output::svg::legend::{Key, KeyRows};
use crate::output::svg::looks::Look;
use crate::output::svg::marks::{Bar, titled};
use crate::output::svg::page::{HIGHEST, MARGIN, Page, WIDTH};
use crate::output::svg::palette::{GRID, INK, NAME_SIZE, NOTE_SIZE, PAPER, SEPARATOR, TINY_SIZE, Type, line};
use crate::output::svg::panel::label;
use crate::output::svg::queues::RunQueue;
use crate::output::svg::scale::{AxisUnit, decimal};
use crate::output::svg::text::ellipsize;
use crate::stats::{BandOf, PercentileBand, PolicyPictures, PolicyResults, ScenarioResults, SpentPart};
use plotters::element::PathElement;

const LABELS: f64 = 92.0;
/// Room right of the bars: the mean, and what most of it is.
const MEANS: f64 = 66.0;
const MOSTLY: f64 = 172.0;
const HEADER: f64 = 26.0;
const ROW: f64 = 19.0;
const BAR: f64 = 13.0;
const AXIS: f64 = 18.0;
const GAP: f64 = 14.0;

const NAME: Type = Type::new(NAME_SIZE, INK).bold();
const MEAN: Type = Type::new(NOTE_SIZE, INK).bold();
const INSIDE: Type = Type::new(TINY_SIZE, PAPER).bold();

const ABOUT: &str = "Where the time of a request went, on average: of all requests, then of the fastest half and so on to the \
                     slowest. At the right, how long they took on average, and what most of that was.";

/// Whether enough requests were answered under some policy to divide them.
pub fn has_breakdown(results: &ScenarioResults) -> bool {
    is_long(results) && pictured(results).any(|(_, _, pictures)| pictures.bands.len() > 2)
}

/// Where time goes, for each policy by percentile of the response time: bars of 100 %, their means beside them.
pub fn breakdown_svg(results: &ScenarioResults) -> String {
    breakdown_svg_as("breakdown", results)
}

/// The same with identifiers that begin with this name.
pub fn breakdown_svg_as(picture: &str, results: &ScenarioResults) -> String {
    let blocks: Vec<Block<'_>> =
        pictured(results).filter_map(|(_, policy, pictures)| Block::new(policy, pictures)).collect();
    let longest = blocks.iter().flat_map(|block| block.bands).map(|band| band.mean_ms).fold(0.0, f64::max);
    let unit = AxisUnit::of_span(longest);
    let heading = format!("{}: where time goes, by percentile of the response time", results.scenario);
    let about = blocks.iter().map(|block| block.description(unit)).collect::<Vec<_>>().join("\n");
    let mut page = Page::new(picture, &format!("{}: where time goes", results.scenario), heading, about);
    page = page.with_text(ABOUT, 4);
    if let Some(among) = blocks.iter().filter_map(|block| block.among).max() {
        let text = format!("Of the first {} requests of the first replication.", decimal(among as f64, 0));
        page = page.with_text(&text, 2);
    }
    let legend = legend(&blocks);
    let top = page.top() + legend.height() + 6.0;
    let mut bottom = top;
    let is_shown = |block: &&Block<'_>| {
        bottom += block.height() + GAP;
        bottom <= HIGHEST - ROW - Page::BOTTOM
    };
    let shown: Vec<&Block<'_>> = blocks.iter().take_while(is_shown).collect();
    let height: f64 = shown.iter().map(|block| block.height() + GAP).sum();
    let left_out = blocks.len() - shown.len();
    let note = (left_out > 0).then(|| format!("… and {left_out} more policies, not drawn"));
    let legend_top = page.top();
    page.svg(top + height + if note.is_some() { ROW } else { 0.0 }, |area| {
        legend.draw(area, legend_top)?;
        let mut top = top;
        for block in shown {
            block.draw(area, top, unit)?;
            top += block.height() + GAP;
        }
        match &note {
            Some(note) => label(area, note, (MARGIN, top + 0.5 * ROW), NOTE, HPos::Left),
            None => Ok(()),
        }
    })
}

/// A policy.
struct Block<'a> {
    policy: &'a PolicyResults,
    bands: &'a [PercentileBand],
    among: Option<u64>,
}

impl<'a> Block<'a> {
    fn new(policy: &'a PolicyResults, PolicyPictures { bands, bands_among, .. }: &'a PolicyPictures) -> Option<Self> {
        (!bands.is_empty()).then_some(Self { policy, bands, among: *bands_among })
    }

    fn height(&self) -> f64 {
        HEADER + ROW * self.bands.len() as f64 + AXIS
    }

    fn draw(&self, area: &Area<'_>, top: f64, unit: AxisUnit) -> Drawn {
        let (left, right) = bars();
        let name = ellipsize(&self.policy.name, right - MARGIN, NAME.size, true);
        label(area, &name, (MARGIN, top + 10.0), NAME, HPos::Left)?;
        label(area, "mean time", (right + 14.0 + MEANS, top + 10.0), NOTE, HPos::Right)?;
        label(area, "most of it", (right + 14.0 + MEANS + 12.0, top + 10.0), NOTE, HPos::Left)?;
        let bottom = top + HEADER + ROW * self.bands.len() as f64;
        for tick in [0, 25, 50, 75, 100] {
            let x = left + (right - left) * f64::from(tick) / 100.0;
            let ends = [(units(x), units(top + HEADER)), (units(x), units(bottom + 2.0))];
            area.draw(&PathElement::new(ends, line(GRID, 1.0)))?;
            label(area, &format!("{tick} %"), (x, bottom + 10.0), NOTE, HPos::Center)?;
        }
        for (number, band) in self.bands.iter().enumerate() {
            self.draw_band(area, band, top + HEADER + ROW * (number as f64 + 0.5), unit)?;
        }
        Ok(())
    }

    fn draw_band(&self, area: &Area<'_>, band: &PercentileBand, middle: f64, unit: AxisUnit) -> Drawn {
        let (left, right) = bars();
        label(
            area,
            &name(band.of),
            (MARGIN, middle),
            if band.of == BandOf::Answered { TEXT } else { NOTE },
            HPos::Left,
        )?;
        let mut from = 0.0;
        let x = |ms: f64| left + (right - left) * (ms / band.mean_ms.max(1e-12)).min(1.0);
        let mut before: Option<Activity> = None;
        for part in &band.parts {
            let (start, end) = (x(from), x(from + part.mean_ms));
            from += part.mean_ms;
            let look = look(part);
            let corners = [(units(start), units(middle - 0.5 * BAR)), (units(end), units(middle + 0.5 * BAR))];
            let title = format!("{}, {}: {}", self.policy.name, name(band.of), words(part, band, unit));
            titled(area, look.fill().id(), &title, |area| area.draw(&Bar { corners, paint: look.fill() }))?;
            // Two backends look alike: a gap sets them apart.
            if before == Some(part.activity) && end - start > 4.0 {
                let corners = [(units(start - 0.75), corners[0].1), (units(start + 0.75), corners[1].1)];
                area.draw(&Bar { corners, paint: SEPARATOR })?;
            }
            before = Some(part.activity);
            // The backends have one colour: where there is room, each has its name.
            if let Some(backend) = part.backend.as_ref().filter(|_| part.activity == Activity::Backend)
                && INSIDE.width(backend) + 8.0 <= end - start
            {
                label(area, backend, (0.5 * (start + end), middle), INSIDE, HPos::Center)?;
            }
        }
        let mean_end = right + 14.0 + MEANS;
        label(area, &unit.rounded(band.mean_ms), (mean_end, middle), MEAN, HPos::Right)?;
        let most = band.parts.iter().max_by(|one, other| one.mean_ms.total_cmp(&other.mean_ms));
        let Some(most) = most.filter(|_| band.mean_ms > 0.0) else { return Ok(()) };
        let text = format!("{} % {}", decimal(100.0 * most.mean_ms / band.mean_ms, 0), short(most));
        label(area, &ellipsize(&text, MOSTLY - 12.0, NOTE.size, false), (mean_end + 12.0, middle), NOTE, HPos::Left)
    }

    fn description(&self, unit: AxisUnit) -> String {
        let band = |band: &PercentileBand| {
            let parts: Vec<String> = band.parts.iter().map(|part| words(part, band, unit)).collect();
            format!("{}: {}, of that {}", name(band.of), unit.rounded(band.mean_ms), parts.join(", "))
        };
        format!("{}: {}.", self.policy.name, self.bands.iter().map(band).collect::<Vec<_>>().join("; "))
    }
}

/// Where bars begin and end.
fn bars() -> (f64, f64) {
    (MARGIN + LABELS, WIDTH - MARGIN - MEANS - MOSTLY - 14.0)
}

fn look(part: &SpentPart) -> Look {
    part.cause.map_or(Look::Activity(part.activity), Look::Cause)
}

/// The name of a band.
fn name(of: BandOf) -> String {
    let percent = |share: f64| decimal(100.0 * share, 3);
    match of {
        BandOf::Answered => "all".to_owned(),
        BandOf::Between(from, to) if from <= 0.0 => format!("fastest {} %", percent(to)),
        BandOf::Between(from, to) if to >= 1.0 => format!("slowest {} %", percent(1.0 - from)),
        BandOf::Between(from, to) => format!("{}–{} %", percent(from), percent(to)),
        BandOf::Unanswered => "no answer".to_owned(),
    }
}

/// What a part is, in a few words.
fn short(part: &SpentPart) -> String {
    let what = look(part).short();
    match &part.backend {
        Some(backend) => format!("{what} {backend}"),
        None => what.to_owned(),
    }
}

fn words(part: &SpentPart, band: &PercentileBand, unit: AxisUnit) -> String {
    let percent = if band.mean_ms > 0.0 { 100.0 * part.mean_ms / band.mean_ms } else { 0.0 };
    format!("{} {} ({} %)", short(part), unit.rounded(part.mean_ms), decimal(percent, 1))
}

/// The ways to spend time that occur.
fn legend(blocks: &[Block<'_>]) -> KeyRows {
    let queue = blocks.iter().map(|block| RunQueue::of_stations(block.policy)).fold(RunQueue::default(), RunQueue::or);
    let parts = || blocks.iter().flat_map(|block| block.bands).flat_map(|band| &band.parts);
    let looks = Activity::ranked().into_iter().flat_map(Look::all_of);
    let keys = looks.filter(|wanted| parts().any(|part| look(part) == *wanted && part.mean_ms > 0.0));
    let keys: Vec<Key> = keys.map(|look| Key { fill: look.fill(), text: look.short_alone(queue) }).collect();
    KeyRows::new(&keys, Type::new(NOTE_SIZE, INK))
}
