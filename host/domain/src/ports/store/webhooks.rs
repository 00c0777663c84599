//! Webhooks: which endpoints are told of an account's events, and what became of telling.
//!
//! Like a sink, a webhook keeps how far the log was read for it; what it asked for becomes a delivery, which stays until it
//! is taken or given up. Moving on and making deliveries is one transaction, so that a host that dies tells an event again
//! rather than never. A webhook that is disabled is not read on for: when it is told again it begins with what happens
//! from then on, and [`Webhooks::recover`] brings back what it missed.

use async_trait::async_trait;
use serde::Serialize;

use super::{DeliveryStatus, InstanceReason, Listed, Page, Stored, WriteContext};
use crate::ids::{AssistantId, AttemptKey, CampaignId, EventId, TenantKey, WebhookId, WebhookKey};
use crate::outbox::Envelope;
use crate::plugin::secrets::SecretString;
use crate::time::Timestamp;
use crate::webhook::WebhookFormat;

/// A webhook.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Webhook {
    /// Inside.
    #[serde(skip)]
    pub key: WebhookKey,
    /// Outside.
    pub id: WebhookId,
    /// Whose.
    #[serde(skip)]
    pub tenant: TenantKey,
    /// Where messages go.
    pub url: String,
    /// What it is told of; `None`: everything, what later releases add too.
    pub events: Option<Vec<String>>,
    /// Only events of this campaign; `None`: of the account.
    pub campaign: Option<CampaignId>,
    /// Only events of this assistant's campaigns and single calls; `None`: whoever speaks.
    pub assistant: Option<AssistantId>,
    /// What its messages say; it stays what it was made with.
    pub format: WebhookFormat,
    /// Only calls that somebody or something answered; of the format `hosted` alone.
    pub only_completed: bool,
    /// For people.
    pub description: String,
    /// Whether it is told.
    pub enabled: bool,
    /// Why.
    pub status_reason: InstanceReason,
    /// It took nothing since then, although it was tried; `None`: the last message was taken.
    pub failing_since: Option<Timestamp>,
    /// Until when the secret before the last rotation signs too.
    pub old_secret_until: Option<Timestamp>,
    /// Deliveries that wait.
    pub waiting: u64,
    /// Deliveries that were given up and can be sent again.
    pub failed: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its owner last changed it.
    pub updated_at: Timestamp,
}

/// What its owner says of a webhook.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WebhookConfig {
    /// Where messages go.
    pub url: String,
    /// See [`Webhook::events`].
    pub events: Option<Vec<String>>,
    /// See [`Webhook::campaign`].
    pub campaign: Option<CampaignId>,
    /// See [`Webhook::assistant`]; a change does not change it.
    pub assistant: Option<AssistantId>,
    /// See [`Webhook::format`]; a change does not change it.
    pub format: WebhookFormat,
    /// See [`Webhook::only_completed`].
    pub only_completed: bool,
    /// For people.
    pub description: String,
    /// Whether it is told.
    pub enabled: bool,
}

/// A stretch of the log that is looked through again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Recovery {
    /// The number behind which it begins.
    pub after_sequence: i64,
    /// The number that it ends with.
    pub until_sequence: i64,
}

/// One event for one webhook.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WebhookDelivery {
    /// The event; `webhook-id`.
    pub event: EventId,
    /// Its number in the account's log.
    pub sequence: i64,
    /// `lead.completed` and its like; `None`: the event is not kept any more.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Where it is.
    pub status: DeliveryStatus,
    /// How often it was sent since it was last made to wait.
    pub attempts: u32,
    /// When it was last sent.
    pub last_attempt_at: Option<Timestamp>,
    /// What it was answered the last time; `None`: nothing.
    pub response_status: Option<u16>,
    /// The beginning of that answer's body.
    pub response: Option<String>,
    /// How long that took, in milliseconds.
    pub duration_ms: Option<i64>,
    /// Why there was no answer, or why it was skipped.
    pub detail: Option<String>,
    /// When it is sent next, while it waits.
    pub next_try_at: Option<Timestamp>,
    /// When the event happened; `None`: it is not kept any more.
    pub created_at: Option<Timestamp>,
    /// When it was taken or given up.
    pub done_at: Option<Timestamp>,
}

/// A webhook that has something to be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DueWebhook {
    /// Which.
    pub key: WebhookKey,
    /// Whose.
    pub tenant: TenantKey,
    /// Since when, or from when on.
    pub at: Timestamp,
}

/// What a webhook is to be told now.
#[derive(Clone, Debug)]
pub struct WebhookTurn {
    /// Which.
    pub id: WebhookId,
    /// Where messages go.
    pub url: String,
    /// What signs: the secret, and the one before while it still does.
    pub secrets: Vec<SecretString>,
    /// The events. May be empty when those that waited are not kept any more.
    pub events: Vec<Envelope>,
    /// The calls that ended, instead of events, for one of the format [`WebhookFormat::Hosted`].
    pub calls: Vec<EndedCall>,
    /// There is more to do at once.
    pub more: bool,
}

