//! What follows from a call: from the outcome to the lead's next state.
//!
//! Three steps, each a pure function. [`assess`] looks at the call: roles act first (an opt-out suppresses before any
//! policy is asked), what is not the person's doing is repaired without asking anybody (a provider's fault, a blocked
//! caller id), a missing evaluation makes the lead wait, and what remains is a question. [`crate::builtin`] answers it
//! from the table; a policy may answer instead. [`dispose`] then binds whatever was answered to the rules that no policy
//! may break, and says which of them it used. Nothing here knows who decided.

use crate::attempt::{Failure, Outcome};
use crate::builtin;
use crate::campaign::CampaignConfig;
use crate::contact::{Contact, Unusable};
use crate::lead::{Completion, Exhaustion, LeadState, Phase, Progress, SuppressedBy, Wait};
use crate::phone::Phone;
use crate::policy::{Decision, Retry, Whom};
use crate::round;
use crate::time::{MINUTE_MS, SECOND_MS, Timestamp};
use crate::variable::{Effects, Value, Variables};
use crate::zone::Zone;

mod clamp;
pub(crate) mod facts;

pub use clamp::Clamp;
pub use facts::{Evaluation, Facts, Hand};

use facts::{dead_contact, next_in_round};

/// Provider faults in a row that use no round; those that follow in the same row count as unanswered calls.
pub const MAX_PROVIDER_FAULTS: u32 = 5;
/// The least wait before a number is dialled again in a new round, in milliseconds, whatever a policy asks for.
pub const MINIMUM_RETRY_MS: i64 = 10 * MINUTE_MS;

/// The wait after refusal number `deferrals` (from 0) in a row: 30 s doubling to 10 min.
pub fn deferral_ms(deferrals: u32) -> i64 {
    (30 * SECOND_MS).saturating_mul(1 << deferrals.min(16)).min(10 * MINUTE_MS)
}

/// The progress with an attempt that is over counted in. A provider's fault and a blocked caller id use no attempt as
/// long as the engine repairs them by itself; the last one of the row counts, so that nothing repeats for ever.
pub fn counted(progress: Progress, outcome: Outcome, failure: Failure, caller_id_left: bool) -> Progress {
    let failed = outcome == Outcome::Failed;
    let faults = if failed && failure == Failure::ProviderFault { progress.faults + 1 } else { 0 };
    let repaired = failed
        && match failure {
            Failure::ProviderFault => faults <= MAX_PROVIDER_FAULTS,
            Failure::CallerIdBlocked => caller_id_left,
            _ => false,
        };
    Progress { attempts: progress.attempts + u32::from(!repaired), faults, deferrals: 0, ..progress }
}

/// What is to be done about a call that is over.
#[derive(Clone, Debug, PartialEq)]
pub enum Assessment {
    /// Settled without asking anybody.
    Settled(Disposal),
    /// Wait for the evaluation.
    AwaitEvaluation,
    /// Ask whoever decides; this is the built-in answer.
    Ask(Decision),
}

/// What becomes of the lead.
#[derive(Clone, Debug, PartialEq)]
pub struct Disposal {
    /// Its next state.
    pub state: LeadState,
    /// Its progress from now on.
    pub progress: Progress,
    /// Due again then; never moved into calling hours (they may be edited), meaningless for a lead that ended.
    pub not_before: Timestamp,
    /// Whose wait that is.
    pub wait: Wait,
    /// The first instant inside the calling hours as they are now, for the record.
    pub expected: Option<Timestamp>,
    /// A new priority.
    pub priority: Option<i32>,
    /// Merged into the lead's variables.
    pub variables: Variables,
    /// Numbers that go onto the do-not-call list.
    pub suppress: Vec<Phone>,
    /// A contact that is dead from now on.
    pub unusable: Option<(u16, Unusable)>,
    /// The instant that was asked for, when one was.
    pub asked_for: Option<Timestamp>,
    /// The rules that changed it.
    pub clamps: Vec<Clamp>,
}

