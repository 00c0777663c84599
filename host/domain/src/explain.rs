//! Why a lead is not being called now, and when it will be.
//!
//! The same gate list that the dialler asks, with words for a person, and the earliest instant at which every gate would
//! be open if nothing else happened. That instant is a promise: without competition the next dial happens then and never
//! before. It is found by going from one closed gate to its opening until none is closed; gates that wait for something
//! without an instant (a slot, a top-up) make it conditional, gates that block make it `None`.

use serde::Serialize;

use crate::gate::{self, CampaignFacts, Check, ContactFacts, Gate, LeadFacts, Verdict};
use crate::phone::Phone;
use crate::time::Timestamp;

/// Everything `explain` looks at.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The campaign scope.
    pub campaign: CampaignFacts<'a>,
    /// The lead scope.
    pub lead: LeadFacts,
    /// The contact that would be dialled next, and its facts; `None` when no contact is left.
    pub contact: Option<(Phone, ContactFacts)>,
}

/// One gate, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explained {
    /// Its code.
    pub gate: &'static str,
    /// Its scope.
    pub scope: &'static str,
    /// What it says.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// Why, with the facts.
    pub detail: String,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Every gate is open now.
    pub callable_now: bool,
    /// The first gate that is closed.
    pub blocked_by: Option<&'static str>,
    /// The earliest instant at which the lead could be called; `None` when no clock brings it.
    pub earliest: Option<Timestamp>,
    /// `earliest` also needs something that has no instant: see the gates that wait.
    pub conditional: bool,
    /// The contact that would be dialled.
    pub phone: Option<Phone>,
    /// Every gate in order.
    pub gates: Vec<Explained>,
}

fn checks(facts: &Facts<'_>, now: Timestamp) -> Vec<Check> {
    let mut all = gate::campaign(&facts.campaign, now).to_vec();
    all.extend(gate::lead(&facts.lead, now));
    match &facts.contact {
        Some((_, contact)) => all.extend(gate::contact(contact, facts.campaign.hours, facts.campaign.zone, now)),
        None => all.push((Gate::ContactUsable, Verdict::Block)),
    }
    all
}

/// The earliest instant not before `now` at which no gate waits for the clock, or `None` when one blocks. Gates that
/// wait for something without an instant are taken as open.
pub fn earliest(facts: &Facts<'_>, now: Timestamp) -> Option<Timestamp> {
    first_call(facts, now).map(|(at, _)| at)
}

/// [`earliest`], with the gate that opens last; `None` of it when nothing has to be waited for.
pub fn first_call(facts: &Facts<'_>, now: Timestamp) -> Option<(Timestamp, Option<Gate>)> {
    let (mut at, mut delayed_by) = (now, None);
    // Each turn moves to the latest opening among the closed gates; hours, gaps and daily caps settle within a few.
    for _ in 0..64 {
        let all = checks(facts, at);
        if all.iter().any(|(_, verdict)| *verdict == Verdict::Block) {
            return None;
        }
        let openings = all.iter().filter_map(|(gate, verdict)| match verdict {
            Verdict::Until(opening) => Some((*opening, *gate)),
            _ => None,
        });
        match openings.max_by_key(|(opening, _)| *opening) {
            Some((opening, gate)) if opening > at => (at, delayed_by) = (opening, Some(gate)),
            _ => return Some((at, delayed_by)),
        }
    }
    None
}

/// Explains.
pub fn explain(facts: &Facts<'_>, now: Timestamp) -> Explanation {
    let all = checks(facts, now);
    let closed = gate::first_closed(&all);
    let waits = |(_, verdict): &Check| *verdict == Verdict::Wait;
    Explanation {
        callable_now: closed.is_none(),
        blocked_by: closed.map(|(gate, _)| gate.code()),
        earliest: earliest(facts, now),
        conditional: all.iter().any(waits),
        phone: facts.contact.as_ref().map(|(phone, _)| *phone),
        gates: all
            .into_iter()
            .map(|(gate, verdict)| Explained {
                gate: gate.code(),
                scope: gate.scope(),
                verdict,
                detail: detail(gate, facts, now),
            })
            .collect(),
    }
}

/// Of a campaign that does not run nobody counts slots, and one is assumed.
fn slots(free: u32, of: &str) -> String {
    match free {
        0 => format!("every slot of the {of} is taken"),
        1 => format!("a slot of the {of} is free"),
        more => format!("{more} slots of the {of} are free"),
    }
}

