//! The story: a campaign at speed, fed while it runs, its server killed at random moments, its carrier full of faults.
//!
//! Leads come in through the API all the while, and what was acknowledged must be there in the end. Some of the kills
//! come while the server is still starting. After the last one it is left to complete, and the judge is called. Two
//! programs listen to the account's events from the beginning, one of which hangs up now and then by itself.
//!
//! `CAMPANILE_KILLS` sets how often (12; 200 with `CAMPANILE_LONG`), `CAMPANILE_SEED` the moments. The folder of a run
//! that broke a promise is kept.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use campanile_tests::account::{Account, Campaign, always};
use campanile_tests::host::MONDAY;
use campanile_tests::http::Api;
use campanile_tests::listening::Told;
use campanile_tests::patience::{self, Stopwatch};
use campanile_tests::people;
use campanile_tests::process::Running;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use reqwest::Method;
use serde_json::{Value, json};

use super::listener::{Listener, differences};
use super::oracle::{Waits, judge};
use super::records::{Attempt, Millis, dials, millis};

const FACTOR: i64 = 600;
const INTERVAL_MINUTES: i64 = 60;
const GAP_MINUTES: i64 = 10;
const LEADS_AT_FIRST: usize = 120;
const LEADS_PER_KILL: usize = 20;
/// Every so many leads share a second phone.
const SHARED_BY: usize = 3;
const COMPLETE_LIMIT: Duration = Duration::from_secs(300);

const SCENARIO: &str = "
[rates]
answer = 0.3
busy = 0.12
unanswered = 0.33
voicemail = 0.15
failed = 0.1
[faults]
refuse = 0.05
lost_answer = 0.08
lost_request = 0.04
lost_event = 0.1
duplicate_event = 0.15
late_event = 0.1
reorder = 0.1
blind_find = 0.2
blind_seconds = 600
find_lag_seconds = 240
";

fn setting<T: std::str::FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, no number")))
}

