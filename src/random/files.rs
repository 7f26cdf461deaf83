//! Files named by a scenario. The caller decides how they are opened; this floor only reads them.

use std::fmt;
use std::io::{self, BufRead, Read};
use std::sync::Arc;

/// Maximum size of a file that is read as a whole, in bytes.
const MOST_TEXT: u64 = 64 << 20;

/// Opens files by their path relative to the scenario, as often as needed.
#[derive(Clone)]
pub struct Files(Arc<Open>);

type Open = dyn Fn(&str) -> io::Result<Box<dyn BufRead + Send>> + Send + Sync;

impl Files {
    /// Files that `open` opens.
    pub fn new(open: impl Fn(&str) -> io::Result<Box<dyn BufRead + Send>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(open))
    }

    /// For a scenario that is not a file: none can be opened.
    pub fn none() -> Self {
        Self::new(|_| Err(io::Error::other("a scenario that is not a file cannot name one")))
    }

    /// Opens a file.
    ///
    /// # Errors
    /// What is wrong and, on a separate line, what to do.
    pub fn open(&self, path: &str) -> Result<Box<dyn BufRead + Send>, String> {
        (self.0)(path).map_err(|error| unreadable(path, &error))
    }

    /// The text of a file.
    ///
    /// # Errors
    /// As for [`Files::open`].
    pub fn text(&self, path: &str) -> Result<String, String> {
        let mut text = String::new();
        let mut start = self.open(path)?.take(MOST_TEXT + 1);
        start.read_to_string(&mut text).map_err(|error| unreadable(path, &error))?;
        if text.len() as u64 > MOST_TEXT {
            return Err(format!(
                "`{path}` is larger than {} MiB\nfiles of durations may not be larger; name a smaller one",
                MOST_TEXT >> 20
            ));
        }
        Ok(text)
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Files")
    }
}

/// Why a file cannot be read and, on a separate line, what to do.
pub(super) fn unreadable(path: &str, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            format!("there is no file `{path}`\nname a file by its path relative to the scenario")
        }
        io::ErrorKind::IsADirectory => format!("`{path}` is a directory\nname a file in it"),
        io::ErrorKind::InvalidData => format!("`{path}` is not valid UTF-8\nsave the file as UTF-8"),
        _ => format!("`{path}` cannot be read: {error}"),
    }
}
