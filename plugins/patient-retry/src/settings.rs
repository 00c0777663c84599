//! What a campaign may set, with the defaults of `campanile.toml` (a test keeps the two together).

use serde::Deserialize;

/// See the titles in `campanile.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub first_wait_minutes: u32,
    pub growth: f64,
    pub longest_wait_hours: u32,
    pub busy_minutes: u32,
    pub busy_in_a_row: usize,
    pub voicemails: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            first_wait_minutes: 60,
            growth: 2.0,
            longest_wait_hours: 48,
            busy_minutes: 15,
            busy_in_a_row: 3,
            voicemails: 2,
        }
    }
}

impl Settings {
    /// How long to wait after a round (counted from 1), in milliseconds.
    pub fn wait_ms(&self, round: u32) -> i64 {
        let earlier = i32::try_from(round.saturating_sub(1)).unwrap_or(i32::MAX);
        let longest = f64::from(self.longest_wait_hours) * 3_600_000.0;
        let wait = f64::from(self.first_wait_minutes) * 60_000.0 * self.growth.powi(earlier);
        wait.min(longest) as i64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_those_of_the_manifest() {
        let manifest: toml::Table = toml::from_str(include_str!("../campanile.toml")).unwrap();
        let properties = manifest["settings"]["properties"].as_table().unwrap();
        let defaults: serde_json::Map<_, _> = properties
            .iter()
            .map(|(name, property)| (name.clone(), serde_json::to_value(&property["default"]).unwrap()))
            .collect();
        let read: Settings = serde_json::from_value(defaults.into()).unwrap();
        assert_eq!(read, Settings::default());
    }

    #[test]
    fn waits_stay_within_the_longest_for_any_round() {
        let settings = Settings { growth: 10.0, ..Settings::default() };
        assert_eq!(settings.wait_ms(0), 3_600_000);
        assert_eq!(settings.wait_ms(u32::MAX), 48 * 3_600_000);
    }
}
