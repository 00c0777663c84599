//! One dial of one contact, from the committed intent to its end.
//!
//! ```text
//! intent -> withdrawn | refused | placed | unknown        placed -> ringing -> in_progress -> ended(outcome)
//! unknown -> placed | not_dialled | ended(unknown)
//! ```
//!
//! The machine exists to keep one promise: nobody is dialled twice for one attempt. It therefore moves on evidence
//! only, ranks what the provider tells (events arrive twice, late and out of order), and never leaves a terminal state.
//! It must never decide what happens to the lead; that is [`crate::settle`].

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Where an attempt stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttemptState {
    /// Committed, the gateway not yet asked (or the process died while asking). Entered by the claimer; left by the
    /// dialler, or at start-up for `Unknown`.
    Intent,
    /// The gateway took the call. Left by the provider's events, or for `Unknown` when it stays silent too long.
    Placed,
    /// The phone rings.
    Ringing,
    /// Somebody or something answered.
    InProgress,
    /// It may ring and it may not: the answer was lost. Left by the reconciler or a late webhook.
    Unknown,
    /// A gate failed between the commit and the dial. Terminal; uses no attempt.
    Withdrawn,
    /// The provider surely did not dial. Terminal; uses no attempt.
    Refused,
    /// Found out later that it was never dialled. Terminal; uses no attempt, the retry wait applies.
    NotDialled,
    /// Over. Terminal; the outcome says how.
    Ended(Outcome),
}

impl AttemptState {
    /// Open attempts lock their lead and their phone.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Intent | Self::Placed | Self::Ringing | Self::InProgress | Self::Unknown)
    }

    /// The word the API shows: the description's seven, whatever the machine knows beyond them.
    pub const fn public_status(self) -> &'static str {
        match self {
            Self::Intent | Self::Placed | Self::Unknown => "initiated",
            Self::Ringing => "ringing",
            Self::InProgress => "in_progress",
            Self::Ended(Outcome::Answered | Outcome::Voicemail) => "completed",
            Self::Ended(Outcome::Busy) => "busy",
            Self::Ended(Outcome::Unanswered) => "unanswered",
            Self::Ended(Outcome::Failed | Outcome::Unknown | Outcome::Cancelled)
            | Self::Withdrawn
            | Self::Refused
            | Self::NotDialled => "failed",
        }
    }

    /// What tells apart the states that share a public word.
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::Withdrawn => Some("withdrawn"),
            Self::Refused => Some("refused"),
            Self::NotDialled => Some("not_dialled"),
            Self::Unknown | Self::Ended(Outcome::Unknown) => Some("unknown"),
            Self::Ended(Outcome::Cancelled) => Some("cancelled"),
            Self::Ended(Outcome::Voicemail) => Some("voicemail"),
            _ => None,
        }
    }
}

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// A person answered (or whoever answered could not be told apart from one).
    Answered,
    /// A machine answered.
    Voicemail,
    /// The line was busy.
    Busy,
    /// It rang out.
    Unanswered,
    /// It never connected; [`Failure`] says why.
    Failed,
    /// Its fate was not found out within the last deadline of the reconciler.
    Unknown,
    /// Hung up by us: `stop`, or money that could not be reserved.
    Cancelled,
}

impl Outcome {
    /// The word in files, records and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Voicemail => "voicemail",
            Self::Busy => "busy",
            Self::Unanswered => "unanswered",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Why a call failed, by who can do something about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// It did not fail.
    #[default]
    None,
    /// The number does not exist: the contact is dead.
    NumberInvalid,
    /// The called party's side refused the call: treated as busy.
    CalleeRejected,
    /// The caller id is blocked: another one may work.
    CallerIdBlocked,
    /// The provider broke: counts for the breaker, uses no round.
    ProviderFault,
    /// Anything else: treated as unanswered.
    Other,
}

impl Failure {
    /// Counts towards the breaker that pauses a campaign.
    pub const fn is_technical(self) -> bool {
        matches!(self, Self::ProviderFault | Self::CallerIdBlocked | Self::Other)
    }
}

/// Who answered, as far as the provider could tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnsweredBy {
    /// A person.
    Human,
    /// A voicemail or another machine.
    Machine,
    /// Not told.
    #[default]
    Unknown,
}

