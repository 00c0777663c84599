//! A campaign: what its owner configured, and the states it goes through.
//!
//! `draft -> in_progress <-> paused -> completed`. Editing a running campaign is allowed, so the configuration is a
//! value of its own with a version; every attempt and decision names the version it used. The start checks are in
//! [`StartCheck`].

use serde::{Deserialize, Serialize};

use crate::evaluation::EvaluatorUse;
use crate::hours::CallingHours;
use crate::money::Micros;
use crate::phone::Phone;
use crate::plugin::PluginRef;
use crate::policy::{ContactStrategy, OnPolicyFailure};
use crate::time::{MINUTE_MS, Timestamp};
use crate::zone::Zone;

pub use start::{StartCheck, StartFacts, StartProblem};
pub use state::{CampaignState, Happening, InvalidVerb, StatusReason, Verb};

mod start;
mod state;

/// What to do when the evaluator looked and the call did not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnGoalUndetermined {
    /// As if the goal were not reached.
    #[default]
    Retry,
    /// The lead is done.
    Complete,
}

/// Which of the caller ids a lead sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallerIdStrategy {
    /// The same one for a lead as long as it works.
    #[default]
    Sticky,
    /// The next one at every attempt.
    Rotate,
}

/// In which order fresh leads are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadOrder {
    /// The youngest lead first.
    #[default]
    Newest,
    /// The oldest lead first.
    Oldest,
    /// By a hash that stays the same for a lead.
    Random,
}

/// What a campaign is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CampaignKind {
    /// Leads are called until they are reached or their attempts are used.
    #[default]
    Campaign,
    /// Holds the single calls of an assistant: every lead is one call, dialled at most once and only right away.
    SingleCalls,
    /// The same, for those that were asked for whatever the calling hours.
    SingleCallsAtAnyHour,
}

impl CampaignKind {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Campaign => "campaign",
            Self::SingleCalls => "single_calls",
            Self::SingleCallsAtAnyHour => "single_calls_at_any_hour",
        }
    }

    /// A lead is one call: whatever comes of the first dial, there is no second.
    pub const fn is_single(self) -> bool {
        !matches!(self, Self::Campaign)
    }
}

/// What an owner configures; the field names are the API's and those of campaign files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignConfig {
    /// 1 to 255 characters.
    pub name: String,
    /// Whose clock the calling hours follow; `None` takes the assistant's.
    #[serde(default)]
    pub time_zone: Option<Zone>,
    /// When calls may begin.
    #[serde(default)]
    pub calling_hours: CallingHours,
    /// How many calls at once, 1 to the tenant's limit.
    #[serde(default = "defaults::max_concurrent_calls")]
    pub max_concurrent_calls: u32,
    /// Rounds after the first, 0 to 5.
    #[serde(default = "defaults::max_retries")]
    pub max_retries: u32,
    /// From the end of a round's last attempt to the next round, 10 to 4320.
    #[serde(default = "defaults::retry_interval_minutes")]
    pub retry_interval_minutes: u32,
    /// Continue calling until a human answers.
    #[serde(default)]
    pub retry_on_voicemail: bool,
    /// Keep calling until the objective is achieved, within `max_retries`.
    #[serde(default)]
    pub retry_until_goal: bool,
    /// A boolean post-call variable of the assistant.
    #[serde(default)]
    pub goal_variable: Option<String>,
    /// When the evaluator looked and the call did not tell.
    #[serde(default)]
    pub on_goal_undetermined: OnGoalUndetermined,
    /// How long a lead waits for a missing evaluation before the campaign pauses.
    #[serde(default = "defaults::evaluation_timeout_minutes")]
    pub evaluation_timeout_minutes: u32,
    /// How a lead's contacts are gone through.
    #[serde(default)]
    pub contact_strategy: ContactStrategy,
    /// `None` is the built-in table.
    #[serde(default)]
    pub policy: Option<PluginRef>,
    /// The policy's own settings, an object.
    #[serde(default = "defaults::no_settings")]
    pub policy_settings: serde_json::Value,
    /// When the policy fails.
    #[serde(default)]
    pub on_policy_failure: OnPolicyFailure,
    /// Binds every policy, at most 100. `None`: rounds times contacts, or 25 with a policy.
    #[serde(default)]
    pub max_attempts_per_lead: Option<u32>,
    /// Who reads answered calls, in order; what the provider supplies comes first.
    #[serde(default)]
    pub evaluators: Vec<EvaluatorUse>,
    /// Numbers to call from; `None` takes the assistant's.
    #[serde(default)]
    pub caller_ids: Option<Vec<Phone>>,
    /// Which of them a lead sees.
    #[serde(default)]
    pub caller_id_strategy: CallerIdStrategy,
    /// `None`: no limit.
    #[serde(default)]
    pub max_calls_per_caller_id_per_day: Option<u32>,
    /// For fresh leads.
    #[serde(default)]
    pub order: LeadOrder,
    /// Complete when nobody can be called any more.
    #[serde(default = "defaults::yes")]
    pub complete_when_no_leads: bool,
    /// No call before.
    #[serde(default)]
    pub starts_at: Option<Timestamp>,
    /// No call from then on; the campaign completes.
    #[serde(default)]
    pub ends_at: Option<Timestamp>,
    /// What the campaign may spend in all.
    #[serde(default)]
    pub budget_micros: Option<Micros>,
}

