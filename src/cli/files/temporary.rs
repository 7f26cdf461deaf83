//! A file while it is being written.
//!
//! On Linux it has no name until it is complete, so a killed process leaves nothing behind; it has a temporary name only
//! for an instant, when it replaces another file. If the system or the file system does not support unnamed files, it has
//! a temporary name and is locked: one that is not locked was left by a killed process, and is removed when the next file
//! is created in the same folder.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

use crate::cli::shutdown::{PartialFile, Shutdown};

const PREFIX: &str = ".waitline-";
const SUFFIX: &str = ".part";

/// An unfinished file; it is removed when dropped.
#[derive(Debug)]
pub struct Temporary {
    file: Begun,
    shutdown: Shutdown,
}

#[derive(Debug)]
enum Begun {
    #[cfg(target_os = "linux")]
    Nameless(File),
    Named {
        file: NamedTempFile,
        unfinished: PartialFile,
    },
}

impl Temporary {
    /// Creates a file that will be moved to a place in this folder.
    pub fn begin(folder: &Path, shutdown: &Shutdown) -> io::Result<Self> {
        remove_stale(folder);
        #[cfg(target_os = "linux")]
        if let Ok(file) = nameless::begin(folder) {
            return Ok(Self { file: Begun::Nameless(file), shutdown: shutdown.clone() });
        }
        Self::begin_named(folder, shutdown)
    }

    fn begin_named(folder: &Path, shutdown: &Shutdown) -> io::Result<Self> {
        loop {
            let file = shared_by_default(&mut builder()).tempfile_in(folder)?;
            // If the file system has no locks, stale files are not removed either.
            let _ = file.as_file().lock();
            // Another process may have found the file before it was locked, and removed it.
            if file.path().exists() {
                let unfinished = shutdown.partial_file(file.path());
                return Ok(Self { file: Begun::Named { file, unfinished }, shutdown: shutdown.clone() });
            }
        }
    }

    /// Gives the file its name, and the permissions of the file that had it.
    pub fn finish(self, path: &Path) -> io::Result<()> {
        match self.file {
            #[cfg(target_os = "linux")]
            Begun::Nameless(file) => {
                keep_permissions(&file, path)?;
                self.shutdown.as_a_whole(|| nameless::name(&file, path))
            }
            Begun::Named { file, unfinished } => {
                keep_permissions(file.as_file(), path)?;
                self.shutdown.as_a_whole(|| file.persist(path))?;
                drop(unfinished);
                Ok(())
            }
        }
    }
}

impl Write for Temporary {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.file {
            #[cfg(target_os = "linux")]
            Begun::Nameless(file) => file.write(bytes),
            Begun::Named { file, .. } => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn builder() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    builder
}

/// Removes what killed processes have left in a folder: files with our prefix and suffix that are not locked.
fn remove_stale(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let is_ours = name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        if is_ours
            && entry.file_type().is_ok_and(|kind| kind.is_file())
            && let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Copies owner and permissions from the file that it will replace, if there is one.
#[cfg(unix)]
fn keep_permissions(file: &File, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};

    let Ok(replaced) = fs::metadata(path) else { return Ok(()) };
    let new = file.metadata()?;
    if (new.uid(), new.gid()) != (replaced.uid(), replaced.gid()) {
        // Only the administrator may change the owner.
        let _ = fchown(file, Some(replaced.uid()), Some(replaced.gid()));
    }
    file.set_permissions(replaced.permissions())
}

/// Permissions are those of the folder.
#[cfg(not(unix))]
fn keep_permissions(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}

/// Temporary files are private by default, but results should not be. The process's umask still applies.
#[cfg(unix)]
fn shared_by_default<'a, 'b>(builder: &'a mut Builder<'b, 'b>) -> &'a mut Builder<'b, 'b> {
    use std::os::unix::fs::PermissionsExt;
    builder.permissions(fs::Permissions::from_mode(0o666))
}

/// Temporary files have the permissions of their folder.
#[cfg(not(unix))]
fn shared_by_default<'a, 'b>(builder: &'a mut Builder<'b, 'b>) -> &'a mut Builder<'b, 'b> {
    builder
}

/// Files without a name.
#[cfg(target_os = "linux")]
mod nameless {
    use std::fs::{self, File};
    use std::io;
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::OpenOptionsExt;
    use std::path::{Path, PathBuf};

    use rustix::fs::{AtFlags, CWD, OFlags, linkat};

    use super::builder;
    use crate::cli::files::folder_of;

    /// Creates a file in the file system of a folder.
    pub fn begin(folder: &Path) -> io::Result<File> {
        let file = File::options().write(true).custom_flags(OFlags::TMPFILE.bits() as i32).open(folder)?;
        // Without this path the file could not be named later.
        fs::symlink_metadata(own_path(&file))?;
        // Its temporary name must not look like that of a stale file.
        let _ = file.try_lock();
        Ok(file)
    }

    /// Gives the file a name. If another file has that name, this one first gets a temporary name in the same folder and is
    /// then renamed.
    pub fn name(file: &File, path: &Path) -> io::Result<()> {
        let own_path = own_path(file);
        let link = |path: &Path| linkat(CWD, &own_path, CWD, path, AtFlags::SYMLINK_FOLLOW).map_err(io::Error::from);
        match link(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                builder().make_in(folder_of(path), link)?.persist(path)?;
                Ok(())
            }
            linked => linked,
        }
    }

    fn own_path(file: &File) -> PathBuf {
        PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn files_of_killed_processes_are_removed_and_files_being_written_stay() {
        let folder = tempfile::tempdir().unwrap();
        let shutdown = Shutdown::default();
        let stale = folder.path().join(".waitline-AbCdEf.part");
        fs::write(&stale, "half").unwrap();
        fs::write(folder.path().join(".waitline-notes"), "mine").unwrap();
        let other_process = Temporary::begin_named(folder.path(), &shutdown).unwrap();
        assert_eq!(names(folder.path()).len(), 3);
        let other = Temporary::begin(folder.path(), &shutdown).unwrap();
        assert!(!stale.exists());
        other.finish(&folder.path().join("b.csv")).unwrap();
        other_process.finish(&folder.path().join("a.csv")).unwrap();
        assert_eq!(names(folder.path()), [".waitline-notes", "a.csv", "b.csv"]);
    }

    #[test]
    fn named_and_unnamed_temporary_files_behave_alike() {
        let folder = tempfile::tempdir().unwrap();
        let shutdown = Shutdown::default();
        let path = folder.path().join("rows.csv");
        for begin in [Temporary::begin, Temporary::begin_named] {
            for content in ["one", "two"] {
                let mut file = begin(folder.path(), &shutdown).unwrap();
                file.write_all(content.as_bytes()).unwrap();
                file.finish(&path).unwrap();
                assert_eq!(fs::read_to_string(&path).unwrap(), content);
            }
            drop(begin(folder.path(), &shutdown).unwrap());
            assert_eq!(names(folder.path()), ["rows.csv"]);
            fs::remove_file(&path).unwrap();
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_has_no_name_until_it_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        if nameless::begin(folder.path()).is_err() {
            // This file system does not support unnamed files.
            return;
        }
        let mut file = Temporary::begin(folder.path(), &Shutdown::default()).unwrap();
        file.write_all(b"half").unwrap();
        assert!(names(folder.path()).is_empty());
    }
}
