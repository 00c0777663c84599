//! Campaigns.

use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::closed;

/// A campaign as its owner sees it.
#[derive(ToSchema, Serialize)]
pub struct Campaign {
    /// `cmp_...`
    pub id: String,
    /// `campaign`, or `single_calls` and `single_calls_at_any_hour` for those that hold an assistant's single calls.
    pub kind: String,
    /// `asst_...`: who speaks.
    pub assistant: String,
    /// `draft`, `in_progress`, `paused` or `completed`.
    pub status: String,
    /// Why it stands there.
    pub status_reason: StatusReason,
    /// What its owner configured.
    #[serde(flatten)]
    pub config: CampaignConfig,
    /// Counts every edit, from 1.
    pub config_version: u32,
    /// Counts every change; the ETag.
    pub revision: u64,
    /// Spent and reserved so far, in millionths of the currency's unit.
    pub spent_micros: i64,
    /// When it was made.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When it was changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// When it was first started.
    #[schema(format = DateTime)]
    pub started_at: Option<String>,
    /// When it was last completed.
    #[schema(format = DateTime)]
    pub completed_at: Option<String>,
}

/// A campaign after an edit.
#[derive(ToSchema, Serialize)]
pub struct EditedCampaign {
    /// The campaign.
    #[serde(flatten)]
    pub campaign: Campaign,
    /// Leads that have ended: the edit does not change them. Set their status to `created` to call them again.
    pub ended_leads_unaffected: u64,
}

/// Why a campaign stands where it does.
#[derive(ToSchema, Serialize)]
pub struct StatusReason {
    /// The verb or the happening: `pause`, `stop`, `breaker_opened`, `budget_spent`, ...
    pub code: String,
    /// For a person.
    pub detail: String,
    /// Who did it.
    pub by: String,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}

/// A new campaign: an assistant, and what its owner configures.
pub struct NewCampaign;

impl PartialSchema for NewCampaign {
    fn schema() -> RefOr<Schema> {
        let mut painted = closed::<CampaignConfig>(&["assistant", "name"]);
        let assistant = ObjectBuilder::new()
            .schema_type(Type::String)
            .pattern(Some("^asst_[0-7][0-9a-hjkmnp-tv-z]{25}$"))
            .description(Some("`asst_...`: who speaks."));
        painted.properties.insert("assistant".to_owned(), Schema::Object(assistant.build()).into());
        Schema::Object(painted).into()
    }
}

impl ToSchema for NewCampaign {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        CampaignConfig::schemas(schemas);
    }
}

/// A change of a campaign: of what it names.
pub struct CampaignPatch;

impl PartialSchema for CampaignPatch {
    fn schema() -> RefOr<Schema> {
        let painted = closed::<CampaignConfig>(&[]);
        Schema::Object(painted).into()
    }
}

impl ToSchema for CampaignPatch {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        CampaignConfig::schemas(schemas);
    }
}

