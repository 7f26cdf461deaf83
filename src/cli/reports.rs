//! Where reports go: standard output, and the files of `--export`.

use super::arguments::Export;
use super::ending::Ending;
use super::failure::Failure;
use super::files::NewFile;
use super::github;
use super::outputs::Outputs;
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
        ending: &Ending,
    ) -> Result<Self, Failure> {
        let begin = |export: &Export| Ok((export.format, NewFile::create(&export.path, ending)?));
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

/// Adds what reports are written to: the files of `--export`, and the summary of a step.
///
/// # Errors
/// As for [`Outputs::add`].
pub fn add_outputs(printed: Option<Format>, exports: &[Export], outputs: &mut Outputs<'_>) -> Result<(), Failure> {
    if printed.is_some() {
        outputs.add_stdout();
    }
    if printed == Some(Format::Github) {
        github::summary_path().map_or(Ok(()), |path| outputs.add(&path))?;
    }
    exports.iter().try_for_each(|export| outputs.add(&export.path))
}

/// Says which files were written.
pub fn note_exports(exports: &[Export]) {
    for export in exports {
        note(&format!("wrote {}\n", export.path.display()));
    }
}
