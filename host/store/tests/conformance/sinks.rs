//! Sinks: what is told, in which order, how often, and what became of it.

use std::sync::Arc;

use campanile_domain::attempt::CallStatus;
use campanile_domain::ids::LeadId;
use campanile_domain::importer::{Page as Incoming, PageMode};
use campanile_domain::outbox::WAITS_MS;
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::instance::Kept;
use campanile_domain::ports::store::{
    Delivery, DeliveryStatus, Existing, ImportStatus, InstanceStatus, LeadAdded, LeadPatch, Page, SetStatus, SinkRow,
    SinkTurn, Store, StoreError,
};
use campanile_domain::retention::Held;
use campanile_domain::sink::{Ack, ResultEvent};
use campanile_domain::source::read;
use campanile_domain::time::{HOUR_MS, MINUTE_MS, Timestamp};

use super::imports::{step, uploaded};
use super::sources::person;
use serde_json::json;

use crate::support::{MONDAY, World, lead, phone, wait};

fn turn(world: &World, sink: &SinkRow, now: Timestamp) -> SinkTurn {
    wait(world.store.sink_turn(&world.ctx(now), sink.key, 50)).unwrap().expect("it is active")
}

fn acknowledge(world: &World, sink: &SinkRow, now: Timestamp, acks: Vec<(i64, Ack)>) -> SinkRow {
    wait(world.store.acknowledge(&world.ctx(now), sink.key, acks, None)).unwrap();
    state(world, sink)
}

/// Tells what is due and has it acknowledged.
fn told(world: &World, sink: &SinkRow, now: Timestamp) -> Vec<ResultEvent> {
    let events = turn(world, sink, now).events;
    acknowledge(world, sink, now, events.iter().map(|(seq, _)| (*seq, Ack::Done)).collect());
    events.into_iter().map(|(_, event)| event).collect()
}

fn set(world: &World, now: Timestamp, id: LeadId, status: SetStatus) {
    let patch = LeadPatch { status: Some(status), ..LeadPatch::default() };
    wait(world.store.patch_lead(&world.ctx(now), id, patch)).unwrap();
}

/// The sink as it is now.
fn state(world: &World, sink: &SinkRow) -> SinkRow {
    wait(world.store.sink(world.tenant.key, sink.id)).unwrap()
}

fn fail(world: &World, sink: &SinkRow, failure: &PluginFailure) -> SinkRow {
    wait(world.store.fail_sink(&world.ctx(MONDAY), sink.key, failure.clone())).unwrap();
    state(world, sink)
}

fn deliveries(world: &World, sink: &SinkRow, status: Option<DeliveryStatus>) -> Vec<Delivery> {
    wait(world.store.deliveries(world.tenant.key, sink.id, status, &Page::default())).unwrap().data
}

fn busy() -> Ack {
    Ack::Failed(PluginFailure::new("row_locked", "the row is locked"))
}

pub fn what_happened_is_told_once_it_is_acknowledged(store: Arc<dyn Store>) {
    let world = World::new(store);
    let [id] = world.add(vec![lead(1)])[..] else { panic!() };
    let sink = world.sink(None, false);
    assert!(turn(&world, &sink, MONDAY).events.is_empty(), "what was before is not told");
    world.start();
    world.call(MONDAY, CallStatus::Unanswered);
    let due = wait(world.store.due_sinks(10, 10)).unwrap();
    assert_eq!(due.iter().map(|due| due.key).collect::<Vec<_>>(), [sink.key]);
    let later = MONDAY + 2 * MINUTE_MS;
    let first = turn(&world, &sink, later).events;
    let [(seq, event)] = &first[..] else { panic!("{first:?}") };
    assert_eq!((event.kind.as_str(), event.phone), ("lead.rescheduled", phone(1)));
    let lead = &event.data["data"]["lead"];
    assert_eq!((&lead["id"], &lead["status"]), (&id.to_string().into(), &"rescheduled".into()), "{}", event.data);
    assert!(lead["next_call_at"].as_str().is_some_and(|at| at > MONDAY.to_string().as_str()), "{lead}");
    assert_eq!(event.data["data"]["call"]["status"], "unanswered", "{}", event.data);
    assert_eq!(event.data["sequence"], *seq);
    // A host that died before the answer tells the same event again.
    assert_eq!(turn(&world, &sink, later).events, first);
    let kept = Kept([("row".to_owned(), "7".to_owned())].into());
    wait(world.store.acknowledge(&world.ctx(later), sink.key, vec![(*seq, Ack::Done)], Some(kept.clone()))).unwrap();
    let after = turn(&world, &sink, later);
    assert_eq!((after.events.len(), after.kept), (0, kept));
    assert!(wait(world.store.due_sinks(10, 10)).unwrap().is_empty());
    let listed = deliveries(&world, &sink, Some(DeliveryStatus::Delivered));
    assert_eq!((listed.len(), listed[0].event, listed[0].lead), (1, event.id, Some(id)));
    let other = world.sink(None, true);
    assert_eq!(turn(&world, &other, later).events.len(), 1, "a backfill tells what was before");
}

