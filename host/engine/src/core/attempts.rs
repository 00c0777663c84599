//! Open attempts in memory: the slots they hold and the deadlines they run against.

use campanile_domain::attempt::{self, AttemptState};
use campanile_domain::campaign::Happening;
use campanile_domain::ids::{AttemptKey, CampaignKey, TenantKey};
use campanile_domain::ports::store::{Changed, OpenAttempt};
use campanile_domain::time::{MINUTE_MS, Timestamp};

use super::timers::Timer;
use super::{Core, Effect, Out};

/// One open attempt.
pub(super) struct Live {
    pub(super) open: OpenAttempt,
    holds_slot: bool,
    timers: Vec<(Timestamp, Timer)>,
    /// The breaker has counted it: its dial was not answered.
    counted: bool,
}

/// When an attempt that should speak has been silent for too long.
pub(crate) fn silence_deadline(open: &OpenAttempt) -> Timestamp {
    open.intent_at + open.ring_timeout_ms + open.max_call_ms + attempt::SILENCE_GRACE_MS
}

impl Core {
    /// Takes in an attempt that the claim made; its slot was granted before.
    pub(super) fn adopt_granted(&mut self, open: OpenAttempt, now: Timestamp) {
        let key = open.key;
        if let Some(campaign) = self.campaigns.get_mut(&open.campaign) {
            campaign.open += 1;
        }
        self.attempts.insert(key, Live { open, holds_slot: true, timers: Vec::new(), counted: false });
        self.set_deadlines(key, now);
    }

    /// Takes in an attempt that was open at start.
    pub(super) fn adopt(&mut self, open: OpenAttempt, now: Timestamp) {
        let gave_back =
            open.unknown.is_some_and(|(since, _)| since + open.ring_timeout_ms + attempt::UNKNOWN_SLOT_GRACE_MS <= now);
        let (tenant, campaign, key) = (open.tenant, open.campaign, open.key);
        self.adopt_granted(open, now);
        if gave_back {
            if let Some(live) = self.attempts.get_mut(&key) {
                live.holds_slot = false;
            }
        } else {
            self.hold(tenant, campaign, 1, now);
        }
    }

    fn set_deadlines(&mut self, key: AttemptKey, now: Timestamp) {
        let Some(live) = self.attempts.get_mut(&key) else { return };
        for (at, timer) in live.timers.drain(..) {
            self.timers.cancel(at, timer);
        }
        let open = &live.open;
        let billed = self.tenants.get(&open.tenant).is_some_and(|tenant| tenant.snapshot.billed);
        match open.state {
            AttemptState::Unknown => {
                let (since, done) = open.unknown.unwrap_or((now, 0));
                if let Some(at) = attempt::next_look_up(since, done) {
                    live.timers.push((at.max(now), Timer::LookUp(key)));
                }
                if live.holds_slot {
                    let back = since + open.ring_timeout_ms + attempt::UNKNOWN_SLOT_GRACE_MS;
                    live.timers.push((back, Timer::SlotBack(key)));
                }
            }
            AttemptState::Placed | AttemptState::Ringing | AttemptState::InProgress => {
                live.timers.push((silence_deadline(open), Timer::Silence(key)));
                if let (true, Some(answered)) = (billed && open.state == AttemptState::InProgress, open.answered_at) {
                    let minutes = now.since(answered).max(0) / MINUTE_MS + 1;
                    live.timers.push((answered + minutes * MINUTE_MS, Timer::Minute(key)));
                }
            }
            _ => {}
        }
        for (at, timer) in &live.timers {
            self.timers.set(*at, *timer);
        }
    }

    pub(super) fn silent(&mut self, key: AttemptKey, out: &mut Out<'_>) {
        if let Some(live) = self.attempts.get(&key) {
            out.push(Effect::Lose(Box::new(live.open.clone())));
        }
    }

    pub(super) fn look_up(&mut self, key: AttemptKey, out: &mut Out<'_>) {
        if let Some(live) = self.attempts.get(&key)
            && let Some((_, done)) = live.open.unknown
        {
            out.push(Effect::LookUp { open: Box::new(live.open.clone()), done });
        }
    }

    pub(super) fn looked_up(&mut self, key: AttemptKey, done: u32) {
        if let Some(live) = self.attempts.get_mut(&key)
            && let Some((since, _)) = live.open.unknown
        {
            live.open.unknown = Some((since, done));
            if let Some(at) = attempt::next_look_up(since, done) {
                live.timers.push((at, Timer::LookUp(key)));
                self.timers.set(at, Timer::LookUp(key));
            }
        }
    }

    pub(super) fn minute_begins(&mut self, key: AttemptKey, out: &mut Out<'_>) {
        self.reserve_minute(key, out);
        self.set_deadlines(key, out.now);
    }

