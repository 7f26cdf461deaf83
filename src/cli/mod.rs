//! The only code that touches files, the terminal and exit codes; one file per subcommand.

mod arguments;
mod check;
mod completions;
mod explain;
mod failure;
mod files;
mod github;
mod help_all;
mod init;
mod man;
mod merge;
mod outputs;
mod plan;
mod presets;
mod progress;
mod quick;
mod replay;
mod report;
mod reports;
mod requests_csv;
mod run;
mod run_job;
mod scenarios;
mod schema;
mod shard;
mod shell;
mod shutdown;
mod sweep;
mod sweep_units;
mod terminal;
mod unit_files;
mod usage;
mod verify;

use std::env;
use std::process::ExitCode;

use clap::builder::Styles;
use clap::builder::styling::{AnsiColor, Effects};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use self::failure::Failure;
use self::shard::Merging;
use self::shutdown::Shutdown;
use self::terminal::Stdout;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().effects(Effects::BOLD))
    .usage(AnsiColor::Green.on_default().effects(Effects::BOLD))
    .literal(AnsiColor::Cyan.on_default().effects(Effects::BOLD))
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  waitline quick --rate 80/s --cpu 10ms --db 80ms   compare the three policies without a file
  waitline init > shop.json                         start from a commented scenario
  waitline run shop.json                            tables here, results.json and timeline.svg in output/shop/
  waitline run shop.json --set machine.cores=4      see what would change
  waitline sweep shop.json --vary workers=1,2,4,8   the same with that many workers
  waitline report shop.json                         the same as one page to open in a browser
  waitline check shop.json                          is anything worse than in the stored baseline?
  waitline plan shop.json --slo 'p99 < 250ms'        the smallest configuration that meets an objective
  waitline explain shop.json                        whose fault each millisecond of the slowest request's waits is
  waitline verify                                   compare the simulator with exact theory on this machine

Exit codes:
  0    fine
  1    a gate failed
  2    invalid usage or scenario
  3    incomplete or not comparable
  4    cannot write, or internal error
  130  interrupted";

/// Simulates the same web requests under synchronous, threaded and async scheduling.
///
/// A scenario file describes what requests do, when they arrive and which policies run them. Every policy gets the same
/// requests, so any difference comes from the policy and not from chance.
#[derive(Debug, Parser)]
#[command(name = "waitline", version, styles = STYLES, max_term_width = 100, after_help = EXAMPLES)]
#[command(arg_required_else_help = true, override_usage = "waitline [OPTIONS] <COMMAND>")]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    /// Print the help of all commands on one page
    #[arg(long)]
    help_all: bool,

    /// Print tables and charts in ASCII characters only [default: where the locale of a terminal has no others]
    #[arg(long, global = true, help_heading = "Output")]
    ascii: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::RunCommand),
    Check(check::CheckCommand),
    Plan(plan::PlanCommand),
    Explain(explain::ExplainCommand),
    Quick(quick::QuickCommand),
    Sweep(sweep::SweepCommand),
    Merge(merge::MergeCommand),
    Verify(verify::VerifyCommand),
    Report(report::ReportCommand),
    Replay(replay::ReplayCommand),
    Presets(presets::PresetsCommand),
    Init(init::InitCommand),
    Schema(schema::SchemaCommand),
    Completions(completions::CompletionsCommand),
    Man(man::ManCommand),
}

impl Command {
    fn execute(&self, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        match self {
            Self::Run(command) => command.execute(stdout, shutdown),
            Self::Check(command) => command.execute(stdout, shutdown),
            Self::Plan(command) => command.execute(stdout, shutdown),
            Self::Explain(command) => command.execute(stdout, shutdown),
            Self::Quick(command) => command.execute(stdout, shutdown),
            Self::Sweep(command) => command.execute(stdout, shutdown),
            Self::Merge(command) => command.execute(stdout, shutdown),
            Self::Verify(command) => command.execute(stdout, shutdown),
            Self::Report(command) => command.execute(shutdown),
            Self::Replay(command) => command.execute(stdout, shutdown),
            Self::Presets(command) => command.execute(stdout, shutdown),
            Self::Init(command) => command.execute(stdout),
            Self::Schema(command) => command.execute(stdout),
            Self::Completions(command) => command.execute(stdout),
            Self::Man(command) => command.execute(stdout),
        }
    }
}

impl Cli {
    fn execute(&self, stdout: &mut Stdout, shutdown: &Shutdown) -> Result<(), Failure> {
        match &self.command {
            _ if self.help_all => stdout.write(&help_all::page()),
            Some(command) => command.execute(stdout, shutdown),
            None => {
                let error = Self::command().error(ErrorKind::MissingSubcommand, "a command is missing");
                terminal::show_usage(&error, stdout)
            }
        }
    }
}

impl Command {
    /// The command as one whose shards can be merged, if it is.
    fn merging(&mut self) -> Option<&mut dyn Merging> {
        match self {
            Self::Run(command) => Some(command),
            Self::Check(command) => Some(command),
            Self::Plan(command) => Some(command),
            Self::Sweep(command) => Some(command),
            Self::Explain(_)
            | Self::Quick(_)
            | Self::Merge(_)
            | Self::Verify(_)
            | Self::Report(_)
            | Self::Replay(_)
            | Self::Presets(_)
            | Self::Init(_)
            | Self::Schema(_)
            | Self::Completions(_)
            | Self::Man(_) => None,
        }
    }
}

/// Runs the program: reads its arguments, executes the command, and returns the exit code.
pub fn main() -> ExitCode {
    let shutdown = Shutdown::listen();
    let mut stdout = Stdout::new();
    let result = match Cli::try_parse_from(arguments::with_named_faults(env::args_os())) {
        Ok(cli) => {
            stdout.ask_for_ascii(cli.ascii);
            cli.execute(&mut stdout, &shutdown)
        }
        Err(error) => {
            let arguments: Vec<String> = env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
            let error = usage::with_suggestion(error, &mut Cli::command(), &arguments);
            terminal::show_usage(&error, &mut stdout)
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            terminal::note(&failure.render(terminal::color_on_stderr()));
            ExitCode::from(failure.code())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_a_description_and_examples() {
        for command in Cli::command().get_subcommands() {
            assert!(command.get_about().is_some(), "{} has no description", command.get_name());
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Examples:"), "{} has no examples", command.get_name());
        }
    }
}
