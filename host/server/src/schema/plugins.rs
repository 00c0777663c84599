//! Plugins, scripts and connections.

use utoipa::ToSchema;

/// One immutable version of a plugin or a script.
#[derive(ToSchema)]
pub struct PluginVersion {
    /// `plg_...`
    pub id: String,
    /// The name that campaigns and gateways use.
    pub name: String,
    /// A plugin's three numbers; a script's versions count from 1.
    pub version: String,
    /// `script`, or the plugin's kind: `lead-importer`, `retry-policy`, `call-evaluator`, `voice-gateway`, `result-sink`.
    pub kind: String,
    /// SHA-256 of the content, in hex.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
    /// `compiling`, `testing`, `staged`, `active`, `retired` or `rejected`.
    pub state: String,
    /// It is the one that `name@active` follows.
    pub active: bool,
    /// What a plugin says about itself; null for scripts.
    #[schema(value_type = Option<Object>)]
    pub manifest: Option<serde_json::Value>,
    /// What the gates made of it so far; null for scripts.
    #[schema(value_type = Option<Object>)]
    pub report: Option<serde_json::Value>,
    /// When it came.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When its state last changed.
    #[schema(format = DateTime)]
    pub changed_at: String,
    /// When it was last activated.
    #[schema(format = DateTime)]
    pub activated_at: Option<String>,
    /// Who activated it then: `operator`, `engine` or a key's id.
    pub activated_by: Option<String>,
}

/// One thing that a plugin asks for.
#[derive(ToSchema)]
pub struct Ask {
    /// `host`, `secret` or `auth`.
    pub what: String,
    /// Where it wants to send requests.
    pub host: Option<String>,
    /// The name of the secret or of the auth block.
    pub name: Option<String>,
    /// The auth block.
    #[schema(value_type = Option<Object>)]
    pub block: Option<serde_json::Value>,
}

/// One thing that a plugin may have.
#[derive(ToSchema)]
pub struct Grant {
    /// `host`, `secret` or `auth`.
    pub what: String,
    /// Where it may send requests.
    pub host: Option<String>,
    /// The name of the secret or of the auth block.
    pub name: Option<String>,
    /// The auth block as it was when it was granted.
    #[schema(value_type = Option<Object>)]
    pub block: Option<serde_json::Value>,
    /// Who granted it: `operator`, `engine` or a key's id.
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// A call of a plugin that failed.
#[derive(ToSchema)]
pub struct PluginFailure {
    /// Which version.
    pub version: String,
    /// Stable: `plugin_trapped`.
    pub code: String,
    /// What happened.
    pub message: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// A secret without its value.
#[derive(ToSchema)]
pub struct SecretName {
    /// Its name.
    pub name: String,
    /// When its value was last set.
    #[schema(format = DateTime)]
    pub set_at: String,
    /// Who set it: `operator`, `engine` or a key's id.
    pub set_by: String,
}

/// Shared credentials at another system.
#[derive(ToSchema)]
pub struct Connection {
    /// `con_...`
    pub id: String,
    /// The plugin whose auth block it fills in.
    pub plugin: String,
    /// The block.
    pub auth: String,
    /// For people.
    pub name: String,
    /// What the block takes from settings.
    #[schema(value_type = Object)]
    pub settings: serde_json::Value,
    /// `pending`, `authorised`, `broken` or `revoked`.
    pub status: String,
    /// Why it is broken.
    pub broken_because: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When consent was last given.
    #[schema(format = DateTime)]
    pub authorised_at: Option<String>,
}