pub fn an_event_that_is_not_kept_any_more_is_skipped(store: Arc<dyn Store>) {
    let world = World::new(store);
    let ids = world.add(vec![lead(1), lead(2)]);
    let sink = world.sink(None, false);
    set(&world, MONDAY, ids[0], SetStatus::Completed);
    assert_eq!(turn(&world, &sink, MONDAY).events.len(), 1, "it waits");
    let later = MONDAY + MINUTE_MS;
    set(&world, later, ids[1], SetStatus::Completed);
    world.done(world.store.let_go(&world.ctx(later), Held::Events, later, 0));
    let next = turn(&world, &sink, later).events;
    assert_eq!(next.iter().map(|(_, event)| event.phone).collect::<Vec<_>>(), [phone(2)], "it goes on behind them");
    let skipped = deliveries(&world, &sink, Some(DeliveryStatus::Skipped));
    let [gone] = &skipped[..] else { panic!("{skipped:?}") };
    assert_eq!(
        (&gone.kind, gone.created_at, gone.detail.as_deref()),
        (&None, None, Some("the event is not kept any more"))
    );
    let backfill = world.sink(None, true);
    assert_eq!(turn(&world, &backfill, later).events.len(), 1, "from the beginning is from what is kept");
}

pub fn the_events_of_a_lead_are_told_in_their_order(store: Arc<dyn Store>) {
    let world = World::new(store);
    let ids = world.add(vec![lead(1), lead(2)]);
    let sink = world.sink(None, false);
    set(&world, MONDAY, ids[0], SetStatus::Completed);
    set(&world, MONDAY, ids[0], SetStatus::Created);
    set(&world, MONDAY, ids[0], SetStatus::Completed);
    set(&world, MONDAY, ids[1], SetStatus::Completed);
    let events = turn(&world, &sink, MONDAY).events;
    let of: Vec<_> = events.iter().map(|(_, event)| event.phone).collect();
    assert_eq!(of, [phone(1), phone(2)], "one of each lead");
    // The first of the one fails: the second is not told before it; the other's is over.
    acknowledge(&world, &sink, MONDAY, vec![(events[0].0, busy()), (events[1].0, Ack::Done)]);
    assert!(turn(&world, &sink, MONDAY).events.is_empty());
    let later = MONDAY + MINUTE_MS;
    assert_eq!(told(&world, &sink, later)[0].id, events[0].1.id);
    assert_eq!(told(&world, &sink, later).len(), 1);
    assert!(turn(&world, &sink, later).events.is_empty());
}

pub fn an_event_that_fails_is_told_again_and_given_up(store: Arc<dyn Store>) {
    let world = World::new(store);
    let ids = world.add(vec![lead(1)]);
    let sink = world.sink(None, false);
    set(&world, MONDAY, ids[0], SetStatus::Completed);
    let mut at = MONDAY;
    for wait_ms in WAITS_MS {
        let events = turn(&world, &sink, at).events;
        acknowledge(&world, &sink, at, vec![(events[0].0, busy())]);
        let row = &deliveries(&world, &sink, Some(DeliveryStatus::Waiting))[0];
        assert_eq!(row.next_try_at, Some(at + wait_ms));
        assert!(row.detail.as_deref().is_some_and(|why| why.contains("the row is locked")));
        assert!(turn(&world, &sink, at + (wait_ms - 1)).events.is_empty());
        at = at + wait_ms;
    }
    let events = turn(&world, &sink, at).events;
    let row = acknowledge(&world, &sink, at, vec![(events[0].0, busy())]);
    assert_eq!((row.waiting, row.failed, row.status), (0, 1, InstanceStatus::Active));
    assert_eq!(wait(world.store.resend_failed(&world.ctx(at), sink.id)), Ok(1));
    assert_eq!(told(&world, &sink, at)[0].id, events[0].1.id);
    let skipped = wait(world.store.resend(&world.ctx(at), sink.id, events[0].1.id)).unwrap();
    assert_eq!((skipped.status, skipped.failures), (DeliveryStatus::Waiting, 0));
    let events = turn(&world, &sink, at).events;
    acknowledge(&world, &sink, at, vec![(events[0].0, Ack::Skipped { why: "no such row".into() })]);
    let row = &deliveries(&world, &sink, Some(DeliveryStatus::Skipped))[0];
    assert_eq!(row.detail.as_deref(), Some("no such row"));
}

