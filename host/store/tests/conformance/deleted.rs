//! What is deleted: gone for whoever looks, there for what was called.

use std::sync::Arc;

use campanile_domain::attempt::CallStatus;
use campanile_domain::campaign::{CampaignConfig, Happening, Verb};
use campanile_domain::hours::CallingHours;
use campanile_domain::lead::{LeadState, Phase};
use campanile_domain::ports::gateway::CallEvent;
use campanile_domain::ports::store::{CallFilter, Fence, LeadFilter, NewLead, Page, Store, StoreError, TenantLimits};
use campanile_domain::time::MINUTE_MS;
use campanile_domain::variable::{Role, Value, ValueKind, VariableSpec, Variables};

use crate::support::{MONDAY, Setup, World, end, event, lead, phone, wait};

pub fn a_deleted_campaign_is_gone_with_everything_but_its_calls(store: Arc<dyn Store>) {
    let limits = TenantLimits { min_gap_minutes: 30, ..TenantLimits::default() };
    let world = World::with(store, Setup { limits, ..Setup::default() });
    let (source, sink) = (world.source(false), world.sink(None, false));
    let id = world.add(vec![lead(1)])[0];
    world.start();
    let order = world.claim_one(MONDAY);
    let (tenant, campaign) = (world.tenant.key, world.campaign.id);
    let deleted = |revision| wait(world.store.delete_campaign(&world.ctx(MONDAY), campaign, revision));
    assert!(matches!(deleted(None), Err(StoreError::Conflict { code: "campaign_state", .. })));
    world.verb(MONDAY, Verb::Pause);
    assert!(matches!(deleted(None), Err(StoreError::Conflict { code: "calls_open", .. })));
    world.placed(MONDAY, &order);
    let ended = MONDAY + MINUTE_MS;
    world.apply(ended, end(&order, ended, CallStatus::Busy)).unwrap();
    assert_eq!(deleted(Some(1)), Err(StoreError::Stale));
    let gone = deleted(None).unwrap();
    assert_eq!((gone.key, gone.sources[0].id, gone.sinks[0].id), (world.campaign.key, source.id, sink.id));
    assert_eq!(deleted(None), Err(StoreError::NotFound("campaign")));
    assert_eq!(wait(world.store.lead(tenant, id)), Err(StoreError::NotFound("lead")));
    assert_eq!(world.done(world.store.campaigns(tenant, None, None, &Page::default())).data, []);
    assert_eq!(world.done(world.store.sources(Some(tenant))), []);
    assert_eq!(world.done(world.store.count_leads(tenant, &LeadFilter::default())), 0);
    assert_eq!(world.done(world.store.call(tenant, order.open.id)).campaign, campaign);
    // What is told late of its call annotates it, and reopens nothing.
    world.apply(ended + 1, end(&order, ended + 1, CallStatus::Completed));
    let ctx = world.ctx(ended);
    let happening = world.store.happen(&ctx, world.campaign.key, Happening::LeadArrived, String::new());
    assert_eq!(wait(happening), Ok(None));
    assert!(world.done(world.store.boot(ended, Fence::SOLE)).campaigns.is_empty());
    // The gap of the phone holds in the next campaign, and the assistant goes when no other campaign has it.
    let config = world.campaign.config.clone();
    let next = world.done(world.store.create_campaign(&world.ctx(ended), world.assistant.id, config));
    let in_use = wait(world.store.delete_assistant(&world.ctx(ended), world.assistant.id));
    assert!(matches!(in_use, Err(StoreError::Conflict { code: "assistant_in_use", .. })));
    let mut world = world;
    world.campaign = next;
    world.add_at(ended, vec![lead(1)]);
    world.start();
    let early = world.claim(ended + 29 * MINUTE_MS, 1);
    assert_eq!((early.orders.len(), early.next_due), (0, Some(ended + 30 * MINUTE_MS)));
    world.verb(ended, Verb::Pause);
    world.done(world.store.delete_campaign(&world.ctx(ended), world.campaign.id, None));
    world.done(world.store.delete_assistant(&world.ctx(ended), world.assistant.id));
    let assistant = wait(world.store.assistant(tenant, world.assistant.id));
    assert_eq!(assistant, Err(StoreError::NotFound("assistant")));
    assert_eq!(world.done(world.store.call(tenant, order.open.id)).lead, id);
}

