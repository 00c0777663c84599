//! A million leads that wait: what somebody who reads them waits for, and how long the first call takes.
//!
//! One connection, one request after another, the sun's clock. The aims are those of docs/performance.md; the floor beside
//! them is `GET /v1/me` on the same connection, which reads one row.

use std::fmt::Write as _;
use std::time::Duration;

use campanile_tests::account::{Campaign, always};
use campanile_tests::host::Host;
use campanile_tests::patience::{self, Stopwatch};
use serde_json::json;

const LIMIT: Duration = Duration::from_secs(1_200);
const ASKED: usize = 2_000;

/// So many people with a valid number each; nobody but the simulation is ever called.
fn file(leads: usize) -> String {
    let mut file = "Name,Phone\r\n".to_owned();
    for index in 0..leads {
        let (area, number) = (201 + index % 3, index / 3);
        let _ = write!(file, "Person {index},+1{area}2{number:06}\r\n");
    }
    file
}

struct Asked(Vec<Duration>);

impl Asked {
    fn of(times: usize, mut ask: impl FnMut(usize)) -> Self {
        let one = |n| {
            let watch = Stopwatch::start();
            ask(n);
            watch.elapsed()
        };
        let mut all: Vec<Duration> = (0..times).map(one).collect();
        all.sort_unstable();
        Self(all)
    }

    fn ms(&self, share: f64) -> f64 {
        self.0[((self.0.len() - 1) as f64 * share) as usize].as_secs_f64() * 1_000.0
    }

    fn say(&self, what: &str, aim: &str) {
        println!("{what:<34}{:>8.2} ms{:>10.2} ms   {aim}", self.ms(0.5), self.ms(0.99));
    }
}

/// Imports them, asks, starts.
pub fn run(leads: usize) {
    let host = Host::start(&[]);
    let account = host.account("Bench");
    let fields = json!({"calling_hours": always(), "max_concurrent_calls": 1});
    let campaign = account.simulated(1, &json!({}), &fields);
    let watch = Stopwatch::start();
    let path = format!("/v1/imports?confirm=true&campaign={}", campaign.id);
    let begun = campaign.api.upload(&path, "text/csv", file(leads).into_bytes());
    let over = || (campaign.api.get(&begun.location).ok()["status"] == "finished").then_some(());
    patience::until("the import is over", LIMIT, over);
    println!("{leads} leads imported over HTTP in {:.0} s; {}", watch.elapsed().as_secs_f64(), host.memory());
    println!("{:<34}{:>11}{:>13}   aim", "", "p50", "p99");
    asked(&campaign);
    started(&campaign);
    println!("{}", host.memory());
}

fn asked(campaign: &Campaign) {
    let api = &campaign.api;
    let of_page = |page: &serde_json::Value| -> Vec<String> {
        let rows = page["data"].as_array().expect("a page");
        rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()).collect()
    };
    let ids = of_page(&api.get(&campaign.path("/leads?limit=200")).ok());
    let get = |path: &str| drop(api.get(path).ok());
    let floor = Asked::of(ASKED, |_| get("/v1/me"));
    floor.say("GET /v1/me", "the floor");
    let explain = Asked::of(ASKED, |n| get(&format!("/v1/leads/{}/explain", ids[n % ids.len()])));
    explain.say("explain of a lead", "p99 under 5 ms");
    println!(
        "{:<34}{:>10.1}x{:>12.1}x",
        "  to the floor",
        explain.ms(0.5) / floor.ms(0.5),
        explain.ms(0.99) / floor.ms(0.99)
    );
    let many = ASKED / 10;
    Asked::of(many, |_| get(&campaign.path("/explain"))).say("counts by gate", "under 50 ms");
    Asked::of(many, |_| get(&campaign.path("/stats"))).say("stats", "under 50 ms");
    Asked::of(many, |_| get(&campaign.path("/leads?limit=50"))).say("a page of 50 leads", "under 50 ms");
    Asked::of(many, |_| get(&campaign.path("/leads?limit=50&status=created"))).say("of one status", "under 50 ms");
    Asked::of(many, |_| get(&campaign.path("/leads?limit=50&status=completed")))
        .say("of a status that none has", "under 50 ms");
    Asked::of(many, |n| get(&format!("/v1/leads?phone=%2B12012{:06}", n * 7)))
        .say("a phone across campaigns", "under 50 ms");
}

fn started(campaign: &Campaign) {
    let watch = Stopwatch::start();
    campaign.start();
    let dialled =
        || !campaign.api.get(&format!("/v1/calls?campaign={}&limit=1", campaign.id)).ok()["data"][0].is_null();
    patience::until("the first dial", LIMIT, || dialled().then_some(()));
    println!(
        "{:<34}{:>8.2} ms{:>13}   under 1,000 ms",
        "start to first dial",
        watch.elapsed().as_secs_f64() * 1_000.0,
        ""
    );
}
