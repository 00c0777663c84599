//! Reads fields by the rules that hosted calling platforms state: what is there, of which type, within which limits.
//!
//! Every fault is kept and told together, each under its field. Types are taken as those platforms take them: a whole
//! number may come as a text of digits, a boolean as 0 or 1, and null or an empty text is a field that was not sent.

use std::ops::RangeInclusive;

use campanile_domain::phone::Phone;
use campanile_domain::region::Region;
use campanile_domain::time::{DAY_MS, Timestamp};
use campanile_domain::variable::{Value as Named, Variables};
use serde_json::{Map, Value};

use super::refusal::Refusal;
use crate::phones;

/// The fields of a body or a query, taken out one by one.
pub(crate) struct Given {
    sent: Map<String, Value>,
    /// Where these fields are in the whole: `secondary_contacts.0.`.
    place: String,
    faults: Vec<(String, String)>,
}

impl Given {
    pub(crate) const fn new(sent: Map<String, Value>) -> Self {
        Self { sent, place: String::new(), faults: Vec::new() }
    }

    /// These have to be there.
    pub(crate) fn require(&mut self, fields: &[&str]) {
        for field in fields {
            if !self.is_sent(field) {
                self.refuse(field, format!("The {} field is required.", self.label(field)));
            }
        }
    }

    /// Whether a field is there and says something.
    pub(crate) fn is_sent(&self, field: &str) -> bool {
        self.sent.get(field).is_some_and(|value| !is_nothing(value))
    }

    /// Whether a field is there, be it null.
    pub(crate) fn names(&self, field: &str) -> bool {
        self.sent.contains_key(field)
    }

    /// Keeps a fault of a field.
    pub(crate) fn refuse(&mut self, field: &str, message: impl Into<String>) {
        self.faults.push((format!("{}{field}", self.place), message.into()));
    }

