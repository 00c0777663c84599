//! The core decides.
//!
//! `step(event, now, rng) -> effects`: everything the engine knows in memory is plain data in here, and every decision
//! about slots, turns, rates, timers and look-ups is made by one function that reads no clock, takes no lock and waits for
//! nothing. The shell feeds it from tokio, the rehearsal from a heap; given the same events it says the same things.
//!
//! It holds nothing that the store does not: a crash loses the core, `Boot` brings it back. It never decides what follows
//! from a call (that is settled in the store's transaction by the domain's rules); it only learns of it.

mod attempts;
mod breaker;
mod campaigns;
mod event;
mod grant;
mod rate;
#[cfg(test)]
mod tests;
mod timers;
mod turns;

use std::collections::{BTreeMap, BTreeSet};

use campanile_domain::campaign::{CampaignState, Happening};
use campanile_domain::ids::{AttemptKey, CampaignKey, GatewayKey, LeadKey, TenantKey};
use campanile_domain::ports::gateway::Capabilities;
use campanile_domain::ports::store::{After, Boot, LiveFacts, TenantSnapshot, Unfinished};
use campanile_domain::time::{MINUTE_MS, SECOND_MS, Timestamp};
use rand_core::Rng;

pub(crate) use attempts::silence_deadline;
pub(crate) use campaigns::END_LEADS_AT_ONCE;
pub use event::{Effect, Event, Work};

use attempts::Live;
use campaigns::Campaign;
use rate::Rate;
use timers::{Timer, Timers};
use turns::Account;

/// Refusals to connect in a row after which a gateway is not asked to dial until it answers a check.
const UNREACHABLE_AFTER: u32 = 5;
/// How long failed work waits before it is done again.
const AGAIN_MS: i64 = SECOND_MS;
/// When a limit that does not exist opened.
const OPEN: Timestamp = Timestamp(0);
/// How often an unreachable gateway is checked.
const GATEWAY_CHECK_MS: i64 = 10 * SECOND_MS;

struct Tenant {
    snapshot: TenantSnapshot,
    rate: Option<Rate>,
    account: Account,
    /// Slots held or granted.
    slots: u32,
}

#[derive(Default)]
struct Gateway {
    rate: Option<Rate>,
    unreachable: u32,
}

impl Gateway {
    const fn is_healthy(&self) -> bool {
        self.unreachable < UNREACHABLE_AFTER
    }
}

/// Everything the engine knows in memory.
pub struct Core {
    /// Calls at once over all tenants.
    max_concurrent_calls: u32,
    tenants: BTreeMap<TenantKey, Tenant>,
    campaigns: BTreeMap<CampaignKey, Campaign>,
    gateways: BTreeMap<GatewayKey, Gateway>,
    attempts: BTreeMap<AttemptKey, Live>,
    /// Campaigns for which a claim may find somebody.
    ready: BTreeSet<(TenantKey, CampaignKey)>,
    /// Campaigns inside their calling hours, by tenant: those share the slots.
    sharers: BTreeMap<TenantKey, u32>,
    slots: u32,
    /// How long calls take, as a moving mean.
    mean_call_ms: i64,
    turn: u64,
    timers: Timers,
    again: BTreeMap<u64, Work>,
    draining: bool,
}

/// What one step collects.
struct Out<'a> {
    now: Timestamp,
    rng: &'a mut dyn Rng,
    work: Vec<Work>,
}

impl Out<'_> {
    fn push(&mut self, effect: Effect) {
        let seed = self.rng.next_u64();
        self.work.push(Work { seed, effect });
    }
}

impl Core {
    /// An engine with so many slots over all tenants.
    pub fn new(max_concurrent_calls: u32) -> Self {
        Self {
            max_concurrent_calls,
            tenants: BTreeMap::new(),
            campaigns: BTreeMap::new(),
            gateways: BTreeMap::new(),
            attempts: BTreeMap::new(),
            ready: BTreeSet::new(),
            sharers: BTreeMap::new(),
            slots: 0,
            mean_call_ms: MINUTE_MS,
            turn: 0,
            timers: Timers::default(),
            again: BTreeMap::new(),
            draining: false,
        }
    }

