//! Which row of the table a call belongs to, and how often that row was asked in the current era.

use campanile_plugin_sdk::policy::Input;
use campanile_plugin_sdk::types::{Attempt, Outcome, Value};

use crate::settings::{Row, Settings};

/// A row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Busy,
    Unanswered,
    Voicemail,
    AnsweredWithoutGoal,
    UndeterminedGoal,
    Failed,
}

impl Kind {
    /// The row of the call that is being settled; `None` where the table has none: the goal was reached or the campaign has
    /// none, or nobody knows how the call ended.
    pub fn of(input: &Input, last: &Attempt) -> Option<Self> {
        match (last.outcome, &input.goal) {
            (Outcome::Busy, _) => Some(Self::Busy),
            (Outcome::Unanswered, _) => Some(Self::Unanswered),
            (Outcome::Voicemail, _) => Some(Self::Voicemail),
            (Outcome::Failed, _) => Some(Self::Failed),
            (Outcome::Answered, None | Some(Value::Boolean(true))) => None,
            (Outcome::Answered, Some(Value::Boolean(false))) => Some(Self::AnsweredWithoutGoal),
            (Outcome::Answered, Some(_)) => Some(Self::UndeterminedGoal),
            _ => None,
        }
    }

    /// As the settings call it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Busy => "busy",
            Self::Unanswered => "unanswered",
            Self::Voicemail => "voicemail",
            Self::AnsweredWithoutGoal => "answered_without_goal",
            Self::UndeterminedGoal => "undetermined_goal",
            Self::Failed => "failed",
        }
    }

    pub const fn row(self, settings: &Settings) -> &Row {
        match self {
            Self::Busy => &settings.busy,
            Self::Unanswered => &settings.unanswered,
            Self::Voicemail => &settings.voicemail,
            Self::AnsweredWithoutGoal => &settings.answered_without_goal,
            Self::UndeterminedGoal => &settings.undetermined_goal,
            Self::Failed => &settings.failed,
        }
    }

    pub const fn is_answered(self) -> bool {
        matches!(self, Self::AnsweredWithoutGoal | Self::UndeterminedGoal)
    }

    /// The goal of earlier calls is not part of the question, so both kinds of answered calls count together.
    const fn outcome(self) -> Outcome {
        match self {
            Self::Busy => Outcome::Busy,
            Self::Unanswered => Outcome::Unanswered,
            Self::Voicemail => Outcome::Voicemail,
            Self::AnsweredWithoutGoal | Self::UndeterminedGoal => Outcome::Answered,
            Self::Failed => Outcome::Failed,
        }
    }
}

/// Counts of the current era.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls that ended like this. Not those that the host repeated by itself: the same contact in the same round again.
    pub calls: usize,
    /// Those of them that ended their round and so were waited for, the last one included: which delay it is.
    pub waits: usize,
}

impl Tally {
    pub fn of(input: &Input, kind: Kind) -> Self {
        let mut tally = Self::default();
        let mut attempts = input.current().peekable();
        while let Some(attempt) = attempts.next() {
            if attempt.outcome != kind.outcome() {
                continue;
            }
            match attempts.peek() {
                Some(then) if then.round == attempt.round => {
                    tally.calls += usize::from(then.contact != attempt.contact);
                }
                _ => {
                    tally.calls += 1;
                    tally.waits += 1;
                }
            }
        }
        tally
    }
}
