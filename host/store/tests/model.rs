//! Any order of events keeps the sums.
//!
//! Random leads (few phones, so that they collide) go through random operations, some of them absurd: answers to calls
//! that are over, events twice, late and for other calls, crashes, hands, suppressions. After every one the sums that
//! must agree do; at the end no lead is lost.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod support;

use std::path::Path;
use std::sync::Arc;

use campanile_domain::attempt::{AnsweredBy, CallStatus, Failure, Reconciled};
use campanile_domain::campaign::{CampaignConfig, Verb};
use campanile_domain::contact::Contact;
use campanile_domain::hours::CallingHours;
use campanile_domain::ids::LeadId;
use campanile_domain::money::Micros;
use campanile_domain::policy::{Decision, Retry};
use campanile_domain::ports::gateway::{CallEvent, Refusal, RefusalScope};
use campanile_domain::ports::policy::{PolicyAnswer, PolicyFailure};
use campanile_domain::ports::store::{
    After, Changed, DialResult, Fence, LeadPatch, NewLead, Order, SetStatus, Store, StoreError, Stored, Undecided,
};
use campanile_domain::retention::Held;
use campanile_domain::time::{MINUTE_MS, Timestamp};
use campanile_domain::variable::{Role, Value, ValueKind, VariableSpec, Variables};
use campanile_store::{Options, Profile, open};
use proptest::prelude::*;
use rusqlite::Connection;
use support::{MONDAY, Setup, World, event, lead, phone, wait};

#[derive(Clone, Debug)]
enum Step {
    Add { phones: Vec<u8>, priority: i8, late: bool },
    Claim { slots: u8 },
    Dialled { which: u8, how: u8 },
    Event { which: u8, status: CallStatus, failure: Failure, by: AnsweredBy, told: u8, again: bool },
    Lose { which: u8 },
    Reconcile { which: u8, how: u8 },
    Extend { which: u8 },
    Hand { which: u8, stop: bool },
    Delete { which: u8 },
    Suppress { phone: u8, lift: bool },
    Erase { phone: u8, keep: bool },
    LetGo,
    Decide { which: u8, how: u8 },
    Undecided,
    Stage { want: u8 },
    Edit { retries: u8 },
    Pause,
    Boot,
    TopUp,
    Wait { minutes: u16 },
}

fn step() -> impl Strategy<Value = Step> {
    let status = prop_oneof![
        1 => Just(CallStatus::Initiated),
        1 => Just(CallStatus::Ringing),
        2 => Just(CallStatus::InProgress),
        4 => Just(CallStatus::Completed),
        2 => Just(CallStatus::Busy),
        1 => Just(CallStatus::Unanswered),
        2 => Just(CallStatus::Failed),
        1 => Just(CallStatus::Cancelled),
    ];
    let failure = prop_oneof![
        3 => Just(Failure::None),
        1 => Just(Failure::NumberInvalid),
        1 => Just(Failure::CalleeRejected),
        1 => Just(Failure::CallerIdBlocked),
        1 => Just(Failure::ProviderFault),
        1 => Just(Failure::Other),
    ];
    let by = prop_oneof![Just(AnsweredBy::Unknown), Just(AnsweredBy::Human), Just(AnsweredBy::Machine)];
    prop_oneof![
        3 => (prop::collection::vec(0..9u8, 1..4), -1..2i8, any::<bool>())
            .prop_map(|(phones, priority, late)| Step::Add { phones, priority, late }),
        5 => (1..5u8).prop_map(|slots| Step::Claim { slots }),
        6 => (any::<u8>(), 0..9u8).prop_map(|(which, how)| Step::Dialled { which, how }),
        9 => (any::<u8>(), status, failure, by, 0..6u8, any::<bool>())
            .prop_map(|(which, status, failure, by, told, again)| Step::Event { which, status, failure, by, told, again }),
        1 => any::<u8>().prop_map(|which| Step::Lose { which }),
        2 => (any::<u8>(), 0..3u8).prop_map(|(which, how)| Step::Reconcile { which, how }),
        1 => any::<u8>().prop_map(|which| Step::Extend { which }),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(which, stop)| Step::Hand { which, stop }),
        1 => any::<u8>().prop_map(|which| Step::Delete { which }),
        1 => (0..9u8, any::<bool>()).prop_map(|(phone, lift)| Step::Suppress { phone, lift }),
        1 => (0..9u8, any::<bool>()).prop_map(|(phone, keep)| Step::Erase { phone, keep }),
        1 => Just(Step::LetGo),
        4 => (any::<u8>(), 0..6u8).prop_map(|(which, how)| Step::Decide { which, how }),
        1 => Just(Step::Undecided),
        1 => (0..6u8).prop_map(|want| Step::Stage { want }),
        1 => (0..4u8).prop_map(|retries| Step::Edit { retries }),
        1 => Just(Step::Pause),
        1 => Just(Step::Boot),
        1 => Just(Step::TopUp),
        5 => (1..200u16).prop_map(|minutes| Step::Wait { minutes }),
    ]
}

