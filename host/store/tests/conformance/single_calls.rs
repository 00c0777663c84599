//! Single calls: the gates first, one dial at most, and never later.

use std::sync::Arc;

use campanile_domain::attempt::CallStatus;
use campanile_domain::campaign::{CampaignKind, CampaignState};
use campanile_domain::lead::{Exhaustion, LeadState};
use campanile_domain::ports::gateway::{Refusal, RefusalScope};
use campanile_domain::ports::store::{
    Actor, AuditFilter, Claim, ClaimRequest, DialResult, Fence, IdempotencyKey, LiveFacts, NewLead, Page, SingleCall,
    Store, StoreError, Stored, TenantLimits, WriteContext,
};
use campanile_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};

use crate::support::{MONDAY, Setup, World, end, lead, phone, wait};

const LIVE: LiveFacts =
    LiveFacts { gateway_healthy: true, rate_opens_at: Timestamp(0), campaign_slots: 1, tenant_slots: 1 };

fn place(world: &World, ctx: &WriteContext, kind: CampaignKind, number: u64) -> Stored<SingleCall> {
    let (campaign, _) = wait(world.store.single_calls_of(ctx, world.assistant.id, kind)).unwrap();
    let lead = NewLead { expires_at: Some(ctx.now + MINUTE_MS), allow_duplicate: true, ..lead(number) };
    wait(world.store.single_call(ctx, campaign.key, lead, LIVE))
}

fn claim(world: &World, kind: CampaignKind, now: Timestamp) -> Claim {
    let (campaign, made) = wait(world.store.single_calls_of(&world.ctx(now), world.assistant.id, kind)).unwrap();
    assert!(!made, "one of a kind");
    wait(world.store.claim(&world.ctx(now), Fence::SOLE, ClaimRequest { campaign: campaign.key, slots: 5 })).unwrap()
}

fn closed(refused: Stored<SingleCall>) -> (Vec<&'static str>, Option<Timestamp>) {
    match refused {
        Err(StoreError::Closed { gates, earliest }) => (gates.iter().map(|gate| gate.gate).collect(), earliest),
        other => panic!("{other:?}"),
    }
}

pub fn a_single_call_is_dialled_once_whatever_came_of_it(store: Arc<dyn Store>) {
    let world = World::new(store);
    let refused = place(&world, &world.ctx(MONDAY), CampaignKind::SingleCalls, 1).unwrap();
    let ended = place(&world, &world.ctx(MONDAY), CampaignKind::SingleCalls, 2).unwrap();
    let orders = claim(&world, CampaignKind::SingleCalls, MONDAY).orders;
    assert_eq!(orders.len(), 2);
    for order in orders {
        if order.open.lead == refused.key {
            let refusal = Refusal {
                code: "busy".into(),
                message: "not now".into(),
                scope: RefusalScope::ThisMoment,
                retry_after_ms: None,
            };
            world.dialled(MONDAY, &order, DialResult::Refused(refusal));
        } else {
            world.placed(MONDAY, &order);
            world.apply(MONDAY + MINUTE_MS, end(&order, MONDAY + MINUTE_MS, CallStatus::Unanswered)).unwrap();
        }
    }
    for minutes in [1, 5, 59] {
        assert_eq!(claim(&world, CampaignKind::SingleCalls, MONDAY + minutes * MINUTE_MS).orders.len(), 0, "{minutes}");
    }
    for lead in [refused.lead, ended.lead] {
        assert!(world.lead(lead).state.is_ended(), "{:?}", world.lead(lead).state);
        assert_eq!(world.calls(lead).len(), 1);
    }
}

pub fn a_single_call_that_no_turn_came_for_is_not_made_later(store: Arc<dyn Store>) {
    let world = World::new(store);
    let call = place(&world, &world.ctx(MONDAY), CampaignKind::SingleCalls, 1).unwrap();
    assert_eq!(claim(&world, CampaignKind::SingleCalls, MONDAY + MINUTE_MS).orders.len(), 0);
    assert_eq!(world.lead(call.lead).state, LeadState::MaxRetries(Exhaustion::Expired));
}

pub fn every_closed_gate_of_a_single_call_is_told_and_nothing_stays(store: Arc<dyn Store>) {
    let limits = TenantLimits { min_gap_minutes: 10, ..TenantLimits::default() };
    let world = World::with(store, Setup { limits, ..Setup::default() });
    let place = |now, kind, number| place(&world, &world.ctx(now), kind, number);
    // Monday 10:00 in Berlin; at 20:00 the hours have ended until Tuesday 09:00.
    let evening = MONDAY + 10 * HOUR_MS;
    let (gates, earliest) = closed(place(evening, CampaignKind::SingleCalls, 1));
    assert_eq!((gates, earliest), (vec!["calling_hours"], Some(MONDAY + DAY_MS - HOUR_MS)));
    world.suppress(MONDAY, phone(2));
    let (gates, earliest) = closed(place(evening, CampaignKind::SingleCallsAtAnyHour, 2));
    assert_eq!((gates, earliest), (vec!["contact_suppressed"], None), "nobody overrides do-not-call");

    let call = place(evening, CampaignKind::SingleCallsAtAnyHour, 3).unwrap();
    let order = claim(&world, CampaignKind::SingleCallsAtAnyHour, evening).orders.remove(0);
    assert_eq!(order.open.lead, call.key);
    let (gates, _) = closed(place(evening, CampaignKind::SingleCallsAtAnyHour, 3));
    assert_eq!(gates, ["phone_free"], "two calls to one phone at once");
    world.placed(evening, &order);
    world.apply(evening + MINUTE_MS, end(&order, evening + MINUTE_MS, CallStatus::Completed)).unwrap();
    let (gates, earliest) = closed(place(evening + 2 * MINUTE_MS, CampaignKind::SingleCallsAtAnyHour, 3));
    assert_eq!((gates, earliest), (vec!["phone_gap"], Some(evening + 11 * MINUTE_MS)));

    let (held, _) = world.done(world.store.single_calls_of(
        &world.ctx(evening),
        world.assistant.id,
        CampaignKind::SingleCallsAtAnyHour,
    ));
    assert_eq!(held.status, CampaignState::InProgress);
    assert_eq!(world.done(world.store.stats(world.tenant.key, held.id)).leads, 1, "refused calls leave no lead");
}

pub fn a_single_call_asked_for_twice_with_one_key_is_one(store: Arc<dyn Store>) {
    let world = World::new(store);
    let promise = |digest| Some(IdempotencyKey { key: "call-ann".into(), digest: [digest; 32] });
    let ctx = |digest| WriteContext { idempotency: promise(digest), actor: Actor::Operator, ..world.ctx(MONDAY) };
    let first = place(&world, &ctx(1), CampaignKind::SingleCalls, 1).unwrap();
    assert_eq!(claim(&world, CampaignKind::SingleCalls, MONDAY).orders.len(), 1);
    let again = place(&world, &ctx(1), CampaignKind::SingleCalls, 1).unwrap();
    assert_eq!(again, first, "also while its phone is busy with it");
    assert_eq!(place(&world, &ctx(2), CampaignKind::SingleCalls, 1).unwrap_err(), StoreError::KeyReused);
    let filter = AuditFilter { action: Some("call.place".into()), ..AuditFilter::default() };
    let rows = world.done(world.store.audit(world.tenant.key, &filter, &Page { cursor: None, limit: 9 })).data;
    assert_eq!(rows.iter().map(|row| row.target.clone()).collect::<Vec<_>>(), [first.lead.to_string()], "told once");
}
