//! Sources: pages, snapshots, removals, failures, pushes.

use std::sync::Arc;

use campanile_domain::attempt::CallStatus;
use campanile_domain::campaign::{CampaignState, Happening};
use campanile_domain::contact::Unusable;
use campanile_domain::importer::{IncomingContact, IncomingLead, Page as Incoming, PageMode};
use campanile_domain::lead::{Completion, LeadState, Phase, SuppressedBy};
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::instance::Kept;
use campanile_domain::ports::gateway::Webhook;
use campanile_domain::ports::store::{
    InstanceStatus, Lead, LeadFilter, NewLead, Page, SourceChange, SourceNext, SourceRow, SourceRun, SourceStep, Store,
    StoreError, Stored,
};
use campanile_domain::retention::Held;
use campanile_domain::source::{ReadPage, read};
use campanile_domain::time::{HOUR_MS, MINUTE_MS, Timestamp};
use campanile_domain::variable::Variables;

use crate::support::{MONDAY, World, end, lead, phone, wait};

pub(super) fn person(id: &str, phones: &[u64]) -> IncomingLead {
    let contact = |number: &u64| IncomingContact {
        phone: phone(*number).to_string(),
        name: None,
        label: None,
        variables: Variables::new(),
    };
    IncomingLead {
        external_id: id.to_owned(),
        contacts: phones.iter().map(contact).collect(),
        zone: None,
        country: None,
        region: None,
        postal_code: None,
        language: None,
        do_not_call: false,
        deleted: false,
        consent: None,
        priority: 0,
        updated_at: None,
        variables: Variables::new(),
    }
}

fn gone(id: &str) -> IncomingLead {
    IncomingLead { deleted: true, ..person(id, &[]) }
}

fn page(leads: Vec<IncomingLead>, mode: PageMode, cursor: Option<&str>, more: bool) -> ReadPage {
    read(Incoming { leads, rejected: Vec::new(), mode, cursor: cursor.map(str::to_owned), more }, "US".parse().ok())
}

fn delta(leads: Vec<IncomingLead>) -> ReadPage {
    page(leads, PageMode::Delta, Some("d"), false)
}

fn whole(leads: Vec<IncomingLead>) -> ReadPage {
    page(leads, PageMode::SnapshotEnd, None, false)
}

/// Begins a run, or goes on with it.
fn turn(world: &World, source: &SourceRow, now: Timestamp) -> i64 {
    wait(world.store.source_turn(&world.ctx(now), source.key)).unwrap().expect("it is active").run
}

fn store(world: &World, source: &SourceRow, now: Timestamp, page: ReadPage) -> Stored<SourceStep> {
    let run = turn(world, source, now);
    wait(world.store.source_page(&world.ctx(now), source.key, run, page, None))
}

/// A whole run of one page.
fn sync(world: &World, source: &SourceRow, now: Timestamp, page: ReadPage) -> SourceRun {
    assert_eq!(store(world, source, now, page).unwrap().next, SourceNext::Settle);
    settle(world, source, now);
    run(world, source)
}

fn settle(world: &World, source: &SourceRow, now: Timestamp) {
    let run = turn(world, source, now);
    while wait(world.store.settle_source(&world.ctx(now), source.key, run)).unwrap().next != SourceNext::Over {}
}

/// The last run.
fn run(world: &World, source: &SourceRow) -> SourceRun {
    let listed = wait(world.store.source_runs(world.tenant.key, source.id, &Page::default())).unwrap();
    listed.data.into_iter().next().unwrap()
}

fn now(world: &World, source: &SourceRow) -> SourceRow {
    wait(world.store.source(world.tenant.key, source.id)).unwrap()
}

fn of(world: &World, external: &str) -> Lead {
    let filter = LeadFilter { external_ids: vec![external.to_owned()], ..LeadFilter::default() };
    let mut found = wait(world.store.leads(world.tenant.key, &filter, &Page::default())).unwrap().data;
    assert_eq!(found.len(), 1, "{external}: {found:?}");
    found.remove(0)
}

const GONE: LeadState = LeadState::Completed(Completion::RemovedAtSource);

