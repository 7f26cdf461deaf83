//! Which stretch of a run its timeline shows.

use std::ops::Range;

use crate::engine::Outcome;
use crate::model::{Fault, SimDuration, SimTime};
use crate::stats::{Stretch, StretchReason, Survey, SurveyedRequest};

use super::fault_start::{FaultStart, fault_start};

/// The stretch of a run that its timeline shows.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub enum TimelineStretch {
    /// From one instant to another, counted from the start of the run.
    Between(SimDuration, SimDuration),
    /// Where some policy lets requests wait much longer than another one does.
    Worst,
    /// Around the slowest request of any policy.
    Slowest,
    /// Around the fault of that name, the first time.
    Fault(String),
}

/// The stretch that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::study) enum Wanted<'a> {
    /// This one.
    Named(&'a TimelineStretch),
    /// The one that tells most: where the first fault begins, or the worst.
    Telling,
}

/// This many requests arrive one after the other in the worst stretch.
const REQUESTS: usize = 16;

/// A stretch that was chosen, and which requests are shown if not all have room.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chosen {
    pub from: SimTime,
    pub until: SimTime,
    why: StretchReason,
    /// The policy that is to be explained.
    pub policy: usize,
    pub is_spread: bool,
    /// The number of a request that is always shown, from 0.
    pub always: Option<u64>,
}

impl Chosen {
    /// The stretch for results; it was chosen from a survey of that many requests, if there were more.
    pub fn stretch(&self, among: Option<u64>) -> Stretch {
        let is_searched = matches!(self.why, StretchReason::Worst { .. } | StretchReason::Slowest { .. });
        Stretch {
            start_ms: self.from.as_millis(),
            end_ms: self.until.as_millis(),
            why: self.why.clone(),
            among: among.filter(|_| is_searched),
        }
    }

    fn spread(from: SimTime, until: SimTime, why: StretchReason) -> Self {
        Self { from, until, why, policy: 0, is_spread: true, always: None }
    }
}

/// The stretch that was asked for; `None` if there is none: no request, or no such fault.
pub(super) fn choose(wanted: Wanted<'_>, policies: &[(&str, &Survey)], faults: &[Fault]) -> Option<Chosen> {
    match wanted {
        Wanted::Named(stretch) => named(stretch, policies, faults),
        Wanted::Telling => beginning(policies, faults).or_else(|| worst(policies)),
    }
}

/// Where the first fault begins.
fn beginning(policies: &[(&str, &Survey)], faults: &[Fault]) -> Option<Chosen> {
    let FaultStart { from, until, name, policy } = fault_start(policies, faults)?;
    let (from, until) = outward(from, until);
    Some(Chosen { policy, ..Chosen::spread(from, until, StretchReason::FaultStart { name }) })
}

fn named(stretch: &TimelineStretch, policies: &[(&str, &Survey)], faults: &[Fault]) -> Option<Chosen> {
    match stretch {
        TimelineStretch::Between(from, until) => {
            Some(Chosen::spread(SimTime::ZERO + *from, SimTime::ZERO + *until, StretchReason::Asked))
        }
        TimelineStretch::Worst => worst(policies),
        TimelineStretch::Slowest => slowest(policies),
        TimelineStretch::Fault(name) => {
            let fault = faults.iter().find(|fault| fault.name.as_ref() == Some(name))?;
            let from = fault.at.as_nanos().saturating_sub(fault.span.as_nanos() / 2);
            let until = SimTime::ZERO + fault.at + fault.span + fault.span;
            Some(Chosen::spread(SimTime::from_nanos(from), until, StretchReason::Fault { name: name.clone() }))
        }
    }
}

/// How much the requests of a policy suffer: how long each waited because of others. One without an answer waited as long as the
/// slowest answer of any policy takes. Of one that was in flight when the run ended, what it had waited by then counts.
struct Suffering<'a> {
    place: usize,
    name: &'a str,
    requests: &'a [SurveyedRequest],
    /// Of all requests before each place, in nanoseconds.
    sums: Vec<u128>,
}

