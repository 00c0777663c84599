//! Money: what is set aside, settled, given back.

use std::sync::Arc;

use campanile_domain::attempt::CallStatus;
use campanile_domain::campaign::CampaignConfig;
use campanile_domain::gate::Gate;
use campanile_domain::hours::CallingHours;
use campanile_domain::money::Micros;
use campanile_domain::ports::store::{DialResult, Fence, Store};
use campanile_domain::time::MINUTE_MS;

use crate::support::{MONDAY, Setup, World, end, event, lead};

/// A minute costs 60 000 micros and is the least that is billed.
fn billed(store: Arc<dyn Store>, balance: i64, budget: Option<i64>) -> World {
    let config = CampaignConfig {
        calling_hours: CallingHours::always(),
        budget_micros: budget.map(Micros),
        ..CampaignConfig::named("billed")
    };
    let world = World::with(store, Setup { config, billed: true, ..Setup::default() });
    if balance > 0 {
        world.done(world.store.top_up(&world.ctx(MONDAY), Micros(balance)));
    }
    world.add((1..=5).map(lead).collect());
    world
}

fn available(world: &World) -> i64 {
    world.done(world.store.available(world.tenant.key)).unwrap().0
}

pub fn what_is_set_aside_is_settled_or_given_back(store: Arc<dyn Store>) {
    let world = billed(store, 1_000_000, None);
    world.start();
    let claim = world.claim(MONDAY, 3);
    assert_eq!(available(&world), 1_000_000 - 3 * 60_000);
    let [spoke, busy, refused] = &claim.orders[..] else { panic!() };
    world.dialled(MONDAY, refused, DialResult::Withdrawn(Gate::CampaignRunning));
    world.placed(MONDAY, busy);
    world.apply(MONDAY + 1, end(busy, MONDAY + 1, CallStatus::Busy));
    world.placed(MONDAY, spoke);
    world.apply(MONDAY + 2, event(spoke.open.id, MONDAY + 2, CallStatus::InProgress));
    let ctx = world.ctx(MONDAY + MINUTE_MS + 2);
    assert!(world.done(world.store.extend(&ctx, Fence::SOLE, spoke.open.key)));
    assert_eq!(available(&world), 1_000_000 - 120_000);
    let mut over = end(spoke, MONDAY + 2 * MINUTE_MS, CallStatus::Completed);
    over.talk_ms = Some(61_000);
    world.apply(MONDAY + 2 * MINUTE_MS, over);
    assert_eq!(available(&world), 1_000_000 - 120_000, "two started minutes");
    let stats = world.done(world.store.stats(world.tenant.key, world.campaign.id));
    assert_eq!((stats.cost_micros, stats.talk_ms), (Micros(120_000), 61_000));
    let campaign = world.done(world.store.campaign(world.tenant.key, world.campaign.id));
    assert_eq!(campaign.spent_micros, Micros(120_000));
}

pub fn an_empty_balance_stops_the_claim_and_a_top_up_opens_it(store: Arc<dyn Store>) {
    let world = billed(store, 130_000, None);
    world.start();
    let claim = world.claim(MONDAY, 5);
    assert_eq!(claim.orders.len(), 2, "two calls can be paid");
    let stopped = world.claim(MONDAY, 5);
    assert_eq!((stopped.orders.len(), stopped.stopped_by), (0, Some(Gate::Balance)));
    world.done(world.store.top_up(&world.ctx(MONDAY), Micros(50_000)));
    assert_eq!(world.claim(MONDAY, 5).orders.len(), 1);
    assert!(available(&world) >= 0);
}

pub fn a_minute_that_cannot_be_paid_is_refused(store: Arc<dyn Store>) {
    let world = billed(store, 100_000, None);
    world.start();
    let order = world.claim_one(MONDAY);
    world.placed(MONDAY, &order);
    world.apply(MONDAY, event(order.open.id, MONDAY, CallStatus::InProgress));
    let extend = |at| world.done(world.store.extend(&world.ctx(MONDAY + at), Fence::SOLE, order.open.key));
    assert!(extend(MINUTE_MS - 2), "the first minute is paid");
    assert!(!extend(MINUTE_MS));
    assert_eq!(available(&world), 40_000);
}

pub fn a_budget_stops_the_claim(store: Arc<dyn Store>) {
    let world = billed(store, 1_000_000, Some(120_000));
    world.start();
    assert_eq!(world.claim(MONDAY, 5).orders.len(), 2);
    assert_eq!(world.claim(MONDAY, 5).stopped_by, Some(Gate::CampaignBudget));
}