/// A world with what a test remembers of it.
struct Run {
    world: World,
    now: Timestamp,
    orders: Vec<Order>,
    leads: Vec<LeadId>,
    asked: Vec<Undecided>,
    events: u64,
}

fn question(name: &str, role: Role) -> VariableSpec {
    let (choices, description) = (vec![], "?".to_owned());
    VariableSpec { name: name.into(), kind: ValueKind::Boolean, choices, description, required: false, role }
}

/// A refusal that a rule of the data explains is no fault of the store.
fn allowed<T>(done: Stored<T>) -> Option<T> {
    match done {
        Ok(value) => Some(value),
        Err(StoreError::Conflict { .. } | StoreError::Stale | StoreError::NotFound(_)) => None,
        Err(error) => panic!("{error}"),
    }
}

impl Run {
    fn new(store: Arc<dyn Store>, policy: bool) -> Self {
        let config = CampaignConfig {
            calling_hours: CallingHours::always(),
            goal_variable: Some("booked".into()),
            policy: policy.then(|| "mine".parse().unwrap()),
            max_retries: 2,
            ..CampaignConfig::named("model")
        };
        let variables = vec![
            question("booked", Role::None),
            question("opt_out", Role::OptOut),
            question("wrong", Role::WrongPerson),
        ];
        let world = World::with(store, Setup { config, variables, billed: true, ..Setup::default() });
        world.done(world.store.top_up(&world.ctx(MONDAY), Micros(500_000)));
        let leads = world.add(vec![lead(0)]);
        world.start();
        Self { world, now: MONDAY, orders: vec![], leads, asked: vec![], events: 0 }
    }

    fn order(&self, which: u8) -> Option<&Order> {
        // Mostly one of the last ones: those are open.
        let recent = self.orders.len().saturating_sub(4);
        let range = if which.is_multiple_of(5) { &self.orders[..] } else { &self.orders[recent..] };
        range.get(usize::from(which) % range.len().max(1))
    }

    /// A call whose person was erased is known to nobody any more; of every other one the answer stands.
    fn unless_erased<T>(&self, which: u8, done: Stored<T>) -> Option<T> {
        if let Err(StoreError::Stale) = done {
            let call = self.order(which).map(|order| wait(self.world.store.call(self.world.tenant.key, order.open.id)));
            assert_eq!(call.unwrap().unwrap().phone, None, "stale, and nobody was erased");
            return None;
        }
        Some(done.unwrap())
    }

    fn note(&mut self, changed: Option<Changed>) {
        if let Some(Changed { after: Some(After::Decide(asked)), .. }) = changed {
            self.asked.push(*asked);
        }
    }

