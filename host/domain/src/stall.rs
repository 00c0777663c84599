//! A campaign that runs and cannot call, because of something that only a person puts right.
//!
//! Nobody watches a campaign that was started; one whose balance is spent or whose gateway is gone looks like one that is
//! quiet. So it is told, once, when leads were due for [`STALLED_MS`] and the same kind of gate was shut. What opens by itself
//! is no stall: hours, dates, rates, slots, a lead's own waits. A pause is none either, it was told by `campaign.paused`.

use crate::gate::Gate;
use crate::time::{MINUTE_MS, Timestamp};

/// How long leads are due and cannot be called before it is told, in milliseconds.
pub const STALLED_MS: i64 = 15 * MINUTE_MS;

/// A campaign that cannot call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stall {
    /// The first gate that is shut.
    pub gate: Gate,
    /// Since when.
    pub since: Timestamp,
    /// It was told.
    pub told: bool,
}

/// What is seen of a campaign in progress at one look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// It can call.
    Open,
    /// Nobody would be called now anyway: nobody is due, or a gate is shut that opens by itself.
    Quiet,
    /// Somebody is due, and this gate is shut until a person does something.
    Shut(Gate),
}

/// Whether a shut gate is left shut until a person does something. The account's slots are among them for an account that is
/// suspended: it has none. Whether its slots are merely taken is not asked here, the engine alone knows it.
pub const fn needs_a_person(gate: Gate) -> bool {
    matches!(
        gate,
        Gate::Quarantine
            | Gate::CampaignBudget
            | Gate::GatewayHealth
            | Gate::Balance
            | Gate::TenantConcurrency
            | Gate::CallerId
    )
}

impl Stall {
    /// The stall after a look, and whether it is to be told now. One that was told lasts through the night.
    pub fn after(before: Option<Self>, seen: Seen, now: Timestamp) -> (Option<Self>, bool) {
        let Seen::Shut(gate) = seen else {
            return (before.filter(|stall| stall.told && seen == Seen::Quiet), false);
        };
        let Self { since, told, .. } = before.unwrap_or(Self { gate, since: now, told: false });
        let tell = !told && now.since(since) >= STALLED_MS;
        (Some(Self { gate, since, told: told || tell }), tell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp(1_772_452_800_000);

    /// Looks every minute; when it was told, in minutes.
    fn told(seen: impl Fn(i64) -> Seen, minutes: i64) -> Vec<i64> {
        let mut stall = None;
        let mut told = Vec::new();
        for minute in 0..minutes {
            let (after, tell) = Stall::after(stall, seen(minute), NOON + minute * MINUTE_MS);
            stall = after;
            if tell {
                told.push(minute);
            }
        }
        told
    }

    #[test]
    fn it_is_told_once_and_again_only_after_it_could_call() {
        let shut = Seen::Shut(Gate::Balance);
        assert_eq!(told(|_| shut, 200), [15]);
        assert_eq!(told(|minute| if minute == 14 { Seen::Open } else { shut }, 200), [30]);
        assert_eq!(told(|minute| if minute == 100 { Seen::Open } else { shut }, 200), [15, 116]);
        let other = |minute| Seen::Shut(if minute % 2 == 0 { Gate::Balance } else { Gate::GatewayHealth });
        assert_eq!(told(other, 200), [15], "another gate is the same stall");
    }

    #[test]
    fn a_night_neither_counts_nor_ends_it() {
        let shut = Seen::Shut(Gate::Balance);
        assert_eq!(told(|minute| if (10..=50).contains(&minute) { Seen::Quiet } else { shut }, 200), [66]);
        assert_eq!(told(|minute| if (20..=50).contains(&minute) { Seen::Quiet } else { shut }, 200), [15]);
        assert_eq!(told(|_| Seen::Quiet, 200), Vec::<i64>::new());
    }
}
