//! Tenants, keys, assistants, gateways: what exists before any campaign does.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{AuditEntry, AuditFilter, Balance, LedgerEntry, LedgerFilter, Listed, Page, Stored, WriteContext};
use crate::ids::{AssistantId, AssistantKey, GatewayId, GatewayKey, KeyId, TenantId, TenantKey};
use crate::money::{Currency, Micros, Tariff};
use crate::phone::Phone;
use crate::plugin::PluginRef;
use crate::plugin::allowance::Allowance;
use crate::plugin::secrets::Secrets;
use crate::quarantine::{Quarantine, Resumption};
use crate::time::Timestamp;
use crate::variable::VariableSpec;
use crate::zone::Zone;

/// What binds a tenant, beside its campaigns' own limits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TenantLimits {
    /// Calls at once over all campaigns.
    pub max_concurrent_calls: u32,
    /// Dials per second over all campaigns; `None`: no limit.
    pub calls_per_second: Option<f64>,
    /// The least gap between two calls to one phone over all campaigns.
    pub min_gap_minutes: u32,
    /// Calls to one phone in a local day; `None`: no limit.
    pub max_calls_per_number_per_day: Option<u32>,
    /// What it may use of plugins, where that is less than everybody may.
    pub plugins: Allowance,
    /// Campaigns, whatever their status; `None`: no limit.
    pub max_campaigns: Option<u32>,
    /// Leads of all campaigns, those that ended included; `None`: no limit.
    pub max_leads: Option<u64>,
    /// Requests of the API a second, at least 1.
    pub requests_per_second: u32,
    /// Requests that may come at once, at least 1.
    pub requests_burst: u32,
}

impl Default for TenantLimits {
    fn default() -> Self {
        Self {
            max_concurrent_calls: 100,
            calls_per_second: None,
            min_gap_minutes: 10,
            max_calls_per_number_per_day: None,
            plugins: Allowance::default(),
            max_campaigns: None,
            max_leads: None,
            requests_per_second: 100,
            requests_burst: 200,
        }
    }
}

impl TenantLimits {
    /// Limits that a test twin has from its account: those that protect the host. What binds calls is its own.
    pub const OF_THE_ACCOUNT: [&str; 5] =
        ["plugins", "max_campaigns", "max_leads", "requests_per_second", "requests_burst"];

    /// These, with what a test twin has from its account. Quotas and rates are as high and counted apart.
    #[must_use]
    pub fn following(self, account: &Self) -> Self {
        Self {
            plugins: account.plugins,
            max_campaigns: account.max_campaigns,
            max_leads: account.max_leads,
            requests_per_second: account.requests_per_second,
            requests_burst: account.requests_burst,
            ..self
        }
    }
}

/// How a tenant is billed; `None` in [`Tenant`] means billing is off.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Billing {
    /// Of the balance and the tariff.
    pub currency: Currency,
    /// What a call costs.
    pub tariff: Tariff,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tenant {
    /// Inside.
    #[serde(skip)]
    pub key: TenantKey,
    /// Outside.
    pub id: TenantId,
    /// For people.
    pub name: String,
    /// This tenant is the test twin of that one.
    pub twin_of: Option<TenantId>,
    /// No call is made while suspended.
    pub suspended: bool,
    /// Its limits.
    pub limits: TenantLimits,
    /// Its billing.
    pub billing: Option<Billing>,
    /// What is left of its balance, reservations taken off.
    pub available_micros: Micros,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Tenant {
    /// Test twins may only use simulated gateways.
    pub const fn is_test(&self) -> bool {
        self.twin_of.is_some()
    }
}

/// What a new tenant is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTenant {
    /// 1 to 255 characters.
    pub name: String,
    /// Its limits.
    #[serde(default)]
    pub limits: TenantLimits,
    /// Its billing; left out: off.
    #[serde(default)]
    pub billing: Option<Billing>,
}

