//! What the people of a scenario do on average, as the arithmetic of an estimate wants to know it.
//!
//! The estimate and the rehearsal of one campaign must speak of the same people, so both take them from a [`Scenario`]:
//! this one reads off as shares and lengths what the other one draws. What the carrier does to the news of calls is left
//! out; a person who asks for something that no variable is named for is a person who says no.

use campanile_domain::estimate::{Ends, People};
use campanile_domain::time::HOUR_MS;

use super::scenario::{Rates, Scenario, Span};

/// Equally likely lengths that stand for all.
const LENGTHS: u32 = 64;
/// The mean of what a fate draws before the first ring, in milliseconds.
const SETUP_MS: i64 = 950;

impl Span {
    /// Equally likely lengths, in milliseconds, from the shortest to the longest.
    fn lengths_ms(self) -> Vec<i64> {
        let at = |part: f64| match self {
            Self::Fixed(seconds) => seconds,
            Self::Between { min, max } => min + (max - min) * part,
            // The sum of two even draws.
            Self::Mean { mean } if part <= 0.5 => mean * (2.0 * part).sqrt(),
            Self::Mean { mean } => mean * (2.0 - (2.0 * (1.0 - part)).sqrt()),
        };
        (0..LENGTHS).map(|nth| (at((f64::from(nth) + 0.5) / f64::from(LENGTHS)) * 1000.0) as i64).collect()
    }

    fn mean_ms(self) -> i64 {
        let lengths = self.lengths_ms();
        lengths.iter().sum::<i64>() / lengths.len().max(1) as i64
    }
}

/// How calls to phones that exist end.
fn living(rates: &Rates, dead: f64) -> Ends {
    Ends::of([rates.answer, rates.voicemail, rates.busy, rates.unanswered, (rates.failed - dead).max(0.0)])
}

impl Scenario {
    /// What its people do on average.
    pub fn expected(&self) -> People {
        let (talk, failures) = (&self.talk, &self.failures);
        let dead = self.rates.failed * failures.number_invalid;
        let of_the_living = |share: f64| share / (1.0 - failures.number_invalid).max(f64::EPSILON);
        let named = |name: &Option<String>, rate: f64| if name.is_some() { rate } else { 0.0 };
        // Any day does: ranges are by the clock, and the middle of an hour tells it from its neighbours.
        let by_hour = |hour: usize| {
            let minute = hour as u16 * 60 + 30;
            self.hours.iter().find(|range| range.holds(minute)).map(|range| living(&range.rates, dead))
        };
        People {
            dead,
            usual: living(&self.rates, dead),
            by_hour: std::array::from_fn(by_hour),
            habit: self.people.habit,
            provider_fault: of_the_living(failures.provider_fault).min(1.0),
            caller_id_blocked: of_the_living(failures.caller_id_blocked).min(1.0),
            goal: talk.goal_rate,
            undetermined: talk.undetermined_rate,
            opt_out: named(&talk.opt_out_variable, talk.opt_out_rate),
            callback: named(&talk.callback_variable, talk.callback_rate),
            wrong_person: named(&talk.wrong_person_variable, talk.wrong_person_rate),
            callback_ms: talk.callback_seconds.mean_ms().max(HOUR_MS),
            setup_ms: SETUP_MS,
            ring_ms: talk.ring_seconds.lengths_ms(),
            talk_ms: talk.talk_seconds.lengths_ms(),
            voicemail_ms: talk.voicemail_seconds.lengths_ms(),
        }
    }
}

#[cfg(test)]
mod tests {
    use campanile_domain::phone::Phone;
    use campanile_domain::time::Timestamp;

    use super::*;
    use crate::carrier::fate::{Meeting, fate};

    #[test]
    fn what_is_expected_is_what_is_drawn() {
        let scenario: Scenario = "[rates]\nanswer = 0.4\nunanswered = 0.3\nvoicemail = 0.1\nfailed = 0.2\n[talk]\n\
            talk_seconds = { mean = 50 }\nring_seconds = { min = 2, max = 12 }\n"
            .parse()
            .unwrap();
        let people = scenario.expected();
        assert!((people.dead - 0.1).abs() < 1e-9 && (people.usual.answered - 0.4 / 0.9).abs() < 1e-9, "{people:?}");
        let (mut talk, mut ring, mut answered) = (0, 0, 0);
        for index in 0..4_000 {
            let phone: Phone = format!("+1201555{index:04}").parse().unwrap();
            let one = fate(7, Meeting { phone, number: 1, again: 0 }, Timestamp(0), &scenario);
            if one.outcome == campanile_domain::attempt::Outcome::Answered {
                (talk, ring, answered) = (talk + one.talk_ms(), ring + one.ring_ms, answered + 1);
            }
        }
        let mean = |lengths: &[i64]| lengths.iter().sum::<i64>() as f64 / lengths.len() as f64;
        let near = |drawn: i64, told: f64| (drawn as f64 / f64::from(answered) / told - 1.0).abs() < 0.05;
        assert!((f64::from(answered) / 4_000.0 - 0.4).abs() < 0.03, "{answered}");
        assert!(near(talk, mean(&people.talk_ms)) && near(ring, mean(&people.ring_ms)), "{talk} {ring} {answered}");
        let longest = *people.talk_ms.last().unwrap();
        assert!((90_000..100_000).contains(&longest), "twice the mean at most: {longest}");
    }
}
