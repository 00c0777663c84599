//! `campanile import`: files into a server, files into a folder, and back out.

use std::path::PathBuf;

use campanile_tests::host::Host;
use campanile_tests::people;
use campanile_tests::process::{Finished, run};
use serde_json::{Value, json};
use tempfile::TempDir;

fn file(folder: &TempDir, text: &str) -> String {
    let path: PathBuf = folder.path().join("fair.csv");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn last(ended: &Finished) -> Value {
    serde_json::from_str(ended.stdout.lines().last().unwrap_or_default())
        .unwrap_or_else(|error| panic!("{error}: {}", ended.stdout))
}

fn counts(import: &Value) -> (&str, u64, u64, u64) {
    let count = |field: &str| import[field].as_u64().unwrap_or_else(|| panic!("{field}: {import}"));
    (import["status"].as_str().unwrap(), count("created"), count("duplicates"), count("removed"))
}

#[test]
fn a_file_goes_into_a_server_and_out_again() {
    let host = Host::start(&[]);
    let campaign = host.account("Acme").simulated(1, &json!({}), &json!({}));
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, &(people::csv(60) + "Too Short,12,,\r\n"));
    let base = host.api.base().to_owned();
    let key = campaign.api.key().to_owned();
    let server = ["--server", &base, "--key", &key];
    let import = |args: &[&str]| run(&[&["import"], args, &server[..]].concat());
    let into = ["run", path.as_str(), "--campaign", campaign.id.as_str()];
    let dry = import(&[&into[..], &["--dry-run"]].concat()).well();
    assert!(dry.stdout.contains("ready") && dry.stdout.contains("60"), "{}", dry.stdout);
    assert_eq!(campaign.leads().len(), 0);
    let ran = last(&import(&[&into[..], &["--json"]].concat()).well());
    assert_eq!(counts(&ran), ("finished", 60, 0, 0));
    let again = import(&into).well();
    assert!(again.stdout.contains("already in campaign") && again.stdout.contains("duplicates"), "{}", again.stdout);
    assert_eq!(campaign.leads().len(), 60);
    let other = import(&["resume", &path]);
    assert_eq!(other.code, 3, "nothing of it failed: {}", other.stderr);
    let id = ran["id"].as_str().unwrap();
    assert_eq!(counts(&last(&import(&["undo", id, "--json"]).well())), ("undone", 60, 0, 60));
    assert_eq!(campaign.leads().len(), 0);
    let nobody = run(&["import", "run", &path, "--campaign", &campaign.id, "--server", &base]);
    assert_eq!((nobody.code, nobody.stderr.contains("--key")), (2, true), "{}", nobody.stderr);
}

#[test]
fn a_file_goes_straight_into_a_folder_that_no_server_has_open() {
    let host = Host::start(&[]);
    let account = host.account("Acme");
    let campaign = account.simulated(1, &json!({}), &json!({}));
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, &people::csv(700));
    let data = host.data().display().to_string();
    let open = run(&["import", "run", &path, "--data", &data]);
    assert_ne!(open.code, 0, "a server has it open");
    let (id, key) = (campaign.id.clone(), campaign.api.key().to_owned());
    let (_, kept) = host.stop();
    let ran = run(&["import", "run", &path, "--data", &data, "--campaign", &id, "--json"]).well();
    assert_eq!(counts(&last(&ran)), ("finished", 700, 0, 0), "{}", ran.stdout);
    let draft = last(&run(&["import", "run", &path, "--data", &data, "--json"]).well());
    assert_eq!(counts(&draft), ("finished", 700, 0, 0), "a new draft has nobody yet");
    let undone = last(&run(&["import", "undo", draft["id"].as_str().unwrap(), "--data", &data, "--json"]).well());
    assert_eq!(counts(&undone), ("undone", 700, 0, 700));
    let host = Host::open(kept);
    let api = host.api.with_key(&key);
    assert_eq!(api.get(&format!("/v1/campaigns/{id}/stats")).ok()["leads"], 700);
    let drafts = api.get("/v1/campaigns?status=draft").ok();
    let names: Vec<_> = drafts["data"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"fair"), "{names:?}");
}
