//! How fast Campanile is on this machine, seen from outside: files, rehearsal, import, dialling, the API meanwhile.
//!
//! `cargo run --release --workspace --bin bench [LEADS]`, and `... --bin bench waiting [LEADS]` for a million leads that wait. The figures are for comparing two builds on one quiet
//! machine; nothing passes or fails here, and no document may quote a figure without the machine it came from.

use std::time::Duration;

use campanile_tests::account::{Campaign, always};
use campanile_tests::host::Host;
use campanile_tests::patience::{self, Stopwatch};
use campanile_tests::people;
use campanile_tests::process::run;
use serde_json::{Value, json};

mod large;

const LEADS: usize = 5_000;
const WAITING: usize = 1_000_000;
const LIMIT: Duration = Duration::from_secs(1_200);

fn say(what: &str, count: u64, watch: Stopwatch, unit: &str) {
    let seconds = watch.elapsed().as_secs_f64();
    println!("{what:<28}{count:>9} {unit:<8}{seconds:>8.2} s{:>11.0} {unit}/s", count as f64 / seconds);
}

fn main() {
    let mut words = std::env::args().skip(1).peekable();
    let waiting = words.next_if(|word| word == "waiting").is_some();
    let leads = words.next().map(|text| text.parse().expect("a number of leads"));
    if waiting {
        return large::run(leads.unwrap_or(WAITING));
    }
    let leads = leads.unwrap_or(LEADS);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("leads.csv");
    std::fs::write(&path, people::csv(leads)).expect("the lead file can be written");
    let file = path.display().to_string();
    files(&file, leads);
    server(&file, leads);
}

fn files(file: &str, leads: usize) {
    let watch = Stopwatch::start();
    let _ = run(&["import", "check", file, "--json"]).well();
    say("import check", leads as u64, watch, "rows");
    let watch = Stopwatch::start();
    let told = run(&["rehearse", "--leads", file, "--json"]).well();
    let told: Value = serde_json::from_str(&told.stdout).expect("a summary");
    say("rehearse", told["calls"].as_u64().unwrap_or_default(), watch, "calls");
}

fn server(file: &str, leads: usize) {
    let watch = Stopwatch::start();
    let host = Host::at_speed(600);
    println!("{:<28}{:>27.2} s", "serve, until ready", watch.elapsed().as_secs_f64());
    let fields = json!({"calling_hours": always(), "max_concurrent_calls": 100, "retry_interval_minutes": 10});
    let campaign = host.account("Bench").simulated(1, &json!({}), &fields);
    let watch = Stopwatch::start();
    let body = std::fs::read(file).expect("the lead file");
    let begun = campaign.api.upload(&format!("/v1/imports?confirm=true&campaign={}", campaign.id), "text/csv", body);
    let over = || (campaign.api.get(&begun.location).ok()["status"] == "finished").then_some(());
    patience::until("the import is over", LIMIT, over);
    say("import over HTTP", leads as u64, watch, "rows");
    campaign.start();
    dialling(&campaign);
}

/// Dials to the end, and asks for a lead again and again meanwhile.
fn dialling(campaign: &Campaign) {
    let lead = campaign.api.get(&campaign.path("/leads?limit=1")).ok()["data"][0]["id"].as_str().map(str::to_owned);
    let lead = format!("/v1/leads/{}", lead.expect("a lead"));
    let watch = Stopwatch::start();
    let mut answers = Vec::new();
    patience::until("the campaign is over", LIMIT, || {
        let asked = Stopwatch::start();
        campaign.api.get(&lead).ok();
        answers.push(asked.elapsed());
        (campaign.now()["status"] != "in_progress").then_some(())
    });
    let stats = campaign.stats();
    let calls = stats["attempts"].as_object().into_iter().flat_map(|all| all.values()).filter_map(Value::as_u64).sum();
    say("dialling, 100 at once, x600", calls, watch, "calls");
    answers.sort_unstable();
    let at = |share: f64| answers[((answers.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0;
    println!("GET a lead meanwhile: {} times, p50 {:.1} ms, p99 {:.1} ms", answers.len(), at(0.5), at(0.99));
}
