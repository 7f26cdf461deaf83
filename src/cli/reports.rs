//! Where reports go: standard output, and the files of `--export`.

use std::path::{Path, PathBuf};

use super::arguments::Export;
use super::failure::Failure;
use super::files::NewFile;
use super::github;
use super::interrupt::Interrupt;
use super::terminal::{Stdout, note};
use crate::output::{Format, Report, View};

/// The reports of a command, while its scenarios run one after another.
#[derive(Debug)]
pub struct Reports {
    printed: Option<Format>,
    exports: Vec<(Format, NewFile)>,
    view: View<'static>,
    /// Those that have run, for formats that are one document; empty if there is none.
    kept: Vec<Report>,
}

impl Reports {
    /// Begins the files, so that one which cannot be written ends the command before a scenario runs.
    ///
    /// # Errors
    /// [`Failure::Write`] naming the path.
    pub fn begin(
        printed: Option<Format>,
        exports: &[Export],
        view: View<'static>,
        interrupt: &Interrupt,
    ) -> Result<Self, Failure> {
        let begin = |export: &Export| Ok((export.format, NewFile::create(&export.path, interrupt)?));
        let exports = exports.iter().map(begin).collect::<Result<_, Failure>>()?;
        Ok(Self { printed, exports, view, kept: Vec::new() })
    }

    /// Adds a scenario that has run.
    ///
    /// # Errors
    /// When its report cannot be written.
    pub fn add(&mut self, report: Report, stdout: &mut Stdout) -> Result<(), Failure> {
        self.write(stdout, |format, view| format.piece(&report, view))?;
        self.view.before += 1;
        let mut formats = self.printed.into_iter().chain(self.exports.iter().map(|(format, _)| *format));
        if formats.any(Format::is_document) {
            self.kept.push(report);
        }
        Ok(())
    }

    /// Writes what there is to say when all scenarios have run, and gives the files their names.
    ///
    /// # Errors
    /// When a file or standard output cannot be written.
    pub fn finish(mut self, stdout: &mut Stdout) -> Result<(), Failure> {
        let kept = std::mem::take(&mut self.kept);
        self.write(stdout, |format, view| format.document(&kept, view))?;
        if self.printed == Some(Format::Github) {
            github::add_step_summary(&kept, self.view)?;
        }
        self.exports.into_iter().try_for_each(|(_, file)| file.finish())
    }

    /// Writes text to standard output and to every file, each in its format. Only standard output has colour.
    fn write(&mut self, stdout: &mut Stdout, text: impl Fn(Format, View) -> String) -> Result<(), Failure> {
        let folder = github::folder();
        let view = View { folder: &folder, ..self.view };
        if let Some(format) = self.printed {
            stdout.write(&text(format, stdout.view(view)))?;
        }
        for (format, file) in &mut self.exports {
            file.write(&text(*format, view)).map_err(|error| file.failure(&error))?;
        }
        Ok(())
    }
}

/// Makes sure that no file would be written twice; `others` are those that are written beside the exports.
///
/// # Errors
/// [`Failure::Bad`] naming the file.
pub fn expect_different(exports: &[Export], others: &[&Path]) -> Result<(), Failure> {
    let mut known: Vec<PathBuf> = others.iter().map(|path| resolved(path)).collect();
    for Export { path, .. } in exports {
        let resolved = resolved(path);
        if known.contains(&resolved) {
            let message = format!("`{}` would be written twice", path.display());
            return Err(Failure::bad(message, "give each format a file of its own"));
        }
        known.push(resolved);
    }
    Ok(())
}

/// The path by which a file is known, whatever way leads there.
fn resolved(path: &Path) -> PathBuf {
    let real = |path: &Path| path.canonicalize().ok();
    let in_folder = || Some(real(super::files::folder_of(path))?.join(path.file_name()?));
    real(path).or_else(in_folder).or_else(|| std::path::absolute(path).ok()).unwrap_or_else(|| path.to_owned())
}

/// Says which files were written.
pub fn note_exports(exports: &[Export]) {
    for export in exports {
        note(&format!("wrote {}\n", export.path.display()));
    }
}
