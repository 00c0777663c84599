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

/// A list of a dealer: one column for both numbers, a country of each row, and people who said no.
const DEALERS: &str = "Firma;Telefon;Land;Umsatz;Kontakt\n\
    Ann GmbH;0171 1234567 / 030 1234567;DE;12,5;ja\n\
    Bob AG;044 668 18 00;CH;;ja\n\
    Cid GmbH;0171 1234568;DE;3;nein\n\
    Dee GmbH;0171 1234569;DE;much;ja\n\
    Eve GmbH;0171 1234570;XX;1;ja\n";
const DEALERS_SCRIPT: &str = r#"fn map_row(row) {
    if row.kontakt == "nein" { return reject("wants no calls"); }
    let phones = row.telefon.split(" / ");
    let spent = 0.0;
    if row.umsatz != "" {
        let text = row.umsatz;
        text.replace(",", ".");
        spent = parse_float(text);
    }
    person(#{ phones: phones, name: row["Firma"], country: row.land, priority: if spent > 10.0 { 1 } else { 0 },
        vars: #{ spent: spent } })
}
"#;

#[test]
fn a_script_says_what_the_rows_of_a_file_mean() {
    let host = Host::start(&[]);
    let account = host.account("Acme");
    let campaign = account.simulated(1, &json!({}), &json!({}));
    let folder = tempfile::tempdir().unwrap();
    let (path, script) = (file(&folder, DEALERS), folder.path().join("dealers.rhai").display().to_string());
    // On its author's disk, without a server.
    std::fs::write(&script, DEALERS_SCRIPT.replace("row.umsatz;", "row.umsaz;")).unwrap();
    let misspelt = run(&["import", "check", &path, "--script", &script]).well();
    assert!(misspelt.stdout.contains("did you mean `umsatz`?"), "{}", misspelt.stdout);
    std::fs::write(&script, DEALERS_SCRIPT.replace("fn map_row", "fn map_rows")).unwrap();
    let other = run(&["import", "check", &path, "--script", &script]);
    assert!(other.code == 6 && other.stderr.contains("`map_rows` looks like it"), "{}", other.stderr);
    std::fs::write(&script, DEALERS_SCRIPT).unwrap();
    let checked = last(&run(&["import", "check", &path, "--script", &script, "--json"]).well());
    let rejected = json!({"rejected_by_script": 1, "script_failed": 1, "unknown_country": 1});
    assert_eq!((&checked["accepted"], &checked["rejected"]), (&2.into(), &rejected), "{checked}");
    // In a server, by name.
    account.live.post("/v1/scripts", &json!({"name": "dealers", "source": DEALERS_SCRIPT})).ok();
    let server = ["--server", host.api.base(), "--key", campaign.api.key()];
    let into = ["import", "run", &path, "--campaign", &campaign.id, "--script", "dealers", "--json"];
    let ran = last(&run(&[&into[..], &server[..]].concat()).well());
    assert_eq!(counts(&ran), ("finished", 2, 0, 0), "{ran}");
    assert_eq!((&ran["options"]["script"], &ran["summary"]["rejected"]), (&"dealers@1".into(), &rejected));
    let mut leads = campaign.leads();
    leads.sort_by_key(|lead| lead["contacts"][0]["phone"].to_string());
    let bob = &leads[0]["contacts"][0];
    assert_eq!((&bob["phone"], &bob["name"]), (&"+41446681800".into(), &"Bob AG".into()), "{bob}");
    let phones: Vec<_> = leads[1]["contacts"].as_array().unwrap().iter().map(|one| one["phone"].clone()).collect();
    assert_eq!(phones, ["+491711234567", "+49301234567"]);
    assert_eq!((&leads[1]["variables"]["spent"], &leads[1]["priority"]), (&12.5.into(), &1.into()), "{}", leads[1]);
    let rejects = campaign.api.get(&format!("/v1/imports/{}/rejects", ran["id"].as_str().unwrap()));
    assert!(rejects.text.contains("wants no calls") && rejects.text.contains("Dee GmbH"), "{}", rejects.text);
    let unknown =
        run(&[&["import", "run", &path, "--campaign", &campaign.id, "--script", "dealer"], &server[..]].concat());
    assert!(unknown.code == 6 && unknown.stderr.contains("dealers"), "{} {}", unknown.code, unknown.stderr);
    let decides = json!({"name": "x", "assistant": account.assistant(&account.gateway("simulated", &json!({}))), "policy": "dealers@active"});
    assert_eq!(campaign.api.post("/v1/campaigns", &decides).status, 422);
    // And straight into a folder.
    let data = host.data().display().to_string();
    let (_, _kept) = host.stop();
    let folder = last(&run(&["import", "run", &path, "--script", "dealers@1", "--data", &data, "--json"]).well());
    assert_eq!(counts(&folder), ("finished", 2, 0, 0), "{folder}");
}
