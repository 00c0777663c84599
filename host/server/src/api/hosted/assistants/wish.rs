//! What is wished of an assistant, in the fields of this host.

use campanile_domain::phone;
use campanile_domain::ports::store::Assistant;
use campanile_domain::variable::{ValueKind, VariableSpec};
use serde_json::{Map, Value, json};

use super::kind_there;
use crate::api::hosted::campaigns::create::zone;
use crate::api::hosted::given::Given;
use crate::api::hosted::refusal::Refusal;
use crate::problem::Problem;

/// What the voice gateway says and how.
const OF_THE_GATEWAY: [&str; 45] = [
    "mode",
    "voice_id",
    "language_id",
    "secondary_language_ids",
    "initial_message",
    "system_prompt",
    "llm_model_id",
    "multimodal_model_id",
    "chat_llm_fallback_id",
    "turn_detection_threshold",
    "knowledgebase_id",
    "knowledgebase_mode",
    "tool_ids",
    "tools",
    "tts_emotion_enabled",
    "voice_stability",
    "voice_similarity",
    "speech_speed",
    "llm_temperature",
    "synthesizer_provider_id",
    "transcriber_provider_id",
    "allow_interruptions",
    "fillers",
    "filler_config",
    "record",
    "enable_noise_cancellation",
    "wait_for_customer",
    "max_silence_duration",
    "max_initial_silence_duration",
    "reengagement_interval",
    "reengagement_prompt",
    "end_call_on_voicemail",
    "voice_mail_message",
    "endpoint_type",
    "endpoint_sensitivity",
    "interrupt_sensitivity",
    "min_interrupt_words",
    "ambient_sound",
    "ambient_sound_volume",
    "variables",
    "conversation_inactivity_timeout",
    "conversation_ended_retrigger",
    "conversation_ended_webhook_url",
    "inbound_webhook_url",
    "widget_settings",
];

/// What this host calls a field, and what the door does.
const NAMES: [(&str, &str); 6] = [
    ("/time_zone", "timezone"),
    ("/ring_timeout_seconds", "ringing_time"),
    ("/max_call_seconds", "max_duration"),
    ("/variables", "post_call_schema"),
    ("/phone_numbers", "phone_number_id"),
    ("/outbound", "type"),
];

/// A problem with the wish, in the fields of the door.
pub(super) fn refused(problem: &Problem) -> Refusal {
    Refusal::renamed(problem, &NAMES)
}

/// Reads it; what is left out is left out. `current` is the assistant that is changed.
pub(super) fn read(given: &mut Given, current: Option<&Assistant>) -> Map<String, Value> {
    let mut wish = Map::new();
    let mut set =
        |field: &str, value: Option<Value>| drop(value.and_then(|value| wish.insert(field.to_owned(), value)));
    set("name", given.text("name", 255).map(Value::from));
    set("outbound", outbound(given));
    set("time_zone", zone(given, "timezone").map(|zone| zone.name().into()));
    set("max_call_seconds", given.integer("max_duration", 20..=1200).map(Value::from));
    // This host lets it ring for 5 seconds at least.
    set("ring_timeout_seconds", given.integer("ringing_time", 5..=60).map(Value::from));
    set("gateway", given.text("gateway", 64).map(Value::from));
    set("gateway_ref", given.text("gateway_ref", 255).map(Value::from));
    set("phone_numbers", phone_number(given));
    set("variables", questions(given, current));
    for field in OF_THE_GATEWAY {
        if given.raw(field).is_some_and(says_something) {
            let message = format!(
                "The {} field is the voice gateway's to decide here; leave it out, set it there, and name the gateway's assistant in gateway_ref.",
                field.replace('_', " ")
            );
            given.refuse(field, message);
        }
    }
    wish
}

/// What asks for nothing may be sent.
fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    }
}

fn outbound(given: &mut Given) -> Option<Value> {
    if given.word("type", &["outbound", "inbound"])? == "inbound" {
        given.refuse("type", "The type field must be outbound: nobody is answered by this host, it calls.");
    }
    Some(true.into())
}

/// A number's id is its digits; null takes it away.
fn phone_number(given: &mut Given) -> Option<Value> {
    if given.names("phone_number_id") && !given.is_sent("phone_number_id") {
        return Some(json!([]));
    }
    let number = given.number("phone_number_id")?;
    match phone::parse(&format!("+{number}"), None) {
        Ok(phone) => Some(json!([phone.to_string()])),
        Err(error) => {
            let message = format!(
                "The phone number id field is no number to call from: {error}. A number's id is its digits with the country code, such as 14155552671."
            );
            given.refuse("phone_number_id", message);
            None
        }
    }
}

/// The questions put to every call. A question that the assistant has already keeps what those platforms cannot say of it: its
/// choices, whether it is required, and what its answer does.
fn questions(given: &mut Given, current: Option<&Assistant>) -> Option<Value> {
    let wanted = given.boolean("post_call_evaluation");
    let names_some = given.names("post_call_schema");
    let known = current.map(|assistant| assistant.config.variables.as_slice()).unwrap_or_default();
    let read = given.each("post_call_schema", 100, |one| {
        one.require(&["name", "type", "description"]);
        let name = one.text("name", 16);
        let kind = one.word("type", &["string", "number", "bool"]);
        let description = one.text("description", 255);
        let short = |text: &Option<String>| text.as_ref().is_some_and(|text| text.chars().count() < 3);
        for (field, text) in [("name", &name), ("description", &description)] {
            if short(text) {
                one.refuse(field, format!("The {field} must have at least 3 characters."));
            }
        }
        question(known, name?, &kind?, description?)
    });
    match (wanted, names_some) {
        (Some(false), _) => Some(json!([])),
        (_, true) => Some(json!(read)),
        // What those platforms ask every call when nobody says what to ask.
        (_, false) if current.is_none() => Some(json!([
            {"name": "status", "kind": "boolean", "description": "Was the objective of the call achieved?"},
            {"name": "summary", "kind": "text", "description": "What was said, in a few words?"},
        ])),
        (_, false) => None,
    }
}

fn question(known: &[VariableSpec], name: String, kind: &str, description: String) -> Option<VariableSpec> {
    let same = known.iter().find(|spec| spec.name == name && kind_there(spec.kind) == kind);
    if let Some(same) = same {
        return Some(VariableSpec { description, ..same.clone() });
    }
    let kind = match kind {
        "bool" => ValueKind::Boolean,
        "number" => ValueKind::Number,
        _ => ValueKind::Text,
    };
    let (choices, role) = (Vec::new(), Default::default());
    Some(VariableSpec { name, kind, choices, description, required: false, role })
}
