//! Things by their numbers: counted lists that say what reading everything says.

use std::sync::Arc;

use campanile_domain::attempt::CallStatus;
use campanile_domain::campaign::{CampaignConfig, CampaignKind};
use campanile_domain::ports::store::{
    Counted, LeadPatch, LiveFacts, NewLead, NumberedCall, NumberedCalls, NumberedLead, NumberedLeads, SetStatus, Slice,
    Store, StoreError,
};
use campanile_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use campanile_domain::variable::Variables;

use crate::support::{MONDAY, Setup, World, lead, phone, wait};

/// What is asked for, and which rows are meant by it.
type Filter<'a, W, T> = (W, &'a dyn Fn(&T) -> bool);

/// Every row, read in slices of two; the total is the same in all of them.
fn leads(world: &World, which: &NumberedLeads) -> Vec<NumberedLead> {
    all(|slice| wait(world.store.leads_numbered(world.tenant.key, which, slice)).unwrap())
}

fn calls(world: &World, which: &NumberedCalls) -> Vec<NumberedCall> {
    all(|slice| wait(world.store.calls_numbered(world.tenant.key, which, slice)).unwrap())
}

fn all<T>(read: impl Fn(Slice) -> Counted<T>) -> Vec<T> {
    let mut rows = Vec::new();
    loop {
        let page = read(Slice { offset: rows.len() as u64, limit: 2 });
        let (total, some) = (page.total, !page.rows.is_empty());
        rows.extend(page.rows);
        if rows.len() as u64 >= total || !some {
            assert_eq!(rows.len() as u64, total);
            return rows;
        }
    }
}

pub fn leads_by_number_are_counted_as_they_are_read(store: Arc<dyn Store>) {
    let world = World::new(store);
    let now = MONDAY + DAY_MS;
    let ids = world.add((1..=5).map(lead).collect());
    let other = wait(world.store.create_campaign(&world.ctx(now), world.assistant.id, CampaignConfig::named("April")));
    let other = other.unwrap();
    let later = NewLead { allow_duplicate: true, ..lead(21) };
    wait(world.store.add_leads(&world.ctx(now), other.id, vec![later])).unwrap();
    let stopped = LeadPatch { status: Some(SetStatus::Completed), ..LeadPatch::default() };
    wait(world.store.patch_lead(&world.ctx(now), ids[1], stopped)).unwrap();
    wait(world.store.delete_lead(&world.ctx(now), ids[4])).unwrap();

    let whole = leads(&world, &NumberedLeads::default());
    let keys: Vec<i64> = whole.iter().map(|one| one.lead.key.0).collect();
    assert!(keys.len() == 5 && keys.is_sorted_by(|one, two| one > two), "newest first: {keys:?}");
    assert_eq!(whole[0].campaign_name, "April");
    assert_eq!(whole[1].lead, world.lead(ids[3]));

    let of = |campaign: i64| NumberedLeads { campaign: Some(campaign), ..NumberedLeads::default() };
    let filters: [Filter<'_, NumberedLeads, NumberedLead>; 9] = [
        (of(world.campaign.key.0), &|one| one.lead.campaign == world.campaign.id),
        (of(4_000), &|_| false),
        (NumberedLeads { status: Some("completed".into()), ..of(world.campaign.key.0) }, &|one| {
            one.lead.campaign == world.campaign.id && one.lead.status == "completed"
        }),
        (NumberedLeads { status: Some("created".into()), ..NumberedLeads::default() }, &|one| {
            one.lead.status == "created"
        }),
        (NumberedLeads { status: Some("suppressed".into()), ..NumberedLeads::default() }, &|_| false),
        (NumberedLeads { phone: Some("0001".into()), ..NumberedLeads::default() }, &|one| {
            one.lead.contacts[0].phone == phone(1)
        }),
        (NumberedLeads { phone: Some("+1 202".into()), ..NumberedLeads::default() }, &|_| true),
        (NumberedLeads { since: Some(now), ..NumberedLeads::default() }, &|one| one.lead.created_at >= now),
        (NumberedLeads { until: Some(now), status: Some("created".into()), ..NumberedLeads::default() }, &|one| {
            one.lead.created_at < now && one.lead.status == "created"
        }),
    ];
    for (which, is_meant) in filters {
        let expected: Vec<_> = whole.iter().filter(|one| is_meant(one)).cloned().collect();
        assert_eq!(leads(&world, &which), expected, "{which:?}");
    }
    let far = Slice { offset: u64::MAX, limit: 2 };
    let beyond = wait(world.store.leads_numbered(world.tenant.key, &NumberedLeads::default(), far)).unwrap();
    assert_eq!((beyond.rows.len(), beyond.total), (0, 5));
}

