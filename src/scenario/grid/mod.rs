//! A scenario at many points: each point has its own value of some fields (`--vary PATH=VALUES`).
//!
//! Every point is read and checked like a scenario file with `--set`, before anything runs. The points of a grid are numbered;
//! the last dimension changes fastest.

mod quantity;
mod scaled;
mod targets;
mod values;
mod varied;

use std::fmt;

use serde_json::Value as Json;

use super::changes::Change;
use super::diagnostic::{Diagnostic, shown};
use super::document::Element;
use super::source::Source;
use super::valid::Scenario;
use super::{document, read};
use crate::random::Files;

use self::varied::Varied;

pub use self::quantity::AxisKind;

/// Maximum number of points of a grid.
const MOST_POINTS: usize = 10_000;

/// The name of the option in messages.
const OPTION: &str = "--vary";

/// Fields that are given other values, and these values: `workers=1,2,4`, `arrivals.poisson=10..100/s:10`, `arrivals=x0.5..x2`,
/// `workers,threads=1x8,2x4`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variation(String);

impl Variation {
    /// A variation as written after `--vary`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The paths and the values, as written.
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// A scenario, and the same scenario at many points.
#[derive(Clone, Debug)]
pub struct Grid {
    base: Scenario,
    dimensions: Vec<Dimension>,
    points: Vec<Scenario>,
}

/// Fields that change together, and their values.
#[derive(Clone, Debug, PartialEq)]
pub struct Dimension {
    /// The fields, as the option names them.
    pub paths: Vec<String>,
    /// What the values measure, if all of them are numbers of one kind.
    pub kind: Option<AxisKind>,
    /// The values, in order.
    pub values: Vec<GridValue>,
}

/// One value of a dimension.
#[derive(Clone, Debug, PartialEq)]
pub struct GridValue {
    /// As it is shown: `8`, `100/s`, `2x4`, `x0.5`.
    pub label: String,
    /// The value of each path, as the scenario has it; a factor of what is no number is text, such as `x0.5`.
    pub values: Vec<Json>,
    /// Where it stands on an axis, in the unit of [`Dimension::kind`].
    pub position: Option<f64>,
    changes: Vec<Change>,
}

impl Dimension {
    /// A dimension with values as they are shown, which cannot be applied to a scenario.
    pub(crate) fn labelled(paths: Vec<String>, labels: Vec<String>) -> Self {
        varied::labelled(paths, labels)
    }

    /// Its name: the fields, separated by commas.
    pub fn name(&self) -> String {
        self.paths.join(",")
    }

