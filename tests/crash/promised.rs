//! `kill -9` between the commit and the answer, and then the same request again, under the same `Idempotency-Key`.
//!
//! A client that got no answer cannot know whether its request arrived; it is promised that it may ask again. Every route that
//! takes a key, as the server's own document lists them, and the upsert, which is its own key, are asked all at once, and the
//! server is killed: after its answers were sent to somebody who never reads them, or at a random moment before. On the
//! same folder the same requests have one effect in all, and two answers to them are the same.
//!
//! `CAMPANILE_KILLS` sets how often (12), `CAMPANILE_SEED` the moments.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use campanile_tests::account::{Account, CALLER_IDS, Campaign, always};
use campanile_tests::host::Host;
use campanile_tests::patience::{self, Stopwatch};
use campanile_tests::people;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::gateway::stage::{shipped, upload};

const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// Kills at a random moment come at most so late.
const LATEST_MS: u64 = 120;

fn setting(name: &str, otherwise: u64) -> u64 {
    let read = |text: String| text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, no number"));
    std::env::var(name).map_or(otherwise, read)
}

/// Whose world it is, and what is in it.
struct World {
    account: Account,
    campaign: Campaign,
    assistant: String,
    gateway: String,
    importer: String,
    sink: String,
}

/// A request under a promise.
struct Wish {
    /// As the document has it.
    route: &'static str,
    method: &'static str,
    path: String,
    body: Value,
    key: String,
    by_operator: bool,
    /// What a list of its effects is asked by, and how one of them is known.
    effects: (String, Value),
}

impl World {
    fn new(host: &Host) -> Self {
        let tariff = json!({"per_minute_micros": 1, "minimum_seconds": 1, "rounding_seconds": 1});
        let account = host.account_with(&json!({"name": "Promised", "billing": {"currency": "EUR", "tariff": tariff}}));
        host.operator
            .post(&format!("/v1/tenants/{}/top_up", account.id), &json!({"amount_micros": 1_000_000_000}))
            .ok();
        let gateway = account.gateway("simulated", &json!({"seed": 1}));
        let assistant = account.assistant(&gateway);
        let campaign = account.campaign(&assistant, &json!({"calling_hours": always()}));
        let importer = upload(&account, shipped("catch-webhook"));
        let sink = upload(&account, shipped("hubspot-results"));
        Self { account, campaign, assistant, gateway, importer, sink }
    }

    /// Every promise that can be made, for the kill of that number.
    fn wishes(&self, kill: usize) -> Vec<Wish> {
        let named = |what: &str| format!("{what} {kill}");
        let phone = |place: usize| people::phone(kill * 10 + place);
        let (campaign, id) = (&self.campaign.id, |rest: &str| self.campaign.path(rest));
        let wish = |route: &'static str, path: String, body: Value, effects: (String, Value)| Wish {
            route,
            method: "POST",
            path,
            body,
            key: format!("{route} {kill}").replace(' ', "-"),
            by_operator: false,
            effects,
        };
        let made = |route: &'static str, what: &str, mut body: Value| {
            body["name"] = named(what).into();
            wish(route, route.to_owned(), body, (route.to_owned(), json!({"name": named(what)})))
        };
        let leads = |phone: String| (format!("/v1/leads?phone={}", phone.replace('+', "%2B")), json!({}));
        let again = |place: usize| json!({"phone": phone(place), "allow_duplicate": true});
        let top_up = format!("/v1/tenants/{}/top_up", self.account.id);
        let amount = 1_000 + kill;
        let fields = json!({"phones": ["phone"]});
        vec![
            made(
                "/v1/assistants",
                "Mia",
                json!({"time_zone": "America/New_York", "gateway": self.gateway, "phone_numbers": CALLER_IDS}),
            ),
            made("/v1/gateways", "carrier", json!({"kind": "simulated"})),
            made("/v1/campaigns", "Spring", json!({"assistant": self.assistant})),
            made(
                "/v1/sources",
                "forms",
                json!({"campaign": campaign, "plugin": self.importer, "paused": true, "settings": {"fields": fields}}),
            ),
            made(
                "/v1/sinks",
                "CRM",
                json!({"campaign": campaign, "plugin": self.sink, "paused": true, "secrets": {"token": "t"}}),
            ),
            wish(
                "/v1/campaigns/{id}/clone",
                id("/clone"),
                json!({"name": named("clone")}),
                ("/v1/campaigns".to_owned(), json!({"name": named("clone")})),
            ),
            wish("/v1/campaigns/{id}/leads", id("/leads"), again(0), leads(phone(0))),
            wish("/v1/campaigns/{id}/leads:batch", id("/leads:batch"), json!({"leads": [again(1)]}), leads(phone(1))),
            Wish {
                method: "PUT",
                key: String::new(),
                ..wish(
                    "/v1/campaigns/{id}/leads/external/{external_id}",
                    id(&format!("/leads/external/crm-{kill}")),
                    json!({"phone": phone(2)}),
                    leads(phone(2)),
                )
            },
            wish(
                "/v1/calls",
                "/v1/calls".to_owned(),
                json!({"assistant": self.assistant, "phone": phone(3), "override": ["calling_hours"]}),
                ("/v1/calls".to_owned(), json!({"phone": phone(3)})),
            ),
            Wish {
                by_operator: true,
                ..wish(
                    "/v1/tenants/{id}/top_up",
                    top_up,
                    json!({"amount_micros": amount}),
                    ("/v1/balance/ledger?kind=top_up".to_owned(), json!({"amount_micros": amount})),
                )
            },
        ]
    }

    /// How often a wish was granted.
    fn granted(&self, wish: &Wish) -> usize {
        let (path, like) = &wish.effects;
        let like = like.as_object().unwrap();
        let rows = self.account.live.all(path);
        rows.iter().filter(|row| like.iter().all(|(name, value)| row[name] == *value)).count()
    }

    /// After its server moved.
    fn at(&mut self, host: &Host) {
        self.account = self.account.at(host.api.base());
        self.campaign.api = self.account.live.clone();
    }
}

