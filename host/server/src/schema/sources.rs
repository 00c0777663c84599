//! Sources and their runs.

use utoipa::ToSchema;

/// Why a source or a sink stands where it does.
#[derive(ToSchema)]
pub struct InstanceReason {
    /// `created`, `by_hand`, `too_many_failures`, or the code of the failure.
    pub code: String,
    /// With what to do next.
    pub detail: String,
    /// `operator`, `engine` or a key's id.
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// An installed importer.
#[derive(ToSchema)]
pub struct Source {
    /// `src_...`
    pub id: String,
    /// `cmp_...`: the campaign that it feeds.
    pub campaign: String,
    /// For people.
    pub name: String,
    /// `name@version` or `name@active`.
    pub plugin: String,
    /// The importer's own settings.
    #[schema(value_type = Object)]
    pub settings: serde_json::Value,
    /// How national numbers are read where a record names no country; null: by the campaign's zone.
    pub default_country: Option<String>,
    /// How often it is asked.
    pub interval_minutes: u32,
    /// A lead that ended and changes there is called again.
    pub reopen_on_change: bool,
    /// `active`, `paused` or `needs_attention`.
    pub status: String,
    /// Why.
    pub status_reason: InstanceReason,
    /// When it is asked next, while it is active.
    #[schema(format = DateTime)]
    pub next_run_at: String,
    /// Failed runs in a row.
    pub failures_in_a_row: u32,
    /// Webhooks whose signature did not hold; they were dropped.
    pub forged_webhooks: u64,
    /// Webhooks that were given up after several tries, of the last days.
    pub failed_webhooks: u64,
    /// Why the last of them was.
    pub last_webhook_error: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
}

/// Why a run ended without having seen all.
#[derive(ToSchema)]
pub struct SourceError {
    /// Stable.
    pub code: String,
    /// What happened and why.
    pub message: String,
    /// What to do.
    pub next: String,
}

/// One run of a source.
#[derive(ToSchema)]
pub struct SourceRun {
    /// `run_...`
    pub id: String,
    /// `running`, `finished`, `failed`, or `stopped` by a pause or a change of the source.
    pub status: String,
    /// When it began.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// When it ended.
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
    /// How long it took.
    pub duration_ms: Option<i64>,
    /// Pages stored.
    pub pages: u64,
    /// Records in them.
    pub seen: u64,
    /// New leads.
    pub created: u64,
    /// Leads that changed.
    pub updated: u64,
    /// Records that said what was known.
    pub unchanged: u64,
    /// Leads that came back or were reopened.
    pub reopened: u64,
    /// Records whose phone another lead of the campaign has.
    pub duplicates: u64,
    /// Records that cannot be called.
    pub rejected: u64,
    /// Leads that the other system has no more.
    pub removed: u64,
    /// Numbers put on the do-not-call list.
    pub suppressed: u64,
    /// Why it failed.
    pub error: Option<SourceError>,
}

/// What an importer says of itself.
#[derive(ToSchema)]
pub struct Checked {
    /// `ready`, `misconfigured` or `unreachable`.
    pub health: String,
    /// A sentence: who we are there.
    pub summary: String,
    /// Settings and secrets that are missing or wrong.
    pub missing: Vec<String>,
}

/// One choice for a setting.
#[derive(ToSchema)]
pub struct Choice {
    /// What the setting becomes.
    pub value: String,
    /// What a form shows.
    pub label: String,
}
