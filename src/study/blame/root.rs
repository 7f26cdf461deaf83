//! The root partition of a wait: each share goes on to what its holder waits for at that time, up to a request that works or is
//! away, or to a cause.
//!
//! Time is cut where anything changes on which the request depends. In each piece of time, the waits form a graph. A
//! share is divided among the ways out of the request that waits; requests that wait for each other in a circle are treated as one. A
//! circle without a way out is a deadlock.

use std::collections::BTreeMap;

use crate::engine::Actor;
use crate::model::{Activity, SimDuration, SimTime};

use super::circles::{Circle, circles};
use super::life::{Doing, How, Piece, Wait, life};
use super::log::Log;
use super::pace::Pace;
use super::partition::{BlameCause, Root, RootActivity, Shares, add, cause, divide};
use super::site::{Site, Station, Units};
use super::users::Users;

/// Follows waits to their roots, as far as a log reaches.
#[derive(Debug)]
pub(super) struct Roots<'a> {
    log: &'a Log,
    site: &'a Site,
    lives: BTreeMap<Actor, Vec<Piece>>,
    /// Who uses what, at the instant that was looked at last.
    users: BTreeMap<Units, Users>,
    /// When the last wait that is followed ends.
    end: SimTime,
}

/// Where a share goes on from a request that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// To another request that waits.
    Waits(Actor),
    /// Nowhere: it ends there.
    Ends(Root),
}

impl Way {
    /// Those to requests come first, in order of their numbers.
    fn rank(self) -> (Option<u64>, Option<Root>) {
        match self {
            Self::Waits(Actor::Request(request)) => (Some(request), None),
            Self::Ends(Root::Request(request, activity)) => (Some(request), Some(Root::Request(request, activity))),
            Self::Waits(Actor::Acceptor(_) | Actor::Probe(_) | Actor::Clients) => (None, None),
            Self::Ends(Root::Cause(cause)) => (None, Some(Root::Cause(cause))),
        }
    }
}

/// Puts ways in order: to requests first, by their numbers.
pub(super) fn sort(ways: &mut [Way]) {
    ways.sort_by_key(|way| {
        let (request, root) = way.rank();
        (request.is_none(), request, root)
    });
}

/// The waits at an instant, as seen by one request: its ways, and those of all others on which it depends.
pub(super) type Graph = BTreeMap<Actor, Vec<Way>>;

/// What is known while one wait is followed.
struct Following<'a> {
    actor: Actor,
    wait: &'a Wait,
    pace: Option<Pace>,
}

impl<'a> Roots<'a> {
    /// Follows waits up to an instant.
    pub fn new(log: &'a Log, site: &'a Site, end: SimTime) -> Self {
        Self { log, site, lives: BTreeMap::new(), users: BTreeMap::new(), end }
    }

    /// The roots of a wait of an actor.
    pub fn of(&mut self, actor: Actor, wait: &Wait) -> Shares<Root> {
        let mut shares = Shares::new();
        if wait.how == How::Switches {
            add(&mut shares, Root::Cause(BlameCause::ContextSwitch), wait.length());
            return shares;
        }
        let pace = match (wait.how, self.site.units(wait.station)) {
            (How::Shared(lost), Units::Of(unit)) => {
                Some(Pace::new(self.log, self.site, unit, (wait.start, wait.end), lost))
            }
            (How::Shared(_) | How::Queues | How::Switches, _) => None,
        };
        let following = Following { actor, wait, pace };
        let mut since = wait.start;
        let mut graph = Graph::new();
        let mut time = wait.start;
        while time < wait.end {
            let (next, until) = self.look(&following, time);
            if next != graph {
                self.share_out(&following, &graph, (since, time), &mut shares);
                (graph, since) = (next, time);
            }
            time = until;
        }
        self.share_out(&following, &graph, (since, wait.end), &mut shares);
        shares
    }

    fn share_out(&self, following: &Following<'_>, graph: &Graph, span: (SimTime, SimTime), shares: &mut Shares<Root>) {
        if span.0 < span.1 {
            let amount = following.part(span);
            flow(graph, following.actor, amount, |root, share| add(shares, root, share));
        }
    }

    /// The waits at an instant, and until when nothing changes about it.
    fn look(&mut self, following: &Following<'_>, time: SimTime) -> (Graph, SimTime) {
        let mut graph = Graph::new();
        let mut until = following.wait.end;
        if following.has_nothing_to_share(time, &mut until) {
            let cause = cause(self.site, following.wait.station, false);
            graph.insert(following.actor, vec![Way::Ends(Root::Cause(cause))]);
            return (graph, until);
        }
        let mut open = vec![(following.actor, following.wait.station)];
        while let Some((actor, station)) = open.pop() {
            if graph.contains_key(&actor) {
                continue;
            }
            let mut ways = self.ways((actor, station), time, &mut until, &mut open);
            sort(&mut ways);
            graph.insert(actor, ways);
        }
        (graph, until)
    }

