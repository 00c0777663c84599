//! Claiming, dialling, and what may never happen twice.

use std::sync::Arc;

use campanile_domain::attempt::{AttemptState, CallStatus, Outcome, Reconciled};
use campanile_domain::campaign::{CampaignConfig, CampaignState, LeadOrder, Verb};
use campanile_domain::gate::Gate;
use campanile_domain::hours::CallingHours;
use campanile_domain::ids::GatewayKey;
use campanile_domain::lead::{Exhaustion, LeadState, Phase, SuppressedBy};
use campanile_domain::ports::gateway::{CallEvent, Refusal, RefusalScope, Speaker, Utterance, Webhook};
use campanile_domain::ports::store::{
    ClaimRequest, DialResult, Fence, LeadPatch, NewLead, Order, Store, StoreError, TenantLimits,
};
use campanile_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};

use crate::support::{MONDAY, Setup, World, end, event, lead, phone, wait};

fn phones(orders: &[Order]) -> Vec<u64> {
    orders.iter().map(|order| order.open.phone.digits() % 10_000).collect()
}

fn configured(store: Arc<dyn Store>, change: impl FnOnce(&mut CampaignConfig, &mut TenantLimits)) -> World {
    let mut setup = Setup::default();
    change(&mut setup.config, &mut setup.limits);
    World::with(store, setup)
}

fn refusal(scope: RefusalScope) -> DialResult {
    DialResult::Refused(Refusal { code: "no".into(), message: "not now".into(), scope, retry_after_ms: None })
}

pub fn fresh_leads_come_in_the_campaigns_order_and_priority_first(store: Arc<dyn Store>) {
    let world = World::new(store);
    world.add(vec![lead(1), lead(2), NewLead { priority: 5, ..lead(3) }, lead(4)]);
    world.start();
    assert_eq!(phones(&world.claim(MONDAY, 2).orders), [3, 4], "the youngest first");
    let oldest = CampaignConfig { order: LeadOrder::Oldest, ..world.campaign.config.clone() };
    world.done(world.store.update_campaign(&world.ctx(MONDAY), world.campaign.id, oldest, None));
    assert_eq!(phones(&world.claim(MONDAY, 2).orders), [1, 2], "an edit re-keys those that wait");
}

pub fn an_order_of_hours_dates_and_state_stops_the_claim(store: Arc<dyn Store>) {
    let world = configured(store, |config, _| {
        config.calling_hours = CallingHours::default();
        config.ends_at = Some(MONDAY + DAY_MS);
    });
    world.add(vec![lead(1), lead(2)]);
    assert_eq!(world.claim(MONDAY, 1).stopped_by, Some(Gate::CampaignRunning));
    world.start();
    // Monday 10:00 in Berlin: an hour after the opening, and when the leads came in.
    let opening = MONDAY;
    assert_eq!(world.claim(opening - 2 * HOUR_MS, 1).stopped_by, Some(Gate::CallingHours));
    let order = world.claim_one(opening + MINUTE_MS);
    assert_eq!(order.possible_since, MONDAY, "late since it came in");
    assert_eq!(world.claim(MONDAY + DAY_MS, 1).stopped_by, Some(Gate::CampaignDates));
    world.done(world.store.update_tenant(&world.ctx(MONDAY), world.tenant.limits.clone(), true));
    assert_eq!(world.claim(opening + MINUTE_MS, 1).stopped_by, Some(Gate::TenantConcurrency));
}

pub fn one_phone_is_called_once_at_a_time_and_freed_after(store: Arc<dyn Store>) {
    let world = World::new(store);
    let twice = || NewLead { allow_duplicate: true, ..lead(1) };
    let ids = world.add(vec![twice(), twice()]);
    world.start();
    let claim = world.claim(MONDAY, 5);
    assert_eq!((claim.orders.len(), claim.live_leads, claim.next_due), (1, 2, None));
    let order = &claim.orders[0];
    assert_eq!(world.claim(MONDAY + HOUR_MS, 5).orders.len(), 0, "however long it takes");
    world.placed(MONDAY, order);
    let ended = world.apply(MONDAY + HOUR_MS, end(order, MONDAY + HOUR_MS, CallStatus::Completed)).unwrap();
    assert_eq!(ended.freed, [(world.campaign.key, MONDAY + HOUR_MS)]);
    let next = world.claim_one(MONDAY + HOUR_MS);
    assert_eq!(world.lead(ids[0]).key, next.open.lead, "the one that waited");
}

