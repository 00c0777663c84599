//! The zone database against another one.
//!
//! Offsets decide whether a call is an hour early, and they come from one database. This test asks a second,
//! independent one (chrono-tz) about every zone both know, and holds the list of disagreements to the one below.
//! Each line of it is a place whose clocks were changed by law, or whose record was put right, after the second
//! database was made; a new line means that one of the two was updated, or that ours is wrong, and somebody has to look.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use std::fmt::Write;

use campanile_domain::time::{DAY_MS, SECOND_MS, Timestamp};
use campanile_domain::zone::{Zone, names};
use chrono::{Offset, TimeZone};

const FROM: &str = "2026-11-01T00:00:00Z";
const TO: &str = "2027-12-01T00:00:00Z";

fn ours(zone: &Zone, at: Timestamp) -> i32 {
    zone.offset_seconds(at)
}

fn theirs(zone: chrono_tz::Tz, at: Timestamp) -> i32 {
    let utc = chrono::DateTime::from_timestamp_millis(at.millis()).unwrap().naive_utc();
    zone.offset_from_utc_datetime(&utc).fix().local_minus_utc()
}

/// Offset as `+HH:MM`.
fn shown(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", seconds.abs() / 3600, seconds.abs() / 60 % 60)
}

/// The stretches in which the two databases differ about a zone: start, end, our offset and theirs. A stretch begins
/// or ends at one of our changes, or lasts between two of theirs; a look a day and one on each side of our changes
/// sees all of them.
fn differences(
    zone: &Zone,
    other: chrono_tz::Tz,
    from: Timestamp,
    to: Timestamp,
) -> Vec<(Timestamp, Timestamp, i32, i32)> {
    let mut looks: Vec<Timestamp> = (0..).map(|day| from + day * DAY_MS).take_while(|at| *at < to).collect();
    let mut change = zone.next_transition(from);
    while let Some(at) = change.filter(|at| *at < to) {
        looks.extend([at - SECOND_MS, at]);
        change = zone.next_transition(at);
    }
    looks.push(to);
    looks.sort_unstable();
    let pair = |at: Timestamp| (ours(zone, at), theirs(other, at));
    let mut stretches: Vec<(Timestamp, Timestamp, i32, i32)> = Vec::new();
    let mut start = looks[0];
    for look in looks.windows(2) {
        let mut at = look[0];
        while pair(at) != pair(look[1]) {
            let (mut same, mut other) = (at, look[1]);
            while other.since(same) > SECOND_MS {
                let middle = same + (other.since(same) / 2 / SECOND_MS) * SECOND_MS;
                if pair(middle) == pair(at) { same = middle } else { other = middle }
            }
            stretches.push((start, other, pair(at).0, pair(at).1));
            (start, at) = (other, other);
        }
    }
    stretches.push((start, to, pair(to).0, pair(to).1));
    stretches.retain(|stretch| stretch.2 != stretch.3);
    stretches
}

#[test]
fn the_zones_and_times_where_two_databases_differ_are_the_known_ones() {
    let (from, to) = (FROM.parse().unwrap(), TO.parse().unwrap());
    let mut found = String::new();
    let mut compared = 0;
    for other in chrono_tz::TZ_VARIANTS {
        let Ok(zone) = Zone::parse(other.name()) else {
            writeln!(found, "{} only chrono-tz knows", other.name()).unwrap();
            continue;
        };
        compared += 1;
        for (start, end, ours, theirs) in differences(&zone, other, from, to) {
            let (ours, theirs) = (shown(ours), shown(theirs));
            writeln!(found, "{} {start} to {end}: {ours}, chrono-tz {theirs}", other.name()).unwrap();
        }
    }
    for name in names().filter(|name| name.parse::<chrono_tz::Tz>().is_err()) {
        writeln!(found, "{name} only jiff knows").unwrap();
    }
    println!("{compared} zones compared from {FROM} to {TO}");
    assert!(compared > 500, "{compared}");
    assert_eq!(found, KNOWN, "the two databases differ otherwise than known; found:\n{found}");
}