pub fn a_number_is_one_tenants_and_single_calls_are_no_leads(store: Arc<dyn Store>) {
    let world = World::new(Arc::clone(&store));
    let stranger = World::beside(store, Setup::default(), 1);
    world.add(vec![lead(1)]);
    world.start();
    world.call(MONDAY, CallStatus::Completed);
    let now = MONDAY + HOUR_MS;
    let ctx = world.ctx(now);
    let kind = CampaignKind::SingleCalls;
    let (held, _) = wait(world.store.single_calls_of(&ctx, world.assistant.id, kind)).unwrap();
    let live = LiveFacts { gateway_healthy: true, rate_opens_at: Timestamp(0), campaign_slots: 1, tenant_slots: 1 };
    let mut variables = Variables::new();
    variables.set("name", "Ann");
    let asked = NewLead { expires_at: Some(now + MINUTE_MS), variables, ..lead(2) };
    let single = wait(world.store.single_call(&ctx, held.key, asked, live)).unwrap();
    let request = campanile_domain::ports::store::ClaimRequest { campaign: held.key, slots: 1 };
    let sole = campanile_domain::ports::store::Fence::SOLE;
    assert_eq!(wait(world.store.claim(&world.ctx(now), sole, request)).unwrap().orders.len(), 1);

    let found = leads(&world, &NumberedLeads::default());
    assert_eq!(found.len(), 1);
    let placed = calls(&world, &NumberedCalls::default());
    let names: Vec<_> = placed.iter().map(|one| one.campaign_name.as_deref()).collect();
    assert_eq!(names, [None, Some("March")]);
    assert_eq!(placed[0].given.get("name").and_then(|value| value.as_text()), Some("Ann"));
    assert!(placed.iter().all(|one| one.assistant == world.assistant.key));

    let lead_number = found[0].lead.key.0;
    let (campaign, call) = (world.campaign.key.0, placed[1].call.key.0);
    assert_eq!(wait(world.store.lead_numbered(world.tenant.key, lead_number)).unwrap(), found[0]);
    assert_eq!(wait(world.store.call_numbered(world.tenant.key, call)).unwrap(), placed[1]);
    assert_eq!(wait(world.store.campaign_numbered(world.tenant.key, campaign)).unwrap().id, world.campaign.id);
    for (tenant, lead_number, campaign) in [
        (stranger.tenant.key, lead_number, campaign),
        (world.tenant.key, single.key.0, held.key.0),
        (world.tenant.key, -1, i64::MAX),
    ] {
        assert_eq!(wait(world.store.lead_numbered(tenant, lead_number)), Err(StoreError::NotFound("lead")));
        assert_eq!(wait(world.store.campaign_numbered(tenant, campaign)), Err(StoreError::NotFound("campaign")));
    }
    assert_eq!(wait(world.store.call_numbered(stranger.tenant.key, call)), Err(StoreError::NotFound("call")));
    assert_eq!(leads(&stranger, &NumberedLeads::default()), []);
    assert_eq!(leads(&stranger, &NumberedLeads { campaign: Some(campaign), ..NumberedLeads::default() }), []);
    assert_eq!(calls(&stranger, &NumberedCalls::default()), []);
    for which in [
        NumberedCalls { campaign: Some(campaign), ..NumberedCalls::default() },
        NumberedCalls { assistant: Some(world.assistant.key.0), ..NumberedCalls::default() },
        NumberedCalls { campaign: Some(held.key.0), ..NumberedCalls::default() },
    ] {
        assert_eq!(calls(&stranger, &which), [], "{which:?}");
    }
}

pub fn calls_by_number_are_counted_as_they_are_read(store: Arc<dyn Store>) {
    let world = World::new(store);
    world.add((1..=4).map(lead).collect());
    world.start();
    for (hours, status) in [CallStatus::Completed, CallStatus::Busy, CallStatus::Completed].into_iter().enumerate() {
        world.call(MONDAY + hours as i64 * HOUR_MS, status);
    }
    let whole = calls(&world, &NumberedCalls::default());
    assert!(whole.len() == 3 && whole.is_sorted_by(|one, two| one.call.key > two.call.key));
    let noon = MONDAY + HOUR_MS;
    let filters: [Filter<'_, NumberedCalls, NumberedCall>; 9] = [
        (NumberedCalls { campaign: Some(world.campaign.key.0), ..NumberedCalls::default() }, &|_| true),
        (NumberedCalls { campaign: Some(4_000), ..NumberedCalls::default() }, &|_| false),
        (NumberedCalls { assistant: Some(world.assistant.key.0), ..NumberedCalls::default() }, &|_| true),
        (NumberedCalls { assistant: Some(4_000), ..NumberedCalls::default() }, &|_| false),
        (NumberedCalls { status: Some("busy".into()), ..NumberedCalls::default() }, &|one| one.call.status == "busy"),
        (NumberedCalls { status: Some("failed".into()), ..NumberedCalls::default() }, &|_| false),
        (NumberedCalls { phone: Some("+12025550003".into()), ..NumberedCalls::default() }, &|one| {
            one.call.phone == Some(phone(3))
        }),
        (NumberedCalls { since: Some(noon), ..NumberedCalls::default() }, &|one| one.call.started_at >= noon),
        (NumberedCalls { until: Some(noon), ..NumberedCalls::default() }, &|one| one.call.started_at < noon),
    ];
    for (which, is_meant) in filters {
        let expected: Vec<_> = whole.iter().filter(|one| is_meant(one)).cloned().collect();
        assert_eq!(calls(&world, &which), expected, "{which:?}");
    }
}
