//! Files that nobody wrote: random modules and components, and real ones with bits turned over or cut off.
//!
//! All of them go to one server, which must answer each with a refusal (or take it, where chance made nothing worse), never
//! with an error of its own, and must not grow. Some of the real ones carry a name of their own, so that what is still a
//! plugin is compiled and run too. The random ones come from `campanile-smith` (`tests/smith`), a program of its own.
//!
//! `CAMPANILE_ZOO` sets how many of each (1,000), `CAMPANILE_SEED` which.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use campanile_tests::patience::Stopwatch;
use campanile_tests::repo;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use serde_json::Value;

use super::frame::{Frame, INNOCENT, component, manifest, section, with_manifest};
use super::zoo::{Zoo, codes, send, settled, text};

/// How much the server may grow over a run, in MiB: its caches and pools are warm before the first file.
const GROWTH_MIB: u64 = 300;
/// A long run says after so many files how far it is and what the server holds.
const TELLS_EVERY: u32 = 10_000;
/// Every so many files have a name of their own.
const NAMED: usize = 25;

fn setting(name: &str, otherwise: u64) -> u64 {
    let read = |text: String| text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, no number"));
    std::env::var(name).map_or(otherwise, read)
}

/// Random files: so many modules, then so many components.
fn smithed(seed: u64, each: u64) -> Vec<Vec<u8>> {
    let built = repo::root().join("target/smith/release/campanile-smith");
    let program = std::env::var_os("CAMPANILE_SMITH").map_or(built, PathBuf::from);
    assert!(
        program.is_file(),
        "{} is not built; run: cargo build --release --manifest-path tests/smith/Cargo.toml --target-dir target/smith",
        program.display()
    );
    let made = Command::new(program).args([seed, each, each].map(|number| number.to_string())).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let (mut files, mut rest) = (Vec::new(), &made.stdout[..]);
    while let Some((length, more)) = rest.split_first_chunk::<4>() {
        let (file, more) = more.split_at(usize::try_from(u32::from_le_bytes(*length)).unwrap());
        files.push(file.to_vec());
        rest = more;
    }
    files
}

/// Plugins that are let in before they are dropped; an account may have a hundred.
const FULL: usize = 60;

/// What became of the files.
#[derive(Default)]
struct Tally {
    answers: BTreeMap<String, u32>,
    slowest: Duration,
    sent: u32,
    /// Names and versions.
    admitted: Vec<(String, String)>,
    /// How those ended that were dropped.
    ends: BTreeMap<String, u32>,
}

impl Tally {
    /// Sends a file.
    fn send(&mut self, zoo: &Zoo, what: &str, bytes: Vec<u8>) {
        if self.admitted.len() >= FULL {
            self.make_room(zoo, what);
        }
        let watch = Stopwatch::start();
        let (length, answer) = (bytes.len(), send(zoo.api(), bytes));
        self.slowest = self.slowest.max(watch.elapsed());
        self.sent += 1;
        if self.sent.is_multiple_of(TELLS_EVERY) {
            println!("{} files, now {what}; {}", self.sent, zoo.host.memory());
        }
        let well = [200, 202, 409, 422].contains(&answer.status) && !answer.text.contains("the host failed");
        assert!(well, "{what}, {length} bytes: {} {}", answer.status, answer.text);
        let mut key = codes(&answer);
        key.dedup();
        *self.answers.entry(format!("{} {}", answer.status, key.join(" "))).or_default() += 1;
        if answer.status == 202 {
            // As it is called now: a bit of the name may be among those that were turned over.
            let (version, text) = (answer.json(), |value: &Value| value.as_str().unwrap_or_default().to_owned());
            self.admitted.push((text(&version["name"]), text(&version["version"])));
        }
    }

    /// What became of those that were let in; they are dropped then, because an account keeps only so many.
    fn make_room(&mut self, zoo: &Zoo, what: &str) {
        for (name, number) in std::mem::take(&mut self.admitted) {
            let version = settled(zoo.api(), &name, &number);
            let shown = version.to_string();
            assert!(!shown.contains("the host failed"), "{what} {name}@{number}: {shown}");
            // Admission and the compiler know the same WebAssembly; what is left for the compiler is what takes too much.
            assert!(!shown.contains("disallowed") && !shown.contains("not enabled"), "{what} {name}@{number}: {shown}");
            let end = format!("{} {}", text(&version, "/state"), text(&version, "/report/findings/0/code"));
            *self.ends.entry(end).or_default() += 1;
            let gone = zoo.api().delete(&format!("/v1/plugins/{name}/versions/{number}"));
            assert!([200, 204].contains(&gone.status), "{what} {name}@{number}: {} {}", gone.status, gone.text);
        }
    }