/// What a key may do. The words are the API's.
pub const SCOPES: [&str; 11] = [
    "admin",
    "campaigns:read",
    "campaigns:write",
    "leads:read",
    "leads:write",
    "calls:read",
    "calls:write",
    "calls:override",
    "assistants:write",
    "plugins:read",
    "plugins:write",
];

/// Whether a key with these scopes may do what needs that one: it has it, or it is an admin's. No key gives what it may not
/// do itself, so this is also what its holder may put into another key.
pub fn may(scopes: &[String], needed: &str) -> bool {
    scopes.iter().any(|scope| scope == needed || scope == "admin")
}

/// An API key, without its secret.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Key {
    /// Its name.
    pub id: KeyId,
    /// The tenant it opens: for a test key, the twin.
    #[serde(skip)]
    pub tenant: TenantKey,
    /// For people.
    pub name: String,
    /// See [`SCOPES`].
    pub scopes: Vec<String>,
    /// The last four characters, to recognise it.
    pub last_four: String,
    /// Not valid from then on (wall clock).
    pub expires_at: Option<Timestamp>,
    /// Not valid since (wall clock).
    pub revoked_at: Option<Timestamp>,
    /// The key that was made in its place.
    pub replaced_by: Option<KeyId>,
    /// When it was last used, to the minute (wall clock).
    pub last_used_at: Option<Timestamp>,
    /// When it was made (wall clock).
    pub created_at: Timestamp,
}

/// A new key; only the hash of its secret reaches the store.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Its name.
    pub id: KeyId,
    /// The tenant it opens; `None`: the operator's own key.
    pub tenant: Option<TenantKey>,
    /// For people.
    pub name: String,
    /// See [`SCOPES`].
    pub scopes: Vec<String>,
    /// SHA-256 of the secret.
    pub hash: [u8; 32],
    /// The last four characters.
    pub last_four: String,
    /// Not valid from then on (wall clock).
    pub expires_at: Option<Timestamp>,
    /// Wall clock.
    pub created_at: Timestamp,
}

/// A key that takes another's place, with its name, its scopes and the time it lives.
#[derive(Clone, Debug)]
pub struct KeyRotation {
    /// Of the new key.
    pub id: KeyId,
    /// SHA-256 of the new secret.
    pub hash: [u8; 32],
    /// Its last four characters.
    pub last_four: String,
    /// Now (wall clock).
    pub at: Timestamp,
    /// The old key is valid until then, unless it expires sooner (wall clock).
    pub old_until: Timestamp,
}

/// A change of a key; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyPatch {
    /// For people.
    pub name: Option<String>,
    /// Not valid from then on (wall clock); `Some(None)`: valid until it is revoked.
    pub expires_at: Option<Option<Timestamp>>,
}

/// Whom a presented key speaks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Authenticated {
    /// Which key.
    pub key: KeyId,
    /// `None`: the operator.
    pub tenant: Option<Tenant>,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Not valid from then on (wall clock); the caller compares.
    pub expires_at: Option<Timestamp>,
}

/// Who speaks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Assistant {
    /// Inside.
    #[serde(skip)]
    pub key: AssistantKey,
    /// Outside.
    pub id: AssistantId,
    /// What its owner configured.
    #[serde(flatten)]
    pub config: AssistantConfig,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// What an owner configures of an assistant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssistantConfig {
    /// 1 to 255 characters.
    pub name: String,
    /// It may call out.
    #[serde(default = "yes")]
    pub outbound: bool,
    /// Numbers to call from.
    #[serde(default)]
    pub phone_numbers: Vec<Phone>,
    /// Campaigns without a zone of their own follow this one.
    pub time_zone: Zone,
    /// Which gateway dials.
    pub gateway: GatewayId,
    /// The assistant as the gateway knows it.
    #[serde(default)]
    pub gateway_ref: Option<String>,
    /// The questions put to every call.
    #[serde(default)]
    pub variables: Vec<VariableSpec>,
    /// How long to let it ring, 5 to 120.
    #[serde(default = "ring_timeout_seconds")]
    pub ring_timeout_seconds: u32,
    /// The longest call, 20 to 7200.
    #[serde(default = "max_call_seconds")]
    pub max_call_seconds: u32,
}

