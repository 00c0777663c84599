//! An account's money.

use utoipa::ToSchema;

/// What is left of an account's money, in millionths of the currency's unit.
#[derive(ToSchema)]
pub struct Balance {
    /// Calls are charged. When they are not, nothing is ever taken and every amount is 0.
    pub billing: bool,
    /// Three upper-case letters (ISO 4217); null without billing.
    pub currency: Option<String>,
    /// What the account has: added minus what calls cost.
    pub balance_micros: i64,
    /// What is set aside for calls under way.
    pub reserved_micros: i64,
    /// What it may still spend: the balance minus what is set aside.
    pub available_micros: i64,
    /// What the next call sets aside. With less available nobody is dialled until the account is topped up.
    pub next_call_micros: i64,
    /// With less available `balance.low` is told, once until a top-up brings it above; null: never.
    pub low_below_micros: Option<i64>,
}

/// A movement of money, in millionths of the currency's unit.
#[derive(ToSchema)]
pub struct LedgerEntry {
    /// `top_up`: the operator added it. `reserve`: set aside before a call. `extend`: set aside for one more started minute.
    /// `settle`: taken for a call that is over. `release`: what was set aside and not needed, given back.
    pub kind: String,
    /// How much moved; more than 0.
    pub amount_micros: i64,
    /// What it did to the balance: added by `top_up`, taken by `settle`, otherwise 0. All of them add up to the balance.
    pub balance_change_micros: i64,
    /// What it did to what is available: added by `top_up` and `release`, taken by `reserve` and `extend`, 0 for `settle`,
    /// which takes of what was set aside. All of them add up to what is available.
    pub available_change_micros: i64,
    /// What was available after it.
    pub available_after_micros: i64,
    /// `cmp_...`: the campaign of the call.
    pub campaign: Option<String>,
    /// `call_...`: the call it was for; null for a top-up.
    pub call: Option<String>,
    /// When.
    #[schema(format = DateTime)]
    pub at: String,
}
