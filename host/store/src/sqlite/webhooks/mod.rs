//! Webhooks and their deliveries: the port `Webhooks`.

use async_trait::async_trait;
use campanile_domain::ids::{EventId, TenantKey, WebhookId, WebhookKey};
use campanile_domain::plugin::secrets::SecretString;
use campanile_domain::ports::store::{
    DeliveryStatus, DueWebhook, HeldDelivery, Listed, Page, ReadOn, Recovery, Sending, Stored, Webhook, WebhookConfig,
    WebhookDelivery, WebhookTurn, Webhooks, WriteContext,
};
use campanile_domain::time::Timestamp;

use super::store::SqliteStore;
use super::writer::Lane::Bulk;

pub(crate) mod delivery;
pub(crate) mod reading;
pub(crate) mod turn;
pub(crate) mod webhook;

#[async_trait]
impl Webhooks for SqliteStore {
    async fn create_webhook(&self, ctx: &WriteContext, new: WebhookConfig, secret: SecretString) -> Stored<Webhook> {
        let vault = self.vault();
        self.write(Bulk, ctx, move |op| webhook::create(op, &vault, &new, &secret)).await
    }
    async fn webhooks(&self, tenant: TenantKey) -> Stored<Vec<Webhook>> {
        self.read(move |db| webhook::all(db, tenant)).await
    }
    async fn webhook(&self, tenant: TenantKey, id: WebhookId) -> Stored<Webhook> {
        self.read(move |db| webhook::of_tenant(db, tenant, id)).await
    }
    async fn update_webhook(&self, ctx: &WriteContext, id: WebhookId, config: WebhookConfig) -> Stored<Webhook> {
        self.write(Bulk, ctx, move |op| webhook::update(op, id, &config)).await
    }
    async fn delete_webhook(&self, ctx: &WriteContext, id: WebhookId) -> Stored<()> {
        self.write(Bulk, ctx, move |op| webhook::delete(op, id)).await
    }
    async fn rotate_webhook_secret(
        &self,
        ctx: &WriteContext,
        id: WebhookId,
        secret: SecretString,
        old_until: Timestamp,
    ) -> Stored<Webhook> {
        let vault = self.vault();
        self.write(Bulk, ctx, move |op| webhook::rotate(op, &vault, id, &secret, old_until)).await
    }
    async fn recover(&self, ctx: &WriteContext, id: WebhookId, since: Timestamp) -> Stored<Recovery> {
        self.write(Bulk, ctx, move |op| reading::recover(op, id, since)).await
    }
    async fn test_webhook(&self, ctx: &WriteContext, id: WebhookId) -> Stored<WebhookDelivery> {
        self.write(Bulk, ctx, move |op| delivery::test(op, id)).await
    }

    async fn webhook_deliveries(
        &self,
        tenant: TenantKey,
        id: WebhookId,
        status: Option<DeliveryStatus>,
        page: &Page,
    ) -> Stored<Listed<WebhookDelivery>> {
        let page = page.clone();
        self.read(move |db| delivery::all(db, tenant, id, status, &page)).await
    }
    async fn resend_to_webhook(&self, ctx: &WriteContext, id: WebhookId, event: EventId) -> Stored<WebhookDelivery> {
        self.write(Bulk, ctx, move |op| delivery::resend(op, id, event)).await
    }

    async fn read_on_for_webhooks(&self, ctx: &WriteContext, after: Option<WebhookKey>) -> Stored<ReadOn> {
        if !self.read(reading::is_behind).await? {
            return Ok(ReadOn::default());
        }
        self.write(Bulk, ctx, move |op| reading::read_on(op, after)).await
    }
    async fn waiting_for_webhooks(&self) -> Stored<u64> {
        self.read(turn::waiting).await
    }
    async fn due_webhooks(&self, each: u32, limit: u32) -> Stored<Vec<DueWebhook>> {
        self.read_cached(move |db, cache| turn::due(db, cache, each, limit)).await
    }
    async fn webhook_turn(&self, ctx: &WriteContext, key: WebhookKey, limit: u32) -> Stored<Option<WebhookTurn>> {
        let (vault, now) = (self.vault(), ctx.now);
        let Some((turn, gone)) = self.read(move |db| turn::next(db, &vault, key, now, limit)).await? else {
            return Ok(None);
        };
        if !gone.is_empty() {
            self.write(Bulk, ctx, move |op| turn::skip(op, key, &gone)).await?;
        }
        Ok(Some(turn))
    }
    async fn hold_deliveries(&self, ctx: &WriteContext, key: WebhookKey, held: Vec<HeldDelivery>) -> Stored<()> {
        self.write(Bulk, ctx, move |op| turn::hold(op, key, &held)).await
    }
    async fn keep_sendings(&self, ctx: &WriteContext, key: WebhookKey, sendings: Vec<Sending>) -> Stored<bool> {
        self.write(Bulk, ctx, move |op| turn::keep(op, key, &sendings)).await
    }
}
