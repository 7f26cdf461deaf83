//! How both shortcuts book departures: many at once.

use crate::engine::departure::{Departure, add_spent, runs};
use crate::engine::observer::{Entrance, Observer};
use crate::engine::simulation::Simulation;
use crate::model::{Activity, ActivityGroup, SimDuration, SimTime};

/// The parts of the time of a request that has departed add up.
fn audit_parts(departure: &Departure) {
    let parts: SimDuration = departure.spent.iter().copied().sum();
    let Entrance { request, .. } = departure.entrance;
    assert_eq!(departure.response_time(), parts, "the parts of request {request} do not add up");
}

impl<O: Observer> Simulation<O> {
    /// Books requests that have departed, except their turns; of those that are not part of the numbers, only that they have
    /// departed. Returns how long the others were in progress, in nanoseconds.
    pub(super) fn book_departed(&mut self, departed: &[Departure]) -> u128 {
        let (mut present, mut spent) = (0, [0; Activity::ALL.len()]);
        for departures in runs(departed, |departure| (departure.entrance.class, departure.counts)) {
            let latest = departures.iter().map(|departure| departure.departure).max();
            self.counts.last_departure = self.counts.last_departure.max(latest.unwrap_or(SimTime::ZERO));
            let count = departures.len() as u64;
            let Departure { entrance, counts: true, .. } = departures[0] else {
                let is_measured = |departure: &&Departure| departure.departure >= self.warm_up;
                self.counts.from_warm_up.completed += departures.iter().filter(is_measured).count() as u64;
                continue;
            };
            self.counts.classes[usize::from(entrance.class.0)].completed += count;
            self.counts.phase_events += 2 * count * self.program.steps(entrance.class).len() as u64;
            present += add_spent(departures, &mut spent);
            if cfg!(debug_assertions) {
                departures.iter().for_each(audit_parts);
            }
        }
        self.counts.departed += departed.len() as u64;
        let served = present - spent[Activity::BacklogWait as usize];
        self.counts.in_system.add_area(present);
        self.counts.slots_taken.add_area(served);
        self.counts.busy_cores.add_area(ActivityGroup::Cpu.total(&spent));
        served
    }
}
