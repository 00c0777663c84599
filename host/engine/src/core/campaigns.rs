//! Campaigns in memory: when they may call, whether somebody may be due, and when they are over.

use std::collections::BTreeMap;

use campanile_domain::campaign::{CampaignState, Happening};
use campanile_domain::gate::{Gate, Verdict};
use campanile_domain::ids::CampaignKey;
use campanile_domain::ports::store::{CampaignSnapshot, Claim};
use campanile_domain::time::{DAY_MS, Timestamp};

use super::breaker::Breaker;
use super::timers::Timer;
use super::{Core, Effect, Out};

/// Fresh leads staged for a campaign, at least.
const LEAST_STAGED: u32 = 200;
/// Due instants that are remembered of a campaign.
const FORESIGHT: usize = 64;
/// Leads of an ended campaign that are ended in one transaction.
pub(crate) const END_LEADS_AT_ONCE: u32 = 500;

/// One campaign.
pub(super) struct Campaign {
    pub(super) snapshot: CampaignSnapshot,
    /// Attempts that are open.
    pub(super) open: u32,
    /// Slots held by open attempts or granted to the claim under way.
    pub(super) slots: u32,
    /// A claim is under way.
    pub(super) claiming: bool,
    /// Slots that it was granted; most of them usually come back.
    pub(super) asked: u32,
    /// Something became due, or ended, while the claim was under way: its answer may be older than that.
    pub(super) due_meanwhile: bool,
    /// The earliest due time known beyond now.
    pub(super) next_due: Option<Timestamp>,
    /// When leads are due that the core heard of, the earliest [`FORESIGHT`] of them; only a forecast, see
    /// [`super::turns`].
    upcoming: BTreeMap<Timestamp, u32>,
    /// Inside its dates and calling hours.
    pub(super) is_open: bool,
    /// Leads not ended, as far as the core knows.
    pub(super) live_leads: u64,
    /// The last turn it got, within its tenant.
    pub(super) last_turn: u64,
    pub(super) breaker: Breaker,
    /// Fresh leads may be staged, minus those claimed since.
    stock: u32,
    staging: bool,
    ending: bool,
    wake: Option<Timestamp>,
}

impl Campaign {
    fn new(snapshot: CampaignSnapshot) -> Self {
        Self {
            live_leads: snapshot.live_leads,
            snapshot,
            open: 0,
            slots: 0,
            claiming: false,
            asked: 0,
            due_meanwhile: false,
            next_due: None,
            upcoming: BTreeMap::new(),
            is_open: false,
            last_turn: 0,
            breaker: Breaker::default(),
            stock: 0,
            staging: false,
            ending: false,
            wake: None,
        }
    }

    pub(super) fn slots_left(&self) -> u32 {
        self.snapshot.config.max_concurrent_calls.saturating_sub(self.slots)
    }

    fn expect(&mut self, at: Timestamp) {
        *self.upcoming.entry(at).or_default() += 1;
        if self.upcoming.len() > FORESIGHT {
            self.upcoming.pop_last();
        }
    }

    /// Leads that become due until an instant, as far as the core heard of them.
    pub(super) fn due_until(&mut self, now: Timestamp, until: Timestamp) -> u32 {
        self.upcoming = self.upcoming.split_off(&now);
        self.upcoming.range(..=until).map(|(_, leads)| leads).sum()
    }

    pub(super) const fn staged(&mut self, staged: u32) {
        self.staging = false;
        self.stock = staged;
    }

    fn want_staged(&self) -> u32 {
        LEAST_STAGED.max(2 * self.snapshot.config.max_concurrent_calls)
    }

    /// May call at this instant, as far as the campaign goes.
    fn callable(&self, now: Timestamp) -> bool {
        let config = &self.snapshot.config;
        self.snapshot.state == CampaignState::InProgress
            && self.snapshot.quarantine.at(now).is_pass()
            && config.starts_at.is_none_or(|start| now >= start)
            && config.ends_at.is_none_or(|end| now < end)
            && config.calling_hours.allowed(now, &self.snapshot.zone)
    }

    /// The next instant at which `callable`, an end, or a due lead changes something.
    fn next_change(&self, now: Timestamp) -> Option<Timestamp> {
        let config = &self.snapshot.config;
        let zone = &self.snapshot.zone;
        let ends = config.ends_at.filter(|end| *end > now);
        let turn = if self.is_open {
            let closes = config.calling_hours.open_until(now, zone);
            [closes, self.next_due.filter(|due| *due > now)].into_iter().flatten().min()
        } else {
            let released = match self.snapshot.quarantine {
                Verdict::Until(at) => at,
                _ => now,
            };
            let from = config.starts_at.map_or(now, |start| start.max(now)).max(released);
            config.calling_hours.next_allowed(from, zone).filter(|at| *at > now)
        };
        [ends, turn].into_iter().flatten().min()
    }
}

