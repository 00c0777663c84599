//! The instance's settings as the plugin's own type.
//!
//! The host has checked them against the manifest's schema before the plugin runs, so a failure here means that schema
//! and Rust type disagree; it is reported as that, naming the field, instead of as the tenant's mistake.

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::types::PluginError;

/// For plugins without settings; accepts whatever is configured.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSettings;

impl<'de> Deserialize<'de> for NoSettings {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

fn raw() -> String {
    #[cfg(target_arch = "wasm32")]
    return crate::bindings::campanile::plugin::config::get();
    #[cfg(not(target_arch = "wasm32"))]
    crate::fake::with(|host| host.settings.clone())
}

/// Reads the settings; code `settings_do_not_fit` when they are not what the type says.
pub fn read<S: DeserializeOwned>() -> Result<S, PluginError> {
    serde_json::from_str(&raw()).map_err(|error| {
        let message = format!(
            "the settings passed the manifest's schema but not the plugin's own type: {error}. The plugin's schema \
             and code disagree; tell its author"
        );
        PluginError::new("settings_do_not_fit", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Debug)]
    struct Waits {
        minutes: u32,
    }

    #[test]
    fn settings_arrive_typed() {
        crate::fake::install(crate::fake::Host::default().settings(r#"{"minutes": 5}"#));
        assert_eq!(read::<Waits>().unwrap().minutes, 5);
        assert!(read::<NoSettings>().is_ok());
    }

    #[test]
    fn a_schema_that_lets_the_wrong_type_through_is_named() {
        crate::fake::install(crate::fake::Host::default().settings(r#"{"minutes": "five"}"#));
        let error = read::<Waits>().unwrap_err();
        assert_eq!(error.code, "settings_do_not_fit");
        assert!(error.message.contains("u32"), "{}", error.message);
    }
}
