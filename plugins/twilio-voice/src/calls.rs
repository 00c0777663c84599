//! The calls of the account, as the API has them.

use campanile_plugin_sdk::dates::rfc2822;
use campanile_plugin_sdk::http::Request;
use campanile_plugin_sdk::types::{PluginError, Timestamp};
use serde::Deserialize;

use crate::loose;
use crate::settings::Settings;

/// The auth block of the manifest.
pub const AUTH: &str = "account";

/// A call. Dates are RFC 2822, what is not known yet is not there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Call {
    pub sid: String,
    pub status: String,
    pub direction: Option<String>,
    #[serde(deserialize_with = "loose::text")]
    pub answered_by: Option<String>,
    pub date_created: Option<String>,
    pub date_updated: Option<String>,
    pub start_time: Option<String>,
    pub end_time: Option<String>,
    /// Seconds from the answer to the end.
    #[serde(deserialize_with = "loose::text")]
    pub duration: Option<String>,
    /// Negative: a charge.
    #[serde(deserialize_with = "loose::text")]
    pub price: Option<String>,
    #[serde(deserialize_with = "loose::text")]
    pub price_unit: Option<String>,
    /// How long it waited at the provider before it was dialled, in milliseconds.
    #[serde(deserialize_with = "loose::text")]
    pub queue_time: Option<String>,
}

fn instant(date: Option<&String>) -> Option<Timestamp> {
    date.and_then(|date| rfc2822(date))
}

impl Call {
    /// When the provider took it.
    pub fn created_at(&self) -> Option<Timestamp> {
        instant(self.date_created.as_ref()).or_else(|| instant(self.start_time.as_ref()))
    }

    /// When it last changed.
    pub fn changed_at(&self) -> Option<Timestamp> {
        [&self.end_time, &self.date_updated, &self.start_time, &self.date_created]
            .into_iter()
            .find_map(|date| instant(date.as_ref()))
    }

    /// Whether it is one that was asked for through the API.
    pub fn is_ours(&self) -> bool {
        self.direction
            .as_deref()
            .is_none_or(|direction| direction.starts_with("outbound") && direction != "outbound-dial")
    }
}

/// One call by its id.
pub fn get(sid: &str, settings: &Settings) -> Result<Call, PluginError> {
    Request::get(settings.call(sid)).auth(AUTH).send()?.ok()?.json()
}

#[cfg(test)]
mod tests {
    use super::*;
    use campanile_plugin_sdk::fake::utc;

    #[test]
    fn numbers_and_nulls_are_read_as_they_come() {
        let call: Call = serde_json::from_str(
            r#"{"sid": "CA1", "status": "completed", "duration": 12, "price": -0.0085, "price_unit": "USD",
                "answered_by": null, "queue_time": "0", "start_time": "Tue, 02 Jun 2026 07:30:15 +0000",
                "end_time": null, "uri": "/x", "date_created": ""}"#,
        )
        .unwrap();
        assert_eq!((call.duration.as_deref(), call.price.as_deref()), (Some("12"), Some("-0.0085")));
        assert_eq!((call.answered_by.clone(), call.queue_time.as_deref()), (None, Some("0")));
        assert_eq!(call.created_at(), Some(utc(2026, 6, 2, 7, 30) + 15_000));
        assert_eq!(call.changed_at(), call.created_at());
    }

    #[test]
    fn only_calls_of_the_api_are_ours() {
        let is_ours =
            |direction: Option<&str>| Call { direction: direction.map(str::to_owned), ..Call::default() }.is_ours();
        assert!(is_ours(None) && is_ours(Some("outbound-api")) && is_ours(Some("outbound")));
        assert!(!is_ours(Some("inbound")) && !is_ours(Some("outbound-dial")));
    }
}
