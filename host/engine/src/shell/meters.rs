//! What is counted about the engine: turns, claims, dials with how late they are, how attempts end, how long effects take.
//!
//! Seen from the shell, at the two places that everything passes: an event before the core takes it, and an effect while
//! the hands carry it out. The core knows nothing of it, a rehearsal counts nothing, and every count is an atomic addition
//! to a counter that was found before.

use std::sync::Arc;

use campanile_domain::attempt::{AttemptState, Outcome};
use campanile_domain::time::{SECOND_MS, Timestamp};
use prometheus::core::Collector;
use prometheus::{Histogram, HistogramOpts, HistogramTimer, IntCounter, IntGauge, Opts, Registry};

use crate::core::{Effect, Event};

/// Seconds by which a dial is late.
const LATE: [f64; 10] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0, 600.0, 3_600.0];
/// Seconds that an effect takes.
const EFFECTS: [f64; 9] = [0.000_5, 0.002, 0.01, 0.05, 0.25, 1.0, 5.0, 15.0, 60.0];

/// What a dial came to.
const DIALS: [&str; 4] = ["placed", "refused", "unknown", "withdrawn"];
/// Effects that are told apart, and all others.
const KINDS: [&str; 5] = ["claim", "dial", "decide", "look_up", "other"];
/// How attempts end.
const ENDS: [&str; 10] = [
    "answered",
    "voicemail",
    "busy",
    "unanswered",
    "failed",
    "unknown",
    "cancelled",
    "withdrawn",
    "refused",
    "not_dialled",
];

/// The engine's.
#[derive(Debug)]
pub(super) struct Meters {
    turns: IntCounter,
    claims: IntCounter,
    claimed: IntCounter,
    open: IntGauge,
    failed: IntCounter,
    late: Histogram,
    dials: [IntCounter; DIALS.len()],
    ends: [IntCounter; ENDS.len()],
    effects: [Histogram; KINDS.len()],
}

fn named<M: Collector + Clone + 'static>(registry: &Registry, metric: prometheus::Result<M>) -> prometheus::Result<M> {
    let metric = metric?;
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

/// One metric for each value of its only label.
fn each<M: std::fmt::Debug, const N: usize>(
    values: [&str; N],
    make: impl Fn(&str) -> prometheus::Result<M>,
) -> prometheus::Result<[M; N]> {
    let made = values.into_iter().map(make).collect::<prometheus::Result<Vec<M>>>()?;
    made.try_into().map_err(|_| prometheus::Error::Msg("as many as there are values".to_owned()))
}

const fn end(state: AttemptState) -> Option<usize> {
    match state {
        AttemptState::Ended(outcome) => Some(match outcome {
            Outcome::Answered => 0,
            Outcome::Voicemail => 1,
            Outcome::Busy => 2,
            Outcome::Unanswered => 3,
            Outcome::Failed => 4,
            Outcome::Unknown => 5,
            Outcome::Cancelled => 6,
        }),
        AttemptState::Withdrawn => Some(7),
        AttemptState::Refused => Some(8),
        AttemptState::NotDialled => Some(9),
        _ => None,
    }
}

