//! The question put to a retry policy and its answer.

use campanile_domain::attempt::{AnsweredBy, Failure, Outcome};
use campanile_domain::contact::Contact;
use campanile_domain::policy::{ContactStrategy, Decision, PastAttempt, PolicyInput, Retry, Trigger, Whom};
use campanile_domain::time::Timestamp;

use super::value::{lend, lend_all, take_all};
use crate::contract::campanile::plugin::types;
use crate::contract::exports::campanile::plugin::policy as contract;
use crate::fault::Fault;

/// The domain's question as the contract's record.
pub fn question(input: &PolicyInput) -> contract::Input {
    contract::Input {
        trigger: match input.trigger {
            Trigger::Settled => contract::Trigger::Settled,
            Trigger::Evaluated => contract::Trigger::Evaluated,
            Trigger::LateResult => contract::Trigger::LateResult,
            Trigger::RetriedDecision => contract::Trigger::RetriedDecision,
        },
        now: input.now.millis(),
        campaign_id: input.campaign.to_string(),
        lead_id: input.lead.to_string(),
        zone: input.zone.name().to_owned(),
        era: input.era,
        round: input.round,
        max_retries: input.max_retries,
        retry_interval_ms: unsigned(input.retry_interval_ms),
        retry_on_voicemail: input.retry_on_voicemail,
        retry_until_goal: input.retry_until_goal,
        goal: input.goal.as_ref().map(lend),
        strategy: match input.strategy {
            ContactStrategy::Escalate => contract::Strategy::Escalate,
            ContactStrategy::Rotate => contract::Strategy::Rotate,
        },
        attempts_left: input.attempts_left,
        campaign_ends_at: input.campaign_ends_at.map(Timestamp::millis),
        contacts: input.contacts.iter().map(|one| contact(one, input.zone.name())).collect(),
        attempts: input.attempts.iter().map(attempt).collect(),
        lead_variables: lend_all(&input.lead_variables),
        builtin: proposal(&input.builtin),
        extra: Vec::new(),
    }
}

fn unsigned(milliseconds: i64) -> u64 {
    u64::try_from(milliseconds).unwrap_or(0)
}

fn contact(contact: &Contact, zone: &str) -> types::Contact {
    types::Contact {
        position: u32::from(contact.position),
        phone: contact.phone.to_string(),
        name: contact.name.clone(),
        label: contact.label.clone(),
        usable: contact.is_usable(),
        zone: zone.to_owned(),
        variables: lend_all(&contact.variables),
    }
}

fn attempt(attempt: &PastAttempt) -> types::Attempt {
    types::Attempt {
        number: attempt.number,
        era: attempt.era,
        round: attempt.round,
        contact: u32::from(attempt.contact),
        phone: attempt.phone.to_string(),
        outcome: match attempt.outcome {
            Outcome::Answered => types::Outcome::Answered,
            Outcome::Voicemail => types::Outcome::Voicemail,
            Outcome::Busy => types::Outcome::Busy,
            Outcome::Unanswered => types::Outcome::Unanswered,
            Outcome::Failed => types::Outcome::Failed,
            Outcome::Unknown => types::Outcome::Unknown,
            Outcome::Cancelled => types::Outcome::Cancelled,
        },
        failure: match attempt.failure {
            Failure::None => types::Failure::None,
            Failure::NumberInvalid => types::Failure::NumberInvalid,
            Failure::CalleeRejected => types::Failure::CalleeRejected,
            Failure::CallerIdBlocked => types::Failure::CallerIdBlocked,
            Failure::ProviderFault => types::Failure::ProviderFault,
            Failure::Other => types::Failure::Other,
        },
        answered_by: match attempt.answered_by {
            AnsweredBy::Human => types::AnsweredBy::Human,
            AnsweredBy::Machine => types::AnsweredBy::Machine,
            AnsweredBy::Unknown => types::AnsweredBy::Unknown,
        },
        started_at: attempt.started_at.millis(),
        ended_at: Some(attempt.ended_at.millis()),
        talk_ms: unsigned(attempt.talk_ms),
        variables: lend_all(&attempt.variables),
        extra: Vec::new(),
    }
}