/// What the provider says about a call, in the words of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallStatus {
    /// Taken by the provider.
    Initiated,
    /// Ringing.
    Ringing,
    /// Answered.
    InProgress,
    /// Over after an answer.
    Completed,
    /// Busy.
    Busy,
    /// Rang out.
    Unanswered,
    /// Never connected.
    Failed,
    /// Hung up by us.
    Cancelled,
}

impl CallStatus {
    /// The order in which a call can go through these; a lower rank never undoes a higher one.
    pub const fn rank(self) -> u8 {
        match self {
            Self::Initiated => 1,
            Self::Ringing => 2,
            Self::InProgress => 3,
            Self::Completed | Self::Busy | Self::Unanswered | Self::Failed | Self::Cancelled => 4,
        }
    }
}

/// What an event did to an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// The attempt moved to this state.
    Moved(AttemptState),
    /// Old news: nothing changed.
    Ignored,
    /// The attempt was already over; the event may annotate it but changes no state.
    Late,
}

impl AttemptState {
    const fn rank(self) -> u8 {
        match self {
            Self::Intent | Self::Unknown => 0,
            Self::Placed => 1,
            Self::Ringing => 2,
            Self::InProgress => 3,
            Self::Withdrawn | Self::Refused | Self::NotDialled | Self::Ended(_) => 4,
        }
    }

    /// Applies what the provider says. Any word from the provider is proof that the call was dialled, so it also ends
    /// `Intent` and `Unknown`. A terminal state is final. `answered_by` is the best that is known of the call, not only
    /// this event's: the machine that an earlier event told of makes the end a voicemail.
    pub fn apply(self, status: CallStatus, answered_by: AnsweredBy) -> Applied {
        if !self.is_open() {
            return Applied::Late;
        }
        if status.rank() <= self.rank() {
            return Applied::Ignored;
        }
        Applied::Moved(match status {
            CallStatus::Initiated => Self::Placed,
            CallStatus::Ringing => Self::Ringing,
            CallStatus::InProgress => Self::InProgress,
            CallStatus::Completed if answered_by == AnsweredBy::Machine => Self::Ended(Outcome::Voicemail),
            CallStatus::Completed => Self::Ended(Outcome::Answered),
            CallStatus::Busy => Self::Ended(Outcome::Busy),
            CallStatus::Unanswered => Self::Ended(Outcome::Unanswered),
            CallStatus::Failed => Self::Ended(Outcome::Failed),
            CallStatus::Cancelled => Self::Ended(Outcome::Cancelled),
        })
    }

    /// What the dialler learned.
    ///
    /// # Errors
    /// The transition does not exist from here; a late webhook may already have moved the attempt on, which is no fault.
    pub fn dial(self, answer: Dialled) -> Result<Self, InvalidTransition> {
        match (self, answer) {
            (Self::Intent, Dialled::Placed) => Ok(Self::Placed),
            (Self::Intent, Dialled::Withdrawn) => Ok(Self::Withdrawn),
            (Self::Intent, Dialled::Refused) => Ok(Self::Refused),
            (Self::Intent, Dialled::Unknown) => Ok(Self::Unknown),
            _ => Err(InvalidTransition { from: self, to: answer.word() }),
        }
    }

    /// Silence past every deadline turns an attempt that should have spoken into one whose fate is unknown.
    ///
    /// # Errors
    /// The attempt is over, or already unknown.
    pub fn lose(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Intent | Self::Placed | Self::Ringing | Self::InProgress => Ok(Self::Unknown),
            _ => Err(InvalidTransition { from: self, to: "unknown" }),
        }
    }

    /// The reconciler's last word on an unknown attempt.
    ///
    /// # Errors
    /// The attempt is not unknown any more: a webhook was faster.
    pub fn reconcile(self, finding: Reconciled) -> Result<Self, InvalidTransition> {
        match (self, finding) {
            (Self::Unknown, Reconciled::NotDialled) => Ok(Self::NotDialled),
            (Self::Unknown, Reconciled::GivenUp) => Ok(Self::Ended(Outcome::Unknown)),
            (_, Reconciled::NotDialled) => Err(InvalidTransition { from: self, to: "not_dialled" }),
            (_, Reconciled::GivenUp) => Err(InvalidTransition { from: self, to: "ended" }),
        }
    }
}

/// What came of asking the gateway to dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialled {
    /// The gateway was not asked after all.
    Withdrawn,
    /// Surely not dialled.
    Refused,
    /// Taken.
    Placed,
    /// It may ring.
    Unknown,
}

