//! The duties that look now and then, by a clock that is moved: what is kept no longer goes, and a campaign that cannot call is
//! told of.

#![expect(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::sync::Arc;

use campanile_domain::campaign::{CampaignConfig, Verb};
use campanile_domain::contact::Contact;
use campanile_domain::hours::CallingHours;
use campanile_domain::ids::{CampaignId, LeadId, TenantKey};
use campanile_domain::ports::clock::EngineClock;
use campanile_domain::ports::store::{
    AssistantConfig, EventFilter, LeadPatch, NewGateway, NewLead, NewTenant, SetStatus, Store, TenantLimits,
    WriteContext,
};
use campanile_domain::retention::Retention;
use campanile_domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};
use campanile_domain::variable::Variables;
use campanile_domain::zone::Zone;
use campanile_engine::shell::clock::VirtualClock;
use campanile_engine::shell::{Handle, KeepingDuty, StallDuty};
use campanile_store::{Options, Profile};
use tokio_util::sync::CancellationToken;

const MONDAY: Timestamp = Timestamp(1_772_442_000_000);

/// An account with a campaign and a lead.
struct There {
    store: Arc<dyn Store>,
    clock: Arc<VirtualClock>,
    tenant: TenantKey,
    campaign: CampaignId,
    lead: LeadId,
}

impl There {
    async fn new(name: &str) -> Self {
        let options = Options { profile: Profile::Ephemeral, readers: 1, vault: None };
        let store: Arc<dyn Store> = campanile_store::open(&options).unwrap();
        Self::beside(store, Arc::new(VirtualClock::starting_at(MONDAY)), name).await
    }

    async fn beside(store: Arc<dyn Store>, clock: Arc<VirtualClock>, name: &str) -> Self {
        let seed = name.bytes().map(u64::from).sum::<u64>() * 1_000;
        let ctx = |tenant, n| WriteContext::engine(tenant, MONDAY, seed + n);
        let new = NewTenant { name: name.into(), limits: TenantLimits::default(), billing: None };
        let tenant = store.create_tenant(&ctx(TenantKey(0), 1), new).await.unwrap().key;
        let gateway = NewGateway::built_in("sim", "simulated", serde_json::json!({}));
        let gateway = store.create_gateway(&ctx(tenant, 2), gateway).await.unwrap();
        let assistant = AssistantConfig {
            name: "Ada".into(),
            outbound: true,
            phone_numbers: vec!["+12025559000".parse().unwrap()],
            time_zone: Zone::parse("Europe/Berlin").unwrap(),
            gateway: gateway.id,
            gateway_ref: None,
            variables: vec![],
            ring_timeout_seconds: 30,
            max_call_seconds: 600,
        };
        let assistant = store.create_assistant(&ctx(tenant, 3), assistant).await.unwrap();
        let config = CampaignConfig { calling_hours: CallingHours::always(), ..CampaignConfig::named("March") };
        let campaign = store.create_campaign(&ctx(tenant, 4), assistant.id, config).await.unwrap().id;
        let lead = NewLead {
            external_id: None,
            contacts: vec![Contact::new(0, "+12025550001".parse().unwrap())],
            priority: 0,
            not_before: None,
            expires_at: None,
            time_zone: None,
            variables: Variables::new(),
            allow_duplicate: false,
        };
        let added = store.add_leads(&ctx(tenant, 5), campaign, vec![lead]).await.unwrap();
        let campanile_domain::ports::store::LeadAdded::Created { id: lead } = added[0] else { panic!("{added:?}") };
        Self { store, clock, tenant, campaign, lead }
    }

    fn ctx(&self) -> WriteContext {
        WriteContext::engine(self.tenant, self.clock.now(), 77 + self.tenant.0 as u64)
    }

    async fn stop_calling(&self) {
        let patch = LeadPatch { status: Some(SetStatus::Completed), ..LeadPatch::default() };
        self.store.patch_lead(&self.ctx(), self.lead, patch).await.unwrap();
    }

    async fn is_known(&self) -> bool {
        !self.store.lead(self.tenant, self.lead).await.unwrap().contacts.is_empty()
    }

    async fn told(&self, kind: &str) -> usize {
        let filter = EventFilter { campaign: None, kinds: Some(vec![kind.to_owned()]) };
        self.store.events(self.tenant, 0, filter, 100).await.unwrap().events.len()
    }
}

#[tokio::test]
async fn every_account_keeps_what_it_said_and_the_others_theirs() {
    let week = There::new("Week").await;
    let ever = There::beside(Arc::clone(&week.store), Arc::clone(&week.clock), "Ever").await;
    week.stop_calling().await;
    ever.stop_calling().await;
    let chosen = Retention { ended_leads_days: Some(7), ..Retention::default() };
    week.store.set_retention(&week.ctx(), chosen).await.unwrap();
    let duty = KeepingDuty::new(Arc::clone(&week.store), Arc::clone(&week.clock) as Arc<dyn EngineClock>, 3);
    let stop = CancellationToken::new();
    week.clock.advance_to(MONDAY + 7 * DAY_MS);
    assert_eq!(duty.run_once(&stop).await.unwrap(), 0, "seven days are not over");
    week.clock.advance_to(MONDAY + 7 * DAY_MS + HOUR_MS);
    assert_eq!(duty.run_once(&stop).await.unwrap(), 1);
    assert_eq!((week.is_known().await, ever.is_known().await), (false, true));
    assert_eq!(duty.run_once(&stop).await.unwrap(), 0);
    assert_eq!((week.told("lead.erased").await, ever.told("lead.erased").await), (1, 0));
}

#[tokio::test]
async fn the_duty_looks_again_every_hour_until_it_is_stopped() {
    let there = There::new("Hour").await;
    there.stop_calling().await;
    let chosen = Retention { ended_leads_days: Some(7), ..Retention::default() };
    there.store.set_retention(&there.ctx(), chosen).await.unwrap();
    let bell = Arc::new(tokio::sync::Notify::new());
    let rung = Arc::clone(&bell);
    there.store.ring_on_events(Box::new(move |_| rung.notify_one()));
    let (stop, clock) = (CancellationToken::new(), Arc::clone(&there.clock) as Arc<dyn EngineClock>);
    let duty = tokio::spawn(KeepingDuty::new(Arc::clone(&there.store), clock, 3).run(stop.clone()));
    for hour in 0..=24 {
        there.clock.advance_to(MONDAY + 6 * DAY_MS + hour * HOUR_MS);
        tokio::task::yield_now().await;
    }
    there.clock.advance_to(MONDAY + 8 * DAY_MS);
    bell.notified().await;
    assert!(!there.is_known().await);
    stop.cancel();
    duty.await.unwrap();
}

#[tokio::test]
async fn a_suspended_accounts_campaign_is_told_of_once() {
    let there = There::new("Stalled").await;
    let facts = there.store.start_facts(there.tenant, there.campaign, MONDAY).await.unwrap();
    there.store.verb(&there.ctx(), there.campaign, Verb::Start, facts).await.unwrap();
    there.store.update_tenant(&there.ctx(), TenantLimits::default(), true).await.unwrap();
    let clock = Arc::clone(&there.clock) as Arc<dyn EngineClock>;
    let duty = StallDuty::new(Arc::clone(&there.store), Handle::detached(), clock, 3);
    for minute in 0..40 {
        there.clock.advance_to(MONDAY + minute * MINUTE_MS);
        duty.run_once().await.unwrap();
        assert_eq!(there.told("campaign.stalled").await, usize::from(minute >= 15), "minute {minute}");
    }
}