    /// Takes one event and says what is to be done.
    pub fn step(&mut self, event: Event, now: Timestamp, rng: &mut dyn Rng) -> Vec<Work> {
        let mut out = Out { now, rng, work: Vec::new() };
        match event {
            Event::Tick => {}
            Event::Booted(boot) => self.boot(*boot, &mut out),
            Event::Campaign(snapshot) => self.campaign_changed(*snapshot, &mut out),
            Event::PolicyChanged(campaign) => self.redecide(campaign, &mut out),
            Event::Tenants(snapshots) => self.tenants_changed(snapshots, now),
            Event::GatewayReady(key, able) => self.gateway_ready(key, able, now),
            Event::GatewayAnswered { gateway, reachable } => self.gateway_answered(gateway, reachable, now),
            Event::Claimed { campaign, asked, claim } => self.claimed(campaign, asked, *claim, &mut out),
            Event::Changed(changed) => self.changed(*changed, &mut out),
            Event::Named { attempt, provider_call_id } => {
                if let Some(live) = self.attempts.get_mut(&attempt) {
                    live.open.provider_call_id = Some(provider_call_id);
                }
            }
            Event::LookedUp { attempt, done } => self.looked_up(attempt, done),
            Event::Decided { campaign, lead, after } => self.after(campaign, lead, *after, &mut out),
            Event::Staged { campaign, staged } => {
                if let Some(campaign) = self.campaigns.get_mut(&campaign) {
                    campaign.staged(staged);
                }
            }
            Event::LeadsEnded { campaign, ended } => self.leads_ended(campaign, ended, &mut out),
            Event::StopCalls(campaign) => self.stop_calls(campaign, &mut out),
            Event::Failed(work) => {
                let id = out.rng.next_u64();
                self.timers.set(now + AGAIN_MS, Timer::Again(id));
                self.again.insert(id, *work);
            }
            Event::Drain => self.draining = true,
        }
        while let Some(timer) = self.timers.pop_due(now) {
            self.fire(timer, &mut out);
        }
        self.grant(&mut out);
        out.work
    }

    /// When the core wants to be woken at the latest.
    pub fn next_wake(&self) -> Option<Timestamp> {
        self.timers.next()
    }

    /// Attempts that are open.
    pub fn open_attempts(&self) -> usize {
        self.attempts.len()
    }

    /// Whether any campaign is in progress.
    pub fn is_running(&self) -> bool {
        self.campaigns.values().any(|campaign| campaign.snapshot.state == CampaignState::InProgress)
    }

    /// The campaigns that the core knows.
    pub fn campaigns(&self) -> impl Iterator<Item = CampaignKey> {
        self.campaigns.keys().copied()
    }

    /// The campaigns of a tenant that the core knows.
    pub fn campaigns_of(&self, tenant: TenantKey) -> impl Iterator<Item = CampaignKey> {
        self.campaigns.values().filter(move |known| known.snapshot.tenant == tenant).map(|known| known.snapshot.key)
    }

    /// What `explain` asks the engine. A campaign that is not in memory has all its slots; what a claim under way was granted
    /// is free until it has taken somebody.
    pub fn live_facts(&self, campaign: CampaignKey) -> LiveFacts {
        let Some(known) = self.campaigns.get(&campaign) else {
            return LiveFacts { gateway_healthy: true, rate_opens_at: OPEN, campaign_slots: 1, tenant_slots: 1 };
        };
        let gateway = self.gateways.get(&known.snapshot.gateway);
        let tenant = self.tenants.get(&known.snapshot.tenant);
        let rates = [gateway.and_then(|gateway| gateway.rate), tenant.and_then(|tenant| tenant.rate)];
        let granted = |of: &dyn Fn(&campaigns::Campaign) -> bool| -> u32 {
            self.campaigns.values().filter(|known| of(known)).map(|known| known.asked).sum()
        };
        let held = self.slots.saturating_sub(granted(&|_| true));
        let host_slots = self.max_concurrent_calls.saturating_sub(held);
        let of_tenant = granted(&|other| other.snapshot.tenant == known.snapshot.tenant);
        LiveFacts {
            gateway_healthy: gateway.is_none_or(Gateway::is_healthy),
            rate_opens_at: rates.iter().flatten().map(Rate::opens_at).max().unwrap_or(OPEN),
            campaign_slots: known.slots_left() + known.asked,
            tenant_slots: tenant.map_or(0, |tenant| {
                let most = if tenant.snapshot.suspended { 0 } else { tenant.snapshot.max_concurrent_calls };
                most.saturating_sub(tenant.slots.saturating_sub(of_tenant)).min(host_slots)
            }),
        }
    }

    /// Whether a gateway is being asked to dial.
    pub fn gateway_is_healthy(&self, gateway: GatewayKey) -> bool {
        self.gateways.get(&gateway).is_some_and(Gateway::is_healthy)
    }

    fn boot(&mut self, boot: Boot, out: &mut Out<'_>) {
        self.tenants_changed(boot.tenants, out.now);
        for snapshot in boot.campaigns {
            self.campaign_changed(snapshot, out);
        }
        for open in boot.open {
            self.adopt(open, out.now);
        }
        for unfinished in boot.unfinished {
            match unfinished {
                Unfinished::Decide(undecided) => out.push(Effect::Decide(undecided)),
                Unfinished::AwaitEvaluation { lead, campaign, deadline } => {
                    self.timers.set(deadline, Timer::Evaluation(campaign, lead));
                }
            }
        }
    }

