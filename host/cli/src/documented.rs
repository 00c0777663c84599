//! Holds the documents to the commands: whatever a document tells people to type is understood, and whatever can be typed
//! says what it does.

use clap::{Command, CommandFactory};

use crate::Cli;

const DOCUMENTS: [(&str, &str); 6] = [
    ("docs/command-line.md", include_str!("../../../docs/command-line.md")),
    ("docs/imports.md", include_str!("../../../docs/imports.md")),
    ("docs/plugin-guide.md", include_str!("../../../docs/plugin-guide.md")),
    ("docs/replay-and-shadow.md", include_str!("../../../docs/replay-and-shadow.md")),
    ("docs/script-guide.md", include_str!("../../../docs/script-guide.md")),
    ("README.md", include_str!("../../../README.md")),
];
const GUIDE: usize = 0;

/// Lines of fenced code that are commands of ours, with or without a prompt.
fn commands(text: &str) -> Vec<&str> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        }
        let line = line.strip_prefix("$ ").unwrap_or(line);
        if fenced && line.starts_with("campanile ") {
            found.push(line);
        }
    }
    found
}

/// The words of a command, as a shell would make them, up to what is the shell's own.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in line.chars() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (None, '"' | '\'') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '#' | '|' | '>' | '<' | ';' | '&') if word.is_none() => return words,
            (None, ' ') => words.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

fn leaves(command: &Command, path: &str, found: &mut Vec<String>) {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help") {
        let path = format!("{path} {}", below.get_name());
        if below.has_subcommands() {
            leaves(below, &path, found);
        } else {
            found.push(path);
        }
    }
}

fn silent(command: &Command, path: &str, found: &mut Vec<String>) {
    if command.get_about().is_none_or(|about| about.to_string().len() < 8) {
        found.push(path.to_owned());
    }
    let flags = command.get_arguments().filter(|flag| !flag.is_hide_set() && flag.get_help().is_none());
    found.extend(flags.map(|flag| format!("{path} {}", flag.get_id())));
    for below in command.get_subcommands() {
        silent(below, &format!("{path} {}", below.get_name()), found);
    }
}

#[test]
fn every_command_in_a_document_is_understood() {
    for (path, text) in DOCUMENTS {
        let all = commands(text);
        assert!(!all.is_empty(), "{path} has no command");
        for line in all {
            let understood = Cli::command().try_get_matches_from(words(line));
            assert!(understood.is_ok(), "{path}: {line}\n{}", understood.unwrap_err());
        }
    }
}

#[test]
fn the_guide_shows_every_command_that_talks_to_the_api() {
    let (path, text) = DOCUMENTS[GUIDE];
    let shown: Vec<String> = commands(text).iter().map(|line| words(line).join(" ") + " ").collect();
    let mut all = Vec::new();
    leaves(&Cli::command(), "campanile", &mut all);
    let elsewhere = [
        "demo", "serve", "rehearse", "import", "plugin", "script", "evaluate", "explain", "carrier", "doctor",
        "version", "backup", "restore",
    ];
    let missing: Vec<_> = all
        .iter()
        .filter(|leaf| leaf.split(' ').nth(1).is_some_and(|noun| !elsewhere.contains(&noun)))
        .filter(|leaf| !shown.iter().any(|line| line.starts_with(&format!("{leaf} "))))
        .collect();
    assert!(missing.is_empty(), "{path} does not show {missing:#?}");
}

#[test]
fn every_command_and_every_flag_says_what_it_does() {
    Cli::command().debug_assert();
    let mut found = Vec::new();
    silent(&Cli::command(), "campanile", &mut found);
    assert!(found.is_empty(), "without a word: {found:#?}");
}

#[test]
fn words_are_those_of_a_shell() {
    assert_eq!(words("campanile a --x \"b c\" d='e' # f"), ["campanile", "a", "--x", "b c", "d=e"]);
    assert_eq!(words("campanile a \"\" > file"), ["campanile", "a", ""]);
    assert_eq!(commands("campanile no\n```sh\n$ campanile yes\n# campanile no\n```\ncampanile no"), ["campanile yes"]);
}
