//! Assistants and gateways.

use serde::Serialize;
use utoipa::ToSchema;

/// Who speaks.
#[derive(ToSchema, Serialize)]
pub struct Assistant {
    /// `asst_...`
    pub id: String,
    /// What its owner configured.
    #[serde(flatten)]
    pub config: AssistantConfig,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it was changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
}

/// What an owner configures of an assistant. With POST, `name`, `time_zone` and `gateway` have to be sent; PATCH changes
/// what it names.
#[derive(ToSchema, Serialize)]
pub struct AssistantConfig {
    /// 1 to 255 characters.
    pub name: Option<String>,
    /// It may call out. Default: true.
    pub outbound: Option<bool>,
    /// Numbers to call from; written as people write them, answered in E.164.
    pub phone_numbers: Option<Vec<String>>,
    /// An IANA name. Campaigns without a zone of their own follow it.
    pub time_zone: Option<String>,
    /// `gw_...`: which gateway dials.
    pub gateway: Option<String>,
    /// The assistant as the gateway knows it.
    pub gateway_ref: Option<String>,
    /// The questions put to every call.
    pub variables: Option<Vec<VariableSpec>>,
    /// How long to let it ring, 5 to 120. Default: 30.
    pub ring_timeout_seconds: Option<u32>,
    /// The longest call, 20 to 7200. Default: 600.
    pub max_call_seconds: Option<u32>,
}

/// One post-call question.
#[derive(ToSchema, Serialize)]
pub struct VariableSpec {
    /// 3 to 64 lower-case letters, digits and underscores, a letter first.
    pub name: String,
    /// `text`, `number`, `boolean`, `date_time`, `choice`.
    pub kind: String,
    /// The possible answers of a choice.
    pub choices: Option<Vec<String>>,
    /// The question put to the call, 1 to 1000 characters.
    pub description: String,
    /// Whether it has to be answered (undetermined is an answer). Default: false.
    pub required: Option<bool>,
    /// What the answer does: `none`, `opt_out`, `callback_at`, `wrong_person`.
    pub role: Option<String>,
}

/// An installed voice gateway.
#[derive(ToSchema)]
pub struct Gateway {
    /// `gw_...`
    pub id: String,
    /// For people.
    pub name: String,
    /// `simulated` is the carrier inside; `carrier` is one in a process of its own; `plugin` is a plugin's.
    pub kind: String,
    /// `name@version` or `name@active`, when its kind is `plugin`.
    pub plugin: Option<String>,
    /// The kind's own settings.
    #[schema(value_type = Object)]
    pub settings: serde_json::Value,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
}
