//! What a campaign's leads would meet if it were started now: who could be called, who never will be, and when the first
//! call could be.
//!
//! Counts, not leads: gaps and daily caps of phones are looked at when a lead's turn comes.

use std::collections::BTreeMap;

use campanile_domain::campaign::CampaignState;
use campanile_domain::explain::{Facts, explain, first_call};
use campanile_domain::gate::{Check, Gate, Verdict, campaign as campaign_gates};
use campanile_domain::ports::store::{GateCount, Outlook, Stats};
use campanile_domain::time::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::schema::explain as schema;

/// The leads of a campaign, as if it were started now.
#[derive(Serialize, ToSchema)]
#[schema(as = PreflightLeads)]
pub(crate) struct Leads {
    /// In all.
    total: u64,
    /// Those that can be called, now or later.
    callable: u64,
    /// Where those that can be called would wait, with the earliest instant; `ready` for those that only need a slot.
    #[schema(value_type = Vec<schema::GateCount>)]
    waiting: Vec<GateCount>,
    /// Those that will not be called.
    never: Vec<Never>,
    /// The gate that is closed for all of them.
    #[serde(skip)]
    #[schema(ignore)]
    at_all: Option<Gate>,
}

/// Leads that will not be called.
#[derive(Serialize, ToSchema)]
#[schema(as = PreflightNever)]
pub(crate) struct Never {
    /// The gate that ends them (`lead_expired`, `contact_suppressed`, `contact_usable`; `campaign_dates`: the campaign ends
    /// before), or the status that they have ended in (`completed`, `max_retries`, `suppressed`).
    reason: String,
    /// How many.
    leads: u64,
}

/// The first call that could be made.
#[derive(Clone, Copy, Serialize, ToSchema)]
pub(crate) struct FirstCall {
    /// Not before this instant.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The gate that opens last; null when nothing has to be waited for.
    pub delayed_by: Option<&'static str>,
    /// It also needs something that has no instant, such as a top-up: a start check says which.
    pub conditional: bool,
}

/// The word for leads that only need a slot.
const READY: &str = "ready";

impl Leads {
    /// Counts them.
    pub(super) fn of(
        stats: &Stats,
        outlook: &Outlook,
        gates: Vec<GateCount>,
        facts: &Facts<'_>,
        at: Timestamp,
    ) -> Self {
        let mut never: BTreeMap<&str, u64> = stats
            .by_status
            .iter()
            .filter(|(status, _)| ENDED.contains(&status.as_str()))
            .map(|(status, reasons)| (status.as_str(), reasons.values().sum()))
            .collect();
        let lost = [
            (Gate::LeadExpired, outlook.expired),
            (Gate::ContactSuppressed, outlook.suppressed),
            (Gate::ContactUsable, outlook.unusable),
        ];
        never.extend(lost.map(|(gate, leads)| (gate.code(), leads)));
        let lost: u64 = lost.iter().map(|(_, leads)| leads).sum();
        let mut callable = outlook.live.saturating_sub(lost);
        let closed = closed(facts, at);
        let mut waiting = waiting(gates, lost, closed);
        if first_call(facts, at).is_none() {
            never.insert(Gate::CampaignDates.code(), callable);
            (callable, waiting) = (0, Vec::new());
        }
        let never = never.into_iter().filter(|(_, leads)| *leads > 0);
        let never = never.map(|(reason, leads)| Never { reason: reason.to_owned(), leads }).collect();
        Self { total: stats.leads, callable, waiting, never, at_all: closed.map(|(gate, _)| gate) }
    }

    /// When the first of them could be called; `facts` are those of a lead that is due at an instant.
    pub(super) fn first<'a>(&self, at: Timestamp, facts: impl Fn(Timestamp) -> Option<Facts<'a>>) -> Option<FirstCall> {
        let of_all =
            |gate: &GateCount| gate.gate == READY || self.at_all.is_some_and(|closed| closed.code() == gate.gate);
        let (due, own) = if self.waiting.iter().any(of_all) {
            (at, None)
        } else {
            let (until, gate) = self.waiting.iter().filter_map(|gate| Some((gate.until?, &gate.gate))).min()?;
            (until.max(at), Gate::ALL.into_iter().find(|known| known.code() == gate))
        };
        let facts = facts(due)?;
        let (first, last) = first_call(&facts, due)?;
        let delayed_by = last.or(own).map(Gate::code);
        Some(FirstCall { at: first, delayed_by, conditional: explain(&facts, at).conditional })
    }
}

/// The first gate that is closed for all leads of a campaign.
fn closed(facts: &Facts<'_>, at: Timestamp) -> Option<Check> {
    let closed = campaign_gates(&facts.campaign, at).into_iter().find(|(_, verdict)| !verdict.is_pass());
    let shut = || {
        let opens = facts.campaign.hours.next_allowed(at, facts.campaign.zone).filter(|opens| *opens > at)?;
        Some((Gate::CallingHours, Verdict::Until(opens)))
    };
    closed.or_else(shut)
}

/// Those that only need a slot wait at the gate that is closed for all; those that are lost wait nowhere.
fn waiting(gates: Vec<GateCount>, mut lost: u64, closed: Option<Check>) -> Vec<GateCount> {
    let mut waiting: Vec<GateCount> = Vec::new();
    // Whoever is lost was not looked at yet, so it is counted among those that only need a slot, as long as there are any.
    let (ready, parked): (Vec<_>, Vec<_>) = gates.into_iter().partition(|gate| gate.gate == READY);
    for mut gate in ready.into_iter().chain(parked) {
        let taken = lost.min(gate.leads);
        (gate.leads, lost) = (gate.leads - taken, lost - taken);
        if let (READY, Some((at_all, verdict))) = (gate.gate.as_str(), closed) {
            gate.gate = at_all.code().to_owned();
            gate.until = if let Verdict::Until(opens) = verdict { Some(opens) } else { None };
        }
        match waiting.iter_mut().find(|known| known.gate == gate.gate) {
            Some(known) => known.leads += gate.leads,
            None if gate.leads > 0 => waiting.push(gate),
            None => {}
        }
    }
    waiting
}

/// The statuses that leads end in.
const ENDED: [&str; 3] = ["completed", "max_retries", "suppressed"];

/// The campaign as it would be, once started.
pub(super) const STARTED: CampaignState = CampaignState::InProgress;
