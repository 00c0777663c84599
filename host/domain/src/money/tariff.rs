//! What talking costs, as pure arithmetic.
//!
//! The same numbers decide three things that must agree: what is set aside before dialling, when a live call has to
//! end, and what is settled. They are computed by one function, so that rounding cannot fall one way for the balance
//! and another for the ledger. The rule between them: a call is never settled above what was set aside for it.

use serde::{Deserialize, Serialize};

use super::{Micros, MoneyError};

const MINUTE: i128 = 60_000;

/// What talking costs. Talk is billed from the first millisecond: at least the minimum, rounded up to whole steps; the
/// price of that time is rounded up to a whole micro-unit. No talk costs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "WrittenTariff")]
pub struct Tariff {
    per_minute_micros: Micros,
    minimum_seconds: u32,
    rounding_seconds: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTariff {
    per_minute_micros: Micros,
    minimum_seconds: u32,
    rounding_seconds: u32,
}

impl TryFrom<WrittenTariff> for Tariff {
    type Error = MoneyError;
    fn try_from(written: WrittenTariff) -> Result<Self, MoneyError> {
        Self::new(written.per_minute_micros, written.minimum_seconds, written.rounding_seconds)
    }
}

impl Tariff {
    /// The dearest minute that can be written: a million units.
    pub const MAX_PER_MINUTE: Micros = Micros(1_000_000_000_000);
    /// The longest minimum and the coarsest rounding: an hour.
    pub const MAX_SECONDS: u32 = 3_600;

    /// A tariff; the price at least 0, the minimum 0 to 3600 seconds, the rounding 1 to 3600 seconds.
    pub fn new(per_minute_micros: Micros, minimum_seconds: u32, rounding_seconds: u32) -> Result<Self, MoneyError> {
        if !(Micros::ZERO..=Self::MAX_PER_MINUTE).contains(&per_minute_micros) {
            return Err(MoneyError::PriceOutOfRange(per_minute_micros));
        }
        let most = Self::MAX_SECONDS;
        for (field, given, least) in
            [("minimum_seconds", minimum_seconds, 0), ("rounding_seconds", rounding_seconds, 1)]
        {
            if !(least..=most).contains(&given) {
                return Err(MoneyError::SecondsOutOfRange { field, given, least, most });
            }
        }
        Ok(Self { per_minute_micros, minimum_seconds, rounding_seconds })
    }

    /// The price of a minute.
    pub const fn per_minute_micros(&self) -> Micros {
        self.per_minute_micros
    }

    /// The shortest time billed, in seconds.
    pub const fn minimum_seconds(&self) -> u32 {
        self.minimum_seconds
    }

    /// The step billed time is rounded up to, in seconds.
    pub const fn rounding_seconds(&self) -> u32 {
        self.rounding_seconds
    }

    /// The settled price of `talk_ms` of talk; 0 and less is no talk. Held at the largest amount, never wrapped.
    pub fn cost_of(&self, talk_ms: i64) -> Micros {
        if talk_ms <= 0 {
            return Micros::ZERO;
        }
        let step = i128::from(self.rounding_seconds) * 1_000;
        let least = i128::from(self.minimum_seconds) * 1_000;
        let billed = ceiling(i128::from(talk_ms).max(least), step) * step;
        let price = ceiling(billed * i128::from(self.per_minute_micros.0), MINUTE);
        Micros(i64::try_from(price).unwrap_or(i64::MAX))
    }

    /// The price of the shortest call anyone answers.
    pub fn minimum_call(&self) -> Micros {
        self.cost_of(1)
    }

    /// What the intent sets aside before dialling: one minimum call.
    pub fn reserve_at_start(&self) -> Micros {
        self.minimum_call()
    }

    /// What must be set aside altogether while minute `n` of talk runs, counted from 1; `n` = 0 is before any talk.
    pub fn reserved_for_minute(&self, n: u32) -> Micros {
        self.cost_of(i64::from(n) * 60_000).max(self.reserve_at_start())
    }

    /// What must be set aside altogether at `talk_ms` of talk so far: every started minute whole. Never less than
    /// [`Self::cost_of`] at the same moment, and never falling as the talk goes on.
    pub fn reservation_needed(&self, talk_ms: i64) -> Micros {
        let minutes = ceiling(i128::from(talk_ms.max(0)), MINUTE);
        let whole = i64::try_from(minutes * MINUTE).unwrap_or(i64::MAX);
        self.cost_of(whole).max(self.reserve_at_start())
    }

