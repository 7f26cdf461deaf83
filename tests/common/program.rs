//! The program as users see it, run in a separate directory.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Output};

use assert_cmd::Command;
use tempfile::TempDir;

/// A short scenario with all three policies: three requests, one core.
pub const LECTURE: &str = r#"{
  "description": "Two pages and a short request.",
  "classes": {
    "page": { "phases": [
      { "framework": "10ms" }, { "db": "60ms" }, { "compute": "10ms" }, { "db": "100ms" },
      { "compute": "10ms" }, { "framework": "10ms" } ] },
    "short": { "phases": [
      { "framework": "10ms" }, { "db": "75ms" }, { "compute": "10ms" }, { "framework": "10ms" } ] }
  },
  "arrivals": { "at": [
    { "time": "0ms", "class": "page" }, { "time": "15ms", "class": "page" }, { "time": "30ms", "class": "short" } ] },
  "policies": [
    { "sync": {} }, { "threaded": { "threads": 2 } }, { "async": {} } ]
}"#;

/// Poisson arrivals at a stable load: 2,000 requests.
pub const SHOP: &str = r#"{
  "classes": { "page": { "phases": [ { "compute": { "exponential": "5ms" } }, { "db": "10ms" } ] } },
  "arrivals": { "poisson": "30/s" },
  "policies": [ { "sync": { "workers": 4 } }, { "async": {} } ],
  "run": { "requests": 2000 }
}"#;

/// An overload that is stopped: more requests are in flight than it allows.
pub const OVERLOAD: &str = r#"{
  "classes": { "page": { "phases": [ { "compute": "1s" } ] } },
  "arrivals": { "constant": "10/s" },
  "policies": [ { "sync": { "workers": 1, "backlog": 1000 } } ],
  "run": { "requests": 200, "max_in_flight": 20 }
}"#;

/// A directory with scenario files, in which the program is run.
pub struct Desk {
    directory: TempDir,
}

impl Desk {
    /// An empty directory.
    pub fn empty() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// A directory with `lecture.json` and `shop.json`.
    pub fn new() -> Self {
        Self::empty().with("lecture.json", LECTURE).with("shop.json", SHOP)
    }

    /// Adds a file.
    pub fn with(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        fs::write(self.path(name), content).unwrap();
        self
    }

    /// A path in the directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// A file's content.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// All files and directories, sorted, with `/` between the parts.
    pub fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        list(self.directory.path(), "", &mut found);
        found.sort();
        found
    }

    /// The program with these arguments, separated by spaces.
    pub fn waitline(&self, arguments: &str) -> Command {
        let mut command = assert_cmd::cargo::cargo_bin_cmd!("waitline");
        command.current_dir(self.directory.path()).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        command.env_remove("GITHUB_STEP_SUMMARY").env_remove("GITHUB_WORKSPACE");
        command.args(arguments.split_whitespace());
        command
    }

    /// The same as a process of the standard library: its pipes can be closed, and it can be sent signals.
    pub fn process(&self, arguments: &str) -> process::Command {
        let mut command = process::Command::new(env!("CARGO_BIN_EXE_waitline"));
        command.args(arguments.split_whitespace()).current_dir(self.directory.path());
        command
    }

    /// Runs the program and expects an exit code.
    #[track_caller]
    pub fn run(&self, arguments: &str, code: i32) -> Output {
        let output = self.waitline(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "waitline {arguments}\n{}", errors(&output));
        output
    }

    /// Runs the program, expects an exit code and all of these texts on standard error.
    #[track_caller]
    pub fn fails(&self, arguments: &str, code: i32, says: &[&str]) {
        let output = self.run(arguments, code);
        for words in says {
            assert!(errors(&output).contains(words), "waitline {arguments}\nno {words:?} in\n{}", errors(&output));
        }
        assert!(output.stdout.is_empty(), "an error leaves standard output empty:\n{}", text(&output));
    }
}

fn list(directory: &Path, before: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{before}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            list(&entry.path(), &format!("{name}/"), found);
        }
        found.push(name);
    }
}

/// The program's standard output.
pub fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The program's standard error.
pub fn errors(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}
