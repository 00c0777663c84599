//! What a voice gateway is asked and what it answers.
//!
//! What comes back is a stranger's claim about calls. It must be exactly readable; whether it is believed is decided by
//! whoever holds it against the host's own evidence.

use campanile_domain::attempt::{AnsweredBy, CallStatus, Failure};
use campanile_domain::ids::CallId;
use campanile_domain::money::Micros;
use campanile_domain::ports::gateway::{
    CallEvent, Capabilities, Dial, Finding, PlaceAnswer, Refusal, RefusalScope, Speaker, Utterance, Webhook,
};
use campanile_domain::time::Timestamp;

use super::value::{lend_all, take_all};
use crate::contract::campanile::plugin::types;
use crate::contract::exports::campanile::plugin::gateway as contract;
use crate::fault::Fault;

/// The longest name of a call or an event, in bytes.
const NAME_BYTES: usize = 256;
/// The longest sentence that is kept of a refusal, in characters.
const SENTENCE: usize = 500;

fn invalid(what: impl Into<String>) -> Fault {
    Fault::OutputInvalid { what: what.into() }
}

fn milliseconds(value: i64) -> u32 {
    u32::try_from(value.max(0)).unwrap_or(u32::MAX)
}

/// The dial as the contract's record.
pub fn dial(dial: &Dial) -> contract::Dial {
    contract::Dial {
        attempt_id: dial.attempt.to_string(),
        caller_id: dial.caller_id.to_string(),
        to: dial.to.to_string(),
        assistant_ref: dial.assistant_ref.clone().unwrap_or_default(),
        callback_url: dial.callback_url.clone(),
        ring_timeout_ms: milliseconds(dial.ring_timeout_ms),
        max_call_ms: milliseconds(dial.max_call_ms),
        variables: lend_all(&dial.variables),
        extra: Vec::new(),
    }
}

/// A webhook as the contract's record.
pub fn webhook(webhook: &Webhook) -> types::Webhook {
    types::Webhook {
        method: webhook.method.clone(),
        url: webhook.url.clone(),
        headers: webhook.headers.clone(),
        body: webhook.body.clone(),
        received_at: webhook.received_at.millis(),
    }
}

fn named(what: &str, name: String) -> Result<String, Fault> {
    if name.is_empty() || name.len() > NAME_BYTES {
        return Err(invalid(format!("{what} has {} bytes; it must have 1 to {NAME_BYTES}", name.len())));
    }
    Ok(name)
}

fn sentence(text: &str) -> String {
    text.chars().take(SENTENCE).collect()
}

/// What asking to dial came to, by the guest's word alone.
pub fn placed(answer: Result<contract::Placed, contract::DialFault>) -> PlaceAnswer {
    match answer {
        Ok(placed) => match named("provider-call-id", placed.provider_call_id) {
            Ok(provider_call_id) => PlaceAnswer::Placed { provider_call_id },
            Err(fault) => PlaceAnswer::Unsure { why: format!("placed, but {fault}") },
        },
        Err(contract::DialFault::Unsure(why)) => PlaceAnswer::Unsure { why: sentence(&why) },
        Err(contract::DialFault::Refused(refusal)) => PlaceAnswer::Refused(Refusal {
            code: sentence(&refusal.code),
            message: sentence(&refusal.message),
            scope: match refusal.scope {
                contract::RefusalScope::ThisNumber => RefusalScope::ThisNumber,
                contract::RefusalScope::ThisCallerId => RefusalScope::ThisCallerId,
                contract::RefusalScope::ThisMoment => RefusalScope::ThisMoment,
                contract::RefusalScope::ThisAccount => RefusalScope::ThisAccount,
            },
            retry_after_ms: refusal.retry_after_ms.map(|wait| i64::try_from(wait).unwrap_or(i64::MAX)),
        }),
    }
}

fn status(status: contract::Status) -> Option<CallStatus> {
    Some(match status {
        contract::Status::Initiated => CallStatus::Initiated,
        contract::Status::Ringing => CallStatus::Ringing,
        contract::Status::InProgress => CallStatus::InProgress,
        contract::Status::Completed => CallStatus::Completed,
        contract::Status::Busy => CallStatus::Busy,
        contract::Status::Unanswered => CallStatus::Unanswered,
        contract::Status::Failed => CallStatus::Failed,
        contract::Status::Cancelled => CallStatus::Cancelled,
        contract::Status::Other => return None,
    })
}

fn failure(failure: types::Failure) -> Failure {
    match failure {
        types::Failure::None => Failure::None,
        types::Failure::NumberInvalid => Failure::NumberInvalid,
        types::Failure::CalleeRejected => Failure::CalleeRejected,
        types::Failure::CallerIdBlocked => Failure::CallerIdBlocked,
        types::Failure::ProviderFault => Failure::ProviderFault,
        types::Failure::Other => Failure::Other,
    }
}

fn answered_by(by: types::AnsweredBy) -> AnsweredBy {
    match by {
        types::AnsweredBy::Human => AnsweredBy::Human,
        types::AnsweredBy::Machine => AnsweredBy::Machine,
        types::AnsweredBy::Unknown => AnsweredBy::Unknown,
    }
}

fn utterance(said: types::Utterance) -> Utterance {
    Utterance {
        at_ms: i64::try_from(said.at_ms).unwrap_or(i64::MAX),
        speaker: match said.speaker {
            types::Speaker::Assistant => Speaker::Assistant,
            types::Speaker::Person => Speaker::Person,
            types::Speaker::Other => Speaker::Other,
        },
        text: said.text,
    }
}

