//! After an erasure nothing of the person is in the data folder: not in a row, not in a free page, not in a log.
//!
//! A person is put everywhere where one can be, in the shapes that others give them, then erased. The files are searched for
//! the bytes of their name, their words, their ids and their number (as text and as SQLite stores integers), and every column
//! of every table is asked. Before, the same searches find them, or the test would prove nothing.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use campanile_domain::attempt::CallStatus;
use campanile_domain::contact::Contact;
use campanile_domain::ids::{KeyId, LeadId};
use campanile_domain::ports::gateway::{CallEvent, Speaker, Utterance, Webhook};
use campanile_domain::ports::policy::Usage;
use campanile_domain::ports::store::{
    Actor, DecisionRecord, Document, EvaluationRecord, NewLead, ShadowRecord, Store, WriteContext,
};
use campanile_domain::retention::Held;
use campanile_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use campanile_domain::variable::Variables;
use campanile_store::{Options, Profile, SqliteStore, open};
use rusqlite::Connection;
use rusqlite::types::Value;
use serde_json::json;
use support::{MONDAY, World, asked, end, event, lead, phone};

const NAME: &str = "Ann Lovelace";
const SENTENCE: &str = "My daughter is ill, call me after Easter";
const EXTERNAL: &str = "crm-104277";
/// Her number, that of the world's first lead, as others write it.
const WRITTEN: [&str; 4] = ["+12025550001", "(202) 555-0001", "202-555-0001", "1 202 555 0001"];

fn opened(folder: &Path) -> Arc<SqliteStore> {
    let profile = Profile::Durable { folder: folder.to_owned() };
    open(&Options { profile, readers: 2, vault: None }).unwrap()
}

fn ann(name: &str) -> NewLead {
    let mut variables = Variables::new();
    variables.set("name", name);
    variables.set("note", "x".repeat(3_000) + name);
    let contact = Contact { name: Some(name.into()), variables: variables.clone(), ..Contact::new(0, phone(1)) };
    NewLead { external_id: Some(EXTERNAL.into()), variables, contacts: vec![contact], ..lead(1) }
}

fn said(text: &str) -> Vec<Utterance> {
    vec![Utterance { at_ms: 0, speaker: Speaker::Person, text: text.into() }]
}

fn webhook(body: serde_json::Value) -> Webhook {
    Webhook {
        method: "POST".into(),
        url: "/hooks".into(),
        headers: vec![],
        body: body.to_string().into_bytes(),
        received_at: MONDAY,
    }
}