impl Disposal {
    fn new(state: LeadState, facts: &Facts<'_>) -> Self {
        Self {
            state,
            progress: facts.progress,
            not_before: facts.now,
            wait: Wait::None,
            expected: None,
            priority: None,
            variables: Variables::default(),
            suppress: Vec::new(),
            unusable: dead_contact(facts),
            asked_for: None,
            clamps: Vec::new(),
        }
    }

    fn clamped(mut self, clamp: Clamp) -> Self {
        if !self.clamps.contains(&clamp) {
            self.clamps.push(clamp);
        }
        self
    }
}

/// Looks at a call that is over and says what is to be done about it.
pub fn assess(facts: &Facts<'_>) -> Assessment {
    if facts.roles.opt_out {
        let mut end = Disposal::new(LeadState::Suppressed(SuppressedBy::OptOut), facts);
        end.suppress = phones(facts, Whom::Number);
        return Assessment::Settled(end);
    }
    if let Some(end) = by_hand(facts) {
        return Assessment::Settled(end);
    }
    if facts.outcome == Outcome::Failed {
        match facts.failure {
            Failure::ProviderFault if facts.progress.faults <= MAX_PROVIDER_FAULTS => {
                return Assessment::Settled(again(facts, deferral_ms(facts.progress.faults.saturating_sub(1))));
            }
            Failure::CallerIdBlocked if facts.caller_id_left => return Assessment::Settled(again(facts, 0)),
            _ => {}
        }
    }
    if facts.outcome == Outcome::Answered && facts.evaluation == Evaluation::Pending {
        return Assessment::AwaitEvaluation;
    }
    Assessment::Ask(builtin::decide(facts))
}

/// Surely not dialled, because the gateway is busy for the moment: the same contact again after a growing wait. The
/// caller has counted this refusal in `progress.deferrals`.
pub fn deferred(facts: &Facts<'_>, retry_after_ms: Option<i64>) -> Disposal {
    let wait = deferral_ms(facts.progress.deferrals.saturating_sub(1)).max(retry_after_ms.unwrap_or(0));
    by_hand(facts).unwrap_or_else(|| again(facts, wait))
}

/// Surely not dialled, found out by the reconciler: no round is used and the retry wait applies.
pub fn not_dialled(facts: &Facts<'_>) -> Disposal {
    by_hand(facts).unwrap_or_else(|| {
        let mut next = Disposal::new(LeadState::Rescheduled, facts);
        next.progress = Progress { start: Some(facts.contact), deferrals: 0, ..facts.progress };
        next.not_before = facts.now + facts.config.retry_interval_ms();
        next.wait = Wait::Retry;
        within_limits(next, facts, None)
    })
}

/// The gateway was not asked, or refused for a reason that is not the lead's: back to where it stood, due at once.
pub fn withdrawn(facts: &Facts<'_>) -> Disposal {
    by_hand(facts).unwrap_or_else(|| {
        let fresh = facts.progress.attempts == 0 && facts.progress.round == 1 && facts.progress.tried == 0;
        let mut next = Disposal::new(if fresh { LeadState::Created } else { LeadState::Rescheduled }, facts);
        next.progress.start = Some(facts.contact);
        next
    })
}

fn by_hand(facts: &Facts<'_>) -> Option<Disposal> {
    facts.hand.map(|hand| match hand {
        Hand::Stop => Disposal::new(LeadState::Completed(Completion::ByHand), facts),
        Hand::Remove => Disposal::new(LeadState::Completed(Completion::RemovedAtSource), facts),
        Hand::CallAgain => {
            let mut next = Disposal::new(LeadState::Created, facts);
            next.progress = facts.progress.next_era();
            if facts.outcome == Outcome::Unknown {
                next.not_before = facts.now.max(facts.ended_at + facts.config.retry_interval_ms());
                next.wait = Wait::Retry;
            }
            next
        }
    })
}

/// The same contact again in the same round, by the engine's own motion.
fn again(facts: &Facts<'_>, wait_ms: i64) -> Disposal {
    let mut next = Disposal::new(LeadState::Processing(Phase::Deferred), facts);
    next.progress = Progress { start: Some(facts.contact), ..facts.progress };
    next.not_before = facts.now + wait_ms;
    next.wait = Wait::Deferral;
    within_limits(next, facts, None)
}