pub fn a_page_moves_leads_cursor_and_state_together(store_: Arc<dyn Store>) {
    let world = World::new(store_);
    let source = world.source(false);
    let run_key = turn(&world, &source, MONDAY);
    let kept = Kept([("pulls".to_owned(), "1".to_owned())].into());
    let first = page(vec![person("1", &[1]), person("2", &[])], PageMode::Delta, Some("c1"), true);
    let step =
        wait(world.store.source_page(&world.ctx(MONDAY), source.key, run_key, first.clone(), Some(kept.clone())));
    assert_eq!(step.unwrap(), SourceStep { arrived: 1, next: SourceNext::Pull });
    let again = wait(world.store.source_turn(&world.ctx(MONDAY), source.key)).unwrap().unwrap();
    assert_eq!((again.run, again.cursor.as_deref(), &again.kept), (run_key, Some("c1"), &kept), "the run goes on");
    // The window is inclusive: what is seen again is unchanged, and nothing is written of it.
    let revision = of(&world, "1").revision;
    let ended = sync(&world, &source, MONDAY, page(vec![person("1", &[1])], PageMode::Delta, Some("c2"), false));
    assert_eq!((ended.status.as_str(), ended.counts.pages, ended.counts.seen), ("finished", 2, 3));
    assert_eq!((ended.counts.created, ended.counts.unchanged, ended.counts.rejected), (1, 1, 1));
    assert_eq!(of(&world, "1").revision, revision);
    let rejects = wait(world.store.source_rejects(world.tenant.key, source.id, ended.id)).unwrap();
    assert_eq!((rejects[0].external_id.as_str(), rejects[0].field.as_str()), ("2", "contacts"));
    assert_eq!(now(&world, &source).next_run_at, MONDAY + 15 * MINUTE_MS);
    assert_eq!(wait(world.store.source_state(world.tenant.key, source.id)).unwrap(), kept);
    // A page that leads back to itself would be asked for ever.
    turn(&world, &source, MONDAY);
    let stuck = store(&world, &source, MONDAY, page(Vec::new(), PageMode::Delta, Some("c2"), true)).unwrap();
    assert_eq!(stuck.next, SourceNext::Over);
    assert_eq!(run(&world, &source).error.unwrap().code, "plugin_cursor_stuck");
}

pub fn a_stopped_run_stores_nothing(store: Arc<dyn Store>) {
    let world = World::new(store);
    let source = world.source(false);
    let run_key = turn(&world, &source, MONDAY);
    let late =
        || wait(world.store.source_page(&world.ctx(MONDAY), source.key, run_key, delta(vec![person("1", &[1])]), None));
    wait(world.store.pause_source(&world.ctx(MONDAY), source.id)).unwrap();
    assert_eq!(late(), Err(StoreError::Stale));
    assert!(wait(world.store.source_turn(&world.ctx(MONDAY), source.key)).unwrap().is_none());
    wait(world.store.resume_source(&world.ctx(MONDAY), source.id)).unwrap();
    assert_eq!(late(), Err(StoreError::Stale), "the run of before the pause is over");
    sync(&world, &source, MONDAY, delta(vec![person("1", &[1])]));
    let change = SourceChange {
        name: "CRM".into(),
        plugin: source.plugin.clone(),
        settings: serde_json::json!({"list": "other"}),
        default_country: None,
        interval_minutes: 15,
        reopen_on_change: false,
    };
    wait(world.store.update_source(&world.ctx(MONDAY), source.id, change)).unwrap();
    let anew = wait(world.store.source_turn(&world.ctx(MONDAY), source.key)).unwrap().unwrap();
    assert_eq!((anew.cursor, anew.kept), (None, Kept::default()), "other settings begin anew");
}

