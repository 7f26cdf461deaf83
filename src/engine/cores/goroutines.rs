//! Go's scheduler: which of the ready goroutines runs next, and for how long.
//!
//! Who goes first: the goroutine that a timer or another goroutine woke last; then the local queue; then the global queue;
//! then sockets that have not been polled. Goroutines that were woken before the last one, and were not run, are appended
//! to the local queue. Those whose turn ends are appended to the global queue, and so are, every 10 ms, those whose sockets
//! have become ready in the meantime. A core that finds the local queue empty takes its share of the global one; if that
//! is empty too, it asks which sockets are ready. It takes them in the reverse order; connections are accepted together, and
//! then the last one goes first. Every 61st turn begins with the global queue. A turn ends at the second tick of a clock of
//! 10 ms: the monitor thread first sees a turn, and then that it goes on. A goroutine that was woken directly and goes first
//! continues the turn of the one that has just begun to wait.
//!
//! Source: Go 1.19, `runtime/proc.go` (`findRunnable`, `runqput`, `globrunqget`, `injectglist`, `sysmon`, `retake`,
//! `forcePreemptNS`), `runtime/netpoll_epoll.go` (`netpoll`), `runtime/proc.go` (`gList.push`), `net/http/server.go`
//! (`Serve`). Here the queues of all cores are one. Not modelled: the monitor looks more often after the process was idle;
//! the collector's own goroutines.

use std::collections::VecDeque;

use crate::model::{SimDuration, SimTime};

use super::CoreQueue;
use crate::engine::requests::RequestId;

/// How often the monitor thread looks.
const TICK: SimDuration = SimDuration::from_millis(10);

/// How many turns there are to one that begins with the global queue.
const GLOBAL_EVERY: u64 = 61;

/// What has made a goroutine ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Wake {
    /// A timer, or another goroutine.
    Directly,
    /// An answer on a socket.
    Socket,
    /// A new connection.
    Connection,
}

/// How the queue of the cores is divided: the first `local` goroutines are in the local queue, the next `global` in the
/// global one, and the sockets of the rest are ready.
#[derive(Clone, Debug, Default)]
pub(super) struct Goroutines {
    /// Whether the first one was woken directly.
    has_next: bool,
    local: usize,
    global: usize,
    sockets: VecDeque<ReadySocket>,
    turns: u64,
    /// Whether the goroutine that left the queue last continues a turn.
    continues: bool,
    parked: Option<Parked>,
}

/// The turn of the goroutine that was the last to begin to wait.
#[derive(Clone, Copy, Debug)]
struct Parked {
    at: SimTime,
    turn_since: SimTime,
}

/// A socket that has become ready.
#[derive(Clone, Copy, Debug)]
struct ReadySocket {
    tick: u64,
    is_connection: bool,
}

/// The tick of the monitor before an instant, or at it.
const fn tick(time: SimTime) -> u64 {
    time.as_nanos() / TICK.as_nanos()
}

impl CoreQueue {
    /// From now on the queue is Go's.
    pub fn schedule_goroutines(&mut self) {
        self.goroutines = Some(Box::default());
    }

    /// Whether it is.
    #[inline]
    pub const fn has_goroutines(&self) -> bool {
        self.goroutines.is_some()
    }

    /// A goroutine that has become ready asks for a core.
    pub fn enqueue_woken(&mut self, request: RequestId, wake: Wake, now: SimTime) {
        let Some(state) = &mut self.goroutines else { return self.queue.push_back(request) };
        match wake {
            Wake::Directly => {
                if state.has_next
                    && let Some(earlier) = self.queue.pop_front()
                {
                    self.queue.insert(state.local - 1, earlier);
                }
                self.queue.push_front(request);
                state.has_next = true;
                state.local += 1;
            }
            Wake::Socket | Wake::Connection => {
                self.queue.push_back(request);
                state.sockets.push_back(ReadySocket { tick: tick(now), is_connection: wake == Wake::Connection });
            }
        }
    }

    /// A request whose quantum has ended asks for a core again; a goroutine does after those whose sockets the monitor finds
    /// ready.
    #[inline]
    pub fn enqueue_stopped(&mut self, request: RequestId, now: SimTime) {
        if self.has_goroutines() {
            self.enqueue_stopped_goroutine(request, now);
        } else {
            self.queue.push_back(request);
        }
    }

    #[inline(never)]
    fn enqueue_stopped_goroutine(&mut self, request: RequestId, now: SimTime) {
        while self
            .goroutines
            .as_ref()
            .and_then(|state| state.sockets.front())
            .is_some_and(|first| first.tick < tick(now))
        {
            self.poll();
        }
        if let Some(state) = &mut self.goroutines {
            self.queue.insert(state.local + state.global, request);
            state.global += 1;
        }
    }

