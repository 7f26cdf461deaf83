//! Deadlocks, with the names of what is held and who holds it.

use crate::engine::{Deadlock, HeldResource, Owner};
use crate::model::{Resource, SimTime};
use crate::stats::results::{DeadlockResults, DeadlockedRequest, HeldStation, WaitOfHolders};

use super::collector::Subject;

/// Maximum number of requests that are listed for each thing that is held.
const LISTED: usize = 10;

/// A deadlock in the words of a scenario.
pub(super) fn deadlock(deadlock: &Deadlock, subject: Subject<'_>) -> DeadlockResults {
    let Deadlock { since, requests, held } = deadlock;
    DeadlockResults {
        since_ms: since.as_millis(),
        requests: *requests,
        held: held.iter().map(|held| held_station(held, subject)).collect(),
    }
}

fn held_station(held: &HeldResource, subject: Subject<'_>) -> HeldStation {
    let HeldResource { resource, owner, number, waiting, holders } = held;
    let names: Vec<&str> = subject.backends.keys().map(String::as_str).collect();
    let name = |resource: Resource| resource.name(&names);
    let mut waits: Vec<(Resource, u64)> = Vec::new();
    for holder in holders {
        match waits.iter_mut().find(|(resource, _)| *resource == holder.waits_for) {
            Some((_, count)) => *count += 1,
            None => waits.push((holder.waits_for, 1)),
        }
    }
    let listed = holders.iter().take(LISTED).map(|holder| DeadlockedRequest {
        request: holder.request + 1,
        class: String::from(subject.classes[usize::from(holder.class.0)]),
        waits_for: name(holder.waits_for),
        since_ms: SimTime::as_millis(holder.since),
    });
    let (worker, replica) = match owner {
        Owner::Worker(worker) => (Some(worker + 1), None),
        Owner::Replica(replica) => (None, Some(replica + 1)),
        Owner::Application => (None, None),
    };
    HeldStation {
        station: name(*resource),
        worker,
        replica,
        count: *number,
        waiting: *waiting,
        holders_wait_for: waits.into_iter().map(|(at, count)| WaitOfHolders { station: name(at), count }).collect(),
        holders: listed.collect(),
    }
}
