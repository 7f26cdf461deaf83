//! How the workers of a policy run requests: the policy's answers, as plain data.

use std::num::NonZeroU32;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::{Overhead, SimDuration};

/// A policy's answers, read once before the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// How many worker processes there are; at least 1.
    pub workers: u32,
    /// Maximum number of requests in progress in a worker; `None`: unlimited.
    pub slots: Option<u32>,
    /// Maximum number of requests of a worker that run at the same instant, cores permitting.
    pub running_at_once: u32,
    /// How long a request runs before it hands over to a ready one of its worker; `None`: to the end of its burst.
    pub hand_over_interval: Option<SimDuration>,
    /// Which waits block what runs the request.
    pub blocking_waits: BlockingWaits,
    /// Whether parallel waits of a request run at the same time; otherwise one after another.
    pub gathers: bool,
    /// Whether the next ready request of a worker continues on the core of the last one: one loop runs them all.
    pub keeps_core: bool,
    /// The thread pool of each worker's loop.
    pub thread_pool: Option<ThreadPool>,
    /// CPU time of the application server itself, for each request.
    pub overhead: Overhead,
    /// Whether a thread gives the lock to a ready one before it writes its response.
    pub yields_to_respond: bool,
    /// In how many parts it writes it, and gives the lock before each; at least 1.
    pub response_writes: u32,
    /// Who shares the cores among the threads of a worker.
    pub scheduler: Scheduler,
    /// The timers that end the loop's sleeps; `None`: sleeps end exactly on time.
    pub timers: Option<Timers>,
    /// Where requests wait that no worker has taken.
    pub queueing: Queueing,
    /// Under [`Dispatch::Accept`]: for how long a worker with requests in progress waits before it accepts another one, unless
    /// one of them leaves before; `None`: it does not wait.
    pub busy_accept_delay: Option<SimDuration>,
    /// Maximum number of requests in a worker, in its slots and waiting inside it for one. `None`: a worker takes no
    /// request for which it has no free slot or, under [`Dispatch::Accept`], any number.
    pub takes_ahead: Option<u32>,
    /// Maximum number of requests in progress in a worker; it rejects further ones that it takes. `None`: unlimited.
    pub limit: Option<u32>,
    /// After how many requests a worker is replaced; `None`: it is not.
    pub max_requests: Option<MaxRequests>,
    /// After how long a worker that is silent is killed and replaced; `None`: it is not.
    pub worker_timeout: Option<WorkerTimeout>,
    /// How many workers run while fewer are needed; `None`: all of them from the start.
    pub spare_workers: Option<SpareWorkers>,
}

impl Default for Rules {
    /// One worker that runs one request at a time, without overhead and with an unlimited backlog: policies name what
    /// differs.
    fn default() -> Self {
        Self {
            workers: 1,
            slots: Some(1),
            running_at_once: 1,
            hand_over_interval: None,
            blocking_waits: BlockingWaits::None,
            gathers: false,
            keeps_core: false,
            thread_pool: None,
            overhead: Overhead::NONE,
            yields_to_respond: false,
            response_writes: 1,
            scheduler: Scheduler::System,
            timers: None,
            queueing: Queueing::default(),
            busy_accept_delay: None,
            takes_ahead: None,
            limit: None,
            max_requests: None,
            worker_timeout: None,
            spare_workers: None,
        }
    }
}

impl Rules {
    /// Whether workers may be replaced during a run.
    pub fn replaces_workers(&self) -> bool {
        self.max_requests.is_some() || self.worker_timeout.is_some()
    }
}

/// How many workers run while fewer are needed than there may be. Once a second, a replica with too few idle workers starts more:
/// one at first, then twice as many as a second before. One with too many stops the worker that has run for the longest time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SpareWorkers {
    /// Number of workers at the start, for each replica.
    pub start: NonZeroU32,
    /// With fewer idle workers than this, more are started.
    pub min: NonZeroU32,
    /// With more idle workers than this, one is stopped.
    pub max: NonZeroU32,
    /// When idle workers are counted for the first time, at most "1s" after the start (default: "500ms"). A real server counts at times
    /// that do not depend on the requests.
    #[serde(default = "SpareWorkers::default_first_count")]
    pub first_count: SimDuration,
    /// Time that a new worker takes to start, while it takes no requests (default: 0).
    #[serde(default)]
    pub boot: SimDuration,
}

