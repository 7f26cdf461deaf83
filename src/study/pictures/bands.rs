//! Where the time of requests went, by percentile of their response times.

use crate::engine::Outcome;
use crate::model::{Activity, SimDuration};
use crate::stats::{BandOf, PercentileBand, SpentOn, SpentPart, SurveyedRequest};

/// The percentiles between which the answered requests are divided.
const EDGES: [f64; 4] = [0.5, 0.9, 0.99, 0.999];

/// A percentile needs at least this many slower requests.
const FEWEST_SLOWER: f64 = 10.0;

/// All answered requests, then those between percentiles, then those without an answer. Requests under way are left out.
pub(super) fn bands<'a>(
    requests: impl Iterator<Item = &'a SurveyedRequest>,
    backend: &dyn Fn(&SpentOn) -> Option<String>,
) -> Vec<PercentileBand> {
    let (mut answered, mut unanswered): (Vec<_>, Vec<_>) = requests
        .filter(|request| request.end.is_some())
        .partition(|request| request.end.is_some_and(|(_, outcome)| outcome == Outcome::Completed));
    // Of requests that took equally long, the first is the faster one.
    answered.sort_by_key(|request| request.response_time());
    unanswered.sort_by_key(|request| request.arrival);
    let band = |of, requests: &[&SurveyedRequest]| {
        (!requests.is_empty()).then(|| PercentileBand { of, ..sums(requests).means(requests.len() as u64, backend) })
    };
    let between = edges(answered.len())
        .windows(2)
        .filter_map(|pair| {
            let rank = |share: f64| (share * answered.len() as f64 - 1e-9).ceil() as usize;
            band(BandOf::Between(pair[0], pair[1]), &answered[rank(pair[0])..rank(pair[1])])
        })
        .collect::<Vec<_>>();
    let all = band(BandOf::Answered, &answered);
    all.into_iter().chain(between).chain(band(BandOf::Unanswered, &unanswered)).collect()
}

/// The percentiles that divide that many requests; none if they are few.
fn edges(requests: usize) -> Vec<f64> {
    let inner: Vec<f64> =
        EDGES.into_iter().filter(|edge| requests as f64 * (1.0 - edge) >= FEWEST_SLOWER - 1e-9).collect();
    if inner.is_empty() { inner } else { [vec![0.0], inner, vec![1.0]].concat() }
}

/// What some requests spent their time on, in all.
#[derive(Debug, Default)]
struct Sums {
    parts: Vec<(SpentOn, u128)>,
}

fn sums(requests: &[&SurveyedRequest]) -> Sums {
    let mut sums = Sums::default();
    for (on, span) in requests.iter().flat_map(|request| &request.spent) {
        sums.add(*on, *span);
    }
    sums
}

impl Sums {
    fn add(&mut self, on: SpentOn, span: SimDuration) {
        match self.parts.iter_mut().find(|(other, _)| *other == on) {
            Some((_, sum)) => *sum += u128::from(span.as_nanos()),
            None => self.parts.push((on, u128::from(span.as_nanos()))),
        }
    }

    /// Means of that many requests.
    fn means(mut self, requests: u64, backend: &dyn Fn(&SpentOn) -> Option<String>) -> PercentileBand {
        let rank = |activity: Activity| Activity::ranked().iter().position(|other| *other == activity);
        self.parts.sort_by_key(|(on, _)| (rank(on.activity), on.cause.is_some(), on.backend));
        let mean = |nanos: u128| nanos as f64 / 1e6 / requests as f64;
        let part = |(on, nanos): &(SpentOn, u128)| SpentPart {
            activity: on.activity,
            cause: on.cause,
            backend: backend(on),
            mean_ms: mean(*nanos),
        };
        PercentileBand {
            of: BandOf::Answered,
            requests,
            mean_ms: mean(self.parts.iter().map(|(_, nanos)| nanos).sum()),
            parts: self.parts.iter().map(part).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ClassId, SimTime};

    const COMPUTE: SpentOn = SpentOn { activity: Activity::Compute, cause: None, backend: None };
    const BACKLOG: SpentOn = SpentOn { activity: Activity::BacklogWait, cause: None, backend: None };

    fn millis(ms: u64) -> SimDuration {
        SimDuration::from_nanos(1_000_000 * ms)
    }

    fn request(spent: &[(SpentOn, u64)], outcome: Outcome) -> SurveyedRequest {
        let all = spent.iter().map(|(_, ms)| ms).sum();
        SurveyedRequest {
            class: ClassId(0),
            arrival: SimTime::ZERO,
            end: Some((SimTime::ZERO + millis(all), outcome)),
            spent: spent.iter().map(|(on, ms)| (*on, millis(*ms))).collect(),
        }
    }

    fn parts(band: &PercentileBand) -> Vec<(Activity, f64)> {
        band.parts.iter().map(|part| (part.activity, part.mean_ms)).collect()
    }

    /// A hundred requests compute for 10 ms; the last twenty of them wait, for 5, 10, … 100 ms.
    #[test]
    fn the_slow_ones_wait() {
        let waits = |number: u64| 5 * number.saturating_sub(80);
        let requests: Vec<_> = (1..=100)
            .map(|number| match waits(number) {
                0 => request(&[(COMPUTE, 10)], Outcome::Completed),
                wait => request(&[(BACKLOG, wait), (COMPUTE, 10)], Outcome::Completed),
            })
            .collect();
        let bands = bands(requests.iter().rev(), &|_| None);
        let of: Vec<_> = bands.iter().map(|band| (band.of, band.requests)).collect();
        let between = BandOf::Between;
        assert_eq!(
            of,
            [(BandOf::Answered, 100), (between(0.0, 0.5), 50), (between(0.5, 0.9), 40), (between(0.9, 1.0), 10)]
        );
        // All: 5 + … + 100 = 1050 ms of waits in a hundred requests.
        assert_eq!(parts(&bands[0]), [(Activity::BacklogWait, 10.5), (Activity::Compute, 10.0)]);
        assert_eq!(parts(&bands[1]), [(Activity::Compute, 10.0)]);
        // Ranks 51 to 90: ten of the forty wait 5 + … + 50 = 275 ms.
        assert_eq!(parts(&bands[2]), [(Activity::BacklogWait, 6.875), (Activity::Compute, 10.0)]);
        // Ranks 91 to 100: 55 + … + 100 = 775 ms.
        assert_eq!(parts(&bands[3]), [(Activity::BacklogWait, 77.5), (Activity::Compute, 10.0)]);
        assert!((bands[3].mean_ms - 87.5).abs() < 1e-9);
    }

    #[test]
    fn requests_without_an_answer_stand_apart_and_few_requests_are_not_divided() {
        let late = request(&[(BACKLOG, 30)], Outcome::TimedOut);
        let answered = request(&[(COMPUTE, 10)], Outcome::Completed);
        let under_way = SurveyedRequest { end: None, ..answered.clone() };
        let bands = bands([&late, &answered, &under_way].into_iter(), &|_| None);
        let of: Vec<_> = bands.iter().map(|band| (band.of, band.requests, band.mean_ms)).collect();
        assert_eq!(of, [(BandOf::Answered, 1, 10.0), (BandOf::Unanswered, 1, 30.0)]);
    }
}
