//! What a tenant may set, with the defaults of `campanile.toml` (a test keeps the two together).

use campanile_plugin_sdk::url;
use serde::Deserialize;

/// See the titles in `campanile.toml`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub account_sid: String,
    pub api_base: String,
    pub machine_detection: MachineDetection,
    pub detection_delays_call: bool,
    pub calls_per_second: f32,
    pub variables_in_url: bool,
    pub webhook_secret: WebhookSecret,
}

/// How the provider finds out whether a machine answered; its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum MachineDetection {
    #[serde(rename = "off")]
    Off,
    Enable,
    DetectMessageEnd,
}

impl MachineDetection {
    /// The word that the API takes; none where it is not asked for.
    pub const fn word(self) -> Option<&'static str> {
        match self {
            Self::Off => None,
            Self::Enable => Some("Enable"),
            Self::DetectMessageEnd => Some("DetectMessageEnd"),
        }
    }
}

/// What webhooks are signed with, by the name of the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookSecret {
    AuthToken,
    SigningKey,
}

impl WebhookSecret {
    /// The secret's name in the manifest.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AuthToken => "auth_token",
            Self::SigningKey => "signing_key",
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            account_sid: String::new(),
            api_base: "https://api.twilio.com".into(),
            machine_detection: MachineDetection::Off,
            detection_delays_call: false,
            calls_per_second: 1.0,
            variables_in_url: false,
            webhook_secret: WebhookSecret::AuthToken,
        }
    }
}

impl Settings {
    /// The address of something that belongs to the account; `path` begins with `/` or `.`.
    pub fn account(&self, path: &str) -> String {
        let base = self.api_base.trim_end_matches('/');
        format!("{base}/2010-04-01/Accounts/{}{path}", url::encode(&self.account_sid))
    }

    /// The address of a call.
    pub fn call(&self, sid: &str) -> String {
        self.account(&format!("/Calls/{}.json", url::encode(sid)))
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// An account for tests.
    pub fn account() -> Settings {
        Settings { account_sid: "AC00000000000000000000000000000001".into(), ..Settings::default() }
    }

    #[test]
    fn the_defaults_are_those_of_the_manifest() {
        let manifest: toml::Table = toml::from_str(include_str!("../campanile.toml")).unwrap();
        let properties = manifest["settings"]["properties"].as_table().unwrap();
        let defaults: serde_json::Map<_, _> = properties
            .iter()
            .filter_map(|(name, property)| {
                Some((name.clone(), serde_json::to_value(property.get("default")?).unwrap()))
            })
            .collect();
        assert_eq!(defaults.len(), properties.len() - 1, "only the account has no default");
        let read: Settings = serde_json::from_value(defaults.into()).unwrap();
        assert_eq!(read, Settings::default());
    }

    #[test]
    fn every_choice_of_the_manifest_is_one_here() {
        let manifest: toml::Table = toml::from_str(include_str!("../campanile.toml")).unwrap();
        for name in ["machine_detection", "webhook_secret"] {
            for choice in manifest["settings"]["properties"][name]["enum"].as_array().unwrap() {
                let settings = serde_json::json!({name: choice.as_str().unwrap()});
                assert!(serde_json::from_value::<Settings>(settings).is_ok(), "{name} {choice:?}");
            }
        }
        for secret in [WebhookSecret::AuthToken, WebhookSecret::SigningKey] {
            assert!(manifest["secrets"].get(secret.name()).is_some());
        }
    }

    #[test]
    fn addresses_are_those_of_the_account_wherever_the_api_is() {
        let twilio = account();
        let root = "https://api.twilio.com/2010-04-01/Accounts/AC00000000000000000000000000000001";
        assert_eq!(twilio.account(".json"), format!("{root}.json"));
        assert_eq!(twilio.call("CA1/../x"), format!("{root}/Calls/CA1%2F..%2Fx.json"));
        let other =
            Settings { api_base: "https://acme.signalwire.com/api/laml/".into(), account_sid: "p-1".into(), ..twilio };
        assert_eq!(
            other.account("/Calls.json"),
            "https://acme.signalwire.com/api/laml/2010-04-01/Accounts/p-1/Calls.json"
        );
    }
}