fn detail(gate: Gate, facts: &Facts<'_>, now: Timestamp) -> String {
    let campaign = &facts.campaign;
    let zone = campaign.zone;
    let local = |at: Timestamp| format!("{} {}", zone.local(at), zone.name());
    let contact = facts.contact.as_ref().map(|(_, contact)| contact);
    let means = |means: Option<(crate::money::Micros, crate::money::Micros)>, none: &str| match means {
        Some((available, needed)) => format!("{} micros available, one call needs {}", available.0, needed.0),
        None => none.into(),
    };
    match gate {
        Gate::Quarantine => match campaign.quarantine {
            Verdict::Pass => "this host knows its calls".into(),
            Verdict::Until(at) if at > now => {
                format!("this host was restored from a backup; its retry interval is waited for, until {}", local(at))
            }
            Verdict::Until(_) => "this host was restored from a backup, and its retry interval is over".into(),
            Verdict::Wait | Verdict::Block => {
                "this host was restored from a backup and does not know of the calls since; its operator has to release it".into()
            }
        },
        Gate::CampaignRunning => format!("the campaign is {}", campaign.state.as_str()),
        Gate::CampaignDates => match (campaign.starts_at, campaign.ends_at) {
            (_, Some(end)) if now >= end => format!("the campaign ended {}", local(end)),
            (Some(start), _) if now < start => format!("the campaign starts {}", local(start)),
            _ => "within the campaign's dates".into(),
        },
        Gate::CampaignBudget => means(campaign.budget, "no budget is set"),
        Gate::GatewayHealth if campaign.gateway_healthy => "the gateway answers".into(),
        Gate::GatewayHealth => "the gateway does not answer; dialling goes on by itself when it does".into(),
        Gate::GatewayRate if campaign.rate_opens_at > now => {
            format!("the calls per second are used up until {}", local(campaign.rate_opens_at))
        }
        Gate::GatewayRate => "within the calls per second".into(),
        Gate::Balance => means(campaign.balance, "billing is off"),
        Gate::CampaignConcurrency => slots(campaign.campaign_slots, "campaign"),
        Gate::TenantConcurrency => slots(campaign.tenant_slots, "account"),
        Gate::LeadStatus => match facts.lead.state.reason() {
            Some(reason) => format!("the lead is {} ({reason})", facts.lead.state.status()),
            None => format!("the lead is {}", facts.lead.state.status()),
        },
        Gate::LeadExpired => match facts.lead.expires_at {
            Some(expiry) => format!("the lead expires {}", local(expiry)),
            None => "the lead does not expire".into(),
        },
        Gate::LeadNotBefore if facts.lead.wait == crate::lead::Wait::Owner => {
            format!("not before {}", local(facts.lead.not_before))
        }
        Gate::LeadNotBefore => "no date is set on the lead".into(),
        Gate::LeadAttempts => format!("{} attempts are left", facts.lead.attempts_left),
        Gate::LeadRetryWait => match facts.lead.wait {
            crate::lead::Wait::Retry => format!("the next round begins {}", local(facts.lead.not_before)),
            crate::lead::Wait::Callback => format!("the person asked to be called {}", local(facts.lead.not_before)),
            crate::lead::Wait::Deferral => format!("the gateway is asked again {}", local(facts.lead.not_before)),
            _ => "no retry wait".into(),
        },
        Gate::ContactSuppressed if contact.is_some_and(|contact| contact.suppressed) => {
            "the number is on the do-not-call list".into()
        }
        Gate::ContactSuppressed => "not on the do-not-call list".into(),
        Gate::ContactUsable => match contact {
            None => "the lead has no contact that can be called".into(),
            Some(ContactFacts { unusable: Some(why), .. }) => format!("the contact is dead: {why:?}"),
            Some(_) => "the contact is usable".into(),
        },
        Gate::CallingHours => match campaign.hours.next_allowed(now, zone) {
            Some(at) if at > now => format!("local time is {}; the hours open {}", local(now), local(at)),
            Some(_) => format!("local time is {}", local(now)),
            None => "the calling hours are empty".into(),
        },
        Gate::PhoneGap => match contact.and_then(|contact| contact.last_call_ended) {
            Some(ended) => format!("the last call to this phone ended {}", local(ended)),
            None => "this phone was not called before".into(),
        },
        Gate::PhoneDailyCap => match contact {
            Some(ContactFacts { max_calls_per_day: Some(most), calls_today, .. }) => {
                format!("{calls_today} of {most} calls to this phone today")
            }
            _ => "no daily limit per phone".into(),
        },
        Gate::PhoneFree if contact.is_some_and(|contact| contact.in_call) => "a call to this phone is under way".into(),
        Gate::PhoneFree => "no call to this phone is under way".into(),
        Gate::CallerId => match contact.map(|contact| contact.caller_id) {
            Some(Err(Some(at))) => format!("every caller id has had its calls for today; the next may {}", local(at)),
            Some(Err(None)) => "no caller id is left for this lead".into(),
            _ => "a caller id is available".into(),
        },
    }
}
