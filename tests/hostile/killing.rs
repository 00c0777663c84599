//! `kill -9` while plugins are uploaded, compiled, tested and activated.
//!
//! After every restart each version is whole, with the digest of what was sent, and goes on through the gates by itself; or
//! it is not there, which only an upload that was never acknowledged may be. What is active is what was active before or
//! what was being activated.
//!
//! `CAMPANILE_KILLS` sets how often (12), `CAMPANILE_SEED` the moments.

use std::collections::BTreeMap;
use std::time::Duration;

use campanile_tests::account::Account;
use campanile_tests::host::Host;
use campanile_tests::http::Api;
use campanile_tests::patience::{self, Stopwatch};
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use reqwest::Method;
use sha2::{Digest, Sha256};

use super::frame::{Frame, INNOCENT, component};
use super::zoo::settled;

const NAME: &str = "survivor";

fn setting(name: &str, otherwise: u64) -> u64 {
    let read = |text: String| text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, no number"));
    std::env::var(name).map_or(otherwise, read)
}

/// A plugin that takes the compiler a second or so.
fn heavy(version: &str) -> Vec<u8> {
    let work = "(func (param i64 i64) (result i64) (i64.mul (i64.add (local.get 0) (local.get 1)) (local.get 1)))";
    component(&Frame { name: NAME, version, extra: &work.repeat(6_000), ..INNOCENT })
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn path(version: &str, verb: &str) -> String {
    format!("/v1/plugins/{NAME}/versions/{version}{verb}")
}

/// How far a version came, as its author was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    Nothing,
    Uploaded,
    Staged,
    Activated,
}

/// Uploads, waits and activates, until the server is gone.
fn push(api: &Api, version: &str, bytes: Vec<u8>) -> Told {
    let upload = api.ask(Method::POST, "/v1/plugins", Some(("application/wasm", bytes)));
    let Ok(answer) = upload else { return Told::Nothing };
    assert_eq!(answer.status, 202, "{}", answer.text);
    loop {
        let Ok(read) = api.ask(Method::GET, &path(version, ""), None) else { return Told::Uploaded };
        let state = read.ok()["state"].as_str().unwrap_or_default().to_owned();
        if state == "staged" {
            break;
        }
        assert!(["compiling", "testing"].contains(&state.as_str()), "{}", read.text);
        patience::pass(Duration::from_millis(5));
    }
    match api.ask(Method::POST, &path(version, "/activate"), None) {
        Ok(answer) => {
            assert_eq!(answer.status, 200, "{}", answer.text);
            Told::Activated
        }
        Err(_) => Told::Staged,
    }
}

#[test]
fn a_server_killed_among_uploads_keeps_each_version_whole_or_not_at_all() {
    let (kills, seed) = (setting("CAMPANILE_KILLS", 12), setting("CAMPANILE_SEED", 1));
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut host = Host::start(&[]);
    let account = host.account("Survivors");
    let watch = Stopwatch::start();
    let first = heavy("1.0.0");
    let mut kept = BTreeMap::from([("1.0.0".to_owned(), sha256(&first))]);
    assert_eq!(push(&account.live, "1.0.0", first), Told::Activated);
    let takes = u64::try_from(watch.elapsed().as_millis()).unwrap().max(100);
    let mut active = "1.0.0".to_owned();
    let mut told: BTreeMap<Told, u32> = BTreeMap::new();
    let (mut lost, mut undecided) = (0, 0);
    for kill in 1..=kills {
        let version = format!("1.{kill}.0");
        let bytes = heavy(&version);
        let digest = sha256(&bytes);
        let (api, number) = (account.at(host.api.base()).live, version.clone());
        let pushing = std::thread::spawn(move || push(&api, &number, bytes));
        patience::pass(Duration::from_millis(rng.next_u64() % (takes * 5 / 4)));
        // Some servers are killed again before they are up.
        let early = rng.next_u64().is_multiple_of(3).then(|| Duration::from_millis(rng.next_u64() % 400));
        host = host.killed(early);
        let came = pushing.join().expect("the author was told what is so");
        *told.entry(came).or_default() += 1;
        let here = account.at(host.api.base());
        if came > Told::Nothing || here.live.get(&path(&version, "")).status == 200 {
            kept.insert(version.clone(), digest);
        } else {
            lost += 1;
        }
        let now = whole(&here, &kept);
        assert!(
            now == active || now == version,
            "kill {kill}: {now} is active; it was {active}, {came:?} of {version}"
        );
        assert!(came < Told::Activated || now == version, "kill {kill}: {version} was activated, and {now} is");
        undecided += u32::from(came == Told::Staged && now == version);
        active = now;
    }
    println!(
        "{kills} kills, seed {seed}, in {:.0} s: authors were told {told:?}; {lost} uploads are not there, {undecided} \
         activations were kept without an answer; {} versions are whole; {}",
        watch.elapsed().as_secs_f64(),
        kept.len(),
        host.memory()
    );
}

/// Every version is there with the digest of what was sent, and passes; the active one.
fn whole(account: &Account, kept: &BTreeMap<String, String>) -> String {
    for (version, digest) in kept {
        let read = settled(&account.live, NAME, version);
        assert_eq!(
            (&read["sha256"], &read["report"]["sha256"]),
            (&digest.as_str().into(), &digest.as_str().into()),
            "{read}"
        );
        assert!(["staged", "active", "retired"].contains(&read["state"].as_str().unwrap()), "{read}");
    }
    let all = account.live.get(&format!("/v1/plugins/{NAME}")).ok();
    let versions: Vec<_> =
        all["versions"].as_array().unwrap().iter().map(|one| one["version"].as_str().unwrap()).collect();
    assert_eq!(versions.len(), kept.len(), "{versions:?}");
    let actives: Vec<_> = all["versions"].as_array().unwrap().iter().filter(|one| one["active"] == true).collect();
    assert_eq!(actives.len(), 1, "{all}");
    assert_eq!(all["active"], actives[0]["version"]);
    all["active"].as_str().unwrap().to_owned()
}
