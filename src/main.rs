//! The `waitline` program: see [`waitline::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    waitline::main()
}
