//! The one gate list: every condition for calling a contact now, in order, in three scopes.
//!
//! The claimer, the last look right before the dial, `explain`, preflight and the counts per reason all call these
//! functions with facts they loaded; nobody asks "may we call?" in other words. A gate passes, waits until an instant,
//! waits for something that has no instant (a free slot, a top-up), or blocks. The functions are pure and allocate
//! nothing: they run for every candidate of every claim. Words for people are made in [`crate::explain`].

use serde::{Deserialize, Serialize};

use crate::campaign::CampaignState;
use crate::contact::Unusable;
use crate::hours::CallingHours;
use crate::lead::{LeadState, Wait};
use crate::money::Micros;
use crate::time::Timestamp;
use crate::zone::Zone;

/// One condition. The order of the variants is the order of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gate {
    /// The host knows its calls; one that was restored from a backup does not ([`crate::quarantine`]).
    Quarantine,
    /// The campaign is in progress.
    CampaignRunning,
    /// Between `starts_at` and `ends_at`.
    CampaignDates,
    /// The campaign's budget covers one more call.
    CampaignBudget,
    /// The gateway answers.
    GatewayHealth,
    /// The gateway's and the tenant's calls per second.
    GatewayRate,
    /// With billing on, the balance covers one more call.
    Balance,
    /// `max_concurrent_calls` of the campaign.
    CampaignConcurrency,
    /// The tenant's and the host's slots.
    TenantConcurrency,
    /// The lead waits for a call.
    LeadStatus,
    /// The lead's `expires_at`.
    LeadExpired,
    /// The lead's own `not_before`.
    LeadNotBefore,
    /// `max_attempts_per_lead`.
    LeadAttempts,
    /// The retry interval, a callback or a deferral.
    LeadRetryWait,
    /// On the do-not-call list.
    ContactSuppressed,
    /// Dead: invalid or the wrong person's.
    ContactUsable,
    /// The campaign's calling hours.
    CallingHours,
    /// The least gap between two calls to one phone.
    PhoneGap,
    /// Calls to one phone in a day.
    PhoneDailyCap,
    /// No live call on this phone.
    PhoneFree,
    /// A caller id is available.
    CallerId,
}

impl Gate {
    /// In order.
    pub const ALL: [Self; 21] = [
        Self::Quarantine,
        Self::CampaignRunning,
        Self::CampaignDates,
        Self::CampaignBudget,
        Self::GatewayHealth,
        Self::GatewayRate,
        Self::Balance,
        Self::CampaignConcurrency,
        Self::TenantConcurrency,
        Self::LeadStatus,
        Self::LeadExpired,
        Self::LeadNotBefore,
        Self::LeadAttempts,
        Self::LeadRetryWait,
        Self::ContactSuppressed,
        Self::ContactUsable,
        Self::CallingHours,
        Self::PhoneGap,
        Self::PhoneDailyCap,
        Self::PhoneFree,
        Self::CallerId,
    ];

    /// The code in the API, files and records.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Quarantine => "quarantine",
            Self::CampaignRunning => "campaign_running",
            Self::CampaignDates => "campaign_dates",
            Self::CampaignBudget => "campaign_budget",
            Self::GatewayHealth => "gateway_health",
            Self::GatewayRate => "gateway_rate",
            Self::Balance => "balance",
            Self::CampaignConcurrency => "campaign_concurrency",
            Self::TenantConcurrency => "tenant_concurrency",
            Self::LeadStatus => "lead_status",
            Self::LeadExpired => "lead_expired",
            Self::LeadNotBefore => "lead_not_before",
            Self::LeadAttempts => "lead_attempts",
            Self::LeadRetryWait => "lead_retry_wait",
            Self::ContactSuppressed => "contact_suppressed",
            Self::ContactUsable => "contact_usable",
            Self::CallingHours => "calling_hours",
            Self::PhoneGap => "phone_gap",
            Self::PhoneDailyCap => "phone_daily_cap",
            Self::PhoneFree => "phone_free",
            Self::CallerId => "caller_id",
        }
    }

    /// Its scope: what it is a condition of.
    pub const fn scope(self) -> &'static str {
        match self {
            Self::Quarantine
            | Self::CampaignRunning
            | Self::CampaignDates
            | Self::CampaignBudget
            | Self::GatewayHealth
            | Self::GatewayRate
            | Self::Balance
            | Self::CampaignConcurrency
            | Self::TenantConcurrency => "campaign",
            Self::LeadStatus | Self::LeadExpired | Self::LeadNotBefore | Self::LeadAttempts | Self::LeadRetryWait => {
                "lead"
            }
            _ => "contact",
        }
    }

    /// A number for the database; stable, so the gate that came last has the last one wherever it stands.
    pub fn number(self) -> u8 {
        match self {
            Self::Quarantine => 21,
            _ => Self::ALL.iter().position(|gate| *gate == self).map_or(0, |index| index as u8),
        }
    }

    /// Reads [`Self::number`].
    pub fn from_number(number: u8) -> Option<Self> {
        match number {
            0 => None,
            21 => Some(Self::Quarantine),
            _ => Self::ALL.get(usize::from(number)).copied(),
        }
    }
}

