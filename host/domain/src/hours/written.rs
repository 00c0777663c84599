//! Calling hours as people write them, read strictly.
//!
//! A slip in the hours calls people at night, so nothing is taken kindly: a misspelt day, a key nobody knows, `9:00`
//! without its zero and a range that ends where it starts are all told, each with the place in the JSON, the value and
//! what to write instead. Overlapping ranges are no slip and are merged by the caller. Two keys alike in one object
//! cannot be seen from here: the JSON reader has already kept the last.

use serde_json::{Map, Value};

use super::{DAY, Span, spans_of};
use crate::zone::Weekday;

/// One fault in written calling hours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct HoursError {
    /// Stable: `malformed_time`, `empty_range`, `unknown_day`, `unknown_key`, `missing_key`, `mixed_shapes`,
    /// `wrong_type`.
    pub code: &'static str,
    /// Where, as a JSON pointer into the value of `calling_hours`: `/monday/0/to`; empty for the whole.
    pub pointer: String,
    /// The place, the value, the rule and what to write.
    pub message: String,
}

const SHORT_KEYS: [&str; 3] = ["start", "end", "days"];
const DAYS: &str = "monday, tuesday, wednesday, thursday, friday, saturday, sunday";
const SHAPES: &str =
    r#"write {"monday": [{"from": "09:00", "to": "18:00"}]} or {"start": "09:00", "end": "18:00", "days": ["monday"]}"#;

/// A place in the written hours, told as a JSON pointer to machines and as a path to people.
#[derive(Clone)]
struct Place {
    pointer: String,
    path: String,
}

impl Place {
    fn root() -> Self {
        Self { pointer: String::new(), path: "calling_hours".to_owned() }
    }

    fn key(&self, key: &str) -> Self {
        let escaped = key.replace('~', "~0").replace('/', "~1");
        Self { pointer: format!("{}/{escaped}", self.pointer), path: format!("{}.{key}", self.path) }
    }

    fn index(&self, index: usize) -> Self {
        Self { pointer: format!("{}/{index}", self.pointer), path: format!("{}[{index}]", self.path) }
    }
}

pub(super) fn read(written: &Value) -> Result<Vec<Span>, Vec<HoursError>> {
    let mut reader = Reader { spans: Vec::new(), faults: Vec::new() };
    let root = Place::root();
    match written {
        Value::Object(map) if SHORT_KEYS.iter().any(|key| map.contains_key(*key)) => reader.short(map, &root),
        Value::Object(map) => reader.long(map, &root),
        other => reader.wrong_type(&root, other, "an object", SHAPES),
    }
    if reader.faults.is_empty() { Ok(reader.spans) } else { Err(reader.faults) }
}

struct Reader {
    spans: Vec<Span>,
    faults: Vec<HoursError>,
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    From,
    To,
}

impl Reader {
    fn fault(&mut self, code: &'static str, place: &Place, what: &str) {
        let message = format!("{} {what}", place.path);
        self.faults.push(HoursError { code, pointer: place.pointer.clone(), message });
    }

    fn wrong_type(&mut self, place: &Place, given: &Value, wanted: &str, fix: &str) {
        self.fault("wrong_type", place, &format!("is {} and must be {wanted}; {fix}", kind_of(given)));
    }