    fn tenants_changed(&mut self, snapshots: Vec<TenantSnapshot>, now: Timestamp) {
        for snapshot in snapshots {
            let key = snapshot.key;
            let old = self.tenants.remove(&key);
            let rate = Rate::changed(old.as_ref().and_then(|old| old.rate), snapshot.calls_per_second, now);
            let account = old.as_ref().map_or_else(|| Account::new(self.max_concurrent_calls, now), |old| old.account);
            self.tenants.insert(key, Tenant { rate, account, slots: old.map_or(0, |old| old.slots), snapshot });
            let woken: Vec<_> = self.campaigns_of(key).collect();
            for campaign in woken {
                self.make_ready(campaign, now);
            }
        }
    }

    fn gateway_ready(&mut self, key: GatewayKey, able: Capabilities, now: Timestamp) {
        let gateway = self.gateways.entry(key).or_default();
        gateway.rate = Rate::changed(gateway.rate, able.calls_per_second, now);
        gateway.unreachable = 0;
    }

    fn gateway_answered(&mut self, key: GatewayKey, reachable: bool, now: Timestamp) {
        let gateway = self.gateways.entry(key).or_default();
        if reachable {
            gateway.unreachable = 0;
        } else {
            gateway.unreachable += 1;
            if !gateway.is_healthy() {
                self.timers.set(now + GATEWAY_CHECK_MS, Timer::Gateway(key));
            }
        }
    }

    fn fire(&mut self, timer: Timer, out: &mut Out<'_>) {
        match timer {
            Timer::Campaign(campaign) => self.reconsider(campaign, out),
            Timer::Silence(attempt) => self.silent(attempt, out),
            Timer::SlotBack(attempt) => self.give_slot_back(attempt, out.now),
            Timer::LookUp(attempt) => self.look_up(attempt, out),
            Timer::Minute(attempt) => self.minute_begins(attempt, out),
            Timer::Evaluation(campaign, lead) => self.evaluation_due(campaign, lead, out),
            Timer::Gateway(gateway) => {
                if self.gateways.get(&gateway).is_some_and(|known| !known.is_healthy()) {
                    out.push(Effect::CheckGateway(gateway));
                }
            }
            Timer::Again(id) => {
                if let Some(work) = self.again.remove(&id) {
                    out.work.push(work);
                }
            }
            // Granting follows every step.
            Timer::Grant => {}
        }
    }

    /// What became of a lead.
    fn after(&mut self, campaign: CampaignKey, lead: LeadKey, after: After, out: &mut Out<'_>) {
        match after {
            After::Settled { state, due, .. } => {
                if let Some(known) = self.campaigns.get_mut(&campaign)
                    && state.is_ended()
                {
                    known.live_leads = known.live_leads.saturating_sub(1);
                    // The claim under way may have counted it still; another one counts anew, or the campaign never completes.
                    known.due_meanwhile |= known.claiming;
                }
                if let Some(due) = due {
                    self.due(campaign, due, out.now);
                }
                self.finish_if_over(campaign, out);
            }
            After::Decide(undecided) => out.push(Effect::Decide(undecided)),
            After::AwaitEvaluation { deadline } => self.timers.set(deadline, Timer::Evaluation(campaign, lead)),
        }
    }

    fn evaluation_due(&mut self, campaign: CampaignKey, lead: LeadKey, out: &mut Out<'_>) {
        if let Some(known) = self.campaigns.get(&campaign)
            && known.snapshot.state == CampaignState::InProgress
        {
            out.push(Effect::CheckEvaluation { tenant: known.snapshot.tenant, campaign, lead });
        }
    }

    fn stop_calls(&mut self, campaign: CampaignKey, out: &mut Out<'_>) {
        for live in self.attempts.values().filter(|live| live.open.campaign == campaign) {
            if live.open.provider_call_id.is_some() {
                out.push(Effect::HangUp(Box::new(live.open.clone())));
            }
        }
    }

    fn happen(&mut self, campaign: CampaignKey, happening: Happening, detail: String, out: &mut Out<'_>) {
        if let Some(known) = self.campaigns.get_mut(&campaign)
            && let Some(next) = known.snapshot.state.happen(happening)
        {
            known.snapshot.state = next;
            let tenant = known.snapshot.tenant;
            self.close(campaign, out);
            out.push(Effect::Happen { tenant, campaign, happening, detail });
        }
    }
}
