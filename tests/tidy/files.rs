//! The habits of every file.
//!
//! A rule that nobody checks is a wish. Each rule here is a function over one file's text, with a proof that it catches
//! what it is for; an exception is a line in a list, with its reason.

use campanile_tests::repo::{Source, sources};

/// Lines of code in a file before its header has to say why.
const MOST_LINES: usize = 400;

/// Files that read the system's time, each with its reason.
const READS_THE_TIME: [(&str, &str); 7] = [
    ("host/engine/src/shell/clock.rs", "the clock that everybody else is given"),
    ("host/store/src/sqlite/writer.rs", "bounds a transaction's real time, for fairness between its lanes"),
    ("host/sandbox/benches/decisions/main.rs", "a measurement"),
    ("host/server/src/testing/flood.rs", "a measurement"),
    ("host/store/tests/speed.rs", "a measurement"),
    ("tests/peers/src/main.rs", "a measurement"),
    ("tests/support/patience.rs", "limits on real processes"),
];
/// Files with tests that do not run by themselves, each with its reason. A test that is ignored because it fails is none.
const RUN_BY_HAND: [(&str, &str); 4] = [
    ("host/server/src/testing/flood.rs", "a measurement beside a test that runs by itself"),
    ("host/server/src/testing/seen.rs", "asks what all others saw; tests/run runs it after them"),
    ("host/store/tests/opening.rs", "the part of a test that is killed, run by that test in a process of its own"),
    ("host/store/tests/speed.rs", "a measurement"),
];
/// This file, which has to name what it forbids.
const SELF: &str = "tests/tidy/files.rs";
/// Files that may name folders of a machine, each with its reason.
const NAMES_MACHINE_PATHS: [(&str, &str); 1] =
    [("host/sandbox/tests/sandbox/bundled.rs", "looks for them in released artefacts")];

fn is_rust(source: &Source) -> bool {
    source.path.ends_with(".rs")
}

fn has_header(source: &Source) -> bool {
    source.text.starts_with("//!")
}

fn header(source: &Source) -> &str {
    let end = source.text.lines().take_while(|line| line.starts_with("//!")).map(|line| line.len() + 1).sum::<usize>();
    &source.text[..end.min(source.text.len())]
}

/// Lines that are neither blank nor comment, without the test module.
fn code_lines(source: &Source) -> usize {
    let body = source.text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    body.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("//")).count()
}

fn is_too_long(source: &Source) -> bool {
    let header = header(source);
    code_lines(source) > MOST_LINES
        && !["longer than", "long because", "lines because"].iter().any(|why| header.contains(why))
}

/// Marks of work that is not done.
fn unfinished(source: &Source) -> Vec<&'static str> {
    let marks = ["todo!(", "unimplemented!(", "#[ignore", "TODO", "FIXME", "XXX:"];
    let is_by_hand = is_listed(&RUN_BY_HAND, source);
    marks.into_iter().filter(|mark| source.text.contains(mark) && !(is_by_hand && mark.starts_with("#["))).collect()
}

/// Folders of some machine, at the beginning of a path.
fn machine_paths(source: &Source) -> Vec<&'static str> {
    let folders = ["/home/", "/root/", "/Users/", "/tmp/", "C:\\Users"];
    let begins = |before: Option<char>| {
        before.is_none_or(|before| !before.is_ascii_alphanumeric() && !"._-}/~".contains(before))
    };
    let names =
        |folder: &&str| source.text.match_indices(folder).any(|(at, _)| begins(source.text[..at].chars().next_back()));
    folders.into_iter().filter(|folder| names(folder)).collect()
}

fn reads_the_time(source: &Source) -> bool {
    ["SystemTime::now", "Instant::now", "Timestamp::now()", "Zoned::now", "Utc::now", "Local::now"]
        .iter()
        .any(|call| source.text.contains(call))
}

fn is_listed(list: &[(&str, &str)], source: &Source) -> bool {
    source.path == SELF || list.iter().any(|(path, _)| *path == source.path)
}

fn paths(found: impl Iterator<Item = Source>) -> Vec<String> {
    found.map(|source| source.path).collect()
}

#[test]
fn every_rust_file_begins_by_saying_why_it_exists() {
    let bare = paths(sources().into_iter().filter(|source| is_rust(source) && !has_header(source)));
    assert!(bare.is_empty(), "without a //! header: {bare:#?}");
}

#[test]
fn no_file_is_too_long_without_saying_why() {
    let long: Vec<_> = sources()
        .iter()
        .filter(|source| is_rust(source) && is_too_long(source))
        .map(|source| (source.path.clone(), code_lines(source)))
        .collect();
    assert!(
        long.is_empty(),
        "over {MOST_LINES} lines of code; split them, or say in the header \"longer than\" ...: {long:#?}"
    );
}

#[test]
fn nothing_is_marked_as_unfinished() {
    let found: Vec<_> = sources()
        .iter()
        .filter(|source| source.path != SELF)
        .map(|source| (source.path.clone(), unfinished(source)))
        .filter(|(_, marks)| !marks.is_empty())
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let found: Vec<_> = sources()
        .iter()
        .filter(|source| !is_listed(&NAMES_MACHINE_PATHS, source))
        .map(|source| (source.path.clone(), machine_paths(source)))
        .filter(|(_, folders)| !folders.is_empty())
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_time_is_read_in_one_place_only() {
    let readers =
        paths(sources().into_iter().filter(|source| is_rust(source) && reads_the_time(source) && source.path != SELF));
    let listed: Vec<_> = READS_THE_TIME.iter().map(|(path, _)| (*path).to_owned()).collect();
    let strangers: Vec<_> = readers.iter().filter(|path| !listed.contains(path)).collect();
    assert!(strangers.is_empty(), "take the time from a clock that is passed in: {strangers:#?}");
    let stale: Vec<_> = listed.iter().filter(|path| !readers.contains(path)).collect();
    assert!(stale.is_empty(), "listed as reading the time, but does not any more: {stale:#?}");
}

#[test]
fn each_rule_catches_what_it_is_for() {
    let source = |text: &str| Source { path: "host/some/file.rs".to_owned(), text: text.to_owned() };
    let lines = |count: usize| "let x = 1;\n\n// why\n".repeat(count);
    assert!(has_header(&source("//! Why.\nfn f() {}")) && !has_header(&source("// Why.\n")));
    assert!(is_too_long(&source(&lines(401))) && !is_too_long(&source(&lines(400))));
    assert!(!is_too_long(&source(&format!("//! It is longer than others because.\n{}", lines(401)))));
    assert!(!is_too_long(&source(&format!("{}#[cfg(test)]\nmod tests {{\n{}", lines(10), lines(500)))));
    assert_eq!(unfinished(&source("fn f() { todo!() }")), ["todo!("]);
    assert_eq!(unfinished(&source("#[test]\n#[ignore = \"slow\"]")), ["#[ignore"]);
    assert_eq!(machine_paths(&source("let path = \"/home/ann/x\";")), ["/home/"]);
    assert!(machine_paths(&source("see https://example.org/home/page and a/tmp/b")).is_empty());
    assert!(reads_the_time(&source("let now = Instant::now();")));
}
