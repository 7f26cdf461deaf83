//! Arguments that several commands share.

use std::convert::Infallible;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{PathBufValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use crate::output::{Format, Shows};
use crate::scenario::{Change, did_you_mean};

/// What is changed in a scenario without editing it.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Scenario")]
pub struct ScenarioArguments {
    /// Run only this policy; repeat it for more
    #[arg(long = "policy", value_name = "NAME")]
    pub policies: Vec<String>,

    /// Change a value, such as machine.cores=4 or policies.sync.workers=8; repeat it for more
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = change)]
    pub changes: Vec<Change>,

    /// Draw other random numbers [default: the scenario's, or 1]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Run each policy so many times, with other random numbers each time [default: the scenario's, or 1]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub replications: Option<String>,

    /// Go on until intervals are as narrow as this share of their numbers, such as 2%
    #[arg(long, value_name = "PERCENT", allow_hyphen_values = true)]
    pub precision: Option<String>,

    /// Ask something of the results, such as "async.p99 < 400ms"; repeat it for more. `run` shows whether it is so, and
    /// `check` makes it an exit code
    #[arg(long = "assert", value_name = "OBJECTIVE")]
    pub objectives: Vec<String>,

    /// What to do about objectives that chance may have decided: those whose number has no confidence interval, or one
    /// that holds the bound
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = WhenUndecided::Mark)]
    pub undecided: WhenUndecided,
}

/// What is done about an objective that chance may have decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WhenUndecided {
    /// say so, and go by the verdict
    Mark,
    /// say so, and end with exit code 3
    Fail,
}

impl ScenarioArguments {
    /// What is changed, in order.
    pub fn changes(&self) -> Vec<Change> {
        let replications = self.replications.iter().map(|n| Change::by("--replications", "run.replications", n));
        let precision = self.precision.iter().map(|width| Change::by("--precision", "run.precision", width));
        self.changes.iter().cloned().chain(replications).chain(precision).collect()
    }
}

/// How the runs are done.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Run")]
pub struct RunArguments {
    /// Run at most so many replications at once, up to 1024 [default: one on each core]; changes no number
    #[arg(long, value_name = "N", help_heading = "Run", value_parser = jobs)]
    pub jobs: Option<NonZeroUsize>,

    /// Compare the policies with this one [default: the first]
    #[arg(long, value_name = "NAME", help_heading = "Run")]
    pub against: Option<String>,
}

/// What is printed.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct PrintArguments {
    /// Print the results in this format [default: text]
    #[arg(long, value_name = "FORMAT", help_heading = "Output")]
    pub format: Option<Format>,

    /// Print no tables, notes or progress; has no effect on an explicit --format
    #[arg(long, short, help_heading = "Output")]
    pub quiet: bool,
}

impl PrintArguments {
    /// The format of what is printed: none when quiet, unless one was named.
    pub fn printed(&self) -> Option<Format> {
        self.format.or((!self.quiet).then_some(Format::Text))
    }
}

/// What is explained.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct ExplainArguments {
    /// Say what the model assumes, and which defaults are in force
    #[arg(long, help_heading = "Output")]
    pub explain_defaults: bool,
}

/// What is exported.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct ExportArguments {
    /// Write the report to FILE in this format, such as junit=report.xml; repeat it for more
    #[arg(long = "export", value_name = "FORMAT=FILE", value_parser = export, help_heading = "Output")]
    pub exports: Vec<Export>,
}

/// A file, and the format in which the report is written to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// The format.
    pub format: Format,
    /// The file.
    pub path: PathBuf,
}

/// What is written beside the results.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct WriteArguments {
    /// Keep the timeline of the first N requests in results.json [default: of all, up to 100]
    #[arg(long, value_name = "N", help_heading = "Output")]
    pub timeline: Option<usize>,

    /// Draw no timeline.svg
    #[arg(long, help_heading = "Output")]
    pub no_charts: bool,

    /// Write one row a request to FILE, as CSV; of several scenarios with a column `scenario`
    #[arg(long, value_name = "FILE", help_heading = "Output", value_parser = file())]
    pub csv: Option<PathBuf>,
}

/// The path of a file: `-` stands for standard input or output elsewhere, so a file of that name is written `./-`.
pub fn file() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| match path.as_os_str() == "-" {
        true => Err("`-` is not a file; a file of that name is `./-`"),
        false => Ok(path),
    })
}

/// More threads than that are a slip of the finger, and few systems bear them.
fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    const MOST: usize = 1024;
    let jobs: NonZeroUsize = text.parse().map_err(|_| "not a number from 1 to 1024".to_owned())?;
    if jobs.get() <= MOST { Ok(jobs) } else { Err(format!("at most {MOST}")) }
}

fn change(text: &str) -> Result<Change, Infallible> {
    Ok(Change::new(text))
}

fn export(text: &str) -> Result<Export, String> {
    let names = || Format::ALL.iter().map(|format| format.name());
    let (name, file) = text.split_once('=').ok_or("write FORMAT=FILE, such as junit=report.xml")?;
    let format = Format::ALL.iter().find(|format| format.name() == name).ok_or_else(|| {
        let similar = did_you_mean(name, names()).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
        format!("there is no format `{name}`, only {}{similar}", names().collect::<Vec<_>>().join(", "))
    })?;
    match file {
        "" => Err("it names no file".to_owned()),
        "-" => Err(format!("`-` is no file; `--format {name}` prints to standard output")),
        _ => Ok(Export { format: *format, path: PathBuf::from(file) }),
    }
}

/// The formats that show this; for commands whose documents do not fill all formats.
pub fn formats_for(shown: &'static [Shows]) -> impl TypedValueParser<Value = Format> {
    let offered = Format::ALL.iter().filter(|format| shown.contains(&format.shows()));
    PossibleValuesParser::new(offered.filter_map(ValueEnum::to_possible_value))
        .try_map(|name| Format::from_str(&name, false))
}

impl ValueEnum for Format {
    fn value_variants<'a>() -> &'a [Self] {
        Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.about().trim()))
    }
}
