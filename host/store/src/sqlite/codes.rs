//! The numbers that states and words have in the database.
//!
//! They are part of the file's format: a number is never given to anything else and never changed, whatever happens to
//! the order of the enums. Waiting leads have the lowest numbers and open attempts those below [`OPEN`], because the
//! partial indexes of the schema name them.

use campanile_domain::attempt::{AnsweredBy, AttemptState, Failure, Outcome};
use campanile_domain::campaign::{CampaignKind, CampaignState};
use campanile_domain::contact::Unusable;
use campanile_domain::lead::{Completion, Exhaustion, LeadState, Phase, SuppressedBy, Wait};
use campanile_domain::settle::Hand;

use super::fault::{Done, broken};

/// The first number of an attempt that is over.
pub(crate) const OPEN: u8 = 10;
/// A created lead whose time has not come, or that a gate parked: in the due index instead of the fresh one.
pub(crate) const HELD: u8 = 1;

macro_rules! codes {
    ($name:ident, $all:ident, $type:ty, [$(($code:literal, $value:expr)),* $(,)?]) => {
        const $all: &[(u8, $type)] = &[$(($code, $value)),*];
        impl Code for $type {
            fn code(self) -> u8 {
                $all.iter().find(|(_, value)| *value == self).map_or(u8::MAX, |(code, _)| *code)
            }
            fn read(code: u8) -> Done<Self> {
                match $all.iter().find(|(number, _)| *number == code) {
                    Some((_, value)) => Ok(*value),
                    None => Err(broken(format!("{code} is no {}", stringify!($name)))),
                }
            }
        }
    };
}

/// Something with a number in the database.
pub(crate) trait Code: Sized {
    /// Its number.
    fn code(self) -> u8;
    /// What has the number.
    fn read(code: u8) -> Done<Self>;
}

codes!(
    lead_state,
    LEAD_STATES,
    LeadState,
    [
        (0, LeadState::Created),
        (1, LeadState::Created),
        (2, LeadState::Scheduled),
        (3, LeadState::Rescheduled),
        (4, LeadState::Processing(Phase::Deferred)),
        (10, LeadState::Processing(Phase::Dialling)),
        (11, LeadState::Processing(Phase::Evaluating)),
        (12, LeadState::Processing(Phase::Deciding)),
        (13, LeadState::Processing(Phase::AwaitingEvaluation)),
        (14, LeadState::Processing(Phase::PolicyFailed)),
        (20, LeadState::Completed(Completion::Contacted)),
        (21, LeadState::Completed(Completion::GoalReached)),
        (22, LeadState::Completed(Completion::Voicemail)),
        (23, LeadState::Completed(Completion::ByPolicy)),
        (24, LeadState::Completed(Completion::ByHand)),
        (25, LeadState::Completed(Completion::CampaignEnded)),
        (26, LeadState::Completed(Completion::RemovedAtSource)),
        (27, LeadState::Completed(Completion::Deleted)),
        (30, LeadState::MaxRetries(Exhaustion::AttemptsUsed)),
        (31, LeadState::MaxRetries(Exhaustion::GaveUpByPolicy)),
        (32, LeadState::MaxRetries(Exhaustion::Expired)),
        (33, LeadState::MaxRetries(Exhaustion::Unreachable)),
        (34, LeadState::MaxRetries(Exhaustion::NoContactLeft)),
        (40, LeadState::Suppressed(SuppressedBy::List)),
        (41, LeadState::Suppressed(SuppressedBy::OptOut)),
        (42, LeadState::Suppressed(SuppressedBy::Policy)),
    ]
);

codes!(
    attempt_state,
    ATTEMPT_STATES,
    AttemptState,
    [
        (0, AttemptState::Intent),
        (1, AttemptState::Placed),
        (2, AttemptState::Ringing),
        (3, AttemptState::InProgress),
        (4, AttemptState::Unknown),
        (10, AttemptState::Withdrawn),
        (11, AttemptState::Refused),
        (12, AttemptState::NotDialled),
        (20, AttemptState::Ended(Outcome::Answered)),
        (21, AttemptState::Ended(Outcome::Voicemail)),
        (22, AttemptState::Ended(Outcome::Busy)),
        (23, AttemptState::Ended(Outcome::Unanswered)),
        (24, AttemptState::Ended(Outcome::Failed)),
        (25, AttemptState::Ended(Outcome::Unknown)),
        (26, AttemptState::Ended(Outcome::Cancelled)),
    ]
);

codes!(
    failure,
    FAILURES,
    Failure,
    [
        (0, Failure::None),
        (1, Failure::NumberInvalid),
        (2, Failure::CalleeRejected),
        (3, Failure::CallerIdBlocked),
        (4, Failure::ProviderFault),
        (5, Failure::Other),
    ]
);

codes!(
    answered_by,
    ANSWERED_BY,
    AnsweredBy,
    [(0, AnsweredBy::Unknown), (1, AnsweredBy::Human), (2, AnsweredBy::Machine),]
);

codes!(
    campaign_state,
    CAMPAIGN_STATES,
    CampaignState,
    [
        (0, CampaignState::Draft),
        (1, CampaignState::InProgress),
        (2, CampaignState::Paused),
        (3, CampaignState::Completed),
    ]
);

codes!(
    campaign_kind,
    CAMPAIGN_KINDS,
    CampaignKind,
    [(0, CampaignKind::Campaign), (1, CampaignKind::SingleCalls), (2, CampaignKind::SingleCallsAtAnyHour),]
);

codes!(
    wait,
    WAITS,
    Wait,
    [(0, Wait::None), (1, Wait::Owner), (2, Wait::Retry), (3, Wait::Callback), (4, Wait::Deferral),]
);

codes!(
    unusable,
    UNUSABLES,
    Option<Unusable>,
    [
        (0, None),
        (1, Some(Unusable::NumberInvalid)),
        (2, Some(Unusable::WrongPerson)),
        (3, Some(Unusable::ByHand)),
        (4, Some(Unusable::RemovedAtSource)),
    ]
);

codes!(
    hand,
    HANDS,
    Option<Hand>,
    [(0, None), (1, Some(Hand::CallAgain)), (2, Some(Hand::Stop)), (3, Some(Hand::Remove)),]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lead_state_has_a_number_of_its_own_and_held_is_created() {
        let mut seen = std::collections::BTreeSet::new();
        for state in LeadState::ALL {
            assert!(seen.insert(state.code()), "{state:?}");
            assert_eq!(LeadState::read(state.code()).unwrap(), state);
            assert_eq!(state.code() <= 4, state.is_waiting(), "waiting leads come first: {state:?}");
            assert_eq!((20..50).contains(&state.code()), state.is_ended(), "{state:?}");
        }
        assert_eq!(LeadState::read(HELD).unwrap(), LeadState::Created);
        assert!(seen.insert(HELD) && LeadState::read(250).is_err());
    }

    #[test]
    fn leads_that_are_gone_have_the_numbers_that_queries_name() {
        assert_eq!(LeadState::Completed(Completion::RemovedAtSource).code(), 26);
        assert_eq!(LeadState::Completed(Completion::Deleted).code(), 27);
    }

    #[test]
    fn open_attempts_come_before_the_others() {
        for (code, state) in ATTEMPT_STATES {
            assert_eq!(*code < OPEN, state.is_open(), "{state:?}");
            assert_eq!(state.code(), *code);
        }
    }

    #[test]
    fn a_blocked_caller_id_has_the_number_that_its_index_names() {
        assert_eq!(Failure::CallerIdBlocked.code(), 3);
    }
}
