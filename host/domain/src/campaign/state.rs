//! The states of a campaign and the only ways between them.
//!
//! A state says nothing about why; [`StatusReason`] does, because a pause by hand, by the breaker, by a spent budget and
//! by `stop` look different to the person who finds the campaign paused. A verb that changes nothing is not an error.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Where a campaign stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CampaignState {
    /// Being prepared. Left by `start`.
    Draft,
    /// Calls are made. Entered by `start` and `resume`, or by a lead that arrives after the end; left by a hand or by
    /// the engine.
    InProgress,
    /// No new call. Entered by `pause` and `stop`, by a spent budget, the breaker, a broken policy or evaluation.
    Paused,
    /// Over. Entered by the engine; left by `start` or an arriving lead.
    Completed,
}

impl CampaignState {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InProgress => "in_progress",
            Self::Paused => "paused",
            Self::Completed => "completed",
        }
    }
}

/// What a person asks of a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Begin, or go on after a pause or an end.
    Start,
    /// The same word for a paused campaign.
    Resume,
    /// No new dial; live calls finish.
    Pause,
    /// No new dial; live calls are hung up.
    Stop,
}

/// What the engine finds out about a campaign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Happening {
    /// Nobody can be called again.
    NoLeadsLeft,
    /// `ends_at` passed.
    Ended,
    /// The campaign's budget is spent.
    BudgetSpent,
    /// Too many technical failures.
    BreakerOpened,
    /// The gateway refused the whole account.
    AccountRefused,
    /// The policy keeps failing.
    PolicyBroken,
    /// Evaluations are missing past their time-out.
    EvaluationBroken,
    /// A lead was added, or set to created.
    LeadArrived,
}

impl Happening {
    /// The code in [`StatusReason`].
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoLeadsLeft => "no_leads_left",
            Self::Ended => "ended",
            Self::BudgetSpent => "budget_spent",
            Self::BreakerOpened => "breaker_opened",
            Self::AccountRefused => "account_refused",
            Self::PolicyBroken => "policy_broken",
            Self::EvaluationBroken => "evaluation_broken",
            Self::LeadArrived => "reopened",
        }
    }
}

/// Why a campaign stands where it does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusReason {
    /// Stable: the verb's or the happening's.
    pub code: String,
    /// For a person.
    pub detail: String,
    /// Who did it: `engine` or the actor.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// A verb that does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a campaign that is {} cannot {}; {hint}", state.as_str(), verb.as_str())]
pub struct InvalidVerb {
    /// Where it stands.
    pub state: CampaignState,
    /// What was asked.
    pub verb: Verb,
    /// What to do instead.
    pub hint: &'static str,
}

impl Verb {
    /// The word of the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Resume => "resume",
            Self::Pause => "pause",
            Self::Stop => "stop",
        }
    }
}

impl CampaignState {
    /// Where a verb leads. `Ok(None)` when it changes nothing (answered with the object as it is). The start checks are
    /// asked separately, see `CampaignConfig::start_problems`.
    ///
    /// # Errors
    /// The verb does not apply in this state.
    pub fn verb(self, verb: Verb) -> Result<Option<Self>, InvalidVerb> {
        let invalid = |hint| Err(InvalidVerb { state: self, verb, hint });
        match (self, verb) {
            (Self::Draft, Verb::Resume) => invalid("start it"),
            (Self::Draft | Self::Paused | Self::Completed, Verb::Start)
            | (Self::Paused | Self::Completed, Verb::Resume) => Ok(Some(Self::InProgress)),
            (Self::InProgress, Verb::Pause | Verb::Stop) => Ok(Some(Self::Paused)),
            (Self::InProgress, Verb::Start | Verb::Resume) | (Self::Paused, Verb::Pause | Verb::Stop) => Ok(None),
            (Self::Draft, Verb::Pause | Verb::Stop) => invalid("it was never started"),
            (Self::Completed, Verb::Pause | Verb::Stop) => invalid("it is over; start it again to call more leads"),
        }
    }

    /// Where a happening leads; `None` when it means nothing in this state.
    pub const fn happen(self, happening: Happening) -> Option<Self> {
        match (self, happening) {
            (Self::InProgress, Happening::NoLeadsLeft | Happening::Ended) => Some(Self::Completed),
            (
                Self::InProgress,
                Happening::BudgetSpent
                | Happening::BreakerOpened
                | Happening::AccountRefused
                | Happening::PolicyBroken
                | Happening::EvaluationBroken,
            ) => Some(Self::Paused),
            (Self::Completed, Happening::LeadArrived) => Some(Self::InProgress),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_of_the_table_holds() {
        use CampaignState::{Completed, Draft, InProgress, Paused};
        use Verb::{Pause, Resume, Start, Stop};
        let rows = [
            (Draft, Start, Ok(Some(InProgress))),
            (Paused, Start, Ok(Some(InProgress))),
            (Paused, Resume, Ok(Some(InProgress))),
            (Completed, Start, Ok(Some(InProgress))),
            (Completed, Resume, Ok(Some(InProgress))),
            (InProgress, Pause, Ok(Some(Paused))),
            (InProgress, Stop, Ok(Some(Paused))),
            (InProgress, Start, Ok(None)),
            (InProgress, Resume, Ok(None)),
            (Paused, Pause, Ok(None)),
            (Paused, Stop, Ok(None)),
            (Draft, Resume, Err(())),
            (Draft, Pause, Err(())),
            (Draft, Stop, Err(())),
            (Completed, Pause, Err(())),
            (Completed, Stop, Err(())),
        ];
        for (state, verb, expected) in rows {
            assert_eq!(state.verb(verb).map_err(|_| ()), expected, "{state:?} {verb:?}");
        }
    }

    #[test]
    fn the_engine_ends_and_pauses_only_what_runs() {
        assert_eq!(CampaignState::InProgress.happen(Happening::NoLeadsLeft), Some(CampaignState::Completed));
        assert_eq!(CampaignState::InProgress.happen(Happening::BreakerOpened), Some(CampaignState::Paused));
        assert_eq!(CampaignState::Paused.happen(Happening::NoLeadsLeft), None);
        assert_eq!(CampaignState::Completed.happen(Happening::LeadArrived), Some(CampaignState::InProgress));
        assert_eq!(CampaignState::Draft.happen(Happening::LeadArrived), None);
    }
}