impl<'a> Suffering<'a> {
    fn new(place: usize, name: &'a str, requests: &'a [SurveyedRequest], unanswered: SimDuration) -> Self {
        let instants = requests.iter().map(|request| request.end.map_or(request.arrival, |(end, _)| end));
        let last = instants.max().unwrap_or(SimTime::ZERO);
        let wait = |request: &SurveyedRequest| match request.end {
            Some((_, Outcome::Completed)) => request.waited(),
            Some((_, Outcome::Rejected(_) | Outcome::TimedOut | Outcome::ServedLate | Outcome::Failed(_))) => {
                unanswered
            }
            None => {
                let stayed = last.max(request.arrival) - request.arrival;
                // One of which nothing is known has waited since it arrived.
                let waited = if request.spent.is_empty() { stayed } else { request.waited().min(stayed) };
                unanswered.min(waited)
            }
        };
        let mut sums = vec![0];
        for request in requests {
            sums.push(sums.last().copied().unwrap_or(0) + u128::from(wait(request).as_nanos()));
        }
        Self { place, name, requests, sums }
    }

    fn total(&self) -> u128 {
        self.sums.last().copied().unwrap_or(0)
    }

    fn mean(&self) -> u128 {
        self.total() / self.requests.len().max(1) as u128
    }

    fn mean_ms(&self, requests: Range<usize>) -> f64 {
        let count = requests.len().max(1) as f64;
        self.of(requests) as f64 / 1e6 / count
    }

    fn of(&self, requests: Range<usize>) -> u128 {
        self.sums[requests.end] - self.sums[requests.start]
    }

    /// The requests that arrive between two instants, both included; the next or the last one if none does.
    fn arriving(&self, from: SimTime, until: SimTime) -> Range<usize> {
        let start = self.requests.partition_point(|request| request.arrival < from);
        let end = self.requests.partition_point(|request| request.arrival <= until);
        let start = start.min(self.requests.len().saturating_sub(1));
        start..end.max(start + 1)
    }

    /// Whether the same requests arrived at the same times.
    fn is_like(&self, other: &Self) -> bool {
        self.requests.len() == other.requests.len()
            && self.requests.iter().zip(other.requests).all(|(one, other)| one.arrival == other.arrival)
    }
}

/// The stretch in which the policy with the longest waits lets consecutive requests wait longest, compared with the policy
/// that lets them, or those that arrive meanwhile, wait least.
fn worst(policies: &[(&str, &Survey)]) -> Option<Chosen> {
    let answers = policies.iter().flat_map(|(_, survey)| survey.requests()).filter_map(SurveyedRequest::response_time);
    let longest = answers.max().unwrap_or(SimDuration::ZERO);
    let all: Vec<Suffering<'_>> = policies
        .iter()
        .enumerate()
        .map(|(place, (name, survey))| Suffering::new(place, name, survey.requests(), longest))
        .filter(|suffering| !suffering.requests.is_empty())
        .collect();
    // Of equals, the first.
    let worst = all.iter().rev().max_by_key(|suffering| suffering.total() / suffering.requests.len() as u128)?;
    let others = || all.iter().filter(|other| other.place != worst.place);
    // Where clients wait or try again, requests arrive at other times under other policies.
    let alike = others().filter(|other| other.is_like(worst)).min_by_key(|suffering| suffering.total());
    let least = alike.or_else(|| others().min_by_key(|suffering| suffering.mean()));
    let count = REQUESTS.min(worst.requests.len());
    // What is compared: the same requests, or those that arrive meanwhile.
    let opposite = |from: usize| {
        let requests = from..from + count;
        let meanwhile = |least: &Suffering<'_>| {
            least.arriving(worst.requests[from].arrival, worst.requests[from + count - 1].arrival)
        };
        least.map(|least| (least, if alike.is_some() { requests } else { meanwhile(least) }))
    };
    let contrast = |from: usize| {
        let of_least = opposite(from)
            .map_or(0, |(least, requests)| least.of(requests.clone()) * count as u128 / requests.len() as u128);
        worst.of(from..from + count) as i128 - of_least as i128
    };
    let last = worst.requests.len() - count;
    let from = (0..=last).rev().max_by_key(|from| contrast(*from))?;
    let least = opposite(from);
    let requests_of_least = least.as_ref().map(|(least, requests)| &least.requests[requests.clone()]);
    let (start, end) = bounds(&worst.requests[from..from + count], requests_of_least);
    Some(Chosen {
        from: start,
        until: end,
        why: StretchReason::Worst {
            policy: worst.name.to_owned(),
            wait_ms: worst.mean_ms(from..from + count),
            usual_ms: worst.mean_ms(0..worst.requests.len()),
            least: least.map(|(least, requests)| (least.name.to_owned(), least.mean_ms(requests))),
        },
        policy: worst.place,
        is_spread: false,
        always: None,
    })
}

