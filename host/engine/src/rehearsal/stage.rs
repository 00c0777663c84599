//! Sets the stage: accounts, carriers, assistants and campaigns with their leads, through the same intents as the API.
//!
//! The store and whoever decides are given, so that this room knows neither; several accounts can share one stage, which
//! is how fairness is rehearsed.

use std::sync::Arc;

use campanile_domain::campaign::{CampaignConfig, StartProblem, Verb};
use campanile_domain::ids::{GatewayId, TenantKey};
use campanile_domain::money::Micros;
use campanile_domain::phone::Phone;
use campanile_domain::ports::policy::PolicyRunner;
use campanile_domain::ports::store::{
    AssistantConfig, Billing, Campaign, Fence, NewGateway, NewLead, NewTenant, Store, StoreError, TenantLimits,
    VerbDone, WriteContext,
};
use campanile_domain::time::Timestamp;
use campanile_domain::variable::{Role, ValueKind, VariableSpec};
use campanile_domain::zone::Zone;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

use super::{Carrier, Cast, Rehearsal, RehearsalError};
use crate::carrier::{Scenario, SimulatedGateway};
use crate::core::Event;
use crate::shell::clock::VirtualClock;
use crate::shell::{Bell, Gateways, Hands};

/// Leads added in one transaction.
const LEADS_AT_ONCE: usize = 1_000;

/// A stage that is being set.
pub struct Stage {
    store: Arc<dyn Store>,
    policies: Arc<dyn PolicyRunner>,
    clock: Arc<VirtualClock>,
    gateways: Arc<Gateways>,
    carriers: Vec<Carrier>,
    started: Vec<Campaign>,
    rng: ChaCha8Rng,
    slots: u32,
    seed: u64,
    records: bool,
}

/// An account on the stage, with one carrier.
pub struct Account {
    /// Whose.
    pub tenant: TenantKey,
    gateway: GatewayId,
    carrier: Arc<SimulatedGateway>,
}

/// Why a campaign is not on the stage.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Start checks fail: all of them.
    #[error("the campaign cannot start: {}", .0.iter().map(|problem| problem.message.as_str()).collect::<Vec<_>>().join("; "))]
    CannotStart(Vec<StartProblem>),
}

impl Stage {
    /// An empty stage whose clock shows `start`, with so many slots over all accounts.
    pub fn new(
        store: Arc<dyn Store>,
        policies: Arc<dyn PolicyRunner>,
        start: Timestamp,
        slots: u32,
        seed: u64,
    ) -> Self {
        Self {
            store,
            policies,
            clock: Arc::new(VirtualClock::starting_at(start)),
            gateways: Arc::new(Gateways::default()),
            carriers: Vec::new(),
            started: Vec::new(),
            rng: ChaCha8Rng::seed_from_u64(seed),
            slots,
            seed,
            records: true,
        }
    }

    /// What policies are asked and answer is not kept, which takes kilobytes a decision.
    pub fn without_records(mut self) -> Self {
        self.records = false;
        self
    }

    fn ctx(&mut self, tenant: TenantKey) -> WriteContext {
        let now = campanile_domain::ports::clock::EngineClock::now(self.clock.as_ref());
        WriteContext::engine(tenant, now, self.rng.next_u64())
    }

    /// An account with a carrier of its own, whose people are drawn by the stage's seed. One that is billed never runs out of
    /// money.
    ///
    /// # Errors
    /// The store failed.
    pub async fn account(
        &mut self,
        name: &str,
        scenario: Scenario,
        billing: Option<Billing>,
    ) -> Result<Account, StageError> {
        let limits = TenantLimits { max_concurrent_calls: self.slots, ..TenantLimits::default() };
        self.account_within(name, scenario, billing, limits).await
    }

    /// The same with the limits of a real account.
    ///
    /// # Errors
    /// The store failed.
    pub async fn account_within(
        &mut self,
        name: &str,
        scenario: Scenario,
        billing: Option<Billing>,
        limits: TenantLimits,
    ) -> Result<Account, StageError> {
        let billed = billing.is_some();
        let ctx = self.ctx(TenantKey(0));
        let tenant = self.store.create_tenant(&ctx, NewTenant { name: name.into(), limits, billing }).await?.key;
        if billed {
            let ctx = self.ctx(tenant);
            self.store.top_up(&ctx, Micros(i64::MAX / 4)).await?;
        }
        let ctx = self.ctx(tenant);
        let new = NewGateway::built_in("people", "simulated", serde_json::Value::Null);
        let row = self.store.create_gateway(&ctx, new).await?;
        let clock = Arc::clone(&self.clock);
        let carrier = Arc::new(SimulatedGateway::new(scenario, self.seed, clock));
        self.gateways.insert(row.key, Arc::clone(&carrier) as Arc<_>, "");
        self.carriers.push(Carrier { tenant, gateway: row.key, port: Arc::clone(&carrier) });
        Ok(Account { tenant, gateway: row.id, carrier })
    }

