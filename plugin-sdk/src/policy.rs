//! Retry policies: what happens to a lead after a call.
//!
//! A policy is a pure function of its input (and of the calendar's answers). It is asked after the engine has done what
//! binds everybody (suppression, do-not-call, goal roles), and whatever it answers is bound by the calling hours, the gaps
//! and `attempts_left` afterwards. The same input must give the same answer: there is no clock and no randomness to ask.

use serde::de::DeserializeOwned;

use crate::types::{Attempt, Contact, Outcome, PluginError, Timestamp};

/// The generated bindings; for [`crate::export!`].
#[doc(hidden)]
#[allow(missing_docs, reason = "generated; the contract's own comments are in wit/v0.1/campanile.wit")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "wit/v0.1",
        world: "campanile:plugin/retry-policy",
        with: {
            "campanile:plugin/types@0.1.0": crate::bindings::campanile::plugin::types,
            "campanile:plugin/log@0.1.0": crate::bindings::campanile::plugin::log,
            "campanile:plugin/config@0.1.0": crate::bindings::campanile::plugin::config,
            "campanile:plugin/calendar@0.1.0": crate::bindings::calendar::campanile::plugin::calendar,
        },
        additional_derives: [PartialEq],
        pub_export_macro: true,
    });
}

pub use bindings::exports::campanile::plugin::policy::{Decision, Input, Retry, Strategy, Trigger, Whom};

/// A retry policy. `impl RetryPolicy for MyPolicy { type Settings = NoSettings; }` is complete: it answers what the
/// built-in policy would.
pub trait RetryPolicy {
    /// What the tenant may set; its JSON Schema stands in `campanile.toml`.
    type Settings: DeserializeOwned;

    /// Decides. An error leaves the lead to the campaign's `on_policy_failure`.
    fn decide(input: &Input, settings: &Self::Settings) -> Result<Decision, PluginError> {
        let _ = settings;
        Ok(input.builtin.clone())
    }
}

impl Input {
    /// The attempts that count: those of the current era, oldest first.
    pub fn current(&self) -> impl DoubleEndedIterator<Item = &Attempt> {
        self.attempts.iter().filter(|attempt| attempt.era == self.era)
    }

    /// The last attempt of the current era: the one that is being settled.
    pub fn last(&self) -> Option<&Attempt> {
        self.current().next_back()
    }

    /// How many attempts of the current era ended like this.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.current().filter(|attempt| attempt.outcome == outcome).count()
    }

    /// How many of the latest attempts ended like this without another outcome between them.
    pub fn streak(&self, outcome: Outcome) -> usize {
        self.current().rev().take_while(|attempt| attempt.outcome == outcome).count()
    }

    /// How many more rounds `max_retries` allows after this one.
    pub fn rounds_left(&self) -> u32 {
        (self.max_retries + 1).saturating_sub(self.round)
    }

    /// The contact at a position.
    pub fn contact(&self, position: u32) -> Option<&Contact> {
        self.contacts.iter().find(|contact| contact.position == position)
    }
}

impl Retry {
    /// A new round not before `not_before`, everything else left to the engine.
    pub fn at(not_before: Timestamp, reason: impl Into<String>) -> Self {
        Self {
            not_before,
            not_after: None,
            contact: None,
            priority: None,
            variables: Vec::new(),
            reason: reason.into(),
        }
    }

    /// The same, beginning with a certain contact.
    #[must_use]
    pub fn with_contact(mut self, position: u32) -> Self {
        self.contact = Some(position);
        self
    }
}
