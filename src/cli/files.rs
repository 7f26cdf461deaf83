//! Files: what is written is there as a whole or not at all (written beside, then renamed); what is read may be read again.

use std::fs;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::failure::{Failure, reason};
use super::interrupt::{Interrupt, Unfinished};

/// A file being written. Dropped before it is finished, it leaves nothing behind.
#[derive(Debug)]
pub struct NewFile {
    /// As the user named it.
    path: PathBuf,
    target: Target,
}

#[derive(Debug)]
enum Target {
    Beside {
        file: BufWriter<NamedTempFile>,
        real_path: PathBuf,
        _unfinished: Unfinished,
    },
    /// Not a regular file (`/dev/null`, a named pipe): it must not be replaced.
    Direct(BufWriter<fs::File>),
}

impl NewFile {
    /// Begins a file; its folder is created if need be.
    ///
    /// # Errors
    /// [`Failure::Write`] naming the path.
    pub fn create(path: &Path, interrupt: &Interrupt) -> Result<Self, Failure> {
        let target = Target::create(path, interrupt).map_err(|error| Failure::write(path, &error))?;
        Ok(Self { path: path.to_owned(), target })
    }

    /// Writes a piece.
    ///
    /// # Errors
    /// What the operating system says; see [`NewFile::failure`].
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        match &mut self.target {
            Target::Beside { file, .. } => file.write_all(text.as_bytes()),
            Target::Direct(file) => file.write_all(text.as_bytes()),
        }
    }

    /// An error of this file as a failure.
    pub fn failure(&self, error: &io::Error) -> Failure {
        Failure::write(&self.path, error)
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// [`Failure::Write`] naming the path.
    pub fn finish(self) -> Result<(), Failure> {
        self.target.finish().map_err(|error| Failure::write(&self.path, &error))
    }
}

impl Target {
    fn create(path: &Path, interrupt: &Interrupt) -> io::Result<Self> {
        // A link stays a link: what it points to is replaced.
        let real_path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match fs::metadata(&real_path) {
            Ok(found) if found.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if !found.is_file() => {
                return Ok(Self::Direct(BufWriter::new(fs::File::options().write(true).open(&real_path)?)));
            }
            _ => {}
        }
        let folder = folder_of(&real_path);
        fs::create_dir_all(folder)?;
        let file = shared_by_default(tempfile::Builder::new().prefix(".waitline-")).tempfile_in(folder)?;
        let unfinished = interrupt.unfinished(file.path());
        Ok(Self::Beside { file: BufWriter::new(file), real_path, _unfinished: unfinished })
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Beside { file, real_path, .. } => {
                file.into_inner().map_err(io::IntoInnerError::into_error)?.persist(real_path)?;
                Ok(())
            }
            Self::Direct(mut file) => file.flush(),
        }
    }
}

/// Writes a whole file.
///
/// # Errors
/// [`Failure::Write`] naming the path.
pub fn write(path: &Path, text: &str, interrupt: &Interrupt) -> Result<(), Failure> {
    let mut file = NewFile::create(path, interrupt)?;
    file.write(text).map_err(|error| file.failure(&error))?;
    file.finish()
}

/// Adds to a file that others write to as well.
///
/// # Errors
/// [`Failure::Write`] naming the path.
pub fn append(path: &Path, text: &str) -> Result<(), Failure> {
    let file = fs::File::options().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| Failure::write(path, &error))
}

/// Makes sure, before a long run, that files can be created in this folder or where it will be created. Leaves nothing.
///
/// # Errors
/// [`Failure::Write`] naming the folder.
pub fn expect_writable(folder: &Path) -> Result<(), Failure> {
    let existing = folder.ancestors().find(|ancestor| ancestor.as_os_str().is_empty() || ancestor.exists());
    let existing = existing.filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let attempt = if existing.is_dir() {
        tempfile::tempfile_in(existing).map(drop)
    } else {
        Err(io::Error::other(format!("`{}` is not a directory", existing.display())))
    };
    attempt.map_err(|error| Failure::write(folder, &error))
}

/// The most bytes of a file that is read as a whole: of a scenario, and of what was recorded or measured.
pub const MOST_OF_SCENARIO: u64 = 16 << 20;
/// The same of a baseline, of a case to replay, and of a list of durations.
pub const MOST_OF_DATA: u64 = 256 << 20;

/// All of a file, if it has no more than so many bytes; some have no end, such as `/dev/zero`.
///
/// # Errors
/// What the operating system says, or that it is larger.
pub fn read_up_to(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    bytes_up_to(fs::File::open(path)?, most)
}

/// All there is to read, if it is no more than so many bytes.
///
/// # Errors
/// What the operating system says, or that there is more.
pub fn bytes_up_to(source: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let message = format!("it is larger than {} MiB, the most that is read of such a file", most >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// A file's text, if it has no more than so many bytes.
///
/// # Errors
/// What the operating system says, that it is larger, or that it is not UTF-8.
pub fn text_up_to(path: &Path, most: u64) -> io::Result<String> {
    let bytes = read_up_to(path, most)?;
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Opens a file that a scenario names. It may be read several times, which a pipe cannot.
///
/// # Errors
/// What the operating system says, or that it is no regular file.
pub fn open(path: &Path) -> io::Result<Box<dyn BufRead + Send>> {
    let in_words = |error: io::Error| io::Error::new(error.kind(), reason(&error));
    let found = fs::metadata(path).map_err(in_words)?;
    if found.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !found.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let file = fs::File::open(path).map_err(in_words)?;
    Ok(Box::new(BufReader::with_capacity(1 << 16, file)))
}

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Temporary files are private; results are not. The process's umask still holds.
#[cfg(unix)]
fn shared_by_default<'a, 'b>(builder: &'a mut tempfile::Builder<'b, 'b>) -> &'a mut tempfile::Builder<'b, 'b> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666))
}

/// Temporary files have the permissions of their folder.
#[cfg(not(unix))]
fn shared_by_default<'a, 'b>(builder: &'a mut tempfile::Builder<'b, 'b>) -> &'a mut tempfile::Builder<'b, 'b> {
    builder
}
