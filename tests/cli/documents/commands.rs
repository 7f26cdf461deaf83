//! The commands of the pages run as they are printed, and print what the pages show.
//!
//! The commands of a page run one after another in a folder of their own, which is empty at first.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{env, fs, thread};

use waitline::scenario::Scenario;

use super::page::{Block, Page, root};
use crate::common::program::{Desk, errors, text};

const REWRITE: &str = "UPDATE_GOLDEN=1 cargo test --test cli documents";

/// Whether commands that take seconds run, too.
#[derive(Clone, Copy, PartialEq)]
enum Which {
    Fast,
    All,
}

/// What the commands above a text did.
enum Last {
    Nothing,
    Skipped,
    Ran(Output),
}

/// A page while its commands run.
struct Reader<'a> {
    page: &'a Page,
    which: Which,
    /// The folder in which a reader follows the page.
    desk: Desk,
    /// The same in a copy of the repository.
    repository: Desk,
    last: Last,
    /// Blocks that are not current, by number, and what they should hold.
    changes: Vec<(usize, String)>,
    problems: Vec<String>,
}

impl<'a> Reader<'a> {
    fn new(page: &'a Page, which: Which) -> Self {
        let repository = Desk::empty();
        for name in ["scenarios", "docs", "validation"] {
            std::os::unix::fs::symlink(root().join(name), repository.path(name)).unwrap();
        }
        let (changes, problems) = (Vec::new(), Vec::new());
        Self { page, which, desk: Desk::empty(), repository, last: Last::Nothing, changes, problems }
    }

    fn read(mut self) -> Vec<String> {
        for (number, block) in self.page.blocks().into_iter().enumerate() {
            if let Some(name) = block.mark("file") {
                write(&self.desk.path(name), self.page.content(&block));
            }
            match &*block.language {
                "sh" => self.run(&block),
                "yaml" => self.run_steps(&block),
                "text" => self.compare(number, &block),
                "json" | "jsonc" => self.validate(&block),
                _ => {}
            }
        }
        self.finish()
    }

    fn fails(&mut self, block: &Block, problem: &str) {
        self.problems.push(format!("{}: {problem}", self.page.place(block)));
    }

    fn run(&mut self, block: &Block) {
        self.last = Last::Skipped;
        let is_skipped = block.mark("not run").is_some() || block.mark("tests").is_some();
        if is_skipped || (self.which == Which::Fast && block.mark("slow").is_some()) {
            return;
        }
        let desk = if block.mark("in the repository").is_some() { &self.repository } else { &self.desk };
        let output = shell(desk, self.page.content(block));
        let expected = block.mark("exit").map_or(0, |code| code.parse().unwrap());
        if output.status.code() == Some(expected) {
            self.last = Last::Ran(output);
        } else {
            self.fails(block, &format!("{:?} instead of {expected}\n{}", output.status, errors(&output)));
        }
    }

    /// A pipeline's commands of `waitline`.
    fn run_steps(&mut self, block: &Block) {
        for line in self.page.content(block).lines() {
            let line = line.trim().trim_start_matches("- ").trim_start_matches("run: ");
            if line.starts_with("waitline ") {
                let output = shell(&self.desk, line);
                if !output.status.success() {
                    self.fails(block, &format!("`{line}` fails\n{}{}", text(&output), errors(&output)));
                }
            }
        }
    }

    fn compare(&mut self, number: usize, block: &Block) {
        let shown = block.mark("output").map(|titles| (titles.to_owned(), false));
        let Some((titles, is_error)) = shown.or(block.mark("errors").map(|titles| (titles.to_owned(), true))) else {
            if block.mark("not compared").is_none() {
                self.fails(block, "a text without a mark that says where it comes from");
            }
            return;
        };
        let output = match &self.last {
            Last::Ran(output) => output,
            Last::Skipped => return,
            Last::Nothing => return self.fails(block, "no command above it"),
        };
        let printed = if is_error { errors(output) } else { text(output) };
        match excerpt(&printed, &titles) {
            Ok(current) if current == self.page.content(block) => {}
            Ok(current) => self.changes.push((number, current)),
            Err(title) => self.fails(block, &format!("nothing that is printed starts with `{title}`:\n{printed}")),
        }
    }

    /// A scenario that no command runs is one that could be run.
    fn validate(&mut self, block: &Block) {
        let content = self.page.content(block);
        let is_whole = ["\"classes\"", "\"arrivals\"", "\"policies\""].iter().all(|part| content.contains(part));
        if is_whole
            && block.mark("file").is_none()
            && let Err(error) = Scenario::from_json(content)
        {
            self.fails(block, &error.to_string());
        }
    }

    /// Rewrites the page if asked to, otherwise reports what is not current.
    fn finish(mut self) -> Vec<String> {
        if env::var_os("UPDATE_GOLDEN").is_some() {
            rewrite(self.page, &self.changes);
        } else {
            let blocks = self.page.blocks();
            for (number, current) in &self.changes {
                let place = self.page.place(&blocks[*number]);
                self.problems.push(format!("{place} is not current ({REWRITE}). It should be:\n{current}"));
            }
        }
        self.problems
    }
}

fn write(path: &Path, content: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// Runs commands as a reader does who has the program on the path.
fn shell(desk: &Desk, commands: &str) -> Output {
    let program = PathBuf::from(env!("CARGO_BIN_EXE_waitline"));
    let path = env::join_paths(
        [program.parent().unwrap().to_owned()].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap())),
    );
    let mut command = Command::new("bash");
    command.args(["-euo", "pipefail", "-c", commands]).current_dir(desk.path("")).env("PATH", path.unwrap());
    command.env_remove("GITHUB_STEP_SUMMARY").env_remove("GITHUB_WORKSPACE").output().unwrap()
}

/// The paragraphs that start with these words; all of the text without any. An error is the words that none starts with.
fn excerpt(printed: &str, titles: &str) -> Result<String, String> {
    if titles.is_empty() {
        return Ok(printed.to_owned());
    }
    let paragraphs: Vec<&str> = printed.trim_end().split("\n\n").collect();
    let mut chosen = Vec::new();
    for title in titles.split("; ") {
        let paragraph = paragraphs.iter().find(|paragraph| paragraph.trim_start_matches('\n').starts_with(title));
        chosen.push(*paragraph.ok_or(title)?);
    }
    Ok(chosen.join("\n\n") + "\n")
}

fn rewrite(page: &Page, changes: &[(usize, String)]) {
    if changes.is_empty() {
        return;
    }
    Page::update(&page.path, |page| {
        let blocks = page.blocks();
        for (number, current) in changes.iter().rev() {
            page.text.replace_range(blocks[*number].content.clone(), current);
        }
    });
}

fn check(which: Which) {
    let pages = Page::all();
    let problems: Vec<String> = thread::scope(|scope| {
        let readers: Vec<_> = pages.iter().map(|page| scope.spawn(move || Reader::new(page, which).read())).collect();
        readers.into_iter().flat_map(|reader| reader.join().unwrap()).collect()
    });
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

#[test]
fn the_commands_of_the_pages_run_and_print_what_the_pages_show() {
    check(Which::Fast);
}

#[test]
#[ignore = "plans and sweeps on pages take a minute; CI runs them"]
fn the_slow_commands_of_the_pages_do_so_too() {
    check(Which::All);
}
