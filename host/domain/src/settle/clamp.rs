//! The rules that bind whatever is decided, by the words that files and records show.

use serde::{Deserialize, Serialize};

/// A rule of the engine that changed what was asked for. The word is what files and records show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clamp {
    /// Moved to the next opening.
    CallingHours,
    /// Held to the least wait between rounds.
    MinimumInterval,
    /// The person asked for a later instant.
    Callback,
    /// No attempt is left.
    AttemptsUsed,
    /// There is no such contact, or it cannot be called.
    NoSuchContact,
    /// The round has no contact left.
    RoundOver,
    /// The first possible instant is past `not_after`.
    NotAfter,
    /// The first possible instant is past the lead's expiry.
    Expired,
    /// The first possible instant is past the campaign's end.
    CampaignEnds,
    /// No contact of the lead can be called.
    NoContactLeft,
}

impl Clamp {
    /// The word in files and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CallingHours => "calling_hours",
            Self::MinimumInterval => "minimum_interval",
            Self::Callback => "callback",
            Self::AttemptsUsed => "attempts_used",
            Self::NoSuchContact => "no_such_contact",
            Self::RoundOver => "round_over",
            Self::NotAfter => "not_after",
            Self::Expired => "expired",
            Self::CampaignEnds => "campaign_ends",
            Self::NoContactLeft => "no_contact_left",
        }
    }
}
