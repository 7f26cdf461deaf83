//! What must be absent from a run for a shortcut to be valid.
//!
//! Everything a run is made of is destructured here without `..`, so a new field does not compile until this file says what
//! it means for the shortcuts. A field that means nothing says why.

use crate::engine::observer::Observer;
use crate::engine::program::{ClassProgram, Instruction, Program};
use crate::engine::setup::Setup;
use crate::engine::{Dispatch, Order, Queueing, Rules, Scheduler};
use crate::model::{Backend, Machine, Quantum, SimDuration};
use crate::random::{Clients, Load, RequestClass};

use super::Shortcut;

/// The shortcut that a run may take.
pub(super) fn choose<O: Observer>(setup: &Setup<'_>, program: &Program, observer: &O) -> Option<Shortcut> {
    let Setup {
        workload,
        load,
        clients,
        machine,
        backends,
        faults,
        rules,
        streams: _, // each request draws the same numbers whatever the way
        accept: _,  // matters to `Dispatch::Accept` only
        warm_up: _, // part of both shortcuts, like the next three
        requests: _,
        horizon: _,
        max_in_flight: _,
    } = setup;
    let Rules {
        workers,
        slots,
        running_at_once,
        hand_over_interval,
        thread_pool,
        queueing,
        takes_ahead,
        limit,
        max_requests,
        worker_timeout,
        spare_workers,
        busy_accept_delay: _, // matters to `Dispatch::Accept` only
        blocking_waits: _,    // compiled into `program`, like the next five
        gathers: _,
        overhead: _,
        yields_to_respond: _,
        response_writes: _,
        timers: _,
        scheduler,
        keeps_core: _, // part of a direct run; elsewhere each turn has a core of its own
    } = rules;
    let is_one_worker = *workers == 1;
    let turns = u64::from(*workers) * u64::from(*running_at_once);
    // Requests compute and wait; they queue for a worker, a turn and a core, and for nothing else.
    let is_direct = !observer.watches_segments()
        && !observer.watches_units()
        && workload.classes.iter().all(is_unlimited)
        && faults.is_empty()
        && has_plain_cores(machine)
        && backends.iter().all(is_plain_delay)
        && thread_pool.is_none()
        && queueing.dispatch == Dispatch::Shared
        && takes_ahead.is_none()
        && *scheduler == Scheduler::System
        && limit.is_none()
        && max_requests.is_none()
        && worker_timeout.is_none()
        && spare_workers.is_none()
        && program.compiled_classes().all(|(class, steps)| adds_nothing(class) && steps.iter().all(is_burst_or_wait));
    if !is_direct {
        return None;
    }
    // Nothing intervenes between the arrival of a request and its departure.
    let is_calm = have_endless_patience(clients)
        && workload.classes.iter().all(|class| class.timeout.is_none())
        && is_one_plain_queue(queueing)
        && turns <= u64::from(machine.cores)
        // Departures from different workers at one instant are reported in another order.
        && (is_one_worker || !observer.minds_order());
    // A worker serves one request at a time, from beginning to end, and all that the request brings can be drawn again.
    let may_walk = *slots == Some(1)
        && can_be_drawn_again(load)
        && program.compiled_classes().all(|(class, steps)| class.parallel.is_empty() && steps.iter().all(keeps_turn));
    if is_calm && may_walk {
        return Some(Shortcut::Walk);
    }
    // Turns are given first come, first served, and kept. And workers do not interact: of two that free a slot at one
    // instant, the first takes the oldest request of the backlog; of two users who are answered at one instant by two
    // workers, the first is first to send again.
    let may_look_ahead = *running_at_once == 1
        && hand_over_interval.is_none()
        && (is_one_worker || slots.is_none())
        && (is_one_worker || is_open(load))
        && program.compiled_classes().all(|(_, steps)| waits_follow_turns(steps));
    if is_calm && may_look_ahead {
        return Some(Shortcut::LookAhead);
    }
    (clients.retries.is_none() || is_calm).then_some(Shortcut::Direct)
}

/// Whether each client waits until its request departs.
fn have_endless_patience(clients: &Clients) -> bool {
    let Clients {
        timeout,
        patience,
        cancel: _,  // of a request whose client has timed out
        retries: _, // of a request that was rejected, timed out or failed: a direct run declines them if there are any
    } = clients;
    timeout.is_none() && patience.is_none()
}

