//! From a case to the question that a server would put.

use campanile_domain::attempt::{AnsweredBy, Failure as CallFailure, Outcome};
use campanile_domain::campaign::CampaignConfig;
use campanile_domain::contact::{Contact, MAX_CONTACTS};
use campanile_domain::evaluation::{EvaluationInput, Talk};
use campanile_domain::hours::CallingHours;
use campanile_domain::ids::{CallId, CampaignId, LeadId};
use campanile_domain::policy::{ContactStrategy, Decision, PastAttempt, PolicyInput, Retry, Trigger};
use campanile_domain::ports::gateway::{Speaker, Utterance};
use campanile_domain::ports::mapper::{MapColumn, MapRow};
use campanile_domain::ports::policy::Calendar;
use campanile_domain::time::{HOUR_MS, MINUTE_MS, SECOND_MS, Timestamp};
use campanile_domain::variable::{Value, ValueKind, VariableSpec, Variables};
use campanile_domain::zone::{Zone, parse_local};
use serde_json::Value as Json;

use super::cases::{Call, Case, FullCall};
use super::usual;

/// Monday morning, a minute after the last call.
const NOW: &str = "2026-03-02T09:01";
const ZONE: &str = "Europe/Berlin";

/// A wrong case, told to its author.
pub type Wrong = String;

/// The lead's zone.
pub fn zone(case: &Case) -> Result<Zone, Wrong> {
    Zone::parse(case.zone.as_deref().unwrap_or(ZONE)).map_err(|error| error.to_string())
}

/// What the lead's clock shows at an instant that is written so.
pub fn instant(text: &str, zone: &Zone) -> Result<Timestamp, Wrong> {
    parse_local(text, zone).map_err(|error| format!("{text:?}: {error}"))
}

fn value(json: &Json) -> Result<Value, Wrong> {
    // An instant may be written with any offset.
    if let Some(at) = json.as_str().and_then(|text| text.parse::<Timestamp>().ok()) {
        return Ok(Value::DateTime(at));
    }
    Value::from_json(json).map_err(|error| error.to_string())
}

fn variables<'a>(given: impl IntoIterator<Item = (&'a String, &'a Json)>) -> Result<Variables, Wrong> {
    let mut all = Variables::default();
    for (name, json) in given {
        all.set(name, value(json)?);
    }
    Ok(all)
}

/// The calling hours and the zone.
pub fn calendar(case: &Case) -> Result<Calendar, Wrong> {
    let hours = match &case.hours {
        None => CallingHours::always(),
        Some(json) => CallingHours::from_json(json)
            .map_err(|found| found.into_iter().map(|fault| fault.message).collect::<Vec<_>>().join("; "))?,
    };
    Ok(Calendar::new(hours, zone(case)?))
}

fn phone(position: u16) -> String {
    format!("+1415555{:04}", 100 + position)
}

/// The campaign of a case, within what a campaign may be.
fn campaign(case: &Case) -> Result<CampaignConfig, Wrong> {
    let usual = CampaignConfig::named("case");
    let config = CampaignConfig {
        max_retries: case.max_retries.unwrap_or(5),
        retry_interval_minutes: case.interval_minutes.unwrap_or(usual.retry_interval_minutes),
        retry_until_goal: case.goal.is_some(),
        goal_variable: case.goal.is_some().then(|| "goal".to_owned()),
        contact_strategy: case.strategy.unwrap_or(ContactStrategy::Rotate),
        ..usual
    };
    match config.check(config.max_concurrent_calls).first() {
        None => Ok(config),
        Some(fault) if fault.pointer == "/retry_interval_minutes" => {
            Err(format!("interval_minutes: {}", fault.message))
        }
        Some(fault) => Err(format!("{}: {}", fault.pointer.trim_start_matches('/'), fault.message)),
    }
}

/// The lead's contacts; every call of a case is one of theirs.
fn contacts(case: &Case, calls: &[Call]) -> Result<Vec<Contact>, Wrong> {
    let count = case.contacts.unwrap_or(2);
    if !(1..=MAX_CONTACTS).contains(&usize::from(count)) {
        return Err(format!("contacts: {count} is outside 1 to {MAX_CONTACTS}"));
    }
    for call in calls {
        if let Call::Full(call) = call
            && call.contact >= count
        {
            return Err(format!("a call names contact {} and the lead has {count}, counted from 0", call.contact));
        }
    }
    let contact = |position| Ok(Contact::new(position, phone(position).parse().map_err(|error| format!("{error}"))?));
    (0..count).map(contact).collect()
}

