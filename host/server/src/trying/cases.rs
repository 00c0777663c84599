//! Cases: what a script is asked and what it must answer, as they stand in `NAME.cases.json` beside it.
//!
//! A case says as little as it can. Calls are one a round and an hour apart, the last one over a minute before `now`;
//! everything else is a usual campaign's. Times are written as the lead's clock shows them.

use std::collections::BTreeMap;

use campanile_domain::attempt::{AnsweredBy, Failure as CallFailure, Outcome};
use campanile_domain::policy::ContactStrategy;
use campanile_domain::variable::{Role, Value, ValueKind};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value as Json};

/// One case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// Settings of the script's own.
    #[serde(default)]
    pub settings: Map<String, Json>,
    /// The moment of the question; of an evaluation the beginning of the call.
    pub now: Option<String>,
    /// The lead's zone.
    pub zone: Option<String>,
    /// The lead's variables.
    #[serde(default)]
    pub vars: BTreeMap<String, Json>,

    /// For `decide`: the calls that are over, oldest first.
    pub calls: Option<Vec<Call>>,
    /// Absent: no goal; null: undetermined.
    #[serde(default, deserialize_with = "present")]
    pub goal: Option<Value>,
    /// Phones of the lead; 2 when it is left out.
    pub contacts: Option<u16>,
    /// How many more dials the engine would allow.
    pub attempts_left: Option<u32>,
    /// Rounds after the first.
    pub max_retries: Option<u32>,
    /// The campaign's interval, in minutes.
    pub interval_minutes: Option<u32>,
    /// The campaign's end.
    pub campaign_ends: Option<String>,
    /// How the campaign goes through contacts: `rotate`, one a round, as the calls of a case are; or `escalate`.
    pub strategy: Option<ContactStrategy>,
    /// What the built-in table answers, where it is to be something else than what it says to these calls: `retry`,
    /// `next_contact`, `complete`, `give_up`.
    pub builtin: Option<String>,
    /// The campaign's calling hours, as a campaign has them; always when they are left out.
    pub hours: Option<Json>,

    /// For `evaluate`: what was said, `person: text` or `assistant: text`.
    pub said: Option<Vec<String>>,
    /// What is asked about the call; by default what `expect` names, each a boolean.
    #[serde(default)]
    pub asked: BTreeMap<String, Asked>,
    /// How the call ended.
    pub outcome: Option<Outcome>,
    /// What the provider told.
    #[serde(default)]
    pub provided: BTreeMap<String, Json>,

    /// For `map_row`: the cells by their headers, in the order of the file.
    pub row: Option<Map<String, Json>>,

    /// What it must answer.
    pub expect: Expected,
}

/// A call that is over.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Call {
    /// How it ended, and nothing else.
    Plain(Outcome),
    /// More about it.
    Full(Box<FullCall>),
}

/// A call with what is known of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FullCall {
    /// How it ended.
    pub outcome: Outcome,
    /// When, on the lead's clock.
    pub ended: Option<String>,
    /// Position of the contact.
    #[serde(default)]
    pub contact: u16,
    /// Why it failed.
    pub failure: Option<CallFailure>,
    /// Who answered.
    pub answered_by: Option<AnsweredBy>,
    /// How long they talked.
    #[serde(default)]
    pub talk_seconds: u32,
    /// What was determined.
    #[serde(default)]
    pub vars: BTreeMap<String, Json>,
    /// Its era; that of the other calls when it is left out.
    pub era: Option<u32>,
}

/// A variable that is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Asked {
    /// Boolean when it is left out.
    pub kind: Option<ValueKind>,
    /// Of a choice.
    pub choices: Vec<String>,
    /// What the engine does with it by itself.
    pub role: Role,
    /// The question put to the call.
    pub description: String,
}

/// What a script must answer. What is left out is not looked at.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Expected {
    /// A part of the error, when it is to fail.
    pub error: Option<String>,

    /// `retry`, `next_contact`, `complete`, `give_up` or `suppress`.
    pub decision: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// When a retry is.
    pub at: Option<String>,
    /// Past this it is pointless.
    pub before: Option<String>,
    /// The contact that a retry begins with.
    pub contact: Option<u16>,
    /// The priority that a retry sets.
    pub priority: Option<i32>,
    /// The variables that a retry sets, or those of a person.
    pub vars: Option<BTreeMap<String, Json>>,

    /// The answers by name; null: undetermined.
    pub answers: BTreeMap<String, Json>,
    /// Lines that answers rest on, by name.
    pub lines: BTreeMap<String, Vec<u32>>,

    /// The phones of the person.
    pub phones: Option<Vec<String>>,
    /// The person's name.
    pub person: Option<String>,
    /// The person's key.
    pub external_id: Option<String>,
    /// The country of the numbers.
    pub country: Option<String>,
    /// Why the row is left out.
    pub rejected: Option<String>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}
