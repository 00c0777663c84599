//! What opens and what does not, and what a process that was killed leaves behind.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;

use campanile_domain::ports::store::{Accounts, Dialling, Fence, LeadFilter, Leads, Page, Store};
use campanile_store::{OpenError, Options, Profile, open};
use rusqlite::Connection;
use support::{MONDAY, World, lead, wait};

fn options(folder: &std::path::Path) -> Options {
    Options { profile: Profile::Durable { folder: folder.to_owned() }, readers: 1, vault: None }
}

#[test]
fn a_database_of_a_later_release_is_refused_with_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    let schema = open(&options(folder.path())).unwrap().health().schema_version;
    let db = Connection::open(folder.path().join("campanile.db")).unwrap();
    let later =
        "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) VALUES (99, 'later', '', '')";
    db.execute(later, []).unwrap();
    drop(db);
    let Err(refused) = open(&options(folder.path())) else { panic!("it opened") };
    assert_eq!(refused.code(), "database_newer");
    let told = refused.to_string();
    assert!(told.contains("99") && told.contains(&schema.to_string()), "{told}");
}

#[test]
fn a_folder_has_one_server() {
    let folder = tempfile::tempdir().unwrap();
    let first = open(&options(folder.path())).unwrap();
    let Err(refused) = open(&options(folder.path())) else { panic!("it opened") };
    assert!(matches!(refused, OpenError::InUse { holder: Some(pid), .. } if pid == std::process::id()));
    first.close();
    open(&options(folder.path())).unwrap();
}

#[test]
fn a_store_opens_again_with_everything_and_says_how_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&options(folder.path())).unwrap();
    let health = store.health().clone();
    assert_eq!((health.journal_mode.as_str(), health.synchronous), ("wal", 2));
    let world = World::new(Arc::clone(&store) as Arc<dyn Store>);
    let id = world.add(vec![lead(1)])[0];
    store.close();
    assert!(wait(store.tenants()).is_err(), "a closed store answers nothing");
    let again = open(&options(folder.path())).unwrap();
    assert_eq!(wait(again.lead(world.tenant.key, id)).unwrap().id, id);
    let memory = open(&Options { profile: Profile::Ephemeral, readers: 0, vault: None }).unwrap();
    assert_eq!((memory.health().journal_mode.as_str(), &memory.health().folder), ("memory", &None));
}

/// The other side of the test below: commits leads and says so, until it is killed.
#[test]
#[ignore = "a part of the next test, run by it in a process of its own"]
fn commits_until_killed() {
    let folder = std::env::var("KILLED_FOLDER").expect("run by the other test");
    let world = World::new(open(&options(folder.as_ref())).unwrap());
    println!("tenant {}", world.tenant.id);
    world.add(vec![lead(1)]);
    world.start();
    for number in 2..100_000 {
        let ids = world.add(vec![lead(number)]);
        let order = world.claim_one(MONDAY);
        println!("lead {} call {}", ids[0], order.open.id);
    }
}

#[test]
fn what_a_killed_process_was_told_is_there() {
    for lines in [1, 7, 40] {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["commits_until_killed", "--exact", "--ignored", "--nocapture"])
            .env("KILLED_FOLDER", folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let tenant = said.find_map(|line| line.split_once("tenant ").map(|(_, id)| id.to_owned())).unwrap();
        let told: Vec<String> = said.by_ref().filter(|line| line.contains("call ")).take(lines).collect();
        child.kill().unwrap();
        child.wait().unwrap();

        let store = open(&options(folder.path())).unwrap();
        let tenant = wait(store.tenant_by_id(tenant.parse().unwrap())).unwrap().key;
        for line in &told {
            let (lead, call) = line.split_once("lead ").unwrap().1.split_once(" call ").unwrap();
            assert!(wait(store.lead(tenant, lead.parse().unwrap())).is_ok(), "{lead}");
            let call = wait(store.call(tenant, call.parse().unwrap())).unwrap();
            assert_eq!(call.status, "initiated");
        }
        let boot = wait(store.boot(MONDAY + 1, Fence::SOLE)).unwrap();
        assert!(boot.open.len() >= lines && boot.open.iter().all(|open| open.unknown.is_some()));
        let page = Page { cursor: None, limit: 1 };
        assert_eq!(wait(store.leads(tenant, &LeadFilter::default(), &page)).unwrap().data.len(), 1);
        let db = Connection::open(folder.path().join("campanile.db")).unwrap();
        for (question, expected) in support::SUMS {
            let found: String = db.query_row(question, [], |row| row.get(0)).unwrap();
            assert_eq!(found, *expected, "{question}");
        }
    }
}
