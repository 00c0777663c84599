//! Reading a finished call: the question put to an evaluator and what it may answer.
//!
//! The contract has records of the same shape, and one file of the sandbox converts between the two. An evaluation is
//! whole or an error: every variable that was asked for is answered, with a value of its type or undetermined.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::attempt::{AnsweredBy, Outcome};
use crate::ids::{CallId, CampaignId, LeadId};
use crate::money::{Currency, Micros};
use crate::ports::gateway::Utterance;
use crate::time::Timestamp;
use crate::variable::{Determined, DeterminedBy, Value, VariableSpec, Variables};
use crate::zone::Zone;

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