/// Binds a decision to the engine's rules. `by_policy` tells a policy's word from the built-in table's.
pub fn dispose(facts: &Facts<'_>, decision: &Decision, by_policy: bool) -> Disposal {
    match decision {
        Decision::Complete { reason } => {
            let completion = match reason.as_str() {
                _ if facts.goal_reached() => Completion::GoalReached,
                _ if by_policy => Completion::ByPolicy,
                builtin::VOICEMAIL => Completion::Voicemail,
                _ => Completion::Contacted,
            };
            Disposal::new(LeadState::Completed(completion), facts)
        }
        Decision::GiveUp { .. } => {
            let how = if by_policy { Exhaustion::GaveUpByPolicy } else { Exhaustion::AttemptsUsed };
            let end = Disposal::new(LeadState::MaxRetries(how), facts);
            match no_contact_left(facts).filter(|_| !by_policy) {
                Some(state) => Disposal { state, ..end }.clamped(Clamp::NoContactLeft),
                None => end,
            }
        }
        Decision::Suppress { whom, .. } => {
            let mut end = Disposal::new(LeadState::Suppressed(SuppressedBy::Policy), facts);
            end.suppress = phones(facts, *whom);
            end
        }
        Decision::NextContact { .. } => {
            // What may still ring ends the round: nobody else of this lead is called meanwhile.
            match next_in_round(facts).filter(|_| facts.outcome != Outcome::Unknown) {
                Some(position) => {
                    let mut next = Disposal::new(LeadState::Rescheduled, facts);
                    next.progress = Progress { start: Some(position), ..facts.progress.trying(facts.contact) };
                    within_limits(not_before_callback(next, facts), facts, None)
                }
                None => match builtin::round_over(facts) {
                    Decision::NextContact { .. } => {
                        Disposal::new(LeadState::MaxRetries(Exhaustion::AttemptsUsed), facts)
                    }
                    over => dispose(facts, &over, false),
                }
                .clamped(Clamp::RoundOver),
            }
        }
        Decision::Retry(retry) => new_round(facts, retry),
    }
}

fn new_round(facts: &Facts<'_>, retry: &Retry) -> Disposal {
    let mut next = Disposal::new(LeadState::Rescheduled, facts);
    let dead = next.unusable.map(|(position, _)| position);
    let start = retry.contact.filter(|position| {
        facts.contacts.iter().any(|contact| {
            contact.position == *position && contact.is_usable() && facts.callable(contact) && Some(*position) != dead
        })
    });
    if start.is_none() && retry.contact.is_some() {
        next = next.clamped(Clamp::NoSuchContact);
    }
    next.progress = facts.progress.next_round(start);
    next.wait = Wait::Retry;
    next.priority = retry.priority;
    next.variables = retry.variables.clone();
    next.asked_for = Some(retry.not_before);
    next.not_before = retry.not_before.max(facts.now);
    let least = match facts.outcome {
        Outcome::Unknown => facts.config.retry_interval_ms(),
        _ => MINIMUM_RETRY_MS,
    };
    let floor = facts.ended_at + least;
    if next.not_before < floor {
        next.not_before = floor;
        next = next.clamped(Clamp::MinimumInterval);
    }
    within_limits(not_before_callback(next, facts), facts, retry.not_after)
}

/// The role `callback_at` becomes the due time, unless that is later already.
fn not_before_callback(mut next: Disposal, facts: &Facts<'_>) -> Disposal {
    if let Some(callback) = facts.callback().filter(|callback| *callback >= next.not_before) {
        if callback > next.not_before {
            next = next.clamped(Clamp::Callback);
        }
        next.not_before = callback;
        next.wait = Wait::Callback;
    }
    next
}

/// How the lead ends when none of its contacts can be called after this call; `None` while one can.
fn no_contact_left(facts: &Facts<'_>) -> Option<LeadState> {
    let dead = dead_contact(facts).map(|(position, _)| position);
    if round::any_callable(facts.contacts, |contact| facts.callable(contact) && Some(contact.position) != dead) {
        return None;
    }
    let listed = |contact: &Contact| contact.is_usable() && Some(contact.position) != dead && !facts.callable(contact);
    Some(out_of_contacts(facts.contacts.iter().any(listed), facts.progress.attempts > 0))
}