pub fn the_gap_between_two_calls_to_a_phone_holds(store: Arc<dyn Store>) {
    let world = configured(store, |_, limits| limits.min_gap_minutes = 10);
    let ids = world.add(vec![lead(1), NewLead { allow_duplicate: true, ..lead(1) }]);
    world.start();
    world.call(MONDAY, CallStatus::Completed);
    let ended = MONDAY + MINUTE_MS;
    let early = world.claim(ended + 9 * MINUTE_MS, 5);
    assert_eq!((early.orders.len(), early.next_due), (0, Some(ended + 10 * MINUTE_MS)));
    let gates = world.done(world.store.gate_counts(world.tenant.key, world.campaign.id, ended));
    assert_eq!((gates[0].gate.as_str(), gates[0].until), ("phone_gap", Some(ended + 10 * MINUTE_MS)));
    let limits = TenantLimits { min_gap_minutes: 2, ..world.tenant.limits.clone() };
    world.done(world.store.update_tenant(&world.ctx(ended), limits, false));
    assert_eq!(world.claim(ended + 2 * MINUTE_MS, 5).orders.len(), 1, "a shorter gap is asked again");
    assert_eq!(world.lead(ids[0]).progress.attempts, 0);
}

pub fn daily_caps_of_phones_and_caller_ids_hold(store: Arc<dyn Store>) {
    let world = configured(store, |config, limits| {
        config.max_calls_per_caller_id_per_day = Some(1);
        limits.max_calls_per_number_per_day = Some(1);
    });
    world.add(vec![lead(1), NewLead { allow_duplicate: true, ..lead(1) }, lead(2), lead(3)]);
    world.start();
    world.call(MONDAY, CallStatus::Completed);
    world.call(MONDAY + HOUR_MS, CallStatus::Completed);
    let claim = world.claim(MONDAY + 2 * HOUR_MS, 5);
    assert_eq!(claim.orders.len(), 0, "both numbers had their call");
    let berlin = world.assistant.config.time_zone.clone();
    let midnight = berlin.local(claim.next_due.unwrap());
    assert_eq!((midnight.hour, midnight.minute), (0, 0));
    let next_day = world.claim(claim.next_due.unwrap(), 5);
    assert_eq!(phones(&next_day.orders), [1], "the next day, but still one at a time to a phone");
}

pub fn a_lead_out_of_contacts_ends(store: Arc<dyn Store>) {
    let world = World::new(store);
    let ids = world.add(vec![lead(1), lead(2)]);
    world.start();
    world.suppress(MONDAY, phone(1));
    let claim = world.claim(MONDAY, 5);
    assert_eq!((phones(&claim.orders), claim.live_leads), (vec![2], 1));
    assert_eq!(world.lead(ids[0]).state, LeadState::Suppressed(SuppressedBy::List));
}

pub fn an_expired_lead_ends_when_its_turn_comes(store: Arc<dyn Store>) {
    let world = World::new(store);
    let id = world.add(vec![NewLead { expires_at: Some(MONDAY + 5), ..lead(1) }])[0];
    world.start();
    let claim = world.claim(MONDAY + 5, 1);
    assert_eq!((claim.orders.len(), claim.live_leads), (0, 0));
    assert_eq!(world.lead(id).state, LeadState::MaxRetries(Exhaustion::Expired));
}

pub fn staged_leads_go_back_on_pause_and_edit(store: Arc<dyn Store>) {
    let world = World::new(store);
    world.add((1..=20).map(lead).collect());
    let stage = |want| world.done(world.store.stage(&world.ctx(MONDAY), world.campaign.key, want));
    assert_eq!(stage(5), 0, "nothing is staged for a draft");
    world.start();
    assert_eq!((stage(5), stage(8)), (5, 8));
    let scheduled = || {
        let stats = world.done(world.store.stats(world.tenant.key, world.campaign.id));
        assert_eq!(stats.leads, 20);
        stats.by_status.get("scheduled").map_or(0, |reasons| reasons[""])
    };
    assert_eq!(scheduled(), 8);
    let again = world.campaign.config.clone();
    world.done(world.store.update_campaign(&world.ctx(MONDAY), world.campaign.id, again, None));
    assert_eq!(scheduled(), 0);
    stage(3);
    let claim = world.claim(MONDAY, 5);
    assert_eq!(phones(&claim.orders), [20, 19, 18, 17, 16], "staged ones first, then created ones");
    stage(3);
    world.verb(MONDAY, Verb::Pause);
    assert_eq!(scheduled(), 0);
}

