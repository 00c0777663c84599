//! How fast attempts go through a store. Run by hand in a release build: `cargo test --release --test speed -- --ignored
//! --nocapture`; the numbers are for a person, the assertions only catch what is wrong by a factor.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::sync::Arc;
use std::time::Instant;

use campanile_domain::attempt::CallStatus;
use campanile_domain::campaign::CampaignConfig;
use campanile_domain::hours::CallingHours;
use campanile_domain::ports::store::{ClaimRequest, DialResult, Dimension, Fence, NewLead, NewVersion, Store};
use campanile_domain::time::Timestamp;
use campanile_store::{Options, Profile, open};
use support::{MONDAY, Setup, World, event, lead};

#[expect(clippy::disallowed_methods, reason = "a measurement")]
fn clock() -> Instant {
    Instant::now()
}

fn many(from: u64, count: u64) -> Vec<NewLead> {
    (from..from + count)
        .map(|number| {
            let mut new = lead(0);
            new.contacts[0].phone = format!("+1202{:07}", 2_000_000 + number).parse().unwrap();
            new
        })
        .collect()
}

fn setup() -> Setup {
    let config = CampaignConfig {
        calling_hours: CallingHours::always(),
        max_concurrent_calls: 1_000,
        ..CampaignConfig::named("speed")
    };
    Setup { config, ..Setup::default() }
}

async fn cycle(world: &World, now: Timestamp, slots: u32) -> usize {
    let (store, ctx) = (&world.store, |at| world.ctx(at));
    let request = ClaimRequest { campaign: world.campaign.key, slots };
    let claim = store.claim(&ctx(now), Fence::SOLE, request).await.unwrap();
    for order in &claim.orders {
        store.recheck(&[order.open.key], now).await.unwrap();
        let placed = DialResult::Placed { provider_call_id: format!("sim-{}", order.open.id) };
        store.dialled(&ctx(now), Fence::SOLE, order.open.key, placed).await.unwrap();
        for (after, status) in [(1, CallStatus::Ringing), (2, CallStatus::InProgress), (3, CallStatus::Completed)] {
            let told = event(order.open.id, now + after, status);
            let told = store.apply(&ctx(now + after), Fence::SOLE, world.gateway, vec![told]).await.unwrap();
            assert_eq!(told.changed.len(), 1);
        }
    }
    claim.orders.len()
}

#[test]
#[ignore = "a measurement"]
fn ephemeral_cycle() {
    let store = open(&Options { profile: Profile::Ephemeral, readers: 0, vault: None }).unwrap();
    let world = World::with(store, setup());
    let began = clock();
    for page in 0..40 {
        world.add(many(page * 1_000, 1_000));
    }
    println!("import: {:.1} µs a lead", began.elapsed().as_micros() as f64 / 40_000.0);
    world.start();
    for slots in [1, 3, 10] {
        let began = clock();
        let done = support::wait(async {
            let mut done = 0;
            while done < 10_000 {
                done += cycle(&world, MONDAY + 60_000 + done as i64, slots).await;
            }
            done
        });
        let each = began.elapsed().as_micros() as f64 / done as f64;
        println!("ephemeral, {slots} slot(s) a claim: {each:.0} µs an attempt");
    }
}

#[test]
#[ignore = "a measurement"]
fn durable_callers() {
    let folder = tempfile::tempdir().unwrap();
    let profile = Profile::Durable { folder: folder.path().to_owned() };
    let store: Arc<dyn Store> = open(&Options { profile, readers: 2, vault: None }).unwrap();
    let world = Arc::new(World::with(store, setup()));
    let began = clock();
    for page in 0..20 {
        world.add(many(page * 1_000, 1_000));
    }
    println!("durable import: {:.1} µs a lead", began.elapsed().as_micros() as f64 / 20_000.0);
    world.start();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let began = clock();
    let done: usize = runtime.block_on(async {
        let callers: Vec<_> = (0..50)
            .map(|_| {
                let world = Arc::clone(&world);
                tokio::spawn(async move {
                    let mut done = 0;
                    while done < 200 {
                        done += cycle(&world, MONDAY + 60_000, 1).await;
                    }
                    done
                })
            })
            .collect();
        let mut done = 0;
        for caller in callers {
            done += caller.await.unwrap();
        }
        done
    });
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "durable, 50 callers: {:.0} attempts/s ({done} in {seconds:.1} s, five writes each)",
        done as f64 / seconds
    );
}

