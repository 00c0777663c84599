//! The fakes as other people's clients see them.
//!
//! An importer and a fake that were written by one hand may share a mistake. So clients which talk to the real providers
//! every day read a fake, and must find the truth. They are no dependency of this project: where they lie is said by
//! `CAMPANILE_PEERS`, a folder in which tests/run installs them with npm. Without it, these tests say that they were skipped.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use super::airtable::Airtable;
use super::face::Face;
use super::fake::Fake;
use super::hubspot::Hubspot;
use super::pipedrive::Pipedrive;
use super::salesforce::Salesforce;
use super::sheets::Sheets;
use campanile_tests::repo;

fn reads_the_truth(script: &str, face: Box<dyn Face>) {
    let Some(folder) = std::env::var_os("CAMPANILE_PEERS").map(PathBuf::from) else {
        eprintln!("skipped: CAMPANILE_PEERS names no folder with the clients; tests/run says how one is made");
        return;
    };
    let fake = Fake::start(face, 230);
    let gone = fake.id(3);
    fake.world(|world| world.delete(&gone));
    let script = repo::root().join("tests/sources/conformance/peers").join(script);
    let ran = Command::new("node")
        .arg(script)
        .args([format!("http://{}", fake.address), fake.token()])
        .env("NODE_PATH", folder.join("node_modules"))
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let read: Value = serde_json::from_slice(&ran.stdout).unwrap();
    let mut read: Vec<Vec<String>> = serde_json::from_value(read).unwrap();
    read.sort();
    let truth = fake.world(|world| world.callable());
    let truth: Vec<_> = truth.into_iter().map(|(id, (phones, name, _))| vec![id, phones[0].clone(), name]).collect();
    assert_eq!(read, truth);
    assert!(fake.asked() > 3, "in pages");
}

#[test]
fn jsforce_reads_the_fake_of_salesforce() {
    reads_the_truth("salesforce.js", Box::new(Salesforce::default()));
}

#[test]
fn pipedrive_s_own_client_reads_its_fake() {
    reads_the_truth("pipedrive.js", Box::new(Pipedrive));
}

#[test]
fn hubspot_s_own_client_reads_its_fake() {
    reads_the_truth("hubspot.js", Box::new(Hubspot::default()));
}

#[test]
fn airtable_s_own_client_reads_its_fake() {
    reads_the_truth("airtable.js", Box::new(Airtable::default()));
}

#[test]
fn google_s_own_client_reads_the_fake_of_sheets() {
    reads_the_truth("sheets.js", Box::new(Sheets::default()));
}
