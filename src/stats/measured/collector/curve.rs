//! The percentile curve of what was collected, with as many steps as a picture can show.

use super::{ClassSamples, Collector};
use crate::engine::ClassCounts;
use crate::stats::measured::of_arrived::OfArrived;
use crate::stats::results::{CurveStep, PercentileCurve};

/// Steps for each factor of ten that a percentile is nearer to 100 %.
const STEPS_PER_NINE: f64 = 60.0;

impl Collector {
    /// Response times by percentile over every request that arrived; `None` if none was answered.
    pub fn curve(&self, counts: &[ClassCounts]) -> Option<PercentileCurve> {
        let mut all = ClassSamples::default();
        self.classes.iter().for_each(|class| all.merge(class));
        let unanswered = counts.iter().map(unanswered).sum();
        let of = OfArrived { answered: &all.response_time, unanswered, in_flight: &all.unanswered.ages };
        let (steps, answered) = of.curve();
        let step = |(faster, nanos): &(f64, u64)| CurveStep { faster: *faster, ms: *nanos as f64 / 1e6 };
        (!steps.is_empty()).then(|| PercentileCurve { steps: thinned(&steps).map(step).collect(), answered })
    }
}

fn unanswered(counts: &ClassCounts) -> u64 {
    counts.rejected.total() + counts.timed_out + counts.failed.total()
}

/// The first step of each small distance on a logarithmic axis, and the last.
fn thinned(steps: &[(f64, u64)]) -> impl Iterator<Item = &(f64, u64)> {
    let cell = |faster: f64| (-(1.0 - faster).log10() * STEPS_PER_NINE).floor();
    let last = steps.len().saturating_sub(1);
    steps
        .iter()
        .enumerate()
        .filter(move |(place, (faster, _))| *place == 0 || *place == last || cell(*faster) > cell(steps[place - 1].0))
        .map(|(_, step)| step)
}
