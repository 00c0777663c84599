//! Which hosts a plugin may reach, as its manifest asks and a tenant grants.
//!
//! A pattern is a host name, a wildcard for the names under one, or the setting that holds an address (`{base_url}`), for
//! plugins whose provider has a host per customer. A pattern says nothing about addresses: whatever a name resolves to is
//! checked again when the request leaves.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// One host, or a family of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HostPattern {
    /// `api.example.com`: this name and no other.
    Exact(String),
    /// `*.example.com`: every name below, not the name itself.
    Below(String),
    /// `{base_url}`: the host of the URL, or the host itself, that this setting holds.
    Setting(String),
}

/// A text that is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} names no host; write a name (api.example.com), a wildcard for at least two labels (*.example.com) or a setting that holds an address ({{base_url}})"
)]
pub struct NotAHostPattern(String);

/// Whether a text is a DNS name of at least `labels` labels, in lower case.
pub(super) fn is_dns_name(text: &str, labels: usize) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A name whose last label is a number is an address in some spelling.
    let numeric = text.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
    text.len() <= 253 && text.split('.').count() >= labels && text.split('.').all(label) && !numeric
}

impl FromStr for HostPattern {
    type Err = NotAHostPattern;
    fn from_str(text: &str) -> Result<Self, NotAHostPattern> {
        let setting = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        if let Some(name) = setting {
            let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
            return if plain { Ok(Self::Setting(name.to_owned())) } else { Err(NotAHostPattern(text.to_owned())) };
        }
        match text.strip_prefix("*.") {
            Some(below) if is_dns_name(below, 2) => Ok(Self::Below(below.to_owned())),
            None if is_dns_name(text, 2) => Ok(Self::Exact(text.to_owned())),
            _ => Err(NotAHostPattern(text.to_owned())),
        }
    }
}

/// The host that a setting's text names: of a URL, or the text itself. Lower case, without a dot at the end.
pub(super) fn host_in(text: &str) -> String {
    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.contains(':') => name,
        _ => host,
    };
    host.trim_end_matches('.').to_ascii_lowercase()
}

impl HostPattern {
    /// Whether it covers `host` (lower case, as a URL parser gives it) for an instance with these settings.
    pub fn covers(&self, host: &str, settings: &Value) -> bool {
        let host = host.trim_end_matches('.');
        match self {
            Self::Exact(name) => name == host,
            Self::Below(name) => host.strip_suffix(name).is_some_and(|front| front.len() > 1 && front.ends_with('.')),
            Self::Setting(name) => {
                settings.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty() && host_in(text) == host)
            }
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(name) => f.write_str(name),
            Self::Below(name) => write!(f, "*.{name}"),
            Self::Setting(name) => write!(f, "{{{name}}}"),
        }
    }
}

impl Serialize for HostPattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HostPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pattern(text: &str) -> HostPattern {
        text.parse().unwrap()
    }

    #[test]
    fn a_pattern_covers_what_it_says_and_nothing_near_it() {
        let none = json!({});
        assert!(pattern("api.example.com").covers("api.example.com", &none));
        assert!(pattern("api.example.com").covers("api.example.com.", &none));
        for near in ["example.com", "x.api.example.com", "api.example.com.evil.org", "apiexample.com", ""] {
            assert!(!pattern("api.example.com").covers(near, &none), "{near}");
        }
        assert!(pattern("*.example.com").covers("a.b.example.com", &none));
        for near in ["example.com", ".example.com", "notexample.com", "example.com.evil.org"] {
            assert!(!pattern("*.example.com").covers(near, &none), "{near}");
        }
    }

    #[test]
    fn a_setting_covers_the_host_it_names() {
        let settings = json!({"base_url": "https://Acme.My.Example.com:8443/api", "bare": "crm.example.com"});
        assert!(pattern("{base_url}").covers("acme.my.example.com", &settings));
        assert!(pattern("{bare}").covers("crm.example.com", &settings));
        assert!(!pattern("{base_url}").covers("example.com", &settings));
        assert!(!pattern("{other}").covers("acme.my.example.com", &settings));
        let sly = json!({"base_url": "https://api.example.com@evil.org/"});
        assert!(!pattern("{base_url}").covers("api.example.com", &sly));
    }

    #[test]
    fn what_names_no_host_or_too_many_is_refused() {
        for bad in [
            "",
            "*",
            "*.com",
            "com",
            "*com",
            "a.*.com",
            "https://a.com",
            "a.com/x",
            "a.com:80",
            "A.com",
            "127.0.0.1",
            "10.1",
            "[::1]",
            "{}",
            "{a b}",
            "a..com",
            "-a.com",
            "localhost",
        ] {
            assert!(bad.parse::<HostPattern>().is_err(), "{bad}");
        }
        assert_eq!(pattern("*.example.com").to_string(), "*.example.com");
    }
}
