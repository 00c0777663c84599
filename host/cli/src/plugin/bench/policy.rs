//! Retry policies: the question of a case, completed and put.
//!
//! A question is the engine's own as its records keep it. Of an attempt the outcome is enough: one a round, an hour apart,
//! the last one over a minute ago.

use campanile_domain::hours::CallingHours;
use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::PluginRef;
use campanile_domain::plugin::manifest::Manifest;
use campanile_domain::policy::PolicyInput;
use campanile_domain::ports::policy::{Calendar, PolicyCall, PolicyRunner};
use campanile_domain::time::{HOUR_MS, MINUTE_MS, Timestamp};
use campanile_sandbox::{Options, Sandbox};
use serde_json::{Map, Value, json};

use super::{Asked, Case};
use crate::exit::Failure;

const USUAL: &str = include_str!("usual_question.json");
const AUTHOR: TenantKey = TenantKey(1);

/// A policy in a sandbox of its own.
pub struct PolicyBench {
    sandbox: Sandbox,
    plugin: PluginRef,
}

impl PolicyBench {
    /// Admits and installs it.
    pub fn new(manifest: &Manifest, component: &[u8]) -> Result<Self, Failure> {
        let sandbox = Sandbox::new(Options::default()).map_err(|error| {
            Failure::unavailable(format!("the sandbox cannot be started: {error}")).next("campanile doctor")
        })?;
        sandbox
            .install_component(AUTHOR, component)
            .map_err(|error| Failure::invalid(error.to_string()).next("campanile plugin check"))?;
        Ok(Self { sandbox, plugin: PluginRef { name: manifest.name.clone(), version: None } })
    }

    /// Puts one case.
    pub async fn ask(&self, fixture: &Case) -> Result<Asked, Failure> {
        let input = question(&fixture.input)
            .map_err(|error| Failure::invalid(format!("the question of {:?}: {error}", fixture.name)))?;
        let hours = fixture.calling_hours.clone().unwrap_or_else(CallingHours::always);
        let calendar = Calendar::new(hours, input.zone.clone());
        let settings = fixture.settings.clone();
        let call = PolicyCall { tenant: AUTHOR, policy: self.plugin.clone(), settings, input, calendar };
        let told = self.sandbox.decide(&call).await;
        let answer = match told.decision {
            Ok(decision) => Ok(json!(decision)),
            Err(failure) => Err(json!(failure)),
        };
        Ok(Asked { answer, used: told.usage.fuel, memory_bytes: told.usage.memory_bytes, log: told.log })
    }
}

/// The usual question with what the case says instead.
fn question(said: &Value) -> Result<PolicyInput, serde_json::Error> {
    let mut whole: Map<String, Value> = serde_json::from_str(USUAL)?;
    let said = said.as_object().cloned().unwrap_or_default();
    let round = said.get("attempts").and_then(Value::as_array).map_or(1, Vec::len).max(1);
    whole.insert("round".to_owned(), json!(round));
    whole.extend(said);
    let now: Timestamp = serde_json::from_value(whole.get("now").cloned().unwrap_or_default())?;
    let era = whole.get("era").cloned().unwrap_or_default();
    let phone = whole.get("contacts").and_then(|contacts| contacts[0]["phone"].as_str()).map(str::to_owned);
    if let Some(Value::Array(attempts)) = whole.get_mut("attempts") {
        let count = attempts.len();
        for (index, attempt) in attempts.iter_mut().enumerate() {
            let later = i64::try_from(count - index - 1).unwrap_or_default();
            let ended_at = now - MINUTE_MS - later * HOUR_MS;
            let mut usual = json!({
                "number": index + 1, "era": era, "round": index + 1, "contact": 0, "phone": phone,
                "failure": "none", "answered_by": "unknown", "started_at": ended_at - MINUTE_MS,
                "ended_at": ended_at, "talk_ms": 0, "variables": {}
            });
            if let (Some(usual), Some(said)) = (usual.as_object_mut(), attempt.as_object()) {
                usual.extend(said.clone());
            }
            *attempt = usual;
        }
    }
    if let Some(builtin) = whole.get_mut("builtin").and_then(Value::as_object_mut)
        && builtin.get("decision").is_some_and(|word| word == "retry")
    {
        builtin.entry("variables").or_insert_with(|| json!({}));
    }
    serde_json::from_value(Value::Object(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_complete_whatever_a_case_leaves_out() {
        let bare = question(&json!({})).unwrap();
        assert_eq!((bare.round, bare.attempts.len(), bare.contacts.len()), (1, 0, 2));
        let two =
            question(&json!({ "attempts": [{"outcome": "busy"}, {"outcome": "voicemail", "contact": 1}] })).unwrap();
        assert_eq!((two.round, two.attempts[1].number, two.attempts[1].contact), (2, 2, 1));
        assert_eq!(two.attempts[1].ended_at.since(two.attempts[0].ended_at), HOUR_MS);
        assert!(question(&json!({ "attempts": [{}] })).unwrap_err().to_string().contains("outcome"));
    }

    #[test]
    fn a_record_of_the_engine_is_a_question_as_it_stands() {
        let recorded = json!(question(&json!({ "attempts": [{"outcome": "busy"}] })).unwrap());
        assert_eq!(json!(question(&recorded).unwrap()), recorded);
    }
}
