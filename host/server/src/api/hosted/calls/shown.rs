//! A call as it is answered.
//!
//! `variables` is what was known of whoever was called, `evaluation` what the call was asked to tell. A value that the call did
//! not tell is null. What this host does not have (a recording, the answer of a webhook) is null as well.

use campanile_domain::money::Micros;
use campanile_domain::ports::gateway::{Speaker, Utterance};
use campanile_domain::ports::store::{Assistant, Call, NumberedCall};
use campanile_domain::time::{SECOND_MS, Timestamp};
use campanile_domain::variable::{Value as Named, VariableSpec, Variables};
use serde::Serialize;
use serde_json::Value;

use crate::api::hosted::assistants::kind_there;
use crate::api::hosted::words;

/// A call.
#[derive(Debug, Serialize)]
pub(crate) struct Shown {
    id: i64,
    assistant_name: Option<String>,
    campaign_name: Option<String>,
    r#type: &'static str,
    /// Seconds of talk.
    duration: i64,
    assistant_phone_number: String,
    client_phone_number: Option<String>,
    status: &'static str,
    transcript: Vec<Line>,
    variables: Variables,
    evaluation: Vec<Evaluated>,
    webhook_response: Option<Value>,
    carrier_cost: String,
    total_cost: String,
    answered_by: Option<&'static str>,
    recording_url: Option<String>,
    created_at: String,
    updated_at: String,
}

#[derive(Debug, Serialize)]
struct Line {
    text: String,
    r#type: &'static str,
    sender: &'static str,
    /// Seconds since 1970.
    timestamp: f64,
}

#[derive(Debug, Serialize)]
struct Evaluated {
    name: String,
    r#type: &'static str,
    value: Value,
    description: String,
}

impl Shown {
    /// With what was said, and whoever spoke.
    pub(super) fn new(numbered: NumberedCall, said: Vec<Utterance>, assistant: Option<&Assistant>) -> Self {
        let NumberedCall { call, campaign_name, given, .. } = numbered;
        let begun = call.answered_at.unwrap_or(call.started_at);
        let duration = seconds(&call);
        let updated_at = words::date(finished_at(&call));
        let specs = assistant.map(|assistant| assistant.config.variables.as_slice()).unwrap_or_default();
        let evaluation = call
            .variables
            .0
            .into_iter()
            .map(|(name, told)| evaluated(specs.iter().find(|spec| spec.name == name), name, &told.value));
        Self {
            id: call.key.0,
            assistant_name: assistant.map(|assistant| assistant.config.name.clone()),
            campaign_name,
            r#type: "outbound",
            duration,
            assistant_phone_number: call.caller_id.to_string(),
            client_phone_number: call.phone.map(|phone| phone.to_string()),
            status: words::call(call.state),
            transcript: said.into_iter().map(|said| line(said, begun)).collect(),
            variables: given,
            evaluation: evaluation.collect(),
            webhook_response: None,
            carrier_cost: words::decimal(call.provider_cost.map_or(Micros::ZERO, |cost| cost.amount_micros)),
            total_cost: words::decimal(call.cost_micros),
            answered_by: words::answered_by(call.state, call.answered_by),
            recording_url: None,
            created_at: words::date(call.started_at),
            updated_at,
        }
    }
}

/// Seconds of talk, rounded.
pub(in crate::api::hosted) const fn seconds(call: &Call) -> i64 {
    (call.talk_ms + SECOND_MS / 2) / SECOND_MS
}

/// When it was over, or last moved as far as is known.
pub(in crate::api::hosted) fn finished_at(call: &Call) -> Timestamp {
    call.ended_at.or(call.answered_at).unwrap_or(call.started_at)
}

fn line(said: Utterance, begun: Timestamp) -> Line {
    let sender = match said.speaker {
        Speaker::Assistant => "bot",
        // Those platforms know two sides; a machine that answers is on the other one.
        Speaker::Person | Speaker::Other => "human",
    };
    let timestamp = (begun + said.at_ms).0 as f64 / SECOND_MS as f64;
    Line { text: said.text, r#type: "transcript", sender, timestamp }
}

fn evaluated(spec: Option<&VariableSpec>, name: String, value: &Named) -> Evaluated {
    let of_value = match value {
        Named::Boolean(_) => "bool",
        Named::Number(_) => "number",
        _ => "string",
    };
    Evaluated {
        name,
        r#type: spec.map_or(of_value, |spec| kind_there(spec.kind)),
        value: value.to_json(),
        description: spec.map(|spec| spec.description.clone()).unwrap_or_default(),
    }
}
