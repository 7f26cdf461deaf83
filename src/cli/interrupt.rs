//! Ctrl-C: the first ends the run in order, a second one at once.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::failure::Failure;

/// Whether the user wants to stop, and which files are only half written.
#[derive(Clone, Debug, Default)]
pub struct Interrupt {
    wanted: Arc<AtomicBool>,
    unfinished: Arc<Mutex<Vec<PathBuf>>>,
}

impl Interrupt {
    /// Begins to listen for Ctrl-C and for requests to terminate. Before that, they end the process as usual.
    pub fn listen() -> Self {
        let interrupt = Self::default();
        let handler = interrupt.clone();
        // Without a handler Ctrl-C still works: it ends the process, as it does everywhere.
        let _ = ctrlc::set_handler(move || handler.on_signal());
        interrupt
    }

    /// Whether the user wants to stop.
    pub fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    /// Goes on, unless the user wants to stop.
    pub fn check(&self) -> Result<(), Failure> {
        if self.is_wanted() { Err(Failure::Interrupted) } else { Ok(()) }
    }

    /// Remembers a file that has to go if the process ends at once, for as long as the answer lives.
    pub fn unfinished(&self, path: &Path) -> Unfinished {
        self.paths().push(path.to_owned());
        Unfinished { path: path.to_owned(), interrupt: self.clone() }
    }

    fn on_signal(&self) {
        if self.wanted.swap(true, Ordering::Relaxed) {
            for path in self.paths().iter() {
                let _ = fs::remove_file(path);
            }
            std::process::exit(130);
        }
    }

    fn paths(&self) -> MutexGuard<'_, Vec<PathBuf>> {
        self.unfinished.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file that is only half written.
#[derive(Debug)]
pub struct Unfinished {
    path: PathBuf,
    interrupt: Interrupt,
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.interrupt.paths().retain(|path| *path != self.path);
    }
}