    fn take(&mut self, step: Step) {
        let (now, ctx) = (self.now, self.world.ctx(self.now));
        let (store, campaign) = (Arc::clone(&self.world.store), self.world.campaign.clone());
        match step {
            Step::Add { phones, priority, late } => {
                let contacts = phones.iter().enumerate();
                let contacts = contacts.map(|(at, number)| Contact::new(at as u16, phone(u64::from(*number))));
                let new = NewLead {
                    contacts: contacts.collect(),
                    priority: i32::from(priority),
                    not_before: late.then(|| now + 30 * MINUTE_MS),
                    expires_at: (late && priority < 0).then(|| now + 90 * MINUTE_MS),
                    allow_duplicate: true,
                    ..lead(0)
                };
                let added = self.world.add_at(now, vec![new]);
                self.leads.extend(added);
            }
            Step::Claim { slots } => {
                let claim = self.world.claim(now, u32::from(slots));
                assert!(claim.orders.len() <= usize::from(slots));
                self.orders.extend(claim.orders);
            }
            Step::Dialled { which, how } => {
                let Some(order) = self.order(which) else { return };
                let refuse = |scope| {
                    DialResult::Refused(Refusal { code: "x".into(), message: "y".into(), scope, retry_after_ms: None })
                };
                let result = match how {
                    0 => DialResult::Withdrawn(campanile_domain::gate::Gate::CallingHours),
                    1 => refuse(RefusalScope::ThisMoment),
                    2 => refuse(RefusalScope::ThisNumber),
                    3 => refuse(RefusalScope::ThisCallerId),
                    4 => DialResult::Unknown { why: "reset".into() },
                    _ => DialResult::Placed { provider_call_id: format!("sim-{}", order.open.id) },
                };
                let key = order.open.key;
                let told = allowed(wait(store.dialled(&ctx, Fence::SOLE, key, result)));
                for changed in told.map(|told| told.changed).unwrap_or_default() {
                    self.note(Some(changed));
                }
            }
            Step::Event { which, status, failure, by, told, again } => {
                let Some(id) = self.order(which).map(|order| order.open.id) else { return };
                if !again {
                    self.events += 1;
                }
                let answer = |name: &str, value: bool| (name.to_owned(), Value::Boolean(value));
                let analysis: Option<Variables> = match told {
                    0 => Some([answer("booked", true)].into_iter().collect()),
                    1 => Some([answer("booked", false), answer("wrong", true)].into_iter().collect()),
                    2 => Some([answer("opt_out", true)].into_iter().collect()),
                    3 => Some([answer("never asked", true)].into_iter().collect()),
                    _ => None,
                };
                let told = CallEvent {
                    event_id: format!("event-{}", self.events),
                    answered_by: by,
                    failure: if status == CallStatus::Failed { failure } else { Failure::None },
                    talk_ms: (status == CallStatus::Completed).then_some(45_000),
                    analysis,
                    ..event(id, now, status)
                };
                for changed in wait(store.apply(&ctx, Fence::SOLE, self.world.gateway, vec![told])).unwrap().changed {
                    self.note(Some(changed));
                }
            }
            Step::Lose { which } => {
                let Some(key) = self.order(which).map(|order| order.open.key) else { return };
                let changed = self.unless_erased(which, wait(store.lose(&ctx, Fence::SOLE, key)));
                self.note(changed.flatten());
            }
            Step::Reconcile { which, how } => {
                let Some(key) = self.order(which).map(|order| order.open.key) else { return };
                let closing = [None, Some(Reconciled::NotDialled), Some(Reconciled::GivenUp)][usize::from(how)];
                let changed = self.unless_erased(which, wait(store.reconciled(&ctx, Fence::SOLE, key, closing)));
                self.note(changed.flatten());
            }
            Step::Extend { which } => {
                let Some(key) = self.order(which).map(|order| order.open.key) else { return };
                self.unless_erased(which, wait(store.extend(&ctx, Fence::SOLE, key)));
            }
            Step::Hand { which, stop } => {
                let Some(id) = self.leads.get(usize::from(which) % self.leads.len().max(1)) else { return };
                let status = Some(if stop { SetStatus::Completed } else { SetStatus::Created });
                allowed(wait(store.patch_lead(&ctx, *id, LeadPatch { status, ..LeadPatch::default() })));
            }
            Step::Delete { which } => {
                let which = usize::from(which) % self.leads.len().max(1);
                if self.leads.len() > 1 && allowed(wait(store.delete_lead(&ctx, self.leads[which]))).is_some() {
                    let gone = self.leads.remove(which);
                    assert!(wait(store.delete_lead(&ctx, gone)).is_err(), "deleted twice");
                }
            }
            Step::Suppress { phone: number, lift } => {
                let number = phone(u64::from(number));
                if lift {
                    allowed(wait(store.unsuppress(&ctx, &number)));
                } else {
                    self.world.suppress(now, number);
                }
            }
            Step::LetGo => {
                // As if nothing that ended were kept for a moment.
                wait(store.let_go(&ctx, Held::EndedLeads, now, 0)).unwrap();
            }
            Step::Erase { phone: number, keep } => {
                let Ok(begun) = wait(store.begin_erasure(&ctx, phone(u64::from(number)), keep)) else { return };
                loop {
                    let piece = wait(store.erase_leads(&ctx, begun.id)).unwrap();
                    assert_eq!(piece.waiting, 0, "no call with the person is under way");
                    if !piece.more {
                        break;
                    }
                }
                wait(store.erase_records_and_texts(&ctx, begun.id)).unwrap();
                wait(store.finish_erasure(&ctx, begun.id)).unwrap();
                // Those that nobody ever called are gone whole.
                let tenant = self.world.tenant.key;
                self.leads.retain(|id| wait(store.lead(tenant, *id)).is_ok());
            }
            Step::Decide { which, how } => {
                let Some(asked) = self.asked.get(usize::from(which) % self.asked.len().max(1)) else { return };
                let reason = || "model".to_owned();
                let decision = match how {
                    0 => Ok(Decision::Complete { reason: reason() }),
                    1 => Ok(Decision::NextContact { reason: reason() }),
                    2 => Ok(Decision::Retry(Retry::at(now, reason()))),
                    3 => Ok(Decision::GiveUp { reason: reason() }),
                    4 => Ok(asked.input.builtin.clone()),
                    _ => Err(PolicyFailure { code: "policy_trapped".into(), message: reason() }),
                };
                let answer = PolicyAnswer::without_a_run("mine@1", decision);
                allowed(wait(store.decide(&ctx, Fence::SOLE, asked, &answer)));
            }
            Step::Undecided => {
                let again = wait(store.undecided(&ctx, campaign.key, 3)).unwrap();
                self.asked.extend(again);
            }
            Step::Stage { want } => {
                wait(store.stage(&ctx, campaign.key, u32::from(want))).unwrap();
            }
            Step::Edit { retries } => {
                let config = CampaignConfig { max_retries: u32::from(retries), ..campaign.config };
                wait(store.update_campaign(&ctx, campaign.id, config, None)).unwrap();
            }
            Step::Pause => {
                for verb in [Verb::Pause, Verb::Resume] {
                    let facts = self.world.facts(now);
                    allowed(wait(store.verb(&ctx, campaign.id, verb, facts)));
                }
            }
            Step::Boot => {
                wait(store.boot(now, Fence::SOLE)).unwrap();
            }
            Step::TopUp => {
                wait(store.top_up(&ctx, Micros(100_000))).unwrap();
            }
            Step::Wait { minutes } => self.now = now + i64::from(minutes) * MINUTE_MS,
        }
    }
}

