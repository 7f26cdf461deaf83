//! Files: what is written is there as a whole or not at all; what is read may be read again.

mod resolved_path;
mod temporary;

use std::fs;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use self::temporary::Temporary;
use super::failure::{Failure, reason};
use super::shutdown::Shutdown;

pub use self::resolved_path::{ResolvedPath, folder_of};

/// A file being written. Dropped before it is finished, it leaves nothing behind.
#[derive(Debug)]
pub struct NewFile {
    /// As the user named it.
    path: PathBuf,
    target: Target,
}

#[derive(Debug)]
enum Target {
    /// A regular file: what was there stays until this one is whole.
    Whole { file: BufWriter<Temporary>, real_path: PathBuf },
    /// A device or a pipe, which must not be replaced.
    Direct { file: BufWriter<fs::File>, reader_has_gone: bool },
}

impl NewFile {
    /// Begins a file. Its folder need not exist: it is created when the file is finished.
    ///
    /// # Errors
    /// [`Failure::Write`] naming the path.
    pub fn create(path: &Path, shutdown: &Shutdown) -> Result<Self, Failure> {
        let target = Target::create(path, shutdown).map_err(|error| Failure::write(path, &error))?;
        Ok(Self { path: path.to_owned(), target })
    }

    /// Writes a piece.
    ///
    /// # Errors
    /// What the operating system says; see [`NewFile::failure`].
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        match &mut self.target {
            Target::Whole { file, .. } => file.write_all(text.as_bytes()),
            Target::Direct { reader_has_gone: true, .. } => Ok(()),
            Target::Direct { file, reader_has_gone } => {
                unless_reader_has_gone(file.write_all(text.as_bytes()), reader_has_gone)
            }
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
    fn create(path: &Path, shutdown: &Shutdown) -> io::Result<Self> {
        let place = ResolvedPath::of(path)?;
        let real_path = place.real_path().to_owned();
        if !place.is_replaced() {
            let file = BufWriter::new(fs::File::options().write(true).open(real_path)?);
            return Ok(Self::Direct { file, reader_has_gone: false });
        }
        // A file that we may not write is not replaced either.
        if place.exists() {
            fs::File::options().write(true).open(&real_path)?;
        }
        let file = BufWriter::new(Temporary::begin(place.existing_folder(), shutdown)?);
        Ok(Self::Whole { file, real_path })
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Self::Whole { file, real_path } => {
                let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
                fs::create_dir_all(folder_of(&real_path))?;
                file.finish(&real_path)
            }
            Self::Direct { reader_has_gone: true, .. } => Ok(()),
            Self::Direct { mut file, mut reader_has_gone } => {
                unless_reader_has_gone(file.flush(), &mut reader_has_gone)
            }
        }
    }
}

/// A pipe whose reader has seen enough is no error.
fn unless_reader_has_gone(written: io::Result<()>, reader_has_gone: &mut bool) -> io::Result<()> {
    *reader_has_gone = written.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::BrokenPipe);
    if *reader_has_gone { Ok(()) } else { written }
}

/// Writes a whole file.
///
/// # Errors
/// [`Failure::Write`] naming the path.
pub fn write(path: &Path, text: &str, shutdown: &Shutdown) -> Result<(), Failure> {
    let mut file = NewFile::create(path, shutdown)?;
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