const fn yes() -> bool {
    true
}
const fn ring_timeout_seconds() -> u32 {
    30
}
const fn max_call_seconds() -> u32 {
    600
}

/// An installed voice gateway.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GatewayRow {
    /// Inside.
    #[serde(skip)]
    pub key: GatewayKey,
    /// Outside.
    pub id: GatewayId,
    /// Whose.
    #[serde(skip)]
    pub tenant: TenantKey,
    /// For people.
    pub name: String,
    /// `simulated` is the carrier inside; `carrier` is one in a process of its own; `plugin` is a plugin's.
    pub kind: String,
    /// The plugin and the version that it is pinned to or follows, when that is its kind.
    pub plugin: Option<PluginRef>,
    /// The kind's own settings.
    pub settings: serde_json::Value,
    /// The secret part of the hook's URL.
    #[serde(skip)]
    pub hook_token: String,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A new gateway.
#[derive(Clone, Debug)]
pub struct NewGateway {
    /// For people.
    pub name: String,
    /// See [`GatewayRow::kind`].
    pub kind: String,
    /// See [`GatewayRow::plugin`].
    pub plugin: Option<PluginRef>,
    /// The kind's own settings, already checked.
    pub settings: serde_json::Value,
    /// What the plugin needs and never sees.
    pub secrets: Secrets,
}

impl NewGateway {
    /// One that is no plugin.
    pub fn built_in(name: impl Into<String>, kind: impl Into<String>, settings: serde_json::Value) -> Self {
        Self { name: name.into(), kind: kind.into(), plugin: None, settings, secrets: Secrets::default() }
    }
}

/// What an owner may change of a gateway.
#[derive(Clone, Debug)]
pub struct GatewayChange {
    /// For people.
    pub name: String,
    /// See [`GatewayRow::plugin`]; another plugin is another gateway.
    pub plugin: Option<PluginRef>,
    /// The kind's own settings, already checked.
    pub settings: serde_json::Value,
}

