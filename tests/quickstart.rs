//! `docs/quickstart.md` is true: its lines are run as they stand, with nothing but a shell and curl.

use std::process::Command;

use campanile_tests::host::{Host, MONDAY};
use campanile_tests::repo;

/// The blocks that a reader pastes; those marked `console` show what is typed elsewhere.
fn pasted(page: &str) -> String {
    let blocks = page.split("\n```sh\n").skip(1).map(|rest| rest.split_once("\n```").expect("a block ends").0);
    blocks.collect::<Vec<_>>().join("\n")
}

#[test]
fn every_line_of_the_quickstart_works() {
    let page = std::fs::read_to_string(repo::root().join("docs/quickstart.md")).unwrap();
    assert!(page.contains(&format!("--clock x600 --clock-start {MONDAY}")), "the server is started as the page says");
    let host = Host::at_speed(600);
    let folder = tempfile::tempdir().unwrap();
    let run = Command::new("bash")
        .args(["-eu", "-c", &pasted(&page)])
        .current_dir(folder.path())
        .env("HOST", host.api.base())
        .env("OPERATOR", host.operator.key())
        .output()
        .expect("bash runs");
    let (said, errors) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{said}\n{errors}");
    for expected in [
        r#""result":"created""#,
        r#""status":"in_progress""#,
        r#""gates":["#,
        r#""leads":4"#,
        r#""by":"builtin""#,
        r#""transcript":["#,
    ] {
        assert!(said.contains(expected), "{expected} is missing in:\n{said}");
    }
}
