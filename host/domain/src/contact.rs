//! The phones of a lead.
//!
//! One primary and up to ten ordered secondary contacts, each with variables of its own. A contact that turned out dead
//! stays in its place with the reason, so that positions in attempts and files keep their meaning.

use serde::{Deserialize, Serialize};

use crate::phone::Phone;
use crate::variable::Variables;

/// How many contacts a lead may have: the primary and ten secondary ones.
pub const MAX_CONTACTS: usize = 11;

/// Why a contact is not called any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unusable {
    /// The provider says that the number does not exist.
    NumberInvalid,
    /// The role `wrong_person` was true in a call.
    WrongPerson,
    /// Its owner's hand.
    ByHand,
    /// The system that the lead came from has the phone no more.
    RemovedAtSource,
}

/// One phone of a lead.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// 0 for the primary, then in the order given.
    #[serde(default)]
    pub position: u16,
    /// E.164, normalised when it came in.
    pub phone: Phone,
    /// Whose phone it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What the owner calls it: "mobile", "office".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Merged over the lead's variables when this contact is dialled.
    #[serde(default, skip_serializing_if = "Variables::is_empty")]
    pub variables: Variables,
    /// Set when the contact is dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unusable: Option<Unusable>,
}

impl Contact {
    /// A plain contact at a position.
    pub fn new(position: u16, phone: Phone) -> Self {
        Self { position, phone, name: None, label: None, variables: Variables::default(), unusable: None }
    }

    /// Not known to be dead.
    pub const fn is_usable(&self) -> bool {
        self.unusable.is_none()
    }
}
