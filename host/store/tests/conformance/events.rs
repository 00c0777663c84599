//! The event log, read: in pieces, by kind, by campaign, by time, and with its objects.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use campanile_domain::attempt::CallStatus;
use campanile_domain::ids::CampaignId;
use campanile_domain::money::Micros;
use campanile_domain::outbox::Envelope;
use campanile_domain::ports::store::{EventFilter, EventSpan, LeadPatch, Store, StoreError};
use campanile_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use campanile_domain::variable::Variables;
use serde_json::{Value, json};

use crate::support::{MONDAY, Setup, World, lead, wait};

fn filter(kinds: &[&str]) -> EventFilter {
    let kinds = (!kinds.is_empty()).then(|| kinds.iter().map(|kind| (*kind).to_owned()).collect());
    EventFilter { kinds, campaign: None }
}

/// Everything that passes, in pages of `limit`.
pub fn all(world: &World, filter: &EventFilter, limit: u32) -> Vec<Envelope> {
    let (mut events, mut after) = (Vec::new(), 0);
    loop {
        let page = wait(world.store.events(world.tenant.key, after, filter.clone(), limit)).unwrap();
        assert!(page.events.len() <= limit as usize && page.read_to >= after);
        events.extend(page.events);
        after = page.read_to;
        if !page.more {
            return events;
        }
    }
}

fn only(world: &World, kind: &str) -> Envelope {
    let mut events = all(world, &filter(&[kind]), 10);
    assert_eq!(events.len(), 1, "{kind}: {events:?}");
    events.remove(0)
}

pub fn the_log_is_read_in_pieces_by_kind_and_campaign(store: Arc<dyn Store>) {
    let world = World::new(Arc::clone(&store));
    let other = World::beside(store, Setup::default(), 1);
    world.add((1..=7).map(lead).collect());
    other.add(vec![lead(1)]);
    world.start();
    world.call(MONDAY, CallStatus::Busy);
    let whole = all(&world, &EventFilter::default(), 200);
    let numbers: Vec<i64> = whole.iter().map(|event| event.sequence).collect();
    assert_eq!(numbers, (1..=whole.len() as i64).collect::<Vec<_>>());
    for limit in [1, 2, 3, 50] {
        assert_eq!(all(&world, &EventFilter::default(), limit), whole);
    }
    assert!(whole.iter().all(|event| event.tenant == world.tenant.id && event.api_version == "v1"));
    let ids: BTreeSet<_> = whole.iter().map(|event| event.id).collect();
    assert_eq!(ids.len(), whole.len());
    assert_eq!(all(&world, &filter(&["lead.created"]), 3).len(), 7);
    assert_eq!(all(&world, &filter(&["lead.created", "call.ended"]), 3).len(), 8);
    let of = |campaign| EventFilter { campaign: Some(campaign), ..EventFilter::default() };
    assert_eq!(all(&world, &of(world.campaign.id), 50).len(), whole.len());
    for strange in [other.campaign.id, CampaignId(1)] {
        let asked = wait(world.store.events(world.tenant.key, 0, of(strange), 50));
        assert_eq!(asked, Err(StoreError::NotFound("campaign")));
    }
    assert_eq!(all(&other, &EventFilter::default(), 50).len(), 1, "nothing of a stranger's");
    let span = wait(world.store.event_span(world.tenant.key)).unwrap();
    assert_eq!(span, EventSpan { oldest: 1, newest: whole.len() as i64 });
}

pub fn what_happened_since_is_found(store: Arc<dyn Store>) {
    let world = World::new(store);
    let before = |at: Timestamp| wait(world.store.events_before(world.tenant.key, at)).unwrap();
    let span = || wait(world.store.event_span(world.tenant.key)).unwrap();
    assert_eq!((before(MONDAY), span()), (0, EventSpan { oldest: 1, newest: 0 }));
    // Two of them were written in another order than they happened in.
    let times = [0, 1_000, 60_000, 59_900, 3_600_000, 3_600_000, DAY_MS].map(|after| MONDAY + after);
    for (number, at) in (1..).zip(times) {
        world.add_at(at, vec![lead(number)]);
    }
    for at in times.iter().flat_map(|at| [*at, *at + 1, *at + (-1)]) {
        let found = before(at);
        let missed = times.iter().take(found as usize).filter(|then| **then >= at).count();
        assert_eq!(missed, 0, "nothing that happened at {at} or later lies before {found}");
        let next = times.get(found as usize);
        assert!(next.is_none_or(|next| *next >= at), "{found} is no later than it must be for {at}");
    }
}