pub fn only_a_whole_snapshot_removes_who_is_missing(store_: Arc<dyn Store>) {
    let world = World::new(store_);
    let source = world.source(false);
    sync(&world, &source, MONDAY, whole(vec![person("1", &[1]), person("2", &[2]), person("3", &[3])]));
    // A part, then a failure, then the rest: all of them were seen.
    store(&world, &source, MONDAY, page(vec![person("1", &[1])], PageMode::SnapshotPart, Some("1"), true)).unwrap();
    let failed = PluginFailure::new("http_timed_out", "no answer");
    let key = turn(&world, &source, MONDAY);
    wait(world.store.fail_source(&world.ctx(MONDAY), source.key, key, failed)).unwrap();
    assert!(["1", "2", "3"].iter().all(|id| !of(&world, id).state.is_ended()), "a failed run removes nobody");
    let ended = sync(&world, &source, MONDAY + HOUR_MS, whole(vec![person("3", &[3])]));
    assert_eq!((ended.counts.removed, of(&world, "2").state), (1, GONE));
    assert!(!of(&world, "1").state.is_ended() && !of(&world, "3").state.is_ended());
    // Back again, unchanged.
    let ended = sync(&world, &source, MONDAY, whole(vec![person("1", &[1]), person("2", &[2]), person("3", &[3])]));
    assert_eq!((ended.counts.reopened, ended.counts.removed, of(&world, "2").state), (1, 0, LeadState::Created));
}

pub fn a_removal_during_a_call_waits_for_it_and_who_was_reached_does_not_come_back(store: Arc<dyn Store>) {
    let world = World::new(store);
    let source = world.source(false);
    sync(&world, &source, MONDAY, delta(vec![person("1", &[1])]));
    world.start();
    let order = world.claim_one(MONDAY);
    world.placed(MONDAY, &order);
    sync(&world, &source, MONDAY, delta(vec![gone("1")]));
    assert_eq!(of(&world, "1").state, LeadState::Processing(Phase::Dialling));
    let at = MONDAY + MINUTE_MS;
    world.apply(at, end(&order, at, CallStatus::Busy));
    assert_eq!(of(&world, "1").state, GONE);
    sync(&world, &source, at, delta(vec![person("1", &[1])]));
    assert_eq!(of(&world, "1").state, LeadState::Created, "nobody was reached");
    let order = world.claim_one(at);
    world.placed(at, &order);
    sync(&world, &source, at, delta(vec![gone("1")]));
    sync(&world, &source, at, delta(vec![person("1", &[1, 2])]));
    world.apply(at, end(&order, at, CallStatus::Completed));
    assert_eq!(of(&world, "1").state, LeadState::Completed(Completion::Contacted), "it was there again in time");
    sync(&world, &source, at, delta(vec![gone("1")]));
    sync(&world, &source, at, delta(vec![person("1", &[1])]));
    assert_eq!(of(&world, "1").state, LeadState::Completed(Completion::Contacted));
}

pub fn a_lead_that_was_deleted_here_does_not_come_back(store_: Arc<dyn Store>) {
    let world = World::new(store_);
    let source = world.source(true);
    sync(&world, &source, MONDAY, whole(vec![person("1", &[1]), person("2", &[2])]));
    let id = of(&world, "1").id;
    world.done(world.store.delete_lead(&world.ctx(MONDAY), id));
    let later = |hours: i64| MONDAY + hours * HOUR_MS;
    // It changed there, is gone from there, and is there again: it was thrown out here.
    let changed = sync(&world, &source, later(1), whole(vec![person("1", &[1, 3]), person("2", &[2])]));
    assert_eq!((changed.counts.created, changed.counts.updated, changed.counts.unchanged), (0, 0, 2));
    sync(&world, &source, later(2), whole(vec![person("2", &[2])]));
    sync(&world, &source, later(3), whole(vec![person("1", &[1]), person("2", &[2])]));
    assert_eq!(wait(world.store.lead(world.tenant.key, id)), Err(StoreError::NotFound("lead")));
    let stats = world.done(world.store.stats(world.tenant.key, world.campaign.id));
    assert_eq!(stats.leads, 1);
    // Its phone is free for somebody else.
    sync(&world, &source, later(4), whole(vec![person("2", &[2]), person("3", &[1])]));
    assert_eq!(of(&world, "3").contacts[0].phone, phone(1));
}

