//! What happened when: a run in windows of equal width, whose number is bounded.
//!
//! There are never more than [`MOST`] windows: when one more is to begin, each two become one. At the end they are joined as
//! long as there are more of them than requests. The widths are powers of two of a second, from [`NARROWEST`] on, and the first window begins where the measured time does; so the windows of
//! replications lie one upon another, and add up.
//!
//! A request belongs to the window of its arrival, whatever became of it later, so that in each window arrivals =
//! completions + unanswered + in flight. Levels (requests in the system, in the backlog, CPU time) belong to the time in which
//! they were: what departures say of them is divided among the windows that they lie in. CPU time is spread evenly over the
//! time from when a worker took the request until it departed.

mod by_class;
mod counts;
mod stretch;
mod times;

use serde::{Deserialize, Serialize};

use crate::engine::{Departure, Outcome, SpentTime, Unfinished};
use crate::model::{Activity, ActivityGroup, SimDuration, SimTime};
use crate::stats::results::TimeWindow;

use super::column::Values;
use super::picks::PickedTimes;
use super::windows::{Window, Windows};

pub use by_class::ClassTimes;
pub use counts::WindowCounts;
use stretch::{SpreadTime, nanos, units};
use times::Times;

/// Maximum number of windows of a run; a long run has more than half as many.
const MOST: usize = 120;

/// There are no more windows than requests, except for up to this many windows.
const FEW: usize = 10;

/// Watches a run, window by window.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OverTime {
    origin: SimTime,
    /// Whether an operation may be several requests.
    clients_retry: bool,
    windows: Windows<WindowCollector>,
    /// The window of the latest run of departures.
    current: WindowSpan,
    /// No departure reported next is after this instant.
    until: SimTime,
    /// When the run ended; the latest end of several.
    end: SimTime,
    #[serde(skip)]
    picked: PickedTimes,
}

/// A window's place and time.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct WindowSpan {
    place: usize,
    start: SimTime,
    width: u64,
}

impl WindowSpan {
    /// Whether an instant lies in it.
    #[inline(always)]
    pub fn holds(&self, time: SimTime) -> bool {
        time.as_nanos().wrapping_sub(self.start.as_nanos()) < self.width
    }

    fn end(&self) -> SimTime {
        SimTime::from_nanos(self.start.as_nanos() + self.width)
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct WindowCollector {
    counts: WindowCounts,
    /// Of the answered, in nanoseconds.
    response_time: u128,
    times: Times,
    levels: [LevelArea; LEVELS],
    /// How much of it the run covered, in nanoseconds.
    covered: u128,
}

const LEVELS: usize = 3;

const IN_SYSTEM: usize = 0;

const BACKLOG: usize = 1;

const WORK: usize = 2;

/// Level × time, in nanoseconds, of each level.
type Areas = [u128; LEVELS];

/// The areas of requests that spent that time in each activity, all together.
fn areas(spent: &SpentTime) -> Areas {
    [spent.iter().sum(), spent[Activity::BacklogWait as usize], ActivityGroup::Cpu.total(spent)]
}

/// A level × time in a window.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct LevelArea {
    /// In units of a stretch.
    area: u128,
    /// What each window from this one on has more than the one before it, of stretches that cover it wholly.
    more_from_here: i128,
}

impl OverTime {
    /// No window yet of a run whose measured time begins at that instant.
    pub fn from(origin: SimTime, clients_retry: bool) -> Self {
        let current = WindowSpan { place: 0, start: origin, width: 0 };
        Self {
            origin,
            clients_retry,
            windows: Windows::new(MOST),
            current,
            until: origin,
            end: origin,
            picked: PickedTimes::default(),
        }
    }

    /// The window of an instant in the measured time.
    #[inline]
    pub(super) fn window(&mut self, time: SimTime) -> WindowSpan {
        if !self.current.holds(time) {
            self.current = self.find(time);
        }
        self.current
    }

    #[inline(never)]
    fn find(&mut self, time: SimTime) -> WindowSpan {
        let since = (time.max(self.origin) - self.origin).as_nanos();
        let width = self.windows.width();
        let place = self.windows.place(since);
        if self.windows.width() > width {
            // The window of the latest departures is part of a wider one.
            self.current = WindowSpan { place: 0, start: self.origin, width: 0 };
        }
        WindowSpan { place, start: self.start_of(place), width: self.windows.width() }
    }