    /// All that was wrong.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        if self.faults.is_empty() { Ok(()) } else { Err(Refusal::invalid(self.faults)) }
    }

    fn label(&self, field: &str) -> String {
        if self.place.is_empty() { field.replace('_', " ") } else { format!("{}{field}", self.place) }
    }

    fn wrong(&mut self, field: &str, rule: &str, sent: &Value) {
        self.refuse(field, format!("The {} field must be {rule}; {} was sent.", self.label(field), shown(sent)));
    }

    fn take(&mut self, field: &str) -> Option<Value> {
        self.sent.shift_remove(field).filter(|value| !is_nothing(value))
    }

    /// As it was sent.
    pub(crate) fn raw(&self, field: &str) -> Option<&Value> {
        self.sent.get(field)
    }

    /// A text of at most so many characters.
    pub(crate) fn text(&mut self, field: &str, most: usize) -> Option<String> {
        match self.take(field)? {
            Value::String(text) if text.trim().chars().count() <= most => Some(text.trim().to_owned()),
            other => {
                self.wrong(field, &format!("a text of at most {most} characters"), &other);
                None
            }
        }
    }

    /// One of a few words.
    pub(crate) fn word(&mut self, field: &str, words: &[&str]) -> Option<String> {
        match self.take(field)? {
            Value::String(text) if words.contains(&text.trim()) => Some(text.trim().to_owned()),
            other => {
                self.wrong(field, &format!("one of {}", words.join(", ")), &other);
                None
            }
        }
    }

    /// A whole number within limits.
    pub(crate) fn integer(&mut self, field: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let value = self.take(field)?;
        match whole(&value).filter(|number| range.contains(number)) {
            Some(number) => Some(number),
            None => {
                let (least, most) = (range.start(), range.end());
                let rule = match *most {
                    i64::MAX => format!("a whole number from {least}"),
                    most => format!("a whole number from {least} to {most}"),
                };
                self.wrong(field, &rule, &value);
                None
            }
        }
    }

    /// The number of something.
    pub(crate) fn number(&mut self, field: &str) -> Option<i64> {
        self.integer(field, 1..=i64::MAX)
    }

    /// True or false.
    pub(crate) fn boolean(&mut self, field: &str) -> Option<bool> {
        let value = self.take(field)?;
        let read = truth(&value);
        if read.is_none() {
            self.wrong(field, "true or false", &value);
        }
        read
    }

    /// A time of the day, `H:i`; seconds are taken when they are zero, because answers have them. As `HH:MM`.
    pub(crate) fn clock(&mut self, field: &str) -> Option<String> {
        let value = self.take(field)?;
        let read = value.as_str().and_then(|text| clock(text.trim()));
        if read.is_none() {
            self.wrong(field, "a time of the day from 00:00 to 23:59, such as 09:00", &value);
        }
        read
    }

    /// A day `YYYY-MM-DD` in UTC, or an instant: where it begins and where it is over.
    pub(crate) fn day(&mut self, field: &str) -> Option<(Timestamp, Timestamp)> {
        let value = self.take(field)?;
        let read = value.as_str().and_then(|text| day(text.trim()));
        if read.is_none() {
            self.wrong(field, "a day such as 2026-03-02", &value);
        }
        read
    }

    /// Some of a few words, each once.
    pub(crate) fn words(&mut self, field: &str, words: &[&str]) -> Option<Vec<String>> {
        self.distinct(field, &format!("a list of one or more of {}, each once", words.join(", ")), |value| {
            value.as_str().filter(|text| words.contains(text)).map(str::to_owned)
        })
    }

    /// Numbers, each once.
    pub(crate) fn numbers(&mut self, field: &str) -> Option<Vec<i64>> {
        self.distinct(field, "a list of whole numbers, each once", |value| whole(value).filter(|number| *number > 0))
    }

    fn distinct<T: PartialEq>(
        &mut self,
        field: &str,
        rule: &str,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Option<Vec<T>> {
        let value = self.take(field)?;
        let items = value.as_array().filter(|items| !items.is_empty());
        let read: Option<Vec<T>> = items.and_then(|items| items.iter().map(read).collect());
        let once = |list: &Vec<T>| list.iter().enumerate().all(|(index, item)| !list[..index].contains(item));
        let list = read.filter(once);
        if list.is_none() {
            self.wrong(field, rule, &value);
        }
        list
    }

    /// A phone, as people write it where a country is known.
    pub(crate) fn phone(&mut self, field: &str, region: Option<Region>) -> Option<Phone> {
        let text = self.text(field, 64)?;
        match phones::read(&text, region, field) {
            Ok(phone) => Some(phone),
            Err(fault) => {
                self.refuse(field, format!("The {} field is no phone number: {}.", self.label(field), fault.message));
                None
            }
        }
    }

    /// Named data: an object, or a list of objects that are one together.
    pub(crate) fn variables(&mut self, field: &str) -> Option<Variables> {
        let mut variables = Variables::new();
        let value = self.take(field)?;
        let mut faults = Vec::new();
        let parts = match &value {
            Value::Array(parts) => parts.iter().collect(),
            other => vec![other],
        };
        for part in parts {
            let Value::Object(part) = part else {
                self.wrong(field, "an object of names and values", &value);
                return None;
            };
            for (name, value) in part {
                match Named::from_json(value) {
                    Ok(value) => variables.set(name, value),
                    Err(_) => faults.push((format!("{field}.{name}"), value)),
                }
            }
        }
        for (field, value) in faults {
            self.wrong(&field, "a text, a number of at most 15 digits, true, false or null", value);
        }
        Some(variables)
    }

    /// A list of at most so many objects, each read by itself.
    pub(crate) fn each<T>(&mut self, field: &str, most: usize, mut read: impl FnMut(&mut Self) -> Option<T>) -> Vec<T> {
        let Some(value) = self.take(field) else { return Vec::new() };
        let items: Option<Vec<&Map<String, Value>>> =
            value.as_array().and_then(|items| items.iter().map(Value::as_object).collect());
        let Some(items) = items.filter(|items| items.len() <= most) else {
            self.wrong(field, &format!("a list of at most {most} objects"), &value);
            return Vec::new();
        };
        let mut made = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let place = format!("{}{field}.{index}.", self.place);
            let mut one = Self { sent: item.clone(), place, faults: Vec::new() };
            made.extend(read(&mut one));
            self.faults.append(&mut one.faults);
        }
        made
    }
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// How much of what was sent is worth repeating.
const SHOWN: usize = 60;

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64().or_else(|| {
            let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9e15)?;
            Some(float as i64)
        }),
        Value::String(text) => {
            let text = text.trim();
            let digits = text.strip_prefix('-').unwrap_or(text);
            if digits.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
        }
        _ => None,
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        other => match whole(other)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        },
    }
}

fn clock(text: &str) -> Option<String> {
    let minutes = text.strip_suffix(":00").filter(|rest| rest.len() == 5).unwrap_or(text);
    let (hour, minute) = minutes.split_once(':')?;
    let two = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    let within = |text: &str, most: u32| two(text) && text.parse::<u32>().is_ok_and(|number| number <= most);
    (within(hour, 23) && within(minute, 59)).then(|| minutes.to_owned())
}

