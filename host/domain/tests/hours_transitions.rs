//! Calling hours against a clock that is watched minute by minute.
//!
//! The search in `hours` jumps from change to change of a zone's offset; a mistake there calls people an hour early
//! on two days a year, when nobody is looking. So it is compared here, round every change of the clocks of many
//! zones from 2024 to 2030, with a reading that cannot be clever: the clock's minutes are read one after the other off
//! jiff's own calendar and looked up in the ranges as they were written. Nothing of the implementation is used for the
//! answer. Asked are the minutes round the change, round every opening and closing of three days, and some between.

#![expect(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use campanile_domain::hours::CallingHours;
use campanile_domain::time::Timestamp;
use campanile_domain::zone::Zone;
use jiff::tz::{TimeZone, TimeZoneDatabase};

const MINUTE_MS: i64 = 60_000;
const DAY: usize = 1_440;
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Zones whose changes are odd: half hours, at midnight, twice round Ramadan, two hours, negative summer time, zones
/// that gave up changing, zones that never changed.
const ODD: &[&str] = &[
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/El_Aaiun",
    "America/Asuncion",
    "America/Edmonton",
    "America/Havana",
    "America/Nuuk",
    "America/Santiago",
    "America/Scoresbysund",
    "America/St_Johns",
    "America/Vancouver",
    "Antarctica/Troll",
    "Asia/Almaty",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Asia/Qostanay",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Europe/Chisinau",
    "Europe/Dublin",
    "Pacific/Apia",
    "Pacific/Chatham",
    "Pacific/Easter",
];

const PLAIN: &[&str] = &[
    "America/Adak",
    "America/Anchorage",
    "America/Boise",
    "America/Chicago",
    "America/Ciudad_Juarez",
    "America/Denver",
    "America/Detroit",
    "America/Halifax",
    "America/Los_Angeles",
    "America/Mexico_City",
    "America/Miquelon",
    "America/New_York",
    "America/Port-au-Prince",
    "America/Sao_Paulo",
    "America/Thule",
    "America/Tijuana",
    "America/Toronto",
    "America/Whitehorse",
    "America/Winnipeg",
    "Antarctica/Macquarie",
    "Antarctica/McMurdo",
    "Asia/Famagusta",
    "Asia/Hebron",
    "Asia/Kolkata",
    "Asia/Nicosia",
    "Asia/Tokyo",
    "Atlantic/Bermuda",
    "Atlantic/Canary",
    "Atlantic/Faroe",
    "Atlantic/Madeira",
    "Australia/Adelaide",
    "Australia/Broken_Hill",
    "Australia/Hobart",
    "Australia/Melbourne",
    "Australia/Sydney",
    "Europe/Athens",
    "Europe/Berlin",
    "Europe/Helsinki",
    "Europe/Istanbul",
    "Europe/Kyiv",
    "Europe/Lisbon",
    "Europe/London",
    "Europe/Madrid",
    "Europe/Paris",
    "Europe/Rome",
    "Europe/Stockholm",
    "Europe/Vienna",
    "Europe/Warsaw",
    "Pacific/Auckland",
    "Pacific/Norfolk",
];

/// A range as it is written: day since Monday, from and to in minutes of the day; to before from is the next day.
type Written = (usize, usize, usize);

/// Hours, and the same as a table of the week's minutes, made from what was written and not from the hours.
struct Shape {
    name: &'static str,
    hours: CallingHours,
    week: Vec<bool>,
}

fn shape(name: &'static str, written: &[Written]) -> Shape {
    let mut json = serde_json::Map::new();
    let mut week = vec![false; 7 * DAY];
    let clock = |minute: usize| format!("{:02}:{:02}", minute / 60, minute % 60);
    for &(day, from, to) in written {
        let day = day % 7;
        let range = serde_json::json!({"from": clock(from), "to": clock(to)});
        let list = json.entry(DAYS[day]).or_insert_with(|| serde_json::json!([]));
        list.as_array_mut().unwrap().push(range);
        // A range past the end of Sunday goes on at Monday 00:00.
        let close = if from < to { to } else { DAY + to };
        for minute in day * DAY + from..day * DAY + close {
            week[minute % (7 * DAY)] = true;
        }
    }
    Shape { name, hours: CallingHours::from_json(&json.into()).unwrap(), week }
}