    fn start_of(&self, place: usize) -> SimTime {
        SimTime::from_nanos(self.origin.as_nanos() + place as u64 * self.windows.width())
    }

    /// No departure reported next is after this instant.
    pub fn set_clock(&mut self, until: SimTime) {
        self.until = until;
    }

    /// No departure reported next is after this instant.
    pub const fn clock(&self) -> SimTime {
        self.until
    }

    /// Takes requests that count and were answered, with their response times, of which the first arrived at `first`: the time
    /// that they spent in each activity.
    #[inline]
    pub(super) fn add_answered(
        &mut self,
        departures: &[Departure],
        times: Values<'_>,
        first: SimTime,
        spent: &SpentTime,
    ) {
        if self.are_inside(first, self.until) {
            self.add_inside(times, spent);
        } else {
            self.add_by_window(departures, times);
        }
    }

    /// Whether requests of which the first arrived then, and none departed after an instant, are in the current window,
    /// arrivals and departures.
    #[inline]
    pub(super) fn are_inside(&mut self, first: SimTime, until: SimTime) -> bool {
        let span = self.window(first);
        until < span.end()
    }

    /// Takes answered requests that arrived and departed in the current window: their response times, and the time they spent
    /// in each activity.
    #[inline]
    pub(super) fn add_inside(&mut self, times: Values<'_>, spent: &SpentTime) {
        let areas = areas(spent);
        self.add_to_current(times, areas[IN_SYSTEM], times.all().len() as u64, areas);
    }

    /// The same where they may belong to several windows: one window after another.
    fn add_by_window(&mut self, departures: &[Departure], times: Values<'_>) {
        let mut picked = std::mem::take(&mut self.picked);
        picked.picks.begin(departures.len());
        while let Some(first) = picked.picks.first_left() {
            let window = self.window(departures[first].entrance.arrival);
            picked.picks.pick(|place| window.holds(departures[place].entrance.arrival));
            let (departures, times) = picked.picked(departures, times);
            self.add_to_window(departures, times);
        }
        self.picked = picked;
    }

    /// Takes answered requests that arrived in the current window.
    fn add_to_window<'a>(&mut self, departures: impl Iterator<Item = &'a Departure> + Clone, times: Values<'_>) {
        let end = self.current.end();
        let is_inside = |departure: &&Departure| departure.departure < end;
        let mut inside = 0;
        let mut areas = Areas::default();
        for departure in departures.clone().filter(is_inside) {
            inside += 1;
            areas[IN_SYSTEM] += u128::from(departure.response_time().as_nanos());
            areas[BACKLOG] += u128::from(departure.spent[Activity::BacklogWait as usize].as_nanos());
            areas[WORK] += u128::from(ActivityGroup::Cpu.total(&departure.spent).as_nanos());
        }
        let response_time = times.all().iter().map(|time| u128::from(*time)).sum();
        self.add_to_current(times, response_time, inside, areas);
        departures.filter(|departure| !is_inside(departure)).for_each(|departure| self.add_presence(departure));
    }

    /// Takes the response times of requests that arrived in the current window, and their sum; and how many of them departed in
    /// it, and what these add to its levels.
    #[inline]
    fn add_to_current(&mut self, times: Values<'_>, response_time: u128, inside: u64, areas: Areas) {
        let window = &mut self.windows.list_mut()[self.current.place];
        window.counts.arrivals += times.all().len() as u64;
        window.counts.completions += times.all().len() as u64;
        window.response_time += response_time;
        window.times.record(times);
        window.counts.departures += inside;
        window.levels.iter_mut().zip(areas).for_each(|(level, area)| level.area += units(area));
    }

    /// Takes a request that counts and departed without an answer.
    pub fn add_unanswered(&mut self, departure: &Departure) {
        let place = self.find(departure.entrance.arrival).place;
        self.windows.list_mut()[place].counts.arrivals += 1;
        self.windows.list_mut()[place].counts.unanswered += 1;
        self.add_presence(departure);
    }