    /// Every minute of a billed call is reserved when it begins, the first one too.
    fn reserve_minute(&self, key: AttemptKey, out: &mut Out<'_>) {
        if let Some(live) = self.attempts.get(&key)
            && self.tenants.get(&live.open.tenant).is_some_and(|tenant| tenant.snapshot.billed)
        {
            out.push(Effect::Extend(Box::new(live.open.clone())));
        }
    }

    pub(super) fn give_slot_back(&mut self, key: AttemptKey, now: Timestamp) {
        if let Some(live) = self.attempts.get_mut(&key)
            && std::mem::take(&mut live.holds_slot)
        {
            let (tenant, campaign) = (live.open.tenant, live.open.campaign);
            self.release(tenant, campaign, 1, now);
        }
    }

    pub(super) fn changed(&mut self, changed: Changed, out: &mut Out<'_>) {
        let now = out.now;
        let Changed { attempt: key, campaign, lead, state, answered_at, ended, after, happening, freed } = changed;
        // Ends are counted, and dials without an answer at once: their ends come an hour too late for a provider that is down.
        let mut technical = ended.map(|(_, technical)| technical);
        if state.is_open() {
            if let Some(live) = self.attempts.get_mut(&key)
                && live.open.state != state
            {
                if (live.open.state, state) == (AttemptState::Intent, AttemptState::Unknown) {
                    live.counted = true;
                    technical = Some(true);
                }
                live.open.state = state;
                live.open.answered_at = answered_at;
                live.open.unknown = (state == AttemptState::Unknown).then_some((now, 0));
                let spoke_up = state != AttemptState::Unknown && !std::mem::replace(&mut live.holds_slot, true);
                let tenant = live.open.tenant;
                if spoke_up {
                    self.hold(tenant, campaign, 1, now);
                }
                self.set_deadlines(key, now);
                if state == AttemptState::InProgress {
                    self.reserve_minute(key, out);
                }
            }
        } else if self.closed(key, campaign, now) {
            technical = None;
        }
        if let Some(technical) = technical
            && let Some(known) = self.campaigns.get_mut(&campaign)
            && let Some((failed, calls)) = known.breaker.count(now, technical)
        {
            let detail = format!(
                "{failed} of the last {calls} calls failed for technical reasons; check the gateway, then resume"
            );
            self.happen(campaign, Happening::BreakerOpened, detail, out);
        }
        if let Some((happening, _)) = happening
            && let Some(known) = self.campaigns.get_mut(&campaign)
            && let Some(next) = known.snapshot.state.happen(happening)
        {
            // The store has written it in the transaction that found it out.
            known.snapshot.state = next;
            self.close(campaign, out);
        }
        for (waiting, due) in freed {
            self.due(waiting, due, now);
        }
        match after {
            Some(after) => self.after(campaign, lead, after, out),
            None => self.finish_if_over(campaign, out),
        }
    }

    /// An attempt is over; whether the breaker has counted it.
    fn closed(&mut self, key: AttemptKey, campaign: CampaignKey, now: Timestamp) -> bool {
        let Some(live) = self.attempts.remove(&key) else { return false };
        for (at, timer) in live.timers {
            self.timers.cancel(at, timer);
        }
        if let Some(known) = self.campaigns.get_mut(&campaign) {
            known.open = known.open.saturating_sub(1);
        }
        self.mean_call_ms += (now.since(live.open.intent_at) - self.mean_call_ms) / 64;
        if live.holds_slot {
            self.release(live.open.tenant, campaign, 1, now);
        }
        // Its money is back; a claim that was stopped for want of it may go on.
        self.make_ready(campaign, now);
        live.counted
    }

    /// Takes slots for a campaign.
    pub(super) fn hold(&mut self, tenant: TenantKey, campaign: CampaignKey, slots: u32, now: Timestamp) {
        let sharers = self.sharer_count();
        self.slots += slots;
        if let Some(known) = self.tenants.get_mut(&tenant) {
            known.account.settle(now, known.slots, self.max_concurrent_calls, sharers);
            known.slots += slots;
        }
        if let Some(known) = self.campaigns.get_mut(&campaign) {
            known.slots += slots;
        }
    }

    /// Gives slots of a campaign back.
    pub(super) fn release(&mut self, tenant: TenantKey, campaign: CampaignKey, slots: u32, now: Timestamp) {
        let sharers = self.sharer_count();
        self.slots = self.slots.saturating_sub(slots);
        if let Some(known) = self.tenants.get_mut(&tenant) {
            known.account.settle(now, known.slots, self.max_concurrent_calls, sharers);
            known.slots = known.slots.saturating_sub(slots);
        }
        if let Some(known) = self.campaigns.get_mut(&campaign) {
            known.slots = known.slots.saturating_sub(slots);
        }
    }

    pub(super) fn sharer_count(&self) -> u32 {
        u32::try_from(self.sharers.len()).unwrap_or(u32::MAX)
    }
}