/// What a gate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", content = "until", rename_all = "snake_case")]
pub enum Verdict {
    /// Open.
    Pass,
    /// Opens by itself at this instant.
    Until(Timestamp),
    /// Opens when something happens that has no instant.
    Wait,
    /// Does not open by itself.
    Block,
}

impl Verdict {
    /// Open.
    pub const fn is_pass(self) -> bool {
        matches!(self, Self::Pass)
    }

    /// The same at an instant: what was waited for and has come is open.
    pub fn at(self, now: Timestamp) -> Self {
        match self {
            Self::Until(at) => until(at, now),
            said => said,
        }
    }
}

/// A gate and what it says.
pub type Check = (Gate, Verdict);

/// What the campaign scope looks at.
#[derive(Clone, Debug)]
pub struct CampaignFacts<'a> {
    /// What the host's quarantine says; open on one that was never restored.
    pub quarantine: Verdict,
    /// The campaign's state.
    pub state: CampaignState,
    /// No call before.
    pub starts_at: Option<Timestamp>,
    /// No call from then on.
    pub ends_at: Option<Timestamp>,
    /// What is left of the budget, and what one call needs.
    pub budget: Option<(Micros, Micros)>,
    /// The gateway answers.
    pub gateway_healthy: bool,
    /// The next instant at which the rate limits allow a dial.
    pub rate_opens_at: Timestamp,
    /// With billing on: what is available, and what one call needs.
    pub balance: Option<(Micros, Micros)>,
    /// Slots of the campaign that are free.
    pub campaign_slots: u32,
    /// Slots of the tenant and the host that are free.
    pub tenant_slots: u32,
    /// The calling hours.
    pub hours: &'a CallingHours,
    /// Whose clock they follow.
    pub zone: &'a Zone,
}

/// The campaign scope.
pub fn campaign(facts: &CampaignFacts<'_>, now: Timestamp) -> [Check; 9] {
    let covers = |means: Option<(Micros, Micros)>| match means {
        Some((available, needed)) if available < needed => Verdict::Wait,
        _ => Verdict::Pass,
    };
    let dates = match (facts.starts_at, facts.ends_at) {
        (_, Some(end)) if now >= end => Verdict::Block,
        (Some(start), _) if now < start => Verdict::Until(start),
        _ => Verdict::Pass,
    };
    let open = |is_open: bool| if is_open { Verdict::Pass } else { Verdict::Wait };
    [
        (Gate::Quarantine, facts.quarantine.at(now)),
        (Gate::CampaignRunning, open(facts.state == CampaignState::InProgress)),
        (Gate::CampaignDates, dates),
        (Gate::CampaignBudget, covers(facts.budget)),
        (Gate::GatewayHealth, open(facts.gateway_healthy)),
        (Gate::GatewayRate, until(facts.rate_opens_at, now)),
        (Gate::Balance, covers(facts.balance)),
        (Gate::CampaignConcurrency, open(facts.campaign_slots > 0)),
        (Gate::TenantConcurrency, open(facts.tenant_slots > 0)),
    ]
}

/// What the lead scope looks at.
#[derive(Clone, Copy, Debug)]
pub struct LeadFacts {
    /// Where it stands.
    pub state: LeadState,
    /// Due then, unclamped.
    pub not_before: Timestamp,
    /// Whose wait that is.
    pub wait: Wait,
    /// Past this instant it is not called.
    pub expires_at: Option<Timestamp>,
    /// More dials allowed in this era.
    pub attempts_left: u32,
}

/// The lead scope.
pub fn lead(facts: &LeadFacts, now: Timestamp) -> [Check; 5] {
    let status = match facts.state {
        state if state.is_waiting() => Verdict::Pass,
        LeadState::Processing(_) => Verdict::Wait,
        _ => Verdict::Block,
    };
    let expired = facts.expires_at.is_some_and(|expiry| now >= expiry);
    let (owner, retry) = match facts.wait {
        Wait::Owner => (until(facts.not_before, now), Verdict::Pass),
        _ => (Verdict::Pass, until(facts.not_before, now)),
    };
    [
        (Gate::LeadStatus, status),
        (Gate::LeadExpired, if expired { Verdict::Block } else { Verdict::Pass }),
        (Gate::LeadNotBefore, owner),
        (Gate::LeadAttempts, if facts.attempts_left == 0 { Verdict::Block } else { Verdict::Pass }),
        (Gate::LeadRetryWait, retry),
    ]
}

