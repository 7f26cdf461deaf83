//! Limits on the requests of a class that are in progress at once.
//!
//! A limit on the application is checked on arrival, before the backlog, and counts every request of the class that is in
//! the application: as a proxy in front of it does. A limit on each worker is checked when a worker takes a request out of
//! the backlog, and counts those that this worker has in progress: as middleware inside it does, which knows nothing of
//! the other workers. A request is in progress until it leaves its worker, even if its client has given up.

use crate::model::{ClassId, Limit, LimitScope};
use crate::random::RequestClass;

/// The limits of all classes; empty if no class has one.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits {
    classes: Vec<Option<ClassLimit>>,
}

/// The limit of a class, and how many of its requests are in progress.
#[derive(Clone, Debug)]
struct ClassLimit {
    limit: Limit,
    /// In the application, or in each worker.
    in_progress: Vec<u32>,
}

impl Limits {
    pub fn new(classes: &[RequestClass], workers: u32) -> Self {
        let of_class = |class: &RequestClass| {
            class.limit.map(|limit| ClassLimit {
                limit,
                in_progress: match limit.per {
                    LimitScope::Application => vec![0],
                    LimitScope::Worker => vec![0; workers as usize],
                },
            })
        };
        let classes: Vec<_> = classes.iter().map(of_class).collect();
        if classes.iter().all(Option::is_none) { Self::default() } else { Self { classes } }
    }

    /// A request arrives. Returns whether the application lets it in; it counts until it leaves in both cases.
    #[inline]
    pub fn enter(&mut self, class: ClassId) -> bool {
        self.classes.is_empty() || self.count_on_arrival(class)
    }

    /// A worker takes a request. Returns whether it serves it; only then it counts.
    #[inline]
    pub fn take(&mut self, class: ClassId, worker: u32) -> bool {
        self.classes.is_empty() || self.count_in_worker(class, worker)
    }

    /// A request leaves, in its worker or without having been taken.
    #[inline]
    pub fn leave(&mut self, class: ClassId, worker: u32, was_taken: bool) {
        if !self.classes.is_empty() {
            self.uncount(class, worker, was_taken);
        }
    }

    fn count_on_arrival(&mut self, class: ClassId) -> bool {
        let Some(ClassLimit { limit, in_progress }) = &mut self.classes[usize::from(class.0)] else { return true };
        match limit.per {
            LimitScope::Worker => true,
            LimitScope::Application => {
                in_progress[0] += 1;
                in_progress[0] <= limit.in_progress.get()
            }
        }
    }

    fn count_in_worker(&mut self, class: ClassId, worker: u32) -> bool {
        let Some(ClassLimit { limit, in_progress }) = &mut self.classes[usize::from(class.0)] else { return true };
        let in_progress = match limit.per {
            LimitScope::Application => return true,
            LimitScope::Worker => &mut in_progress[worker as usize],
        };
        if *in_progress == limit.in_progress.get() {
            return false;
        }
        *in_progress += 1;
        true
    }

    fn uncount(&mut self, class: ClassId, worker: u32, was_taken: bool) {
        let Some(ClassLimit { limit, in_progress }) = &mut self.classes[usize::from(class.0)] else { return };
        match limit.per {
            LimitScope::Application => in_progress[0] -= 1,
            LimitScope::Worker if was_taken => in_progress[worker as usize] -= 1,
            LimitScope::Worker => {}
        }
    }
}