    /// Takes requests that arrived before the measured time and have departed.
    pub fn add_all_uncounted(&mut self, departures: &[Departure]) {
        for departure in departures {
            if departure.departure >= self.origin {
                self.add_presence(departure);
            }
        }
    }

    /// Takes operations of requests that count: `is_answered` says whether these attempts were answered.
    pub fn add_operations(&mut self, departures: &[Departure], is_answered: bool) {
        for Departure { entrance, .. } in departures {
            if entrance.attempts_before == 0 {
                let place = self.find(entrance.arrival).place;
                self.windows.list_mut()[place].counts.operations += 1;
            }
            if is_answered && entrance.first_arrival >= self.origin {
                let place = self.find(entrance.first_arrival).place;
                self.windows.list_mut()[place].counts.operations_answered += 1;
            }
        }
    }

    /// Takes a request that was in flight when the run ended.
    pub fn add_unfinished(&mut self, unfinished: &Unfinished) {
        let Unfinished { entrance, end, has_arrived, is_abandoned, backlog_wait, cpu_time, .. } = *unfinished;
        if has_arrived {
            self.add_levels(entrance.arrival, end, backlog_wait, cpu_time);
        }
        if has_arrived && entrance.arrival >= self.origin {
            let place = self.find(entrance.arrival).place;
            let counts = &mut self.windows.list_mut()[place].counts;
            counts.arrivals += 1;
            counts.unanswered += u64::from(is_abandoned);
            counts.operations += u64::from(entrance.attempts_before == 0);
        }
        if !is_abandoned && entrance.first_arrival >= self.origin {
            let place = self.find(entrance.first_arrival).place;
            self.windows.list_mut()[place].counts.operations_open += 1;
        }
    }

    /// Takes note of when a request was in the system, and of its departure.
    fn add_presence(&mut self, departure: &Departure) {
        let Departure { entrance, departure: end, spent, outcome, .. } = departure;
        let backlog_wait = spent[Activity::BacklogWait as usize];
        let last = self.add_levels(entrance.arrival, *end, backlog_wait, ActivityGroup::Cpu.total(spent));
        if *outcome == Outcome::Completed {
            self.windows.list_mut()[last.place].counts.departures += 1;
        }
    }

    /// Takes note of when a request was in the system. Returns the window of the end.
    fn add_levels(
        &mut self,
        arrival: SimTime,
        end: SimTime,
        backlog_wait: SimDuration,
        cpu_time: SimDuration,
    ) -> WindowSpan {
        let taken = (arrival + backlog_wait).min(end);
        // The last first: for it windows may become wider.
        let last = self.find(end);
        let first = self.find_beside(arrival, &[self.current, last]);
        let middle = self.find_beside(taken, &[first, last]);
        self.add_stretch(IN_SYSTEM, SpreadTime::of_one(arrival, end), (first, last));
        self.add_stretch(BACKLOG, SpreadTime::of_one(arrival, taken), (first, middle));
        self.add_stretch(WORK, SpreadTime::new(taken, end, cpu_time), (middle, last));
        last
    }

    /// The window of an instant, which may be one of these.
    #[inline]
    fn find_beside(&mut self, time: SimTime, others: &[WindowSpan]) -> WindowSpan {
        match others.iter().find(|window| window.holds(time)) {
            Some(window) => *window,
            None => self.find(time),
        }
    }

    /// Divides an amount among the windows that its time lies in, of which these are the first and the last.
    fn add_stretch(&mut self, level: usize, stretch: SpreadTime, (first, last): (WindowSpan, WindowSpan)) {
        let stretch = stretch.after(self.origin);
        if stretch.end <= self.origin {
            return;
        }
        if first.place == last.place {
            self.windows.list_mut()[last.place].levels[level].area += stretch.last_part(stretch.start);
            return;
        }
        self.windows.list_mut()[first.place].levels[level].area +=
            stretch.part((first.end() - stretch.start).as_nanos());
        self.windows.list_mut()[last.place].levels[level].area += stretch.last_part(last.start);
        if last.place - first.place > 1 {
            let whole = stretch.part(self.windows.width()) as i128;
            self.windows.list_mut()[first.place + 1].levels[level].more_from_here += whole;
            self.windows.list_mut()[last.place].levels[level].more_from_here -= whole;
        }
    }