    /// The longest talk, in milliseconds, that settles at no more than `reserved`: when an extension fails, the call
    /// has to end by then. `None`: the tariff is free and talk has no end.
    pub fn talk_covered_ms(&self, reserved: Micros) -> Option<i64> {
        if self.per_minute_micros == Micros::ZERO {
            return None;
        }
        if reserved < self.minimum_call() {
            return Some(0);
        }
        let step = i128::from(self.rounding_seconds) * 1_000;
        let paid = i128::from(reserved.0) * MINUTE / i128::from(self.per_minute_micros.0);
        Some(i64::try_from(paid / step * step).unwrap_or(i64::MAX))
    }
}

/// `value / step`, rounded up; both not negative, `step` not zero.
const fn ceiling(value: i128, step: i128) -> i128 {
    (value + step - 1) / step
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tariff(per_minute: i64, minimum: u32, rounding: u32) -> Tariff {
        Tariff::new(Micros(per_minute), minimum, rounding).unwrap()
    }

    #[test]
    fn the_minimum_comes_first_and_is_rounded_up_too() {
        let by_the_second = tariff(60_000, 0, 1);
        assert_eq!(by_the_second.cost_of(1), Micros(1_000));
        assert_eq!(by_the_second.cost_of(1_000), Micros(1_000));
        assert_eq!(by_the_second.cost_of(1_001), Micros(2_000));
        let sixty_six = tariff(60_000, 60, 6);
        assert_eq!(sixty_six.cost_of(1), Micros(60_000));
        assert_eq!(sixty_six.cost_of(60_001), Micros(66_000));
        let odd = tariff(60_000, 31, 30);
        assert_eq!(odd.cost_of(1), Micros(60_000));
        assert_eq!(tariff(7, 0, 1).cost_of(1), Micros(1), "a part of a micro-unit is a whole one");
        assert_eq!((sixty_six.cost_of(0), sixty_six.cost_of(-5)), (Micros::ZERO, Micros::ZERO));
        assert_eq!(tariff(Tariff::MAX_PER_MINUTE.0, 0, 3600).cost_of(i64::MAX), Micros(i64::MAX));
    }

    #[test]
    fn a_minimum_longer_than_a_minute_is_set_aside_at_once_and_covers_its_minutes() {
        let tariff = tariff(100, 150, 60);
        assert_eq!(tariff.reserve_at_start(), Micros(300));
        let minutes: Vec<_> = (0..6).map(|minute| tariff.reserved_for_minute(minute).0).collect();
        assert_eq!(minutes, [300, 300, 300, 300, 400, 500]);
        assert_eq!(tariff.talk_covered_ms(Micros(399)), Some(180_000));
        assert_eq!(tariff.talk_covered_ms(Micros(299)), Some(0));
    }

    #[test]
    fn a_free_tariff_reserves_nothing_and_never_ends_a_call() {
        let free = tariff(0, 60, 60);
        assert_eq!((free.minimum_call(), free.reservation_needed(9_999_999)), (Micros::ZERO, Micros::ZERO));
        assert_eq!(free.talk_covered_ms(Micros::ZERO), None);
    }

    #[test]
    fn tariffs_out_of_range_do_not_read() {
        let read = |text: &str| serde_json::from_str::<Tariff>(text).map_err(|error| error.to_string());
        let written = r#"{"per_minute_micros":15000,"minimum_seconds":30,"rounding_seconds":6}"#;
        assert_eq!(serde_json::to_string(&read(written).unwrap()).unwrap(), written);
        for (wrong, told) in [
            (r#"{"per_minute_micros":-1,"minimum_seconds":0,"rounding_seconds":1}"#, "per_minute_micros -1"),
            (r#"{"per_minute_micros":1,"minimum_seconds":0,"rounding_seconds":0}"#, "rounding_seconds 0"),
            (r#"{"per_minute_micros":1,"minimum_seconds":3601,"rounding_seconds":1}"#, "minimum_seconds 3601"),
            (r#"{"per_minute_micros":1,"minimum_seconds":0,"rounding_seconds":1,"vat":19}"#, "vat"),
        ] {
            assert!(read(wrong).unwrap_err().contains(told), "{wrong}");
        }
    }

    fn any_tariff() -> impl Strategy<Value = Tariff> {
        let price = prop_oneof![Just(0), 1..100i64, 1..2_000_000i64, Just(Tariff::MAX_PER_MINUTE.0)];
        let seconds = || prop_oneof![1..=61u32, 1..=Tariff::MAX_SECONDS];
        (price, prop_oneof![Just(0), seconds()], seconds())
            .prop_map(|(price, minimum, rounding)| tariff(price, minimum, rounding))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_call_never_settles_above_what_was_set_aside(tariff in any_tariff(), talk in 0..20_000_000i64) {
            let minute = u32::try_from((talk + 59_999) / 60_000).unwrap();
            prop_assert!(tariff.cost_of(talk) <= tariff.reservation_needed(talk));
            prop_assert_eq!(tariff.reservation_needed(talk), tariff.reserved_for_minute(minute));
            prop_assert_eq!(tariff.reservation_needed(0), tariff.reserve_at_start());
        }

        #[test]
        fn cost_and_reservation_never_fall_as_talk_goes_on(
            tariff in any_tariff(), talk in 0..20_000_000i64, more in 0..300_000i64,
        ) {
            prop_assert!(tariff.cost_of(talk) <= tariff.cost_of(talk + more));
            prop_assert!(tariff.reservation_needed(talk) <= tariff.reservation_needed(talk + more));
        }

        #[test]
        fn what_is_set_aside_covers_exactly_the_talk_it_pays(tariff in any_tariff(), reserved in 0..50_000_000i64) {
            if let Some(covered) = tariff.talk_covered_ms(Micros(reserved)) {
                prop_assert!(tariff.cost_of(covered) <= Micros(reserved));
                prop_assert!(tariff.cost_of(covered + 1) > Micros(reserved));
            }
        }
    }
}
