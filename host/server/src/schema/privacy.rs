//! Who is called no more, and who is not known any more.

use utoipa::ToSchema;

/// A number on the do-not-call list.
#[derive(ToSchema)]
pub struct Suppression {
    /// E.164.
    pub phone: String,
    /// Why, for people.
    pub reason: String,
    /// Who put it there: a key's id, `operator`, `engine`, or what decided or brought it.
    pub by: String,
    /// Since.
    #[schema(format = DateTime)]
    pub at: String,
}

/// An erasure, without the person.
#[derive(ToSchema)]
pub struct Erasure {
    /// `ers_...`
    pub id: String,
    /// `running` or `finished`.
    pub status: String,
    /// The number stays on the do-not-call list.
    pub keep_suppressed: bool,
    /// How much was erased, by kind: `leads`, `contacts`, `calls`, `transcripts`, `webhooks` and others; what was not there is left
    /// out.
    #[schema(value_type = Object)]
    pub erased: serde_json::Value,
    /// Who asked: a key's id or `operator`.
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When nothing was left.
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
}

/// For how many days an account keeps what; null: for ever.
#[derive(ToSchema)]
pub struct Retention {
    /// What was said in calls.
    pub transcripts_days: Option<u32>,
    /// What policies, shadows and evaluators were asked and answered.
    pub records_days: Option<u32>,
    /// The persons of leads that ended, from their end on, and what others wrote about leads.
    pub ended_leads_days: Option<u32>,
    /// The event log.
    pub events_days: Option<u32>,
}
