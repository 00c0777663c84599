//! What a plugin says about itself: `campanile.toml`, carried in the component.
//!
//! Read without running anything, so that a person can see what a plugin is and wants before it is granted anything. The
//! text travels unchanged in a custom section; this is the only reader.

use campanile_domain::policy::PolicyRef;
use serde::Deserialize;

/// The custom section that carries the text.
pub const SECTION: &str = "campanile:manifest";

/// What a plugin is for; one per world of the contract that this version serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Decides what happens to a lead after a call.
    RetryPolicy,
    /// The host's own interpreter of scripts.
    ScriptRunner,
}

impl Kind {
    /// The word in manifests, which is the world's name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::RetryPolicy => "retry-policy",
            Self::ScriptRunner => "script-runner",
        }
    }
}

/// A plugin's description of itself.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// `[a-z][a-z0-9-]{2,48}`.
    pub name: String,
    /// Three numbers, as in semantic versioning.
    pub version: String,
    /// Which world it answers.
    pub kind: Kind,
    /// One sentence for lists.
    pub summary: String,
    /// JSON Schema of its settings; absent when it has none.
    #[serde(default)]
    pub settings: Option<serde_json::Value>,
}

/// A manifest that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// The component carries none.
    #[error(
        "the component carries no manifest; build it with `campanile plugin build`, which puts campanile.toml into the \
         section {SECTION:?}"
    )]
    Missing,
    /// Not the TOML that a manifest is.
    #[error("campanile.toml cannot be read: {0}")]
    Unreadable(String),
    /// The name breaks the rule.
    #[error("{0:?} is not a plugin name; use 3 to 49 lower-case letters, digits and hyphens, beginning with a letter")]
    Name(String),
    /// The version breaks the rule.
    #[error("{0:?} is not a version; write three numbers, for example 1.0.0")]
    Version(String),
    /// The settings' schema uses something that forms and checks do not know.
    #[error("the settings' schema cannot be used: {0}")]
    Settings(String),
}

impl Manifest {
    /// Reads the text of `campanile.toml`.
    ///
    /// # Errors
    /// It is not a manifest.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self = toml::from_str(text).map_err(|error| ManifestError::Unreadable(error.to_string()))?;
        if manifest.name.parse::<PolicyRef>().is_err() || manifest.name.contains('@') {
            return Err(ManifestError::Name(manifest.name));
        }
        if !is_version(&manifest.version) {
            return Err(ManifestError::Version(manifest.version));
        }
        if let Some(schema) = &manifest.settings {
            crate::schema::check_schema(schema).map_err(ManifestError::Settings)?;
        }
        Ok(manifest)
    }

    /// Finds and reads the manifest that a component carries.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn of_component(component: &[u8]) -> Result<Self, ManifestError> {
        let mut depth = 0_u32;
        for payload in wasmparser::Parser::new(0).parse_all(component) {
            match payload.map_err(|error| ManifestError::Unreadable(error.to_string()))? {
                wasmparser::Payload::ModuleSection { .. } | wasmparser::Payload::ComponentSection { .. } => depth += 1,
                wasmparser::Payload::End(_) => depth = depth.saturating_sub(1),
                wasmparser::Payload::CustomSection(section) if depth == 0 && section.name() == SECTION => {
                    let text = std::str::from_utf8(section.data())
                        .map_err(|error| ManifestError::Unreadable(error.to_string()))?;
                    return Self::parse(text);
                }
                _ => {}
            }
        }
        Err(ManifestError::Missing)
    }
}

fn is_version(text: &str) -> bool {
    let number = |part: &str| {
        !part.is_empty()
            && part.len() <= 9
            && part.bytes().all(|byte| byte.is_ascii_digit())
            && (part == "0" || !part.starts_with('0'))
    };
    let parts: Vec<_> = text.split('.').collect();
    parts.len() == 3 && parts.into_iter().all(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(name: &str, version: &str) -> Result<Manifest, ManifestError> {
        Manifest::parse(&format!("name = {name:?}\nversion = {version:?}\nkind = \"retry-policy\"\nsummary = \"s\""))
    }

    #[test]
    fn names_and_versions_keep_their_rules() {
        assert!(manifest("patient-retry", "0.1.0").is_ok());
        assert!(matches!(manifest("Patient", "0.1.0"), Err(ManifestError::Name(_))));
        assert!(matches!(manifest("patient@1", "0.1.0"), Err(ManifestError::Name(_))));
        assert!(matches!(manifest("patient-retry", "1.0"), Err(ManifestError::Version(_))));
        assert!(matches!(manifest("patient-retry", "01.0.0"), Err(ManifestError::Version(_))));
    }

    #[test]
    fn an_unknown_kind_names_those_there_are() {
        let error =
            Manifest::parse("name = \"abc\"\nversion = \"1.0.0\"\nkind = \"retry\"\nsummary = \"s\"").unwrap_err();
        assert!(error.to_string().contains("retry-policy"), "{error}");
    }
}
