//! The CSV of single requests (`--csv`).

use std::cell::{Cell, RefCell};
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::failure::Failure;
use super::files::NewFile;
use super::shutdown::Shutdown;
use crate::output;
use crate::scenario::Scenario;
use crate::study::RequestRow;

/// The CSV of single requests, while it is being written.
pub struct RequestsCsv {
    several: bool,
    replications: bool,
    file: RefCell<NewFile>,
    line: RefCell<String>,
    error: Cell<Option<io::Error>>,
    is_writable: AtomicBool,
}

impl RequestsCsv {
    /// Creates the file, with its header.
    ///
    /// # Errors
    /// If it cannot be created.
    pub fn begin(path: &Path, scenarios: &[Scenario], shutdown: &Shutdown) -> Result<Self, Failure> {
        let several = scenarios.len() > 1;
        let is_replicated = |scenario: &Scenario| scenario.run().replications > 1 || scenario.run().precision.is_some();
        let replications = scenarios.iter().any(is_replicated);
        let mut file = NewFile::create(path, shutdown)?;
        file.write(&output::requests_csv_header(several, replications)).map_err(|error| file.failure(&error))?;
        Ok(Self {
            several,
            replications,
            file: RefCell::new(file),
            line: RefCell::default(),
            error: Cell::new(None),
            is_writable: AtomicBool::new(true),
        })
    }

    /// Writes a row. After an error nothing more is written.
    pub fn add(&self, scenario: &str, row: &RequestRow<'_>) {
        let mut line = self.line.borrow_mut();
        line.clear();
        let replication = self.replications.then(|| row.replication.unwrap_or(1));
        let row = RequestRow { replication, ..*row };
        output::requests_csv_row(self.several.then_some(scenario), &row, &mut line);
        if self.is_writable.load(Ordering::Relaxed)
            && let Err(error) = self.file.borrow_mut().write(&line)
        {
            self.is_writable.store(false, Ordering::Relaxed);
            self.error.set(Some(error));
        }
    }

    /// Whether every row could be written so far; may be read from any thread.
    pub const fn is_writable(&self) -> &AtomicBool {
        &self.is_writable
    }

    /// Makes sure that every row was written.
    ///
    /// # Errors
    /// The first error.
    pub fn check(&self) -> Result<(), Failure> {
        self.error.take().map_or(Ok(()), |error| Err(self.file.borrow().failure(&error)))
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// If that is not possible.
    pub fn finish(self) -> Result<(), Failure> {
        self.file.into_inner().finish()
    }
}