pub fn do_not_call_is_suppressed_in_the_sources_name(store: Arc<dyn Store>) {
    let world = World::new(store);
    let source = world.source(false);
    sync(&world, &source, MONDAY, delta(vec![person("1", &[1, 2])]));
    let no = |id: &str, phones: &[u64]| IncomingLead { do_not_call: true, ..person(id, phones) };
    let ended = sync(&world, &source, MONDAY, delta(vec![no("1", &[3]), no("9", &[9])]));
    assert_eq!((ended.counts.suppressed, ended.counts.created), (4, 0), "of what it says and of what was known");
    assert_eq!(of(&world, "1").state, LeadState::Suppressed(SuppressedBy::List));
    let listed = wait(world.store.suppressions(world.tenant.key, &Page::default())).unwrap().data;
    assert!(listed.len() == 4 && listed.iter().all(|one| one.by == source.id.to_string()), "{listed:?}");
    world.add(vec![lead(5)]);
    world.start();
    assert_eq!(world.claim(MONDAY, 10).orders.len(), 1, "only who came otherwise is called");
}

pub fn a_phone_has_one_lead_and_the_next_takes_its_place(store: Arc<dyn Store>) {
    let world = World::new(store);
    let source = world.source(false);
    let ended = sync(&world, &source, MONDAY, delta(vec![person("1", &[1]), person("2", &[1])]));
    assert_eq!((ended.counts.created, ended.counts.duplicates), (1, 1));
    let ended = sync(&world, &source, MONDAY, delta(vec![gone("1")]));
    assert_eq!((ended.counts.removed, ended.counts.created), (1, 1), "the second takes the place");
    assert_eq!((of(&world, "1").state, of(&world, "2").state), (GONE, LeadState::Created));
    // Two that change their phones with each other.
    sync(&world, &source, MONDAY, delta(vec![person("3", &[3])]));
    sync(&world, &source, MONDAY, delta(vec![person("2", &[3]), person("3", &[1])]));
    assert_eq!((of(&world, "2").contacts[0].phone, of(&world, "3").contacts[0].phone), (phone(3), phone(1)));
    assert!(!of(&world, "2").state.is_ended() && !of(&world, "3").state.is_ended());
}

pub fn a_change_keeps_the_places_of_contacts_that_were_called(store: Arc<dyn Store>) {
    let world = World::new(store);
    let source = world.source(false);
    sync(&world, &source, MONDAY, delta(vec![person("1", &[1, 2])]));
    sync(&world, &source, MONDAY, delta(vec![person("1", &[3, 2])]));
    assert_eq!(of(&world, "1").contacts.iter().map(|one| one.phone).collect::<Vec<_>>(), [phone(3), phone(2)]);
    world.start();
    let order = world.claim_one(MONDAY);
    world.placed(MONDAY, &order);
    sync(&world, &source, MONDAY, delta(vec![person("1", &[4])]));
    let contacts = of(&world, "1").contacts;
    let shown: Vec<_> = contacts.iter().map(|one| (one.phone, one.unusable)).collect();
    let removed = Some(Unusable::RemovedAtSource);
    assert_eq!(shown, [(phone(3), removed), (phone(2), removed), (phone(4), None)]);
    let at = MONDAY + MINUTE_MS;
    world.apply(at, end(&order, at, CallStatus::Busy));
    let next = world.claim_one(at);
    assert_eq!(next.dial.to, phone(4), "the next dial is of the phone that it has now");
}

pub fn an_ended_lead_is_reopened_only_where_the_source_says_so(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (quiet, eager) = (world.source(false), world.source(true));
    sync(&world, &quiet, MONDAY, delta(vec![person("q", &[1])]));
    sync(&world, &eager, MONDAY, delta(vec![person("e", &[2])]));
    world.start();
    world.call(MONDAY, CallStatus::Completed);
    world.call(MONDAY, CallStatus::Completed);
    let changed = |id: &str, number| IncomingLead { priority: 5, ..person(id, &[number]) };
    sync(&world, &eager, MONDAY, delta(vec![person("e", &[2])]));
    assert!(of(&world, "e").state.is_ended(), "nothing changed");
    sync(&world, &quiet, MONDAY, delta(vec![changed("q", 1)]));
    let ended = sync(&world, &eager, MONDAY, delta(vec![changed("e", 2)]));
    assert!(of(&world, "q").state.is_ended());
    assert_eq!((of(&world, "e").state, ended.counts.reopened), (LeadState::Created, 1));
}

