//! Questions for policies, and the ways to ask them.

use std::sync::OnceLock;

use campanile_domain::attempt::{AnsweredBy, Failure, Outcome};
use campanile_domain::contact::Contact;
use campanile_domain::hours::CallingHours;
use campanile_domain::ids::{CampaignId, LeadId, TenantKey};
use campanile_domain::policy::{ContactStrategy, Decision, PastAttempt, PolicyInput, Retry, Trigger};
use campanile_domain::ports::policy::{Calendar, PolicyAnswer, PolicyCall, PolicyRunner};
use campanile_domain::time::{HOUR_MS, MINUTE_MS, Timestamp};
use campanile_domain::variable::Variables;
use campanile_domain::zone::Zone;
use campanile_sandbox::{AllocationChoice, Options, Sandbox};
use futures::executor::block_on;
use serde_json::{Value, json};

pub const TENANT: TenantKey = TenantKey(1);

/// One for all tests of a process. What it compiles is kept for the other processes: the runner takes seconds.
pub fn policies() -> &'static Sandbox {
    static POLICIES: OnceLock<Sandbox> = OnceLock::new();
    POLICIES.get_or_init(|| Sandbox::new(Options { cache_folder: Some(cache()), ..Options::default() }).unwrap())
}

/// Where tests keep compiled code.
pub fn cache() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("plugins")
}

/// One of its own, without the pool's address space.
pub fn fresh_policies() -> Sandbox {
    let options = Options { allocation: AllocationChoice::OnDemand, cache_folder: Some(cache()), ..Options::default() };
    Sandbox::new(options).unwrap()
}

/// Monday 2026-03-02, 09:00 in Berlin.
pub fn monday() -> Timestamp {
    "2026-03-02T09:00:00+01:00".parse().unwrap()
}

/// A lead whose calls ended like this, one a round, an hour apart, the last one a minute ago; the built-in answer is to
/// try again in an hour.
pub fn after(outcomes: &[Outcome]) -> PolicyInput {
    let now = monday() + MINUTE_MS;
    let count = outcomes.len() as i64;
    let attempts = outcomes.iter().zip(1_u32..).map(|(outcome, number)| {
        let ended_at = monday() - (count - i64::from(number)) * HOUR_MS;
        past(number, *outcome, ended_at)
    });
    PolicyInput {
        trigger: Trigger::Settled,
        now,
        campaign: CampaignId(7),
        lead: LeadId(9),
        zone: Zone::parse("Europe/Berlin").unwrap(),
        era: 1,
        round: outcomes.len() as u32,
        max_retries: 5,
        retry_interval_ms: HOUR_MS,
        retry_on_voicemail: false,
        retry_until_goal: true,
        goal: None,
        strategy: ContactStrategy::Escalate,
        attempts_left: 10,
        campaign_ends_at: None,
        contacts: vec![
            Contact::new(0, "+14155550100".parse().unwrap()),
            Contact::new(1, "+14155550101".parse().unwrap()),
        ],
        attempts: attempts.collect(),
        lead_variables: Variables::default(),
        builtin: Decision::Retry(Retry::at(monday() + HOUR_MS, "not reached")),
    }
}

pub fn past(number: u32, outcome: Outcome, ended_at: Timestamp) -> PastAttempt {
    PastAttempt {
        number,
        era: 1,
        round: number,
        contact: 0,
        phone: "+14155550100".parse().unwrap(),
        outcome,
        failure: Failure::None,
        answered_by: AnsweredBy::Unknown,
        started_at: ended_at - MINUTE_MS,
        ended_at,
        talk_ms: 0,
        variables: Variables::default(),
    }
}

/// Weekdays from nine to six in Berlin.
pub fn office_hours() -> Calendar {
    let hours =
        json!({"start": "09:00", "end": "18:00", "days": ["monday", "tuesday", "wednesday", "thursday", "friday"]});
    Calendar::new(CallingHours::from_json(&hours).unwrap(), Zone::parse("Europe/Berlin").unwrap())
}

pub fn call(policy: &str, settings: Value, input: PolicyInput) -> PolicyCall {
    PolicyCall { tenant: TENANT, policy: policy.parse().unwrap(), settings, input, calendar: office_hours() }
}

pub fn ask_of(policies: &Sandbox, policy: &str, settings: Value, input: PolicyInput) -> PolicyAnswer {
    block_on(policies.decide(&call(policy, settings, input)))
}

pub fn ask(policy: &str, settings: Value, input: PolicyInput) -> PolicyAnswer {
    ask_of(policies(), policy, settings, input)
}

/// The decision, or a panic with the failure.
pub fn decide(policy: &str, settings: Value, input: PolicyInput) -> Decision {
    let answer = ask(policy, settings, input);
    answer.decision.unwrap_or_else(|failure| panic!("{policy}: {failure}\n{:?}", answer.log))
}
