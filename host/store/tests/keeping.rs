//! What is kept no longer than an account said is gone everywhere, and nothing else is.
//!
//! Random lives of leads, calls and records, and a clock that jumps, against a model that knows only when each thing happened
//! and how long it is kept. After every look the files are asked as an erasure's are: every column of every table. Beside
//! it lives an account that chose nothing, in the same tables and the same days.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::path::Path;
use std::sync::Arc;

use campanile_domain::attempt::CallStatus;
use campanile_domain::campaign::CampaignConfig;
use campanile_domain::contact::Contact;
use campanile_domain::hours::CallingHours;
use campanile_domain::ids::{LeadId, LeadKey};
use campanile_domain::ports::gateway::{Speaker, Utterance, Webhook};
use campanile_domain::ports::store::{
    Document, Existing, ImportStatus, ImportStep, LeadPatch, NewImport, NewLead, Order, Records, SetStatus, Store,
    StoreError,
};
use campanile_domain::retention::{Held, Retention};
use campanile_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use campanile_domain::variable::Variables;
use campanile_store::{Options, Profile, SqliteStore, open};
use proptest::prelude::*;
use rusqlite::Connection;
use support::{MONDAY, Setup, World, asked, end, lead, phone, wait};

fn opened(folder: &Path) -> Arc<SqliteStore> {
    open(&Options { profile: Profile::Durable { folder: folder.to_owned() }, readers: 1, vault: None }).unwrap()
}

fn setup() -> Setup {
    let calm = CampaignConfig { complete_when_no_leads: false, ..CampaignConfig::named("keeping") };
    Setup { config: CampaignConfig { calling_hours: CallingHours::always(), ..calm }, ..Setup::default() }
}

/// Looks as the duty does, to the end.
fn look(world: &World, now: Timestamp, retention: &Retention) -> u64 {
    let mut gone = 0;
    for kept in Held::ALL {
        let Some(before) = retention.before(kept, now) else { continue };
        let mut next = Some(0);
        while let Some(from) = next {
            let piece = world.done(world.store.let_go(&world.ctx(now), kept, before, from));
            (gone, next) = (gone + piece.gone, piece.next);
        }
    }
    gone
}

fn day(at: Timestamp) -> i64 {
    at.0.div_euclid(DAY_MS)
}

/// Something that was written once: when, and the word to find it by.
#[derive(Clone, Debug)]
struct Written {
    at: Timestamp,
    word: String,
    gone: bool,
}

/// One lead as the model knows it.
#[derive(Debug)]
struct Life {
    id: LeadId,
    key: LeadKey,
    number: u64,
    word: String,
    ended_at: Option<Timestamp>,
    gone: bool,
    open: Option<Order>,
    calls: usize,
    said: Vec<Written>,
    decided: Vec<Written>,
}

/// An account and the lives in it.
struct Account {
    world: World,
    retention: Retention,
    first_number: u64,
    lives: Vec<Life>,
}

impl Account {
    fn new(store: &Arc<SqliteStore>, nth: u64, retention: Retention) -> Self {
        let store = Arc::clone(store) as Arc<dyn Store>;
        let world = World::beside(store, setup(), nth);
        world.done(world.store.set_retention(&world.ctx(MONDAY), retention));
        let mut account = Self { world, retention, first_number: nth * 1_000, lives: Vec::new() };
        account.add(MONDAY);
        account.world.start();
        account
    }

    fn word(&self, kind: &str, n: usize) -> String {
        format!("{kind}{}x{n}z", self.first_number)
    }

    fn add(&mut self, now: Timestamp) {
        let nth = self.lives.len();
        let (number, word) = (self.first_number + nth as u64, self.word("person", nth));
        let mut variables = Variables::new();
        variables.set("name", word.clone());
        let contact =
            Contact { name: Some(word.clone()), variables: variables.clone(), ..Contact::new(0, phone(number)) };
        let new =
            NewLead { external_id: Some(format!("crm-{word}")), variables, contacts: vec![contact], ..lead(number) };
        let id = self.world.add_at(now, vec![new])[0];
        let (key, said, decided) = (self.world.lead(id).key, Vec::new(), Vec::new());
        let life = Life { id, key, number, word, ended_at: None, gone: false, open: None, calls: 0, said, decided };
        self.lives.push(life);
    }