pub fn a_lead_whose_time_is_over_is_not_brought_back(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (quiet, eager) = (world.source(false), world.source(true));
    sync(&world, &quiet, MONDAY, delta(vec![person("q", &[1])]));
    sync(&world, &eager, MONDAY, delta(vec![person("e", &[2])]));
    world.start();
    world.call(MONDAY, CallStatus::Completed);
    world.call(MONDAY, CallStatus::Completed);
    let later = MONDAY + 8 * 24 * HOUR_MS;
    let ended = world.done(world.store.let_go(&world.ctx(later), Held::EndedLeads, later, 0));
    assert_eq!(ended.gone, 2);
    let changed = |id: &str, number| IncomingLead { priority: 5, ..person(id, &[number]) };
    for (source, records) in
        [(&quiet, vec![person("q", &[1])]), (&eager, vec![person("e", &[2])]), (&quiet, vec![changed("q", 1)])]
    {
        let run = sync(&world, source, later, delta(records));
        assert_eq!((run.counts.created, run.counts.updated, run.counts.reopened), (0, 0, 0), "nobody is called again");
    }
    let filter = LeadFilter::default();
    let all = world.done(world.store.leads(world.tenant.key, &filter, &Page::default())).data;
    assert!(all.iter().all(|lead| lead.contacts.is_empty()), "{all:?}");
    let run = sync(&world, &eager, later, delta(vec![changed("e", 2)]));
    assert_eq!(run.counts.created, 1, "what the source opens again is another lead");
    assert_eq!((of(&world, "e").state, of(&world, "e").progress.attempts), (LeadState::Created, 0));
}

pub fn external_ids_are_one_sources_own(store: Arc<dyn Store>) {
    let world = World::new(store);
    let (one, other) = (world.source(false), world.source(false));
    world.add(vec![NewLead { external_id: Some("7".into()), ..lead(1) }]);
    sync(&world, &one, MONDAY, delta(vec![person("7", &[2])]));
    sync(&world, &other, MONDAY, delta(vec![person("7", &[3])]));
    sync(&world, &one, MONDAY, delta(vec![gone("7")]));
    let filter = LeadFilter { external_ids: vec!["7".into()], ..LeadFilter::default() };
    let found = wait(world.store.leads(world.tenant.key, &filter, &Page::default())).unwrap().data;
    let ended: Vec<_> = found.iter().map(|lead| (lead.contacts[0].phone, lead.state.is_ended())).collect();
    assert_eq!(ended, [(phone(3), false), (phone(2), true), (phone(1), false)]);
}

pub fn failures_back_off_ask_for_a_person_and_pause(store: Arc<dyn Store>) {
    let world = World::new(store);
    let source = world.source(false);
    let fail = |at: Timestamp, failure: PluginFailure| {
        let run = turn(&world, &source, at);
        wait(world.store.fail_source(&world.ctx(at), source.key, run, failure)).unwrap()
    };
    let busy = PluginFailure {
        retry_after_ms: Some(10 * MINUTE_MS as u64),
        ..PluginFailure::new("http_too_many_requests", "429")
    };
    let after = fail(MONDAY, busy).next_run_at;
    assert!(after >= MONDAY + 10 * MINUTE_MS && after <= MONDAY + 12 * MINUTE_MS, "{after}");
    let refused = fail(MONDAY, PluginFailure::new("http_not_permitted", "401"));
    assert_eq!(
        (refused.status, refused.status_reason.code.as_str()),
        (InstanceStatus::NeedsAttention, "http_not_permitted")
    );
    assert!(wait(world.store.due_sources(2, 10)).unwrap().is_empty());
    wait(world.store.resume_source(&world.ctx(MONDAY), source.id)).unwrap();
    for n in 1..=20 {
        assert_eq!(now(&world, &source).status, InstanceStatus::Active, "{n}");
        fail(MONDAY + n * 1_000, PluginFailure::new("plugin_trapped", "unreachable"));
    }
    let paused = now(&world, &source);
    assert_eq!((paused.status, paused.status_reason.code.as_str()), (InstanceStatus::Paused, "too_many_failures"));
    assert!(paused.status_reason.detail.contains("roll back"), "{}", paused.status_reason.detail);
    assert_eq!(run(&world, &source).status, "failed");
}

