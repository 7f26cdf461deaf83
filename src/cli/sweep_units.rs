//! The finished units of a sweep: a file each, so that a sweep that was interrupted can be continued.
//!
//! The folder is removed once the sweep is complete. Files of another sweep, or of another version, are never used.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::files;
use super::shutdown::Shutdown;
use crate::output::SweepRecord;
use crate::study::UnitKey;

/// The schema of the files; only the same version of the program reads them.
const SCHEMA: &str = "waitline.sweep.unit/1";

/// The folder of a sweep's finished units.
pub struct SweepUnits<'a> {
    folder: PathBuf,
    /// What the units depend on.
    identity: String,
    shutdown: &'a Shutdown,
    /// The first file that could not be written.
    failure: Mutex<Option<Failure>>,
}

/// A finished unit as its file holds it.
#[derive(Debug, Serialize, Deserialize)]
struct UnitFile {
    schema: String,
    sweep: String,
    unit: SweepRecord,
}

impl<'a> SweepUnits<'a> {
    /// The units in a folder, which need not exist.
    pub fn new(folder: PathBuf, identity: String, shutdown: &'a Shutdown) -> Self {
        Self { folder, identity, shutdown, failure: Mutex::new(None) }
    }

    /// The units that are finished.
    ///
    /// # Errors
    /// If a file cannot be read, or belongs to another sweep.
    pub fn finished(&self) -> Result<BTreeMap<UnitKey, SweepRecord>, Failure> {
        let mut finished = BTreeMap::new();
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(finished),
            Err(error) => return Err(self.unreadable(&self.folder, &error.to_string())),
        };
        for entry in entries.filter_map(Result::ok) {
            let unit = self.read(&entry.path())?;
            finished.insert(unit.key, unit);
        }
        Ok(finished)
    }

    fn read(&self, path: &Path) -> Result<SweepRecord, Failure> {
        let text =
            files::text_up_to(path, files::MOST_OF_DATA).map_err(|error| self.unreadable(path, &error.to_string()))?;
        let file: UnitFile =
            serde_json::from_str(&text).map_err(|_| self.unreadable(path, "it is not a unit of a sweep"))?;
        if file.schema != SCHEMA || file.sweep != self.identity {
            let message = format!("the unfinished sweep in `{}` is another one", self.folder.display());
            let help = "its scenario, variations, seed, replications or version differ: start over without --resume, or write \
                        to another folder with --out";
            return Err(Failure::bad(message, help));
        }
        Ok(file.unit)
    }

    fn unreadable(&self, path: &Path, why: &str) -> Failure {
        Failure::bad(
            format!("cannot read `{}`: {why}", path.display()),
            format!("start over without --resume, or remove `{}`", self.folder.display()),
        )
    }

    /// Writes a finished unit. The first failure is kept for [`SweepUnits::check`].
    pub fn write(&self, unit: SweepRecord) {
        let path = self.folder.join(name(unit.key));
        let file = UnitFile { schema: SCHEMA.to_owned(), sweep: self.identity.clone(), unit };
        let text = serde_json::to_string(&file).expect("a unit is plain data under names") + "\n";
        if let Err(failure) = files::write(&path, &text, self.shutdown)
            && let Ok(mut first) = self.failure.lock()
        {
            first.get_or_insert(failure);
        }
    }

    /// Whether all units could be written.
    pub fn is_writable(&self) -> bool {
        self.failure.lock().is_ok_and(|failure| failure.is_none())
    }

    /// The first failure.
    ///
    /// # Errors
    /// If a unit could not be written.
    pub fn check(&self) -> Result<(), Failure> {
        self.failure.lock().ok().and_then(|mut failure| failure.take()).map_or(Ok(()), Err)
    }

    /// Removes the folder, if it holds nothing but units.
    ///
    /// # Errors
    /// If a unit cannot be removed.
    pub fn remove(&self) -> Result<(), Failure> {
        let failure = |error: &io::Error| Failure::write(&self.folder, error);
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failure(&error)),
        };
        let is_unit = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().ends_with(ENDING));
        let mut units = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_unit);
        units.try_for_each(|path| fs::remove_file(path).map_err(|error| failure(&error)))?;
        // Whatever else is in the folder stays.
        let _ = fs::remove_dir(&self.folder);
        Ok(())
    }
}

const ENDING: &str = ".unit.json";

/// The name of a unit's file.
fn name(UnitKey { point, policy }: UnitKey) -> String {
    let point = point.map_or_else(|| "light".to_owned(), |point| format!("point-{point}"));
    format!("{point}.policy-{policy}{ENDING}")
}