pub fn a_sink_that_fails_keeps_everything_and_asks_for_a_person(store: Arc<dyn Store>) {
    let world = World::new(store);
    let ids = world.add(vec![lead(1), lead(2)]);
    let sink = world.sink(None, false);
    set(&world, MONDAY, ids[0], SetStatus::Completed);
    let seq = turn(&world, &sink, MONDAY).events[0].0;
    let down = PluginFailure::new("http_unreachable", "nobody answers");
    let row = fail(&world, &sink, &down);
    assert_eq!((row.status, row.failures_in_a_row, row.waiting), (InstanceStatus::Active, 1, 1));
    assert!(row.next_try_at >= MONDAY + 30_000);
    assert_eq!(wait(world.store.due_sinks(10, 10)).unwrap()[0].at, row.next_try_at);
    // "Too many" is said of all and is no fault of the delivery.
    let slow = PluginFailure { retry_after_ms: Some(90_000), ..PluginFailure::new("http_too_many_requests", "slowly") };
    let row = acknowledge(&world, &sink, MONDAY, vec![(seq, Ack::Failed(slow))]);
    assert!(row.next_try_at >= MONDAY + 90_000, "{row:?}");
    assert_eq!(deliveries(&world, &sink, None)[0].failures, 0);
    let refused = PluginFailure::new("http_not_permitted", "the token is not taken");
    let row = acknowledge(&world, &sink, MONDAY, vec![(seq, Ack::Failed(refused))]);
    assert_eq!((row.status, row.waiting), (InstanceStatus::NeedsAttention, 1));
    assert!(
        row.status_reason.detail.contains("resume the sink") || row.status_reason.detail.contains("then resume it")
    );
    assert!(wait(world.store.due_sinks(10, 10)).unwrap().is_empty());
    assert!(wait(world.store.sink_turn(&world.ctx(MONDAY), sink.key, 50)).unwrap().is_none());
    set(&world, MONDAY, ids[1], SetStatus::Completed);
    wait(world.store.resume_sink(&world.ctx(MONDAY), sink.id)).unwrap();
    assert_eq!(told(&world, &sink, MONDAY).len(), 2, "what happened meanwhile waited");
    for nth in 0..20 {
        let row = fail(&world, &sink, &down);
        assert_eq!(row.status == InstanceStatus::Paused, nth == 19, "{row:?}");
    }
    assert_eq!(wait(world.store.fail_sink(&world.ctx(MONDAY), sink.key, down)), Err(StoreError::Stale));
}

pub fn only_the_leads_of_its_source_are_told(store: Arc<dyn Store>) {
    let world = World::new(store);
    let source = world.source(false);
    let run = wait(world.store.source_turn(&world.ctx(MONDAY), source.key)).unwrap().unwrap().run;
    let leads = vec![person("7", &[7])];
    let page = read(Incoming { leads, rejected: vec![], mode: PageMode::Delta, cursor: None, more: false }, None);
    wait(world.store.source_page(&world.ctx(MONDAY), source.key, run, page, None)).unwrap();
    let own = world.add(vec![lead(1)]);
    let (of_source, of_all) = (world.sink(Some(source.id), false), world.sink(None, false));
    let listed = wait(world.store.leads(world.tenant.key, &Default::default(), &Page::default())).unwrap().data;
    for lead in &listed {
        set(&world, MONDAY, lead.id, SetStatus::Completed);
    }
    let externals = |sink| told(&world, sink, MONDAY).into_iter().map(|event| event.external_id).collect::<Vec<_>>();
    assert_eq!(externals(&of_source), [Some("7".to_owned())]);
    assert_eq!(externals(&of_all).len(), 1 + own.len());
}

pub fn what_is_told_again_is_as_it_is_now(store: Arc<dyn Store>) {
    let world = World::new(store);
    let ids = world.add(vec![lead(1)]);
    let sink = world.sink(None, false);
    world.start();
    world.call(MONDAY, CallStatus::Unanswered);
    let later = MONDAY + HOUR_MS;
    let first = told(&world, &sink, later).remove(0);
    set(&world, later, ids[0], SetStatus::Completed);
    assert_eq!(told(&world, &sink, later)[0].data["data"]["lead"]["status"], "completed");
    wait(world.store.resend(&world.ctx(later), sink.id, first.id)).unwrap();
    let again = told(&world, &sink, later).remove(0);
    assert_eq!((again.id, again.kind.as_str()), (first.id, "lead.rescheduled"));
    assert_eq!(again.data["data"]["lead"]["status"], "completed", "an old word is not written over a new one");
}

pub fn a_lead_that_is_gone_is_skipped(store: Arc<dyn Store>) {
    let world = World::new(store);
    let sink = world.sink(None, false);
    let import = uploaded(&world, 1, Existing::Skip);
    step(&world, &import, ImportStatus::Running);
    let added = wait(world.store.import_page(&world.ctx(MONDAY), import.id, 1, vec![lead(1)])).unwrap();
    let LeadAdded::Created { id } = added[0] else { panic!("{added:?}") };
    wait(world.store.end_import(&world.ctx(MONDAY), import.id, false, json!({}), Vec::new())).unwrap();
    set(&world, MONDAY, id, SetStatus::Completed);
    step(&world, &import, ImportStatus::Undoing);
    while wait(world.store.undo_import_page(&world.ctx(MONDAY), import.id, 9)).unwrap().status != ImportStatus::Undone {
    }
    // Another takes the row's number.
    world.add(vec![lead(3)]);
    assert!(turn(&world, &sink, MONDAY).events.is_empty());
    assert_eq!(state(&world, &sink).waiting, 0);
    assert_eq!(deliveries(&world, &sink, Some(DeliveryStatus::Skipped)).len(), 1);
}
