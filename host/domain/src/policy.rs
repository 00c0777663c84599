//! What decides after a call: the question put to a policy, and the answers it may give.
//!
//! These are the engine's own types. The plugin contract has records of the same shape, and exactly one file of the
//! sandbox converts between the two, so that the contract can be versioned without touching a rule. A policy proposes;
//! [`crate::settle`] disposes.

use serde::{Deserialize, Serialize};

use crate::attempt::{AnsweredBy, Failure, Outcome};
use crate::contact::Contact;
use crate::ids::{CampaignId, LeadId};
use crate::phone::Phone;
use crate::time::Timestamp;
use crate::variable::{Value, Variables};
use crate::zone::Zone;

/// How a lead's contacts are gone through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactStrategy {
    /// An unreached contact is followed by the next one at once.
    #[default]
    Escalate,
    /// Round r takes the r-th callable contact.
    Rotate,
}

/// Why a decision is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// A call was settled.
    Settled,
    /// Its evaluation arrived after it was settled.
    Evaluated,
    /// A result arrived after an earlier decision.
    LateResult,
    /// An earlier decision failed and is asked for again.
    RetriedDecision,
}

/// An attempt as a policy sees it: only those that are over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PastAttempt {
    /// 1 for the first of the lead, over all eras.
    pub number: u32,
    /// The era it belongs to, from 1.
    pub era: u32,
    /// The round it belongs to, from 1 in each era.
    pub round: u32,
    /// Position of the contact, 0 = primary.
    pub contact: u16,
    /// The number dialled.
    pub phone: Phone,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it failed.
    pub failure: Failure,
    /// Who answered.
    pub answered_by: AnsweredBy,
    /// When the intent was committed.
    pub started_at: Timestamp,
    /// When it was over.
    pub ended_at: Timestamp,
    /// How long the parties talked, in milliseconds.
    pub talk_ms: i64,
    /// What its evaluation determined.
    pub variables: Variables,
}

/// The whole question. Nothing else reaches a policy except local time, asked of [`Calendar`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PolicyInput {
    /// Why it is asked.
    pub trigger: Trigger,
    /// The instant of the decision.
    pub now: Timestamp,
    /// Which campaign.
    pub campaign: CampaignId,
    /// Which lead.
    pub lead: LeadId,
    /// The zone whose clock the calling hours follow.
    pub zone: Zone,
    /// Of the last attempt, from 1.
    pub era: u32,
    /// Of the last attempt, from 1.
    pub round: u32,
    /// Rounds after the first that the campaign's own rule would allow.
    pub max_retries: u32,
    /// The campaign's interval, in milliseconds.
    pub retry_interval_ms: i64,
    /// The campaign's own rule.
    pub retry_on_voicemail: bool,
    /// The campaign's own rule.
    pub retry_until_goal: bool,
    /// The goal variable as the last attempt determined it; `None` when the campaign has no goal.
    pub goal: Option<Value>,
    /// The campaign's strategy.
    pub strategy: ContactStrategy,
    /// How many more dials the engine would allow in this era.
    pub attempts_left: u32,
    /// When the campaign ends.
    pub campaign_ends_at: Option<Timestamp>,
    /// The lead's contacts in order.
    pub contacts: Vec<Contact>,
    /// Every attempt that is over, oldest first, all eras.
    pub attempts: Vec<PastAttempt>,
    /// The lead's variables.
    pub lead_variables: Variables,
    /// What the built-in table would answer.
    pub builtin: Decision,
}

impl PolicyInput {
    /// The attempts of the current era, oldest first.
    pub fn era_attempts(&self) -> impl DoubleEndedIterator<Item = &PastAttempt> {
        self.attempts.iter().filter(|attempt| attempt.era == self.era)
    }
}

/// A new round, not before an instant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retry {
    /// The earliest instant asked for; the engine moves it into the calling hours and keeps every cap.
    pub not_before: Timestamp,
    /// Past this instant the retry is pointless and the lead ends instead.
    pub not_after: Option<Timestamp>,
    /// Which contact to begin with; `None` leaves it to the strategy.
    pub contact: Option<u16>,
    /// A new priority for the lead.
    pub priority: Option<i32>,
    /// Merged into the lead's variables.
    pub variables: Variables,
    /// For the record.
    pub reason: String,
}

impl Retry {
    /// A retry that asks for an instant and nothing else.
    pub fn at(not_before: Timestamp, reason: impl Into<String>) -> Self {
        Self {
            not_before,
            not_after: None,
            contact: None,
            priority: None,
            variables: Variables::default(),
            reason: reason.into(),
        }
    }
}

/// Whom a suppression covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    /// The number of the last attempt.
    Number,
    /// Every number of the lead.
    Person,
}

/// What a policy may answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// Done with this lead.
    Complete {
        /// For the record.
        reason: String,
    },
    /// The next callable contact in the same round, at once.
    NextContact {
        /// For the record.
        reason: String,
    },
    /// A new round.
    Retry(Retry),
    /// Never again.
    GiveUp {
        /// For the record.
        reason: String,
    },
    /// Do-not-call, for this tenant, in every campaign.
    Suppress {
        /// The number or the person.
        whom: Whom,
        /// For the record.
        reason: String,
    },
}

impl Decision {
    /// The word in files and records.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Complete { .. } => "complete",
            Self::NextContact { .. } => "next_contact",
            Self::Retry(_) => "retry",
            Self::GiveUp { .. } => "give_up",
            Self::Suppress { .. } => "suppress",
        }
    }

    /// The reason it carries.
    pub fn reason(&self) -> &str {
        match self {
            Self::Complete { reason }
            | Self::NextContact { reason }
            | Self::GiveUp { reason }
            | Self::Suppress { reason, .. } => reason,
            Self::Retry(retry) => &retry.reason,
        }
    }
}

/// What a campaign does when its policy fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnPolicyFailure {
    /// The lead waits and is decided again after a fix or a rollback.
    #[default]
    Hold,
    /// The built-in table decides.
    BuiltIn,
    /// The lead ends as given up.
    Stop,
}
