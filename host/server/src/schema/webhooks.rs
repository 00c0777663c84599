//! Webhooks and their deliveries.

use utoipa::ToSchema;

use super::sources::InstanceReason;

/// An endpoint of another system that is told what happens.
#[derive(ToSchema)]
pub struct Webhook {
    /// `whk_...`
    pub id: String,
    /// Where messages go.
    pub url: String,
    /// What it is told of; null: everything, what later releases add too.
    pub events: Option<Vec<String>>,
    /// `cmp_...`: only events of this campaign; null: of the account.
    pub campaign: Option<String>,
    /// `asst_...`: only events of this assistant's campaigns and single calls; null: whoever speaks.
    pub assistant: Option<String>,
    /// `standard`, or `hosted`: the body that hosted calling platforms send after a call.
    pub format: String,
    /// Only calls that somebody or something answered; of the format `hosted` alone.
    pub only_completed: bool,
    /// For people.
    pub description: String,
    /// Whether it is told.
    pub enabled: bool,
    /// Why; the codes are `created`, `by_hand`, `gone` (it answered 410) and `failed_for_days`.
    pub status_reason: InstanceReason,
    /// It took nothing since then, although it was tried; null: the last message was taken.
    #[schema(format = DateTime)]
    pub failing_since: Option<String>,
    /// Until when the secret before the last rotation signs too.
    #[schema(format = DateTime)]
    pub old_secret_until: Option<String>,
    /// Deliveries that wait.
    pub waiting: u64,
    /// Deliveries that were given up and can be sent again.
    pub failed: u64,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When its owner last changed it.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// One event for one webhook.
#[derive(ToSchema)]
pub struct WebhookDelivery {
    /// `evt_...`: the header `webhook-id`, the same each time it is sent.
    pub event: String,
    /// The event's number in the account's log.
    pub sequence: i64,
    /// `lead.completed` and its like; null: the event is not kept any more.
    pub r#type: Option<String>,
    /// `waiting`, `delivered`, `skipped` (the event is not kept any more) or `failed`.
    pub status: String,
    /// How often it was sent since it was last made to wait.
    pub attempts: u32,
    /// When it was last sent.
    #[schema(format = DateTime)]
    pub last_attempt_at: Option<String>,
    /// What it was answered the last time; null: nothing.
    pub response_status: Option<u16>,
    /// The beginning of that answer's body, at most 1,024 bytes.
    pub response: Option<String>,
    /// How long that took.
    pub duration_ms: Option<i64>,
    /// Why there was no answer, or why it was skipped.
    pub detail: Option<String>,
    /// When it is sent next, while it waits.
    #[schema(format = DateTime)]
    pub next_try_at: Option<String>,
    /// When the event happened; null: it is not kept any more.
    #[schema(format = DateTime)]
    pub created_at: Option<String>,
    /// When it was taken or given up.
    #[schema(format = DateTime)]
    pub done_at: Option<String>,
}

/// A stretch of the event log that is looked through again.
#[derive(ToSchema)]
pub struct Recovery {
    /// It begins behind this number.
    pub after_sequence: i64,
    /// It ends with this one; what happened since is told anyway.
    pub until_sequence: i64,
}
