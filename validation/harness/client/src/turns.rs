//! Threads that take turns at the schedule.

use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, Scope};
use std::time::{Duration, Instant, SystemTime};

use crate::exchange::{Answer, exchange};
use crate::schedule::Due;

/// Maximum number of requests under way; later ones are sent late, and their lateness says so.
const MOST_THREADS: usize = 4096;

/// Number of threads that start before the first request; a burst may need as many at once.
const FIRST_THREADS: usize = 32;

/// Threads do little, but in their own memory.
const STACK_BYTES: usize = 64 * 1024;

/// Time until the first request, in which the first threads start.
const BEFORE_START: Duration = Duration::from_millis(200);

/// What is sent, and how.
pub struct Plan {
    /// In order of time.
    pub requests: Vec<Due>,
    /// On 127.0.0.1.
    pub port: u16,
    /// Whether connections are used again; otherwise each request has its own.
    pub keep_alive: bool,
    /// Maximum time from the instant a request is begun until its last byte.
    pub timeout: Duration,
}

/// When the schedule begins.
pub struct Start {
    pub instant: Instant,
    /// The same by the clock on the wall.
    pub since_1970: Duration,
}

impl Start {
    /// Late enough for the first threads to start before it.
    pub fn soon() -> Self {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { instant: Instant::now() + BEFORE_START, since_1970: since_1970 + BEFORE_START }
    }
}

/// What the threads share.
struct Shared {
    plan: Plan,
    start: Instant,
    /// The next request; who holds it sleeps until that is due.
    next: Mutex<usize>,
    /// How many threads wait for that.
    waiting: AtomicUsize,
    threads: AtomicUsize,
    /// The answers so far, each with the number of its request.
    answers: Mutex<Vec<(usize, Answer)>>,
    /// Connections that are open and not in use, the one used last at the end.
    idle: Mutex<Vec<TcpStream>>,
}

/// Sends all requests, and returns their answers in the order of the schedule.
pub fn send(plan: Plan, start: Instant) -> Vec<Answer> {
    let shared = Shared {
        plan,
        start,
        next: Mutex::new(0),
        waiting: AtomicUsize::new(0),
        threads: AtomicUsize::new(0),
        answers: Mutex::default(),
        idle: Mutex::default(),
    };
    thread::scope(|scope| (0..FIRST_THREADS).for_each(|_| shared.add_thread(scope)));
    let mut answers = shared.answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    answers.sort_unstable_by_key(|(number, _)| *number);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

impl Shared {
    /// Adds a thread that takes turns, if there may be another.
    fn add_thread<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) {
        if self.threads.fetch_add(1, Ordering::Relaxed) < MOST_THREADS {
            let takes_turns = move || while self.take_turn(scope) {};
            // Without a further thread the others serve all requests, later.
            let _ = thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, takes_turns);
        }
    }

    /// Takes the next request and serves it; false if there is none. Before it does, another thread has the schedule.
    fn take_turn<'scope>(&'scope self, scope: &'scope Scope<'scope, '_>) -> bool {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        let number = *next;
        let Some(request) = self.plan.requests.get(number) else { return false };
        *next += 1;
        // While this one sleeps there is time for it.
        if self.waiting.load(Ordering::SeqCst) == 0 {
            self.add_thread(scope);
        }
        let due = self.start + request.at;
        thread::sleep(due.saturating_duration_since(Instant::now()));
        drop(next);
        let answer = self.serve(request, due);
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).push((number, answer));
        true
    }

    fn serve(&self, request: &Due, due: Instant) -> Answer {
        let begun = Instant::now();
        let until = begun + self.plan.timeout;
        let idle = if self.plan.keep_alive { self.idle_connections().pop() } else { None };
        let was_idle = idle.is_some();
        let mut received = exchange(idle, self.plan.port, &request.path, self.plan.keep_alive, until);
        // The server may have closed an idle connection in the meantime.
        if received.is_err() && was_idle {
            received = exchange(None, self.plan.port, &request.path, self.plan.keep_alive, until);
        }
        let late = begun.saturating_duration_since(due);
        let Ok(received) = received else { return Answer { late, ..Answer::default() } };
        if let Some(connection) = received.connection {
            self.idle_connections().push(connection);
        }
        Answer {
            late,
            latency: received.is_ok.then(|| received.last_byte.saturating_duration_since(due)),
            first_byte: Some(received.first_byte.saturating_duration_since(due)),
            process: received.process,
        }
    }

    fn idle_connections(&self) -> std::sync::MutexGuard<'_, Vec<TcpStream>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