pub fn a_deleted_lead_leaves_its_calls_and_what_they_count_for(store: Arc<dyn Store>) {
    let limits = TenantLimits { min_gap_minutes: 10, ..TenantLimits::default() };
    let world = World::with(store, Setup { limits, ..Setup::default() });
    let named = NewLead { external_id: Some("a-1".into()), ..lead(1) };
    let (id, uncalled) = (world.add(vec![named.clone()])[0], world.add(vec![NewLead { priority: -1, ..lead(2) }])[0]);
    world.start();
    let order = world.claim_one(MONDAY);
    let deleted = |id| wait(world.store.delete_lead(&world.ctx(MONDAY), id));
    assert!(matches!(deleted(id), Err(StoreError::Conflict { code: "lead_in_call", .. })));
    world.placed(MONDAY, &order);
    let ended = MONDAY + MINUTE_MS;
    world.apply(ended, end(&order, ended, CallStatus::Completed)).unwrap();
    assert_eq!((deleted(id), deleted(uncalled)), (Ok(world.campaign.key), Ok(world.campaign.key)));
    assert_eq!(
        (deleted(id), deleted(uncalled)),
        (Err(StoreError::NotFound("lead")), Err(StoreError::NotFound("lead")))
    );
    let call = world.done(world.store.call(world.tenant.key, order.open.id));
    assert_eq!((call.lead, call.phone), (id, Some(phone(1))));
    let filter = CallFilter { lead: Some(id), ..CallFilter::default() };
    assert_eq!(world.done(world.store.calls(world.tenant.key, &filter, &Page::default())).data.len(), 1);
    let stats = world.done(world.store.stats(world.tenant.key, world.campaign.id));
    assert_eq!((stats.leads, stats.by_status.len(), stats.attempts["answered"]), (0, 0, 1));
    let all = world.done(world.store.leads(world.tenant.key, &LeadFilter::default(), &Page::default()));
    assert_eq!(all.data, []);
    // The same person again is another lead, and the gap of the phone still counts the call.
    let again = world.add_at(ended, vec![named])[0];
    assert_ne!(again, id);
    let early = world.claim(ended + 9 * MINUTE_MS, 5);
    assert_eq!((early.orders.len(), early.next_due), (0, Some(ended + 10 * MINUTE_MS)));
    assert_eq!(world.claim(ended + 10 * MINUTE_MS, 5).orders.len(), 1);
}

pub fn what_comes_late_to_a_deleted_lead_moves_nothing_but_an_opt_out(store: Arc<dyn Store>) {
    let asks = |name: &str, role| VariableSpec {
        name: name.into(),
        kind: ValueKind::Boolean,
        choices: vec![],
        description: "?".into(),
        required: true,
        role,
    };
    let variables = vec![asks("booked", Role::None), asks("opt_out", Role::OptOut)];
    let config = CampaignConfig {
        calling_hours: CallingHours::always(),
        goal_variable: Some("booked".into()),
        ..CampaignConfig::named("late")
    };
    let world = World::with(store, Setup { config, variables, ..Setup::default() });
    let id = world.add(vec![lead(1)])[0];
    world.start();
    let order = world.claim_one(MONDAY);
    world.placed(MONDAY, &order);
    let ended = MONDAY + MINUTE_MS;
    world.apply(ended, end(&order, ended, CallStatus::Completed)).unwrap();
    assert_eq!(world.lead(id).state, LeadState::Processing(Phase::AwaitingEvaluation));
    world.done(world.store.delete_lead(&world.ctx(ended), id));
    let told = |name: &str, value: bool| (name.to_owned(), Value::Boolean(value));
    let analysis: Variables = [told("booked", true), told("opt_out", true)].into_iter().collect();
    let late = CallEvent {
        event_id: "late".into(),
        analysis: Some(analysis),
        ..event(order.open.id, ended + MINUTE_MS, CallStatus::Completed)
    };
    world.apply(ended + MINUTE_MS, late);
    assert_eq!(wait(world.store.lead(world.tenant.key, id)), Err(StoreError::NotFound("lead")));
    let call = world.done(world.store.call(world.tenant.key, order.open.id));
    assert_eq!(call.variables.values().get("booked"), Some(&Value::Boolean(true)));
    let list = world.done(world.store.suppressions(world.tenant.key, &Page::default()));
    assert_eq!(list.data.iter().map(|one| one.phone).collect::<Vec<_>>(), [phone(1)]);
}