/// Puts her everywhere; the lead that was called.
fn live(world: &World, db: &Connection) -> LeadId {
    let store = &world.store;
    let id = world.add(vec![ann("Ann Byron")])[0];
    // Her first name lies in pages that were written over and freed.
    world.add(vec![ann(NAME)]);
    world.start();
    world.sink(None, true);
    let order = world.claim_one(MONDAY);
    world.placed(MONDAY, &order);
    let mut told = end(&order, MONDAY + MINUTE_MS, CallStatus::Completed);
    told.analysis = None;
    world.apply(MONDAY + MINUTE_MS, told).unwrap();
    let (tenant, campaign, row) = (world.tenant.key, world.campaign.key, world.lead(id));
    world.done(store.keep_transcript(tenant, order.open.key, MONDAY, said(&SENTENCE.repeat(300))));
    world.done(store.keep_transcript(tenant, order.open.key, MONDAY + DAY_MS, said(SENTENCE)));
    let decision = DecisionRecord {
        tenant,
        campaign,
        lead: row.key,
        attempt: order.open.key,
        call: Some(order.open.id),
        at: MONDAY,
        by: "mine@1".into(),
        digest: None,
        runner: None,
        settings: None,
        calendar: None,
        standing: None,
        input: json!({ "lead_variables": { "name": NAME } }),
        output: json!({ "reason": SENTENCE }),
        usage: Usage::default(),
        elapsed_us: 0,
        log: vec![NAME.into()],
        clamped_by: vec![],
        made: None,
    };
    let shadow = ShadowRecord {
        tenant,
        campaign,
        lead: row.key,
        attempt: order.open.key,
        at: MONDAY,
        by: "mine@2".into(),
        decided: json!(NAME),
        answered: json!(SENTENCE),
        usage: Usage::default(),
    };
    let evaluation = EvaluationRecord {
        tenant,
        campaign,
        lead: row.key,
        attempt: order.open.key,
        at: MONDAY,
        by: "judge@1".into(),
        settings: json!({}),
        wanted: vec![],
        lines: 1,
        output: json!({ "answers": { "name": NAME, "because": SENTENCE } }),
        usage: Usage::default(),
        log: vec![],
    };
    world.done(store.keep_decisions(vec![Document::try_from(&decision).unwrap()]));
    world.done(store.keep_shadow_records(vec![Document::try_from(&shadow).unwrap()]));
    world.done(store.keep_evaluation_records(vec![Document::try_from(&evaluation).unwrap()]));
    for (place, written) in WRITTEN.iter().enumerate() {
        let body = json!({ "n": place, "to": written, "who": NAME, "said": SENTENCE.repeat(100) });
        world.done(store.inbox_put(MONDAY, world.gateway, webhook(body)));
    }
    let by_call = json!({ "call": format!("sim-{}", order.open.id), "who": NAME });
    let read = world.done(store.inbox_put(MONDAY, world.gateway, webhook(by_call)));
    world.done(store.inbox_done(vec![(read, None)]));
    let early = CallEvent { transcript: Some(said(SENTENCE)), ..event(order.open.id, MONDAY, CallStatus::Ringing) };
    let early = serde_json::to_string(&early).unwrap();
    let source = world.source(false);
    let push = webhook(json!({ "contact": EXTERNAL, "name": NAME }));
    world.done(store.put_push(MONDAY, source.key, push));
    let by_hand = WriteContext { actor: Actor::Key(KeyId(7)), ..world.ctx(MONDAY) };
    world.suppress(MONDAY, phone(1));
    world.done(store.unsuppress(&by_hand, &phone(1)));
    let job = world.done(store.begin_job(&world.ctx(MONDAY), "replay", json!({})));
    let report = json!({ "leads": [{ "lead": id, "name": NAME }] });
    world.done(store.end_job(&world.ctx(MONDAY), job.id, Ok(report)));
    let told = world.done(store.due_sinks(1, 1))[0].key;
    world.done(store.sink_turn(&world.ctx(MONDAY + HOUR_MS), told, 10)).unwrap();
    // What only plugins and crashes can write is put into the rows as they would be.
    let number = phone(1).digits();
    let of =
        |table: &str| -> i64 { db.query_row(&format!("SELECT max(id) FROM {table}"), [], |row| row.get(0)).unwrap() };
    let source = of("source");
    let complaint =
        json!({ "code": "x", "detail": format!("{NAME} at {} said no", WRITTEN[1]), "by": "engine", "at": MONDAY });
    let waiting = serde_json::to_string(&ann(NAME)).unwrap();
    for (sql, values) in [
        (
            "INSERT INTO early_event (gateway, provider_call_id, event, at) VALUES (1, 'p', ?1, 0)",
            vec![Value::Text(early)],
        ),
        (
            "INSERT INTO source_lead (source, external_id, snapshot, waiting, waiting_phone) VALUES (?1, 'b', 0, ?2, ?3)",
            vec![source.into(), Value::Text(waiting), (number as i64).into()],
        ),
        (
            "INSERT INTO source_run (public_id, source, status, counts, started_at, error) VALUES (x'01', ?1, 'failed', '{}', 0, ?2)",
            vec![
                source.into(),
                Value::Text(json!({ "code": "x", "message": format!("{NAME} {}", WRITTEN[2]) }).to_string()),
            ],
        ),
        (
            "INSERT INTO source_reject VALUES (1, 1, 'c', '', 'x', ?1)",
            vec![Value::Text(format!("{NAME}: {}", WRITTEN[3]))],
        ),
        ("UPDATE source SET reason = ?1", vec![Value::Text(complaint.to_string())]),
        ("UPDATE sink SET reason = ?1", vec![Value::Text(complaint.to_string())]),
        ("UPDATE sink_delivery SET detail = ?1", vec![Value::Text(SENTENCE.into())]),
        ("UPDATE lead_data SET policy_failure = ?1", vec![Value::Text(SENTENCE.into())]),
        (
            "UPDATE attempt SET detail = ?1, variables = ?2",
            vec![Value::Text(SENTENCE.into()), Value::Text("{}".into())],
        ),
        (
            "INSERT INTO plugin_failure (tenant, name, version, code, message, at) VALUES (1, 'p', '1', 'x', ?1, 0)",
            vec![Value::Text(format!("no {NAME} {}", WRITTEN[0]))],
        ),
        (
            "INSERT INTO plugin_state VALUES (1, 'snk_x', ?1)",
            vec![Value::Text(json!({ "seen": EXTERNAL, "n": "1", WRITTEN[0]: NAME }).to_string())],
        ),
        (
            "INSERT INTO shadow (id, tenant, campaign, policy, settings, by, since) VALUES (9, 1, 1, 'p', '{}', 'x', 0)",
            vec![],
        ),
        ("INSERT INTO shadow_lead VALUES (9, ?1, 0, ?2)", vec![row.key.0.into(), Value::Text(json!(NAME).to_string())]),
        (
            "INSERT OR REPLACE INTO evaluation (attempt, tenant, campaign, due, error) VALUES (?1, 1, 1, 0, ?2)",
            vec![order.open.key.0.into(), Value::Text(SENTENCE.into())],
        ),
    ] {
        let changed = db.execute(sql, rusqlite::params_from_iter(values)).unwrap();
        assert!(changed > 0, "{sql}");
    }
    id
}

fn needles() -> Vec<String> {
    let mut needles: Vec<String> = [NAME, "Ann Byron", SENTENCE, EXTERNAL, "2025550001"].map(str::to_owned).to_vec();
    needles.extend(WRITTEN.map(str::to_owned));
    needles
}

