//! Phones whose calls are written down, so that a test can say exactly what happens.
//!
//! The list of a phone is used up by the dials of that phone in the order they reach the carrier, refused ones
//! included; the last entry stands for all further dials, because a test that runs out of script must not fall back to
//! chance. A scripted dial is free of the drawn faults of dialling; those of its events stay.

use campanile_domain::phone::Phone;
use campanile_domain::ports::gateway::RefusalScope;
use serde::de::value::{MapAccessDeserializer, StrDeserializer};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// One phone's calls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// Which phone, in E.164.
    pub phone: Phone,
    /// What its calls come to, in order; the last one repeats.
    pub outcomes: Vec<Turn>,
}

/// What one dial comes to: `"busy"`, or `{ outcome = "goal", fault = "lost_answer", talk_seconds = 30 }`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Turn {
    /// What the person does; by the rates when absent.
    pub outcome: Option<ScriptedOutcome>,
    /// What the carrier does to the dial; nothing when absent.
    pub fault: Option<ScriptedFault>,
    /// Ringing before an answer.
    pub ring_seconds: Option<f64>,
    /// The length of the conversation or the message.
    pub talk_seconds: Option<f64>,
}

/// What a person does when called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the variants that need a word have one")]
pub enum ScriptedOutcome {
    /// Answers; what is said follows the talk rates.
    Answered,
    /// Answers, and the goal is reached.
    Goal,
    /// Answers, and says no.
    Declined,
    /// Answers, and the call does not tell.
    Undetermined,
    /// Answers, and asks not to be called again.
    OptOut,
    /// Answers, and asks for a later call.
    Callback,
    /// Somebody else answers.
    WrongPerson,
    Voicemail,
    Busy,
    Unanswered,
    NumberInvalid,
    CalleeRejected,
    CallerIdBlocked,
    ProviderFault,
    /// Fails for another reason.
    Failed,
}

/// What the carrier does to a dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptedFault {
    /// Refused for this moment.
    Refused,
    /// Refused for this number.
    RefusedNumber,
    /// Refused for this caller id.
    RefusedCallerId,
    /// Refused for the account.
    RefusedAccount,
    /// It rings, and the answer is lost.
    LostAnswer,
    /// It does not ring, and no answer comes.
    LostRequest,
}

impl ScriptedFault {
    /// What a refusal is about; `None` for the losses.
    pub fn refusal_scope(self) -> Option<RefusalScope> {
        match self {
            Self::Refused => Some(RefusalScope::ThisMoment),
            Self::RefusedNumber => Some(RefusalScope::ThisNumber),
            Self::RefusedCallerId => Some(RefusalScope::ThisCallerId),
            Self::RefusedAccount => Some(RefusalScope::ThisAccount),
            Self::LostAnswer | Self::LostRequest => None,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    outcome: Option<ScriptedOutcome>,
    fault: Option<ScriptedFault>,
    ring_seconds: Option<f64>,
    talk_seconds: Option<f64>,
}

impl<'de> Deserialize<'de> for Turn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;
        impl<'de> Visitor<'de> for Written {
            type Value = Turn;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an outcome such as \"busy\", or { outcome = \"goal\", fault = \"lost_answer\" }")
            }
            fn visit_str<E: Error>(self, word: &str) -> Result<Turn, E> {
                match ScriptedFault::deserialize(StrDeserializer::<E>::new(word)) {
                    Ok(fault) => Ok(Turn { fault: Some(fault), ..Turn::default() }),
                    Err(_) => ScriptedOutcome::deserialize(StrDeserializer::<E>::new(word))
                        .map(|outcome| Turn { outcome: Some(outcome), ..Turn::default() }),
                }
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Turn, A::Error> {
                let Whole { outcome, fault, ring_seconds, talk_seconds } =
                    Whole::deserialize(MapAccessDeserializer::new(map))?;
                Ok(Turn { outcome, fault, ring_seconds, talk_seconds })
            }
        }
        deserializer.deserialize_any(Written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::carrier::scenario::Scenario;

    #[test]
    fn words_and_tables_are_read() {
        let text = r#"
            [[script]]
            phone = "+4930123456"
            outcomes = ["busy", "lost_answer", { outcome = "goal", fault = "lost_answer", talk_seconds = 30.5 }]
        "#;
        let scenario: Scenario = text.parse().unwrap();
        let turns = &scenario.script[0].outcomes;
        assert_eq!(turns[0], Turn { outcome: Some(ScriptedOutcome::Busy), ..Turn::default() });
        assert_eq!(turns[1], Turn { fault: Some(ScriptedFault::LostAnswer), ..Turn::default() });
        assert_eq!((turns[2].outcome, turns[2].talk_seconds), (Some(ScriptedOutcome::Goal), Some(30.5)));
    }

    #[test]
    fn an_unknown_word_is_told_with_the_known_ones() {
        let text = "[[script]]\nphone = \"+4930123456\"\noutcomes = [\"bussy\"]";
        let told = text.parse::<Scenario>().unwrap_err().to_string();
        assert!(told.contains("bussy") && told.contains("unanswered"), "{told}");
    }
}