impl Core {
    pub(super) fn campaign_changed(&mut self, snapshot: CampaignSnapshot, out: &mut Out<'_>) {
        let key = snapshot.key;
        let runs = snapshot.state == CampaignState::InProgress;
        let edited = self.campaigns.get(&key).is_none_or(|known| {
            known.snapshot.config_version != snapshot.config_version
                || known.snapshot.state != CampaignState::InProgress
        });
        match self.campaigns.get_mut(&key) {
            Some(known) => {
                if known.snapshot.state != CampaignState::InProgress && runs {
                    known.breaker.reset();
                }
                known.live_leads = snapshot.live_leads;
                known.snapshot = snapshot;
                known.ending = false;
                known.stock = 0;
            }
            None => {
                self.campaigns.insert(key, Campaign::new(snapshot));
            }
        }
        if edited {
            self.redecide(key, out);
        }
        self.make_ready(key, out.now);
        self.reconsider(key, out);
        self.finish_if_over(key, out);
    }

    /// Asks again for the leads whose policy failed, after whatever may have repaired it.
    pub(super) fn redecide(&mut self, campaign: CampaignKey, out: &mut Out<'_>) {
        if let Some(known) = self.campaigns.get(&campaign)
            && known.snapshot.state == CampaignState::InProgress
            && known.snapshot.config.policy.is_some()
        {
            out.push(Effect::Redecide { tenant: known.snapshot.tenant, campaign });
        }
    }

    /// A lead of the campaign is due then.
    pub(super) fn due(&mut self, campaign: CampaignKey, at: Timestamp, now: Timestamp) {
        if at <= now {
            self.make_ready(campaign, now);
        } else if let Some(known) = self.campaigns.get_mut(&campaign) {
            known.expect(at);
            if known.next_due.is_none_or(|due| at < due) {
                known.next_due = Some(at);
                self.set_wake(campaign, now);
            }
        }
    }

    /// A claim for the campaign may find somebody now.
    pub(super) fn make_ready(&mut self, campaign: CampaignKey, now: Timestamp) {
        let Some(known) = self.campaigns.get_mut(&campaign) else { return };
        if known.claiming {
            known.due_meanwhile = true;
        } else if known.callable(now) {
            self.ready.insert((known.snapshot.tenant, campaign));
        }
    }

    /// Time, a verb or an edit may have opened, closed or ended the campaign.
    pub(super) fn reconsider(&mut self, campaign: CampaignKey, out: &mut Out<'_>) {
        let now = out.now;
        let Some(known) = self.campaigns.get_mut(&campaign) else { return };
        let tenant = known.snapshot.tenant;
        if known.snapshot.state == CampaignState::InProgress
            && known.snapshot.config.ends_at.is_some_and(|end| now >= end)
        {
            self.happen(campaign, Happening::Ended, "ends_at passed".into(), out);
            self.end_leads(campaign, out);
            return;
        }
        match (known.is_open, known.callable(now)) {
            (false, true) => {
                known.is_open = true;
                *self.sharers.entry(tenant).or_default() += 1;
                self.make_ready(campaign, now);
                self.stage(campaign, out);
            }
            (true, false) => self.close(campaign, out),
            (true, true) => {
                if known.next_due.is_some_and(|due| due <= now) {
                    known.next_due = None;
                    self.make_ready(campaign, now);
                }
            }
            (false, false) => {}
        }
        self.set_wake(campaign, now);
    }

    /// Takes the campaign out of the turns; a running one gives its staged leads back until it opens again.
    pub(super) fn close(&mut self, campaign: CampaignKey, out: &mut Out<'_>) {
        let Some(known) = self.campaigns.get_mut(&campaign) else { return };
        let tenant = known.snapshot.tenant;
        self.ready.remove(&(tenant, campaign));
        if !known.is_open {
            return;
        }
        known.is_open = false;
        if known.stock > 0 || known.staging {
            known.stock = 0;
            known.staging = false;
            out.push(Effect::Stage { tenant, campaign, want: 0 });
        }
        if let Some(sharers) = self.sharers.get_mut(&tenant) {
            *sharers -= 1;
            if *sharers == 0 {
                self.sharers.remove(&tenant);
            }
        }
    }