/// Whether every request of a class is let in.
fn is_unlimited(class: &RequestClass) -> bool {
    let RequestClass {
        limit,
        timeout: _, // part of a direct run; the other shortcuts decline it
        name: _,
        weight: _, // compiled into the program, like the rest
        priority: _,
        phases: _,
    } = class;
    limit.is_none()
}

/// Whether whoever has a core has it to itself, at full speed and at once.
fn has_plain_cores(machine: &Machine) -> bool {
    let Machine {
        cores: _, // with fewer than turns no shortcut looks ahead
        quantum,
        context_switch,
        client_cpu,
        cpu_limit,
        replicas,
        wake_preemption: _, // of a core for which others wait
    } = machine;
    let is_exclusive = match quantum {
        Quantum::RoundRobin(_) => true,
        Quantum::ProcessorSharing => false,
    };
    let takes_nothing = *context_switch == SimDuration::ZERO && *client_cpu == SimDuration::ZERO;
    is_exclusive && takes_nothing && cpu_limit.is_none() && !replicas.need_balancer()
}

/// Whether a query takes its own time only, however many others there are.
fn is_plain_delay(backend: &Backend) -> bool {
    let Backend {
        pool,
        concurrency,
        max_connections: _, // leads to a warning only
        sharing: _,         // of `concurrency`
        round_trip: _,      // compiled into the program, like the rest
        query_overhead: _,
        client: _,
        stand_in: _,
        errors: _,
        abandoned: _, // of a query that is given up
    } = backend;
    pool.is_none() && concurrency.is_none()
}

/// Whether any number of requests wait in one queue, the oldest first.
fn is_one_plain_queue(queueing: &Queueing) -> bool {
    let Queueing { backlog, dispatch, order } = queueing;
    backlog.is_none() && *dispatch == Dispatch::Shared && *order == Order::Fifo
}

/// Whether the application server and the clients of backends add nothing to what requests of a class bring.
fn adds_nothing(class: &ClassProgram) -> bool {
    let ClassProgram {
        overhead,
        timers,
        priority: _, // matters to `Order::Priority` only
        parallel: _, // matters to walks only
        optional: _, // each has its instruction
        timeouts: _, // of calls, which have their instruction
    } = class;
    overhead.is_empty() && timers.is_empty()
}

/// Whether a step is work or a wait that needs nothing but time.
fn is_burst_or_wait(step: &Instruction) -> bool {
    match step {
        Instruction::Cpu(_) | Instruction::Wait { .. } | Instruction::Depart => true,
        Instruction::Call { .. } | Instruction::Maybe { .. } | Instruction::Fork { .. } | Instruction::Yield => false,
        // With a pool only.
        Instruction::Hold { .. } | Instruction::Release { .. } => false,
        // In a thread pool only.
        Instruction::HandOff | Instruction::HandBack => false,
        // With overhead only.
        Instruction::Connect { .. } | Instruction::Statement { .. } | Instruction::Respond => false,
    }
}

/// Whether a request keeps its turn over a step to the next.
fn keeps_turn(step: &Instruction) -> bool {
    step.keeps_turn()
}

/// Whether a request has its turn right before each wait that gives it away. Waits that end at one instant end in the
/// order in which their ends were scheduled. The event loop schedules an end when the wait begins, a shortcut already
/// when the turn before it begins: if only some waits followed a turn, the order would differ.
fn waits_follow_turns(steps: &[Instruction]) -> bool {
    let gives_turn_away = |step: &Instruction| matches!(step, Instruction::Wait { blocking: false, .. });
    !steps.first().is_some_and(gives_turn_away)
        && steps.windows(2).all(|pair| pair[0].keeps_turn() || !gives_turn_away(&pair[1]))
}

/// Whether what requests bring is drawn from their streams, and does not come out of a file.
fn can_be_drawn_again(load: &Load) -> bool {
    match load {
        Load::Open(source) => !source.gives_demands(),
        Load::Closed(_) => false,
    }
}

/// Whether requests arrive whatever becomes of those before.
fn is_open(load: &Load) -> bool {
    match load {
        Load::Open(_) => true,
        Load::Closed(_) => false,
    }
}
