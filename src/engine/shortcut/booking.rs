//! How shortcuts without an event for each departure book and report them: many at once.

use crate::engine::departure::{Departure, SpentTime, add_spent, runs};
use crate::engine::observer::{Entrance, Observer};
use crate::engine::simulation::Simulation;
use crate::engine::waits::Waits;
use crate::model::{Activity, ActivityGroup, ClassId, SimDuration, SimTime};

/// The parts of the time of a request that has departed add up.
pub(super) fn audit_parts(departure: &Departure) {
    let parts: SimDuration = departure.spent.iter().copied().sum();
    let Entrance { request, .. } = departure.entrance;
    assert_eq!(departure.response_time(), parts, "the parts of request {request} do not add up");
}

impl<O: Observer> Simulation<O> {
    /// Books requests that have departed, except their turns, and reports them with their waits; of those that are not part of
    /// the numbers, it books only that they have departed. None reported next is after `until`, or all of these.
    pub(super) fn report_answered(&mut self, departed: &[Departure], mut waits: Waits<'_>, until: SimTime) {
        let latest = departed.iter().map(|departure| departure.departure).max();
        self.counts.last_departure = self.counts.last_departure.max(latest.unwrap_or(SimTime::ZERO));
        self.counts.departed += departed.len() as u64;
        self.observer.on_clock(self.counts.last_departure.max(until));
        for departures in runs(departed, |departure| departure.counts) {
            let (rows, others) = waits.split_at(departures.len());
            waits = others;
            if departures[0].counts {
                self.report_counted(departures, rows);
            } else {
                let is_measured = |departure: &&Departure| departure.departure >= self.warm_up;
                self.counts.from_warm_up.completed += departures.iter().filter(is_measured).count() as u64;
                self.observer.on_departures_with_waits(departures, rows);
            }
        }
    }

    /// Books and reports requests that are part of the numbers.
    #[inline]
    fn report_counted(&mut self, departures: &[Departure], waits: Waits<'_>) {
        if cfg!(debug_assertions) {
            departures.iter().for_each(audit_parts);
        }
        self.count_completed(departures.iter().map(|departure| departure.entrance.class));
        let mut spent = [0; Activity::ALL.len()];
        add_spent(departures, &mut spent);
        self.book_areas(&spent);
        self.observer.on_answered(departures, waits, &spent);
    }

    /// Books the time that requests spent which are part of the numbers. Returns how long they were in progress.
    pub(super) fn book_areas(&mut self, spent: &SpentTime) -> u128 {
        let present: u128 = spent.iter().sum();
        let served = present - spent[Activity::BacklogWait as usize];
        self.counts.in_system.add_area(present);
        self.counts.slots_taken.add_area(served);
        self.counts.busy_cores.add_area(ActivityGroup::Cpu.total(spent));
        served
    }

    /// Counts requests that were answered and are part of the numbers, given by their classes.
    #[inline]
    pub(super) fn count_completed(&mut self, mut classes: impl ExactSizeIterator<Item = ClassId>) {
        let mut count = |class: ClassId, count: usize| {
            self.counts.classes[usize::from(class.0)].completed += count as u64;
            self.counts.phase_events += 2 * (count * self.program.steps(class).len()) as u64;
        };
        let length = classes.len();
        match classes.next() {
            Some(class) if self.program.has_one_class() => count(class, length),
            first => first.into_iter().chain(classes).for_each(|class| count(class, 1)),
        }
    }
}
