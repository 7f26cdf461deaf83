//! What a reader has to know before a command works: the folder it runs in, and what the shell does with it.

use super::page::Page;

/// The page that says who has the scenarios of the repository, and who has not.
const WHERE: &str = "install.md";

#[test]
fn a_page_says_which_folder_its_commands_need() {
    let mut problems = Vec::new();
    for page in Page::all() {
        let blocks = page.blocks();
        let Some(first) = blocks.iter().find(|block| block.mark("in the repository").is_some()) else { continue };
        let before = &page.text[..first.content.start];
        if !before.contains("repository") || !before.contains(WHERE) {
            problems.push(format!(
                "{}: say before it that it runs in the repository's folder ({WHERE})",
                page.place(first)
            ));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// The first character outside quotes that zsh takes for a pattern, although it is meant as it is.
fn pattern(command: &str) -> Option<char> {
    let mut quote = None;
    for character in command.chars() {
        match quote {
            Some(open) if open == character => quote = None,
            Some(_) => {}
            None if matches!(character, '\'' | '"') => quote = Some(character),
            None if matches!(character, '[' | ']' | '{' | '}') => return Some(character),
            None => {}
        }
    }
    None
}

/// The commands and options in the text of a page: pieces of code that start like one.
fn written(page: &Page) -> Vec<(usize, &str)> {
    let is_command = |code: &&str| code.starts_with("waitline ") || code.starts_with("--");
    let codes = page.prose().into_iter().flat_map(|(number, line)| {
        line.split('`').skip(1).step_by(2).filter(is_command).map(move |code| (number, code))
    });
    codes.collect()
}

#[test]
fn commands_on_pages_work_in_every_shell() {
    let mut problems = Vec::new();
    for page in Page::all() {
        for (number, code) in written(&page) {
            let found = pattern(code).map(|character| format!("{}:{number}: quote {character} in {code}", page.path));
            problems.extend(found);
        }
        for block in page.blocks().iter().filter(|block| block.language == "sh") {
            let commands = page.content(block).lines().filter(|line| line.trim_start().starts_with("waitline "));
            let found = commands.filter(|command| pattern(command).is_some());
            problems.extend(found.map(|command| format!("{}: quote {command}", page.place(block))));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn a_pattern_is_outside_quotes() {
    assert_eq!(pattern("waitline run shop.json --set classes.page.phases[1].db=2ms"), Some('['));
    assert_eq!(pattern("waitline run shop.json --set 'classes.page.phases[1].db=2ms' --seed 2"), None);
    assert_eq!(pattern("--set \"faults=[]\""), None);
}
