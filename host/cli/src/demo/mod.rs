//! `campanile demo`: a campaign one can watch, with nobody real in it.
//!
//! A data folder that vanishes, an account with billing on, a key, an assistant, the simulated carrier, and a sample
//! campaign on a clock that makes ten minutes of every second. The API is the real one; everything shown can be tried.

mod people;
mod progress;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use campanile_domain::campaign::{CampaignConfig, Verb};
use campanile_domain::ids::{KeyId, TenantKey};
use campanile_domain::money::{Currency, Micros, Tariff};
use campanile_domain::phone::Phone;
use campanile_domain::ports::clock::WallClock;
use campanile_domain::ports::store::{
    Accounts, AssistantConfig, Billing, Campaign, Campaigns, Leads, NewGateway, NewKey, NewTenant, StoreError,
    TenantLimits, VerbDone, WriteContext,
};
use campanile_domain::time::Timestamp;
use campanile_domain::variable::{Role, ValueKind, VariableSpec};
use campanile_domain::zone::Zone;
use campanile_engine::shell::clock::SystemClock;
use campanile_server::{GatewayKinds, KeyKind, Secret};
use clap::Args;
use rand_core::SeedableRng;

use crate::clock::ClockFlags;
use crate::entropy::{self, SystemEntropy};
use crate::exit::Failure;
use crate::say::announce;
use crate::wiring::{self, Host, Setup};

/// Flags of `demo`.
#[derive(Args, Debug)]
pub struct Demo {
    /// Stop with a summary when the campaign is complete
    #[arg(long)]
    until_complete: bool,
    /// How much faster than the sun the demo runs
    #[arg(long, value_name = "xN", default_value = "x600")]
    clock: String,
    /// Leads of the sample campaign
    #[arg(long, value_name = "N", default_value_t = 300)]
    leads: u32,
}

/// Monday 09:00 in New York.
const START: &str = "2026-03-02T14:00:00Z";
const ZONE: &str = "America/New_York";
const FIRST_PORT: u16 = 8080;
const PORTS_TRIED: u16 = 50;
/// The goal of the sample campaign.
const GOAL: &str = "appointment_booked";

fn failed(error: StoreError) -> Failure {
    Failure::other(error.to_string())
}

/// Runs the command.
pub async fn run(args: Demo) -> Result<(), Failure> {
    let folder = tempfile::tempdir().map_err(|error| Failure::other(format!("no temporary folder: {error}")))?;
    let start: Timestamp = START.parse().map_err(|_| Failure::other("the demo's start is no instant"))?;
    let factor = args.clock.trim_start_matches('x').parse::<f64>();
    let factor = factor
        .ok()
        .filter(|factor| (1.0..=100_000.0).contains(factor))
        .ok_or_else(|| Failure::usage(format!("--clock {:?} is not a factor from x1 to x100000", args.clock)))?;
    let setup = Setup {
        data: folder.path().to_owned(),
        listen: free_address()?,
        public_url: None,
        secret_key_file: None,
        plugin_hosts: Vec::new(),
        plugin_cas: Vec::new(),
        clock: ClockFlags { clock: Some(factor), clock_start: Some(start) },
        max_concurrent_calls: 100,
        metrics_listen: None,
    };
    let host = wiring::start(setup).await?;
    let sample = Sample::make(&host, args.leads).await?;
    sample.start(&host).await?;
    welcome(&host, &sample, factor);
    let outcome = tokio::select! {
        done = progress::watch(&host, sample.tenant, &sample.campaign, args.until_complete) => done,
        _ = tokio::signal::ctrl_c() => Ok(()),
    };
    host.stop().await;
    outcome
}

fn free_address() -> Result<SocketAddr, Failure> {
    let local = IpAddr::V4(Ipv4Addr::LOCALHOST);
    (FIRST_PORT..FIRST_PORT + PORTS_TRIED)
        .map(|port| SocketAddr::new(local, port))
        .find(|address| std::net::TcpListener::bind(address).is_ok())
        .ok_or_else(|| Failure::unavailable(format!("no free port from {FIRST_PORT} on; stop what listens there")))
}

struct Sample {
    tenant: TenantKey,
    campaign: Campaign,
    key: String,
    lead: String,
}

