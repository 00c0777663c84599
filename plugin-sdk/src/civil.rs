//! Dates of the proleptic Gregorian calendar as day numbers, for arithmetic on civil dates.
//!
//! Zones are not its business: what a clock shows somewhere is the host's answer ([`crate::calendar`]).

/// Days since 1970-01-01. The year is taken to begin in March, so that the leap day is its last.
pub fn day_number(year: i32, month: u8, day: u8) -> i64 {
    let (month, day) = (i64::from(month), i64::from(day));
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The date of a day number.
pub fn date(number: i64) -> (i32, u8, u8) {
    let shifted = number + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    ((year + era * 400 + i64::from(month <= 2)) as i32, month as u8, day as u8)
}

/// 1 is Monday, 7 is Sunday.
#[cfg(any(test, feature = "lent-calendar"))]
pub fn weekday(number: i64) -> u8 {
    ((number + 3).rem_euclid(7) + 1) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_of_four_centuries_comes_back_and_weekdays_follow_each_other() {
        for number in -146_097..146_097 {
            let (year, month, day) = date(number);
            assert_eq!(day_number(year, month, day), number);
            assert_eq!(weekday(number + 1), weekday(number) % 7 + 1);
        }
    }

    #[test]
    fn known_dates() {
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(weekday(0), 4);
        assert_eq!(date(day_number(2024, 2, 28) + 1), (2024, 2, 29));
        assert_eq!(weekday(day_number(2026, 3, 2)), 1);
    }
}