    /// Which value each of these dimensions has at a point of their grid.
    pub fn places(dimensions: &[Self], point: usize) -> Vec<usize> {
        let mut rest = point;
        let mut places: Vec<usize> = Vec::new();
        for dimension in dimensions.iter().rev() {
            places.push(rest % dimension.values.len());
            rest /= dimension.values.len();
        }
        places.reverse();
        places
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

impl Grid {
    /// Reads a scenario at all points, as [`read`] does; `changes` apply to each of them.
    ///
    /// # Errors
    /// The first mistake in the scenario, in a variation, or in the scenario at a point.
    pub fn read(
        source: Source,
        name: &str,
        changes: &[Change],
        variations: &[Variation],
        files: &Files,
    ) -> Result<Self, Diagnostic> {
        let base = read(source.clone(), name, changes, files)?;
        let (document, mut sources) = document(source.clone(), changes)?;
        let mut dimensions = Vec::new();
        for variation in variations {
            sources.0.push(Source::new(OPTION, variation.text()));
            dimensions.push(Varied { document: &document, sources: &sources }.dimension()?);
        }
        expect_different(&dimensions, &document)?;
        expect_few(&dimensions)?;
        let mut grid = Self { base, dimensions, points: Vec::new() };
        for number in 0..grid.size() {
            let of_point = grid.choice(number).into_iter().flat_map(|value| &value.changes);
            let changes: Vec<Change> = changes.iter().chain(of_point).cloned().collect();
            grid.points.push(read(source.clone(), name, &changes, files)?);
        }
        Ok(grid)
    }

    /// Reads a scenario from its text, at all points.
    ///
    /// # Errors
    /// As for [`Grid::read`]. A scenario that names files needs that.
    pub fn from_json(text: &str, variations: &[&str]) -> Result<Self, Diagnostic> {
        let variations: Vec<Variation> = variations.iter().map(|text| Variation::new(*text)).collect();
        Self::read(Source::new("scenario", text), "scenario", &[], &variations, &Files::none())
    }

    /// The scenario without variations.
    pub fn base(&self) -> &Scenario {
        &self.base
    }

    /// What varies.
    pub fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    /// The scenario at each point.
    pub fn points(&self) -> &[Scenario] {
        &self.points
    }

    /// Number of points.
    fn size(&self) -> usize {
        self.dimensions.iter().map(|dimension| dimension.values.len()).product()
    }

    /// The value of each dimension at a point.
    pub fn choice(&self, point: usize) -> Vec<&GridValue> {
        self.places(point)
            .into_iter()
            .zip(&self.dimensions)
            .map(|(place, dimension)| &dimension.values[place])
            .collect()
    }

    /// Which value each dimension has at a point.
    pub fn places(&self, point: usize) -> Vec<usize> {
        Dimension::places(&self.dimensions, point)
    }

    /// Replaces the seed at every point.
    pub fn reseed(&mut self, seed: u64) {
        self.base.reseed(seed);
        self.points.iter_mut().for_each(|point| point.reseed(seed));
    }

    /// Adds an objective at every point.
    ///
    /// # Errors
    /// As for [`Scenario::assert`].
    pub fn assert(&mut self, objective: &str) -> Result<(), Diagnostic> {
        self.base.assert(objective)?;
        self.points.iter_mut().try_for_each(|point| point.assert(objective))
    }
}

/// No field is varied twice, under one name or two.
fn expect_different(dimensions: &[Dimension], document: &Element) -> Result<(), Diagnostic> {
    let twice =
        |message: String| Diagnostic::new(message).with_help("vary each field once; list all its values in one option");
    let mut names: Vec<&str> = Vec::new();
    let mut fields: Vec<String> = Vec::new();
    for dimension in dimensions {
        for name in dimension.paths.iter().map(String::as_str) {
            if names.contains(&name) {
                return Err(twice(format!("`{}` is varied twice", shown(name))));
            }
            names.push(name);
        }
        for change in dimension.values.iter().take(1).flat_map(|value| &value.changes) {
            let field = targets::numbered(change.path(), document);
            if let Some(other) = fields.iter().find(|other| is_part(other, &field)) {
                let [field, other] = [&field, other].map(|field| shown(field));
                return Err(twice(match field == other {
                    true => format!("`{field}` is varied twice, under two names"),
                    false => format!("`{other}` and `{field}` cannot both be varied: they overlap"),
                }));
            }
            fields.push(field);
        }
    }
    Ok(())
}

/// Whether one of two fields is the other or contains it.
fn is_part(one: &str, other: &str) -> bool {
    let contains = |whole: &str, part: &str| {
        part.strip_prefix(whole).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    contains(one, other) || contains(other, one)
}

fn expect_few(dimensions: &[Dimension]) -> Result<(), Diagnostic> {
    let counts: Vec<String> = dimensions.iter().map(|dimension| dimension.values.len().to_string()).collect();
    let product = dimensions.iter().try_fold(1_usize, |product, dimension| product.checked_mul(dimension.values.len()));
    if product.is_some_and(|product| product <= MOST_POINTS) {
        return Ok(());
    }
    Err(Diagnostic::new(format!("{} are more than {MOST_POINTS} points", counts.join(" × ")))
        .with_help("give fewer values, or values of several paths together: `--vary workers,threads=1x8,2x4`"))
}

#[cfg(test)]
mod tests;