    /// The ways of a request that waits; those that wait there are added to `open`.
    fn ways(
        &mut self,
        (actor, station): (Actor, Station),
        time: SimTime,
        until: &mut SimTime,
        open: &mut Vec<(Actor, Station)>,
    ) -> Vec<Way> {
        let users = self.users_of(self.site.units(station), time);
        users.next_change().into_iter().for_each(|next| *until = next.min(*until));
        let users: Vec<Actor> = users.now().to_vec();
        let uses_it = users.contains(&actor);
        let others: Vec<Actor> = users.into_iter().filter(|user| *user != actor).collect();
        if others.is_empty() {
            return vec![Way::Ends(Root::Cause(cause(self.site, station, uses_it)))];
        }
        let way = |user: Actor| match self.doing(user, time, until) {
            Doing::Waits(station) => {
                open.push((user, station));
                Way::Waits(user)
            }
            Doing::Works(activity) => Way::Ends(working(user, activity)),
            Doing::Switches => Way::Ends(Root::Cause(BlameCause::ContextSwitch)),
        };
        others.into_iter().map(way).collect()
    }

    /// Those who use some units at an instant.
    fn users_of(&mut self, units: Units, time: SimTime) -> &Users {
        let (log, end) = (self.log, self.end);
        let users = self.users.entry(units).or_insert_with(|| Users::new(log, units, (time, end)));
        if !users.go_on(time) {
            *users = Users::new(log, units, (time, end));
        }
        users
    }

    /// What a request does at an instant, and until when.
    fn doing(&mut self, actor: Actor, time: SimTime, until: &mut SimTime) -> Doing {
        let (log, site) = (self.log, self.site);
        let pieces = self.lives.entry(actor).or_insert_with(|| life(log, site, actor));
        let place = pieces.partition_point(|piece| piece.end <= time);
        let piece = pieces.get(place);
        let end = piece.map(|piece| if piece.start <= time { piece.end } else { piece.start });
        end.into_iter().for_each(|end| *until = end.min(*until));
        // A request that is gone left something to be finished.
        piece.filter(|piece| piece.start <= time).map_or(Doing::Works(Activity::Backend), |piece| piece.doing)
    }
}

impl Following<'_> {
    /// How much of the wait lies between two instants.
    fn part(&self, (from, to): (SimTime, SimTime)) -> SimDuration {
        self.pace.as_ref().map_or(to - from, |pace| pace.lost_by(to) - pace.lost_by(from))
    }

    /// Whether units are to be shared of which there are none at an instant, and until when nothing changes about that.
    fn has_nothing_to_share(&self, time: SimTime, until: &mut SimTime) -> bool {
        let Some(step) = self.pace.as_ref().and_then(|pace| pace.step_at(time)) else { return false };
        *until = step.end.min(*until);
        step.units == 0
    }
}

/// Where a share ends at a request that works.
fn working(actor: Actor, activity: Activity) -> Root {
    match actor {
        Actor::Request(request) => Root::Request(request, RootActivity(activity)),
        Actor::Acceptor(_) => Root::Cause(BlameCause::Acceptor),
        Actor::Probe(_) => Root::Cause(BlameCause::HealthCheck),
        Actor::Clients => Root::Cause(BlameCause::Clients),
    }
}

/// Lets a span of time flow through a graph, from a request that waits to the ends.
fn flow(graph: &Graph, from: Actor, span: SimDuration, mut give: impl FnMut(Root, SimDuration)) {
    let circles = circles(graph, from);
    let mut entered = vec![SimDuration::ZERO; circles.of.len()];
    let circle_of = |actor: &Actor| circles.number.get(actor).copied();
    circle_of(&from).into_iter().for_each(|first| entered[first] = span);
    // Nodes come before those that depend on them.
    for number in (0..circles.of.len()).rev() {
        let ways = ways_out(graph, &circles.of[number], |actor| circle_of(&actor) == Some(number));
        let entering = entered[number];
        if ways.is_empty() {
            give(Root::Cause(BlameCause::Deadlock), entering);
            continue;
        }
        divide(entering, &ways, |way, share| match way {
            Way::Ends(root) => give(root, share),
            Way::Waits(actor) => circle_of(&actor).into_iter().for_each(|next| entered[next] += share),
        });
    }
}

/// The ways out of a circle, in order.
fn ways_out(graph: &Graph, circle: &Circle, is_inside: impl Fn(Actor) -> bool) -> Vec<Way> {
    let leads_out = |way: &Way| match way {
        Way::Waits(actor) => !is_inside(*actor),
        Way::Ends(_) => true,
    };
    let ways = circle.iter().filter_map(|actor| graph.get(actor)).flatten();
    let mut ways: Vec<Way> = ways.copied().filter(leads_out).collect();
    sort(&mut ways);
    ways
}