fn proposal(decision: &Decision) -> contract::Decision {
    match decision {
        Decision::Complete { reason } => contract::Decision::Complete(reason.clone()),
        Decision::NextContact { reason } => contract::Decision::NextContact(reason.clone()),
        Decision::GiveUp { reason } => contract::Decision::GiveUp(reason.clone()),
        Decision::Suppress { whom, reason } => {
            let whom = match whom {
                Whom::Number => contract::Whom::Number,
                Whom::Person => contract::Whom::Person,
            };
            contract::Decision::Suppress((whom, reason.clone()))
        }
        Decision::Retry(retry) => contract::Decision::Retry(contract::Retry {
            not_before: retry.not_before.millis(),
            not_after: retry.not_after.map(Timestamp::millis),
            contact: retry.contact.map(u32::from),
            priority: retry.priority,
            variables: lend_all(&retry.variables),
            reason: retry.reason.clone(),
        }),
    }
}

/// A guest's answer as a decision of the domain. What the engine does with it (hours, caps) comes later and elsewhere;
/// here it only has to be one.
pub fn answer(answer: contract::Decision, input: &PolicyInput, output_bytes: usize) -> Result<Decision, Fault> {
    let size = size(&answer);
    if size > output_bytes {
        return Err(invalid(format!("it carries {size} bytes of text; {output_bytes} are allowed")));
    }
    Ok(match answer {
        contract::Decision::Complete(reason) => Decision::Complete { reason },
        contract::Decision::NextContact(reason) => Decision::NextContact { reason },
        contract::Decision::GiveUp(reason) => Decision::GiveUp { reason },
        contract::Decision::Suppress((whom, reason)) => {
            let whom = match whom {
                contract::Whom::Number => Whom::Number,
                contract::Whom::Person => Whom::Person,
            };
            Decision::Suppress { whom, reason }
        }
        contract::Decision::Retry(retry) => Decision::Retry(Retry {
            not_before: instant("not-before", retry.not_before)?,
            not_after: retry.not_after.map(|at| instant("not-after", at)).transpose()?,
            contact: retry.contact.map(|position| known_contact(position, input)).transpose()?,
            priority: retry.priority,
            variables: take_all(retry.variables).map_err(invalid)?,
            reason: retry.reason,
        }),
    })
}

fn invalid(what: String) -> Fault {
    Fault::OutputInvalid { what }
}

fn size(answer: &contract::Decision) -> usize {
    match answer {
        contract::Decision::Complete(reason)
        | contract::Decision::NextContact(reason)
        | contract::Decision::GiveUp(reason)
        | contract::Decision::Suppress((_, reason)) => reason.len(),
        contract::Decision::Retry(retry) => retry.variables.iter().fold(retry.reason.len(), |bytes, variable| {
            let text = if let types::Value::Text(text) = &variable.value { text.len() } else { 8 };
            bytes + variable.name.len() + text
        }),
    }
}

fn instant(field: &str, at: i64) -> Result<Timestamp, Fault> {
    if (0..=Timestamp::MAX.millis()).contains(&at) {
        Ok(Timestamp(at))
    } else {
        Err(invalid(format!("{field} is {at}; it must be Unix milliseconds between 1970 and 9999")))
    }
}

fn known_contact(position: u32, input: &PolicyInput) -> Result<u16, Fault> {
    let found = input.contacts.iter().find(|contact| u32::from(contact.position) == position);
    found.map(|contact| contact.position).ok_or_else(|| {
        let known: Vec<_> = input.contacts.iter().map(|contact| contact.position.to_string()).collect();
        invalid(format!("it names contact {position}; the lead has {}", known.join(", ")))
    })
}
