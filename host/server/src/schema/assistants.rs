//! Assistants and gateways.

use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use super::closed;

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

/// What an owner configures of an assistant.
#[derive(ToSchema, Serialize)]
pub struct AssistantConfig {
    /// 1 to 255 characters.
    #[schema(min_length = 1, max_length = 255, nullable = false)]
    pub name: Option<String>,
    /// It may call out. Default: true.
    #[schema(nullable = false)]
    pub outbound: Option<bool>,
    /// Numbers to call from; written as people write them, answered in E.164.
    #[schema(nullable = false)]
    pub phone_numbers: Option<Vec<String>>,
    /// An IANA name. Campaigns without a zone of their own follow it.
    #[schema(nullable = false)]
    pub time_zone: Option<String>,
    /// `gw_...`: which gateway dials.
    #[schema(nullable = false, pattern = "^gw_[0-7][0-9a-hjkmnp-tv-z]{25}$")]
    pub gateway: Option<String>,
    /// The assistant as the gateway knows it.
    pub gateway_ref: Option<String>,
    /// The questions put to every call.
    #[schema(nullable = false)]
    pub variables: Option<Vec<VariableSpec>>,
    /// How long to let it ring, 5 to 120. Default: 30.
    #[schema(nullable = false, minimum = 5, maximum = 120)]
    pub ring_timeout_seconds: Option<u32>,
    /// The longest call, 20 to 7200. Default: 600.
    #[schema(nullable = false, minimum = 20, maximum = 7200)]
    pub max_call_seconds: Option<u32>,
}

/// A new assistant.
pub struct NewAssistant;

impl PartialSchema for NewAssistant {
    fn schema() -> RefOr<Schema> {
        let painted = closed::<AssistantConfig>(&["name", "time_zone", "gateway"]);
        Schema::Object(painted).into()
    }
}

impl ToSchema for NewAssistant {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        AssistantConfig::schemas(schemas);
    }
}

/// A change of an assistant: of what it names.
pub struct AssistantPatch;

impl PartialSchema for AssistantPatch {
    fn schema() -> RefOr<Schema> {
        let painted = closed::<AssistantConfig>(&[]);
        Schema::Object(painted).into()
    }
}

impl ToSchema for AssistantPatch {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        AssistantConfig::schemas(schemas);
    }
}

/// One post-call question.
#[derive(ToSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct VariableSpec {
    /// 3 to 64 lower-case letters, digits and underscores, a letter first.
    #[schema(pattern = "^[a-z][a-z0-9_]{2,63}$")]
    pub name: String,
    /// `text`, `number`, `boolean`, `date_time`, `choice`.
    #[schema(pattern = "^(text|number|boolean|date_time|choice)$")]
    pub kind: String,
    /// The possible answers of a choice.
    #[schema(nullable = false)]
    pub choices: Option<Vec<String>>,
    /// The question put to the call, 1 to 1000 characters.
    #[schema(min_length = 1, max_length = 1000)]
    pub description: String,
    /// Whether it has to be answered (undetermined is an answer). Default: false.
    #[schema(nullable = false)]
    pub required: Option<bool>,
    /// What the answer does: `none`, `opt_out`, `callback_at`, `wrong_person`.
    #[schema(nullable = false, pattern = "^(none|opt_out|callback_at|wrong_person)$")]
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
