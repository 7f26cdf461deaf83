//! The files that a command reads and writes. No output may replace an input or another output of the same command: this
//! is checked before anything runs.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::failure::Failure;
use super::files::{NewFile, ResolvedPath, folder_of};
use super::shutdown::Shutdown;

/// The files read so far; shared with everything that reads.
#[derive(Clone, Debug, Default)]
pub struct Inputs(Arc<Mutex<Vec<Input>>>);

#[derive(Clone, Debug)]
struct Input {
    /// The path as messages show it.
    path: PathBuf,
    kind: InputKind,
    resolved: ResolvedPath,
}

/// The kinds of inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InputKind {
    /// A scenario.
    Scenario,
    /// A trace or measured times named by a scenario.
    Named,
    /// A baseline, or the file where one is expected.
    Baseline,
    /// A file of a measured case.
    Case,
    /// Earlier results that a page shows.
    Results,
}

impl InputKind {
    const fn words(self) -> &'static str {
        match self {
            Self::Scenario => "a scenario of this run",
            Self::Named => "a file that a scenario of this run names",
            Self::Baseline => "the baseline of a scenario of this run",
            Self::Case => "part of a measured case",
            Self::Results => "results that the page shows",
        }
    }
}

impl Inputs {
    /// Records a file that is read, if it is a regular file.
    pub fn add(&self, path: &Path, kind: InputKind) {
        let mut inputs = self.lock();
        if inputs.iter().any(|input| input.path == path) {
            return;
        }
        let resolved = ResolvedPath::of(path).ok().filter(|found| found.exists() && found.is_replaced());
        inputs.extend(resolved.map(|resolved| Input { path: path.to_owned(), kind, resolved }));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Input>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The files that a command will write.
#[derive(Debug)]
pub struct Outputs<'a> {
    inputs: &'a Inputs,
    shutdown: &'a Shutdown,
    /// Missing folders below this one are created.
    out: Option<PathBuf>,
    known: Vec<(PathBuf, ResolvedPath)>,
}

impl<'a> Outputs<'a> {
    /// No outputs yet. Folders below `out` need not exist: they will be created.
    pub fn new(inputs: &'a Inputs, out: Option<&Path>, shutdown: &'a Shutdown) -> Self {
        let out = out.and_then(|out| ResolvedPath::of(&out.join("file")).ok());
        let out = out.map(|inside| folder_of(inside.real_path()).to_owned());
        Self { inputs, shutdown, out, known: Vec::new() }
    }

    /// Adds standard output, if it is a file.
    ///
    /// # Errors
    /// If that file is read.
    pub fn add_stdout(&mut self) -> Result<(), Failure> {
        let path = Path::new("/dev/stdout");
        if let Ok(resolved) = ResolvedPath::of(path)
            && resolved.exists()
            && resolved.is_replaced()
        {
            self.expect_new(path, &resolved, |_| true)?;
            self.known.push((path.to_owned(), resolved));
        }
        Ok(())
    }

    /// Adds a file that will be written, and makes sure that it can be.
    ///
    /// # Errors
    /// [`Failure::Bad`] if it would replace an input or another output, or its folder does not exist;
    /// [`Failure::Write`] if it cannot be written.
    pub fn add(&mut self, path: &Path) -> Result<(), Failure> {
        self.add_unless(path, |_| true)
    }

    /// Adds a baseline that will be written; it may replace a baseline.
    ///
    /// # Errors
    /// As for [`Outputs::add`].
    pub fn add_baseline(&mut self, path: &Path) -> Result<(), Failure> {
        self.add_unless(path, |kind| kind != InputKind::Baseline)
    }

    fn add_unless(&mut self, path: &Path, is_kept: fn(InputKind) -> bool) -> Result<(), Failure> {
        let resolved = ResolvedPath::of(path).map_err(|error| Failure::write(path, &error))?;
        // A device or a pipe may receive several outputs.
        if !resolved.is_replaced() {
            return Ok(());
        }
        self.expect_new(path, &resolved, is_kept)?;
        self.expect_folder(path, &resolved)?;
        NewFile::create(path, self.shutdown)?;
        self.known.push((path.to_owned(), resolved));
        Ok(())
    }

    fn expect_new(&self, path: &Path, resolved: &ResolvedPath, is_kept: fn(InputKind) -> bool) -> Result<(), Failure> {
        let shown = path.display();
        let is_kept = |input: &&Input| is_kept(input.kind) && input.resolved.is_same(resolved);
        if let Some(input) = self.inputs.lock().iter().find(is_kept) {
            let message = format!("`{shown}` would replace `{}`, {}", input.path.display(), input.kind.words());
            return Err(Failure::bad(message, "write to another file"));
        }
        if let Some((other, _)) = self.known.iter().find(|(_, known)| known.is_same(resolved)) {
            let also = if other == path { String::new() } else { format!(", also as `{}`", other.display()) };
            let message = format!("`{shown}` would be written twice{also}");
            return Err(Failure::bad(message, "write each output to a different file"));
        }
        Ok(())
    }

    /// Makes sure that the folder exists or will be created.
    fn expect_folder(&self, path: &Path, resolved: &ResolvedPath) -> Result<(), Failure> {
        let folder = folder_of(resolved.real_path());
        if folder.is_dir() || self.out.as_ref().is_some_and(|out| folder.starts_with(out)) {
            return Ok(());
        }
        if folder.exists() {
            return Err(Failure::write(path, &io::ErrorKind::NotADirectory.into()));
        }
        // A link may lead to a folder that is missing.
        let named = folder_of(path);
        let missing = if named.is_dir() { folder } else { named };
        let message = format!("there is no folder `{}` for `{}`", missing.display(), path.display());
        Err(Failure::bad(message, "create the folder, or write to another one"))
    }
}
