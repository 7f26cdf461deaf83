//! A request's time in pieces that look the same: its segments, divided where it holds something meanwhile.

use super::looks::Look;
use crate::stats::{TimelineEntry, TimelineSegment};

/// A stretch of a request's time that is one bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Piece {
    /// What it looks like.
    pub(super) look: Look,
    /// When it begins.
    pub(super) start_ms: f64,
    /// When it ends.
    pub(super) end_ms: f64,
}

/// What a request did, in order of time: a wait is divided where the request begins or ceases to hold a connection meanwhile.
pub(super) fn pieces(entry: &TimelineEntry) -> Vec<Piece> {
    let cuts: Vec<f64> = entry.connections.iter().flat_map(|held| [held.start_ms, held.end_ms]).collect();
    let holds =
        |[from, until]: [f64; 2]| entry.connections.iter().any(|held| held.start_ms <= from && until <= held.end_ms);
    let of_segment = |segment: &TimelineSegment| {
        let look = Look::of(segment);
        let look_of = |times| if holds(times) { look.while_holding() } else { look };
        let parts = divided([segment.start_ms, segment.end_ms], &cuts, look_of);
        parts.into_iter().map(|([start_ms, end_ms], look)| Piece { look, start_ms, end_ms })
    };
    entry.segments.iter().flat_map(of_segment).collect()
}

/// A time span divided at those of the instants that change what it is; `of` says what a part without such instants is.
pub(super) fn divided<T: PartialEq>(
    [start, end]: [f64; 2],
    cuts: &[f64],
    of: impl Fn([f64; 2]) -> T,
) -> Vec<([f64; 2], T)> {
    let mut ends: Vec<f64> = cuts.iter().copied().filter(|cut| start < *cut && *cut < end).chain([end]).collect();
    ends.sort_by(f64::total_cmp);
    let mut parts: Vec<([f64; 2], T)> = Vec::new();
    let mut from = start;
    for until in ends {
        let what = of([from, until]);
        match parts.last_mut() {
            Some((times, same)) if *same == what => times[1] = until,
            Some(_) | None => parts.push(([from, until], what)),
        }
        from = until;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Activity;
    use crate::output::svg::looks::Awaited;
    use crate::stats::TimelineConnection;

    fn entry(segments: &[(Activity, f64, f64)], held: &[[f64; 2]]) -> TimelineEntry {
        let segment = |(activity, start_ms, end_ms): &(Activity, f64, f64)| TimelineSegment {
            kind: activity.name(),
            start_ms: *start_ms,
            end_ms: *end_ms,
            blocking: false,
            cause: None,
        };
        let connection = |[start_ms, end_ms]: &[f64; 2]| TimelineConnection {
            backend: "db".into(),
            start_ms: *start_ms,
            end_ms: *end_ms,
        };
        TimelineEntry {
            request: 1,
            class: "page".into(),
            arrival_ms: 0.0,
            departure_ms: None,
            response_time_ms: None,
            outcome: None,
            reason: None,
            slowdown: None,
            worker: Some(1),
            slot: Some(1),
            merged_segments: 0,
            segments: segments.iter().map(segment).collect(),
            connections: held.iter().map(connection).collect(),
            threads: Vec::new(),
            parts: Vec::new(),
        }
    }

    fn looks(entry: &TimelineEntry) -> Vec<(Look, f64, f64)> {
        pieces(entry).into_iter().map(|Piece { look, start_ms, end_ms }| (look, start_ms, end_ms)).collect()
    }

    /// It waits 0–10 ms for two connections, one after the other, and gets the first at 4; both waits are one segment.
    #[test]
    fn a_wait_for_two_connections_is_divided_where_the_first_is_got() {
        let (wait, query) = (Activity::PoolWait, Activity::Backend);
        let entry = entry(&[(wait, 0.0, 10.0), (query, 10.0, 15.0)], &[[4.0, 20.0], [10.0, 15.0]]);
        let expected = [
            (Look::Activity(wait), 0.0, 4.0),
            (Look::Holding(Awaited::Connection), 4.0, 10.0),
            (Look::Activity(query), 10.0, 15.0),
        ];
        assert_eq!(looks(&entry), expected);
    }

    #[test]
    fn only_waits_for_what_others_may_hold_have_another_look() {
        let all = Activity::ALL.map(|activity| (activity, 0.0, 5.0));
        let other = |activity| match activity {
            Activity::PoolWait => Look::Holding(Awaited::Connection),
            Activity::ThreadWait => Look::Holding(Awaited::Thread),
            Activity::BacklogWait
            | Activity::RunQueueWait
            | Activity::BackendWait
            | Activity::Framework
            | Activity::Compute
            | Activity::Backend
            | Activity::Sleep => Look::Activity(activity),
        };
        let held = looks(&entry(&all, &[[0.0, 5.0]]));
        assert_eq!(held, Activity::ALL.map(|activity| (other(activity), 0.0, 5.0)));
        let free = looks(&entry(&all, &[]));
        assert_eq!(free, Activity::ALL.map(|activity| (Look::Activity(activity), 0.0, 5.0)));
    }
}
