//! `waitline --help-all`: the help of all commands on one page, for people who search and for programs that read.

use clap::CommandFactory;

/// Columns of the page: the same wherever it is printed.
const WIDTH: usize = 100;

/// The help of waitline itself, then that of each command below its name.
pub fn page() -> String {
    let mut waitline = super::Cli::command().term_width(WIDTH);
    waitline.build();
    let mut page = waitline.render_long_help().to_string();
    for command in waitline.get_subcommands_mut().filter(|command| command.get_name() != "help") {
        let heading = format!("waitline {}", command.get_name());
        page += &format!("\n\n{heading}\n{}\n\n{}", "=".repeat(heading.len()), command.render_long_help());
    }
    page.trim_end().to_owned() + "\n"
}
