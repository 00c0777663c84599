//! Free slots become claims.
//!
//! After every step the free slots are handed out one by one, tenant by tenant in the order of [`super::turns`] and campaign
//! by campaign within a tenant, and only then asked for: one claim per campaign with everything it was granted. A campaign
//! with a claim under way waits for it, so that what a claim reports is never older than the grant.

use std::collections::BTreeMap;

use campanile_domain::ids::{CampaignKey, TenantKey};
use campanile_domain::time::Timestamp;

use super::rate::Rate;
use super::timers::Timer;
use super::{Core, Effect, Out, turns};

/// What is kept free for whom.
#[derive(Default)]
struct Ahead {
    /// Slots that tenants with credit will need within the time for which a slot is gone when it is given away.
    needs: BTreeMap<TenantKey, u32>,
    /// The tenant whose turn comes before all others' and whose credit pays for all it has to do: it is not held to a
    /// share.
    first: Option<TenantKey>,
}

impl Core {
    pub(super) fn grant(&mut self, out: &mut Out<'_>) {
        if self.draining || self.ready.is_empty() {
            return;
        }
        let now = out.now;
        let ahead = self.claims_ahead(now);
        let mut granted: BTreeMap<(TenantKey, CampaignKey), u32> = BTreeMap::new();
        while self.slots < self.max_concurrent_calls {
            let Some((tenant, campaign)) = self.next_turn(&ahead, out) else { break };
            *granted.entry((tenant, campaign)).or_default() += 1;
            self.turn += 1;
            self.hold(tenant, campaign, 1, now);
            if let Some(known) = self.tenants.get_mut(&tenant) {
                known.account.last_turn = self.turn;
                if let Some(rate) = &mut known.rate {
                    rate.spend(now);
                }
            }
            if let Some(known) = self.campaigns.get_mut(&campaign) {
                known.last_turn = self.turn;
                let gateway = known.snapshot.gateway;
                if let Some(rate) = self.gateways.get_mut(&gateway).and_then(|gateway| gateway.rate.as_mut()) {
                    rate.spend(now);
                }
            }
        }
        for ((tenant, campaign), slots) in granted {
            self.ready.remove(&(tenant, campaign));
            if let Some(known) = self.campaigns.get_mut(&campaign) {
                known.claiming = true;
                known.asked = slots;
                known.due_meanwhile = false;
            }
            out.push(Effect::Claim { tenant, campaign, slots });
        }
    }

    /// What the tenants that share the slots are owed before anybody takes more than a share.
    fn claims_ahead(&mut self, now: Timestamp) -> Ahead {
        let sharers = self.sharer_count();
        let mut ahead = Ahead::default();
        if sharers < 2 {
            return ahead;
        }
        let slots = self.max_concurrent_calls;
        let share = slots.div_ceil(sharers);
        let until = now + 2 * self.mean_call_ms;
        let mut backlogs: BTreeMap<TenantKey, u64> = BTreeMap::new();
        for known in self.campaigns.values_mut().filter(|known| known.is_open) {
            *ahead.needs.entry(known.snapshot.tenant).or_default() += known.due_until(now, until);
            *backlogs.entry(known.snapshot.tenant).or_default() += known.live_leads;
        }
        let mut first = None;
        for (key, need) in &mut ahead.needs {
            let Some(tenant) = self.tenants.get_mut(key) else { continue };
            tenant.account.settle(now, tenant.slots, slots, sharers);
            *need = if tenant.account.has_credit() { (*need).min(share.saturating_sub(tenant.slots)) } else { 0 };
            let backlog = backlogs.get(key).copied().unwrap_or_default();
            let (owes, amount, _) = tenant.account.rank(backlog);
            if tenant.account.covers(backlog, self.mean_call_ms)
                && first.is_none_or(|(least, _)| (owes, amount) < least)
            {
                first = Some(((owes, amount), *key));
            }
        }
        ahead.first = first.map(|(_, key)| key);
        ahead
    }

    /// Who gets the next slot, of those who may have one.
    fn next_turn(&mut self, ahead: &Ahead, out: &Out<'_>) -> Option<(TenantKey, CampaignKey)> {
        let now = out.now;
        let slots = self.max_concurrent_calls;
        let sharers = self.sharer_count();
        let free = slots - self.slots;
        let kept = turns::kept_free(slots, sharers);
        let needed: u32 = ahead.needs.values().sum();
        let share = slots.div_ceil(sharers.max(1));
        let mut best = None;
        let mut opens_at = None;
        let mut ready = self.ready.iter().copied().peekable();
        while let Some((key, first)) = ready.next() {
            let mut campaigns = vec![first];
            while let Some((_, campaign)) = ready.next_if(|(tenant, _)| *tenant == key) {
                campaigns.push(campaign);
            }
            let Some(tenant) = self.tenants.get_mut(&key) else { continue };
            let others = needed - ahead.needs.get(&key).copied().unwrap_or_default();
            let scarce = free <= kept.max(others) && ahead.first != Some(key);
            let full = tenant.slots >= tenant.snapshot.max_concurrent_calls || tenant.snapshot.suspended;
            if full || (scarce && tenant.slots >= share) {
                continue;
            }
            let mut wait = |rate: Option<&Rate>| match rate {
                Some(rate) if !rate.is_open(now) => {
                    let at = rate.opens_at();
                    opens_at = Some(opens_at.map_or(at, |earliest: Timestamp| earliest.min(at)));
                    true
                }
                _ => false,
            };
            if wait(tenant.rate.as_ref()) {
                continue;
            }
            let mut backlog = 0;
            let mut turn: Option<(u64, CampaignKey)> = None;
            for campaign in campaigns {
                let Some(known) = self.campaigns.get(&campaign) else { continue };
                let gateway = self.gateways.get(&known.snapshot.gateway);
                if known.slots_left() == 0
                    || !gateway.is_some_and(super::Gateway::is_healthy)
                    || wait(gateway.and_then(|gateway| gateway.rate.as_ref()))
                {
                    continue;
                }
                backlog += known.live_leads;
                if turn.is_none_or(|(last, _)| known.last_turn < last) {
                    turn = Some((known.last_turn, campaign));
                }
            }
            let Some((_, campaign)) = turn else { continue };
            tenant.account.settle(now, tenant.slots, slots, sharers);
            let rank = tenant.account.rank(backlog);
            if best.is_none_or(|(least, _, _)| rank < least) {
                best = Some((rank, key, campaign));
            }
        }
        if let Some(at) = opens_at {
            self.timers.set(at, Timer::Grant);
        }
        best.map(|(_, tenant, campaign)| (tenant, campaign))
    }
}