    /// Notes that a goroutine is first in the queue, whatever it waits for.
    pub(super) fn note_first(&mut self) {
        if let Some(state) = &mut self.goroutines {
            state.local += 1;
            state.has_next = false;
        }
    }

    /// Notes that the goroutine at that place leaves the queue.
    pub(super) fn note_leaving(&mut self, place: usize) {
        let Some(state) = &mut self.goroutines else { return };
        if place < state.local {
            state.local -= 1;
            state.has_next &= place > 0;
        } else if place < state.local + state.global {
            state.global -= 1;
        } else {
            state.sockets.remove(place - state.local - state.global);
        }
    }

    /// Takes the goroutine that runs next out of the queue.
    #[inline(never)]
    pub(super) fn pop_goroutine(&mut self) -> Option<RequestId> {
        let count = self.count.max(1) as usize;
        if self.goroutines.as_ref().is_some_and(|state| state.local + state.global == 0) {
            self.poll();
        }
        let state = self.goroutines.as_mut()?;
        if state.local == 0 {
            let share = state.global.min(state.global / count + 1);
            state.local += share;
            state.global -= share;
        }
        let begins_with_global = state.turns.is_multiple_of(GLOBAL_EVERY) && state.global > 0;
        let place = if begins_with_global { state.local } else { 0 };
        state.continues = state.has_next && !begins_with_global;
        state.turns += u64::from(!state.continues);
        self.note_leaving(place);
        self.queue.remove(place)
    }

    /// Notes that a goroutine whose turn began then has begun to wait.
    #[inline]
    pub fn note_parked(&mut self, turn_since: SimTime, now: SimTime) {
        if let Some(state) = &mut self.goroutines {
            state.parked = Some(Parked { at: now, turn_since });
        }
    }

    /// When the turn of the goroutine began that has just left the queue for a core.
    #[inline]
    pub fn turn_since(&self, now: SimTime) -> SimTime {
        let Some(state) = &self.goroutines else { return now };
        let parked = state.parked.filter(|parked| state.continues && parked.at == now);
        parked.map_or(now, |parked| parked.turn_since)
    }

    /// What must hold between events.
    pub(super) fn audit_goroutines(&self) {
        if let Some(state) = &self.goroutines {
            let divided = state.local + state.global + state.sockets.len();
            assert_eq!(divided, self.queue.len(), "a goroutine is in no queue");
        }
    }

    /// Appends the sockets that became ready between two ticks to the global queue, in the order in which they are read.
    fn poll(&mut self) {
        let Some(state) = &mut self.goroutines else { return };
        let Some(first) = state.sockets.front().map(|first| first.tick) else { return };
        let ready = state.sockets.iter().take_while(|socket| socket.tick == first).count();
        let sockets: Vec<ReadySocket> = state.sockets.drain(..ready).collect();
        let start = state.local + state.global;
        let goroutines: Vec<RequestId> = self.queue.drain(start..start + ready).collect();
        for (offset, goroutine) in in_order_of_reading(&sockets, &goroutines).into_iter().enumerate() {
            self.queue.insert(start + offset, goroutine);
        }
        state.global += ready;
    }

    /// When the turn of a goroutine ends that has had its core since then: at the second tick after it. A turn that ends while
    /// no goroutine waits is followed by another one.
    pub(super) fn turn_end(since: SimTime, now: SimTime, expiries_are_over: bool) -> SimTime {
        let first = SimTime::ZERO + TICK * (tick(since) + 2);
        if first > now || first == now && !expiries_are_over {
            return first;
        }
        let turn = 2 * TICK.as_nanos();
        let missed = (now - first).as_nanos();
        let turns = if expiries_are_over { missed / turn + 1 } else { missed.div_ceil(turn) };
        first + TICK * (2 * turns)
    }
}