    /// The last of them, and what came of all.
    fn finish(mut self, zoo: &Zoo, what: &str) {
        self.make_room(zoo, what);
        assert!(!self.answers.contains_key("409 plugins"), "the account was full: {:?}", self.answers);
        let (slowest, ends) = (self.slowest.as_millis(), &self.ends);
        println!("{what}: {:?}; slowest {slowest} ms; of those let in {ends:?}", self.answers);
        println!("{}", zoo.host.memory());
    }
}

fn warm() -> (Zoo, u64) {
    let zoo = Zoo::open();
    for _ in 0..5 {
        zoo.recovers("nothing");
    }
    let before = zoo.host.memory().resident_mib;
    (zoo, before)
}

fn ends(zoo: &Zoo, before: u64) {
    zoo.recovers("all of them");
    let after = zoo.host.memory().resident_mib;
    assert!(after < before + GROWTH_MIB, "the server grew from {before} to {after} MiB");
}

#[test]
fn random_modules_and_components_are_refused() {
    let (each, seed) = (setting("CAMPANILE_ZOO", 1_000), setting("CAMPANILE_SEED", 1));
    let (zoo, before) = warm();
    let files = smithed(seed, each);
    let (mut modules, mut inside, mut components) = (Tally::default(), Tally::default(), Tally::default());
    for (index, file) in files.into_iter().enumerate() {
        let name = format!("smith-{seed}-{index}");
        let said = manifest(&name, "1.0.0", "retry-policy");
        if index as u64 >= each {
            components.send(&zoo, &name, with_manifest(file, &said));
        } else if index.is_multiple_of(NAMED) {
            // Beside a plugin's own module, so that it is compiled.
            let mut whole = component(&Frame { name: &name, ..INNOCENT });
            section(&mut whole, 1, &file);
            inside.send(&zoo, &name, whole);
        } else if index.is_multiple_of(2) {
            let mut alone = b"\0asm\x0d\0\x01\0".to_vec();
            section(&mut alone, 1, &file);
            modules.send(&zoo, &name, with_manifest(alone, &said));
        } else {
            modules.send(&zoo, &name, file);
        }
    }
    modules.finish(&zoo, &format!("{each} random modules"));
    inside.finish(&zoo, "of them inside of a plugin");
    components.finish(&zoo, &format!("{each} random components"));
    ends(&zoo, before);
}

/// Turns up to four bits over, or cuts.
fn damaged(whole: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    let mut at = |below: usize| usize::try_from(rng.next_u64() % below as u64).unwrap();
    let mut bytes = whole.to_vec();
    if at(8) == 0 {
        bytes.truncate(at(whole.len()));
        return bytes;
    }
    for _ in 0..=at(4) {
        bytes[at(whole.len())] ^= 1 << at(8);
    }
    bytes
}

/// The same component under another name of the same length.
fn renamed(whole: &[u8], name: &str, other: &str) -> Vec<u8> {
    assert_eq!(name.len(), other.len());
    let at = whole.windows(name.len()).rposition(|part| part == name.as_bytes()).unwrap();
    [&whole[..at], other.as_bytes(), &whole[at + name.len()..]].concat()
}

#[test]
fn real_plugins_with_bits_turned_over_do_no_harm() {
    let (count, seed) = (setting("CAMPANILE_ZOO", 1_000), setting("CAMPANILE_SEED", 1));
    let (zoo, before) = warm();
    let bundled = |name: &str| std::fs::read(repo::root().join("plugins/bundled").join(name)).unwrap();
    let (patient, runner) = (bundled("patient-retry.wasm"), bundled("rhai-runner.wasm"));
    let small = component(&Frame { name: "patient-retry", ..INNOCENT });
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut tally = Tally::default();
    for index in 0..usize::try_from(count).unwrap() {
        let own = index.is_multiple_of(NAMED);
        let name = if own { format!("flipped-{index:05}") } else { "flipped-any-1".to_owned() };
        let whole = match index % 10 {
            9 => runner.clone(),
            0..5 => renamed(&patient, "patient-retry", &name[..13]),
            _ => renamed(&small, "patient-retry", &name[..13]),
        };
        let bytes = damaged(&whole, &mut rng);
        tally.send(&zoo, &name, bytes);
    }
    tally.finish(&zoo, &format!("{count} damaged plugins"));
    ends(&zoo, before);
}
