//! The numbers that objectives bound: those that no other column shows have columns of their own.

use super::SweepReport;
use crate::model::{MetricUnit, Named, RECOVERY_NAME};
use crate::study::{SWEPT_PERCENTILES, SweepAsked, SweepFigures, SweepNumber};

/// The number that overviews show.
#[derive(Clone, Debug, PartialEq)]
pub enum Headline {
    /// A percentile of all requests, by its place.
    Percentile(usize),
    /// What an objective bounds.
    Asked(SweepAsked),
}

impl Headline {
    /// Its name in titles.
    pub fn name(&self) -> String {
        match self {
            Self::Percentile(place) => SWEPT_PERCENTILES[*place].name().to_owned(),
            Self::Asked(asked) => name(asked),
        }
    }

    /// The number.
    pub fn of(&self, figures: &SweepFigures) -> SweepNumber {
        match self {
            Self::Percentile(place) => figures.percentiles[*place],
            Self::Asked(asked) => number(figures, asked),
        }
    }
}

impl SweepReport {
    /// The percentile of all requests that an objective bounds; otherwise the first time that one bounds, or p99.
    pub fn headline(&self) -> Headline {
        let objectives = || self.all_figures().flat_map(|figures| &figures.objectives);
        if let Some((place, _)) = objectives().find_map(|objective| objective.line) {
            return Headline::Percentile(place);
        }
        let time = self.asked().into_iter().find(|asked| asked.unit == MetricUnit::Time);
        time.map_or(Headline::Percentile(SWEPT_PERCENTILES.len() - 1), Headline::Asked)
    }

    /// What objectives bound beyond the numbers that every sweep shows, each once, in the order of the scenario.
    pub fn asked(&self) -> Vec<SweepAsked> {
        let mut all: Vec<SweepAsked> = Vec::new();
        for objective in self.all_figures().flat_map(|figures| &figures.objectives) {
            if !has_column(&objective.asked) && !all.contains(&objective.asked) {
                all.push(objective.asked.clone());
            }
        }
        all
    }
}

/// Whether every sweep has a column of it.
fn has_column(asked: &SweepAsked) -> bool {
    let SweepAsked { fault, class, metric, unit: _ } = asked;
    let mut shown = SWEPT_PERCENTILES.into_iter().chain([Named::Mean, Named::ErrorRate]);
    fault.is_none() && class.is_none() && shown.any(|named| named.name() == metric)
}

/// Its name: `browse.p95`, `during payments: browse.p95`, `browse.recovered payments`.
pub fn name(asked: &SweepAsked) -> String {
    let SweepAsked { fault, class, metric, unit: _ } = asked;
    let class = class.as_ref().map_or(String::new(), |class| format!("{class}."));
    match fault {
        Some(fault) if metric == RECOVERY_NAME => format!("{class}recovered {fault}"),
        Some(fault) => format!("during {fault}: {class}{metric}"),
        None => format!("{class}{metric}"),
    }
}

/// The number at a point; none where no objective bounds it there.
pub fn number(figures: &SweepFigures, asked: &SweepAsked) -> SweepNumber {
    let objective = figures.objectives.iter().find(|objective| objective.asked == *asked);
    objective.map_or_else(SweepNumber::default, |objective| objective.number)
}