/// The sums, asked of the file itself.
fn check(db: &Connection, leads: usize) {
    for (question, expected) in support::SUMS {
        let found: String = db.query_row(question, [], |row| row.get(0)).unwrap();
        assert_eq!(found, *expected, "{question}");
    }
    let kept: i64 = db.query_row("SELECT count(*) FROM lead WHERE state <> 27", [], |row| row.get(0)).unwrap();
    assert_eq!(kept, leads as i64, "a lead is lost");
    let twice: i64 = db
        .query_row(
            "SELECT count(*) FROM attempt a JOIN attempt b ON b.lead = a.lead AND b.number = a.number + 1
             WHERE b.intent_at < a.ended_at OR a.ended_at IS NULL",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(twice, 0, "a lead was dialled while a call of it was open");
}

fn play(folder: &Path, policy: bool, steps: Vec<Step>) {
    let profile = Profile::Durable { folder: folder.to_owned() };
    let store = open(&Options { profile, readers: 1, vault: None }).unwrap();
    let db = Connection::open(folder.join("campanile.db")).unwrap();
    let mut run = Run::new(Arc::clone(&store) as Arc<dyn Store>, policy);
    for step in steps {
        run.take(step);
        check(&db, run.leads.len());
    }
    drop(db);
    store.close();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_events_keeps_the_sums(policy: bool, steps in prop::collection::vec(step(), 1..80)) {
        let folder = tempfile::tempdir().unwrap();
        play(folder.path(), policy, steps);
    }
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(48)
}