/// Sends a request and does not wait for its answer.
fn send(host: &Host, world: &World, wish: &Wish) -> TcpStream {
    let address = host.api.base().trim_start_matches("http://");
    let key = if wish.by_operator { host.operator.key() } else { world.account.live.key() };
    let body = wish.body.to_string();
    let promise = if wish.key.is_empty() { String::new() } else { format!("idempotency-key: {}\r\n", wish.key) };
    let request = format!(
        "{} {} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\nauthorization: Bearer {key}\r\n{promise}content-type: \
         application/json\r\ncontent-length: {}\r\n\r\n{body}",
        wish.method,
        wish.path,
        body.len()
    );
    let mut stream = TcpStream::connect(address).expect("the server takes connections");
    stream.set_read_timeout(Some(ANSWER_LIMIT)).unwrap();
    stream.write_all(request.as_bytes()).expect("a server that listens");
    stream
}

/// Status and body of a whole answer; nothing when it did not come.
fn answer(mut stream: TcpStream) -> Option<(u16, Value)> {
    let mut text = Vec::new();
    // What came before the connection broke is kept.
    let _ = stream.read_to_end(&mut text);
    let text = String::from_utf8(text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, serde_json::from_str(body).ok()?))
}

/// What has to be the same in two answers. A call goes on in between: it is the same one.
fn kept(wish: &Wish, (status, body): &(u16, Value)) -> Value {
    match wish.route {
        "/v1/calls" => json!([status, body["id"]]),
        // An account is answered as it is, and the calls of the same kill move its money; that it was topped up once is counted.
        route if route.ends_with("/top_up") => {
            let mut account = body.clone();
            account["available_micros"].take();
            json!([status, account])
        }
        // What is put is asked for, whether it is there already or not.
        route if route.ends_with("{external_id}") => body["id"].clone(),
        _ => json!([status, body]),
    }
}

#[derive(Debug, Default)]
struct Figures {
    asked: usize,
    /// Granted, and the client does not know.
    between: usize,
    /// Not granted before the kill.
    lost: usize,
}

#[test]
fn what_was_asked_before_a_kill_may_be_asked_again_and_is_done_once() {
    let kills = usize::try_from(setting("CAMPANILE_KILLS", 12)).unwrap();
    let seed = setting("CAMPANILE_SEED", 1);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let watch = Stopwatch::start();
    // The address that answers name is not the port, which is another one after every kill.
    let mut host = Host::start(&["--public-url", "https://campanile.example"]);
    let mut world = World::new(&host);
    the_document_has_no_other(&host, &world);
    let mut figures = Figures::default();
    for kill in 0..kills {
        let wishes = world.wishes(kill);
        let streams: Vec<_> = wishes.iter().map(|wish| send(&host, &world, wish)).collect();
        // Every other time the answers are on their way; otherwise anything may be half done.
        let firsts: Vec<_> = if kill % 2 == 0 {
            let answers: Vec<_> = streams.into_iter().map(answer).collect();
            host = host.killed(None);
            answers
        } else {
            patience::pass(Duration::from_millis(rng.next_u64() % LATEST_MS));
            host = host.killed(None);
            streams.into_iter().map(answer).collect()
        };
        world.at(&host);
        for (wish, first) in wishes.iter().zip(firsts) {
            let place = format!("{} at kill {kill} of seed {seed}", wish.route);
            let before = world.granted(wish);
            assert!(before <= 1, "{place}: {before} effects of one request");
            assert!(before == 1 || first.is_none(), "{place}: {first:?} was answered and is not there");
            figures.asked += 1;
            figures.between += before;
            figures.lost += 1 - before;
            let ask = || answer(send(&host, &world, wish)).unwrap_or_else(|| panic!("{place} is not answered"));
            let second = ask();
            assert!((200..300).contains(&second.0), "{place}: {second:?}");
            assert_eq!(world.granted(wish), 1, "{place}: {second:?}");
            let third = ask();
            assert_eq!(kept(wish, &second), kept(wish, &third), "{place}");
            if let Some(first) = first {
                assert_eq!(kept(wish, &first), kept(wish, &second), "{place}");
            }
            assert_eq!(world.granted(wish), 1, "{place}");
        }
    }
    println!(
        "{kills} kills, seed {seed}, {:.0} s: {} requests, of which {} were granted before the kill and {} were not; all of \
         them once after they were asked again",
        watch.elapsed().as_secs_f64(),
        figures.asked,
        figures.between,
        figures.lost
    );
    assert!(figures.between >= figures.asked / 2, "{figures:?}");
}

/// A route that takes a key is asked here, or this test does not hold what it says.
fn the_document_has_no_other(host: &Host, world: &World) {
    let document = host.api.get("/openapi.json").ok();
    let takes = |operation: &Value| {
        let mut parameters = operation["parameters"].as_array().into_iter().flatten();
        parameters.any(|one| one["name"] == "Idempotency-Key")
    };
    let paths = document["paths"].as_object().unwrap().iter();
    let listed: BTreeSet<&str> =
        paths.filter(|(_, item)| takes(&item["post"])).map(|(path, _)| path.as_str()).collect();
    let wishes = world.wishes(0);
    let asked = wishes.iter().filter(|wish| !wish.key.is_empty()).map(|wish| wish.route).collect();
    assert_eq!(listed, asked);
}
