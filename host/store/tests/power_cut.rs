//! Nothing that was answered is lost when the power goes.
//!
//! A store runs on a disk that forgets what was not synced; several threads add leads and call them; at some write the
//! power goes. Then the platter is opened again: the database is whole, every answer that anybody got is in it, and the
//! sums that must agree do. The disk that lies about its syncs shows that the test would see a loss.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod disk;
mod support;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use campanile_domain::attempt::{AttemptState, CallStatus};
use campanile_domain::ids::{CallId, LeadId};
use campanile_domain::ports::store::{ClaimRequest, DialResult, Dialling, Fence, LeadAdded, Store, StoreError};
use campanile_store::{Options, Profile, open_with_vfs};
use disk::{Disk, Image};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use rusqlite::{Connection, OpenFlags};
use support::{MONDAY, Setup, World, end, event, lead, wait};

/// What was answered.
#[derive(Default)]
struct Answers {
    leads: Vec<LeadId>,
    /// How far each attempt is known to be: 0 intent, 1 placed, 2 over.
    attempts: BTreeMap<CallId, u8>,
}

fn options(folder: &std::path::Path) -> Options {
    Options { profile: Profile::Durable { folder: folder.to_owned() }, readers: 1, vault: None }
}

/// One thread's work, until the disk says no.
fn work(world: &World, answers: &Mutex<Answers>, thread: u64) {
    let note = |id: CallId, how: u8| {
        answers.lock().unwrap().attempts.insert(id, how);
    };
    for turn in 0.. {
        let now = MONDAY + turn * 1_000;
        let number = 5_000 + thread * 1_000 + turn as u64 % 1_000;
        let new = campanile_domain::ports::store::NewLead { allow_duplicate: true, ..lead(number) };
        match wait(world.store.add_leads(&world.ctx(now), world.campaign.id, vec![new])) {
            Ok(added) => answers.lock().unwrap().leads.extend(added.into_iter().map(|added| match added {
                LeadAdded::Created { id } | LeadAdded::Updated { id } | LeadAdded::Duplicate { of: id } => id,
            })),
            Err(_) => return,
        }
        let request = ClaimRequest { campaign: world.campaign.key, slots: 2 };
        let Ok(claim) = wait(world.store.claim(&world.ctx(now), Fence::SOLE, request)) else { return };
        for order in claim.orders {
            note(order.open.id, 0);
            let placed = DialResult::Placed { provider_call_id: order.open.id.to_string() };
            if wait(world.store.dialled(&world.ctx(now), Fence::SOLE, order.open.key, placed)).is_err() {
                return;
            }
            note(order.open.id, 1);
            let told = vec![
                event(order.open.id, now + 1, CallStatus::InProgress),
                end(&order, now + 2, CallStatus::Completed),
            ];
            if wait(world.store.apply(&world.ctx(now + 2), Fence::SOLE, world.gateway, told)).is_err() {
                return;
            }
            note(order.open.id, 2);
        }
        if turn > 200 {
            return;
        }
    }
}

/// Runs until the power goes; returns what was answered and what is on the platter.
fn run(folder: &std::path::Path, cut_at: u64, seed: u64, honest: bool) -> (Answers, Image) {
    let disk = Disk::new(Image::new(), cut_at, seed, honest);
    let answers = Mutex::new(Answers::default());
    if let Ok(store) = open_with_vfs(&options(folder), &disk.register()) {
        let made = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let world = World::with(Arc::clone(&store) as Arc<dyn Store>, Setup { billed: true, ..Setup::default() });
            wait(world.store.top_up(&world.ctx(MONDAY), campanile_domain::money::Micros(1_000_000_000))).unwrap();
            let ids = world.add(vec![lead(1)]);
            answers.lock().unwrap().leads.extend(ids);
            world.start();
            world
        }));
        // When the power goes while the world is made there is nothing to work on, and nothing was promised.
        if let Ok(world) = made {
            std::thread::scope(|scope| {
                for thread in 0..3 {
                    let (world, answers) = (&world, &answers);
                    scope.spawn(move || work(world, answers, thread));
                }
            });
        }
        store.close();
    }
    (answers.into_inner().unwrap(), disk.cut())
}