    fn set_wake(&mut self, campaign: CampaignKey, now: Timestamp) {
        let Some(known) = self.campaigns.get_mut(&campaign) else { return };
        let wanted = if known.snapshot.state == CampaignState::InProgress {
            // A week without an opening is looked at again, in case the search was bounded.
            Some(known.next_change(now).unwrap_or(now + 7 * DAY_MS))
        } else {
            None
        };
        if wanted == known.wake {
            return;
        }
        if let Some(old) = known.wake {
            self.timers.cancel(old, Timer::Campaign(campaign));
        }
        known.wake = wanted;
        if let Some(at) = wanted {
            self.timers.set(at, Timer::Campaign(campaign));
        }
    }

    fn stage(&mut self, campaign: CampaignKey, out: &mut Out<'_>) {
        let Some(known) = self.campaigns.get_mut(&campaign) else { return };
        let want = known.want_staged();
        if !known.staging && known.stock < want / 2 {
            known.staging = true;
            out.push(Effect::Stage { tenant: known.snapshot.tenant, campaign, want });
        }
    }

    pub(super) fn claimed(&mut self, campaign: CampaignKey, asked: u32, claim: Claim, out: &mut Out<'_>) {
        let now = out.now;
        let taken = u32::try_from(claim.orders.len()).unwrap_or(u32::MAX);
        let Some(known) = self.campaigns.get_mut(&campaign) else { return };
        let tenant = known.snapshot.tenant;
        known.claiming = false;
        known.asked = 0;
        known.live_leads = claim.live_leads;
        let ran_dry = known.stock > 0 && known.stock <= taken;
        known.stock = known.stock.saturating_sub(taken);
        let again = std::mem::take(&mut known.due_meanwhile) || claim.more;
        if claim.stopped_by.is_none() {
            // What settled after the claim was made and was heard of before it came back is not in its answer.
            let heard = known.next_due.filter(|due| *due > now);
            known.next_due = [heard, claim.next_due].into_iter().flatten().min();
        }
        let unused = asked.saturating_sub(taken);
        self.release(tenant, campaign, unused, now);
        for order in claim.orders {
            self.adopt_granted(order.open.clone(), now);
            out.push(Effect::Dial(Box::new(order)));
        }
        match claim.stopped_by {
            Some(Gate::CampaignBudget) if self.campaigns.get(&campaign).is_some_and(|known| known.open == 0) => {
                self.happen(campaign, Happening::BudgetSpent, "the budget does not cover another call".into(), out);
            }
            // Money and slots come back when a call ends or the tenant is topped up; both make the campaign ready.
            Some(_) => {}
            None if again => self.make_ready(campaign, now),
            None => {}
        }
        if taken > 0 && (ran_dry || self.campaigns.get(&campaign).is_some_and(|known| known.stock == 0)) {
            // Nothing was left in stock: if fresh leads remain, the claim topped itself up; stage the next ones.
            if again {
                self.stage(campaign, out);
            }
        }
        self.reconsider(campaign, out);
        self.finish_if_over(campaign, out);
    }

    /// Completes a campaign in which nobody is left to call.
    pub(super) fn finish_if_over(&mut self, campaign: CampaignKey, out: &mut Out<'_>) {
        let Some(known) = self.campaigns.get(&campaign) else { return };
        let idle = known.open == 0 && !known.claiming;
        let over = known.snapshot.state == CampaignState::InProgress
            && known.snapshot.config.complete_when_no_leads
            && known.live_leads == 0
            && !known.snapshot.fed
            && idle;
        if over {
            self.happen(campaign, Happening::NoLeadsLeft, "nobody is left to call".into(), out);
        } else if known.snapshot.state != CampaignState::InProgress && idle && known.slots == 0 && !known.ending {
            self.forget(campaign, out.now);
        }
    }

    /// A campaign that does not run and has nothing open needs no memory; a verb brings it back.
    fn forget(&mut self, campaign: CampaignKey, now: Timestamp) {
        self.set_wake(campaign, now);
        if let Some(known) = self.campaigns.remove(&campaign) {
            self.ready.remove(&(known.snapshot.tenant, campaign));
        }
    }

    fn end_leads(&mut self, campaign: CampaignKey, out: &mut Out<'_>) {
        if let Some(known) = self.campaigns.get_mut(&campaign) {
            known.ending = true;
            out.push(Effect::EndLeads { tenant: known.snapshot.tenant, campaign });
        }
    }

    pub(super) fn leads_ended(&mut self, campaign: CampaignKey, ended: u32, out: &mut Out<'_>) {
        if ended >= END_LEADS_AT_ONCE {
            self.end_leads(campaign, out);
        } else if let Some(known) = self.campaigns.get_mut(&campaign) {
            known.ending = false;
            self.finish_if_over(campaign, out);
        }
    }
}
