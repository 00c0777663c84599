//! Who did what.

use utoipa::ToSchema;

/// One write of a person or a key.
#[derive(ToSchema)]
pub struct AuditEntry {
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
    /// Who.
    pub actor: AuditActor,
    /// `req_...`: the request's id, as in the log of the host; null for what was done at its console.
    pub request_id: Option<String>,
    /// What was done: `campaign.start`.
    pub action: String,
    /// What it was done to: its id, or its name where it has no id.
    pub target: String,
    /// The names of what changed, never a value; null where something was made, taken out or set in motion.
    pub changes: Option<Vec<String>>,
}

/// Who did it.
#[derive(ToSchema)]
pub struct AuditActor {
    /// `operator` or `key`.
    pub kind: String,
    /// `key_...`; null for the operator.
    pub id: Option<String>,
    /// The key's name as it is now.
    pub name: Option<String>,
}