pub fn the_last_look_sees_what_closed_meanwhile(store: Arc<dyn Store>) {
    let world = World::new(store);
    world.add(vec![lead(1), lead(2)]);
    world.start();
    let orders = world.claim(MONDAY, 2).orders;
    let keys: Vec<_> = orders.iter().map(|order| order.open.key).collect();
    let look = |now| world.done(world.store.recheck(&keys, now));
    assert_eq!(look(MONDAY), [None, None]);
    world.suppress(MONDAY, orders[0].open.phone);
    assert_eq!(look(MONDAY), [Some(Gate::ContactSuppressed), None]);
    world.verb(MONDAY, Verb::Stop);
    assert_eq!(look(MONDAY), [Some(Gate::CampaignRunning); 2]);
    let back = world.dialled(MONDAY, &orders[1], DialResult::Withdrawn(Gate::CampaignRunning));
    assert_eq!(back.state, AttemptState::Withdrawn);
    let lead = world.lead(world.calls_lead(&orders[1]));
    assert_eq!((lead.state, lead.progress.attempts), (LeadState::Created, 0), "as if nothing had been");
}

pub fn a_crash_leaves_unknown_attempts_that_are_never_redialled_by_themselves(store: Arc<dyn Store>) {
    let world = World::new(store);
    let id = world.add(vec![lead(1)])[0];
    world.start();
    let order = world.claim_one(MONDAY);
    let boot = world.done(world.store.boot(MONDAY + MINUTE_MS, Fence::SOLE));
    assert_eq!(boot.open.len(), 1);
    assert_eq!((boot.open[0].state, boot.open[0].unknown), (AttemptState::Unknown, Some((MONDAY + MINUTE_MS, 0))));
    assert_eq!((boot.tenants.len(), boot.campaigns.len()), (2, 1));
    assert_eq!(world.claim(MONDAY + DAY_MS, 5).orders.len(), 0, "it may have rung");
    let reconciled = |closing| {
        wait(world.store.reconciled(&world.ctx(MONDAY + HOUR_MS), Fence::SOLE, order.open.key, closing)).unwrap()
    };
    assert_eq!(reconciled(None).map(|changed| changed.state), Some(AttemptState::Unknown));
    let closed = reconciled(Some(Reconciled::GivenUp)).unwrap();
    assert_eq!(closed.ended, Some((Outcome::Unknown, false)));
    assert!(reconciled(None).is_none(), "it is over");
    let lead = world.lead(id);
    assert_eq!((lead.state, lead.progress.attempts), (LeadState::Rescheduled, 1));
    assert_eq!(lead.not_before, Some(MONDAY + 2 * HOUR_MS), "not sooner than the retry interval");
}

pub fn a_claim_without_slots_only_looks(store: Arc<dyn Store>) {
    let world = World::new(store);
    world.add(vec![NewLead { not_before: Some(MONDAY + 5), ..lead(1) }]);
    world.start();
    let look = world.claim(MONDAY, 0);
    assert_eq!((look.more, look.next_due, look.live_leads, look.stopped_by), (false, Some(MONDAY + 5), 1, None));
    let look = world.claim(MONDAY + 5, 0);
    assert_eq!((look.more, look.orders.len()), (true, 0));
}

pub fn a_webhook_faster_than_the_answer_stands(store: Arc<dyn Store>) {
    let world = World::new(store);
    world.add(vec![lead(1), lead(2)]);
    world.start();
    let order = world.claim_one(MONDAY);
    world.apply(MONDAY + 1, event(order.open.id, MONDAY + 1, CallStatus::Ringing)).unwrap();
    let changed = world.placed(MONDAY + 2, &order);
    assert_eq!((changed.state, changed.after.is_none()), (AttemptState::Ringing, true));
    world.apply(MONDAY + 3, end(&order, MONDAY + 3, CallStatus::Completed)).unwrap();
    let refused = world.dialled(MONDAY + 4, &order, refusal(RefusalScope::ThisMoment));
    assert_eq!(refused.state, AttemptState::Ended(Outcome::Answered));
    let order = world.claim_one(MONDAY + 5);
    let lost = world.done(world.store.lose(&world.ctx(MONDAY + 6), Fence::SOLE, order.open.key));
    assert_eq!(lost.map(|changed| changed.state), Some(AttemptState::Unknown));
    assert_eq!(world.placed(MONDAY + 7, &order).state, AttemptState::Placed, "its answer came after all");
}

