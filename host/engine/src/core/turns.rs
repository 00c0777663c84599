//! Whose turn it is.
//!
//! Slots are shared by credit. Every tenant with work earns slot-time at its equal share of the host and spends what its
//! open calls hold; credit is kept between bounds, so that a quiet tenant has some in hand and a busy one owes some.
//! Whoever has credit goes before whoever owes; among those with credit the smaller backlog goes first, because it is
//! done sooner and delays the others least; among those who owe, the one who owes least. In the long run everybody gets
//! an equal share of what they can use, and a quiet tenant's lead does not queue behind a hundred thousand of another's.
//!
//! A slot that is given away is gone for the length of a call. While at least two tenants have work, those that hold their
//! share or more therefore leave some free: a twentieth of all (at least one, from eight slots on), and as many as the
//! others that have credit are known to need within two mean calls, up to their share. A quiet tenant then finds a free
//! slot, also when its retries come due in a bunch. A tenant whose credit pays for all it has to do is not held to a
//! share at all: that is what "as if it were alone" means, and the bound on credit is what it may cost the others. A tenant
//! that is alone gets everything anyway.

use campanile_domain::time::Timestamp;

/// How much slot-time a tenant can have in hand, or owe, per slot of the host: ten minutes.
const BURST_MS: i64 = 600_000;

/// The account of one tenant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Account {
    credit_ms: i64,
    updated: Timestamp,
    /// The last turn it got, to break ties.
    pub(super) last_turn: u64,
}

impl Account {
    /// Starts with all the credit there is.
    pub(super) const fn new(slots: u32, now: Timestamp) -> Self {
        Self { credit_ms: BURST_MS * slots as i64, updated: now, last_turn: 0 }
    }

    /// Brings the account up to `now`: earned at the share, spent by `open` calls.
    pub(super) fn settle(&mut self, now: Timestamp, open: u32, slots: u32, sharers: u32) {
        let elapsed = now.since(self.updated).max(0);
        self.updated = now;
        let bound = BURST_MS * i64::from(slots);
        let earned = elapsed * i64::from(slots) / i64::from(sharers.max(1));
        self.credit_ms = (self.credit_ms + earned - elapsed * i64::from(open)).clamp(-bound, bound);
    }

    /// Has slot-time in hand.
    pub(super) const fn has_credit(&self) -> bool {
        self.credit_ms > 0
    }

    /// The slot-time in hand pays for a call to everybody of a backlog.
    pub(super) fn covers(&self, backlog: u64, mean_call_ms: i64) -> bool {
        i64::try_from(backlog).unwrap_or(i64::MAX).saturating_mul(mean_call_ms) <= self.credit_ms
    }

    /// The order of turns: less is sooner.
    pub(super) fn rank(&self, backlog: u64) -> (bool, i64, u64) {
        if self.credit_ms > 0 {
            (false, i64::try_from(backlog).unwrap_or(i64::MAX), self.last_turn)
        } else {
            (true, -self.credit_ms, self.last_turn)
        }
    }
}

/// Slots that only a tenant below its share may take.
pub(super) const fn kept_free(slots: u32, sharers: u32) -> u32 {
    if sharers < 2 || slots < 8 { 0 } else { slots.div_ceil(20) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credit_goes_before_debt_and_small_before_large() {
        let mut quiet = Account::new(20, Timestamp(0));
        let mut busy = Account::new(20, Timestamp(0));
        assert!(quiet.rank(5) < busy.rank(500));
        quiet.settle(Timestamp(3_600_000), 0, 20, 2);
        busy.settle(Timestamp(3_600_000), 19, 20, 2);
        assert!(quiet.rank(1_000_000) < busy.rank(1), "whoever has credit goes before whoever owes");
    }

    #[test]
    fn a_tenant_that_is_alone_never_owes() {
        let mut alone = Account::new(20, Timestamp(0));
        alone.settle(Timestamp(3_600_000), 20, 20, 1);
        assert!(!alone.rank(1).0);
        assert_eq!(kept_free(20, 1), 0);
        assert_eq!(kept_free(20, 2), 1);
        assert_eq!(kept_free(4, 2), 0);
    }
}
