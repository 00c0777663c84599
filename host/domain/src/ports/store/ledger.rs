//! An account's money: what is left of it, and every line that made it so.
//!
//! Two sums of one ledger. What an account **has** changes when money is added and when a call is settled; what it may
//! still **spend** changes when money is set aside and given back. A line says what it did to each, so that either can
//! be added up without knowing the kinds.

use serde::Serialize;

use crate::ids::{CallId, CampaignId};
use crate::money::{Currency, EntryKind, Micros};
use crate::time::Timestamp;

/// What is left of an account's money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// Calls are charged. When they are not, no line is ever written and every amount is 0.
    pub billing: bool,
    /// Of all amounts; `None` without billing.
    pub currency: Option<Currency>,
    /// What the account has: added minus settled.
    pub balance_micros: Micros,
    /// What is set aside for calls under way.
    pub reserved_micros: Micros,
    /// What it may still spend: `balance_micros` minus `reserved_micros`.
    pub available_micros: Micros,
    /// What the next call sets aside; with less available nobody is dialled.
    pub next_call_micros: Micros,
    /// With less available the account is told once (`balance.low`); `None`: it is not.
    pub low_below_micros: Option<Micros>,
}

/// Which lines of the ledger.
#[derive(Clone, Debug, Default)]
pub struct LedgerFilter {
    /// Of calls of this campaign.
    pub campaign: Option<CampaignId>,
    /// Of this kind.
    pub kind: Option<EntryKind>,
    /// Written at or after this instant.
    pub since: Option<Timestamp>,
    /// Written before this instant.
    pub until: Option<Timestamp>,
}

/// A line of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LedgerEntry {
    /// What it is for.
    pub kind: EntryKind,
    /// How much moved; more than 0.
    pub amount_micros: Micros,
    /// What it did to the balance; all of them add up to it.
    pub balance_change_micros: Micros,
    /// What it did to what is available; all of them add up to it.
    pub available_change_micros: Micros,
    /// What was available after it.
    pub available_after_micros: Micros,
    /// The campaign of the call.
    pub campaign: Option<CampaignId>,
    /// The call it was for; `None` for a top-up.
    pub call: Option<CallId>,
    /// When.
    pub at: Timestamp,
}
