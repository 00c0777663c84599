//! Secrets in memory: used by the host, never printed, wiped when dropped.
//!
//! No type here serialises, and none shows what it holds: a secret that reaches a log or a record is a bug of whoever
//! went round this file.

use std::collections::BTreeMap;

pub use secrecy::{ExposeSecret, SecretString};

/// The secrets of one installed instance, by the names of the manifest.
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<String, SecretString>);

impl Secrets {
    /// Puts one in.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), SecretString::from(value.into()));
    }

    /// The secret of that name.
    pub fn get(&self, name: &str) -> Option<&SecretString> {
        self.0.get(name)
    }

    /// Those whose name passes.
    #[must_use]
    pub fn only(mut self, passes: impl Fn(&str) -> bool) -> Self {
        self.0.retain(|name, _| passes(name));
        self
    }

    /// The names, for forms and reports.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// `text` with every secret of at least four characters replaced by `[secret NAME]`: for whatever a provider or a
    /// guest may have echoed before it is kept or shown.
    pub fn blank(&self, text: &str) -> String {
        let worth = |value: &SecretString| value.expose_secret().len() >= 4;
        // The longest first: a secret may be the beginning of another, whose end would be left.
        let mut worthy: Vec<_> = self.0.iter().filter(|(_, value)| worth(value)).collect();
        worthy.sort_by_key(|(_, value)| std::cmp::Reverse(value.expose_secret().len()));
        worthy.into_iter().fold(text.to_owned(), |text, (name, value)| {
            if text.contains(value.expose_secret()) {
                text.replace(value.expose_secret(), &format!("[secret {name}]"))
            } else {
                text
            }
        })
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Secrets {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut secrets = Self::default();
        pairs.into_iter().for_each(|(name, value)| secrets.insert(name, value));
        secrets
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_named_and_never_shown() {
        let secrets: Secrets = [("auth_token", "s3cr3t-value"), ("pin", "12")].into_iter().collect();
        assert_eq!(format!("{secrets:?}"), r#"{"auth_token", "pin"}"#);
        assert_eq!(secrets.blank("token s3cr3t-value, pin 12"), "token [secret auth_token], pin 12");
        assert!(secrets.get("auth_token").is_some() && secrets.get("other").is_none());
        let granted = secrets.only(|name| name == "pin");
        assert!(granted.get("auth_token").is_none() && granted.get("pin").is_some());
        let nested: Secrets = [("a", "abcd"), ("b", "abcd1234")].into_iter().collect();
        assert_eq!(nested.blank("abcd1234 abcd"), "[secret b] [secret a]");
    }
}
