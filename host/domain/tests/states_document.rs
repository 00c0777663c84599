//! `docs/states.md` names every word that the machines, the gates and the decisions can show.
//!
//! A person who meets a status, a reason or a gate's code looks it up on that page. A word that the code gained and the
//! page did not would be found missing by a customer; this finds it first.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use campanile_domain::attempt::{AttemptState, Failure, Outcome};
use campanile_domain::campaign::{CampaignState, Happening, Verb};
use campanile_domain::gate::Gate;
use campanile_domain::lead::LeadState;
use campanile_domain::policy::{Decision, Retry, Whom};
use campanile_domain::settle::Clamp;
use campanile_domain::time::Timestamp;

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/states.md");
    std::fs::read_to_string(path).unwrap()
}

/// Whole words only: `busy` is not found in `busyness`.
fn names(page: &str, word: &str) -> bool {
    page.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|other| other == word)
}

const OUTCOMES: [Outcome; 7] = [
    Outcome::Answered,
    Outcome::Voicemail,
    Outcome::Busy,
    Outcome::Unanswered,
    Outcome::Failed,
    Outcome::Unknown,
    Outcome::Cancelled,
];

const ATTEMPTS: [AttemptState; 9] = [
    AttemptState::Intent,
    AttemptState::Placed,
    AttemptState::Ringing,
    AttemptState::InProgress,
    AttemptState::Unknown,
    AttemptState::Withdrawn,
    AttemptState::Refused,
    AttemptState::NotDialled,
    AttemptState::Ended(Outcome::Busy),
];

/// The name that serde gives a variant: the text itself, or the key of an object.
fn word(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value).unwrap() {
        serde_json::Value::String(word) => word,
        serde_json::Value::Object(fields) => fields.keys().next().unwrap().clone(),
        other => panic!("not a word: {other}"),
    }
}

#[test]
fn every_state_reason_and_phase_is_named() {
    let page = page();
    let mut words: Vec<String> = Vec::new();
    for state in LeadState::ALL {
        words.push(state.status().into());
        words.extend(state.reason().map(str::to_owned));
    }
    words.extend(ATTEMPTS.map(word));
    for state in ATTEMPTS.into_iter().chain(OUTCOMES.map(AttemptState::Ended)) {
        words.push(state.public_status().into());
        words.extend(state.reason().map(str::to_owned));
    }
    let campaigns = [CampaignState::Draft, CampaignState::InProgress, CampaignState::Paused, CampaignState::Completed];
    words.extend(campaigns.map(|state| state.as_str().into()));
    words.extend([Verb::Start, Verb::Resume, Verb::Pause, Verb::Stop].map(|verb| verb.as_str().into()));
    let happenings = [
        Happening::NoLeadsLeft,
        Happening::Ended,
        Happening::BudgetSpent,
        Happening::BreakerOpened,
        Happening::AccountRefused,
        Happening::PolicyBroken,
        Happening::EvaluationBroken,
        Happening::LeadArrived,
    ];
    words.extend(happenings.map(|happening| happening.code().into()));
    let missing: Vec<_> = words.into_iter().filter(|word| !names(&page, word)).collect();
    assert_eq!(missing, [""; 0], "docs/states.md does not name these");
}

#[test]
fn every_gate_is_listed_in_order() {
    let page = page();
    let (_, gates) = page.split_once("\n## Gates").unwrap();
    let places: Vec<_> = Gate::ALL.iter().map(|gate| gates.find(&format!("`{}`", gate.code()))).collect();
    assert!(places.iter().all(Option::is_some), "docs/states.md does not list a gate: {places:?}");
    assert!(places.is_sorted(), "the gates of docs/states.md are not in the code's order");
}

#[test]
fn every_outcome_failure_decision_and_clamp_is_named() {
    let page = page();
    let reason = String::new;
    let decisions = [
        Decision::Complete { reason: reason() },
        Decision::NextContact { reason: reason() },
        Decision::Retry(Retry::at(Timestamp(0), "")),
        Decision::GiveUp { reason: reason() },
        Decision::Suppress { whom: Whom::Number, reason: reason() },
    ];
    let failures = [
        Failure::NumberInvalid,
        Failure::CalleeRejected,
        Failure::CallerIdBlocked,
        Failure::ProviderFault,
        Failure::Other,
    ];
    let clamps = [
        Clamp::CallingHours,
        Clamp::MinimumInterval,
        Clamp::Callback,
        Clamp::AttemptsUsed,
        Clamp::NoSuchContact,
        Clamp::RoundOver,
        Clamp::NotAfter,
        Clamp::Expired,
        Clamp::CampaignEnds,
        Clamp::NoContactLeft,
    ];
    let words = (OUTCOMES.iter().map(|outcome| outcome.as_str().to_owned()))
        .chain(decisions.iter().map(|decision| decision.word().to_owned()))
        .chain(failures.map(word))
        .chain(clamps.map(|clamp| clamp.as_str().to_owned()));
    let missing: Vec<_> = words.filter(|word| !names(&page, word)).collect();
    assert_eq!(missing, [""; 0], "docs/states.md does not name these");
}