    /// The run has ended at that instant.
    pub fn finish(&mut self, end: SimTime) {
        self.end = end.max(self.origin);
        let length = (self.end - self.origin).as_nanos();
        if length == 0 {
            self.windows.list_mut().clear();
            return;
        }
        self.find(self.end);
        let arrivals: u64 = self.windows.list().iter().map(|window| window.counts.arrivals).sum();
        while self.windows.list().len() > FEW && self.windows.list().len() as u64 > arrivals {
            self.windows.join_pairs();
        }
        let width = self.windows.width();
        let windows = self.windows.list_mut();
        WindowCollector::settle(windows);
        // What happened at the last instant belongs to the window that ends there.
        let beyond = windows.split_off(length.div_ceil(width) as usize);
        if let Some(last) = windows.last_mut() {
            beyond.iter().for_each(|window| last.add(window));
        }
        for (place, window) in (0..).zip(windows) {
            window.covered = u128::from((length - place * width).min(width));
            if !self.clients_retry {
                window.counts.operations_are_requests();
            }
        }
    }

    /// Whether these windows, which were stored, can be those of a run like another.
    pub fn fits(&self, like: &Self) -> bool {
        (self.origin, self.clients_retry) == (like.origin, like.clients_retry) && self.windows.fits(&like.windows)
    }

    /// Adds the windows of another replication.
    pub fn merge(&mut self, other: &Self) {
        self.windows.merge(&other.windows);
        self.end = self.end.max(other.end);
    }

    /// The windows in order; how many cores the machine has.
    pub fn windows(&self, cores: u64) -> Vec<TimeWindow> {
        (0..).zip(self.windows.list()).map(|(place, window)| self.window_results(place, window, cores)).collect()
    }

    /// What was counted in each window, and when it begins and ends.
    pub fn counts(&self) -> impl Iterator<Item = (SimTime, SimTime, WindowCounts)> {
        let ends = (1..).map(|place| self.start_of(place).min(self.end));
        (0..)
            .zip(ends)
            .zip(self.windows.list())
            .map(|((place, end), window)| (self.start_of(place), end, window.counts))
    }

    fn window_results(&self, place: usize, window: &WindowCollector, cores: u64) -> TimeWindow {
        let WindowCollector { counts, response_time, times, levels, covered } = window;
        let start = self.start_of(place);
        let millis = |nanos: f64| nanos / 1e6;
        let per_time = |amount: f64| (*covered > 0).then(|| amount / *covered as f64);
        let level = |level: usize| per_time(nanos(levels[level].area));
        TimeWindow {
            start_ms: start.as_millis(),
            end_ms: self.start_of(place + 1).min(self.end).as_millis(),
            arrivals: counts.arrivals,
            completions: counts.completions,
            unanswered: counts.unanswered,
            mean_ms: (counts.completions > 0).then(|| millis(*response_time as f64 / counts.completions as f64)),
            p50_ms: times.percentile(500).map(|nanos| millis(nanos as f64)),
            p95_ms: times.percentile(950).map(|nanos| millis(nanos as f64)),
            throughput_per_s: per_time(counts.departures as f64).map(|per_nano| per_nano * 1e9),
            in_system: level(IN_SYSTEM),
            backlog: level(BACKLOG),
            utilization: level(WORK).map(|busy| (busy / cores as f64).min(1.0)),
        }
    }
}

impl Window for WindowCollector {
    fn next(&self) -> Self {
        Self { times: self.times.next(), ..Self::default() }
    }

    fn add(&mut self, other: &Self) {
        self.counts += other.counts;
        self.response_time += other.response_time;
        self.times.merge(&other.times);
        for (level, more) in self.levels.iter_mut().zip(&other.levels) {
            level.area += more.area;
            level.more_from_here += more.more_from_here;
        }
        self.covered += other.covered;
    }

    /// Gives each window what stretches that cover it wholly bring.
    fn settle(windows: &mut [Self]) {
        let mut present = [0; LEVELS];
        for window in windows {
            for (level, present) in window.levels.iter_mut().zip(&mut present) {
                *present += std::mem::take(&mut level.more_from_here);
                level.area += present.unsigned_abs();
            }
        }
    }
}