/// From the first arrival until the requests have departed, but not so long that those of the best policy become too small
/// to be seen.
fn bounds(worst: &[SurveyedRequest], least: Option<&[SurveyedRequest]>) -> (SimTime, SimTime) {
    let (first, last) = (worst[0].arrival, worst[worst.len() - 1].arrival);
    let span = last - first;
    let mut quick: Vec<SimDuration> =
        least.unwrap_or(worst).iter().filter_map(SurveyedRequest::response_time).collect();
    quick.sort_unstable();
    let usual = quick.get(3 * quick.len() / 4).copied().unwrap_or(span);
    let ends = worst.iter().map(|request| request.end.map_or(SimTime::MAX, |(end, _)| end));
    let needed = ends.max().unwrap_or(SimTime::MAX);
    let most = last + SimDuration::from_nanos(span.as_nanos().max(usual.as_nanos() + usual.as_nanos() / 2));
    let least = last + SimDuration::from_nanos((span.as_nanos() / 20).max(1));
    outward(first, needed.min(most).max(least))
}

/// The same with round ends: their distance is at most a tenth larger.
fn outward(from: SimTime, until: SimTime) -> (SimTime, SimTime) {
    let length = (until - from).as_nanos().max(1);
    let power = 10_u64.pow((length / 20).max(1).ilog10());
    let step = [5, 2, 1].into_iter().map(|times| times * power).find(|step| *step <= (length / 20).max(1)).unwrap_or(1);
    let start = from.as_nanos() / step * step;
    (SimTime::from_nanos(start), SimTime::from_nanos(until.as_nanos().div_ceil(step) * step))
}

