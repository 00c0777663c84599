//! The call that is over, as whoever decides sees it, and what follows from it alone.

use serde::{Deserialize, Serialize};

use crate::attempt::{AnsweredBy, Failure, Outcome};
use crate::campaign::CampaignConfig;
use crate::contact::{Contact, Unusable};
use crate::lead::Progress;
use crate::policy::ContactStrategy;
use crate::round;
use crate::time::Timestamp;
use crate::variable::{Effects, Value};
use crate::zone::Zone;

/// What a hand asked for while the lead was being processed; takes effect when the attempt settles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hand {
    /// Set to created: call again, a new era.
    CallAgain,
    /// Set to completed: stop.
    Stop,
    /// Its source has it no more: stop, and say why.
    Remove,
}

/// Whether the call's variables are there yet.
#[derive(Clone, Debug, PartialEq)]
pub enum Evaluation {
    /// Nothing is asked of this call.
    NotNeeded,
    /// Something is asked and nobody has answered.
    Pending,
    /// Determined, as far as the call told.
    Done,
}

/// The call that is over, and the lead it belongs to.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The configuration in force.
    pub config: &'a CampaignConfig,
    /// Whose clock the calling hours follow.
    pub zone: &'a Zone,
    /// As it stood when the attempt was claimed, with this attempt counted if it counts.
    pub progress: Progress,
    /// The lead's contacts.
    pub contacts: &'a [Contact],
    /// Bit n set: the phone of position n is on the do-not-call list.
    pub suppressed: u16,
    /// Position of the contact that was dialled.
    pub contact: u16,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it failed.
    pub failure: Failure,
    /// Who answered.
    pub answered_by: AnsweredBy,
    /// When it was over.
    pub ended_at: Timestamp,
    /// What roles said.
    pub roles: Effects,
    /// Whether the variables are there.
    pub evaluation: Evaluation,
    /// The goal variable as determined; `None` without a goal variable.
    pub goal: Option<&'a Value>,
    /// Another caller id may be tried for this lead.
    pub caller_id_left: bool,
    /// The lead's own expiry.
    pub expires_at: Option<Timestamp>,
    /// What a hand asked for meanwhile.
    pub hand: Option<Hand>,
    /// Now.
    pub now: Timestamp,
}

impl Facts<'_> {
    /// The goal was determined, and it was true.
    pub fn goal_reached(&self) -> bool {
        matches!(self.goal, Some(Value::Boolean(true)))
    }

    /// When the person asked to be called, if that is still to come. A wrong person's wish is not the lead's.
    pub fn callback(&self) -> Option<Timestamp> {
        self.roles.callback_at.filter(|callback| *callback > self.now && !self.roles.wrong_person)
    }

    /// Not suppressed, as far as the facts go.
    pub fn callable(&self, contact: &Contact) -> bool {
        self.suppressed & (1 << contact.position) == 0
    }

    /// More dials that this era allows.
    pub fn attempts_left(&self) -> u32 {
        self.config.attempts_cap(self.contacts.len()).saturating_sub(self.progress.attempts)
    }
}

/// The contact that this call proved dead.
pub(crate) fn dead_contact(facts: &Facts<'_>) -> Option<(u16, Unusable)> {
    if facts.roles.wrong_person {
        Some((facts.contact, Unusable::WrongPerson))
    } else if facts.outcome == Outcome::Failed && facts.failure == Failure::NumberInvalid {
        Some((facts.contact, Unusable::NumberInvalid))
    } else {
        None
    }
}

/// The contact that a `next_contact` leads to: the first in order that this round has not tried. Under `rotate` a
/// contact that turned out dead was no turn, so whoever moves up into its place comes first.
pub(crate) fn next_in_round(facts: &Facts<'_>) -> Option<u16> {
    let progress = Progress { start: None, ..facts.progress.trying(facts.contact) };
    let dead = dead_contact(facts).map(|(position, _)| position);
    let callable = |contact: &Contact| facts.callable(contact) && Some(contact.position) != dead;
    let moved_up = (dead.is_some() && facts.config.contact_strategy == ContactStrategy::Rotate)
        .then(|| {
            let untouched = Progress { tried: 0, ..progress };
            round::next_contact(ContactStrategy::Rotate, facts.contacts, callable, &untouched)
        })
        .flatten()
        .filter(|position| !progress.has_tried(*position));
    moved_up.or_else(|| round::next_contact(ContactStrategy::Escalate, facts.contacts, callable, &progress))
}