/// With jiff's database 2026e and chrono-tz 0.10.4 (2025b).
const KNOWN: &str = "\
Africa/Casablanca 2026-11-01T00:00:00Z to 2027-02-07T02:00:00Z: +00:00, chrono-tz +01:00
Africa/Casablanca 2027-03-14T02:00:00Z to 2027-12-01T00:00:00Z: +00:00, chrono-tz +01:00
Africa/El_Aaiun 2026-11-01T00:00:00Z to 2027-02-07T02:00:00Z: +00:00, chrono-tz +01:00
Africa/El_Aaiun 2027-03-14T02:00:00Z to 2027-12-01T00:00:00Z: +00:00, chrono-tz +01:00
America/Edmonton 2026-11-01T08:00:00Z to 2027-03-14T09:00:00Z: -06:00, chrono-tz -07:00
America/Edmonton 2027-11-07T08:00:00Z to 2027-12-01T00:00:00Z: -06:00, chrono-tz -07:00
America/Inuvik 2026-11-01T08:00:00Z to 2027-03-14T09:00:00Z: -06:00, chrono-tz -07:00
America/Inuvik 2027-11-07T08:00:00Z to 2027-12-01T00:00:00Z: -06:00, chrono-tz -07:00
America/Rainy_River 2026-11-01T07:00:00Z to 2027-03-14T08:00:00Z: -05:00, chrono-tz -06:00
America/Rainy_River 2027-11-07T07:00:00Z to 2027-12-01T00:00:00Z: -05:00, chrono-tz -06:00
America/Vancouver 2026-11-01T09:00:00Z to 2027-03-14T10:00:00Z: -07:00, chrono-tz -08:00
America/Vancouver 2027-11-07T09:00:00Z to 2027-12-01T00:00:00Z: -07:00, chrono-tz -08:00
America/Winnipeg 2026-11-01T07:00:00Z to 2027-03-14T08:00:00Z: -05:00, chrono-tz -06:00
America/Winnipeg 2027-11-07T07:00:00Z to 2027-12-01T00:00:00Z: -05:00, chrono-tz -06:00
America/Yellowknife 2026-11-01T08:00:00Z to 2027-03-14T09:00:00Z: -06:00, chrono-tz -07:00
America/Yellowknife 2027-11-07T08:00:00Z to 2027-12-01T00:00:00Z: -06:00, chrono-tz -07:00
Canada/Central 2026-11-01T07:00:00Z to 2027-03-14T08:00:00Z: -05:00, chrono-tz -06:00
Canada/Central 2027-11-07T07:00:00Z to 2027-12-01T00:00:00Z: -05:00, chrono-tz -06:00
Canada/Mountain 2026-11-01T08:00:00Z to 2027-03-14T09:00:00Z: -06:00, chrono-tz -07:00
Canada/Mountain 2027-11-07T08:00:00Z to 2027-12-01T00:00:00Z: -06:00, chrono-tz -07:00
Canada/Pacific 2026-11-01T09:00:00Z to 2027-03-14T10:00:00Z: -07:00, chrono-tz -08:00
Canada/Pacific 2027-11-07T09:00:00Z to 2027-12-01T00:00:00Z: -07:00, chrono-tz -08:00
Europe/Chisinau 2027-03-28T00:00:00Z to 2027-03-28T01:00:00Z: +02:00, chrono-tz +03:00
Europe/Chisinau 2027-10-31T00:00:00Z to 2027-10-31T01:00:00Z: +03:00, chrono-tz +02:00
Europe/Tiraspol 2027-03-28T00:00:00Z to 2027-03-28T01:00:00Z: +02:00, chrono-tz +03:00
Europe/Tiraspol 2027-10-31T00:00:00Z to 2027-10-31T01:00:00Z: +03:00, chrono-tz +02:00
";
