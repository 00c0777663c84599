//! Sinks and their deliveries.

use utoipa::ToSchema;

use super::sources::InstanceReason;

/// An installed sink.
#[derive(ToSchema)]
pub struct Sink {
    /// `snk_...`
    pub id: String,
    /// `cmp_...`: whose results it writes.
    pub campaign: String,
    /// `src_...`: only leads that this source brought; null: all of the campaign.
    pub source: Option<String>,
    /// For people.
    pub name: String,
    /// `name@version` or `name@active`.
    pub plugin: String,
    /// The plugin's own settings.
    #[schema(value_type = Object)]
    pub settings: serde_json::Value,
    /// What it is told of.
    pub events: Vec<String>,
    /// `active`, `paused` or `needs_attention`.
    pub status: String,
    /// Why.
    pub status_reason: InstanceReason,
    /// It is left alone until then, after a failure.
    #[schema(format = DateTime)]
    pub next_try_at: String,
    /// Failed calls of the plugin in a row.
    pub failures_in_a_row: u32,
    /// Deliveries that wait. What happened since the sink stopped is not among them: it is read when it goes on.
    pub waiting: u64,
    /// Deliveries that were given up and can be sent again.
    pub failed: u64,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// One event for one sink.
#[derive(ToSchema)]
pub struct Delivery {
    /// `evt_...`
    pub event: String,
    /// The event's number in the account's log.
    pub sequence: i64,
    /// `lead.completed` and its like; null: the event is not kept any more.
    pub r#type: Option<String>,
    /// `lead_...`; null: it is not there any more.
    pub lead: Option<String>,
    /// `waiting`, `delivered`, `skipped` or `failed`.
    pub status: String,
    /// How often it failed.
    pub failures: u32,
    /// When it is tried next, while it waits.
    #[schema(format = DateTime)]
    pub next_try_at: Option<String>,
    /// Why it was skipped, or failed the last time.
    pub detail: Option<String>,
    /// When the event happened; null: the event is not kept any more.
    #[schema(format = DateTime)]
    pub created_at: Option<String>,
    /// When it was acknowledged, skipped or given up.
    #[schema(format = DateTime)]
    pub done_at: Option<String>,
}