    fn long(&mut self, map: &Map<String, Value>, root: &Place) {
        for (key, ranges) in map {
            let place = root.key(key);
            let Some(day) = day_called(key) else {
                self.fault("unknown_day", &place, &format!("is not a day; write one of {DAYS}, in lower case"));
                continue;
            };
            let Value::Array(ranges) = ranges else {
                self.wrong_type(&place, ranges, "a list of ranges", r#"write [{"from": "09:00", "to": "18:00"}]"#);
                continue;
            };
            for (index, range) in ranges.iter().enumerate() {
                self.range(range, day, &place.index(index));
            }
        }
    }

    fn range(&mut self, range: &Value, day: Weekday, place: &Place) {
        let Value::Object(map) = range else {
            return self.wrong_type(place, range, "a range", r#"write {"from": "09:00", "to": "18:00"}"#);
        };
        for key in map.keys().filter(|key| !["from", "to"].contains(&key.as_str())) {
            self.fault("unknown_key", &place.key(key), "is not known here; a range has from and to");
        }
        if let Some((from, to)) = self.bounds(map, place, "from", "to") {
            self.spans.extend(spans_of(day, from, to));
        }
    }

    fn short(&mut self, map: &Map<String, Value>, root: &Place) {
        for key in map.keys().filter(|key| !SHORT_KEYS.contains(&key.as_str())) {
            let place = root.key(key);
            if day_called(key).is_some() {
                self.fault("mixed_shapes", &place, &format!("stands beside start, end or days; {SHAPES}, not both"));
            } else {
                self.fault("unknown_key", &place, "is not known here; the short shape has start, end and days");
            }
        }
        let bounds = self.bounds(map, root, "start", "end");
        let place = root.key("days");
        let days = match map.get("days") {
            Some(Value::Array(days)) => days,
            Some(other) => {
                return self.wrong_type(&place, other, "a list of days", &format!("write days out of {DAYS}"));
            }
            None => {
                return self.fault("missing_key", &place, &format!("is missing; write a list of days out of {DAYS}"));
            }
        };
        for (index, written) in days.iter().enumerate() {
            match (written.as_str().and_then(day_called), bounds) {
                (Some(day), Some((from, to))) => self.spans.extend(spans_of(day, from, to)),
                (Some(_), None) => {}
                (None, _) => {
                    let what = format!("{written} is not a day; write one of {DAYS}, in lower case");
                    self.fault("unknown_day", &place.index(index), &what);
                }
            }
        }
    }

    fn bounds(&mut self, map: &Map<String, Value>, place: &Place, from: &str, to: &str) -> Option<(u16, u16)> {
        let end = place.key(to);
        let from_minute = self.time(map.get(from), &place.key(from), Side::From);
        let to_minute = self.time(map.get(to), &end, Side::To);
        let (from_minute, to_minute) = (from_minute?, to_minute?);
        if from_minute == to_minute {
            let what = format!(
                "{} is also {from}, and a range must not end where it starts; \
                 write two different times, or 00:00 and 24:00 for the whole day",
                map.get(to).unwrap_or(&Value::Null)
            );
            self.fault("empty_range", &end, &what);
            return None;
        }
        Some((from_minute, to_minute))
    }

    fn time(&mut self, written: Option<&Value>, place: &Place, side: Side) -> Option<u16> {
        let latest = if side == Side::To { "24:00" } else { "23:59" };
        let minute = match written {
            None => {
                self.fault("missing_key", place, &format!("is missing; write HH:MM between 00:00 and {latest}"));
                return None;
            }
            Some(Value::String(text)) => minute_of_day(text),
            Some(other) => {
                self.wrong_type(place, other, "a time", &format!("write \"HH:MM\" between 00:00 and {latest}"));
                return None;
            }
        };
        match minute {
            Some(DAY) if side == Side::From => {
                let what = "\"24:00\" is only an end; write \"00:00\" on the next day";
                self.fault("malformed_time", place, what);
                None
            }
            Some(minute) => Some(minute),
            None => {
                let given = written.unwrap_or(&Value::Null);
                let what = format!("{given} is not a time; write HH:MM between 00:00 and {latest}");
                self.fault("malformed_time", place, &what);
                None
            }
        }
    }
}

fn day_called(name: &str) -> Option<Weekday> {
    Weekday::ALL.into_iter().find(|day| day.name() == name)
}

/// Minutes since midnight of `HH:MM`, 00:00 to 24:00.
fn minute_of_day(text: &str) -> Option<u16> {
    let [h1, h2, b':', m1, m2] = *text.as_bytes() else { return None };
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u16::from(byte - b'0'));
    let (hour, minute) = (digit(h1)? * 10 + digit(h2)?, digit(m1)? * 10 + digit(m2)?);
    (minute < 60 && hour * 60 + minute <= DAY).then_some(hour * 60 + minute)
}

const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The faults as `code pointer`.
    fn faults(written: Value) -> Vec<String> {
        let faults = read(&written).unwrap_err();
        assert!(faults.iter().all(|fault| fault.message.starts_with("calling_hours")), "{faults:?}");
        faults.iter().map(|fault| format!("{} {}", fault.code, fault.pointer)).collect()
    }

