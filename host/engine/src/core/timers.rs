//! What the core waits for.
//!
//! An ordered set of instants; what is durable (due leads, look-ups) is read again from the store at start, so losing
//! this set loses nothing. Equal instants fire in the order of their timers, so that a run is the same every time.

use std::collections::BTreeSet;

use campanile_domain::ids::{AttemptKey, CampaignKey, GatewayKey, LeadKey};
use campanile_domain::time::Timestamp;

/// One thing that is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Timer {
    /// A lead of the campaign is due, or the campaign opens, closes, starts or ends.
    Campaign(CampaignKey),
    /// An attempt has been silent for too long.
    Silence(AttemptKey),
    /// An unknown attempt gives its slot back.
    SlotBack(AttemptKey),
    /// An unknown attempt is looked for.
    LookUp(AttemptKey),
    /// A minute of a live call begins.
    Minute(AttemptKey),
    /// An evaluation should be there.
    Evaluation(CampaignKey, LeadKey),
    /// A gateway is asked whether it can be reached.
    Gateway(GatewayKey),
    /// Failed work is done again.
    Again(u64),
    /// A rate limit allows the next dial.
    Grant,
}

/// The instants, in order.
#[derive(Clone, Debug, Default)]
pub(super) struct Timers(BTreeSet<(Timestamp, Timer)>);

impl Timers {
    pub(super) fn set(&mut self, at: Timestamp, timer: Timer) {
        self.0.insert((at, timer));
    }

    pub(super) fn cancel(&mut self, at: Timestamp, timer: Timer) {
        self.0.remove(&(at, timer));
    }

    /// The earliest instant anything is waited for.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.0.first().map(|(at, _)| *at)
    }

    /// Takes the first timer that is due.
    pub(super) fn pop_due(&mut self, now: Timestamp) -> Option<Timer> {
        let (at, timer) = *self.0.first()?;
        if at > now {
            return None;
        }
        self.0.remove(&(at, timer));
        Some(timer)
    }
}