fn day(text: &str) -> Option<(Timestamp, Timestamp)> {
    if text.len() == 10 {
        let begins: Timestamp = format!("{text}T00:00:00Z").parse().ok()?;
        return Some((begins, begins + DAY_MS));
    }
    let at: Timestamp = text.parse().ok()?;
    Some((at, at + 1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn given(fields: Value) -> Given {
        let Value::Object(fields) = fields else { panic!() };
        Given::new(fields)
    }

    fn told(given: Given) -> String {
        given.finish().unwrap_err().text()
    }

    #[test]
    fn numbers_and_booleans_come_in_more_than_one_spelling() {
        for (sent, read) in [(json!(5), Some(5)), (json!("5"), Some(5)), (json!(5.0), Some(5)), (json!(" 5 "), Some(5))]
        {
            assert_eq!(given(json!({"n": sent})).integer("n", 1..=9), read, "{sent}");
        }
        for wrong in
            [json!(0), json!(10), json!(5.5), json!("five"), json!(true), json!([5]), json!("--5"), json!(1e300)]
        {
            let mut fields = given(json!({"n": wrong}));
            assert_eq!(fields.integer("n", 1..=9), None, "{wrong}");
            assert!(told(fields).contains("whole number from 1 to 9"));
        }
        for (sent, read) in
            [(json!(true), true), (json!(0), false), (json!("1"), true), (json!("0"), false), (json!(false), false)]
        {
            assert_eq!(given(json!({"b": sent})).boolean("b"), Some(read), "{sent}");
        }
        for wrong in [json!("yes"), json!(2), json!({}), json!("true")] {
            let mut fields = given(json!({"b": wrong}));
            assert_eq!((fields.boolean("b"), fields.finish().is_err()), (None, true), "{wrong}");
        }
    }

    #[test]
    fn null_and_an_empty_text_were_not_sent() {
        let mut fields = given(json!({"a": null, "b": "", "c": "  ", "d": 0}));
        assert_eq!((fields.text("a", 9), fields.integer("b", 1..=2), fields.boolean("c")), (None, None, None));
        fields.require(&["a", "b", "d"]);
        let expected = r#"{"message":"The a field is required.","errors":{"a":["The a field is required."],"b":["The b field is required."]}}"#;
        assert_eq!(told(fields), expected);
    }

    #[test]
    fn times_and_days() {
        for (sent, read) in [("09:00", Some("09:00")), ("23:59", Some("23:59")), ("09:30:00", Some("09:30"))] {
            assert_eq!(given(json!({"t": sent})).clock("t").as_deref(), read, "{sent}");
        }
        for wrong in ["9:00", "24:00", "12:60", "09:00:30", "0900", "09:00:00:00", "ab:cd", "+9:00", "é9:00"] {
            assert_eq!(given(json!({"t": wrong})).clock("t"), None, "{wrong}");
        }
        let read = given(json!({"d": "2026-03-02"})).day("d").unwrap();
        assert_eq!((read.0.to_string().as_str(), read.1.since(read.0)), ("2026-03-02T00:00:00Z", DAY_MS));
        assert!(given(json!({"d": "2026-03-02T10:00:00+01:00"})).day("d").is_some());
        for wrong in ["2026-13-02", "02.03.2026", "yesterday", "2026-3-2"] {
            assert_eq!(given(json!({"d": wrong})).day("d"), None, "{wrong}");
        }
    }

    #[test]
    fn lists_have_their_items_once() {
        assert_eq!(given(json!({"w": ["b", "a"]})).words("w", &["a", "b"]), Some(vec!["b".into(), "a".into()]));
        for wrong in [json!([]), json!(["a", "a"]), json!(["c"]), json!("a"), json!([1])] {
            assert_eq!(given(json!({"w": wrong})).words("w", &["a", "b"]), None, "{wrong}");
        }
        assert_eq!(given(json!({"n": [1, "2"]})).numbers("n"), Some(vec![1, 2]));
        assert_eq!(given(json!({"n": [1, "1"]})).numbers("n"), None);
    }

    #[test]
    fn variables_are_an_object_or_a_list_of_them_and_hold_plain_values() {
        let read = given(json!({"v": [{"a": 1}, {"b": "x", "a": null}]})).variables("v").unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), json!({"a": null, "b": "x"}));
        assert_eq!(given(json!({"v": []})).variables("v"), Some(Variables::new()));
        let mut fields = given(json!({"v": {"deep": {"x": 1}, "long": 9_007_199_254_740_993_i64, "fine": 1}}));
        fields.variables("v");
        let told = told(fields);
        assert!(told.contains("v.deep") && told.contains("v.long") && !told.contains("v.fine"), "{told}");
        for wrong in [json!("a"), json!([1]), json!(7)] {
            let mut fields = given(json!({"v": wrong}));
            assert_eq!((fields.variables("v"), fields.finish().is_err()), (None, true), "{wrong}");
        }
    }

    #[test]
    fn objects_in_a_list_tell_their_place() {
        let mut fields = given(json!({"c": [{"p": "1"}, {"p": 1}, {}]}));
        let read = fields.each("c", 3, |one| {
            one.require(&["p"]);
            one.text("p", 5)
        });
        assert_eq!(read, ["1"]);
        let told = told(fields);
        assert!(told.contains("c.1.p") && told.contains("The c.2.p field is required."), "{told}");
        let mut fields = given(json!({"c": [{}, {}]}));
        assert_eq!(fields.each("c", 1, |_| Some(())).len(), 0);
        assert!(fields.finish().unwrap_err().text().contains("at most 1 objects"));
    }
}