/// What `decide` is asked.
pub fn decision(case: &Case, calls: &[Call]) -> Result<PolicyInput, Wrong> {
    let zone = zone(case)?;
    let now = instant(case.now.as_deref().unwrap_or(NOW), &zone)?;
    let (config, contacts) = (campaign(case)?, contacts(case, calls)?);
    let count = calls.len() as i64;
    let mut attempts = Vec::with_capacity(calls.len());
    for (call, number) in calls.iter().zip(1_u32..) {
        let usual = now - MINUTE_MS - (count - i64::from(number)) * HOUR_MS;
        attempts.push(past(call, number, usual, &zone)?);
    }
    let era = attempts.last().map_or(1, |last| last.era);
    let rounds = attempts.iter().filter(|attempt| attempt.era == era).count() as u32;
    for (attempt, round) in attempts.iter_mut().filter(|attempt| attempt.era == era).zip(1..) {
        attempt.round = round;
    }
    let ended = attempts.last().map_or(now, |last| last.ended_at);
    let reason = || "the campaign's own rule".to_owned();
    let retry = Decision::Retry(Retry::at(ended + config.retry_interval_ms(), reason()));
    let given = match case.builtin.as_deref() {
        None => None,
        Some("retry") => Some(retry.clone()),
        Some("next_contact") => Some(Decision::NextContact { reason: reason() }),
        Some("complete") => Some(Decision::Complete { reason: reason() }),
        Some("give_up") => Some(Decision::GiveUp { reason: reason() }),
        Some(other) => return Err(format!("{other:?} is no answer of the built-in table")),
    };
    let mut input = PolicyInput {
        trigger: Trigger::Settled,
        now,
        campaign: CampaignId(7),
        lead: LeadId(9),
        campaign_ends_at: case.campaign_ends.as_deref().map(|text| instant(text, &zone)).transpose()?,
        zone,
        era,
        round: rounds,
        max_retries: config.max_retries,
        retry_interval_ms: config.retry_interval_ms(),
        retry_on_voicemail: config.retry_on_voicemail,
        retry_until_goal: config.retry_until_goal,
        goal: case.goal.clone(),
        strategy: config.contact_strategy,
        attempts_left: case.attempts_left.unwrap_or(10),
        contacts,
        attempts,
        lead_variables: variables(&case.vars)?,
        builtin: retry,
    };
    if let Some(builtin) = given.or_else(|| usual::decision(&config, &input)) {
        input.builtin = builtin;
    }
    Ok(input)
}

fn past(call: &Call, number: u32, usual: Timestamp, zone: &Zone) -> Result<PastAttempt, Wrong> {
    let plain = |outcome| FullCall {
        outcome,
        ended: None,
        contact: 0,
        failure: None,
        answered_by: None,
        talk_seconds: 0,
        vars: Default::default(),
        era: None,
    };
    let made;
    let call = match call {
        Call::Plain(outcome) => {
            made = plain(*outcome);
            &made
        }
        Call::Full(call) => call,
    };
    let ended_at = call.ended.as_deref().map_or(Ok(usual), |text| instant(text, zone))?;
    let answered_by = match call.outcome {
        Outcome::Answered => AnsweredBy::Human,
        Outcome::Voicemail => AnsweredBy::Machine,
        _ => AnsweredBy::Unknown,
    };
    let talk_ms = i64::from(call.talk_seconds) * SECOND_MS;
    Ok(PastAttempt {
        number,
        era: call.era.unwrap_or(1),
        round: number,
        contact: call.contact,
        phone: phone(call.contact).parse().map_err(|error| format!("{error}"))?,
        outcome: call.outcome,
        failure: call.failure.unwrap_or(CallFailure::None),
        answered_by: call.answered_by.unwrap_or(answered_by),
        started_at: ended_at - talk_ms - 20 * SECOND_MS,
        ended_at,
        talk_ms,
        variables: variables(&call.vars)?,
    })
}

/// What `evaluate` is asked.
pub fn evaluation(case: &Case, said: &[String]) -> Result<EvaluationInput, Wrong> {
    let zone = zone(case)?;
    let line = |(nth, line): (usize, &String)| {
        let (speaker, text) = line.split_once(':').ok_or_else(|| format!("{line:?}: write \"person: ...\""))?;
        let speaker = match speaker.trim() {
            "assistant" | "agent" => Speaker::Assistant,
            "person" | "user" => Speaker::Person,
            "other" => Speaker::Other,
            unknown => return Err(format!("{unknown:?} says nothing in a call; write person or assistant")),
        };
        Ok(Utterance { at_ms: nth as i64 * 4 * SECOND_MS, speaker, text: text.trim().to_owned() })
    };
    let spec = |name: &str, asked: Option<&super::cases::Asked>| VariableSpec {
        name: name.to_owned(),
        kind: asked.and_then(|asked| asked.kind).unwrap_or(ValueKind::Boolean),
        choices: asked.map(|asked| asked.choices.clone()).unwrap_or_default(),
        description: asked.map(|asked| asked.description.clone()).unwrap_or_default(),
        required: true,
        role: asked.map(|asked| asked.role).unwrap_or_default(),
    };
    let mut names: Vec<&str> = case.asked.keys().chain(case.expect.answers.keys()).map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    let outcome = case.outcome.unwrap_or(Outcome::Answered);
    Ok(EvaluationInput {
        talk: Talk {
            call: CallId(5),
            lead: LeadId(9),
            campaign: CampaignId(7),
            started_at: instant(case.now.as_deref().unwrap_or(NOW), &zone)?,
            zone,
            language: None,
            outcome,
            answered_by: if outcome == Outcome::Voicemail { AnsweredBy::Machine } else { AnsweredBy::Human },
            talk_ms: said.len() as i64 * 4 * SECOND_MS,
            transcript: said.iter().enumerate().map(line).collect::<Result<_, Wrong>>()?,
            provided: variables(&case.provided)?,
            lead_variables: variables(&case.vars)?,
        },
        wanted: names.into_iter().map(|name| spec(name, case.asked.get(name))).collect(),
        goal: None,
    })
}

/// What `map_row` is asked.
pub fn row<'a>(cells: impl IntoIterator<Item = (&'a String, &'a Json)>) -> (Vec<MapColumn>, MapRow) {
    let text = |json: &Json| json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    let named = |header: &str| {
        let word = |letter: char| if letter.is_alphanumeric() { letter.to_ascii_lowercase() } else { '_' };
        header
            .chars()
            .map(word)
            .collect::<String>()
            .split('_')
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join("_")
    };
    let (columns, cells): (Vec<_>, Vec<_>) = cells
        .into_iter()
        .map(|(header, cell)| (MapColumn { header: header.clone(), name: named(header) }, text(cell)))
        .unzip();
    (columns, MapRow { number: 2, cells })
}
