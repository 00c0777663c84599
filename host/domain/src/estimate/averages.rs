//! What a call comes to, by how it ends: how long it holds its slot, what is said, what it costs.

use super::Question;
use super::people::Hour;
use crate::time::SECOND_MS;

/// From the dial to the word that the network cannot connect, beyond the set-up, in milliseconds.
const TONE_MS: i64 = SECOND_MS;
/// How long the news of an end travels, in milliseconds.
const NEWS_MS: i64 = 150;

/// The places of the ends in what is told by end.
pub(super) const ANSWERED: usize = 0;
pub(super) const VOICEMAIL: usize = 1;
pub(super) const BUSY: usize = 2;
pub(super) const UNANSWERED: usize = 3;
pub(super) const FAILED: usize = 4;

/// What a call comes to on average, by how it ends.
pub(super) struct Averages {
    /// It holds its slot, in milliseconds.
    pub hold_ms: [f64; 5],
    /// Talk, in milliseconds.
    pub talk_ms: [f64; 5],
    /// Charged, in micro-units.
    pub cost: [f64; 5],
    /// A first call holds its slot, in milliseconds.
    pub usual_ms: f64,
    /// How long calls hold their slots, sorted, with the share of calls that do.
    spread: Vec<(i64, f64)>,
}

impl Averages {
    pub(super) fn of(question: &Question<'_>) -> Self {
        let people = question.people;
        let talk = |lengths: &[i64]| lengths.iter().map(|ms| (*ms).min(question.max_call_ms)).collect::<Vec<_>>();
        let (said, left) = (talk(&people.talk_ms), talk(&people.voicemail_ms));
        let patience = (question.ring_timeout_ms - SECOND_MS).max(0);
        let rang = mean(people.ring_ms.iter().map(|ms| (*ms).min(patience) as f64));
        let price = |ms: &i64| question.tariff.map_or(0.0, |tariff| tariff.cost_of(*ms).0 as f64);
        let before = (people.setup_ms + NEWS_MS) as f64;
        let (answered, voicemail) = (mean(said.iter().map(|ms| *ms as f64)), mean(left.iter().map(|ms| *ms as f64)));
        let short = before + TONE_MS as f64;
        let waited = before + question.ring_timeout_ms as f64;
        let hold_ms = [before + rang + answered, before + rang + voicemail, short, waited, short];
        let usual = people.usual.shares();
        let mut spread: Vec<(i64, f64)> =
            [BUSY, UNANSWERED, FAILED].map(|end| (hold_ms[end] as i64, usual[end])).to_vec();
        for (lengths, share) in [(&said, usual[ANSWERED]), (&left, usual[VOICEMAIL])] {
            let each = share / lengths.len().max(1) as f64;
            spread.extend(lengths.iter().map(|ms| ((before + rang) as i64 + ms, each)));
        }
        spread.sort_unstable_by_key(|(ms, _)| *ms);
        let usual_ms: f64 = usual.iter().zip(hold_ms).map(|(share, ms)| share * ms).sum();
        Self {
            hold_ms,
            talk_ms: [answered, voicemail, 0.0, 0.0, 0.0],
            cost: [mean(said.iter().map(price)), mean(left.iter().map(price)), 0.0, 0.0, 0.0],
            usual_ms: usual_ms * (1.0 - people.dead) + short * people.dead,
            spread,
        }
    }

    /// Of a first call at an hour to a phone that exists.
    pub(super) fn call_ms(&self, hour: &Hour) -> f64 {
        hour.ends.iter().zip(self.hold_ms).map(|(share, ms)| share * ms).sum()
    }

    /// The longest of so many calls, on average.
    pub(super) fn longest_ms(&self, calls: f64) -> i64 {
        let wanted = calls / (calls + 1.0);
        let mut passed = 0.0;
        let reached = self.spread.iter().find(|(_, share)| {
            passed += share;
            passed >= wanted
        });
        reached.or(self.spread.last()).map_or(0, |(ms, _)| *ms)
    }
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
    if count > 0.0 { sum / count } else { 0.0 }
}
