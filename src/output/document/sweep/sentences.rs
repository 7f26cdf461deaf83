//! What a sweep says in sentences: what varied, what is unstable, and which points meet the objectives.

use super::SweepReport;
use crate::output::words;
use crate::scenario::Dimension;
use crate::study::{PointState, SweepFigures};

/// Load from which on a little more of it takes much more time.
const NEAR: f64 = 0.85;

impl SweepReport {
    /// What was swept: `8 values of arrivals.poisson, 20 replications each, the same requests at every point`.
    pub fn swept(&self) -> String {
        let dimension = |dimension: &Dimension| {
            let values = dimension.values.len();
            format!("{values} {} of {}", if values == 1 { "value" } else { "values" }, dimension.name())
        };
        let dimensions: Vec<String> = self.dimensions.iter().map(dimension).collect();
        let replications = match self.summary.replications {
            1 => "one replication each".to_owned(),
            several => format!("{several} replications each"),
        };
        let most = self.all_figures().map(|figures| figures.replications).max().unwrap_or(0);
        let sharper = match most > self.summary.replications {
            true => format!(" and up to {most} where an objective or the precision asked for it"),
            false => String::new(),
        };
        format!("{}: {replications}{sharper}; every point meets the same random numbers.", dimensions.join(" × "))
    }

    /// What to know before trusting the numbers of a sweep.
    pub fn warnings(&self) -> Vec<String> {
        let count = |is_it: &dyn Fn(&SweepFigures) -> bool| self.all_figures().filter(|figures| is_it(figures)).count();
        let unstable = count(&|figures| figures.state == PointState::Unstable);
        let stopped = count(&|figures| figures.state == PointState::Stopped);
        let is_near = |figures: &SweepFigures| figures.load.is_some_and(|load| load >= NEAR);
        let near = count(&|figures| figures.state == PointState::Measured && is_near(figures));
        let of_all = |some: usize| format!("{some} of {} results", self.all_figures().count());
        let mut warnings = Vec::new();
        if unstable > 0 {
            warnings.push(format!("{} are unstable: more requests arrive than can be served, so their queue grows without bound and their times depend on the length of the run", of_all(unstable)));
        }
        if stopped > 0 {
            warnings.push(format!(
                "{} stopped before their end, at run.max_in_flight or because nothing went on",
                of_all(stopped)
            ));
        }
        if near > 0 {
            warnings.push(format!(
                "{} are near saturation (a load of 85 % or more): a little more load takes much more time",
                of_all(near)
            ));
        }
        warnings
    }

    /// Which points meet all objectives, a sentence per policy; empty without objectives, or with several dimensions.
    pub fn feasible(&self) -> Vec<String> {
        let [dimension] = self.dimensions.as_slice() else { return Vec::new() };
        self.swept_policies().into_iter().filter_map(|policy| self.feasible_of(dimension, policy)).collect()
    }

    fn feasible_of(&self, dimension: &Dimension, policy: usize) -> Option<String> {
        let figures = |point: usize| self.figures(point, policy);
        let all = || 0..self.points();
        if all().all(|point| figures(point).and_then(SweepFigures::meets_all).is_none()) {
            return None;
        }
        let meets: Vec<usize> =
            all().filter(|point| figures(*point).and_then(SweepFigures::meets_all) == Some(true)).collect();
        let undecided: Vec<usize> =
            all().filter(|point| figures(*point).is_some_and(SweepFigures::is_undecided)).collect();
        let at = match meets.as_slice() {
            [] => "none of the values".to_owned(),
            meets => format!("{} = {}", dimension.name(), stretches(meets, dimension)),
        };
        let by_chance = match undecided.as_slice() {
            [] => String::new(),
            undecided => format!("; undecided at {}", stretches(undecided, dimension)),
        };
        Some(format!("{} meets all objectives at {at}{by_chance}.", self.policies[policy]))
    }

    /// Where the knee of each policy is, a sentence each.
    pub fn knees(&self) -> Vec<String> {
        self.summary.knees.iter().map(words::knee).collect()
    }
}

/// Values of a dimension: neighbours as a stretch, `10/s to 40/s and 80/s`.
fn stretches(points: &[usize], dimension: &Dimension) -> String {
    let label = |point: &usize| dimension.values[*point].label.as_str();
    let stretch = |run: &[usize]| match run {
        [first, .., last] => format!("{} to {}", label(first), label(last)),
        only => only.iter().map(label).collect(),
    };
    let stretches: Vec<String> = points.chunk_by(|one, other| other - one == 1).map(stretch).collect();
    match stretches.split_last() {
        Some((last, first)) if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}