impl Dialled {
    const fn word(self) -> &'static str {
        match self {
            Self::Withdrawn => "withdrawn",
            Self::Refused => "refused",
            Self::Placed => "placed",
            Self::Unknown => "unknown",
        }
    }
}

/// How the reconciler closes an unknown attempt without an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconciled {
    /// A gateway that can find by attempt id has surely nothing.
    NotDialled,
    /// The last deadline passed.
    GivenUp,
}

/// A transition that the machine does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an attempt that is {from:?} cannot become {to}")]
pub struct InvalidTransition {
    /// Where it stood.
    pub from: AttemptState,
    /// Where it was asked to go.
    pub to: &'static str,
}

/// What a look-up of an unknown attempt brought, when it found no call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookUp {
    /// The gateway says that it surely did not dial.
    pub surely_not_dialled: bool,
    /// The gateway can find a call by our attempt id at all.
    pub finds_by_attempt: bool,
    /// A dialled call can be found at the latest so many milliseconds after the dial.
    pub find_lag_ms: i64,
    /// The provider once took this call or spoke of it.
    pub was_dialled: bool,
    /// Unknown since then; the request that dials was over by then.
    pub since: Timestamp,
    /// Look-ups made, with this one.
    pub made: u32,
    /// Now.
    pub now: Timestamp,
}

impl LookUp {
    /// How the attempt is closed, if it is: "surely not dialled" counts only from a gateway that can find by attempt id,
    /// after its stated lag, and never of a call that the provider spoke of; else the last look-up gives up.
    pub fn closes(&self) -> Option<Reconciled> {
        let believed = self.surely_not_dialled && self.finds_by_attempt && !self.was_dialled;
        if believed && self.now.since(self.since) >= self.find_lag_ms {
            return Some(Reconciled::NotDialled);
        }
        next_look_up(self.since, self.made).is_none().then_some(Reconciled::GivenUp)
    }
}

/// When an unknown attempt is looked for, in milliseconds after it became unknown (design rule "Never twice").
pub const RECONCILE_AFTER_MS: [i64; 5] = [10_000, 60_000, 300_000, 900_000, 3_600_000];

/// The instant of look-up number `done` (from 0) for an attempt unknown since `since`; `None` when all were made.
pub fn next_look_up(since: Timestamp, done: u32) -> Option<Timestamp> {
    RECONCILE_AFTER_MS.get(done as usize).map(|after| since + *after)
}

/// How long past the ring time-out an unknown attempt still holds its slot, in milliseconds.
pub const UNKNOWN_SLOT_GRACE_MS: i64 = 60_000;
/// How long past ring time-out and longest call a placed call may be silent, in milliseconds.
pub const SILENCE_GRACE_MS: i64 = 120_000;

#[cfg(test)]
mod tests {
    use super::*;

    const STATES: [AttemptState; 9] = [
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

    #[test]
    fn a_terminal_state_is_final() {
        for state in STATES.into_iter().filter(|state| !state.is_open()) {
            assert_eq!(state.apply(CallStatus::Completed, AnsweredBy::Human), Applied::Late);
            assert!(state.lose().is_err() && state.dial(Dialled::Placed).is_err());
            assert!(state.reconcile(Reconciled::NotDialled).is_err());
        }
    }

    #[test]
    fn events_never_go_back() {
        assert_eq!(AttemptState::InProgress.apply(CallStatus::Ringing, AnsweredBy::Unknown), Applied::Ignored);
        assert_eq!(AttemptState::Ringing.apply(CallStatus::Ringing, AnsweredBy::Unknown), Applied::Ignored);
        assert_eq!(
            AttemptState::Unknown.apply(CallStatus::Initiated, AnsweredBy::Unknown),
            Applied::Moved(AttemptState::Placed)
        );
    }

    #[test]
    fn a_machine_that_answered_is_a_voicemail() {
        assert_eq!(
            AttemptState::InProgress.apply(CallStatus::Completed, AnsweredBy::Machine),
            Applied::Moved(AttemptState::Ended(Outcome::Voicemail))
        );
    }

    #[test]
    fn the_reconciler_looks_five_times() {
        let since = Timestamp(0);
        let all: Vec<_> = (0..6).map(|done| next_look_up(since, done)).collect();
        assert_eq!(all[0], Some(Timestamp(10_000)));
        assert_eq!(all[4], Some(Timestamp(3_600_000)));
        assert_eq!(all[5], None);
    }
}
