//! An upload is there whole or not at all, whenever the power goes.
//!
//! Versions of several pieces are uploaded on a disk that forgets what was not synced; at some write the power goes.
//! Whatever is listed afterwards has all its bytes, whatever was answered is listed, and the pieces of an upload that was
//! cut are gone after the next opening. A process that is killed is the kinder case: its writes are all on the disk.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod disk;
mod support;

use std::path::Path;
use std::sync::Arc;

use campanile_domain::ids::PluginId;
use campanile_domain::ports::store::{NewVersion, Plugins, Store, StoreError};
use campanile_store::{Options, Profile, SqliteStore, open_with_vfs};
use disk::{Disk, Image};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use rusqlite::{Connection, OpenFlags};
use support::{MONDAY, World, wait};

fn open_on(folder: &Path, disk: &str) -> Option<Arc<SqliteStore>> {
    let profile = Profile::Durable { folder: folder.to_owned() };
    open_with_vfs(&Options { profile, readers: 1, vault: None }, disk).ok()
}

/// Some three pieces, different every time.
fn content(number: u64) -> Vec<u8> {
    (0..1_200_000_u64).map(|at| ((at * 31 + number * 7 + at / 4_096) % 251) as u8).collect()
}

fn script(number: u64) -> NewVersion {
    let (name, kind) = ("goal-retry".to_owned(), "script".to_owned());
    NewVersion { name, version: None, kind, content: content(number), report: None }
}

/// Uploads until the power goes; what was answered, and the platter.
fn run(folder: &Path, cut_at: u64, seed: u64) -> (Vec<(PluginId, u64)>, Image) {
    let disk = Disk::new(Image::new(), cut_at, seed, true);
    let mut answered = Vec::new();
    if let Some(store) = open_on(folder, &disk.register()) {
        let made =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| World::new(Arc::clone(&store) as Arc<dyn Store>)));
        if let Ok(world) = made {
            for number in 0..8 {
                match wait(world.store.add_plugin_version(&world.ctx(MONDAY), script(number))) {
                    Ok(added) => answered.push((added.version.id, number)),
                    Err(_) => break,
                }
            }
        }
        store.close();
    }
    (answered, disk.cut())
}

/// What is wrong on a platter; and how many pieces of a cut upload were found on it.
fn look(folder: &Path, answered: &[(PluginId, u64)], image: Image, seed: u64) -> (Vec<String>, i64) {
    let disk = Disk::new(image, u64::MAX, seed, true);
    let name = disk.register();
    let path = folder.join("campanile.db");
    let ask = |sql: &str| -> i64 {
        let db = Connection::open_with_flags_and_vfs(&path, OpenFlags::SQLITE_OPEN_READ_WRITE, name.as_str()).unwrap();
        db.query_row(sql, [], |row| row.get(0)).unwrap_or(0)
    };
    let orphans = "SELECT count(*) FROM plugin_chunk WHERE sha256 NOT IN (SELECT sha256 FROM plugin_version)";
    let left = ask(orphans);
    let Some(store) = open_on(folder, &name) else { return (vec!["it does not open".into()], left) };
    let mut wrong = Vec::new();
    let listed = wait(store.plugin_versions(None, None)).unwrap();
    for (tenant, version) in &listed {
        let number = version.version.parse::<u64>().unwrap() - 1;
        match wait(store.plugin_content(*tenant, version.id)) {
            Ok(bytes) if bytes == content(number) => {}
            Ok(_) => wrong.push(format!("{} has other bytes", version.version)),
            Err(error) => wrong.push(error.to_string()),
        }
    }
    for (id, number) in answered {
        if !listed.iter().any(|(_, version)| version.id == *id) {
            wrong.push(format!("upload {number} was answered and is lost"));
        }
    }
    store.close();
    let kept = ask(orphans);
    if kept != 0 {
        wrong.push(format!("{kept} pieces without a version are still there"));
    }
    (wrong, left)
}

#[test]
fn an_upload_is_whole_or_not_there_when_the_power_goes() {
    let mut moments = ChaCha8Rng::seed_from_u64(5);
    let (mut wrong, mut answers, mut cut_in_the_middle) = (Vec::new(), 0, 0);
    for trial in 0..16 {
        let folder = tempfile::tempdir().unwrap();
        let cut_at = 300 + u64::from(moments.next_u32()) % 6_000;
        let (answered, image) = run(folder.path(), cut_at, trial);
        answers += answered.len();
        let (found, left) = look(folder.path(), &answered, image, trial);
        cut_in_the_middle += i64::from(left > 0);
        wrong.extend(found.into_iter().map(|what| format!("cut at {cut_at}, trial {trial}: {what}")));
    }
    println!("{answers} uploads answered, {cut_in_the_middle} of 16 cuts in the middle of one");
    assert!(answers > 10 && cut_in_the_middle > 2, "the trials did too little: {answers}, {cut_in_the_middle}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_full_disk_refuses_the_upload_and_takes_it_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::new(Image::new(), u64::MAX, 1, true);
    let store = open_on(folder.path(), &disk.register()).unwrap();
    let world = World::new(Arc::clone(&store) as Arc<dyn Store>);
    disk.fill(true);
    let refused = wait(store.add_plugin_version(&world.ctx(MONDAY), script(1))).unwrap_err();
    assert!(matches!(refused, StoreError::Unwritable(_)), "{refused}");
    assert!(wait(store.plugin_versions(None, None)).unwrap().is_empty());
    disk.fill(false);
    let added = wait(store.add_plugin_version(&world.ctx(MONDAY), script(1))).unwrap().version;
    assert_eq!(wait(store.plugin_content(world.tenant.key, added.id)).unwrap(), content(1));
    store.close();
}