/// Goroutines whose sockets became ready in that order, in the order in which they run: the last one first; all connections
/// are accepted when it is the turn of the first of them, and of these the last one goes first, the others after all.
fn in_order_of_reading(sockets: &[ReadySocket], goroutines: &[RequestId]) -> Vec<RequestId> {
    let pairs = || sockets.iter().zip(goroutines.iter().copied());
    let connections: Vec<RequestId> =
        pairs().filter(|(socket, _)| socket.is_connection).map(|(_, goroutine)| goroutine).collect();
    let last = connections.last().copied();
    let mut order: Vec<RequestId> = Vec::with_capacity(goroutines.len());
    for (socket, goroutine) in pairs().rev() {
        if !socket.is_connection {
            order.push(goroutine);
        } else if connections.first() == Some(&goroutine) {
            order.extend(last);
        }
    }
    order.extend(connections.into_iter().filter(|goroutine| Some(*goroutine) != last));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(time: u64) -> SimTime {
        SimTime::ZERO + SimDuration::from_millis(time)
    }

    fn queue() -> CoreQueue {
        let mut queue = CoreQueue::new(1, SimDuration::MAX);
        queue.schedule_goroutines();
        queue
    }

    fn drain(queue: &mut CoreQueue) -> Vec<u32> {
        std::iter::from_fn(|| queue.next()).map(|request| request.0).collect()
    }

    #[test]
    fn every_61st_turn_begins_with_the_global_queue() {
        let mut queue = queue();
        // One waits in the global queue while others are woken directly, two at a time: the earlier one is in the local queue.
        let mut taken = Vec::new();
        queue.enqueue_woken(RequestId(1), Wake::Directly, ms(0));
        queue.enqueue_woken(RequestId(2), Wake::Directly, ms(0));
        queue.enqueue_stopped(RequestId(99), ms(0));
        // The very first turn is one of them.
        assert_eq!(queue.next(), Some(RequestId(99)));
        queue.enqueue_stopped(RequestId(99), ms(0));
        for turn in 0..200 {
            queue.enqueue_woken(RequestId(1000 + turn), Wake::Directly, ms(0));
            taken.extend(queue.next().map(|request| request.0));
            taken.extend(queue.next().map(|request| request.0));
            queue.enqueue_woken(RequestId(2000 + turn), Wake::Directly, ms(0));
            if taken.contains(&99) {
                break;
            }
        }
        assert_eq!(taken.iter().filter(|request| **request == 99).count(), 1, "{taken:?}");
    }

    #[test]
    fn looking_into_an_empty_queue_is_no_turn() {
        // After the first turn, 60 go by before one begins with the global queue, however often the queue was empty.
        for looks in 0..GLOBAL_EVERY {
            let mut queue = queue();
            queue.enqueue_stopped(RequestId(0), ms(0));
            assert_eq!(queue.next(), Some(RequestId(0)));
            (0..looks).for_each(|_| assert_eq!(queue.next(), None));
            queue.enqueue_woken(RequestId(1), Wake::Directly, ms(0));
            queue.enqueue_woken(RequestId(2), Wake::Directly, ms(0));
            queue.enqueue_stopped(RequestId(3), ms(0));
            assert_eq!(drain(&mut queue), [2, 1, 3], "after {looks} looks");
        }
    }

    #[test]
    fn who_gives_up_leaves_the_others_in_their_order() {
        for given_up in 1..=6 {
            let mut queue = queue();
            for timer in [1, 2] {
                queue.enqueue_woken(RequestId(timer), Wake::Directly, ms(1));
            }
            queue.enqueue_stopped(RequestId(3), ms(1));
            for socket in [4, 5] {
                queue.enqueue_woken(RequestId(socket), Wake::Socket, ms(2));
            }
            queue.enqueue_woken(RequestId(6), Wake::Directly, ms(3));
            // The first turn begins with the global queue.
            let order = [3, 6, 1, 2, 5, 4];
            queue.give_up(RequestId(given_up));
            let expected: Vec<u32> = order.into_iter().filter(|request| *request != given_up).collect();
            assert_eq!(drain(&mut queue), expected, "without {given_up}");
        }
    }

    #[test]
    fn who_leaves_for_a_share_of_the_cores_is_in_no_part_of_the_queue() {
        let mut queue = queue();
        queue.enqueue_woken(RequestId(1), Wake::Directly, ms(1));
        queue.enqueue_stopped(RequestId(2), ms(1));
        queue.enqueue_woken(RequestId(3), Wake::Socket, ms(1));
        let shared: Vec<u32> = std::iter::from_fn(|| queue.next_waiting()).map(|request| request.0).collect();
        assert_eq!(shared, [1, 2, 3]);
        queue.audit_goroutines();
        queue.enqueue_woken(RequestId(4), Wake::Directly, ms(2));
        assert_eq!(drain(&mut queue), [4]);
    }

    #[test]
    fn sockets_of_an_earlier_tick_come_first() {
        let mut queue = queue();
        for (socket, time) in [(1, 2), (2, 3), (3, 12), (4, 13)] {
            queue.enqueue_woken(RequestId(socket), Wake::Socket, ms(time));
        }
        assert_eq!(drain(&mut queue), [2, 1, 4, 3]);
        for (socket, time) in [(1, 2), (2, 3), (3, 12), (4, 13)] {
            queue.enqueue_woken(RequestId(socket), Wake::Connection, ms(time));
        }
        queue.enqueue_stopped(RequestId(5), ms(20));
        assert_eq!(drain(&mut queue), [2, 1, 4, 3, 5]);
    }
}