/// A call that a webhook is to be told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EndedCall {
    /// The event that says so.
    pub event: EventId,
    /// Its number in the account's log.
    pub sequence: i64,
    /// Which call.
    pub call: AttemptKey,
}

/// A delivery that is not sent yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldDelivery {
    /// The event's number.
    pub sequence: i64,
    /// Until then.
    pub until: Timestamp,
}

/// What came of sending a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sending {
    /// The event's number.
    pub sequence: i64,
    /// When it was sent.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: i64,
    /// Status and beginning of the answer, or why there is none.
    pub answer: Result<(u16, String), String>,
    /// What the answer asked for.
    pub retry_after_ms: Option<u64>,
}

/// How far the log was read for webhooks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadOn {
    /// The last webhook that it was read for; the next round begins behind it.
    pub last: Option<WebhookKey>,
    /// There is more to read at once.
    pub more: bool,
}

/// Webhooks and their deliveries.
#[async_trait]
pub trait Webhooks: Send + Sync {
    /// Makes one, told of what happens from now on. `Conflict`: the account has as many as it may, the assistant has one of
    /// the format `hosted`, or the host has no key for secrets.
    async fn create_webhook(&self, ctx: &WriteContext, new: WebhookConfig, secret: SecretString) -> Stored<Webhook>;
    /// A tenant's, oldest first.
    async fn webhooks(&self, tenant: TenantKey) -> Stored<Vec<Webhook>>;
    /// One of a tenant.
    async fn webhook(&self, tenant: TenantKey, id: WebhookId) -> Stored<Webhook>;
    /// Changes one.
    async fn update_webhook(&self, ctx: &WriteContext, id: WebhookId, config: WebhookConfig) -> Stored<Webhook>;
    /// Takes one out with what waits and its secrets.
    async fn delete_webhook(&self, ctx: &WriteContext, id: WebhookId) -> Stored<()>;
    /// Signs with another secret from now on, and with the one before until `old_until`, too.
    async fn rotate_webhook_secret(
        &self,
        ctx: &WriteContext,
        id: WebhookId,
        secret: SecretString,
        old_until: Timestamp,
    ) -> Stored<Webhook>;
    /// Looks through the log again from `since` on: what it asked for and did not take becomes a delivery. `Conflict`: it is
    /// disabled.
    async fn recover(&self, ctx: &WriteContext, id: WebhookId, since: Timestamp) -> Stored<Recovery>;
    /// Makes a delivery of [`crate::event::TEST`]. `Conflict`: it is disabled, or of a format that tells of calls alone.
    async fn test_webhook(&self, ctx: &WriteContext, id: WebhookId) -> Stored<WebhookDelivery>;

    /// Its deliveries, newest first.
    async fn webhook_deliveries(
        &self,
        tenant: TenantKey,
        id: WebhookId,
        status: Option<DeliveryStatus>,
        page: &Page,
    ) -> Stored<Listed<WebhookDelivery>>;
    /// Makes a delivery wait again, whatever became of it. `Conflict`: the webhook is disabled.
    async fn resend_to_webhook(&self, ctx: &WriteContext, id: WebhookId, event: EventId) -> Stored<WebhookDelivery>;

    /// Makes deliveries of what was written to the logs since, for every tenant's webhooks, beginning behind `after`. One
    /// write for all, of bounded length, and none when there is nothing to read.
    async fn read_on_for_webhooks(&self, ctx: &WriteContext, after: Option<WebhookKey>) -> Stored<ReadOn>;
    /// Deliveries that wait, of all webhooks.
    async fn waiting_for_webhooks(&self) -> Stored<u64>;
    /// The webhooks with something to be told, by time, at most `each` of any tenant and those of suspended tenants left
    /// out.
    async fn due_webhooks(&self, each: u32, limit: u32) -> Stored<Vec<DueWebhook>>;
    /// What is to be told now, at most `limit` events, and one when it could not be reached the last time; `None`: it is not
    /// told any more.
    async fn webhook_turn(&self, ctx: &WriteContext, webhook: WebhookKey, limit: u32) -> Stored<Option<WebhookTurn>>;
    /// Deliveries that wait go on waiting, as if they had not been looked at.
    async fn hold_deliveries(&self, ctx: &WriteContext, webhook: WebhookKey, held: Vec<HeldDelivery>) -> Stored<()>;
    /// Keeps what came of messages; whether more may be sent at once.
    async fn keep_sendings(&self, ctx: &WriteContext, webhook: WebhookKey, sendings: Vec<Sending>) -> Stored<bool>;
}