/// The slowest answer of any policy, and before it what it waited for.
fn slowest(policies: &[(&str, &Survey)]) -> Option<Chosen> {
    let all = policies.iter().enumerate().flat_map(|(place, (name, survey))| {
        (survey.first()..).zip(survey.requests()).map(move |(number, request)| (place, name, number, request))
    });
    let answered =
        all.filter_map(|(place, name, number, request)| Some((place, name, number, request, request.response_time()?)));
    // Of equals, the first.
    let (place, name, number, request, time) =
        answered.reduce(|one, other| if other.4 > one.4 { other } else { one })?;
    let from = request.arrival.as_nanos().saturating_sub(time.as_nanos() / 4);
    let until = request.arrival + time + SimDuration::from_nanos(time.as_nanos() / 20 + 1);
    let (from, until) = outward(SimTime::from_nanos(from), until);
    let why = StretchReason::Slowest { policy: (*name).to_owned(), request: number + 1 };
    Some(Chosen { policy: place, always: Some(number), ..Chosen::spread(from, until, why) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Departure, Entrance, Observer, Segment};
    use crate::model::{Activity, BackendId, ClassId, FaultKind};

    fn at(ms: u64) -> SimTime {
        SimTime::from_nanos(1_000_000 * ms)
    }

    /// Requests that arrive every 10 ms, wait for that many ms and are then served for 5 ms.
    fn survey(waits: &[u64]) -> Survey {
        survey_up_to(waits, SimTime::MAX)
    }

    /// The same in a run that ends at an instant.
    fn survey_up_to(waits: &[u64], end: SimTime) -> Survey {
        let mut survey = Survey::new(1000, SimTime::ZERO);
        for (request, wait) in (0..).zip(waits) {
            let arrival = at(10 * request);
            let entrance = Entrance {
                request,
                class: ClassId(0),
                arrival,
                first_arrival: arrival,
                attempts_before: 0,
                demand: SimDuration::from_millis(5),
            };
            survey.on_arrival(&entrance);
            let taken = arrival + SimDuration::from_millis(*wait);
            let departure = taken + SimDuration::from_millis(5);
            let segment = |activity, start, end| Segment {
                request,
                activity,
                place: None,
                holds_turn: false,
                on_thread: false,
                start,
                end,
            };
            survey.on_segment(segment(Activity::BacklogWait, arrival, taken));
            survey.on_segment(segment(Activity::Compute, taken, departure));
            if departure > end {
                continue;
            }
            let spent = [SimDuration::ZERO; Activity::ALL.len()];
            let outcome = Outcome::Completed;
            let (counts, was_taken, ends_operation) = (true, true, true);
            survey.on_departures(&[Departure {
                entrance,
                departure,
                outcome,
                counts,
                was_taken,
                ends_operation,
                spent,
            }]);
        }
        survey
    }

    fn waits(of: impl Fn(u64) -> u64) -> Survey {
        survey(&(0..100).map(of).collect::<Vec<_>>())
    }

    /// Under `slow`, requests 40 to 59 wait for 30 ms and requests 70 to 99 for 60 ms; under `fast`, those from 70 on wait for
    /// 50 ms. The first 16 of those that wait much longer under `slow` than under `fast` are 40 to 55.
    #[test]
    fn the_worst_stretch_is_where_policies_differ_most() {
        let slow = waits(|number| match number {
            40..60 => 30,
            70.. => 60,
            _ => 0,
        });
        let fast = waits(|number| if number >= 70 { 50 } else { 0 });
        let chosen = choose(Wanted::Named(&TimelineStretch::Worst), &[("fast", &fast), ("slow", &slow)], &[]).unwrap();
        // They arrive from 400 to 550 ms and depart until 585 ms. A twentieth of 185 ms is more than 5 ms.
        assert_eq!((chosen.from, chosen.until, chosen.policy), (at(400), at(585), 1));
        let why = StretchReason::Worst {
            policy: "slow".into(),
            wait_ms: 30.0,
            usual_ms: 24.0,
            least: Some(("fast".into(), 0.0)),
        };
        assert_eq!(chosen.stretch(Some(100)).why, why);
        // Alone, it is worst where its waits are longest: from 70 on.
        let alone = choose(Wanted::Named(&TimelineStretch::Worst), &[("slow", &slow)], &[]).unwrap();
        assert_eq!(alone.from, at(700));
    }

    /// Under `storm`, all requests from number 20 on wait for 50 ms. Under `calm`, they arrive at other times, and wait as long
    /// until 500 ms.
    #[test]
    fn where_requests_differ_those_that_arrive_meanwhile_are_compared() {
        let storm = waits(|number| if number >= 20 { 50 } else { 0 });
        let calm = survey(&(0..90).map(|number| if (20..50).contains(&number) { 50 } else { 0 }).collect::<Vec<_>>());
        let chosen =
            choose(Wanted::Named(&TimelineStretch::Worst), &[("storm", &storm), ("calm", &calm)], &[]).unwrap();
        // Number 50 arrives at 500 ms: the first after which nothing waits under `calm`.
        assert_eq!((chosen.from, chosen.policy), (at(500), 0));
        let why = StretchReason::Worst {
            policy: "storm".into(),
            wait_ms: 50.0,
            usual_ms: 40.0,
            least: Some(("calm".into(), 0.0)),
        };
        assert_eq!(chosen.stretch(None).why, why);
    }

    /// Requests 40 to 55 wait for 20 ms each, 320 ms in all. The run ends before the last five are served, up to 40 ms after they
    /// arrive: of them 100 ms are known, and not five times the longest answer.
    #[test]
    fn requests_in_flight_at_the_end_count_as_long_as_they_were_there() {
        let wait = |number| match number {
            10 => 90,
            40..56 => 20,
            95.. => 100,
            _ => 0,
        };
        let waits: Vec<u64> = (0..100).map(wait).collect();
        let survey = survey_up_to(&waits, at(995));
        let chosen = choose(Wanted::Named(&TimelineStretch::Worst), &[("one", &survey)], &[]).unwrap();
        assert_eq!(chosen.from, at(400));
    }

    #[test]
    fn long_waits_are_cut() {
        // All wait for 100 s; those of the other policy take 5 ms. They arrive within 150 ms.
        let (slow, fast) = (waits(|_| 100_000), waits(|_| 0));
        let chosen = choose(Wanted::Named(&TimelineStretch::Worst), &[("fast", &fast), ("slow", &slow)], &[]).unwrap();
        assert_eq!((chosen.from, chosen.until), (at(0), at(300)));
    }

    #[test]
    fn the_slowest_request_is_shown_with_what_was_before_it() {
        let survey = waits(|number| if number == 50 { 195 } else { 0 });
        let chosen =
            choose(Wanted::Named(&TimelineStretch::Slowest), &[("one", &survey), ("two", &survey)], &[]).unwrap();
        // From 500 to 700 ms, a quarter of that before it and a twentieth after it.
        assert_eq!((chosen.from, chosen.until, chosen.always), (at(450), at(720), Some(50)));
        assert_eq!(chosen.stretch(None).why, StretchReason::Slowest { policy: "one".into(), request: 51 });
    }

    #[test]
    fn without_requests_there_is_no_stretch() {
        let none = Survey::new(10, SimTime::ZERO);
        assert_eq!(choose(Wanted::Named(&TimelineStretch::Worst), &[("one", &none)], &[]), None);
        assert_eq!(choose(Wanted::Named(&TimelineStretch::Fault("x".into())), &[("one", &none)], &[]), None);
    }

    fn fault(at_ms: u64, span_ms: u64) -> Fault {
        Fault {
            name: Some("slow".into()),
            at: SimDuration::from_millis(at_ms),
            span: SimDuration::from_millis(span_ms),
            every: None,
            kind: FaultKind::Down { backend: BackendId(0) },
        }
    }

    /// A fault from 500 to 800 ms: requests 60 to 79 wait for 100 ms. Of 16 that arrive one after the other, 52 to 67 are the first
    /// of which half wait: number 67 arrives at 670 ms. 170 ms and half of that later the stretch ends; it begins eight arrivals
    /// before the fault.
    #[test]
    fn without_being_asked_a_run_with_a_fault_shows_where_it_begins() {
        let calm = waits(|_| 0);
        let slow = waits(|number| if (60..80).contains(&number) { 100 } else { 0 });
        let policies = [("calm", &calm), ("slow", &slow)];
        let chosen = choose(Wanted::Telling, &policies, &[fault(700, 50), fault(500, 300)]).unwrap();
        assert_eq!((chosen.from, chosen.until, chosen.policy), (at(420), at(760), 1));
        assert_eq!(chosen.stretch(None).why, StretchReason::FaultStart { name: Some("slow".into()) });
        // Under a policy that does not mind, it shows 16 arrivals.
        let chosen = choose(Wanted::Telling, &[("calm", &calm)], &[fault(500, 300)]).unwrap();
        assert_eq!((chosen.from, chosen.until), (at(420), at(730)));
        // One that begins before the first request, or after the last, shows no change.
        for fault in [fault(0, 300), fault(2000, 10)] {
            let why = choose(Wanted::Telling, &policies, &[fault]).unwrap().stretch(None).why;
            assert!(matches!(why, StretchReason::Worst { .. }), "{why:?}");
        }
        let again = Fault { every: Some(SimDuration::from_millis(500)), ..fault(0, 300) };
        let chosen = choose(Wanted::Telling, &policies, &[again]).unwrap();
        assert_eq!((chosen.from, chosen.until), (at(420), at(760)));
    }
}
