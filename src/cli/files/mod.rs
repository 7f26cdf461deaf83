//! Files: a file is written completely or not at all; what is read can be read again.

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
    /// The path as the user named it.
    path: PathBuf,
    sink: Sink,
}

#[derive(Debug)]
enum Sink {
    /// A regular file: the previous one stays until this one is complete.
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
        let sink = Sink::create(path, shutdown).map_err(|error| Failure::write(path, &error))?;
        Ok(Self { path: path.to_owned(), sink })
    }

    /// Appends text.
    ///
    /// # Errors
    /// Any error of the operating system; see [`NewFile::failure`].
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        match &mut self.sink {
            Sink::Whole { file, .. } => file.write_all(text.as_bytes()),
            Sink::Direct { reader_has_gone: true, .. } => Ok(()),
            Sink::Direct { file, reader_has_gone } => {
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
        self.sink.finish().map_err(|error| Failure::write(&self.path, &error))
    }
}

impl Sink {
    fn create(path: &Path, shutdown: &Shutdown) -> io::Result<Self> {
        let resolved = ResolvedPath::of(path)?;
        let real_path = resolved.real_path().to_owned();
        if !resolved.is_replaced() {
            let file = BufWriter::new(fs::File::options().write(true).open(real_path)?);
            return Ok(Self::Direct { file, reader_has_gone: false });
        }
        // A file that we may not write is not replaced either.
        if resolved.exists() {
            fs::File::options().write(true).open(&real_path)?;
        }
        let file = BufWriter::new(Temporary::begin(resolved.existing_folder(), shutdown)?);
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

/// A pipe that is no longer read is not an error.
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

/// Appends to a file that other programs write to as well.
///
/// # Errors
/// [`Failure::Write`] naming the path.
pub fn append(path: &Path, text: &str) -> Result<(), Failure> {
    let file = fs::File::options().append(true).create(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).map_err(|error| Failure::write(path, &error))
}

/// Maximum size of a scenario file, in bytes.
pub const MOST_OF_SCENARIO: u64 = 16 << 20;
/// Maximum size of a baseline, a case to replay, or a list of durations, in bytes.
pub const MOST_OF_DATA: u64 = 256 << 20;

/// The contents of a file of at most `most` bytes; some files never end, such as `/dev/zero`.
///
/// # Errors
/// Any error of the operating system, or that the file is larger.
pub fn read_up_to(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    bytes_up_to(fs::File::open(path)?, most)
}

/// Everything from a source, up to `most` bytes.
///
/// # Errors
/// Any error of the operating system, or that there is more.
pub fn bytes_up_to(source: impl Read, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let message = format!("it is larger than {} MiB, the maximum for such a file", most >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
    }
    Ok(bytes)
}

/// The text of a file of at most `most` bytes.
///
/// # Errors
/// Any error of the operating system, that the file is larger, or that it is not UTF-8.
pub fn text_up_to(path: &Path, most: u64) -> io::Result<String> {
    let bytes = read_up_to(path, most)?;
    String::from_utf8(bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// Opens a file that a scenario names. It may be read several times, which is impossible for a pipe.
///
/// # Errors
/// Any error of the operating system, or that it is not a regular file.
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
