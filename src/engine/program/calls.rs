//! Calls with options: how long they may take, how often they are repeated, how often they end with an error.

use rand::RngExt;

use crate::model::{Call, CallRetries, ClassId, OnTimeout, PhaseKind, SimDuration};
use crate::random::{SinglePhase, Stream};

use super::compile::Building;
use super::{ClassProgram, Instruction, Program};
use crate::engine::Timers;

/// The place of a call's options in the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct CallId(u32);

/// The options of a call, as a policy runs it.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct CallOptions {
    /// Maximum time of an attempt.
    pub timeout: Option<SimDuration>,
    pub on_timeout: OnTimeout,
    retries: Option<CallRetries>,
    /// The probability that an attempt ends with an error.
    errors: f64,
    /// The instruction with which an attempt begins: the call, or what its client does before.
    pub first: u32,
    /// The timers that end the sleeps before retries.
    timers: Option<Timers>,
}

impl CallOptions {
    /// How long the request sleeps before another attempt; `None` if it makes none.
    pub fn backoff(&self, attempts_before: u32) -> Option<SimDuration> {
        let retries = self.retries.filter(|retries| attempts_before < retries.max.get())?;
        let delay = retries.delay(attempts_before);
        Some(self.timers.map_or(delay, |timers| timers.rounded(delay)))
    }

    /// Whether errors have to be drawn.
    pub fn has_errors(&self) -> bool {
        self.errors > 0.0
    }

    /// Draws whether an attempt ends with an error.
    pub fn is_error(&self, stream: &mut Stream) -> bool {
        stream.random::<f64>() < self.errors
    }
}

impl Program {
    /// The options of a call.
    #[inline]
    pub fn call(&self, call: CallId) -> CallOptions {
        self.calls[call.0 as usize]
    }

    /// Whether there are calls with options.
    #[inline]
    pub fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    /// A phase has been added from that instruction on: if it is a call with options, its wait gets them.
    pub(super) fn add_call_options(&mut self, first: usize, phase: &SinglePhase, building: &Building<'_>) {
        let PhaseKind::Backend { backend, .. } = phase.kind else { return };
        let errors = building.backends[usize::from(backend.0)].errors;
        if phase.call.is_plain() && errors <= 0.0 {
            return;
        }
        let Call { timeout, on_timeout, retries } = phase.call;
        let timers = building.rules.timers.filter(|_| !building.in_thread);
        let call = CallId(self.calls.len() as u32);
        self.calls.push(CallOptions { timeout, on_timeout, retries, errors, first: first as u32, timers });
        for step in &mut self.instructions[first..] {
            if let Instruction::Wait { backend: Some(backend), blocking } = *step {
                *step = Instruction::Call { backend, call, blocking };
            }
        }
    }

    /// The calls of a class that may time out: their places, counted from its first instruction, and the times.
    pub(super) fn timeouts_from(&self, first: usize) -> Vec<(usize, SimDuration)> {
        let timeout = |step: &Instruction| step.call().and_then(|call| self.call(call).timeout);
        let steps = self.instructions[first..].iter().enumerate();
        steps.filter_map(|(place, step)| Some((place, timeout(step)?))).collect()
    }

    /// A call is repeated from `first` on: the work of its client before `end`, which has been done, is to be done again.
    pub fn restore_client_work(&self, class: ClassId, demands: &mut [SimDuration], first: u32, end: u32) {
        let (start, class) = (self.first(class), &self.classes[usize::from(class.0)]);
        let is_work = |place: usize| matches!(self.instructions[start as usize + place], Instruction::Cpu(_));
        let places = (first - start) as usize..(end - start) as usize;
        places.clone().filter(|place| is_work(*place)).for_each(|place| demands[place] = SimDuration::ZERO);
        let again = class.overhead.iter().filter(|(place, _)| places.contains(place) && is_work(*place));
        again.for_each(|(place, span)| demands[*place] += *span);
    }
}

impl ClassProgram {
    /// How long a request that is alone in the system takes for the demand at that place: a call ends with its timeout.
    #[inline]
    pub(super) fn until_timeout(&self, place: usize, demand: SimDuration) -> SimDuration {
        let timeout = self.timeouts.iter().find(|(call, _)| *call == place);
        timeout.map_or(demand, |(_, timeout)| demand.min(*timeout))
    }
}
