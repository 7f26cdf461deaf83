//! Destinations of documents: standard output and the files of `--export`.

use super::arguments::Export;
use super::failure::Failure;
use super::files::NewFile;
use super::github;
use super::outputs::Outputs;
use super::shutdown::Shutdown;
use super::terminal::{Stdout, note};
use crate::output::{Document, Format, Shows, View};

/// The destinations of the documents of a command, which arrive one after another.
pub struct Reports {
    printed: Option<Format>,
    exports: Vec<(Format, NewFile)>,
    view: View<'static>,
    /// The documents so far, for formats that write all of them together; empty if there is no such format.
    kept: Vec<Box<dyn Document>>,
}

impl Reports {
    /// Creates the files, so that an unwritable one ends the command before a scenario runs. There will be `count`
    /// documents, which fill the formats that show this.
    ///
    /// # Errors
    /// [`Failure::Bad`] for another format, [`Failure::Write`] naming the path.
    pub fn begin(
        printed: Option<Format>,
        exports: &[Export],
        (count, shown): (usize, &[Shows]),
        shutdown: &Shutdown,
    ) -> Result<Self, Failure> {
        expect_shown(printed, exports, shown)?;
        let begin = |export: &Export| Ok((export.format, NewFile::create(&export.path, shutdown)?));
        let exports = exports.iter().map(begin).collect::<Result<_, Failure>>()?;
        let view = View { several: count > 1, ..View::default() };
        Ok(Self { printed, exports, view, kept: Vec::new() })
    }

    /// Adds a document.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn add(&mut self, document: impl Document + 'static, stdout: &mut Stdout) -> Result<(), Failure> {
        self.write(stdout, |format, view| format.piece(&document, view))?;
        self.view.before += 1;
        let mut formats = self.printed.into_iter().chain(self.exports.iter().map(|(format, _)| *format));
        if formats.any(Format::is_written_together) {
            self.kept.push(Box::new(document));
        }
        Ok(())
    }

    /// Writes the formats that take all documents together, and gives the files their names.
    ///
    /// # Errors
    /// If a file or standard output cannot be written.
    pub fn finish(mut self, stdout: &mut Stdout) -> Result<(), Failure> {
        let kept = std::mem::take(&mut self.kept);
        self.write(stdout, |format, view| format.together(&kept, view))?;
        if self.printed == Some(Format::Github) {
            github::add_step_summary(&kept)?;
        }
        self.exports.into_iter().try_for_each(|(_, file)| file.finish())
    }

    /// Writes text to standard output and to every file, each in its format. Only standard output is coloured.
    fn write(&mut self, stdout: &mut Stdout, text: impl Fn(Format, View) -> String) -> Result<(), Failure> {
        let folder = github::folder();
        let view = View { folder: &folder, ascii: stdout.asks_for_ascii(), ..self.view };
        if let Some(format) = self.printed {
            stdout.write(&text(format, stdout.view(view)))?;
        }
        for (format, file) in &mut self.exports {
            file.write(&text(*format, view)).map_err(|error| file.failure(&error))?;
        }
        Ok(())
    }
}

/// What is in the documents of a command without timelines.
pub const WITHOUT_TIMELINES: &[Shows] = &[Shows::Everything, Shows::Judgements];

/// Makes sure that documents fill the formats that were asked for; for commands that would find out late.
///
/// # Errors
/// [`Failure::Bad`] for one that they do not.
pub fn expect_shown(printed: Option<Format>, exports: &[Export], shown: &[Shows]) -> Result<(), Failure> {
    let formats = printed.into_iter().chain(exports.iter().map(|export| export.format));
    formats.into_iter().try_for_each(|format| {
        let missing = match format.shows() {
            shows if shown.contains(&shows) => return Ok(()),
            Shows::Everything => "results",
            Shows::Judgements => "judgements",
            Shows::Timelines => "timelines",
        };
        let message = format!("there are no {missing} for the format `{}`", format.name());
        Err(Failure::bad(message, "choose another format, or use it with `waitline run`"))
    })
}

/// Prints the only document of a command.
///
/// # Errors
/// If it cannot be written.
pub fn print(
    document: impl Document + 'static,
    format: Option<Format>,
    stdout: &mut Stdout,
    shutdown: &Shutdown,
) -> Result<(), Failure> {
    let mut reports = Reports::begin(format, &[], (1, WITHOUT_TIMELINES), shutdown)?;
    reports.add(document, stdout)?;
    reports.finish(stdout)
}

/// Adds the outputs of documents: standard output, the files of `--export`, and the step summary of GitHub.
///
/// # Errors
/// As for [`Outputs::add`].
pub fn add_outputs(printed: Option<Format>, exports: &[Export], outputs: &mut Outputs<'_>) -> Result<(), Failure> {
    if printed.is_some() {
        outputs.add_stdout()?;
    }
    if printed == Some(Format::Github) {
        github::summary_path().map_or(Ok(()), |path| outputs.add(&path))?;
    }
    exports.iter().try_for_each(|export| outputs.add(&export.path))
}

/// Reports the files written.
pub fn note_exports(exports: &[Export]) {
    for export in exports {
        note(&format!("wrote {}\n", export.path.display()));
    }
}