/// The shapes for a change that the clock of `day` shows at minute `shown` of the day and that skips (or repeats)
/// `moved` minutes.
fn shapes(day: usize, shown: usize, moved: usize) -> Vec<Shape> {
    let every = |from, to| (0..7).map(|day| (day, from, to)).collect::<Vec<Written>>();
    let workdays = |from, to| (0..5).map(|day| (day, from, to)).collect::<Vec<Written>>();
    let wrap = |minute: usize| minute % DAY;
    // The minutes that a change takes away (or gives twice), on the day they are shown.
    let jumped = (day, wrap(shown), wrap(shown + moved));
    let inside = (day, wrap(shown + moved / 3), wrap(shown + moved / 3 + 1));
    vec![
        shape("working hours", &workdays(540, 1080)),
        shape("lunch and late", &[every(720, 780), every(1020, 1200)].concat()),
        shape("overnight", &every(1320, 360)),
        shape("one night a week", &[(day + 6, 1380, 300)]),
        shape("to 24:00", &every(1260, 1440)),
        shape("from 00:00", &every(0, 150)),
        shape("the whole week", &every(0, 1440)),
        shape("all but one minute a week", &[every(0, 1440)[..6].to_vec(), vec![(6, 0, 1439)]].concat()),
        shape("what is skipped or repeated, daily", &(0..7).map(|day| (day, jumped.1, jumped.2)).collect::<Vec<_>>()),
        shape("what is skipped or repeated, weekly", &[jumped]),
        shape("one minute of it, weekly", &[inside]),
        shape("all but that, daily", &(0..7).map(|day| (day, jumped.2, jumped.1)).collect::<Vec<_>>()),
        shape("until the change, and the last minute of the day", &[(day, 0, wrap(shown).max(1)), (day, 1439, 1440)]),
        shape("from the middle of it", &every(wrap(shown + moved / 2), wrap(shown + moved / 2 + 200))),
    ]
}

/// One change of the clocks, watched from a day before for as long as any answer needs.
struct Watch {
    rules: TimeZone,
    start: i64,
    minutes: Vec<usize>,
}

impl Watch {
    fn new(rules: &TimeZone, change: i64) -> Self {
        Self { rules: rules.clone(), start: change - 26 * 60 * MINUTE_MS, minutes: Vec::new() }
    }

    /// The minute of the week that the clock shows in the `index`th minute of the watch. The clock is read every
    /// minute, except in hours at whose end it shows just an hour more than at the start.
    fn shown(&mut self, index: usize) -> usize {
        while self.minutes.len() <= index {
            let hour = self.start + self.minutes.len() as i64 * MINUTE_MS;
            let (first, next) = (self.read(hour), self.read(hour + 60 * MINUTE_MS));
            let even = (first + 60) % (7 * DAY) == next;
            let read = |minute: usize| self.read(hour + minute as i64 * MINUTE_MS);
            let minutes: Vec<_> =
                (0..60).map(|minute| if even { (first + minute) % (7 * DAY) } else { read(minute) }).collect();
            self.minutes.extend(minutes);
        }
        self.minutes[index]
    }

    fn read(&self, at: i64) -> usize {
        let shown = self.rules.to_datetime(jiff::Timestamp::from_millisecond(at).unwrap());
        assert_eq!((shown.second(), shown.subsec_nanosecond()), (0, 0), "offsets of these years are whole minutes");
        shown.weekday().to_monday_zero_offset() as usize * DAY + shown.hour() as usize * 60 + shown.minute() as usize
    }

    /// For each of the first `count` minutes, the first minute from it on that is open (or is not).
    fn firsts(&mut self, week: &[bool], open: bool, count: usize) -> Vec<usize> {
        let mut last = count;
        while week[self.shown(last)] != open {
            last += 1;
            assert!(last < 24 * DAY, "the hours are {open} at some time of the week");
        }
        let mut firsts = vec![last; count];
        for index in (0..count).rev() {
            if week[self.minutes[index]] == open {
                last = index;
            }
            firsts[index] = last;
        }
        firsts
    }
}

#[derive(Default)]
struct Tally {
    zones: usize,
    changes: usize,
    shapes: usize,
    checks: usize,
}