impl Sample {
    async fn make(host: &Host, leads: u32) -> Result<Self, Failure> {
        let store = host.store.as_ref();
        let now = host.clock.now();
        let ctx = |tenant: TenantKey| WriteContext::engine(tenant, now, entropy::seed());
        let tariff = Tariff::new(Micros(120_000), 30, 1).map_err(|error| Failure::other(error.to_string()))?;
        let new = NewTenant {
            name: "Harbour Dental".into(),
            limits: TenantLimits::default(),
            billing: Some(Billing { currency: Currency::EUR, tariff }),
        };
        let tenant = store.create_tenant(&ctx(TenantKey(0)), new).await.map_err(failed)?.key;
        store.top_up(&ctx(tenant), Micros(200_000_000)).await.map_err(failed)?;
        let key = admin_key(host, tenant).await?;
        let settings = serde_json::json!({
            "seed": 7,
            "scenario": { "talk": { "goal_rate": 0.45, "goal_variable": GOAL } },
        });
        let settings = host.kinds.check("simulated", &settings).map_err(|errors| {
            Failure::other(errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("; "))
        })?;
        let gateway = store
            .create_gateway(&ctx(tenant), NewGateway::built_in("simulated people", "simulated", settings))
            .await
            .map_err(failed)?;
        host.kinds.installed(&gateway).await;
        let assistant = store.create_assistant(&ctx(tenant), assistant(gateway.id)?).await.map_err(failed)?;
        host.kinds.learn(&assistant);
        let config = CampaignConfig {
            max_concurrent_calls: 12,
            retry_until_goal: true,
            goal_variable: Some(GOAL.into()),
            ..CampaignConfig::named("Spring check-ups")
        };
        let campaign = store.create_campaign(&ctx(tenant), assistant.id, config).await.map_err(failed)?;
        let added = store.add_leads(&ctx(tenant), campaign.id, people::leads(leads)).await.map_err(failed)?;
        let lead = added.iter().find_map(|added| match added {
            campanile_domain::ports::store::LeadAdded::Created { id } => Some(id.to_string()),
            _ => None,
        });
        host.engine.tenants_changed();
        Ok(Self { tenant, campaign, key, lead: lead.unwrap_or_default() })
    }

    async fn start(&self, host: &Host) -> Result<(), Failure> {
        let store = host.store.as_ref();
        let now = host.clock.now();
        let facts = store.start_facts(self.tenant, self.campaign.id, now).await.map_err(failed)?;
        let ctx = WriteContext::engine(self.tenant, now, entropy::seed());
        match store.verb(&ctx, self.campaign.id, Verb::Start, facts).await.map_err(failed)? {
            VerbDone::Refused(problems) => {
                let why: Vec<_> = problems.into_iter().map(|problem| problem.message).collect();
                Err(Failure::other(format!("the sample campaign cannot start: {}", why.join("; "))))
            }
            VerbDone::Changed(_) | VerbDone::Unchanged(_) => {
                host.engine.campaign_changed(self.campaign.key);
                Ok(())
            }
        }
    }
}

async fn admin_key(host: &Host, tenant: TenantKey) -> Result<String, Failure> {
    let secret = Secret::mint(KeyKind::Live, &SystemEntropy);
    let now = WallClock::now(&SystemClock);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(entropy::seed());
    let key = NewKey {
        id: KeyId::mint(now, &mut rng),
        tenant: Some(tenant),
        name: "demo".into(),
        scopes: vec!["admin".into()],
        hash: secret.hash,
        last_four: secret.last_four,
        expires_at: None,
        created_at: now,
    };
    let ctx = WriteContext::engine(tenant, now, entropy::seed());
    host.store.create_key(&ctx, key).await.map_err(failed)?;
    Ok(secret.text)
}

fn assistant(gateway: campanile_domain::ids::GatewayId) -> Result<AssistantConfig, Failure> {
    let number: Phone = "+12025550180".parse().map_err(|_| Failure::other("the demo's number is no number"))?;
    let question = VariableSpec {
        name: GOAL.into(),
        kind: ValueKind::Boolean,
        choices: Vec::new(),
        description: "Did the person book an appointment?".into(),
        required: true,
        role: Role::None,
    };
    Ok(AssistantConfig {
        name: "Mia from Harbour Dental".into(),
        outbound: true,
        phone_numbers: vec![number],
        time_zone: Zone::parse(ZONE).map_err(|error| Failure::other(error.to_string()))?,
        gateway,
        gateway_ref: None,
        variables: vec![question],
        ring_timeout_seconds: 30,
        max_call_seconds: 600,
    })
}

fn welcome(host: &Host, sample: &Sample, factor: f64) {
    let url = format!("http://{}", host.address);
    let (id, key, lead) = (sample.campaign.id, &sample.key, &sample.lead);
    announce(format_args!(
        "Campanile is running at {url} (API documentation at {url}/docs)\n\
         Everybody called is simulated. The clock runs x{factor} from Monday 09:00 in New York.\n\n  \
         export KEY={key}\n\n\
         Three commands to try:\n  \
         curl -s -H \"Authorization: Bearer $KEY\" {url}/v1/campaigns/{id}/stats\n  \
         curl -s -H \"Authorization: Bearer $KEY\" {url}/v1/leads/{lead}/explain\n  \
         curl -s -X POST -H \"Authorization: Bearer $KEY\" {url}/v1/campaigns/{id}/pause\n"
    ));
}