/// What is wrong with what is left; empty when nothing is.
fn losses(folder: &std::path::Path, answers: &Answers, image: Image, seed: u64) -> Vec<String> {
    let name = Disk::new(image, u64::MAX, seed, true).register();
    let store = match open_with_vfs(&options(folder), &name) {
        Ok(store) => store,
        Err(error) => return vec![format!("it does not open: {error}")],
    };
    let mut wrong = Vec::new();
    let path = folder.join("campanile.db");
    let db = Connection::open_with_flags_and_vfs(&path, OpenFlags::SQLITE_OPEN_READ_WRITE, name.as_str()).unwrap();
    let ask =
        |sql: &str| db.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap_or_else(|error| error.to_string());
    let whole = ask("PRAGMA integrity_check");
    if whole != "ok" {
        return vec![whole];
    }
    for (question, expected) in support::SUMS {
        let found = ask(question);
        if found != *expected {
            wrong.push(format!("{question}: {found}"));
        }
    }
    for id in &answers.leads {
        let found = db.query_row("SELECT 1 FROM lead WHERE public_id = ?1", [id.to_bytes()], |_| Ok(()));
        if found.is_err() {
            wrong.push(format!("{id} was answered and is lost"));
        }
    }
    for (id, how) in &answers.attempts {
        let state: Result<u8, _> =
            db.query_row("SELECT state FROM attempt WHERE public_id = ?1", [id.to_bytes()], |row| row.get(0));
        let kept = match state {
            Ok(0) => 0,
            Ok(1..=9) => 1,
            Ok(_) => 2,
            Err(_) => {
                wrong.push(format!("{id} was answered and is lost"));
                continue;
            }
        };
        if kept < *how {
            wrong.push(format!("{id} was at {how} and is at {kept}"));
        }
    }
    drop(db);
    let boot = wait(store.boot(MONDAY + 1, Fence::SOLE));
    match boot {
        Ok(boot) if boot.open.iter().any(|open| open.state == AttemptState::Intent) => {
            wrong.push("an intent is left".into())
        }
        Ok(_) => {}
        Err(error) => wrong.push(error.to_string()),
    }
    wrong
}

/// Cuts the power at many moments; returns what was lost at each.
fn trials(count: u64, honest: bool) -> (Vec<String>, usize) {
    let folder = tempfile::tempdir().unwrap();
    let mut moments = ChaCha8Rng::seed_from_u64(if honest { 11 } else { 12 });
    let (mut lost, mut answered) = (Vec::new(), 0);
    for trial in 0..count {
        // Some in the first migration, most in the middle of work, some after checkpoints.
        let longest = [400, 4_000, 4_000, 12_000][trial as usize % 4];
        let cut_at = 1 + u64::from(moments.next_u32()) % longest;
        let (answers, image) = run(folder.path(), cut_at, trial, honest);
        answered += answers.attempts.len() + answers.leads.len();
        let wrong = losses(folder.path(), &answers, image, trial);
        lost.extend(wrong.into_iter().map(|what| format!("cut at {cut_at}, trial {trial}: {what}")));
    }
    (lost, answered)
}

#[test]
fn nothing_answered_is_lost_when_the_power_goes() {
    let count = std::env::var("POWER_CUTS").ok().and_then(|count| count.parse().ok()).unwrap_or(24);
    let (lost, answered) = trials(count, true);
    println!("{count} power cuts, {answered} answers checked");
    assert!(answered > 100, "the trials did too little: {answered}");
    assert!(lost.is_empty(), "{lost:#?}");
}

#[test]
fn a_disk_that_lies_about_its_syncs_is_noticed() {
    let (lost, _) = trials(8, false);
    assert!(!lost.is_empty(), "the test would not see a loss");
}

#[test]
fn a_full_disk_fails_the_group_and_stops_dialling_until_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::new(Image::new(), u64::MAX, 1, true);
    let store = open_with_vfs(&options(folder.path()), &disk.register()).unwrap();
    let world = World::new(Arc::clone(&store) as Arc<dyn Store>);
    world.add((1..=3).map(lead).collect());
    world.start();
    disk.fill(true);
    let claim = || {
        let request = ClaimRequest { campaign: world.campaign.key, slots: 1 };
        wait(world.store.claim(&world.ctx(MONDAY), Fence::SOLE, request))
    };
    for _ in 0..3 {
        let refused = claim().unwrap_err();
        assert!(matches!(refused, StoreError::Unwritable(_)), "{refused}");
    }
    let stats = world.done(world.store.stats(world.tenant.key, world.campaign.id));
    assert_eq!((stats.open_attempts, stats.leads), (0, 3), "nothing of it was kept, and reading goes on");
    disk.fill(false);
    assert_eq!(claim().unwrap().orders.len(), 1);
    store.close();
}
