//! What is told once: a campaign that cannot call, a balance that is low. And what is told only to who names it.

use std::sync::Arc;

use campanile_domain::attempt::CallStatus;
use campanile_domain::campaign::{CampaignConfig, Verb};
use campanile_domain::event::SCHEDULED;
use campanile_domain::gate::Gate;
use campanile_domain::hours::CallingHours;
use campanile_domain::ids::KeyId;
use campanile_domain::money::Micros;
use campanile_domain::outbox::Envelope;
use campanile_domain::ports::store::{Actor, AuditFilter, EventFilter, Page, Store, StoreError, WriteContext};
use campanile_domain::time::{MINUTE_MS, Timestamp};

use super::webhooks::{config, made, turn};
use crate::support::{MONDAY, Setup, World, lead, wait};

/// A call costs 60 000 micros at least.
fn billed(store: Arc<dyn Store>, balance: i64) -> World {
    let config = CampaignConfig { calling_hours: CallingHours::always(), ..CampaignConfig::named("billed") };
    let world = World::with(store, Setup { config, billed: true, ..Setup::default() });
    world.done(world.store.top_up(&world.ctx(MONDAY), Micros(balance)));
    world.add((1..=5).map(lead).collect());
    world.start();
    world
}

fn told(world: &World, kind: &str) -> Vec<Envelope> {
    let filter = EventFilter { campaign: None, kinds: Some(vec![kind.to_owned()]) };
    world.done(world.store.events(world.tenant.key, 0, filter, 200)).events
}

/// Looks every minute from `from` on for half an hour; the minutes in which something was told, and the gate.
fn look(world: &World, from: Timestamp, gateway_healthy: bool) -> Vec<(i64, Gate)> {
    let at_minute = |minute: i64| {
        let ctx = world.ctx(from + minute * MINUTE_MS);
        let gate = wait(world.store.watch_for_stall(&ctx, world.campaign.key, gateway_healthy)).unwrap();
        gate.map(|gate| (minute, gate))
    };
    (0..30).filter_map(at_minute).collect()
}

pub fn a_campaign_that_cannot_pay_is_told_of_once(store: Arc<dyn Store>) {
    let world = billed(store, 60_000);
    let watched = || world.done(world.store.watched_for_stalls());
    assert_eq!(watched(), [(world.tenant.key, world.campaign.key)]);
    assert_eq!(look(&world, MONDAY, true), [], "it can call");
    let later = MONDAY + 30 * MINUTE_MS;
    world.call(later, CallStatus::Completed);
    let after = later + MINUTE_MS;
    assert_eq!(look(&world, after, true), [(15, Gate::Balance)]);
    assert_eq!(look(&world, after + 30 * MINUTE_MS, true), [], "once");
    let told = told(&world, "campaign.stalled");
    let [stalled] = &told[..] else { panic!("{told:?}") };
    let campaign = &stalled.data["campaign"];
    assert_eq!((&campaign["gate"], &campaign["id"]), (&"balance".into(), &world.campaign.id.to_string().into()));
    assert_eq!(campaign["stalled_since"], after.to_string(), "{campaign}");

    world.done(world.store.top_up(&world.ctx(after), Micros(1_000_000)));
    assert_eq!(look(&world, after + 60 * MINUTE_MS, true), [], "it can call again");
    assert_eq!(look(&world, after + 90 * MINUTE_MS, false), [(15, Gate::GatewayHealth)], "and that is another stall");
    world.verb(after + 120 * MINUTE_MS, Verb::Pause);
    assert_eq!(watched(), [], "who paused it knows");
    world.verb(after + 120 * MINUTE_MS, Verb::Resume);
    assert_eq!(look(&world, after + 120 * MINUTE_MS, false), [(15, Gate::GatewayHealth)]);
}

pub fn who_waits_for_a_time_is_no_stall(store: Arc<dyn Store>) {
    let world = World::new(store);
    world.add(vec![lead(1)]);
    world.start();
    world.call(MONDAY, CallStatus::Busy);
    assert_eq!(look(&world, MONDAY + 2 * MINUTE_MS, false), [], "nobody is due for an hour");
    assert_eq!(look(&world, MONDAY + 70 * MINUTE_MS, false), [(15, Gate::GatewayHealth)]);
}

pub fn a_low_balance_is_told_once_until_it_is_topped_up(store: Arc<dyn Store>) {
    let world = billed(store, 300_000);
    let by_key = WriteContext { actor: Actor::Key(KeyId(7)), ..world.ctx(MONDAY) };
    let named = world.done(world.store.set_low_below(&by_key, Some(Micros(250_000))));
    assert_eq!((named.low_below_micros, named.available_micros), (Some(Micros(250_000)), Micros(300_000)));
    let page = Page::default();
    let audit = world.done(world.store.audit(world.tenant.key, &AuditFilter::default(), &page)).data;
    assert_eq!(
        (audit[0].action.as_str(), &audit[0].changes),
        ("balance.update", &Some(vec!["low_below_micros".into()]))
    );
    let low = || told(&world, "balance.low").len();
    assert_eq!(low(), 0);
    world.claim(MONDAY, 1);
    assert_eq!(low(), 1);
    assert_eq!(told(&world, "balance.low")[0].data["balance"]["available_micros"], 240_000);
    world.claim(MONDAY, 1);
    world.done(world.store.top_up(&world.ctx(MONDAY), Micros(10_000)));
    world.claim(MONDAY, 1);
    assert_eq!(low(), 1, "it was low all the time");
    world.done(world.store.top_up(&world.ctx(MONDAY), Micros(130_000)));
    world.claim(MONDAY, 1);
    assert_eq!(low(), 2, "it was enough for a moment");
    world.done(world.store.set_low_below(&world.ctx(MONDAY), None));
    world.claim(MONDAY, 1);
    world.done(world.store.set_low_below(&world.ctx(MONDAY), Some(Micros(900_000))));
    assert_eq!(low(), 3, "it is low already");
}

pub fn where_nothing_is_charged_nothing_is_low(store: Arc<dyn Store>) {
    let world = World::new(store);
    let refused = wait(world.store.set_low_below(&world.ctx(MONDAY), Some(Micros(1)))).unwrap_err();
    assert!(matches!(refused, StoreError::Conflict { code: "billing_off", .. }), "{refused}");
}

pub fn that_a_lead_is_next_is_told_to_who_names_it(store: Arc<dyn Store>) {
    let world = World::new(store);
    world.add((1..=4).map(lead).collect());
    world.start();
    let everything = made(&world, config(None));
    let stage = |want| world.done(world.store.stage(&world.ctx(MONDAY), world.campaign.key, want));
    assert_eq!(stage(2), 2);
    assert!(told(&world, SCHEDULED).is_empty(), "nobody asked");
    let names = made(&world, config(Some(&[SCHEDULED])));
    assert_eq!(stage(3), 3);
    let events = told(&world, SCHEDULED);
    let [next] = &events[..] else { panic!("{events:?}") };
    assert_eq!(next.data["lead"]["status"], "scheduled");
    let kinds = |webhook| turn(&world, webhook, MONDAY).events.into_iter().map(|event| event.kind).collect::<Vec<_>>();
    assert_eq!(kinds(&names), [SCHEDULED]);
    assert!(!kinds(&everything).contains(&SCHEDULED.to_owned()), "everything is everything but this");
}