impl Meters {
    /// Named in the registry.
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let count = |metric: &str, help: &str| named(registry, IntCounter::new(metric, help));
        let late = HistogramOpts::new(
            "campanile_dial_lateness_seconds",
            "How long after the first moment at which it was possible a dial was begun, on the clock that calls live in",
        );
        let open =
            IntGauge::new("campanile_open_attempts", "Attempts that are dialled, in progress or of unknown fate");
        Ok(Self {
            turns: count("campanile_engine_turns_total", "Events that the engine took in")?,
            claims: count("campanile_claims_total", "Claims of due leads")?,
            claimed: count("campanile_claimed_leads_total", "Leads that claims brought, each an attempt")?,
            open: named(registry, open)?,
            failed: count(
                "campanile_effects_failed_total",
                "Effects that the store did not take and that are done again",
            )?,
            late: named(registry, Histogram::with_opts(late.buckets(LATE.into())))?,
            dials: each(DIALS, |result| {
                let opts = Opts::new("campanile_dials_total", "Dials by what asking the gateway came to");
                named(registry, IntCounter::with_opts(opts.const_label("result", result)))
            })?,
            ends: each(ENDS, |outcome| {
                let opts = Opts::new("campanile_attempts_ended_total", "Attempts that are over by how they ended");
                named(registry, IntCounter::with_opts(opts.const_label("outcome", outcome)))
            })?,
            effects: each(KINDS, |effect| {
                let help = "How long the engine's effects take with everything they wait for; decide is a decision";
                let opts = HistogramOpts::new("campanile_effect_duration_seconds", help).const_label("effect", effect);
                named(registry, Histogram::with_opts(opts.buckets(EFFECTS.into())))
            })?,
        })
    }

    /// An event was taken in; so many attempts are open before and after it.
    pub(super) fn took(&self, event: Seen, before: usize, after: usize) {
        self.turns.inc();
        self.open.set(i64::try_from(after).unwrap_or(i64::MAX));
        match event {
            Seen::Claimed(leads) => {
                self.claims.inc();
                self.claimed.inc_by(leads);
            }
            Seen::Changed(state) if after < before => {
                if let Some(at) = end(state) {
                    self.ends[at].inc();
                }
            }
            Seen::Failed => self.failed.inc(),
            Seen::Changed(_) | Seen::Other => {}
        }
    }

    /// An effect begins, at `now` on the clock that calls live in; it takes until what is returned is dropped.
    pub(super) fn begun(&self, effect: &Effect, now: Timestamp) -> HistogramTimer {
        let kind = match effect {
            Effect::Claim { .. } => 0,
            Effect::Dial(order) => {
                self.late.observe(now.since(order.possible_since).max(0) as f64 / SECOND_MS as f64);
                1
            }
            Effect::Decide(_) => 2,
            Effect::LookUp { .. } => 3,
            _ => 4,
        };
        self.effects[kind].start_timer()
    }

    /// What a dial came to. A webhook may have been faster; then the call was placed.
    pub(super) fn dialled(&self, state: AttemptState) {
        let result = match state {
            AttemptState::Refused => 1,
            AttemptState::Unknown => 2,
            AttemptState::Withdrawn => 3,
            _ => 0,
        };
        self.dials[result].inc();
    }
}

/// What matters of an event, kept while the core takes it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Seen {
    /// A claim with so many leads.
    Claimed(u64),
    /// An attempt that is now in this state.
    Changed(AttemptState),
    /// Work that is done again.
    Failed,
    /// Anything else.
    Other,
}

impl Seen {
    /// Of an event.
    pub(super) fn of(event: &Event) -> Self {
        match event {
            Event::Claimed { claim, .. } => Self::Claimed(claim.orders.len() as u64),
            Event::Changed(changed) => Self::Changed(changed.state),
            Event::Failed(_) => Self::Failed,
            _ => Self::Other,
        }
    }
}

/// The engine's, if somebody measures.
pub(super) type Measured = Option<Arc<Meters>>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_end_has_its_word() {
        for outcome in [
            Outcome::Answered,
            Outcome::Voicemail,
            Outcome::Busy,
            Outcome::Unanswered,
            Outcome::Failed,
            Outcome::Unknown,
            Outcome::Cancelled,
        ] {
            assert_eq!(end(AttemptState::Ended(outcome)).map(|at| ENDS[at]), Some(outcome.as_str()));
        }
        for state in [AttemptState::Withdrawn, AttemptState::Refused, AttemptState::NotDialled] {
            assert_eq!(end(state).map(|at| ENDS[at]), state.reason());
        }
        for state in [AttemptState::Intent, AttemptState::Placed, AttemptState::Unknown] {
            assert_eq!(end(state), None);
        }
    }

    #[test]
    fn an_attempt_is_counted_once_when_it_ends() {
        let meters = Meters::new(&Registry::new()).unwrap();
        let ended = Seen::Changed(AttemptState::Ended(Outcome::Busy));
        meters.took(ended, 1, 0);
        meters.took(ended, 0, 0);
        meters.took(Seen::Changed(AttemptState::Placed), 1, 1);
        assert_eq!((meters.ends[2].get(), meters.turns.get(), meters.open.get()), (1, 3, 1));
    }
}