/// An event in the domain's words; `None` for a status that the domain has no word for, which is no news.
///
/// # Errors
/// A part cannot be read; it is named.
pub fn event(event: contract::Event) -> Result<Option<CallEvent>, Fault> {
    let Some(status) = status(event.status) else { return Ok(None) };
    if !(0..=Timestamp::MAX.millis()).contains(&event.at) {
        return Err(invalid(format!("at is {}; it must be Unix milliseconds between 1970 and 9999", event.at)));
    }
    let attempt = event.attempt_id.map(|text| text.parse::<CallId>()).transpose();
    let attempt = attempt.map_err(|error| invalid(format!("attempt-id: {error}")))?;
    let currency = event.currency.map(|text| text.parse()).transpose();
    let currency = currency.map_err(|_| invalid("currency must be three capital letters of ISO 4217"))?;
    if event.cost_micros.is_some() && currency.is_none() {
        return Err(invalid("a cost needs its currency"));
    }
    let talk_ms = event.talk_ms.map(i64::try_from).transpose().map_err(|_| invalid("talk-ms is beyond any call"))?;
    Ok(Some(CallEvent {
        attempt,
        provider_call_id: named("provider-call-id", event.provider_call_id)?,
        event_id: named("event-id", event.event_id)?,
        at: Timestamp(event.at),
        status,
        code: sentence(&event.code),
        answered_by: answered_by(event.answered_by),
        failure: failure(event.failure),
        talk_ms,
        cost_micros: event.cost_micros.map(Micros),
        currency,
        transcript: event.transcript.map(|lines| lines.into_iter().map(utterance).collect()),
        analysis: event.variables.map(take_all).transpose().map_err(invalid)?,
    }))
}

/// What a search came to.
///
/// # Errors
/// A part cannot be read; it is named.
pub fn finding(finding: contract::Finding) -> Result<Finding, Fault> {
    Ok(match finding {
        contract::Finding::SurelyNotDialled => Finding::SurelyNotDialled,
        contract::Finding::CannotTell => Finding::CannotTell,
        contract::Finding::Found(found) => {
            event(found)?.map_or(Finding::CannotTell, |event| Finding::Found(Box::new(event)))
        }
    })
}

/// What it says it can do. A rate that is no positive number is no rate.
pub fn capabilities(able: contract::Capabilities) -> Capabilities {
    Capabilities {
        finds_by_attempt: able.finds_by_attempt,
        find_lag_ms: i64::try_from(able.find_lag_ms).unwrap_or(i64::MAX),
        calls_per_second: able.calls_per_second.map(f64::from).filter(|rate| rate.is_finite() && *rate > 0.0),
    }
}

/// Bytes that the events of one answer hand over.
pub fn size(events: &[contract::Event]) -> usize {
    let text = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let variable = |variable: &types::Variable| {
        let value = if let types::Value::Text(text) = &variable.value { text.len() } else { 8 };
        variable.name.len() + value
    };
    let one = |event: &contract::Event| {
        let said: usize = event.transcript.iter().flatten().map(|line| line.text.len() + 16).sum();
        let variables: usize = event.variables.iter().flatten().map(variable).sum();
        let extra: usize = event.extra.iter().map(|(name, value)| name.len() + value.len()).sum();
        event.provider_call_id.len()
            + event.event_id.len()
            + event.code.len()
            + text(&event.attempt_id)
            + text(&event.currency)
            + text(&event.recording_url)
            + said
            + variables
            + extra
            + 64
    };
    events.iter().map(one).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimed() -> contract::Event {
        contract::Event {
            attempt_id: None,
            provider_call_id: "CA1".into(),
            event_id: "e1".into(),
            at: 1_000,
            status: contract::Status::Completed,
            code: "completed".into(),
            answered_by: types::AnsweredBy::Human,
            failure: types::Failure::None,
            talk_ms: Some(5),
            cost_micros: Some(10),
            currency: Some("USD".into()),
            transcript: None,
            recording_url: None,
            variables: None,
            extra: Vec::new(),
        }
    }

    #[test]
    fn an_event_is_read_exactly_or_not_at_all() {
        assert!(event(claimed()).unwrap().is_some());
        let other = contract::Event { status: contract::Status::Other, ..claimed() };
        assert_eq!(event(other), Ok(None));
        let wrong = [
            contract::Event { at: -1, ..claimed() },
            contract::Event { attempt_id: Some("call_x".into()), ..claimed() },
            contract::Event { currency: None, ..claimed() },
            contract::Event { currency: Some("dollars".into()), ..claimed() },
            contract::Event { provider_call_id: String::new(), ..claimed() },
            contract::Event { event_id: "e".repeat(300), ..claimed() },
            contract::Event { talk_ms: Some(u64::MAX), ..claimed() },
        ];
        for one in wrong {
            assert!(matches!(event(one.clone()), Err(Fault::OutputInvalid { .. })), "{one:?}");
        }
    }

    #[test]
    fn a_call_without_a_name_may_still_ring() {
        let nameless = placed(Ok(contract::Placed { provider_call_id: String::new(), extra: Vec::new() }));
        assert!(matches!(nameless, PlaceAnswer::Unsure { .. }), "{nameless:?}");
    }

    #[test]
    fn a_rate_that_is_none_is_no_limit() {
        let able = |rate| {
            capabilities(contract::Capabilities {
                idempotent_dial_ms: None,
                finds_by_attempt: true,
                find_lag_ms: u64::MAX,
                finds_by_number_and_time: false,
                calls_per_second: Some(rate),
                needs_polling: false,
            })
        };
        assert_eq!(able(f32::NAN).calls_per_second, None);
        assert_eq!(able(-1.0).calls_per_second, None);
        assert_eq!(able(2.0).calls_per_second, Some(2.0));
        assert_eq!(able(2.0).find_lag_ms, i64::MAX);
    }
}