impl SpareWorkers {
    /// Time from one count of the idle workers to the next: that of PHP-FPM.
    pub const INTERVAL: SimDuration = SimDuration::from_millis(1000);

    /// The default of `first_count`: half of that time.
    pub const fn default_first_count() -> SimDuration {
        SimDuration::from_nanos(Self::INTERVAL.as_nanos() / 2)
    }
}

/// After how many requests a worker is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaxRequests {
    /// Number of requests that a worker takes; then it takes no more, serves those that it has, and is replaced.
    pub count: NonZeroU32,
    /// Each worker takes a random number of further requests, from 0 to this one (default: 0), so that not all workers are
    /// replaced at the same time.
    #[serde(default)]
    pub jitter: u32,
    /// Time that a new worker takes to start, while it takes no requests (default: 0).
    #[serde(default)]
    pub boot: SimDuration,
}

/// After how long a silent worker is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WorkerTimeout {
    /// Time since it last went round its loop; above 0.
    pub after: SimDuration,
    /// Time until its successor takes requests.
    pub boot: SimDuration,
}

/// Which waits block what runs the request, so that nothing else of the worker runs meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockingWaits {
    /// None of them: a thread waits without the lock.
    None,
    /// Those marked `blocking`: an event loop stands still.
    Marked,
    /// All of them.
    All,
}

/// Who shares the cores among the threads of a worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scheduler {
    /// The operating system, as it shares them among all: `quantum` and `wake_preemption` of the machine.
    #[default]
    System,
    /// The runtime of Go, which has turns and queues of its own.
    Go,
}

/// The timers of an event loop: a sleep lasts a whole multiple of their resolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// Above 0.
    pub resolution: SimDuration,
    /// Which multiple a sleep is rounded to.
    pub rounding: Rounding,
}

impl Timers {
    /// How long a sleep of that length lasts.
    pub fn rounded(self, sleep: SimDuration) -> SimDuration {
        let (nanos, resolution) = (sleep.as_nanos(), self.resolution.as_nanos());
        let multiple = match self.rounding {
            Rounding::Up => nanos.div_ceil(resolution),
            Rounding::Down => nanos / resolution,
            Rounding::Nearest => (nanos + resolution / 2) / resolution,
        };
        SimDuration::from_nanos(multiple * resolution)
    }
}

/// To which multiple of its timers' resolution a loop rounds a sleep.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// The next one, as asyncio does.
    #[default]
    Up,
    /// The one before, as Node does.
    Down,
    /// The nearest, as uvloop does.
    Nearest,
}

/// The thread pool of a loop: requests of some classes are handed to its threads. If only one request of a worker runs at
/// once, they run under the same lock as the loop.
#[derive(Clone, Debug, PartialEq)]
pub struct ThreadPool {
    /// How many threads each worker has.
    pub threads: u32,
    /// The names of the classes that run there; `None`: all of them.
    pub classes: Option<Vec<String>>,
}

impl ThreadPool {
    /// Whether requests of a class run there.
    pub fn takes(&self, class: &str) -> bool {
        self.classes.as_ref().is_none_or(|classes| classes.iter().any(|name| name == class))
    }
}

/// Where requests wait that no worker has taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queueing {
    /// Maximum number of requests that wait; further arrivals are rejected. `None`: unlimited.
    pub backlog: Option<u32>,
    /// How requests find their worker.
    pub dispatch: Dispatch,
    /// Which request is taken first.
    pub order: Order,
}

/// How requests find their worker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Dispatch {
    /// One queue; of the workers with a free slot, the one with the fewest requests in progress takes the next request.
    #[default]
    Shared,
    /// A request is bound on arrival, to one worker after another.
    RoundRobin,
    /// A request is bound on arrival, to any worker with equal probability.
    Random,
    /// A request is bound on arrival, to the worker with the fewest requests, including waiting ones.
    LeastBusy,
    /// Each worker takes requests as soon as it gets the CPU, whether or not a slot is free. Which of the ready workers
    /// gets the next request is random, with unequal odds.
    Accept,
}

/// Which request of a queue is taken first; among equals the one that arrived first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// First in, first out.
    #[default]
    Fifo,
    /// Last in, first out.
    Lifo,
    /// The shortest demand first.
    Shortest,
    /// The highest priority of its class first.
    Priority,
}