    /// A campaign with its leads, started. Its assistant asks whether the goal was reached and nothing else.
    ///
    /// # Errors
    /// A start check fails, or the store does.
    pub async fn campaign(
        &mut self,
        account: &Account,
        zone: &Zone,
        config: CampaignConfig,
        leads: &[NewLead],
    ) -> Result<Campaign, StageError> {
        let assistant = assistant(&config, zone, account.gateway);
        self.campaign_of(account, assistant, config, leads).await
    }

    /// The same with an assistant of its own, whatever gateway that has.
    ///
    /// # Errors
    /// A start check fails, or the store does.
    pub async fn campaign_of(
        &mut self,
        account: &Account,
        mut assistant: AssistantConfig,
        mut config: CampaignConfig,
        leads: &[NewLead],
    ) -> Result<Campaign, StageError> {
        // The rehearsed carrier tells every answer itself: nobody reads its calls.
        config.evaluators.clear();
        assistant.gateway = account.gateway;
        let ctx = self.ctx(account.tenant);
        let assistant = self.store.create_assistant(&ctx, assistant).await?;
        account.carrier.learn(None, &assistant.config.variables);
        let ctx = self.ctx(account.tenant);
        let campaign = self.store.create_campaign(&ctx, assistant.id, config).await?;
        for chunk in leads.chunks(LEADS_AT_ONCE) {
            let ctx = self.ctx(account.tenant);
            self.store.add_leads(&ctx, campaign.id, chunk.to_vec()).await?;
        }
        let ctx = self.ctx(account.tenant);
        let facts = self.store.start_facts(account.tenant, campaign.id, ctx.now).await?;
        match self.store.verb(&ctx, campaign.id, Verb::Start, facts).await? {
            VerbDone::Refused(problems) => Err(StageError::CannotStart(problems)),
            VerbDone::Changed(campaign) | VerbDone::Unchanged(campaign) => {
                self.started.push((*campaign).clone());
                Ok(*campaign)
            }
        }
    }

    /// The rehearsal, at its first instant.
    ///
    /// # Errors
    /// The store failed.
    pub async fn begin(self) -> Result<Rehearsal, RehearsalError> {
        let hands = Hands {
            store: Arc::clone(&self.store),
            policies: self.policies,
            gateways: self.gateways,
            clock: Arc::clone(&self.clock) as Arc<_>,
            fence: Fence::SOLE,
            records: self.records,
            shadows: None,
            evaluations: Bell::default(),
        };
        let cast = Cast {
            hands,
            clock: self.clock,
            carriers: self.carriers,
            max_concurrent_calls: self.slots,
            seed: self.seed,
        };
        let mut rehearsal = Rehearsal::begin(cast).await?;
        for campaign in self.started {
            let snapshot = self.store.snapshot(campaign.key).await?;
            rehearsal.tell(Event::Campaign(Box::new(snapshot))).await?;
        }
        Ok(rehearsal)
    }
}

/// An assistant that asks the campaign's goal of every call.
fn assistant(config: &CampaignConfig, zone: &Zone, gateway: GatewayId) -> AssistantConfig {
    let goal = config.goal_variable.iter().map(|name| VariableSpec {
        name: name.clone(),
        kind: ValueKind::Boolean,
        choices: Vec::new(),
        description: "Was the goal of the call reached?".into(),
        required: false,
        role: Role::None,
    });
    let number: Option<Phone> = "+12025550100".parse().ok();
    AssistantConfig {
        name: "rehearsal".into(),
        outbound: true,
        phone_numbers: number.into_iter().collect(),
        time_zone: zone.clone(),
        gateway,
        gateway_ref: None,
        variables: goal.collect(),
        ring_timeout_seconds: 30,
        max_call_seconds: 600,
    }
}
