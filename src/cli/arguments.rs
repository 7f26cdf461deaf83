//! Arguments that several commands share.

use std::convert::Infallible;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{PathBufValueParser, PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};

use super::failure::Failure;
use crate::model::SimDuration;
use crate::output::{Format, Shows};
use crate::scenario::{Change, RunEnd, Scenario, Variation, did_you_mean};
use crate::study::TimelineStretch;

/// Changes to a scenario without editing it.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Scenario")]
pub struct ScenarioArguments {
    #[command(flatten)]
    pub changed: ChangedScenarioArguments,

    /// Number of replications of each policy, each with other random numbers [default: the scenario's, or 1]
    #[arg(long, value_name = "N", allow_hyphen_values = true)]
    pub replications: Option<String>,

    /// Add replications until the confidence intervals are this narrow, relative to their numbers, such as 2%
    #[arg(long, value_name = "PERCENT", allow_hyphen_values = true)]
    pub precision: Option<String>,

    /// Add an objective, such as "async.p99 < 400ms"; can be repeated. `run` shows whether it is met, `check` fails if it
    /// is not
    #[arg(long = "assert", value_name = "OBJECTIVE")]
    pub objectives: Vec<String>,

    /// What to do about objectives that are undecided by chance: their number has no confidence interval, or one that
    /// contains the bound
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = WhenUndecided::Mark)]
    pub undecided: WhenUndecided,
}

/// One scenario, with changes: for commands that choose the number of replications and their objectives themselves.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Scenario")]
pub struct ChangedScenarioArguments {
    /// Use only this policy; can be repeated
    #[arg(long = "policy", value_name = "NAME")]
    pub policies: Vec<String>,

    /// Change a value, such as machine.cores=4 or policies.sync.workers=8; can be repeated
    #[arg(long = "set", value_name = "PATH=VALUE", value_parser = change)]
    pub changes: Vec<Change>,

    /// Seed of the random numbers [default: the scenario's, or 1]
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
}

impl ChangedScenarioArguments {
    /// The same, as arguments of a run that asks for nothing else.
    pub fn plain(&self) -> ScenarioArguments {
        ScenarioArguments {
            changed: self.clone(),
            replications: None,
            precision: None,
            objectives: Vec::new(),
            undecided: WhenUndecided::Mark,
        }
    }
}

/// What is done about an objective that is undecided by chance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum WhenUndecided {
    /// mark it, and use the verdict as it is
    Mark,
    /// mark it, and end with exit code 3
    Fail,
}

impl ScenarioArguments {
    /// All changes, in order.
    pub fn changes(&self) -> Vec<Change> {
        let replications = self.replications.iter().map(|n| Change::by("--replications", "run.replications", n));
        let precision = self.precision.iter().map(|width| Change::by("--precision", "run.precision", width));
        self.changed.changes.iter().cloned().chain(replications).chain(precision).collect()
    }
}

/// How scenarios are run.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Run")]
pub struct RunArguments {
    /// Maximum number of replications run at once, up to 1024 [default: one per core]; never changes a number
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
    /// Show the assumptions of the model and the defaults in force
    #[arg(long, help_heading = "Output")]
    pub explain_defaults: bool,
}

/// What is exported.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct ExportArguments {
    /// Write the report to FILE in this format, such as junit=report.xml; can be repeated
    #[arg(long = "export", value_name = "FORMAT=FILE", value_parser = export, help_heading = "Output")]
    pub exports: Vec<Export>,
}

/// A file, and the format to write to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Export {
    /// The format.
    pub format: Format,
    /// The file.
    pub path: PathBuf,
}

/// The stretch of a run that timelines show.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct StretchArguments {
    /// Show this stretch of the run in the timeline (of `run`: also in results.json), such as 10s..12s
    #[arg(long, value_name = "FROM..TO", help_heading = "Output", value_parser = window, conflicts_with = "around")]
    pub window: Option<TimelineStretch>,

    /// Show the stretch around the slowest request, where the policies differ most, or a fault
    /// [default of long runs: where the first fault begins, else worst]
    #[arg(long, value_name = "slowest|worst|fault NAME", help_heading = "Output", value_parser = around)]
    pub around: Option<TimelineStretch>,
}

/// Further outputs.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct WriteArguments {
    /// Number of requests, from the first, whose timeline is kept in results.json [default: all of up to 100]
    #[arg(long, value_name = "N", help_heading = "Output", conflicts_with_all = ["window", "around"])]
    pub timeline: Option<usize>,

    #[command(flatten)]
    pub stretch: StretchArguments,

    /// Draw no charts: neither pictures nor those among the tables
    #[arg(long, help_heading = "Output")]
    pub no_charts: bool,

    /// Write a row per request to FILE, as CSV; with a column `scenario` for several scenarios
    #[arg(long, value_name = "FILE", help_heading = "Output", value_parser = file())]
    pub csv: Option<PathBuf>,
}

/// The path of a file. Elsewhere `-` means standard input or output, so a file of that name is written `./-`.
pub fn file() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| match path.as_os_str() == "-" {
        true => Err("`-` is not a file; a file of that name is `./-`"),
        false => Ok(path),
    })
}

impl StretchArguments {
    /// The stretch, if one was named.
    ///
    /// # Errors
    /// The stretch lies outside of a scenario's run.
    pub fn of(&self, scenarios: &[Scenario]) -> Result<Option<TimelineStretch>, Failure> {
        let stretch = self.named();
        stretch.iter().try_for_each(|stretch| scenarios.iter().try_for_each(|one| expect_stretch(stretch, one)))?;
        Ok(stretch)
    }

