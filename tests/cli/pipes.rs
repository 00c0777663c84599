//! A reader that goes away: `campanile ... | head -1` ends quietly, and what serves goes on.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use campanile_tests::binary::campanile;
use campanile_tests::{people, repo};

use super::file;

/// A command whose stdout nobody reads any more.
fn unread(args: &[&str]) -> Command {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = Command::new(campanile());
    command
        .args(args)
        .env("CAMPANILE_LOG", "error")
        .env("XDG_CACHE_HOME", repo::root().join("target/tests-cache"))
        .stdin(Stdio::null())
        .stdout(writer);
    command
}

#[test]
fn a_command_that_nobody_reads_any_more_ends_quietly() {
    let folder = tempfile::tempdir().unwrap();
    let leads = file(&folder, "leads.csv", people::csv(3)).display().to_string();
    let campaign = file(&folder, "campaign.toml", "time_zone = \"America/New_York\"\n").display().to_string();
    let script = repo::root().join("scripts/taper.rhai").display().to_string();
    let rehearse = ["rehearse", "--leads", &leads, "--campaign", &campaign];
    for args in [
        &["version"][..],
        &["version", "--json"],
        &["completions", "bash"],
        &["doctor"],
        &["import", "check", &leads],
        &["script", "check", &script],
        &["script", "test", &script],
        &["script", "test", &script, "--json"],
        &rehearse,
        &[&rehearse[..], &["--json"]].concat(),
    ] {
        let ended = unread(args).output().unwrap();
        let complaints = String::from_utf8_lossy(&ended.stderr);
        assert_eq!((ended.status.code(), &*complaints), (Some(1), ""), "{args:?}");
    }
}

#[test]
fn a_server_that_nobody_reads_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    for (args, told) in [
        // A key that is shown once is shown where somebody may still look.
        (["serve", "--listen", "127.0.0.1:0", "--data", &path("data")], "operator key (shown once): cpn_operator_"),
        (["carrier", "--listen", "127.0.0.1:0", "--log", &path("dials.jsonl")], "simulated carrier: "),
    ] {
        let mut server = unread(&args).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(server.stderr.take().unwrap()).lines().map_while(Result::ok);
        let found = lines.any(|line| line.starts_with(told));
        let ended = server.try_wait().unwrap();
        let _ = server.kill();
        server.wait().unwrap();
        assert!(found && ended.is_none(), "{args:?} ended: {ended:?}");
    }
}
