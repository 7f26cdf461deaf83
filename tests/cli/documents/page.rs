//! A page of documentation: its code blocks, each with the marks above it, and its text.
//!
//! A mark is an HTML comment directly above a code block. It says what the block is:
//!
//! | Mark | Meaning |
//! | --- | --- |
//! | `<!-- file: shop.json -->` | it is this file, and is written before the commands below it run |
//! | `<!-- in the repository -->` | its commands run in a folder that also has the scenarios, pages and measured cases |
//! | `<!-- exit: 1 -->` | its commands end with this exit code |
//! | `<!-- slow: REASON -->` | its commands run only with `--ignored` |
//! | `<!-- not run: REASON -->` | its commands do not run |
//! | `<!-- output -->` | what the commands above print, to the byte |
//! | `<!-- output: A; B -->` | the paragraphs of it that start with these words |
//! | `<!-- errors -->` | what they print on standard error |
//! | `<!-- not compared: REASON -->` | a text that no command prints |
//!
//! Above a paragraph, `<!-- numbers: SOURCES -->` says where its numbers come from ([`super::numbers`]).

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// The root of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A page, with its path from the root of the repository.
pub struct Page {
    pub path: String,
    pub text: String,
}

/// A code block.
pub struct Block {
    pub language: String,
    /// Where its content is in the page.
    pub content: Range<usize>,
    marks: Vec<String>,
    line: usize,
}

impl Block {
    /// What follows a mark's name, if the block has that mark.
    pub fn mark(&self, name: &str) -> Option<&str> {
        let rest = self.marks.iter().find_map(|mark| mark.strip_prefix(name))?;
        match rest.strip_prefix(':') {
            Some(value) => Some(value.trim()),
            None => rest.is_empty().then_some(""),
        }
    }
}

impl Page {
    pub fn read(path: &str) -> Self {
        let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        Self { path: path.to_owned(), text }
    }

    /// Rewrites a page; one test at a time does.
    pub fn update(path: &str, change: impl FnOnce(&mut Self)) {
        static WRITER: Mutex<()> = Mutex::new(());
        let _guard = WRITER.lock();
        let mut page = Self::read(path);
        change(&mut page);
        fs::write(root().join(path), page.text).unwrap();
    }

    /// All pages for users: the README, `docs/` and the measured cases.
    pub fn all() -> Vec<Self> {
        let mut paths = vec!["README.md".into(), "CONTRIBUTING.md".into(), "validation/README.md".into()];
        find(&root().join("docs"), &mut paths);
        paths.sort();
        paths.iter().map(|path| Self::read(path)).collect()
    }

    /// Its code blocks, in order.
    pub fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let (mut marks, mut open, mut at) = (Vec::new(), false, 0);
        for (line, text) in (1..).zip(self.text.split_inclusive('\n')) {
            let end = at + text.len();
            match (open, text.strip_prefix("```")) {
                (true, Some(_)) => open = false,
                (true, None) => blocks.last_mut().unwrap().content.end = end,
                (false, Some(language)) => {
                    let marks = std::mem::take(&mut marks);
                    let language = language.trim().to_owned();
                    blocks.push(Block { language, content: end..end, marks, line });
                    open = true;
                }
                (false, None) => keep_marks(&mut marks, text.trim()),
            }
            at = end;
        }
        assert!(!open, "{}: a code block has no end", self.path);
        blocks
    }

    pub fn content(&self, block: &Block) -> &str {
        &self.text[block.content.clone()]
    }

    /// Where a block is, for messages.
    pub fn place(&self, block: &Block) -> String {
        format!("{}:{}", self.path, block.line)
    }

    /// The lines outside code blocks, with their numbers.
    pub fn prose(&self) -> Vec<(usize, &str)> {
        let mut open = false;
        let mut lines = Vec::new();
        for (number, line) in (1..).zip(self.text.lines()) {
            if line.starts_with("```") {
                open = !open;
            } else if !open {
                lines.push((number, line));
            }
        }
        lines
    }

    /// The text between a mark and the end of what is generated there.
    pub fn generated(&self, mark: &str) -> Option<Range<usize>> {
        let start = self.text.find(mark)? + mark.len();
        let end = self.text[start..].find(END).unwrap_or_else(|| panic!("{}: {mark} has no {END}", self.path));
        Some(start..start + end)
    }
}

/// The end of a generated part of a page.
pub const END: &str = "<!-- end of generated -->";

/// Marks stand directly above their block, or with empty lines between.
fn keep_marks(marks: &mut Vec<String>, line: &str) {
    match line.strip_prefix("<!--").and_then(|rest| rest.strip_suffix("-->")) {
        Some(mark) => marks.push(mark.trim().to_owned()),
        None if line.is_empty() => {}
        None => marks.clear(),
    }
}

fn find(folder: &Path, found: &mut Vec<String>) {
    let entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    for path in entries {
        if path.is_dir() {
            find(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "md") {
            found.push(path.strip_prefix(root()).unwrap().to_string_lossy().into_owned());
        }
    }
}
