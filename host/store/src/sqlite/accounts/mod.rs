//! What exists before any campaign does: the port `Accounts`.

use async_trait::async_trait;
use campanile_domain::ids::{AssistantId, GatewayId, KeyId, TenantId, TenantKey};
use campanile_domain::money::Micros;
use campanile_domain::ports::store::{
    Accounts, Assistant, AssistantConfig, AuditEntry, AuditFilter, Authenticated, Balance, GatewayChange, GatewayRow,
    Key, KeyPatch, KeyRotation, LedgerEntry, LedgerFilter, Listed, NewGateway, NewKey, NewTenant, Page, Stored, Tenant,
    TenantLimits, WriteContext,
};
use campanile_domain::quarantine::{Quarantine, Resumption};
use campanile_domain::time::Timestamp;

use super::store::SqliteStore;
use super::writer::Lane::Bulk;

pub(crate) mod assistants;
pub(crate) mod audit;
pub(crate) mod gateways;
pub(crate) mod keys;
pub(crate) mod ledger;
pub(crate) mod once;
pub(crate) mod quarantine;
pub(crate) mod tenants;

#[async_trait]
impl Accounts for SqliteStore {
    async fn create_tenant(&self, ctx: &WriteContext, new: NewTenant) -> Stored<Tenant> {
        self.write(Bulk, ctx, move |op| tenants::create(op, &new)).await
    }
    async fn tenants(&self) -> Stored<Vec<Tenant>> {
        self.read(tenants::all).await
    }
    async fn tenant(&self, key: TenantKey) -> Stored<Tenant> {
        self.read(move |db| tenants::by_key(db, key)).await
    }
    async fn tenant_by_id(&self, id: TenantId) -> Stored<Tenant> {
        self.read(move |db| tenants::by_id(db, id)).await
    }
    async fn twin_of(&self, key: TenantKey) -> Stored<Tenant> {
        self.read(move |db| tenants::twin(db, key)).await
    }
    async fn update_tenant(&self, ctx: &WriteContext, limits: TenantLimits, suspended: bool) -> Stored<Tenant> {
        self.write(Bulk, ctx, move |op| tenants::update(op, &limits, suspended)).await
    }
    async fn top_up(&self, ctx: &WriteContext, amount: Micros) -> Stored<Tenant> {
        self.write(Bulk, ctx, move |op| tenants::top_up(op, amount)).await
    }
    async fn balance(&self, tenant: TenantKey) -> Stored<Balance> {
        self.read(move |db| ledger::balance(db, tenant)).await
    }
    async fn set_low_below(&self, ctx: &WriteContext, below: Option<Micros>) -> Stored<Balance> {
        self.write(Bulk, ctx, move |op| ledger::set_low_below(op, below)).await
    }
    async fn ledger(&self, tenant: TenantKey, filter: &LedgerFilter, page: &Page) -> Stored<Listed<LedgerEntry>> {
        let (filter, page) = (filter.clone(), page.clone());
        self.read(move |db| ledger::all(db, tenant, &filter, &page)).await
    }

    async fn quarantine(&self) -> Stored<Option<Quarantine>> {
        self.read(quarantine::of_host).await
    }
    async fn release_quarantine(&self, ctx: &WriteContext, resume: Resumption) -> Stored<Quarantine> {
        self.write(Bulk, ctx, move |op| quarantine::release(op, resume)).await
    }

    async fn create_key(&self, ctx: &WriteContext, new: NewKey) -> Stored<()> {
        self.write(Bulk, ctx, move |op| keys::create(op, &new)).await
    }
    async fn authenticate(&self, hash: &[u8; 32]) -> Stored<Authenticated> {
        let hash = *hash;
        self.read(move |db| keys::authenticate(db, &hash)).await
    }
    async fn has_operator_key(&self) -> Stored<bool> {
        self.read(keys::operator_has_one).await
    }
    async fn keys(&self, tenant: TenantKey) -> Stored<Vec<Key>> {
        self.read(move |db| keys::all(db, tenant)).await
    }
    async fn key(&self, tenant: TenantKey, id: KeyId) -> Stored<Key> {
        self.read(move |db| keys::one(db, tenant, id)).await
    }
    async fn rotate_key(&self, ctx: &WriteContext, id: KeyId, rotation: KeyRotation) -> Stored<(Key, Key)> {
        self.write(Bulk, ctx, move |op| keys::rotate(op, id, &rotation)).await
    }
    async fn patch_key(&self, ctx: &WriteContext, id: KeyId, patch: KeyPatch, at: Timestamp) -> Stored<Key> {
        self.write(Bulk, ctx, move |op| keys::patch(op, id, &patch, at)).await
    }
    async fn keys_used(&self, ctx: &WriteContext, used: Vec<(KeyId, Timestamp)>) -> Stored<()> {
        self.write(Bulk, ctx, move |op| keys::used(op, &used)).await
    }
    async fn revoke_key(&self, ctx: &WriteContext, id: KeyId, at: Timestamp) -> Stored<()> {
        self.write(Bulk, ctx, move |op| keys::revoke(op, id, at)).await
    }

    async fn audit(&self, tenant: TenantKey, filter: &AuditFilter, page: &Page) -> Stored<Listed<AuditEntry>> {
        let (filter, page) = (filter.clone(), page.clone());
        self.read(move |db| audit::all(db, tenant, &filter, &page)).await
    }

    async fn create_gateway(&self, ctx: &WriteContext, new: NewGateway) -> Stored<GatewayRow> {
        let vault = self.vault();
        self.write(Bulk, ctx, move |op| gateways::create(op, &vault, &new)).await
    }
    async fn gateways(&self, tenant: Option<TenantKey>) -> Stored<Vec<GatewayRow>> {
        self.read(move |db| gateways::all(db, tenant)).await
    }
    async fn gateway_by_id(&self, id: GatewayId) -> Stored<GatewayRow> {
        self.read(move |db| gateways::by_id(db, id)).await
    }
    async fn update_gateway(&self, ctx: &WriteContext, id: GatewayId, change: GatewayChange) -> Stored<GatewayRow> {
        self.write(Bulk, ctx, move |op| gateways::update(op, id, &change)).await
    }
    async fn delete_gateway(&self, ctx: &WriteContext, id: GatewayId) -> Stored<()> {
        self.write(Bulk, ctx, move |op| gateways::delete(op, id)).await
    }

    async fn create_assistant(&self, ctx: &WriteContext, config: AssistantConfig) -> Stored<Assistant> {
        self.write(Bulk, ctx, move |op| assistants::create(op, &config)).await
    }
    async fn update_assistant(
        &self,
        ctx: &WriteContext,
        id: AssistantId,
        config: AssistantConfig,
    ) -> Stored<Assistant> {
        self.write(Bulk, ctx, move |op| assistants::update(op, id, &config)).await
    }
    async fn delete_assistant(&self, ctx: &WriteContext, id: AssistantId) -> Stored<()> {
        self.write(Bulk, ctx, move |op| assistants::delete(op, id)).await
    }
    async fn assistant(&self, tenant: TenantKey, id: AssistantId) -> Stored<Assistant> {
        self.read(move |db| assistants::one(db, tenant, id)).await
    }
    async fn assistants(&self, tenant: TenantKey) -> Stored<Vec<Assistant>> {
        self.read(move |db| assistants::all(db, tenant)).await
    }
}