    /// The stretch that was named, whatever the scenario.
    pub fn named(&self) -> Option<TimelineStretch> {
        self.window.as_ref().or(self.around.as_ref()).cloned()
    }

    /// The option that names the stretch, with its value, as it is written in one word.
    pub fn option(&self) -> Option<(&'static str, String)> {
        match self.named()? {
            TimelineStretch::Between(from, until) => Some(("--window", format!("{from}..{until}"))),
            TimelineStretch::Slowest => Some(("--around", "slowest".to_owned())),
            TimelineStretch::Worst => Some(("--around", "worst".to_owned())),
            TimelineStretch::Fault(name) => Some(("--around", format!("{FAULT} {name}"))),
        }
    }
}

/// What `--around` says before the name of a fault.
const FAULT: &str = "fault";

/// The words of a command line, with the name of a fault in one word with `--around fault`.
pub fn with_named_faults(words: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut joined: Vec<OsString> = Vec::new();
    for word in words {
        match joined.as_mut_slice() {
            [.., before, last] if before == "--around" && last == FAULT => {
                last.push(" ");
                last.push(word);
            }
            [.., last] if last == "--around=fault" => {
                last.push(" ");
                last.push(word);
            }
            _ => joined.push(word),
        }
    }
    joined
}

/// A stretch of a run: `slowest`, `worst` or `fault NAME`.
fn around(text: &str) -> Result<TimelineStretch, String> {
    match (text, text.strip_prefix(FAULT).map(str::trim)) {
        ("slowest", _) => Ok(TimelineStretch::Slowest),
        ("worst", _) => Ok(TimelineStretch::Worst),
        (_, Some(name)) if !name.is_empty() => Ok(TimelineStretch::Fault(name.to_owned())),
        _ => Err("write slowest, worst, or fault and its name".to_owned()),
    }
}

/// Makes sure, before a run, that it has this stretch, as far as that is known.
fn expect_stretch(stretch: &TimelineStretch, scenario: &Scenario) -> Result<(), Failure> {
    match stretch {
        TimelineStretch::Slowest | TimelineStretch::Worst => Ok(()),
        TimelineStretch::Between(from, _) => match scenario.run().end {
            RunEnd::Duration(duration) if *from >= duration => Err(Failure::bad(
                format!("`--window` begins at {from}, but `{}` runs for {duration} only", scenario.name()),
                "name a stretch within the run, such as `--window 0s..2s`",
            )),
            RunEnd::Duration(_) | RunEnd::Requests(_) | RunEnd::Arrivals => Ok(()),
        },
        TimelineStretch::Fault(name) => {
            let names: Vec<&str> = scenario.faults().iter().filter_map(|fault| fault.name.as_deref()).collect();
            if names.contains(&name.as_str()) {
                return Ok(());
            }
            let help = match (names.as_slice(), did_you_mean(name, names.iter().copied())) {
                ([], _) => "no fault of this scenario has a `name`".to_owned(),
                (names, None) => format!("faults: {}", names.join(", ")),
                (names, Some(meant)) => format!("faults: {}; did you mean `{meant}`?", names.join(", ")),
            };
            Err(Failure::bad(format!("unknown fault `{name}` in `{}`", scenario.name()), help))
        }
    }
}

/// A stretch of a run, such as `10s..12s`.
fn window(text: &str) -> Result<TimelineStretch, String> {
    let (from, until) = text.split_once("..").ok_or("write two times with two dots between them, such as 10s..12s")?;
    let (from, until): (SimDuration, SimDuration) = (from.trim().parse()?, until.trim().parse()?);
    if from >= until {
        return Err("the first time must be before the second".to_owned());
    }
    Ok(TimelineStretch::Between(from, until))
}

/// More threads than the maximum are probably a typing error, and more than many systems allow.
pub fn jobs(text: &str) -> Result<NonZeroUsize, String> {
    up_to(text, 1024)
}

/// A number from 1 to that one.
pub fn up_to(text: &str, most: usize) -> Result<NonZeroUsize, String> {
    let number: NonZeroUsize = text.parse().map_err(|_| format!("not a number from 1 to {most}"))?;
    if number.get() <= most { Ok(number) } else { Err(format!("at most {most}")) }
}

/// A change as written after `--set`; it is read with the scenario.
pub fn change(text: &str) -> Result<Change, Infallible> {
    Ok(Change::new(text))
}

/// Fields and their values, checked once the scenario is known.
pub fn variation(text: &str) -> Result<Variation, Infallible> {
    Ok(Variation::new(text))
}

fn export(text: &str) -> Result<Export, String> {
    let names = || Format::ALL.iter().map(|format| format.name());
    let (name, file) = text.split_once('=').ok_or("write FORMAT=FILE, such as junit=report.xml")?;
    let format = Format::ALL.iter().find(|format| format.name() == name).ok_or_else(|| {
        let similar = did_you_mean(name, names()).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
        format!("there is no format `{name}`, only {}{similar}", names().collect::<Vec<_>>().join(", "))
    })?;
    match file {
        "" => Err("the file name is missing".to_owned()),
        "-" => Err(format!("`-` is not a file; `--format {name}` prints to standard output")),
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
