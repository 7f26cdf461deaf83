//! Circles in a graph of waits: the strongly connected components (Tarjan, 1972).

use std::collections::BTreeMap;

use crate::engine::Actor;

use super::root::{Graph, Way};

/// Nodes that wait for each other; a node outside every circle is alone.
pub(super) type Circle = Vec<Actor>;

/// All circles that can be reached.
#[derive(Debug, Default)]
pub(super) struct Circles {
    /// In an order in which each comes after those that it depends on.
    pub of: Vec<Circle>,
    /// The number of the circle of each.
    pub number: BTreeMap<Actor, usize>,
}

/// What is known of an actor during the search.
#[derive(Clone, Copy, Debug)]
struct Visit {
    order: usize,
    lowest: usize,
}

struct Search<'a> {
    graph: &'a Graph,
    visits: BTreeMap<Actor, Visit>,
    stack: Vec<Actor>,
    circles: Circles,
}

/// The circles that can be reached from a node that waits.
pub(super) fn circles(graph: &Graph, from: Actor) -> Circles {
    let mut search = Search { graph, visits: BTreeMap::new(), stack: Vec::new(), circles: Circles::default() };
    search.walk(from);
    search.circles
}

/// An actor whose ways are followed, and how many of them have been.
type Open = (Actor, usize);

impl Search<'_> {
    /// Visits everybody who can be reached; without recursion, since chains may be long.
    fn walk(&mut self, from: Actor) {
        let mut open = vec![self.open(from)];
        while let Some((actor, place)) = open.last_mut() {
            let actor = *actor;
            match self.graph.get(&actor).and_then(|ways| ways.get(*place)) {
                Some(way) => {
                    *place += 1;
                    if let Way::Waits(next) = way {
                        open.extend(self.follow(actor, *next));
                    }
                }
                None => {
                    open.pop();
                    self.close(actor, open.last().map(|(before, _)| *before));
                }
            }
        }
    }

    fn open(&mut self, actor: Actor) -> Open {
        let order = self.visits.len();
        self.visits.insert(actor, Visit { order, lowest: order });
        self.stack.push(actor);
        (actor, 0)
    }

    /// Follows a way; returns the next node to visit, if there is one.
    fn follow(&mut self, actor: Actor, next: Actor) -> Option<Open> {
        match self.visits.get(&next) {
            None => Some(self.open(next)),
            Some(visit) if !self.circles.number.contains_key(&next) => {
                let order = visit.order;
                self.lower(actor, order);
                None
            }
            Some(_) => None,
        }
    }

    fn lower(&mut self, actor: Actor, to: usize) {
        if let Some(visit) = self.visits.get_mut(&actor) {
            visit.lowest = visit.lowest.min(to);
        }
    }

    /// All ways of an actor have been followed.
    fn close(&mut self, actor: Actor, before: Option<Actor>) {
        let Some(Visit { order, lowest }) = self.visits.get(&actor).copied() else { return };
        before.into_iter().for_each(|before| self.lower(before, lowest));
        if lowest == order {
            let from = self.stack.iter().rposition(|other| *other == actor).unwrap_or_default();
            let circle = self.stack.split_off(from);
            let number = self.circles.of.len();
            self.circles.number.extend(circle.iter().map(|actor| (*actor, number)));
            self.circles.of.push(circle);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_one_and_comes_after_what_it_depends_on() {
        let [a, b, c, d] = [0, 1, 2, 3].map(Actor::Request);
        let ways = |to: &[Actor]| to.iter().map(|actor| Way::Waits(*actor)).collect::<Vec<_>>();
        // a waits for b, b and c for each other, and c for d as well.
        let graph = Graph::from([(a, ways(&[b])), (b, ways(&[c])), (c, ways(&[b, d])), (d, Vec::new())]);
        let circles = circles(&graph, a);
        assert_eq!(circles.of, [vec![d], vec![b, c], vec![a]]);
    }
}