pub fn an_event_is_told_with_its_objects(store: Arc<dyn Store>) {
    let world = World::new(store);
    let [id] = world.add(vec![lead(1)])[..] else { panic!() };
    world.start();
    world.call(MONDAY, CallStatus::Busy);
    let started = only(&world, "campaign.started");
    assert_eq!(
        (&started.data["campaign"]["name"], &started.data["campaign"]["status"]),
        (&json!("March"), &json!("in_progress"))
    );
    assert_eq!(started.previous, Some(json!({"status": "draft"})));
    let initiated = only(&world, "call.initiated");
    assert_eq!((&initiated.data["call"]["status"], &initiated.data["lead"]["id"]), (&json!("initiated"), &json!(id)));
    let ended = only(&world, "call.ended");
    let (call, was) = (&ended.data["call"], ended.previous.as_ref().unwrap());
    assert_eq!((&call["status"], &was["status"]), (&json!("busy"), &json!("initiated")), "{}", ended.data);
    assert_eq!(ended.data["lead"]["status"], "rescheduled", "the lead is as it is now");
    let waits = only(&world, "lead.rescheduled");
    assert_eq!((&waits.data["call"]["id"], &waits.data["lead"]["status"]), (&call["id"], &json!("rescheduled")));
    // What a hand changes is told with what it is now.
    let variables: Variables = serde_json::from_value(json!({"plan": "gold"})).unwrap();
    let patch = LeadPatch { variables: Some(variables), ..LeadPatch::default() };
    wait(world.store.patch_lead(&world.ctx(MONDAY + HOUR_MS), id, patch.clone())).unwrap();
    assert_eq!(only(&world, "lead.updated").data["lead"]["variables"]["plan"], "gold");
    wait(world.store.patch_lead(&world.ctx(MONDAY + HOUR_MS), id, LeadPatch::default())).unwrap();
    assert_eq!(all(&world, &filter(&["lead.updated"]), 10).len(), 1, "nothing was named, nothing is told");
}

pub fn a_balance_that_is_spent_is_told_once_until_the_next_top_up(store: Arc<dyn Store>) {
    let world = World::with(store, Setup { billed: true, ..Setup::default() });
    world.add((1..=5).map(lead).collect());
    let top_up = || world.done(world.store.top_up(&world.ctx(MONDAY), Micros(70_000)));
    top_up();
    world.start();
    for _ in 0..3 {
        world.claim(MONDAY, 5);
    }
    let told = only(&world, "balance.exhausted");
    let balance = json!({"available_micros": 10_000, "needed_micros": 60_000, "currency": "EUR"});
    assert_eq!((told.data["balance"].clone(), told.previous), (balance, None::<Value>));
    top_up();
    for _ in 0..3 {
        world.claim(MONDAY + MINUTE_MS, 5);
    }
    assert_eq!(all(&world, &filter(&["balance.exhausted"]), 10).len(), 2);
}

pub fn a_commit_rings_for_those_whose_logs_grew(store: Arc<dyn Store>) {
    let (world, other) = (World::new(Arc::clone(&store)), World::beside(Arc::clone(&store), Setup::default(), 1));
    let rung = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&rung);
    store.ring_on_events(Box::new(move |tenants| heard.lock().unwrap().extend_from_slice(tenants)));
    let rung = || std::mem::take(&mut *rung.lock().unwrap());
    world.add(vec![lead(1)]);
    assert_eq!(rung(), [world.tenant.key]);
    other.add(vec![lead(1)]);
    assert_eq!(rung(), [other.tenant.key]);
    world.add(vec![lead(1)]);
    assert_eq!(rung(), [], "a duplicate is no news");
}
