//! Shortcuts: ways through a run without an event for each step of each request, where nothing can intervene.
//!
//! Whether a run may take one is decided before it begins, in [`condition`]. The results are those of the event loop,
//! to the nanosecond: `tests/invariants/shortcuts.rs` compares both, request by request, and
//! `tests/invariants/one_thing_more.rs` states which runs take which shortcut.

mod ahead;
mod booking;
mod condition;
mod direct;
mod walk;

use ahead::Ahead;
use walk::Walk;

use super::observer::Observer;
use super::program::Program;
use super::setup::Setup;
use super::simulation::Simulation;

/// A way through a run that skips events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shortcut {
    /// Each request is followed to its departure when it arrives: there are no events but arrivals.
    Walk,
    /// One event stands for all that a request does in one turn and the wait after it.
    LookAhead,
    /// All events happen, and their handlers leave out what the run does not have.
    Direct,
}

/// A shortcut under way.
#[derive(Clone, Debug)]
pub(super) enum Route {
    Walk(Walk),
    Ahead(Ahead),
    Direct,
}

impl Route {
    /// The shortcut of a run that is about to begin, if it may take one.
    pub fn new<O: Observer>(setup: &Setup<'_>, program: &Program, observer: &O) -> Option<Self> {
        Some(match condition::choose(setup, program, observer)? {
            Shortcut::Walk => Self::Walk(Walk::new(setup, program)),
            Shortcut::LookAhead => Self::Ahead(Ahead::new(setup.rules.workers, program.stride())),
            Shortcut::Direct => Self::Direct,
        })
    }

    /// Which shortcut it is.
    #[cfg(feature = "internals")]
    pub const fn shortcut(&self) -> Shortcut {
        match self {
            Self::Walk(_) => Shortcut::Walk,
            Self::Ahead(_) => Shortcut::LookAhead,
            Self::Direct => Shortcut::Direct,
        }
    }
}

impl<O: Observer> Simulation<O> {
    /// Goes on for at most `steps` steps of a shortcut; false once the run is over.
    pub(super) fn advance_on(&mut self, route: &mut Route, steps: u64) -> bool {
        match route {
            Route::Walk(walk) => self.walk(walk, steps),
            Route::Ahead(ahead) => self.look_ahead(ahead, steps),
            Route::Direct => self.go_directly(steps),
        }
    }

    /// Books the requests that a shortcut has in flight when the run ends. A walk has booked its own, and a direct run has
    /// them where the event loop has them.
    pub(super) fn book_route(&mut self, route: &Route) {
        match route {
            Route::Walk(_) | Route::Direct => {}
            Route::Ahead(ahead) => self.book_flights(ahead),
        }
    }
}