/// The rules that bind whatever leads to another dial.
fn within_limits(mut next: Disposal, facts: &Facts<'_>, not_after: Option<Timestamp>) -> Disposal {
    if let Some(state) = no_contact_left(facts) {
        next.state = state;
        return next.clamped(Clamp::NoContactLeft);
    }
    if facts.attempts_left() == 0 {
        next.state = LeadState::MaxRetries(Exhaustion::AttemptsUsed);
        return next.clamped(Clamp::AttemptsUsed);
    }
    let Some(expected) = facts.config.calling_hours.next_allowed(next.not_before, facts.zone) else {
        return next.clamped(Clamp::CallingHours);
    };
    next.expected = Some(expected);
    if expected > next.not_before {
        next = next.clamped(Clamp::CallingHours);
    }
    if not_after.is_some_and(|limit| expected > limit) {
        next.state = LeadState::MaxRetries(Exhaustion::GaveUpByPolicy);
        return next.clamped(Clamp::NotAfter);
    }
    if facts.expires_at.is_some_and(|expiry| expected >= expiry) {
        next.state = LeadState::MaxRetries(Exhaustion::Expired);
        return next.clamped(Clamp::Expired);
    }
    if facts.config.ends_at.is_some_and(|end| expected >= end) {
        next = next.clamped(Clamp::CampaignEnds);
    }
    next
}

/// A lead is due, its round has no contact left that can be called, but others have ([`round::Next::RoundOver`]): the
/// contact that was to be next died or was suppressed after the decision. `last_ended_at` is the end of its last call.
pub fn round_over_unseen(
    config: &CampaignConfig,
    zone: &Zone,
    progress: Progress,
    last_ended_at: Timestamp,
    now: Timestamp,
) -> Disposal {
    // A policy sets its own rounds and is bound by the attempts alone.
    let over = config.policy.is_none() && progress.round >= config.rounds();
    let not_before = now.max(last_ended_at + config.retry_interval_ms());
    Disposal {
        state: if over { LeadState::MaxRetries(Exhaustion::AttemptsUsed) } else { LeadState::Rescheduled },
        progress: if over { progress } else { progress.next_round(None) },
        not_before,
        wait: Wait::Retry,
        expected: config.calling_hours.next_allowed(not_before, zone).filter(|_| !over),
        priority: None,
        variables: Variables::default(),
        suppress: Vec::new(),
        unusable: None,
        asked_for: None,
        clamps: vec![Clamp::RoundOver],
    }
}

/// How a lead ends that has no contact to call. `any_suppressed`: of those that are not dead, one is on the list.
pub const fn out_of_contacts(any_suppressed: bool, called_before: bool) -> LeadState {
    if any_suppressed {
        LeadState::Suppressed(SuppressedBy::List)
    } else if called_before {
        LeadState::MaxRetries(Exhaustion::NoContactLeft)
    } else {
        LeadState::MaxRetries(Exhaustion::Unreachable)
    }
}

fn phones(facts: &Facts<'_>, whom: Whom) -> Vec<Phone> {
    facts
        .contacts
        .iter()
        .filter(|contact| whom == Whom::Person || contact.position == facts.contact)
        .map(|contact| contact.phone)
        .collect()
}

/// A result that arrived after its call was settled: ends a lead that waits, when it says so. Annotates otherwise. A
/// goal of an earlier era does not undo the hand that asked to call again; an opt-out always counts.
pub fn late(state: LeadState, roles: Effects, goal: Option<&Value>) -> Option<LeadState> {
    let waits = state.is_waiting() || matches!(state, LeadState::Processing(Phase::PolicyFailed));
    if !waits {
        return None;
    }
    if roles.opt_out {
        Some(LeadState::Suppressed(SuppressedBy::OptOut))
    } else if matches!(goal, Some(Value::Boolean(true))) && !state.is_fresh() {
        Some(LeadState::Completed(Completion::GoalReached))
    } else {
        None
    }
}
