//! The threads of a command, shared by everything that it runs.

use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};
use rayon::{ThreadPool, ThreadPoolBuilder};

/// Threads that do the jobs of a command. Clones share them. How many there are changes no number.
#[derive(Clone, Debug)]
pub struct JobPool {
    jobs: usize,
    /// Started for the first jobs that run in parallel; `None`: the thread that asks does all jobs.
    threads: Arc<OnceLock<Option<ThreadPool>>>,
}

impl JobPool {
    /// Runs at most this many jobs at a time; `None`: one on each core.
    pub fn new(jobs: Option<NonZeroUsize>) -> Self {
        let jobs = jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get);
        Self { jobs, threads: Arc::default() }
    }

    /// How many jobs run at a time.
    pub(super) const fn size(&self) -> usize {
        self.jobs
    }

    fn threads(&self) -> Option<&ThreadPool> {
        // Where the system gives no threads, the one that asks does everything.
        let start = || (self.jobs > 1).then(|| ThreadPoolBuilder::new().num_threads(self.jobs).build().ok()).flatten();
        self.threads.get_or_init(start).as_ref()
    }

    /// Does something with each item, on all threads; the answers are in the order of the items.
    pub(super) fn each<T: Sync, R: Send, E: Send>(
        &self,
        items: &[T],
        work: impl Fn(&T) -> Result<R, E> + Sync,
    ) -> Result<Vec<R>, E> {
        match self.threads().filter(|_| items.len() > 1) {
            Some(threads) => threads.install(|| items.par_iter().map(&work).collect()),
            None => items.iter().map(work).collect(),
        }
    }

    /// The same for work that nothing breaks off.
    pub(super) fn all<T: Sync, R: Send>(&self, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        match self.threads().filter(|_| items.len() > 1) {
            Some(threads) => threads.install(|| items.par_iter().map(&work).collect()),
            None => items.iter().map(work).collect(),
        }
    }
}

impl Default for JobPool {
    fn default() -> Self {
        Self::new(None)
    }
}