/// What exists before any campaign does.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Makes a tenant together with its test twin, whose gateways can only be simulated. Billing of the twin is off.
    async fn create_tenant(&self, ctx: &WriteContext, new: NewTenant) -> Stored<Tenant>;
    /// All tenants, for the operator and at boot, by key.
    async fn tenants(&self) -> Stored<Vec<Tenant>>;
    /// One.
    async fn tenant(&self, key: TenantKey) -> Stored<Tenant>;
    /// By its public id.
    async fn tenant_by_id(&self, id: TenantId) -> Stored<Tenant>;
    /// The test twin of a tenant.
    async fn twin_of(&self, key: TenantKey) -> Stored<Tenant>;
    /// Changes limits or suspends. Those that are [`TenantLimits::OF_THE_ACCOUNT`] become the twin's as well.
    async fn update_tenant(&self, ctx: &WriteContext, limits: TenantLimits, suspended: bool) -> Stored<Tenant>;
    /// Adds to the balance (ledger `top_up`).
    async fn top_up(&self, ctx: &WriteContext, amount: Micros) -> Stored<Tenant>;
    /// What is left of the tenant's money.
    async fn balance(&self, tenant: TenantKey) -> Stored<Balance>;
    /// Names the amount below which the account is told. `Conflict` (`billing_off`) where nothing is charged.
    async fn set_low_below(&self, ctx: &WriteContext, below: Option<Micros>) -> Stored<Balance>;
    /// The lines of its ledger that match, newest first.
    async fn ledger(&self, tenant: TenantKey, filter: &LedgerFilter, page: &Page) -> Stored<Listed<LedgerEntry>>;

    /// What is known of a host that was restored from a backup; `None` on one that never was.
    async fn quarantine(&self) -> Stored<Option<Quarantine>>;
    /// The operator's word on how a restored host goes on; `Conflict` when it is not in quarantine. Said again, the last
    /// word counts.
    async fn release_quarantine(&self, ctx: &WriteContext, resume: Resumption) -> Stored<Quarantine>;

    /// Keeps a key.
    async fn create_key(&self, ctx: &WriteContext, new: NewKey) -> Stored<()>;
    /// Whom the hash of a secret speaks for; revoked keys are not found.
    async fn authenticate(&self, hash: &[u8; 32]) -> Stored<Authenticated>;
    /// Whether the operator has a key that was not revoked.
    async fn has_operator_key(&self) -> Stored<bool>;
    /// The tenant's keys, oldest first.
    async fn keys(&self, tenant: TenantKey) -> Stored<Vec<Key>>;
    /// One of the tenant's keys.
    async fn key(&self, tenant: TenantKey, id: KeyId) -> Stored<Key>;
    /// Makes a key in place of another, and gives both: the new one and the old one, which expires. The new one lives as long as
    /// the old one was meant to. `Conflict` when the old one was replaced, revoked, or has expired.
    async fn rotate_key(&self, ctx: &WriteContext, id: KeyId, rotation: KeyRotation) -> Stored<(Key, Key)>;
    /// Changes a key at an instant of the wall clock. `Conflict` when it is not valid any more, and when one that was replaced
    /// were to be valid for ever.
    async fn patch_key(&self, ctx: &WriteContext, id: KeyId, patch: KeyPatch, at: Timestamp) -> Stored<Key>;
    /// Keys, whoever they belong to, were used at these instants (wall clock). Leaves no audit.
    async fn keys_used(&self, ctx: &WriteContext, used: Vec<(KeyId, Timestamp)>) -> Stored<()>;
    /// From now on (wall clock) the key is not valid.
    async fn revoke_key(&self, ctx: &WriteContext, id: KeyId, at: Timestamp) -> Stored<()>;

    /// What people and keys did, newest first.
    async fn audit(&self, tenant: TenantKey, filter: &AuditFilter, page: &Page) -> Stored<Listed<AuditEntry>>;

    /// Installs a gateway with its secrets. `Conflict` when its plugin cannot place calls, asks for something that was
    /// not granted, or misses a secret.
    async fn create_gateway(&self, ctx: &WriteContext, new: NewGateway) -> Stored<GatewayRow>;
    /// The tenant's gateways, oldest first; every tenant's with `None`.
    async fn gateways(&self, tenant: Option<TenantKey>) -> Stored<Vec<GatewayRow>>;
    /// By its public id, whoever owns it: for its hook, whose token the caller compares.
    async fn gateway_by_id(&self, id: GatewayId) -> Stored<GatewayRow>;
    /// Changes it. `Conflict` as for a new one.
    async fn update_gateway(&self, ctx: &WriteContext, id: GatewayId, change: GatewayChange) -> Stored<GatewayRow>;
    /// Takes it out, with its secrets; `Conflict` while an assistant uses it or a call is open through it.
    async fn delete_gateway(&self, ctx: &WriteContext, id: GatewayId) -> Stored<()>;

    /// Makes an assistant.
    async fn create_assistant(&self, ctx: &WriteContext, config: AssistantConfig) -> Stored<Assistant>;
    /// Changes it.
    async fn update_assistant(&self, ctx: &WriteContext, id: AssistantId, config: AssistantConfig)
    -> Stored<Assistant>;
    /// Removes it; `Conflict` while a campaign uses it.
    async fn delete_assistant(&self, ctx: &WriteContext, id: AssistantId) -> Stored<()>;
    /// One.
    async fn assistant(&self, tenant: TenantKey, id: AssistantId) -> Stored<Assistant>;
    /// The tenant's, oldest first.
    async fn assistants(&self, tenant: TenantKey) -> Stored<Vec<Assistant>>;
}
