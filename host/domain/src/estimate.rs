//! How long a campaign takes and what it costs, worked out instead of played.
//!
//! A rehearsal plays every lead and takes minutes; this answers while somebody looks at a form. No closed formula holds:
//! a campaign is bound by its slots in the morning, by the retry interval at noon and by its calling hours at night. So
//! the leads flow, as expected numbers, through the same rules: at every step of open time as many calls are dialled as
//! slots, rates and daily caps allow; each call sends its shares on, to the next contact at once, to the next round after
//! the interval, or to the end ([`flow`]). What a person does follows the shares of past calls, with what earlier calls
//! tell of a person kept ([`people`]): who did not answer twice is less likely to answer the third time.
//!
//! The answers are middles, not bounds. The end of a campaign is the instant after which the chance of another call is
//! below one half, plus the longest call that is then under way. What a custom policy would decide is not asked, other
//! campaigns of the account are not there, and gaps between calls to a phone shared by leads are not waited for.
//!
//! It must never: read a clock, draw at random, or place a call outside the hours that [`crate::hours`] allows.

use serde::Serialize;

use crate::campaign::CampaignConfig;
use crate::money::{Micros, Tariff};
use crate::time::{DAY_MS, Timestamp};
use crate::zone::Zone;

mod averages;
mod flow;
mod people;

pub use people::{Ends, People};

/// A campaign that is not over so long after its start is left there, as a rehearsal would be, in milliseconds.
pub const HORIZON_MS: i64 = 400 * DAY_MS;

/// Leads that are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// How many contacts of each may be called, at least 1.
    pub contacts: u32,
    /// The round that the next call belongs to, from 1.
    pub round: u32,
    /// Not called before.
    pub due: Timestamp,
    /// How many leads.
    pub leads: u64,
}

/// Everything that the answer depends on.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// What its owner configured; its policy is not asked.
    pub config: &'a CampaignConfig,
    /// Whose clock the calling hours follow.
    pub zone: &'a Zone,
    /// When it is started.
    pub start: Timestamp,
    /// Calls at once: the least of what campaign, tenant and host allow.
    pub slots: u32,
    /// Dials per second; `None`: no limit.
    pub calls_per_second: Option<f64>,
    /// Calls to one phone in a local day; `None`: no limit.
    pub max_calls_per_number_per_day: Option<u32>,
    /// Numbers to call from.
    pub caller_ids: u32,
    /// How long to let it ring, in milliseconds.
    pub ring_timeout_ms: i64,
    /// The longest call, in milliseconds.
    pub max_call_ms: i64,
    /// What talking costs; `None`: nothing.
    pub tariff: Option<Tariff>,
    /// What is left of the campaign's budget.
    pub budget_left: Option<Micros>,
    /// Who is called.
    pub people: &'a People,
    /// Whom.
    pub groups: &'a [Group],
}

/// Why it does not come to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unfinished {
    /// `ends_at` comes first.
    Ended,
    /// The budget is spent first.
    BudgetSpent,
    /// The calling hours never open.
    NeverOpen,
    /// It is still not over after [`HORIZON_MS`].
    Horizon,
}

/// The answer, in expected numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Estimate {
    /// Calls dialled.
    pub calls: u64,
    /// Calls that a person answers.
    pub answered: u64,
    /// Leads that reach the goal.
    pub goals_reached: u64,
    /// Talk, in milliseconds.
    pub talk_ms: i64,
    /// Charged to the account.
    pub cost_micros: Micros,
    /// From the start to the end of the last call, in milliseconds; 0 when nobody is called.
    pub duration_ms: i64,
    /// The end of the last call.
    pub ends_at: Option<Timestamp>,
    /// `None`: nobody is left to call then.
    pub unfinished: Option<Unfinished>,
}

/// Works it out.
pub fn estimate(question: &Question<'_>) -> Estimate {
    flow::Flow::new(question).run()
}

#[cfg(test)]
mod tests;
