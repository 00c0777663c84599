//! The command line: what is printed where, and with which exit code.
//!
//! Exit codes are a promise to scripts: 0 ok, 1 failure, 2 usage, 3 not found, 4 auth, 5 conflict, 6 validation,
//! 7 unavailable.

mod nouns;
mod pipes;
mod profiles;

use std::path::{Path, PathBuf};

use campanile_tests::people;
use campanile_tests::process::{Finished, run};
use serde_json::Value;
use tempfile::TempDir;

fn file(folder: &TempDir, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}

fn json(ended: &Finished) -> Value {
    serde_json::from_str(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", ended.stdout))
}

fn check(path: &Path, flags: &[&str]) -> Finished {
    let path = path.display().to_string();
    run(&[&["import", "check", &path], flags].concat())
}

#[test]
fn the_version_names_everything_that_explains_a_behaviour() {
    let told = json(&run(&["version", "--json"]).well());
    for part in ["version", "commit", "sqlite", "tzdb", "phone_metadata", "contract"] {
        assert!(told.get(part).is_some(), "{part} is missing: {told}");
    }
    let version = told["version"].as_str().unwrap();
    assert!(run(&["version"]).well().stdout.starts_with(&format!("campanile {version}\n")));
    assert_eq!(run(&["--version"]).well().stdout, format!("campanile {version}\n"));
    assert!(told["tzdb"].as_str().unwrap() >= "2026", "{told}");
}

#[test]
fn the_doctor_finds_nothing_bad_here() {
    let ended = run(&["doctor", "--json"]).well();
    let checks: Vec<Value> = ended.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<_> = checks.iter().map(|check| check["check"].as_str().unwrap()).collect();
    assert!(names.contains(&"zones") && names.contains(&"sandbox"), "{names:?}");
    assert!(checks.iter().all(|check| check["mark"] != "BAD"), "{}", ended.stdout);
}

#[test]
fn a_check_counts_every_row_of_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = people::csv(40);
    text.push_str("No Phone,,,\r\nToo Short,12,,\r\n");
    text.push_str(&format!("Again,{},,\r\n", people::phone(0)));
    let path = file(&folder, "leads.csv", text);
    let rejects = folder.path().join("rejected.csv");
    let ended = check(&path, &["--json", "--rejects", &rejects.display().to_string()]).well();
    let told = json(&ended);
    assert_eq!((&told["rows"], &told["accepted"]), (&43.into(), &40.into()), "{told}");
    assert_eq!(told["duplicates_in_file"], 1, "{told}");
    let secondary: usize = (0..40).map(|index| people::phones(index).len() - 1).sum();
    assert_eq!(told["secondary_contacts"], secondary, "{told}");
    let rejected: u64 = told["rejected"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(rejected, 2, "{told}");
    let kept = std::fs::read_to_string(&rejects).unwrap();
    let rows: Vec<_> = kept.lines().collect();
    assert_eq!(rows.len(), 3, "{kept}");
    assert!(rows[0].ends_with("row,code,reason,suggestion,Name,Phone,Mobile Phone,Office Phone"), "{kept}");
    assert!(rows[1].starts_with("42,") && rows[2].starts_with("43,"), "{kept}");
    let repaired = kept.replace("Too Short,12,", "Too Short,+12025550199,");
    let again = json(&check(&file(&folder, "repaired.csv", repaired), &["--json"]).well());
    assert_eq!((&again["rows"], &again["accepted"]), (&2.into(), &1.into()), "{again}");
}

#[test]
fn a_check_reads_what_spreadsheets_of_other_countries_write() {
    let folder = tempfile::tempdir().unwrap();
    let text = "Name;Telefon;Ort\r\nJ\u{f6}rg;030 23125144;K\u{f6}ln\r\n";
    let latin: Vec<u8> = text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
    let told = json(&check(&file(&folder, "leads.csv", latin), &["--json", "--default-region", "DE"]).well());
    assert_eq!((&told["accepted"], &told["columns"]["primary"]), (&1.into(), &"Telefon".into()), "{told}");
    let utf16: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let told = json(&check(&file(&folder, "utf16.csv", utf16), &["--json", "--default-region", "DE"]).well());
    assert_eq!(told["accepted"], 1, "{told}");
}

#[test]
fn without_json_the_check_is_for_people_and_says_what_to_do_next() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "leads.csv", people::csv(3) + "Short,12,,\r\n");
    let shown = check(&path, &[]).well().stdout;
    assert!(shown.contains("accepted") && shown.contains("row 5") && shown.contains("--rejects"), "{shown}");
}