/// What an owner configures.
#[derive(ToSchema, Serialize)]
pub struct CampaignConfig {
    /// 1 to 255 characters.
    #[schema(min_length = 1, max_length = 255, nullable = false)]
    pub name: Option<String>,
    /// Whose clock the calling hours follow, an IANA name. Default: the assistant's.
    pub time_zone: Option<String>,
    /// `{"monday": [{"from": "09:00", "to": "18:00"}]}` or `{"start": "09:00", "end": "18:00", "days": ["monday"]}`.
    /// Default: Monday to Friday, 09:00 to 18:00.
    #[schema(value_type = super::hours::Hours, required = false)]
    pub calling_hours: Option<serde_json::Value>,
    /// How many calls at once, 1 to the account's limit. Default: 3.
    #[schema(nullable = false, minimum = 1, format = Int64, maximum = 4294967295_i64)]
    pub max_concurrent_calls: Option<u32>,
    /// Rounds after the first, 0 to 5. Default: 3.
    #[schema(nullable = false, maximum = 5)]
    pub max_retries: Option<u32>,
    /// From the end of a round's last attempt to the next round, 10 to 4320. Default: 60.
    #[schema(nullable = false, minimum = 10, maximum = 4320)]
    pub retry_interval_minutes: Option<u32>,
    /// Continue calling until a human answers. Default: false.
    #[schema(nullable = false)]
    pub retry_on_voicemail: Option<bool>,
    /// Keep calling until the objective is achieved, within `max_retries`. Default: false.
    #[schema(nullable = false)]
    pub retry_until_goal: Option<bool>,
    /// A boolean post-call variable of the assistant.
    pub goal_variable: Option<String>,
    /// When the evaluator looked and the call did not tell: `retry` or `complete`. Default: `retry`.
    #[schema(nullable = false, pattern = "^(retry|complete)$")]
    pub on_goal_undetermined: Option<String>,
    /// How long a lead waits for a missing evaluation before the campaign pauses. Default: 60.
    #[schema(nullable = false, minimum = 1, maximum = 10080)]
    pub evaluation_timeout_minutes: Option<u32>,
    /// How a lead's contacts are gone through: `escalate` or `rotate`. Default: `escalate`.
    #[schema(nullable = false, pattern = "^(escalate|rotate)$")]
    pub contact_strategy: Option<String>,
    /// Who decides after a call: `name@version` or `name@active`. Default: the built-in table.
    #[schema(pattern = "^[a-z][a-z0-9-]{2,48}(@[A-Za-z0-9.+-]{1,64})?$")]
    pub policy: Option<String>,
    /// The policy's own settings.
    #[schema(value_type = Object, required = false)]
    pub policy_settings: Option<serde_json::Value>,
    /// When the policy fails: `hold`, `built_in` or `stop`. Default: `hold`.
    #[schema(nullable = false, pattern = "^(hold|built_in|stop)$")]
    pub on_policy_failure: Option<String>,
    /// Binds every policy, at most 100. Default: rounds times contacts, or 25 with a policy.
    #[schema(minimum = 1, maximum = 100)]
    pub max_attempts_per_lead: Option<u32>,
    /// Who reads answered calls, in order. What the gateway determines comes first; each is asked only what is still open.
    /// At most 10.
    #[schema(nullable = false, max_items = 10)]
    pub evaluators: Option<Vec<EvaluatorUse>>,
    /// Numbers to call from. Default: the assistant's.
    #[schema(min_items = 1)]
    pub caller_ids: Option<Vec<String>>,
    /// Which of them a lead sees: `sticky` or `rotate`. Default: `sticky`.
    #[schema(nullable = false, pattern = "^(sticky|rotate)$")]
    pub caller_id_strategy: Option<String>,
    /// Default: no limit.
    #[schema(minimum = 1, format = Int64, maximum = 4294967295_i64)]
    pub max_calls_per_caller_id_per_day: Option<u32>,
    /// In which order fresh leads are taken: `newest`, `oldest` or `random`. Default: `newest`.
    #[schema(nullable = false, pattern = "^(newest|oldest|random)$")]
    pub order: Option<String>,
    /// Complete when nobody can be called any more. Default: true.
    #[schema(nullable = false)]
    pub complete_when_no_leads: Option<bool>,
    /// No call before.
    #[schema(format = DateTime)]
    pub starts_at: Option<String>,
    /// No call from then on; the campaign completes.
    #[schema(format = DateTime)]
    pub ends_at: Option<String>,
    /// What the campaign may spend in all, in millionths of the currency's unit.
    #[schema(minimum = 1)]
    pub budget_micros: Option<i64>,
}

/// One thing that has to hold before a campaign may start.
#[derive(ToSchema)]
pub struct StartCheck {
    /// The code that `start` refuses with when it does not hold.
    pub code: String,
    /// It holds.
    pub passed: bool,
    /// What was found.
    pub message: String,
    /// What to do when it does not hold.
    pub next_step: Option<String>,
}

/// What became of a campaign so far.
#[derive(ToSchema)]
pub struct Stats {
    /// Leads in all.
    pub leads: u64,
    /// By status, then reason (empty for the statuses without one).
    #[schema(value_type = Object)]
    pub by_status: serde_json::Value,
    /// Attempts that are over, by outcome; `refused`, `withdrawn` and `not_dialled` beside them.
    #[schema(value_type = Object)]
    pub attempts: serde_json::Value,
    /// Attempts that are open.
    pub open_attempts: u64,
    /// Answered attempts by who answered.
    #[schema(value_type = Object)]
    pub answered_by: serde_json::Value,
    /// Leads whose goal was reached.
    pub goals_reached: u64,
    /// Talk in milliseconds.
    pub talk_ms: i64,
    /// Charged to the account, in millionths of the currency's unit.
    pub cost_micros: i64,
    /// The first dial.
    #[schema(format = DateTime)]
    pub first_call_at: Option<String>,
    /// The last end of a call.
    #[schema(format = DateTime)]
    pub last_call_at: Option<String>,
}

/// How long after it was possible leads were called; within a tenth above.
#[derive(ToSchema)]
pub struct Lateness {
    /// Half of the calls were no later, in milliseconds.
    pub p50_ms: i64,
    /// 99 of 100 calls were no later.
    pub p99_ms: i64,
}

/// An evaluator as a campaign uses it.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum EvaluatorUse {
    /// `name@version` of a plugin, or of a script that defines `evaluate`; with the settings that it has by itself.
    Named(String),
    /// With settings of the campaign's.
    Set(EvaluatorSettings),
}

/// An evaluator with settings of the campaign's.
#[derive(ToSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct EvaluatorSettings {
    /// `name@version`
    #[schema(pattern = "^[a-z][a-z0-9-]{2,48}(@[A-Za-z0-9.+-]{1,64})?$")]
    pub plugin: String,
    /// By the plugin's schema of settings.
    pub settings: serde_json::Value,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use utoipa::PartialSchema;

    #[test]
    fn the_portrait_of_the_configuration_has_every_field() {
        let config = campanile_domain::campaign::CampaignConfig::named("x");
        let real = serde_json::to_value(&config).unwrap();
        let painted = serde_json::to_value(super::CampaignConfig::schema()).unwrap();
        let names = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>();
        assert_eq!(names(&real), names(&painted["properties"]));
    }
}