/// A port that survives restarts: below the range from which systems hand out ports for connections.
fn port(rng: &mut ChaCha8Rng) -> u16 {
    loop {
        let draw = rng.next_u64().wrapping_add(u64::from(std::process::id()));
        let port = 20_000 + u16::try_from(draw % 10_000).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn lead(index: usize) -> Value {
    let (own, shared) = (people::phone(index), people::phone(people::most() - 1 - index / SHARED_BY));
    // One lead in five has the phone of the next one among its own.
    let borrowed = people::phone(index + 1);
    let mut secondary = vec![json!({ "phone": shared })];
    if index.is_multiple_of(5) {
        secondary.push(json!({ "phone": borrowed }));
    }
    json!({"phone": own, "secondary_contacts": secondary, "external_id": format!("person-{index}")})
}

/// Brings leads in through the API, again and again until they are acknowledged.
struct Feeder {
    wanted: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    acknowledged: Arc<Mutex<BTreeSet<String>>>,
    thread: std::thread::JoinHandle<usize>,
}

impl Feeder {
    fn start(campaign: &Campaign) -> Self {
        let (wanted, stop) = (Arc::new(AtomicUsize::new(LEADS_AT_FIRST)), Arc::new(AtomicBool::new(false)));
        let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
        let (campaign, kept) = (campaign.clone(), Arc::clone(&acknowledged));
        let (limit, ended) = (Arc::clone(&wanted), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let mut fed = 0;
            loop {
                let until = limit.load(Ordering::SeqCst).min(fed + LEADS_PER_KILL);
                if fed >= until {
                    if ended.load(Ordering::SeqCst) {
                        return fed;
                    }
                    patience::pass(Duration::from_millis(20));
                    continue;
                }
                let leads: Vec<_> = (fed..until).map(lead).collect();
                let body = json!({ "leads": leads }).to_string().into_bytes();
                let answer =
                    campaign.api.ask(Method::POST, &campaign.path("/leads:batch"), Some(("application/json", body)));
                match answer {
                    Ok(answer) if answer.status == 200 => {
                        let done = answer.json();
                        let ids = done["results"].as_array().unwrap().iter().map(|one| {
                            assert!(one["result"] == "created" || one["result"] == "updated", "{one}");
                            one["id"].as_str().unwrap().to_owned()
                        });
                        kept.lock().unwrap().extend(ids);
                        fed = until;
                    }
                    Ok(answer) => assert_eq!(answer.status, 503, "{}", answer.text),
                    Err(_) => patience::pass(Duration::from_millis(20)),
                }
            }
        });
        Self { wanted, stop, acknowledged, thread }
    }

    /// How many leads were brought in, and the ids that were acknowledged.
    fn finish(self) -> (usize, BTreeSet<String>) {
        self.stop.store(true, Ordering::SeqCst);
        let fed = self.thread.join().expect("the feeder ends");
        let acknowledged = self.acknowledged.lock().unwrap().clone();
        (fed, acknowledged)
    }
}

struct Scene {
    folder: PathBuf,
    port: u16,
}

impl Scene {
    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn serve(&self) -> Running {
        let (listen, clock) = (format!("127.0.0.1:{}", self.port), format!("x{FACTOR}"));
        let data = self.data().display().to_string();
        Running::start(&["serve", "--data", &data, "--listen", &listen, "--clock", &clock, "--clock-start", MONDAY])
    }

    /// The carrier, on the clock of the server: both count from the same real instant.
    fn carrier(&self, seed: u64) -> Running {
        let base: Value = serde_json::from_slice(&std::fs::read(self.data().join("clock.json")).unwrap()).unwrap();
        let (start, began) = (base["start"].as_str().unwrap(), base["began"].as_str().unwrap());
        let scenario = self.folder.join("scenario.toml");
        std::fs::write(&scenario, SCENARIO).unwrap();
        let (log, scenario) = (self.log().display().to_string(), scenario.display().to_string());
        let (seed, clock) = (seed.to_string(), format!("x{FACTOR}"));
        Running::start(&[
            "carrier",
            "--listen",
            "127.0.0.1:0",
            "--log",
            &log,
            "--scenario",
            &scenario,
            "--seed",
            &seed,
            "--clock",
            &clock,
            "--clock-start",
            start,
            "--clock-origin",
            began,
        ])
    }

    fn log(&self) -> PathBuf {
        self.folder.join("carrier.jsonl")
    }
}

/// How far the server's clock is ahead of the carrier's, at most.
fn ahead_ms(carrier: &Api, campaign: &Campaign) -> Millis {
    let server = millis(campaign.api.get(&campaign.path("/explain")).ok()["at"].as_str().unwrap());
    // The question came first, so the difference errs on the side of "behind" by one round trip; take that away again.
    let (one, two) = (
        millis(carrier.get("/").ok()["now"].as_str().unwrap()),
        millis(carrier.get("/").ok()["now"].as_str().unwrap()),
    );
    server - one + (two - one)
}

#[test]
fn a_server_that_is_killed_again_and_again_calls_nobody_twice() {
    let long = std::env::var_os("CAMPANILE_LONG").is_some();
    let kills = setting("CAMPANILE_KILLS").unwrap_or(if long { 200 } else { 12 });
    let seed = setting("CAMPANILE_SEED").unwrap_or(1);
    let folder = tempfile::tempdir().unwrap().keep();
    println!("kills {kills}, seed {seed}, folder {}", folder.display());
    story(kills, seed, &folder);
    std::fs::remove_dir_all(&folder).unwrap();
}

/// The last leads may have reopened the campaign a moment ago, so its status alone is not the end.
fn left_to_complete(campaign: &Campaign, fed: usize) {
    let mut stats = Value::Null;
    let over = patience::within(COMPLETE_LIMIT, || {
        stats = campaign.stats();
        let ended = |status: &str| {
            let reasons = stats["by_status"][status].as_object();
            reasons.into_iter().flat_map(|reasons| reasons.values()).filter_map(Value::as_u64).sum::<u64>()
        };
        (ended("completed") + ended("max_retries") + ended("suppressed") == fed as u64).then_some(())
    });
    let (now, why) = (campaign.now(), campaign.api.get(&campaign.path("/explain")).text);
    assert!(
        over.is_some(),
        "{fed} leads are not over within {COMPLETE_LIMIT:?}: {now}\nstats: {stats}\nexplain: {why}"
    );
    campaign.completed(Duration::from_secs(30));
}

fn story(kills: usize, seed: u64, folder: &Path) {
    let watch = Stopwatch::start();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let scene = Scene { folder: folder.to_owned(), port: port(&mut rng) };
    let mut server = scene.serve();
    let base = server.line("listening on ");
    let api = Api::new(&base, Duration::from_secs(20));
    let operator = api.with_key(&server.line("operator key (shown once): "));
    let mut carrier_process = scene.carrier(seed);
    let carrier = Api::new(&carrier_process.line("listening "), Duration::from_secs(20));
    let limits = json!({"max_concurrent_calls": 40, "min_gap_minutes": GAP_MINUTES,
        "requests_per_second": 100_000, "requests_burst": 100_000});
    let account = operator.post("/v1/tenants", &json!({"name": "Acme", "limits": limits})).ok();
    let account = Account::of(&api, &account);
    let gateway = account.gateway("carrier", &json!({"url": carrier.base()}));
    let assistant = account.assistant_asking(&gateway, &json!([]));
    let fields = json!({
        "calling_hours": always(), "max_concurrent_calls": 25, "retry_interval_minutes": INTERVAL_MINUTES,
        "retry_on_voicemail": true,
    });
    let campaign = account.campaign(&assistant, &fields);
    let listeners = [Listener::start(&account.live, usize::MAX), Listener::start(&account.live, 37)];
    let feeder = Feeder::start(&campaign);
    let fed_at_first = || (feeder.acknowledged.lock().unwrap().len() >= LEADS_AT_FIRST).then_some(());
    patience::until("the first leads are in", Duration::from_secs(30), fed_at_first);
    campaign.start();

    let (mut early, mut live, mut asleep) = (0, 0, 0);
    for _ in 0..kills {
        let draw = rng.next_u64();
        if draw.is_multiple_of(6) {
            // While it starts, or a moment later.
            early += 1;
            patience::pass(Duration::from_millis(rng.next_u64() % 150));
        } else {
            server.line("listening on ");
            patience::pass(Duration::from_millis(20 + rng.next_u64() % 900));
            if let Ok(answer) = campaign.api.ask(Method::GET, &campaign.path("/stats"), None)
                && answer.status == 200
            {
                let open = answer.json()["open_attempts"].as_u64().unwrap();
                live += open;
                asleep += u64::from(open == 0);
            }
        }
        server.kill();
        feeder.wanted.fetch_add(LEADS_PER_KILL, Ordering::SeqCst);
        server = scene.serve();
    }
    server.line("listening on ");
    let killed = watch.elapsed();
    let (fed, acknowledged) = feeder.finish();
    left_to_complete(&campaign, fed);

    let behind_ms = ahead_ms(&carrier, &campaign);
    assert!(behind_ms.abs() < 60_000, "the clocks are {behind_ms} ms apart");
    let waits = Waits {
        interval_ms: INTERVAL_MINUTES * 60_000,
        gap_ms: GAP_MINUTES * 60_000,
        tolerance_ms: 2_000 + behind_ms.max(0),
    };
    let log = std::fs::read_to_string(scene.log()).unwrap();
    let attempts: Vec<_> = campaign.calls().iter().map(Attempt::of).collect();
    let (figures, found) = judge(&dials(&log), &attempts, waits);
    let leads = campaign.leads();
    let stats = campaign.stats();
    println!(
        "{kills} kills ({early} while starting) in {:.0} s, complete after {:.0} s",
        killed.as_secs_f64(),
        watch.elapsed().as_secs_f64()
    );
    println!(
        "{live} attempts were open at the kills, none at {asleep} of them; {fed} leads fed; tolerance {} ms",
        waits.tolerance_ms
    );
    println!("{figures}");
    println!("violations {}", found.len());
    for violation in found.iter().take(20) {
        println!("  {violation}");
    }
    let listed: BTreeMap<&str, &Value> = leads.iter().map(|lead| (lead["id"].as_str().unwrap(), lead)).collect();
    let lost: Vec<_> = acknowledged.iter().filter(|id| !listed.contains_key(id.as_str())).collect();
    let waiting: Vec<_> = leads
        .iter()
        .filter(|lead| !["completed", "max_retries", "suppressed"].contains(&lead["status"].as_str().unwrap()))
        .collect();
    let why = format!("seed {seed}, folder {}", folder.display());
    assert!(found.is_empty(), "{} violations; {why}", found.len());
    assert!(figures.add_up(), "{figures}; {why}");
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}; {why}");
    assert_eq!((leads.len(), &stats["leads"]), (fed, &fed.into()), "{why}");
    assert!(waiting.is_empty(), "{waiting:#?}; {why}");
    assert_eq!(stats["open_attempts"], 0, "{why}");
    assert!(figures.dials > fed, "{figures}: hardly anybody was called; {why}");
    assert!(asleep as usize <= kills / 4, "the campaign slept at {asleep} of {kills} kills; {why}");
    let events: Vec<_> = account.live.all("/v1/events").iter().map(Told::of).collect();
    listeners.iter().for_each(|listener| listener.caught_up(&events));
    let ended = server.terminate(Duration::from_secs(30));
    assert_eq!(ended.code, 0, "{}; {why}", ended.stderr);
    for listener in listeners {
        let (seen, streams) = listener.finish();
        println!("a listener came {streams} times and was told of {} of {} events", seen.len(), events.len());
        let differ = differences(&seen, &events);
        assert!(differ.is_empty(), "{:#?}; {why}", differ.iter().take(20).collect::<Vec<_>>());
        assert!(streams > kills / 2, "it hardly ever came back; {why}");
    }
    assert_eq!(carrier_process.ended(), None, "the carrier died: {}; {why}", carrier_process.complaints());
}
