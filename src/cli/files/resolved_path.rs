//! Which file a path leads to, whatever way it takes.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// The most links that are followed one after another, as in Linux.
const MOST_LINKS: usize = 40;

/// A file that is there, or that would be there once it is written.
#[derive(Clone, Debug)]
pub struct ResolvedPath {
    /// Without links, from the root.
    real_path: PathBuf,
    /// `None` where nothing is yet.
    found: Option<fs::Metadata>,
}

impl ResolvedPath {
    /// Where a path leads. Links are followed, also to what does not exist yet.
    ///
    /// # Errors
    /// Links in a loop, a folder, or what the operating system says.
    pub fn of(path: &Path) -> io::Result<Self> {
        let real_path = real_path(path)?;
        let found = match fs::metadata(&real_path) {
            Ok(found) => Some(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        if found.as_ref().is_some_and(fs::Metadata::is_dir) || names_a_folder(path) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        Ok(Self { real_path, found })
    }

    /// The path without links, from the root.
    pub fn real_path(&self) -> &Path {
        &self.real_path
    }

    /// Whether something is there.
    pub const fn exists(&self) -> bool {
        self.found.is_some()
    }

    /// Whether what is written there replaces what was there, as it does unless that is a device or a pipe.
    pub fn is_replaced(&self) -> bool {
        self.found.as_ref().is_none_or(fs::Metadata::is_file)
    }

    /// Whether both are the same file, also by another name of it.
    pub fn is_same(&self, other: &Self) -> bool {
        let inode = |place: &Self| place.found.as_ref().and_then(inode);
        self.real_path == other.real_path || inode(self).is_some_and(|own| inode(other) == Some(own))
    }

    /// The folder that the file is in, or the nearest one around it that exists.
    pub fn existing_folder(&self) -> &Path {
        self.real_path.ancestors().skip(1).find(|folder| folder.exists()).unwrap_or(Path::new("."))
    }
}

/// The folder that a file is in.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether a path cannot be that of a file, as it ends in a separator.
fn names_a_folder(path: &Path) -> bool {
    path.as_os_str().to_string_lossy().ends_with(std::path::is_separator)
}

fn real_path(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match fs::canonicalize(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            found => return found,
        }
        match fs::read_link(&path) {
            Ok(target) => path = folder_of(&path).join(target),
            Err(_) => return new_path(&path),
        }
    }
    Err(io::Error::other("too many links one after another"))
}

/// The real path of what does not exist: that of the nearest folder that does, and the rest as it is.
fn new_path(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    for folder in path.ancestors().skip(1) {
        if let (Ok(real), Ok(rest)) = (fs::canonicalize(folder), path.strip_prefix(folder)) {
            return Ok(real.join(rest));
        }
    }
    Ok(path)
}

/// What names of the same file have in common.
#[cfg(unix)]
fn inode(found: &fs::Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((found.dev(), found.ino()))
}

/// Other systems do not say.
#[cfg(not(unix))]
const fn inode(_: &fs::Metadata) -> Option<(u64, u64)> {
    None
}