/// Which files of a folder hold one of them, or the number as SQLite stores it: six bytes, the highest first.
fn in_files(folder: &Path) -> Vec<String> {
    let number = phone(1).digits().to_be_bytes()[2..].to_vec();
    let all: Vec<Vec<u8>> = needles().into_iter().map(String::into_bytes).chain([number]).collect();
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap_or_default();
        for needle in &all {
            if bytes.windows(needle.len()).any(|window| window == needle.as_slice()) {
                found.push(format!("{}: {:?}", path.display(), String::from_utf8_lossy(needle)));
            }
        }
    }
    found
}

fn erase(world: &World, keep: bool) {
    let ctx = || world.ctx(MONDAY + 2 * HOUR_MS);
    let begun = world.done(world.store.begin_erasure(&ctx(), phone(1), keep));
    while world.done(world.store.erase_leads(&ctx(), begun.id)).more {}
    world.done(world.store.erase_records_and_texts(&ctx(), begun.id));
    let done = world.done(world.store.finish_erasure(&ctx(), begun.id));
    for kind in ["leads", "calls", "contacts", "webhooks", "transcripts", "decisions", "evaluations", "shadow_answers"]
    {
        assert!(done.erased.contains_key(kind), "{kind} in {:?}", done.erased);
    }
    assert!(!serde_json::to_string(&done).unwrap().contains("5550001"));
}

#[test]
fn nothing_of_the_person_is_left_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let world = World::new(Arc::clone(&store) as Arc<dyn Store>);
    let (main, records) = ("campanile.db", "records.db");
    let connect = |file: &str| Connection::open(folder.path().join(file)).unwrap();
    let db = connect(main);
    let lead = live(&world, &db);
    let before = asked(&db, &needles());
    for place in [
        "attempt.phone",
        "attempt.detail",
        "audit.target",
        "contact.name",
        "contact.phone",
        "contact.variables",
        "early_event.event",
        "evaluation.error",
        "event.data",
        "inbox.body",
        "job.result",
        "lead.primary_phone",
        "lead_data.external_id",
        "lead_data.policy_failure",
        "lead_data.variables",
        "plugin_failure.message",
        "plugin_state.kept",
        "shadow_lead.difference",
        "sink.reason",
        "sink_delivery.detail",
        "source.reason",
        "source_lead.waiting",
        "source_push.body",
        "source_reject.message",
        "source_run.error",
    ] {
        assert!(before.contains(place), "the test put her into {place}: {before:?}");
    }
    assert!(!asked(&connect(records), &needles()).is_empty() && in_files(folder.path()).len() > 8);

    erase(&world, false);

    assert_eq!(asked(&db, &needles()), BTreeSet::new());
    assert_eq!(asked(&connect(records), &needles()), BTreeSet::new());
    drop(db);
    assert_eq!(in_files(folder.path()), Vec::<String>::new(), "while the host runs");
    assert!(world.lead(lead).contacts.is_empty());
    store.close();
    assert_eq!(in_files(folder.path()), Vec::<String>::new(), "and after");
}

#[test]
fn of_a_number_that_stays_on_the_list_only_the_list_knows() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let world = World::new(Arc::clone(&store) as Arc<dyn Store>);
    let db = Connection::open(folder.path().join("campanile.db")).unwrap();
    live(&world, &db);
    erase(&world, true);
    assert_eq!(asked(&db, &needles()), ["suppression.phone".to_owned()].into());
}

/// The names of the tables of a database.
fn tables(db: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let mut statement = db.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[test]
fn the_page_on_privacy_says_what_every_table_may_hold() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/privacy.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let world = World::new(Arc::clone(&store) as Arc<dyn Store>);
    let attempt = campanile_domain::ids::AttemptKey(1);
    world.done(world.store.keep_transcript(world.tenant.key, attempt, MONDAY, said("yes")));
    let day = format!("_{}", MONDAY.millis() / DAY_MS);
    for file in ["campanile.db", "records.db"] {
        for table in tables(&Connection::open(folder.path().join(file)).unwrap()) {
            let named = format!("`{}`", table.replace(&day, "_*"));
            assert!(
                table == "refinery_schema_history" || page.contains(&named),
                "docs/privacy.md does not say what {named} may hold of people, and whether an erasure takes it out"
            );
        }
    }
}

#[test]
fn a_dropped_day_gives_all_its_pages_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let world = World::new(Arc::clone(&store) as Arc<dyn Store>);
    for call in 1..200 {
        let attempt = campanile_domain::ids::AttemptKey(call);
        world.done(world.store.keep_transcript(world.tenant.key, attempt, MONDAY, said(&SENTENCE.repeat(200))));
    }
    let db = Connection::open(folder.path().join("records.db")).unwrap();
    let ask = |what: &str| db.query_row(&format!("PRAGMA {what}"), [], |row| row.get::<_, i64>(0)).unwrap();
    let before = ask("page_count");
    let mut next = Some(0);
    while let Some(from) = next {
        let ctx = world.ctx(MONDAY + 9 * DAY_MS);
        next = world.done(world.store.let_go(&ctx, Held::Transcripts, MONDAY + DAY_MS, from)).next;
    }
    assert_eq!(ask("freelist_count"), 0, "no free page keeps what was said");
    assert!(ask("page_count") < before / 10);
}
