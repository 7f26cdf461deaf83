//! The direct partition of a wait: among those who use what the request waits for.

use crate::engine::Actor;
use crate::model::SimDuration;

use super::life::{How, Wait};
use super::log::Log;
use super::pace::Pace;
use super::partition::{BlameCause, Blamed, Shares, add, cause, divide};
use super::site::{Site, Units};
use super::users::stretches;

/// The shares of those who are to blame for a wait, at first sight.
pub(super) fn direct(log: &Log, site: &Site, actor: Actor, wait: &Wait) -> Shares<Blamed> {
    let mut shares = Shares::new();
    let mut give = |blamed, span| add(&mut shares, blamed, span);
    match (wait.how, site.units(wait.station)) {
        (How::Switches, _) => give(Blamed::Cause(BlameCause::ContextSwitch), wait.length()),
        (How::Shared(lost), Units::Of(unit)) => {
            let pace = Pace::new(log, site, unit, (wait.start, wait.end), lost);
            for step in pace.steps() {
                let span = pace.lost_by(step.end) - pace.lost_by(step.start);
                let users = if step.units == 0 { &[] } else { step.sharers.as_slice() };
                blame(site, actor, wait, users, span, &mut give);
            }
        }
        (How::Queues | How::Shared(_), units) => {
            for stretch in stretches(log, units, (wait.start, wait.end)) {
                blame(site, actor, wait, &stretch.users, stretch.end - stretch.start, &mut give);
            }
        }
    }
    shares
}

/// Blames a span of a wait on those who use the units meanwhile or, without any, on the cause.
fn blame(
    site: &Site,
    actor: Actor,
    wait: &Wait,
    users: &[Actor],
    span: SimDuration,
    give: &mut impl FnMut(Blamed, SimDuration),
) {
    let others: Vec<Blamed> = users.iter().filter(|user| **user != actor).map(|user| Blamed::from(*user)).collect();
    if others.is_empty() {
        give(Blamed::Cause(cause(site, wait.station, !users.is_empty())), span);
    } else {
        divide(span, &others, give);
    }
}