mod defaults {
    pub(super) const fn max_concurrent_calls() -> u32 {
        3
    }
    pub(super) const fn max_retries() -> u32 {
        3
    }
    pub(super) const fn retry_interval_minutes() -> u32 {
        60
    }
    pub(super) const fn evaluation_timeout_minutes() -> u32 {
        60
    }
    pub(super) const fn yes() -> bool {
        true
    }
    pub(super) fn no_settings() -> serde_json::Value {
        serde_json::Value::Object(serde_json::Map::new())
    }
}

/// One thing wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// JSON pointer into the body.
    pub pointer: String,
    /// Stable and machine-readable.
    pub code: &'static str,
    /// Names the value, the rule and the fix.
    pub message: String,
}

impl FieldError {
    /// An error at a pointer.
    pub fn new(pointer: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, message: message.into() }
    }
}

/// The most attempts a lead may ever get in one era, whatever is configured.
pub const MAX_ATTEMPTS: u32 = 100;
/// The cap on attempts when a policy decides and nothing is configured.
pub const DEFAULT_POLICY_ATTEMPTS: u32 = 25;

impl CampaignConfig {
    /// A campaign with every default.
    pub fn named(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            time_zone: None,
            calling_hours: CallingHours::default(),
            max_concurrent_calls: defaults::max_concurrent_calls(),
            max_retries: defaults::max_retries(),
            retry_interval_minutes: defaults::retry_interval_minutes(),
            retry_on_voicemail: false,
            retry_until_goal: false,
            goal_variable: None,
            on_goal_undetermined: OnGoalUndetermined::default(),
            evaluation_timeout_minutes: defaults::evaluation_timeout_minutes(),
            contact_strategy: ContactStrategy::default(),
            policy: None,
            policy_settings: defaults::no_settings(),
            on_policy_failure: OnPolicyFailure::default(),
            max_attempts_per_lead: None,
            evaluators: Vec::new(),
            caller_ids: None,
            caller_id_strategy: CallerIdStrategy::default(),
            max_calls_per_caller_id_per_day: None,
            order: LeadOrder::default(),
            complete_when_no_leads: true,
            starts_at: None,
            ends_at: None,
            budget_micros: None,
        }
    }

    /// The retry interval in milliseconds.
    pub const fn retry_interval_ms(&self) -> i64 {
        self.retry_interval_minutes as i64 * MINUTE_MS
    }

    /// Rounds in all: the first and the retries.
    pub const fn rounds(&self) -> u32 {
        self.max_retries + 1
    }

    /// The cap that binds every decision for a lead with so many contacts.
    pub fn attempts_cap(&self, contacts: usize) -> u32 {
        let contacts = u32::try_from(contacts.max(1)).unwrap_or(u32::MAX);
        let natural =
            if self.policy.is_some() { DEFAULT_POLICY_ATTEMPTS } else { self.rounds().saturating_mul(contacts) };
        self.max_attempts_per_lead.unwrap_or(natural).min(MAX_ATTEMPTS)
    }

    /// Every rule that a single configuration can break. `max_concurrent` is the tenant's limit.
    pub fn check(&self, max_concurrent: u32) -> Vec<FieldError> {
        let mut errors = Vec::new();
        let mut field = |pointer: &str, code, message: String| errors.push(FieldError::new(pointer, code, message));
        let length = self.name.chars().count();
        if length == 0 || length > 255 {
            field("/name", "length", format!("the name has {length} characters; give it 1 to 255"));
        }
        if !(1..=max_concurrent).contains(&self.max_concurrent_calls) {
            let value = self.max_concurrent_calls;
            field(
                "/max_concurrent_calls",
                "range",
                format!("{value} is outside 1 to {max_concurrent}, your account's limit"),
            );
        }
        if self.max_retries > 5 {
            field("/max_retries", "range", format!("{} is outside 0 to 5", self.max_retries));
        }
        if !(10..=4320).contains(&self.retry_interval_minutes) {
            let value = self.retry_interval_minutes;
            field("/retry_interval_minutes", "range", format!("{value} is outside 10 to 4320 minutes (three days)"));
        }
        if !(1..=10_080).contains(&self.evaluation_timeout_minutes) {
            let value = self.evaluation_timeout_minutes;
            field("/evaluation_timeout_minutes", "range", format!("{value} is outside 1 to 10080 minutes (a week)"));
        }
        if self.retry_until_goal && self.goal_variable.is_none() {
            let message = "retry_until_goal needs goal_variable: the boolean post-call variable that tells success";
            field("/goal_variable", "required", message.into());
        }
        if let Some(cap) = self.max_attempts_per_lead
            && !(1..=MAX_ATTEMPTS).contains(&cap)
        {
            field("/max_attempts_per_lead", "range", format!("{cap} is outside 1 to {MAX_ATTEMPTS}"));
        }
        if !self.policy_settings.is_object() {
            let message = "the settings of a policy are a JSON object; leave the field out for none";
            field("/policy_settings", "wrong_type", message.into());
        }
        if self.caller_ids.as_ref().is_some_and(Vec::is_empty) {
            let message =
                "an empty list leaves nothing to call from; leave the field out to use the assistant's numbers";
            field("/caller_ids", "empty", message.into());
        }
        if self.max_calls_per_caller_id_per_day == Some(0) {
            field(
                "/max_calls_per_caller_id_per_day",
                "range",
                "0 would forbid every call; leave it out for no limit".into(),
            );
        }
        if let (Some(from), Some(to)) = (self.starts_at, self.ends_at)
            && from >= to
        {
            field("/ends_at", "order", format!("ends_at {to} is not after starts_at {from}"));
        }
        if self.budget_micros.is_some_and(|budget| budget.0 <= 0) {
            field("/budget_micros", "range", "a budget is more than 0; leave it out for none".into());
        }
        errors
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_the_documented_ones() {
        let config: CampaignConfig = serde_json::from_str(r#"{"name":"March"}"#).unwrap();
        assert_eq!(config, CampaignConfig::named("March"));
        assert_eq!((config.max_concurrent_calls, config.max_retries, config.retry_interval_minutes), (3, 3, 60));
        assert_eq!(config.check(10), vec![]);
        assert_eq!(config.attempts_cap(2), 8);
    }

    #[test]
    fn an_unknown_field_is_an_error() {
        let error = serde_json::from_str::<CampaignConfig>(r#"{"name":"x","max_retry":1}"#).unwrap_err();
        assert!(error.to_string().contains("max_retry"), "{error}");
    }

    #[test]
    fn all_broken_fields_are_named_at_once() {
        let config = CampaignConfig {
            max_concurrent_calls: 0,
            max_retries: 6,
            retry_interval_minutes: 5,
            retry_until_goal: true,
            ..CampaignConfig::named("")
        };
        let pointers: Vec<_> = config.check(10).into_iter().map(|error| error.pointer).collect();
        let expected = ["/name", "/max_concurrent_calls", "/max_retries", "/retry_interval_minutes", "/goal_variable"];
        assert_eq!(pointers, expected);
    }
}