    /// What the store says of everybody who is somebody: who ended just now?
    fn note(&mut self, now: Timestamp) {
        for life in self.lives.iter_mut().filter(|life| !life.gone) {
            let ended = self.world.lead(life.id).state.is_ended();
            life.ended_at = ended.then(|| life.ended_at.unwrap_or(now));
        }
    }

    fn dial(&mut self, now: Timestamp) {
        for order in self.world.claim(now, 1).orders {
            self.world.placed(now, &order);
            let life = self.lives.iter_mut().find(|life| life.key == order.open.lead).unwrap();
            life.calls += 1;
            life.open = Some(order);
        }
    }

    /// The oldest open call ends.
    fn end(&mut self, now: Timestamp, reached: bool) {
        let Some(nth) = self.lives.iter().position(|life| life.open.is_some()) else { return };
        let order = self.lives[nth].open.take().unwrap();
        let status = if reached { CallStatus::Completed } else { CallStatus::Unanswered };
        self.world.apply(now, end(&order, now, status));
        let (tenant, store) = (self.world.tenant.key, &self.world.store);
        let said = self.word("said", order.open.key.0 as usize);
        let line = Utterance { at_ms: 0, speaker: Speaker::Person, text: said.clone() };
        wait(store.keep_transcript(tenant, order.open.key, now, vec![line])).unwrap();
        let decided = self.word("decided", order.open.key.0 as usize);
        let document = Document {
            tenant,
            campaign: self.world.campaign.key,
            lead: self.lives[nth].key,
            at: now,
            text: serde_json::json!({ "why": decided }).to_string(),
        };
        wait(store.keep_decisions(vec![document.clone()])).unwrap();
        wait(store.keep_evaluation_records(vec![document])).unwrap();
        self.lives[nth].said.push(Written { at: now, word: said, gone: false });
        self.lives[nth].decided.push(Written { at: now, word: decided, gone: false });
    }