#[test]
#[ignore = "a measurement"]
fn dials_during_the_largest_upload() {
    let folder = tempfile::tempdir().unwrap();
    let profile = Profile::Durable { folder: folder.path().to_owned() };
    let store: Arc<dyn Store> = open(&Options { profile, readers: 2, vault: None }).unwrap();
    let world = Arc::new(World::with(store, setup()));
    world.add(many(0, 4_000));
    world.start();
    let content: Vec<u8> = (0..48_u64 << 20).map(|at| (at * 31 + at / 4_096) as u8).collect();
    let (name, kind) = ("large".to_owned(), "script".to_owned());
    let new = NewVersion { name, version: None, kind, content, report: None };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let (mut waits, upload) = runtime.block_on(async {
        let theirs = Arc::clone(&world);
        let began = clock();
        let upload = tokio::spawn(async move {
            theirs.store.add_plugin_version(&theirs.ctx(MONDAY), new).await.unwrap();
            began.elapsed()
        });
        let mut waits = Vec::new();
        while !upload.is_finished() {
            let began = clock();
            let request = ClaimRequest { campaign: world.campaign.key, slots: 1 };
            world.store.claim(&world.ctx(MONDAY), Fence::SOLE, request).await.unwrap();
            waits.push(began.elapsed());
        }
        (waits, upload.await.unwrap())
    });
    waits.sort();
    let at = |percent: usize| waits[(waits.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!(
        "48 MiB in {:.1} s; {} claims meanwhile: p50 {:.1} ms, p99 {:.1} ms, worst {:.1} ms",
        upload.as_secs_f64(),
        waits.len(),
        at(50),
        at(99),
        at(100)
    );
    assert!(waits.len() > 20, "the upload held the writer");
}

#[test]
#[ignore = "a measurement"]
fn statistics_of_a_million_calls() {
    let folder = tempfile::tempdir().unwrap();
    let profile = Profile::Durable { folder: folder.path().to_owned() };
    let store: Arc<dyn Store> = open(&Options { profile, readers: 2, vault: None }).unwrap();
    let world = World::with(store, setup());
    let db = rusqlite::Connection::open(folder.path().join("campanile.db")).unwrap();
    let numbers = |name: &str, count: u32| {
        format!("{name} (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM {name} WHERE n < {})", count - 1)
    };
    // A year of every hour, and six rounds of eleven contacts from twenty numbers: more than any campaign has.
    let lists = [numbers("d", 365), numbers("h", 24), numbers("r", 6), numbers("c", 11), numbers("i", 20)].join(", ");
    for sql in [
        "INSERT INTO call_time_count SELECT ?1, 20260301 + d.n, h.n, 115, 40, 15, 8, 4000000, 4000000 FROM d, h",
        "INSERT INTO call_line_count SELECT ?1, 1 + r.n, c.n, 12025559000 + i.n, 763, 270, 100, 50, 25000000, 25000000
         FROM r, c, i",
    ] {
        db.execute(&format!("WITH RECURSIVE {lists} {sql}"), [world.campaign.key.0]).unwrap();
    }
    for by in [vec![], vec![Dimension::Day], Dimension::ALL.to_vec()] {
        let began = clock();
        let told = world.done(world.store.breakdown(world.tenant.key, world.campaign.id, &by));
        let took = began.elapsed().as_secs_f64() * 1e3;
        let calls: u64 = told.by.get(&Dimension::Day).map_or(0, |rows| rows.iter().map(|row| row.calls).sum());
        println!("{} tables of {calls} calls: {took:.1} ms", by.len());
    }
}
