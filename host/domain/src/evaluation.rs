//! Reading a finished call: the question put to an evaluator and what it may answer.
//!
//! The contract has records of the same shape, and one file of the sandbox converts between the two. An evaluation is
//! whole or an error: every variable that was asked for is answered, with a value of its type or undetermined.
//!
//! The variables of a call are determined in order: by the provider, then by each evaluator of the campaign, which is asked
//! only what is still open. The first that determines one wins.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value as Json;

use crate::attempt::{AnsweredBy, Outcome};
use crate::ids::{CallId, CampaignId, LeadId};
use crate::money::{Currency, Micros};
use crate::plugin::PluginRef;
use crate::ports::gateway::Utterance;
use crate::time::{MINUTE_MS, SECOND_MS, Timestamp};
use crate::variable::{Determined, DeterminedBy, Value, VariableSpec, Variables};
use crate::zone::Zone;

/// How long after its end a call waits for its transcript, in milliseconds; then it is evaluated without one. One that comes
/// later is evaluated when it comes.
pub const TRANSCRIPT_WAIT_MS: i64 = 2 * MINUTE_MS;
/// How long a transcript that came may take to be kept, in milliseconds.
pub const TRANSCRIPT_KEPT_MS: i64 = SECOND_MS;
/// Evaluators of one campaign.
pub const EVALUATORS: usize = 10;

/// An evaluator as a campaign uses it. Written as `"name@version"`, or as `{"plugin": "name@version", "settings": {...}}`.
#[derive(Clone, Debug, PartialEq)]
pub struct EvaluatorUse {
    /// A plugin, or a script that defines `evaluate`.
    pub plugin: PluginRef,
    /// Its settings, an object.
    pub settings: Json,
}

impl From<PluginRef> for EvaluatorUse {
    /// With the settings that it has by itself.
    fn from(plugin: PluginRef) -> Self {
        Self { plugin, settings: Json::Object(serde_json::Map::new()) }
    }
}

impl Serialize for EvaluatorUse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.settings.as_object().is_some_and(serde_json::Map::is_empty) {
            return self.plugin.serialize(serializer);
        }
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("plugin", &self.plugin)?;
        map.serialize_entry("settings", &self.settings)?;
        map.end()
    }
}

impl<'de> Deserialize<'de> for EvaluatorUse {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Written {
            plugin: PluginRef,
            #[serde(default)]
            settings: serde_json::Map<String, Json>,
        }
        match Json::deserialize(deserializer)? {
            Json::String(text) => text.parse::<PluginRef>().map(Into::into).map_err(D::Error::custom),
            other => {
                let Written { plugin, settings } = serde_json::from_value(other).map_err(|error| {
                    D::Error::custom(format!(
                        "an evaluator is \"name@version\" or {{\"plugin\", \"settings\"}}: {error}"
                    ))
                })?;
                Ok(Self { plugin, settings: Json::Object(settings) })
            }
        }
    }
}

/// What is known of the call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Talk {
    /// The call.
    pub call: CallId,
    /// Of whom.
    pub lead: LeadId,
    /// In which campaign.
    pub campaign: CampaignId,
    /// When the dial was committed.
    pub started_at: Timestamp,
    /// The lead's zone.
    pub zone: Zone,
    /// BCP 47, if known.
    pub language: Option<String>,
    /// How it ended.
    pub outcome: Outcome,
    /// Who answered.
    pub answered_by: AnsweredBy,
    /// How long the parties talked, in milliseconds.
    pub talk_ms: i64,
    /// What was said; may be empty.
    pub transcript: Vec<Utterance>,
    /// What the provider's own analysis answered.
    pub provided: Variables,
    /// The lead's variables with the contact's merged over them.
    pub lead_variables: Variables,
}

/// The whole question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EvaluationInput {
    /// The call.
    pub talk: Talk,
    /// What is to be answered: each of these and nothing else.
    pub wanted: Vec<VariableSpec>,
    /// The campaign's goal, one of `wanted` or decided already.
    pub goal: Option<String>,
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Of the question's type, or undetermined.
    pub value: Value,
    /// Why, in the evaluator's words.
    pub reason: String,
    /// Positions in the transcript, from 0; each of them exists.
    pub evidence: Vec<u32>,
    /// 0 to 1, where it tells.
    pub confidence: Option<f32>,
}

impl Answer {
    /// As a result of the call, told by an evaluator (`name@version`).
    pub fn by(self, evaluator: &str) -> Determined {
        Determined {
            value: self.value,
            by: DeterminedBy::Evaluator(evaluator.to_owned()),
            reason: self.reason,
            evidence: self.evidence,
            confidence: self.confidence,
        }
    }
}

/// What the evaluation itself cost at somebody else's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvaluationCost {
    /// How much; never negative.
    pub amount: Micros,
    /// In which currency.
    pub currency: Currency,
}

/// A whole evaluation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// By name: exactly the names that were wanted.
    pub answers: BTreeMap<String, Answer>,
    /// What it cost, where it tells.
    pub cost: Option<EvaluationCost>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_evaluator_is_written_as_short_as_it_can_be() {
        let plain = json!("judge@active");
        let full = json!({"plugin": "judge@1.0.0", "settings": {"strict": true}});
        for written in [plain, full] {
            let read: EvaluatorUse = serde_json::from_value(written.clone()).unwrap();
            assert_eq!(serde_json::to_value(&read).unwrap(), written);
        }
        for wrong in [json!(7), json!({"settings": {}}), json!({"plugin": "judge", "setting": {}}), json!("Judge")] {
            assert!(serde_json::from_value::<EvaluatorUse>(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
