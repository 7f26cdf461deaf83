//! Immediate shutdown: on Ctrl-C, on a request to terminate, and after an internal error.
//!
//! The process exits whatever it is doing: reading a pipe that delivers nothing, generating arrivals, estimating, drawing,
//! writing. No loop has to check whether the user wants to stop, so none can forget to. Unfinished files do not remain: a
//! file gets its name when it is complete (`files`), and never during the shutdown.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::{self, PanicHookInfo};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, TryLockError, mpsc};
use std::time::{Duration, Instant};
use std::{fs, process, thread};

use super::failure::Failure;
use super::terminal::{color_on_stderr, note, stderr_is_terminal};

/// Maximum wait during the shutdown, for a file that is being renamed or a terminal that accepts no text.
const PATIENCE: Duration = Duration::from_millis(100);

/// Ends the process immediately; keeps track of unfinished files that have a name.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    has_begun: Arc<AtomicBool>,
    unfinished: Arc<Mutex<Vec<PathBuf>>>,
    /// What to do after an interruption.
    advice: Arc<OnceLock<&'static str>>,
}

impl Shutdown {
    /// Listens for Ctrl-C, for requests to terminate, and for panics of any thread. Call it once, before anything else.
    pub fn listen() -> Self {
        let shutdown = Self::default();
        let on_signal = shutdown.clone();
        // Without a handler Ctrl-C still ends the process, as it does by default.
        let _ = ctrlc::set_handler(move || on_signal.end(&Failure::Interrupted));
        let on_panic = shutdown.clone();
        panic::set_hook(Box::new(move |panic| on_panic.end(&internal_error(panic))));
        shutdown
    }

    /// Registers a file that is removed if the process shuts down, for as long as the returned value lives.
    pub fn partial_file(&self, path: &Path) -> PartialFile {
        self.unfinished().push(path.to_owned());
        PartialFile { path: path.to_owned(), shutdown: self.clone() }
    }

    /// What to advise the user to do after an interruption; only the first advice is kept.
    pub fn advise(&self, advice: &'static str) {
        let _ = self.advice.set(advice);
    }

    /// Does what a shutdown must not interrupt, such as giving a file its name.
    pub fn as_a_whole<T>(&self, work: impl FnOnce() -> T) -> T {
        let _unfinished = self.unfinished();
        work()
    }

    /// Removes unfinished files, reports why the process ends, and ends it. If several threads call it, the first one wins.
    fn end(&self, failure: &Failure) -> ! {
        if self.has_begun.swap(true, Ordering::SeqCst) {
            loop {
                thread::park();
            }
        }
        // Locked until the end, so that no other file gets its name.
        let unfinished = self.unfinished_soon();
        for path in unfinished.iter().flat_map(|paths| paths.iter()) {
            let _ = fs::remove_file(path);
        }
        let advice = self.advice.get().filter(|_| matches!(failure, Failure::Interrupted));
        say(failure, advice.map_or_else(String::new, |advice| format!("help: {advice}\n")).as_str());
        process::exit(failure.code().into());
    }

    fn unfinished(&self) -> MutexGuard<'_, Vec<PathBuf>> {
        self.unfinished.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The files, unless the lock is held for too long.
    fn unfinished_soon(&self) -> Option<MutexGuard<'_, Vec<PathBuf>>> {
        let begun = Instant::now();
        loop {
            match self.unfinished.try_lock() {
                Ok(paths) => return Some(paths),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => thread::sleep(PATIENCE / 20),
                Err(TryLockError::WouldBlock) => return None,
            }
        }
    }
}

/// An unfinished file that has a name.
#[derive(Debug)]
pub struct PartialFile {
    path: PathBuf,
    shutdown: Shutdown,
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        self.shutdown.unfinished().retain(|path| *path != self.path);
    }
}

/// Reports why the process ends, on a separate line. Does not wait for a pipe or terminal that accepts no text.
fn say(failure: &Failure, advice: &str) {
    // The line may show a progress bar.
    let clear_line = if stderr_is_terminal() { "\r\u{1b}[K" } else { "" };
    let text = format!("{clear_line}{}{advice}", failure.render(color_on_stderr()));
    let (said, wait) = mpsc::channel();
    let speaker = thread::Builder::new().spawn(move || {
        note(&text);
        let _ = said.send(());
    });
    if speaker.is_ok() {
        let _ = wait.recv_timeout(PATIENCE);
    }
}

/// A panic as a failure, with the backtrace if `RUST_BACKTRACE` asks for one.
fn internal_error(panic: &PanicHookInfo<'_>) -> Failure {
    let message = panic.payload_as_str().unwrap_or("panic");
    let place = panic.location().map(|place| format!(" ({place})")).unwrap_or_default();
    let backtrace = Backtrace::capture();
    let backtrace = match backtrace.status() {
        BacktraceStatus::Captured => format!("\n{backtrace}"),
        _ => String::new(),
    };
    Failure::Internal(format!("{message}{place}{backtrace}"))
}

#[cfg(test)]
mod tests {
    use std::env;
    use std::process::{Command, Output};

    use super::*;
    use crate::cli::files::NewFile;

    /// The folder for a process with an internal error.
    const FOLDER: &str = "WAITLINE_TEST_INTERNAL_ERROR";

    /// Runs [`an_internal_error`] in a separate process.
    fn process_with_an_internal_error(folder: &Path) -> Output {
        let mut process = Command::new(env::current_exe().unwrap());
        process.args(["--exact", "--nocapture", "--test-threads=1", "cli::shutdown::tests::an_internal_error"]);
        process.env(FOLDER, folder).env_remove("RUST_BACKTRACE").output().unwrap()
    }

    /// Does nothing in the test process itself.
    #[test]
    fn an_internal_error() {
        let Some(folder) = env::var_os(FOLDER) else { return };
        let shutdown = Shutdown::listen();
        let mut file = NewFile::create(&Path::new(&folder).join("rows.csv"), &shutdown).unwrap();
        file.write(&"half ".repeat(100_000)).unwrap();
        let worker = thread::spawn(|| panic!("there is no seventh worker"));
        let _ = worker.join();
        file.finish().unwrap();
    }

    #[test]
    fn an_internal_error_of_any_thread_ends_with_4_asks_for_the_scenario_and_leaves_no_half_written_file() {
        let folder = tempfile::tempdir().unwrap();
        let output = process_with_an_internal_error(folder.path());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(4), "{said}");
        for words in ["error: internal error: there is no seventh worker (src/cli/shutdown.rs:", "with the scenario"] {
            assert!(said.contains(words), "no {words:?} in\n{said}");
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "something is left behind");
    }
}
