//! Secrets and connections: the ports `Credentials` and `TokenStore`.

use async_trait::async_trait;
use campanile_domain::ids::{ConnectionId, TenantKey};
use campanile_domain::plugin::secrets::{SecretString, Secrets};
use campanile_domain::ports::outbound::{TokenStore, Tokens, TokensUnavailable};
use campanile_domain::ports::store::{
    Connection, Credentials, NewConnection, PendingConsent, SecretName, SecretOwner, StoreError, Stored, WriteContext,
};
use campanile_domain::time::Timestamp;

use super::store::SqliteStore;
use super::writer::Lane::Bulk;

pub(crate) mod connections;
pub(crate) mod consent;
pub(crate) mod secrets;

#[async_trait]
impl Credentials for SqliteStore {
    async fn put_secret(
        &self,
        ctx: &WriteContext,
        owner: SecretOwner,
        name: String,
        value: SecretString,
    ) -> Stored<SecretName> {
        let vault = self.vault();
        self.write(Bulk, ctx, move |op| secrets::put(op, &vault, &owner, &name, &value)).await
    }
    async fn secrets(&self, tenant: TenantKey, owner: SecretOwner) -> Stored<Secrets> {
        let vault = self.vault();
        self.read(move |db| secrets::all(db, &vault, tenant, &owner)).await
    }
    async fn secret_names(&self, tenant: TenantKey, owner: SecretOwner) -> Stored<Vec<SecretName>> {
        self.read(move |db| secrets::names(db, tenant.0, &owner)).await
    }

    async fn create_connection(&self, ctx: &WriteContext, new: NewConnection) -> Stored<Connection> {
        let vault = self.vault();
        self.write(Bulk, ctx, move |op| connections::create(op, &vault, &new)).await
    }
    async fn connection(&self, tenant: TenantKey, id: ConnectionId) -> Stored<Connection> {
        self.read(move |db| connections::one(db, tenant.0, id)).await
    }
    async fn connection_by_id(&self, id: ConnectionId) -> Stored<Connection> {
        self.read(move |db| connections::by_id(db, id)).await
    }
    async fn connections(&self, tenant: TenantKey) -> Stored<Vec<Connection>> {
        self.read(move |db| connections::all(db, tenant)).await
    }
    async fn revoke_connection(&self, ctx: &WriteContext, id: ConnectionId) -> Stored<Connection> {
        self.write(Bulk, ctx, move |op| connections::revoke(op, id)).await
    }
    async fn break_connection(&self, ctx: &WriteContext, id: ConnectionId, why: String) -> Stored<Connection> {
        self.write(Bulk, ctx, move |op| connections::fail(op, id, &why)).await
    }

    async fn ask_consent(&self, ctx: &WriteContext, id: ConnectionId, consent: PendingConsent) -> Stored<()> {
        let vault = self.vault();
        self.write(Bulk, ctx, move |op| consent::ask(op, &vault, id, &consent)).await
    }
    async fn pending_consent(&self, id: ConnectionId) -> Stored<PendingConsent> {
        let vault = self.vault();
        self.read(move |db| consent::pending(db, &vault, id)).await
    }
    async fn take_consent(&self, ctx: &WriteContext, id: ConnectionId, state_hash: [u8; 32]) -> Stored<bool> {
        self.write(Bulk, ctx, move |op| consent::take(op, id, &state_hash)).await
    }
    async fn authorise_connection(&self, ctx: &WriteContext, id: ConnectionId, tokens: Tokens) -> Stored<Connection> {
        let vault = self.vault();
        self.write(Bulk, ctx, move |op| connections::authorise(op, &vault, id, &tokens)).await
    }
}

fn unavailable(error: StoreError) -> TokensUnavailable {
    TokensUnavailable(error.to_string())
}

#[async_trait]
impl TokenStore for SqliteStore {
    async fn tokens(&self, tenant: TenantKey, connection: ConnectionId) -> Result<Tokens, TokensUnavailable> {
        let vault = self.vault();
        self.read(move |db| connections::tokens(db, &vault, tenant, connection)).await.map_err(unavailable)
    }
    async fn keep_tokens(
        &self,
        tenant: TenantKey,
        connection: ConnectionId,
        tokens: Tokens,
    ) -> Result<(), TokensUnavailable> {
        let vault = self.vault();
        let ctx = WriteContext::engine(tenant, Timestamp(0), 0);
        let kept = self.write(Bulk, &ctx, move |op| connections::keep_tokens(op, &vault, connection, &tokens));
        kept.await.map(|_| ()).map_err(unavailable)
    }
}
