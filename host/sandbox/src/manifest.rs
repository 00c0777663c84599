//! Where the manifest travels: `campanile.toml` as a custom section of the component.
//!
//! Read without running anything, so that a person can see what a plugin is and wants before it is granted anything. The
//! text travels unchanged; this is the only reader of it, and the domain says what it must be.

use campanile_domain::plugin::manifest::{Manifest, ManifestFault};

/// The custom section that carries the text.
pub const SECTION: &str = "campanile:manifest";

/// A manifest that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// The component carries none.
    #[error("the component carries no manifest in the section {SECTION:?}")]
    Missing,
    /// Not the TOML that a manifest is.
    #[error("campanile.toml cannot be read: {0}")]
    Unreadable(String),
    /// It breaks a rule.
    #[error("campanile.toml: {0}")]
    Fault(#[from] ManifestFault),
    /// The settings' schema uses something that forms and checks do not know.
    #[error("campanile.toml: the settings' schema cannot be used: {0}")]
    Settings(String),
}

/// Reads the text of `campanile.toml`.
///
/// # Errors
/// Everything wrong with it; what cannot be read at all is one error.
pub fn parse(text: &str) -> Result<Manifest, Vec<ManifestError>> {
    let manifest: Manifest =
        toml::from_str(text).map_err(|error| vec![ManifestError::Unreadable(error.to_string())])?;
    let mut faults: Vec<ManifestError> = manifest.faults().into_iter().map(ManifestError::from).collect();
    let schema = manifest.settings.as_ref().map(crate::schema::check_schema);
    faults.extend(schema.and_then(Result::err).map(ManifestError::Settings));
    if faults.is_empty() { Ok(manifest) } else { Err(faults) }
}

/// Finds and reads the manifest that a component carries.
///
/// # Errors
/// There is none, or everything wrong with it.
pub fn of_component(component: &[u8]) -> Result<Manifest, Vec<ManifestError>> {
    let unreadable = |error: String| vec![ManifestError::Unreadable(error)];
    let mut depth = 0_u32;
    for payload in wasmparser::Parser::new(0).parse_all(component) {
        match payload.map_err(|error| unreadable(error.to_string()))? {
            wasmparser::Payload::ModuleSection { .. } | wasmparser::Payload::ComponentSection { .. } => depth += 1,
            wasmparser::Payload::End(_) => depth = depth.saturating_sub(1),
            wasmparser::Payload::CustomSection(section) if depth == 0 && section.name() == SECTION => {
                let text = std::str::from_utf8(section.data()).map_err(|error| unreadable(error.to_string()))?;
                return parse(text);
            }
            _ => {}
        }
    }
    Err(vec![ManifestError::Missing])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_kind_names_those_there_are() {
        let errors = parse("name = \"abc\"\nversion = \"1.0.0\"\nkind = \"retry\"\nsummary = \"s\"").unwrap_err();
        assert!(errors[0].to_string().contains("retry-policy"), "{errors:?}");
    }

    #[test]
    fn everything_wrong_is_told_at_once() {
        let text =
            "name = \"A\"\nversion = \"1\"\nkind = \"retry-policy\"\nsummary = \"s\"\nsettings = { type = \"list\" }";
        let told: Vec<_> = parse(text).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 3, "{told:?}");
    }
}