fn check_change(zone: &Zone, rules: &TimeZone, change: jiff::tz::TimeZoneTransition<'_>, tally: &mut Tally) {
    let at = change.timestamp().as_millisecond();
    let before = rules.to_offset(jiff::Timestamp::from_millisecond(at - 1).unwrap()).seconds();
    let moved = (change.offset().seconds() - before) / 60;
    if moved == 0 {
        return;
    }
    let mut watch = Watch::new(rules, at);
    let centre = 26 * 60;
    let last_before = watch.shown(centre - 1) + 1;
    let first_shown = if moved > 0 { last_before } else { watch.shown(centre) };
    let (day, shown) = (first_shown / DAY, first_shown % DAY);
    tally.changes += 1;
    for shape in shapes(day % 7, shown, moved.unsigned_abs() as usize) {
        tally.shapes += 1;
        let count = 2 * centre;
        let opens = watch.firsts(&shape.week, true, count);
        let always = shape.week.iter().all(|open| *open);
        let closes = if always { Vec::new() } else { watch.firsts(&shape.week, false, count) };
        let edge = |index: usize| index > 0 && (opens[index] == index) != (opens[index - 1] == index - 1);
        // Every minute around a change in an optimised build; without optimisation that would make the daily loop wait.
        let every_minute = !cfg!(debug_assertions);
        let telling = |index: usize| match index.abs_diff(centre) {
            0..=1 => true,
            2..=150 => every_minute || index.is_multiple_of(23) || edge(index) || edge(index + 1),
            _ => index.is_multiple_of(307) || edge(index),
        };
        for index in (0..count - 1).filter(|index| telling(*index)) {
            let (minute, near) = (watch.start + index as i64 * MINUTE_MS, index.abs_diff(centre) <= 150);
            let last = index + 1 == centre || (near && edge(index + 1));
            let within: &[i64] = if last { &[0, 1, 59_999] } else { &[0] };
            for t in within.iter().map(|ms| Timestamp(minute + ms)) {
                let first = |firsts: &[usize]| Timestamp((watch.start + firsts[index] as i64 * MINUTE_MS).max(t.0));
                let told = || format!("{zone} {} at {t}, change at {}", shape.name, change.timestamp());
                assert_eq!(shape.hours.allowed(t, zone), opens[index] == index, "allowed: {}", told());
                assert_eq!(shape.hours.next_allowed(t, zone), Some(first(&opens)), "next_allowed: {}", told());
                let closing = (!always).then(|| first(&closes));
                assert_eq!(shape.hours.open_until(t, zone), closing, "open_until: {}", told());
                tally.checks += 1;
            }
        }
    }
}

fn check_zones(names: &[&str]) -> Tally {
    let database = TimeZoneDatabase::bundled();
    let start: jiff::Timestamp = "2024-01-01T00:00:00Z".parse().unwrap();
    let end: jiff::Timestamp = "2031-01-01T00:00:00Z".parse().unwrap();
    let mut tally = Tally::default();
    for name in names {
        let (zone, rules) = (Zone::parse(name).unwrap(), database.get(name).unwrap());
        tally.zones += 1;
        for change in rules.following(start).take_while(|change| change.timestamp() < end) {
            check_change(&zone, &rules, change, &mut tally);
        }
    }
    let Tally { zones, changes, shapes, checks } = tally;
    println!("{zones} zones, {changes} changes of clocks, {shapes} shapes round them, {checks} instants");
    tally
}

#[test]
fn hours_hold_round_every_change_of_the_odd_zones() {
    let tally = check_zones(ODD);
    assert!(tally.changes > 200 && tally.checks > 100_000, "{} {}", tally.changes, tally.checks);
}

#[test]
fn hours_hold_round_every_change_of_the_plain_zones_of_the_west() {
    let tally = check_zones(&PLAIN[..25]);
    assert!(tally.changes > 200 && tally.checks > 100_000, "{} {}", tally.changes, tally.checks);
}

#[test]
fn hours_hold_round_every_change_of_the_plain_zones_of_the_east() {
    let tally = check_zones(&PLAIN[25..]);
    assert!(tally.changes > 200 && tally.checks > 100_000, "{} {}", tally.changes, tally.checks);
}

#[test]
fn zones_without_a_change_open_and_close_on_the_clock() {
    for (name, opens) in [("Asia/Kathmandu", "03:15"), ("Asia/Kolkata", "03:30"), ("Asia/Tokyo", "00:00")] {
        let zone = Zone::parse(name).unwrap();
        let sunday: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let found = CallingHours::default().next_allowed(sunday, &zone).unwrap();
        assert_eq!(found.to_string(), format!("2026-11-23T{opens}:00Z"), "{name}");
    }
}
