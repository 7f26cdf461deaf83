//! The file that a path leads to, with all links resolved.

use std::path::{Path, PathBuf};
use std::{fs, io};

/// Maximum number of links followed one after another, as in Linux.
const MOST_LINKS: usize = 40;

/// A file that exists, or that will exist once it is written.
#[derive(Clone, Debug)]
pub struct ResolvedPath {
    /// The absolute path without links.
    real_path: PathBuf,
    /// `None` if it does not exist.
    found: Option<fs::Metadata>,
}

impl ResolvedPath {
    /// Resolves a path. Links are followed, even to files that do not exist yet.
    ///
    /// # Errors
    /// A loop of links, a folder, or any error of the operating system.
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

    /// The absolute path without links.
    pub fn real_path(&self) -> &Path {
        &self.real_path
    }

    /// Whether the file exists.
    pub const fn exists(&self) -> bool {
        self.found.is_some()
    }

    /// Whether writing replaces the file: always, except for a device or a pipe.
    pub fn is_replaced(&self) -> bool {
        self.found.as_ref().is_none_or(fs::Metadata::is_file)
    }

    /// Whether both are the same file, possibly under different names.
    pub fn is_same(&self, other: &Self) -> bool {
        let inode = |path: &Self| path.found.as_ref().and_then(inode);
        self.real_path == other.real_path || inode(self).is_some_and(|own| inode(other) == Some(own))
    }

    /// The nearest existing folder above the file.
    pub fn existing_folder(&self) -> &Path {
        self.real_path.ancestors().skip(1).find(|folder| folder.exists()).unwrap_or(Path::new("."))
    }
}

/// The folder of a file.
pub fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Whether a path ends in a separator, so that it cannot name a file.
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

/// The real path of a file that does not exist: that of the nearest existing folder, and the rest unchanged.
fn new_path(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    for folder in path.ancestors().skip(1) {
        if let (Ok(real), Ok(rest)) = (fs::canonicalize(folder), path.strip_prefix(folder)) {
            return Ok(real.join(rest));
        }
    }
    Ok(path)
}

/// What identifies a file under all its names.
#[cfg(unix)]
fn inode(found: &fs::Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((found.dev(), found.ino()))
}

/// Not available on other systems.
#[cfg(not(unix))]
const fn inode(_: &fs::Metadata) -> Option<(u64, u64)> {
    None
}