pub fn a_campaign_with_an_active_source_is_not_over(store: Arc<dyn Store>) {
    let world = World::new(store);
    let source = world.source(false);
    world.start();
    let over =
        || wait(world.store.happen(&world.ctx(MONDAY), world.campaign.key, Happening::NoLeadsLeft, String::new()));
    assert_eq!(over().unwrap(), None);
    assert!(wait(world.store.snapshot(world.campaign.key)).unwrap().fed);
    wait(world.store.pause_source(&world.ctx(MONDAY), source.id)).unwrap();
    assert!(!wait(world.store.snapshot(world.campaign.key)).unwrap().fed);
    assert_eq!(over().unwrap().unwrap().status, CampaignState::Completed);
    wait(world.store.resume_source(&world.ctx(MONDAY), source.id)).unwrap();
    sync(&world, &source, MONDAY, delta(vec![person("1", &[1])]));
    assert_eq!(wait(world.store.snapshot(world.campaign.key)).unwrap().state, CampaignState::InProgress);
}

pub fn a_push_is_applied_once_a_forged_one_dropped_and_a_poisonous_one_given_up(store: Arc<dyn Store>) {
    let world = World::new(store);
    let source = world.source(false);
    let webhook = Webhook {
        method: "POST".into(),
        url: "https://calls.example/hooks/sources/x".into(),
        headers: vec![("x-a".into(), "b".into())],
        body: vec![1, 2],
        received_at: MONDAY,
    };
    let put = || wait(world.store.put_push(MONDAY, source.key, webhook.clone())).unwrap();
    let due = |at| wait(world.store.due_pushes(at, 10)).unwrap();
    let fail = |at, code: &str| {
        let push = due(at).remove(0).key;
        wait(world.store.fail_push(&world.ctx(at), source.key, push, PluginFailure::new(code, "no"))).unwrap();
    };
    put();
    put();
    assert_eq!((due(MONDAY).len(), &due(MONDAY)[0].webhook), (1, &webhook), "one at a time, in order");
    let key = due(MONDAY)[0].key;
    let take =
        || wait(world.store.take_push(&world.ctx(MONDAY), source.key, key, delta(vec![person("1", &[1])]), None));
    assert_eq!((take(), take()), (Ok(1), Err(StoreError::Stale)));
    fail(MONDAY, PluginFailure::FORGED);
    assert_eq!((now(&world, &source).forged_webhooks, due(MONDAY).len()), (1, 0));
    put();
    let mut at = MONDAY;
    for _ in 0..8 {
        fail(at, "plugin_trapped");
        assert!(due(at).is_empty(), "it waits");
        at = at + 2 * HOUR_MS;
    }
    assert!(due(at).is_empty(), "and is given up");
    let told = now(&world, &source);
    assert_eq!((told.failed_webhooks, told.status), (1, InstanceStatus::Active));
    assert!(told.last_webhook_error.unwrap().contains("plugin_trapped"));
}

pub fn a_stranger_finds_no_source(store: Arc<dyn Store>) {
    let world = World::new(store);
    let source = world.source(false);
    let twin = wait(world.store.tenants()).unwrap().into_iter().find(|one| one.key != world.tenant.key).unwrap().key;
    let none = Err(StoreError::NotFound("source"));
    assert_eq!(wait(world.store.source(twin, source.id)).map(|_| ()), none);
    assert_eq!(wait(world.store.source_runs(twin, source.id, &Page::default())).map(|_| ()), none);
    assert_eq!(wait(world.store.source_state(twin, source.id)).map(|_| ()), none);
    assert_eq!(wait(world.store.sources(Some(twin))).unwrap(), []);
    let ctx = campanile_domain::ports::store::WriteContext::engine(twin, MONDAY, 7);
    assert_eq!(wait(world.store.delete_source(&ctx, source.id)), none);
    assert_eq!(wait(world.store.pause_source(&ctx, source.id)).map(|_| ()), none);
}