/// As a provider tells that does not carry our attempt id.
fn by_name(order: &Order, at: Timestamp, status: CallStatus) -> CallEvent {
    CallEvent { attempt: None, provider_call_id: "CA17".into(), ..end(order, at, status) }
}

pub fn an_event_under_a_name_that_nobody_knows_yet_waits_for_it(store: Arc<dyn Store>) {
    let world = World::new(store);
    world.add(vec![lead(1), lead(2)]);
    world.start();
    let order = world.claim_one(MONDAY);
    let line = Utterance { at_ms: 0, speaker: Speaker::Person, text: "hello".into() };
    let early = vec![
        by_name(&order, MONDAY + 1, CallStatus::InProgress),
        CallEvent { transcript: Some(vec![line.clone()]), ..by_name(&order, MONDAY + 2, CallStatus::Completed) },
        CallEvent { provider_call_id: "CA99".into(), ..by_name(&order, MONDAY + 3, CallStatus::Busy) },
    ];
    let told = world.done(world.store.apply(&world.ctx(MONDAY + 3), Fence::SOLE, world.gateway, early.clone()));
    assert!(told.changed.is_empty() && told.said.is_empty(), "nobody knows whose they are");
    let named = DialResult::Placed { provider_call_id: "CA17".into() };
    let told = world.done(world.store.dialled(&world.ctx(MONDAY + 4), Fence::SOLE, order.open.key, named));
    let states: Vec<_> = told.changed.iter().map(|changed| changed.state).collect();
    assert_eq!(
        states,
        [AttemptState::Placed, AttemptState::InProgress, AttemptState::Ended(Outcome::Answered)],
        "its own, in their order, and nobody else's"
    );
    assert!(told.changed[2].after.is_some(), "the lead is settled with it");
    assert_eq!((told.said[0].attempt, &told.said[0].lines), (order.open.key, &vec![line]));
    let again = world.done(world.store.apply(&world.ctx(MONDAY + 5), Fence::SOLE, world.gateway, early));
    assert!(again.changed.is_empty(), "each once");
    // A call that was lost and found again under its name hears the same way.
    let order = world.claim_one(MONDAY + 6);
    world.done(world.store.lose(&world.ctx(MONDAY + 7), Fence::SOLE, order.open.key));
    let busy = CallEvent { provider_call_id: "CA18".into(), ..by_name(&order, MONDAY + 8, CallStatus::Busy) };
    assert!(world.apply(MONDAY + 8, busy).is_none());
    let found = CallEvent { provider_call_id: "CA18".into(), ..event(order.open.id, MONDAY + 9, CallStatus::Ringing) };
    let told = world.done(world.store.apply(&world.ctx(MONDAY + 9), Fence::SOLE, world.gateway, vec![found]));
    assert_eq!(told.changed[0].state, AttemptState::Ended(Outcome::Busy));
}

pub fn the_end_of_a_call_that_we_hang_up_is_a_cancellation(store: Arc<dyn Store>) {
    let world = World::new(store);
    world.add(vec![lead(1), lead(2)]);
    world.start();
    for (began, outcome) in [(MONDAY + 20, Outcome::Answered), (MONDAY + 5, Outcome::Cancelled)] {
        let order = world.claim_one(MONDAY);
        world.placed(MONDAY, &order);
        world.apply(MONDAY + 1, event(order.open.id, MONDAY + 1, CallStatus::InProgress)).unwrap();
        world.done(world.store.hanging_up(&world.ctx(began), Fence::SOLE, order.open.key));
        let ended = world.apply(MONDAY + 30, end(&order, MONDAY + 10, CallStatus::Completed)).unwrap();
        assert_eq!(ended.state, AttemptState::Ended(outcome), "the provider calls both completed");
    }
}