#[test]
fn exit_codes_tell_usage_from_absence_from_content() {
    let folder = tempfile::tempdir().unwrap();
    let missing = check(&folder.path().join("nothing.csv"), &[]);
    assert_eq!(missing.code, 3, "{}", missing.stderr);
    assert!(missing.stderr.contains("nothing.csv") && missing.stderr.contains("next:"), "{}", missing.stderr);
    let photograph =
        check(&file(&folder, "photo.csv", [0xff, 0xd8, 0xff, 0xe0, 0, 16, b'J', b'F', b'I', b'F', 0, 1]), &[]);
    assert_eq!(photograph.code, 6, "{}", photograph.stderr);
    let no_phone = check(&file(&folder, "names.csv", "Name,City\nAnn,Reno\n"), &[]);
    assert_eq!(no_phone.code, 6, "{}", no_phone.stderr);
    assert!(no_phone.stderr.contains("no_phone_column"), "{}", no_phone.stderr);
    let leads = file(&folder, "leads.csv", people::csv(2));
    assert_eq!(check(&leads, &["--default-region", "Atlantis"]).code, 2);
    for usage in [&["import"][..], &["import", "check"], &["no-such-command"], &["serve"], &["rehearse", "--seed", "x"]]
    {
        let ended = run(usage);
        assert_eq!(ended.code, 2, "{usage:?}: {}", ended.stderr);
        assert!(ended.stdout.is_empty() && !ended.stderr.is_empty(), "{usage:?}");
    }
}

#[test]
fn every_command_explains_itself() {
    let local = ["demo", "serve", "rehearse", "import", "plugin", "explain", "carrier", "doctor", "version"];
    let remote = ["campaign", "lead", "call", "key", "tenant", "api", "login", "profile", "completions", "man"];
    for command in local.into_iter().chain(remote) {
        let help = run(&[command, "--help"]).well().stdout;
        assert!(help.contains("Usage: campanile"), "{command}: {help}");
    }
}

#[test]
fn a_server_that_is_not_there_is_unavailable() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = format!("http://127.0.0.1:{port}");
    let ended = run(&["explain", "lead_00000000000000000000000000", "--server", &server, "--key", "cpn_live_x"]);
    assert_eq!(ended.code, 7, "{}", ended.stderr);
    assert!(ended.stderr.contains(&server) && ended.stderr.contains("next:"), "{}", ended.stderr);
}

#[test]
fn shells_and_manuals_know_every_command() {
    for (shell, begins) in [
        ("bash", "_campanile()"),
        ("zsh", "#compdef campanile"),
        ("fish", "complete -c campanile"),
        ("powershell", "using namespace"),
    ] {
        let script = run(&["completions", shell]).well().stdout;
        assert!(script.contains(begins) && script.contains("preflight"), "{shell}");
        assert!(!script.contains("play-rehearsal"), "{shell} offers what the server starts for itself");
    }
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("man1");
    let _ = run(&["man", "--out", &out.display().to_string()]).well();
    let page = std::fs::read_to_string(out.join("campanile-campaign-watch.1")).unwrap();
    assert!(page.contains("campanile\\-campaign\\-watch") || page.contains("campanile-campaign-watch"), "{page}");
    assert!(!out.join("campanile-play-rehearsal.1").exists());
    let file = file(&folder, "file", "");
    let refused = run(&["man", "--out", &file.display().to_string()]);
    assert_eq!((refused.code, refused.stderr.contains("next:")), (1, true), "{}", refused.stderr);
}
