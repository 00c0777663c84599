//! Events.

use utoipa::ToSchema;

/// Something that happened.
#[derive(ToSchema)]
pub struct Event {
    /// `evt_...`: the same wherever and however often it is told.
    pub id: String,
    /// `lead.completed` and its like.
    pub r#type: String,
    /// The version of the API that these bodies are of: `v1`.
    pub api_version: String,
    /// When it happened.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// `ten_...`: whose.
    pub tenant: String,
    /// Its number in the account's log, without gaps.
    pub sequence: i64,
    /// The objects after it, by what they are: `lead` and `call`, `campaign`, `import` and so on.
    #[schema(value_type = Object)]
    pub data: serde_json::Value,
    /// What moved, as it was before; left out where that was not written down.
    #[schema(value_type = Option<Object>, required = false)]
    pub previous: Option<serde_json::Value>,
}