pub fn refusals_use_no_attempt(store: Arc<dyn Store>) {
    let world = World::new(store);
    let id = world.add(vec![lead(1)])[0];
    world.start();
    let mut now = MONDAY;
    for wait in [30_000, 60_000, 120_000] {
        let order = world.claim_one(now);
        let changed = world.dialled(now, &order, refusal(RefusalScope::ThisMoment));
        assert_eq!(changed.state, AttemptState::Refused);
        let waiting = world.lead(id);
        assert_eq!(waiting.state, LeadState::Processing(Phase::Deferred));
        assert_eq!((waiting.not_before, waiting.progress.attempts), (Some(now + wait), 0));
        now = now + wait;
    }
    let order = world.claim_one(now);
    world.dialled(now, &order, refusal(RefusalScope::ThisNumber));
    assert_eq!(world.lead(id).state, LeadState::MaxRetries(Exhaustion::Unreachable), "its only number is dead");
}

pub fn a_refused_account_pauses_the_campaign(store: Arc<dyn Store>) {
    let world = World::new(store);
    let id = world.add(vec![lead(1)])[0];
    world.start();
    let order = world.claim_one(MONDAY);
    let changed = world.dialled(MONDAY, &order, refusal(RefusalScope::ThisAccount));
    assert!(changed.happening.is_some());
    let paused = world.done(world.store.campaign_by_key(world.campaign.key));
    assert_eq!((paused.status, paused.status_reason.code.as_str()), (CampaignState::Paused, "account_refused"));
    assert_eq!(world.lead(id).state, LeadState::Created);
}

pub fn another_fence_is_refused(store: Arc<dyn Store>) {
    let world = World::new(store);
    let request = ClaimRequest { campaign: world.campaign.key, slots: 1 };
    let other = Fence { shard: 0, epoch: 7 };
    let refused = wait(world.store.claim(&world.ctx(MONDAY), other, request)).unwrap_err();
    assert_eq!(refused, StoreError::Fenced);
}

pub fn overdue_retries_share_with_fresh_leads(store: Arc<dyn Store>) {
    let world = World::new(store);
    world.add((1..=4).map(lead).collect());
    world.start();
    for order in world.claim(MONDAY, 4).orders {
        world.placed(MONDAY, &order);
        world.apply(MONDAY + 1, end(&order, MONDAY + 1, CallStatus::Busy));
    }
    world.add((11..=20).map(lead).collect());
    let later = MONDAY + 3 * HOUR_MS;
    let taken = phones(&world.claim(later, 6).orders);
    let retries = taken.iter().filter(|phone| **phone <= 4).count();
    assert_eq!((taken.len(), retries), (6, 3), "{taken:?}");
    let urgent = LeadPatch { priority: Some(9), ..LeadPatch::default() };
    let id = world.done(world.store.leads(world.tenant.key, &Default::default(), &Default::default())).data[9].id;
    world.done(world.store.patch_lead(&world.ctx(later), id, urgent));
    let order = world.claim_one(later);
    assert_eq!(order.open.lead, world.lead(id).key, "priority before all");
}

pub fn the_inbox_keeps_webhooks_until_they_are_read(store: Arc<dyn Store>) {
    let world = World::new(store);
    let webhook = |n: u8| Webhook {
        method: "POST".into(),
        url: "https://example.test/hook".into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: vec![n, 0, 255],
        received_at: MONDAY + i64::from(n),
    };
    let put = |n| world.done(world.store.inbox_put(MONDAY, world.gateway, webhook(n)));
    let keys = [put(1), put(2), put(3)];
    let take = |after, limit| world.done(world.store.inbox_take(after, limit));
    let first = take(0, 2);
    assert_eq!(first.iter().map(|item| item.key).collect::<Vec<_>>(), keys[..2]);
    assert_eq!((first[0].gateway, &first[0].webhook), (GatewayKey(world.gateway.0), &webhook(1)));
    world.done(world.store.inbox_done(vec![(keys[0], None), (keys[1], Some("not understood".into()))]));
    assert_eq!(take(0, 9).iter().map(|item| item.key).collect::<Vec<_>>(), keys[2..]);
}

impl World {
    fn calls_lead(&self, order: &Order) -> campanile_domain::ids::LeadId {
        self.done(self.store.call(self.tenant.key, order.open.id)).lead
    }
}