/// What the contact scope looks at.
#[derive(Clone, Copy, Debug)]
pub struct ContactFacts {
    /// On the do-not-call list of the tenant.
    pub suppressed: bool,
    /// Dead.
    pub unusable: Option<Unusable>,
    /// The last call to this phone ended then, in whatever campaign of the tenant.
    pub last_call_ended: Option<Timestamp>,
    /// The tenant's least gap, in milliseconds.
    pub min_gap_ms: i64,
    /// Calls to this phone since the local day began.
    pub calls_today: u32,
    /// The tenant's limit.
    pub max_calls_per_day: Option<u32>,
    /// When the local day ends.
    pub day_ends_at: Timestamp,
    /// An attempt on this phone is open.
    pub in_call: bool,
    /// A caller id may be used; `Err` says when one may again (`None`: by no clock).
    pub caller_id: Result<(), Option<Timestamp>>,
}

/// The contact scope; needs the campaign's hours.
pub fn contact(facts: &ContactFacts, hours: &CallingHours, zone: &Zone, now: Timestamp) -> [Check; 7] {
    let block = |blocked: bool| if blocked { Verdict::Block } else { Verdict::Pass };
    let opening = match hours.next_allowed(now, zone) {
        Some(at) => until(at, now),
        None => Verdict::Block,
    };
    let gap = match facts.last_call_ended {
        Some(ended) => until(ended + facts.min_gap_ms, now),
        None => Verdict::Pass,
    };
    let cap = match facts.max_calls_per_day {
        Some(0) => Verdict::Block,
        Some(most) if now < facts.day_ends_at && facts.calls_today >= most => Verdict::Until(facts.day_ends_at),
        _ => Verdict::Pass,
    };
    let caller_id = match facts.caller_id {
        Ok(()) => Verdict::Pass,
        Err(Some(at)) => until(at, now),
        Err(None) => Verdict::Block,
    };
    [
        (Gate::ContactSuppressed, block(facts.suppressed)),
        (Gate::ContactUsable, block(facts.unusable.is_some())),
        (Gate::CallingHours, opening),
        (Gate::PhoneGap, gap),
        (Gate::PhoneDailyCap, cap),
        (Gate::PhoneFree, if facts.in_call { Verdict::Wait } else { Verdict::Pass }),
        (Gate::CallerId, caller_id),
    ]
}

fn until(at: Timestamp, now: Timestamp) -> Verdict {
    if at > now { Verdict::Until(at) } else { Verdict::Pass }
}

/// The first gate that is not open.
pub fn first_closed(checks: &[Check]) -> Option<Check> {
    checks.iter().copied().find(|(_, verdict)| !verdict.is_pass())
}

/// Whether any gate needs something that has no instant.
pub fn waits_for_more_than_time(checks: &[Check]) -> bool {
    checks.iter().any(|(_, verdict)| matches!(verdict, Verdict::Wait | Verdict::Block))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_stable_and_reversible() {
        for gate in Gate::ALL {
            assert_eq!(Gate::from_number(gate.number()), Some(gate));
        }
        assert_eq!((Gate::from_number(0), Gate::from_number(21)), (None, Some(Gate::Quarantine)));
        assert_eq!((Gate::CampaignRunning.number(), Gate::CallingHours.number(), Gate::CallerId.number()), (1, 16, 20));
    }

    #[test]
    fn a_wait_belongs_to_the_one_who_asked_for_it() {
        let facts = LeadFacts {
            state: LeadState::Created,
            not_before: Timestamp(10),
            wait: Wait::Owner,
            expires_at: None,
            attempts_left: 1,
        };
        assert_eq!(
            first_closed(&lead(&facts, Timestamp(5))),
            Some((Gate::LeadNotBefore, Verdict::Until(Timestamp(10))))
        );
        let retry = LeadFacts { wait: Wait::Retry, state: LeadState::Rescheduled, ..facts };
        assert_eq!(
            first_closed(&lead(&retry, Timestamp(5))),
            Some((Gate::LeadRetryWait, Verdict::Until(Timestamp(10))))
        );
        assert_eq!(first_closed(&lead(&retry, Timestamp(10))), None);
    }

    #[test]
    fn an_expired_lead_is_blocked() {
        let facts = LeadFacts {
            state: LeadState::Rescheduled,
            not_before: Timestamp(0),
            wait: Wait::Retry,
            expires_at: Some(Timestamp(7)),
            attempts_left: 1,
        };
        assert_eq!(first_closed(&lead(&facts, Timestamp(6))), None);
        assert_eq!(first_closed(&lead(&facts, Timestamp(7))), Some((Gate::LeadExpired, Verdict::Block)));
    }
}
