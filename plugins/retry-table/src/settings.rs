//! What a campaign may set, with the defaults of `campanile.toml` (a test keeps the two together).
//!
//! Texts that the schema cannot check, the times of day, stay texts here and are read by [`crate::times`], whose message
//! names the one that is wrong.

use serde::Deserialize;

/// See the titles in `campanile.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub busy: Row,
    pub unanswered: Row,
    pub voicemail: Row,
    pub answered_without_goal: Row,
    pub undetermined_goal: Row,
    pub failed: Row,
    pub contact: Order,
    pub taper: f64,
    pub longest_delay_minutes: u32,
    pub times: Vec<String>,
    pub times_in_turn: bool,
    pub skip_weekdays: Vec<Weekday>,
    pub stop_variable: String,
    pub priority: Option<i32>,
    pub beyond_campaign_rounds: bool,
}

/// One row of the table.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Row {
    pub delays_minutes: Vec<u32>,
    pub repeat_last: bool,
    pub at_most: usize,
    pub then: Then,
    pub contact: Order,
}

/// What comes when a row is used up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    Complete,
    GiveUp,
    #[default]
    Builtin,
}

/// Whom to call next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    /// In a row: what is set for all rows. There, the same as `AsCampaign`.
    #[default]
    AsTable,
    AsCampaign,
    Same,
    NextFirst,
    Rotate,
    Primary,
}

/// A day of the week, Monday first as the calendar counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    Monday = 1,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            busy: Row::default(),
            unanswered: Row::default(),
            voicemail: Row::default(),
            answered_without_goal: Row::default(),
            undetermined_goal: Row::default(),
            failed: Row::default(),
            contact: Order::AsCampaign,
            taper: 1.0,
            longest_delay_minutes: 20_160,
            times: Vec::new(),
            times_in_turn: false,
            skip_weekdays: Vec::new(),
            stop_variable: String::new(),
            priority: None,
            beyond_campaign_rounds: false,
        }
    }
}

impl Default for Row {
    fn default() -> Self {
        Self { delays_minutes: Vec::new(), repeat_last: true, at_most: 0, then: Then::Builtin, contact: Order::AsTable }
    }
}

impl Settings {
    /// The wait that a row has for its `nth` time (from 1), in minutes; `None` when its delays are used.
    pub fn delay_minutes(&self, row: &Row, nth: usize) -> Option<u32> {
        let listed = row.delays_minutes.len();
        let delay = match row.delays_minutes.get(nth.saturating_sub(1)) {
            Some(delay) => f64::from(*delay),
            None if row.repeat_last => {
                let repeated = i32::try_from(nth - listed).unwrap_or(i32::MAX);
                f64::from(*row.delays_minutes.last()?) * self.taper.powi(repeated)
            }
            None => return None,
        };
        Some(delay.min(f64::from(self.longest_delay_minutes)) as u32)
    }

    /// Whom a row calls next; never `AsTable`.
    pub fn order(&self, row: &Row) -> Order {
        match (row.contact, self.contact) {
            (Order::AsTable, Order::AsTable) => Order::AsCampaign,
            (Order::AsTable, all) => all,
            (own, _) => own,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> serde_json::Value {
        toml::from_str(include_str!("../campanile.toml")).unwrap()
    }

    /// The defaults of a group: its own properties' and those of the groups in it.
    fn defaults(group: &serde_json::Value) -> serde_json::Value {
        let properties = group["properties"].as_object().unwrap().iter();
        let known =
            properties.filter_map(|(name, property)| match (property.get("default"), property["type"].as_str()) {
                (Some(default), _) => Some((name.clone(), default.clone())),
                (None, Some("object")) => Some((name.clone(), defaults(property))),
                (None, _) => None,
            });
        serde_json::Value::Object(known.collect())
    }

    #[test]
    fn the_defaults_are_those_of_the_manifest_and_those_of_nothing_set() {
        let read: Settings = serde_json::from_value(defaults(&manifest()["settings"])).unwrap();
        assert_eq!(read, Settings::default());
        assert_eq!(serde_json::from_str::<Settings>("{}").unwrap(), Settings::default());
    }

    #[test]
    fn rows_differ_in_their_titles_alone_and_everything_is_explained() {
        let settings = &manifest()["settings"]["properties"];
        let (first, names) = (
            &settings["busy"]["properties"],
            ["unanswered", "voicemail", "answered_without_goal", "undetermined_goal", "failed"],
        );
        assert!(names.iter().all(|name| settings[name]["properties"] == *first));
        let all = settings.as_object().unwrap().iter().chain(first.as_object().unwrap());
        for (name, property) in all {
            assert!(property["title"].is_string() && property["description"].is_string(), "{name}");
            let without = ["priority"].contains(&name.as_str()) || property["type"] == "object";
            assert_eq!(property.get("default").is_none(), without, "{name}");
        }
    }

    #[test]
    fn every_choice_of_the_manifest_is_one_of_the_code() {
        let settings = &manifest()["settings"]["properties"];
        let row = &settings["busy"]["properties"];
        let read = |setting: &str, choices: &serde_json::Value| {
            for choice in choices.as_array().unwrap() {
                let given = match setting {
                    "skip_weekdays" => serde_json::json!({ setting: [choice] }),
                    "then" | "row" => {
                        serde_json::json!({ "busy": { if setting == "row" { "contact" } else { "then" }: choice } })
                    }
                    _ => serde_json::json!({ setting: choice }),
                };
                assert!(serde_json::from_value::<Settings>(given.clone()).is_ok(), "{given}");
            }
        };
        read("contact", &settings["contact"]["enum"]);
        read("row", &row["contact"]["enum"]);
        read("then", &row["then"]["enum"]);
        read("skip_weekdays", &settings["skip_weekdays"]["items"]["enum"]);
    }

    #[test]
    fn the_readme_sets_what_there_is() {
        let readme = include_str!("../README.md");
        let quoted = readme.split("```json").nth(1).unwrap().split("```").next().unwrap();
        let body: serde_json::Value = serde_json::from_str(quoted).unwrap();
        assert!(serde_json::from_value::<Settings>(body["policy_settings"].clone()).is_ok(), "{quoted}");
        let settings = &manifest()["settings"]["properties"];
        for name in
            settings.as_object().unwrap().keys().chain(settings["busy"]["properties"].as_object().unwrap().keys())
        {
            assert!(readme.contains(&format!("`{name}`")), "the README does not name {name}");
        }
    }

    #[test]
    fn a_repeated_delay_grows_by_the_taper_up_to_the_longest() {
        let row = Row { delays_minutes: vec![10, 60], ..Row::default() };
        let settings = Settings { taper: 2.0, longest_delay_minutes: 300, ..Settings::default() };
        let waits: Vec<_> = (0..7).map(|nth| settings.delay_minutes(&row, nth).unwrap()).collect();
        assert_eq!(waits, [10, 10, 60, 120, 240, 300, 300]);
        assert_eq!(settings.delay_minutes(&row, usize::MAX), Some(300));
        let once = Row { repeat_last: false, ..row };
        assert_eq!((settings.delay_minutes(&once, 2), settings.delay_minutes(&once, 3)), (Some(60), None));
        assert_eq!(settings.delay_minutes(&Row::default(), 1), None);
        let steady = Settings { longest_delay_minutes: 30, ..Settings::default() };
        assert_eq!(steady.delay_minutes(&once, 2), Some(30));
    }
}
