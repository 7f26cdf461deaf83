//! The backlog: requests that no worker has taken.
//!
//! Who goes first: the request that the order of the queue names (oldest, newest, shortest demand, highest priority);
//! among equals the one that arrived first.

use std::cmp::Reverse;
use std::collections::{BTreeSet, VecDeque};

use super::Order;
use super::requests::{Request, RequestId};

/// One queue of untaken requests.
#[derive(Clone, Debug)]
pub(super) struct Backlog {
    queue: BacklogQueue,
}

#[derive(Clone, Debug)]
enum BacklogQueue {
    Fifo(VecDeque<RequestId>),
    Lifo(Vec<RequestId>),
    /// The least is taken first.
    Sorted(Order, BTreeSet<(SortKey, RequestId)>),
}

/// The keys of a sorted queue: demand, priority, order of arrival.
type SortKey = (u64, Reverse<i32>, u64);

impl Backlog {
    pub fn new(order: Order) -> Self {
        let queue = match order {
            Order::Fifo => BacklogQueue::Fifo(VecDeque::new()),
            Order::Lifo => BacklogQueue::Lifo(Vec::new()),
            Order::Shortest | Order::Priority => BacklogQueue::Sorted(order, BTreeSet::new()),
        };
        Self { queue }
    }

    #[inline]
    pub fn push(&mut self, id: RequestId, request: &Request, priority: i32) {
        match &mut self.queue {
            BacklogQueue::Fifo(queue) => queue.push_back(id),
            BacklogQueue::Lifo(stack) => stack.push(id),
            BacklogQueue::Sorted(order, sorted) => {
                sorted.insert((key(*order, request, priority), id));
            }
        }
    }

    #[inline]
    pub fn pop(&mut self) -> Option<RequestId> {
        match &mut self.queue {
            BacklogQueue::Fifo(queue) => queue.pop_front(),
            BacklogQueue::Lifo(stack) => stack.pop(),
            BacklogQueue::Sorted(_, sorted) => sorted.pop_first().map(|(_, id)| id),
        }
    }

    /// Removes a request that gives up.
    pub fn remove(&mut self, id: RequestId, request: &Request, priority: i32) {
        match &mut self.queue {
            BacklogQueue::Fifo(queue) => remove_from(queue, id),
            BacklogQueue::Lifo(stack) => stack.retain(|other| *other != id),
            BacklogQueue::Sorted(order, sorted) => {
                sorted.remove(&(key(*order, request, priority), id));
            }
        }
    }

    pub fn len(&self) -> usize {
        match &self.queue {
            BacklogQueue::Fifo(queue) => queue.len(),
            BacklogQueue::Lifo(stack) => stack.len(),
            BacklogQueue::Sorted(_, sorted) => sorted.len(),
        }
    }
}

fn key(order: Order, request: &Request, priority: i32) -> SortKey {
    let demand = if order == Order::Shortest { request.demand.as_nanos() } else { 0 };
    let priority = if order == Order::Priority { priority } else { 0 };
    (demand, Reverse(priority), request.entry)
}

/// Removes a request from a queue; those that give up tend to be near its front.
pub(super) fn remove_from(queue: &mut VecDeque<RequestId>, id: RequestId) {
    if let Some(place) = queue.iter().position(|other| *other == id) {
        queue.remove(place);
    }
}