    fn hand(&mut self, now: Timestamp, which: usize, status: SetStatus) {
        let life = &self.lives[which % self.lives.len()];
        let patch = LeadPatch { status: Some(status), ..LeadPatch::default() };
        match wait(self.world.store.patch_lead(&self.world.ctx(now), life.id, patch)) {
            Ok(_) => assert!(!life.gone, "nobody was called again"),
            Err(StoreError::Conflict { code: "lead_erased", .. }) => assert!(life.gone),
            Err(StoreError::Conflict { code: "lead_suppressed", .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }

    /// The model's look.
    fn look(&mut self, now: Timestamp) {
        let before = |of| self.retention.before(of, now);
        let (leads, said, decided) = (before(Held::EndedLeads), before(Held::Transcripts), before(Held::Records));
        for life in &mut self.lives {
            let over = life.ended_at.zip(leads).is_some_and(|(ended, before)| ended < before);
            life.gone |= over && life.open.is_none();
            for (written, before) in [(&mut life.said, said), (&mut life.decided, decided)] {
                for one in written {
                    one.gone |= life.gone || before.is_some_and(|before| day(one.at) < day(before));
                }
            }
        }
    }

    /// What is there is what the model says.
    fn check(&self, main: &Connection, records: &Connection) -> Result<(), TestCaseError> {
        for life in &self.lives {
            let places = asked(main, std::slice::from_ref(&life.word));
            prop_assert_eq!(places.is_empty(), life.gone, "{} in {:?}", &life.word, &places);
            let row = self.world.lead(life.id);
            prop_assert_eq!(row.contacts.is_empty(), life.gone);
            prop_assert_eq!(row.state.is_ended(), life.ended_at.is_some());
            let calls = self.world.calls(life.id);
            prop_assert_eq!(calls.len(), life.calls, "calls stay");
            prop_assert!(calls.iter().all(|call| call.phone.is_none() == life.gone));
            if life.gone {
                let mut places = asked(main, &[phone(life.number).digits().to_string()]);
                places.remove("suppression.phone");
                prop_assert!(places.is_empty(), "{} in {:?}", life.number, places);
            }
            for written in life.said.iter().chain(&life.decided) {
                let places = asked(records, std::slice::from_ref(&written.word));
                prop_assert_eq!(places.is_empty(), written.gone, "{:?} in {:?}", written, &places);
            }
        }
        Ok(())
    }

    /// The log: what is young enough, without a gap, up to its end.
    fn check_log(&self, main: &Connection, now: Timestamp) -> Result<(), TestCaseError> {
        let ask = |what: &str| -> Option<i64> {
            let sql = format!("SELECT {what} FROM event WHERE tenant = ?1");
            main.query_row(&sql, [self.world.tenant.key.0], |row| row.get(0)).unwrap()
        };
        let newest: i64 = main
            .query_row("SELECT event_seq FROM tenant WHERE id = ?1", [self.world.tenant.key.0], |row| row.get(0))
            .unwrap();
        let (count, oldest) = (ask("count(*)").unwrap(), ask("min(seq)").unwrap_or(newest + 1));
        prop_assert_eq!(count, newest - oldest + 1);
        match self.retention.before(Held::Events, now) {
            Some(before) => prop_assert!(ask("min(at)").is_none_or(|at| at >= before.0)),
            None => prop_assert_eq!(oldest, 1),
        }
        Ok(())
    }
}

#[derive(Clone, Debug)]
enum Step {
    Add,
    Dial,
    End { reached: bool },
    Hand { which: usize, again: bool },
    Suppress { which: usize },
    Wait { hours: i64 },
    Look,
}

fn step() -> impl Strategy<Value = (bool, Step)> {
    let step = prop_oneof![
        2 => Just(Step::Add),
        4 => Just(Step::Dial),
        4 => any::<bool>().prop_map(|reached| Step::End { reached }),
        2 => (any::<usize>(), any::<bool>()).prop_map(|(which, again)| Step::Hand { which, again }),
        1 => any::<usize>().prop_map(|which| Step::Suppress { which }),
        3 => prop::sample::select(vec![2, 24, 150, 190, 800]).prop_map(|hours| Step::Wait { hours }),
        3 => Just(Step::Look),
    ];
    (prop::bool::weighted(0.8), step)
}

fn days(of: Vec<u32>) -> impl Strategy<Value = Option<u32>> {
    prop::option::weighted(0.8, prop::sample::select(of))
}

fn retention() -> impl Strategy<Value = Retention> {
    (days(vec![7, 30]), days(vec![7, 30]), days(vec![7, 8, 30]), days(vec![30, 31])).prop_map(
        |(transcripts_days, records_days, ended_leads_days, events_days)| Retention {
            transcripts_days,
            records_days,
            ended_leads_days,
            events_days,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn what_is_past_its_time_is_gone_and_nothing_else_is(
        retention in retention(),
        steps in prop::collection::vec(step(), 10..60),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store = opened(folder.path());
        let connect = |file: &str| Connection::open(folder.path().join(file)).unwrap();
        let (main, records) = (connect("campanile.db"), connect("records.db"));
        let mut chooses = Account::new(&store, 1, retention);
        let mut keeps = Account::new(&store, 2, Retention::default());
        let mut now = MONDAY;
        for (first, step) in steps {
            now = now + MINUTE_MS;
            let account = if first { &mut chooses } else { &mut keeps };
            match step {
                Step::Add => account.add(now),
                Step::Dial => account.dial(now),
                Step::End { reached } => account.end(now, reached),
                Step::Hand { which, again } => {
                    account.hand(now, which, if again { SetStatus::Created } else { SetStatus::Completed });
                }
                Step::Suppress { which } => {
                    let number = account.lives[which % account.lives.len()].number;
                    account.world.suppress(now, phone(number));
                }
                Step::Wait { hours } => now = now + hours * HOUR_MS,
                Step::Look => {
                    let counted = |account: &Account| {
                        let stats = account.world.store.stats(account.world.tenant.key, account.world.campaign.id);
                        format!("{:?}", account.world.done(stats))
                    };
                    let before = (counted(&chooses), counted(&keeps));
                    for account in [&mut chooses, &mut keeps] {
                        account.look(now);
                        look(&account.world, now, &account.retention);
                        account.check_log(&main, now)?;
                    }
                    prop_assert_eq!((counted(&chooses), counted(&keeps)), before, "what is counted stays");
                    for account in [&chooses, &keeps] {
                        account.check(&main, &records)?;
                    }
                    prop_assert_eq!(look(&chooses.world, now, &chooses.retention), 0, "nothing is left to go");
                }
            }
            chooses.note(now);
            keeps.note(now);
        }
        for (question, answer) in support::SUMS.iter().filter(|(question, _)| !question.contains("FROM event")) {
            let told: String = main.query_row(question, [], |row| row.get(0)).unwrap();
            prop_assert_eq!(&told, answer, "{}", question);
        }
    }
}

/// One account that keeps ended leads for a week, and somebody whom a call reached on Monday.
struct Reached {
    folder: tempfile::TempDir,
    store: Arc<SqliteStore>,
    world: World,
    id: LeadId,
    order: Order,
}

const WEEK: Retention =
    Retention { transcripts_days: Some(7), records_days: Some(7), ended_leads_days: Some(7), events_days: Some(30) };

fn reached() -> Reached {
    let folder = tempfile::tempdir().unwrap();
    let store = opened(folder.path());
    let world = World::with(Arc::clone(&store) as Arc<dyn Store>, setup());
    let id = world.add(vec![lead(1)])[0];
    world.start();
    let order = world.claim_one(MONDAY);
    world.placed(MONDAY, &order);
    world.apply(MONDAY, end(&order, MONDAY, CallStatus::Completed));
    Reached { folder, store, world, id, order }
}

impl Reached {
    fn main(&self) -> Connection {
        Connection::open(self.folder.path().join("campanile.db")).unwrap()
    }

    fn is_kept(&self) -> bool {
        !self.world.lead(self.id).contacts.is_empty()
    }

    fn say(&self, text: &str) {
        let line = Utterance { at_ms: 0, speaker: Speaker::Person, text: text.into() };
        let (tenant, call) = (self.world.tenant.key, self.order.open.key);
        wait(self.store.keep_transcript(tenant, call, MONDAY, vec![line])).unwrap();
    }

    fn said(&self) -> bool {
        wait(self.store.transcript(self.world.tenant.key, self.order.open.key)).unwrap().is_some()
    }
}

#[test]
fn a_call_that_an_evaluator_has_to_read_keeps_its_lead_and_its_words() {
    let there = reached();
    there.say("yes");
    let main = there.main();
    main.execute(
        "INSERT INTO evaluation (attempt, tenant, campaign, due) VALUES (?1, ?2, ?3, 0)",
        [there.order.open.key.0, there.world.tenant.key.0, there.world.campaign.key.0],
    )
    .unwrap();
    let later = MONDAY + 60 * DAY_MS;
    let still = Retention { events_days: None, ..WEEK };
    assert_eq!(look(&there.world, later, &still), 0);
    assert!(there.is_kept() && there.said());
    main.execute("UPDATE evaluation SET done_at = 1", []).unwrap();
    assert_eq!(look(&there.world, later, &still), 2, "the transcript and the lead");
    assert!(!there.is_kept() && !there.said());
}

#[test]
fn a_host_that_died_between_a_lead_and_its_records_goes_on() {
    let there = reached();
    there.say("yes");
    let main = there.main();
    // As it is when the lead was let go of and the records were not.
    main.execute("INSERT INTO swept VALUES (?1, 'call', ?2)", [there.world.tenant.key.0, there.order.open.key.0])
        .unwrap();
    let only_leads = Retention { ended_leads_days: Some(7), ..Retention::default() };
    look(&there.world, MONDAY + DAY_MS, &only_leads);
    assert!(there.is_kept() && !there.said());
    let left: i64 = main.query_row("SELECT count(*) FROM swept", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
    there.say("late");
    assert!(!there.said(), "what comes late about them is not kept");
}

#[test]
fn whatever_is_changed_of_a_lead_that_ended_it_ended_when_it_did() {
    let there = reached();
    let by_hand = LeadPatch { priority: Some(3), not_before: Some(MONDAY + 90 * DAY_MS), ..LeadPatch::default() };
    let ctx = there.world.ctx(MONDAY + 6 * DAY_MS);
    wait(there.world.store.patch_lead(&ctx, there.id, by_hand)).unwrap();
    look(&there.world, MONDAY + 7 * DAY_MS, &WEEK);
    assert!(there.is_kept(), "seven days are not over before they are");
    look(&there.world, MONDAY + 7 * DAY_MS + 1, &WEEK);
    assert!(!there.is_kept());
    let told = there.main().query_row("SELECT count(*) FROM event WHERE type = 'lead.erased'", [], |row| row.get(0));
    assert_eq!(told, Ok(1_i64), "for systems that keep a copy");
}

#[test]
fn webhooks_that_could_not_be_read_go_after_a_month_or_with_the_leads() {
    let there = reached();
    let (world, main) = (&there.world, there.main());
    let put = |days: i64, error: Option<&str>| {
        let (method, url) = ("POST".to_owned(), "/hooks".to_owned());
        let at = MONDAY + days * DAY_MS;
        let webhook = Webhook { method, url, headers: vec![], body: days.to_string().into_bytes(), received_at: at };
        let key = world.done(world.store.inbox_put(at, world.gateway, webhook));
        world.done(world.store.inbox_done(vec![(key, error.map(str::to_owned))]));
    };
    let left = || -> Vec<String> {
        let mut statement = main.prepare("SELECT CAST(body AS TEXT) FROM inbox ORDER BY id").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    put(0, Some("no JSON"));
    put(1, None);
    put(5, Some("no JSON"));
    put(9, None);
    assert_eq!(left(), ["0", "5", "9"], "what was read goes after a week, past what was not");
    let drop_before = |day: i64| {
        let before = MONDAY + day * DAY_MS;
        world.done(world.store.drop_unread_webhooks(&world.ctx(MONDAY), before)).gone
    };
    assert_eq!((drop_before(0), drop_before(1)), (0, 1));
    assert_eq!(left(), ["5", "9"]);
    look(world, MONDAY + 13 * DAY_MS, &WEEK);
    assert_eq!(left(), ["9"], "its account keeps ended leads for less than a month");
}

#[test]
fn what_a_lead_file_left_goes_with_its_time() {
    let there = reached();
    let (world, main) = (&there.world, there.main());
    let new = NewImport {
        id: campanile_domain::ids::ImportId::from_bytes([9; 16]),
        campaign: world.campaign.id,
        file_name: "leads.csv".into(),
        bytes: 17,
        sha256: "ab".into(),
        options: serde_json::json!({}),
        existing: Existing::Skip,
        understood: serde_json::json!({ "columns": [{ "samples": ["Ann Lovelace"] }] }),
    };
    let import = world.done(world.store.add_import(&world.ctx(MONDAY), new));
    world.done(world.store.step_import(&world.ctx(MONDAY), import.id, ImportStep::to(ImportStatus::Running)));
    let (summary, rejects) = (serde_json::json!({ "rejected": 1 }), b"12,Ann Lovelace".to_vec());
    world.done(world.store.end_import(&world.ctx(MONDAY), import.id, false, summary.clone(), rejects));
    look(world, MONDAY + 7 * DAY_MS, &WEEK);
    let word = ["Ann Lovelace".to_owned()];
    assert_eq!(asked(&main, &word).len(), 2, "a sample and a rejected row");
    look(world, MONDAY + 8 * DAY_MS, &WEEK);
    assert!(asked(&main, &word).is_empty());
    let read = world.done(world.store.import(world.tenant.key, import.id));
    assert_eq!((read.status, &read.summary), (ImportStatus::Finished, &summary), "how much it was stays");
}
