//! Money: what is set aside, settled, given back.

use std::sync::Arc;

use campanile_domain::attempt::CallStatus;
use campanile_domain::campaign::CampaignConfig;
use campanile_domain::gate::Gate;
use campanile_domain::hours::CallingHours;
use campanile_domain::money::{EntryKind, Micros};
use campanile_domain::ports::store::{DialResult, Fence, LedgerEntry, LedgerFilter, Page, Store, StoreError};
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

fn ledger(world: &World, filter: &LedgerFilter, limit: u32) -> Vec<LedgerEntry> {
    let (mut found, mut page) = (Vec::new(), Page { cursor: None, limit });
    loop {
        let listed = world.done(world.store.ledger(world.tenant.key, filter, &page));
        found.extend(listed.data);
        page.cursor = listed.next_cursor;
        if page.cursor.is_none() {
            return found;
        }
    }
}

pub fn the_ledger_adds_up_to_the_balance_and_comes_in_pages(store: Arc<dyn Store>) {
    let world = billed(Arc::clone(&store), 1_000_000, None);
    let other = World::beside(store, Setup { billed: true, ..Setup::default() }, 7);
    other.done(other.store.top_up(&other.ctx(MONDAY), Micros(5)));
    world.start();
    let claim = world.claim(MONDAY + 1, 3);
    let [spoke, busy, _open] = &claim.orders[..] else { panic!() };
    world.placed(MONDAY + 2, busy);
    world.apply(MONDAY + 3, end(busy, MONDAY + 3, CallStatus::Busy));
    world.placed(MONDAY + 4, spoke);
    world.apply(MONDAY + 5, event(spoke.open.id, MONDAY + 5, CallStatus::InProgress));
    world.done(world.store.extend(&world.ctx(MONDAY + MINUTE_MS + 5), Fence::SOLE, spoke.open.key));
    let mut over = end(spoke, MONDAY + 2 * MINUTE_MS, CallStatus::Completed);
    over.talk_ms = Some(50_000);
    world.apply(MONDAY + 2 * MINUTE_MS, over);

    let balance = world.done(world.store.balance(world.tenant.key));
    assert_eq!((balance.balance_micros, balance.reserved_micros), (Micros(940_000), Micros(60_000)));
    assert_eq!((balance.available_micros, balance.next_call_micros), (Micros(880_000), Micros(60_000)));
    let all = ledger(&world, &LedgerFilter::default(), 200);
    let kinds: Vec<_> = all.iter().rev().map(|line| line.kind.as_str()).collect();
    assert_eq!(kinds, ["top_up", "reserve", "reserve", "reserve", "release", "extend", "settle", "release"]);
    let sum = |of: fn(&LedgerEntry) -> i64| all.iter().map(of).sum::<i64>();
    assert_eq!(sum(|line| line.balance_change_micros.0), balance.balance_micros.0);
    assert_eq!(sum(|line| line.available_change_micros.0), balance.available_micros.0);
    let mut available = 0;
    for line in all.iter().rev() {
        available += line.available_change_micros.0;
        assert_eq!(line.available_after_micros.0, available, "{line:?}");
    }
    assert_eq!((all[0].call, all[0].campaign), (Some(spoke.open.id), Some(world.campaign.id)));
    assert_eq!((all[7].call, all[7].at), (None, MONDAY));

    for limit in [1, 3] {
        assert_eq!(ledger(&world, &LedgerFilter::default(), limit), all, "pages of {limit}");
    }
    let of = |filter: LedgerFilter| ledger(&world, &filter, 2).len();
    for (kind, lines) in EntryKind::ALL.into_iter().zip([1, 3, 1, 2, 1]) {
        assert_eq!(of(LedgerFilter { kind: Some(kind), ..LedgerFilter::default() }), lines, "{kind:?}");
    }
    let campaign = Some(world.campaign.id);
    assert_eq!(of(LedgerFilter { campaign, ..LedgerFilter::default() }), 7);
    let kind = Some(EntryKind::Extend);
    assert_eq!(of(LedgerFilter { campaign, kind, ..LedgerFilter::default() }), 1);
    let (since, until) = (Some(MONDAY + 1), Some(MONDAY + 4));
    assert_eq!(of(LedgerFilter { since, until, ..LedgerFilter::default() }), 4);

    let theirs = world.done(world.store.ledger(other.tenant.key, &LedgerFilter::default(), &Page::default())).data;
    assert_eq!(theirs.len(), 1);
    let mut page = Page { cursor: None, limit: 3 };
    page.cursor = world.done(world.store.ledger(world.tenant.key, &LedgerFilter::default(), &page)).next_cursor;
    let strange = crate::support::wait(other.store.ledger(other.tenant.key, &LedgerFilter::default(), &page));
    assert_eq!(strange, Err(StoreError::BadCursor), "another account's cursor");
    let filter = LedgerFilter { campaign, ..LedgerFilter::default() };
    let strange = crate::support::wait(other.store.ledger(other.tenant.key, &filter, &Page::default()));
    assert_eq!(strange, Err(StoreError::NotFound("campaign")));
}
