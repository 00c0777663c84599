//! Who did what: one row for every write of a person or a key, in the transaction of the write.

use serde::Serialize;

use crate::ids::{KeyId, RequestId};
use crate::time::Timestamp;

/// Which rows; what is `None` narrows nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// `operator` or a key's id.
    pub actor: Option<String>,
    /// `campaign.start`.
    pub action: Option<String>,
    /// The id or the name of what it was done to.
    pub target: Option<String>,
    /// At or after.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditActor {
    /// `operator` or `key`.
    pub kind: &'static str,
    /// The key.
    pub id: Option<KeyId>,
    /// The key's name as it is now.
    pub name: Option<String>,
}

/// One write.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// When, by the engine's time.
    pub at: Timestamp,
    /// Who.
    pub actor: AuditActor,
    /// Within which request; `None` at the console.
    pub request_id: Option<RequestId>,
    /// `campaign.start`.
    pub action: String,
    /// The id or the name of what it was done to.
    pub target: String,
    /// The names of what changed, never a value; `None` where something was made, taken out or set in motion.
    pub changes: Option<Vec<String>>,
}