    #[test]
    fn times_are_hh_mm_and_24_00_is_only_an_end() {
        for wrong in
            ["25:00", "9:0", "9:00", "24:01", "09:60", "", "09:00:00", "09-00", "+9:00", " 9:00", "٠٩:٠٠", "noon"]
        {
            assert_eq!(faults(json!({"monday": [{"from": "08:00", "to": wrong}]})), ["malformed_time /monday/0/to"]);
            assert_eq!(faults(json!({"monday": [{"from": wrong, "to": "24:00"}]})), ["malformed_time /monday/0/from"]);
        }
        assert_eq!(faults(json!({"monday": [{"from": "24:00", "to": "06:00"}]})), ["malformed_time /monday/0/from"]);
        assert!(read(&json!({"monday": [{"from": "00:00", "to": "24:00"}, {"from": "23:59", "to": "00:00"}]})).is_ok());
    }

    #[test]
    fn the_message_names_the_place_the_value_and_what_to_write() {
        let fault = &read(&json!({"monday": [{"from": "08:00", "to": "25:00"}]})).unwrap_err()[0];
        let told = r#"calling_hours.monday[0].to "25:00" is not a time; write HH:MM between 00:00 and 24:00"#;
        assert_eq!(fault.to_string(), told);
        let fault = &read(&json!({"monday": [{"from": "08:00", "to": "08:00"}]})).unwrap_err()[0];
        assert!(fault.message.starts_with(r#"calling_hours.monday[0].to "08:00" is also from"#), "{fault}");
    }

    #[test]
    fn a_range_must_not_end_where_it_starts() {
        assert_eq!(faults(json!({"friday": [{"from": "00:00", "to": "00:00"}]})), ["empty_range /friday/0/to"]);
        assert_eq!(faults(json!({"start": "09:00", "end": "09:00", "days": ["monday"]})), ["empty_range /end"]);
    }

    #[test]
    fn unknown_days_and_keys_are_told_where_they_stand() {
        assert_eq!(
            faults(json!({"Monday": [], "mon": [], "a/b~c": []})),
            ["unknown_day /Monday", "unknown_day /mon", "unknown_day /a~1b~0c",]
        );
        assert_eq!(
            faults(json!({"monday": [{"from": "08:00", "to": "09:00", "zone": "UTC"}]})),
            ["unknown_key /monday/0/zone"]
        );
        let short = json!({"start": "09:00", "end": "18:00", "days": ["monday", "someday", 3], "zone": "UTC"});
        assert_eq!(faults(short), ["unknown_key /zone", "unknown_day /days/1", "unknown_day /days/2"]);
    }

    #[test]
    fn shapes_are_not_mixed_and_nothing_is_filled_in() {
        assert_eq!(faults(json!({"start": "09:00"})), ["missing_key /end", "missing_key /days"]);
        assert_eq!(faults(json!({"days": ["monday"]})), ["missing_key /start", "missing_key /end"]);
        assert_eq!(faults(json!({"monday": [{"from": "09:00"}]})), ["missing_key /monday/0/to"]);
        let mixed = json!({"start": "09:00", "end": "18:00", "days": [], "monday": []});
        assert_eq!(faults(mixed), ["mixed_shapes /monday"]);
    }

    #[test]
    fn values_of_another_type_are_told_apart() {
        for wrong in [json!(null), json!([]), json!("09:00-18:00"), json!(9), json!(true)] {
            assert_eq!(faults(wrong), ["wrong_type "]);
        }
        assert_eq!(faults(json!({"monday": {"from": "09:00", "to": "18:00"}})), ["wrong_type /monday"]);
        assert_eq!(faults(json!({"monday": ["09:00-18:00"]})), ["wrong_type /monday/0"]);
        assert_eq!(faults(json!({"monday": [{"from": 9, "to": "18:00"}]})), ["wrong_type /monday/0/from"]);
        assert_eq!(faults(json!({"start": "09:00", "end": "18:00", "days": "monday"})), ["wrong_type /days"]);
    }
}
