//! What a plugin says about itself, read without running anything, and checked whole.
//!
//! Everything a person must see before granting is in here: settings, secrets, hosts, auth blocks. A manifest that names
//! a secret or a setting which it does not declare is refused, because the tenant could never fill it in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::auth::{AuthBlock, Credential};
use super::hosts::HostPattern;
use super::{Kind, endpoint, is_name};

/// A plugin's description of itself: `campanile.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// See [`is_name`].
    pub name: String,
    /// Three numbers, as in semantic versioning.
    pub version: String,
    /// Which world it answers.
    pub kind: Kind,
    /// One sentence for lists.
    pub summary: String,
    /// JSON Schema of its settings; absent when it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<Value>,
    /// What it needs and never sees, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, SecretSpec>,
    /// Where it wants to send requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<HostPattern>,
    /// How its requests are authorised, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub auth: BTreeMap<String, AuthBlock>,
}

/// One secret that an instance is to be given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecretSpec {
    /// For the form.
    pub title: String,
    /// Where to find it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// It may be left out.
    #[serde(default)]
    pub optional: bool,
}

/// What is wrong with a manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestFault {
    /// The name breaks the rule.
    #[error("{0:?} is not a plugin name; use 3 to 49 lower-case letters, digits and hyphens, beginning with a letter")]
    Name(String),
    /// The version breaks the rule.
    #[error("{0:?} is not a version; write three numbers, for example 1.0.0")]
    Version(String),
    /// A setting, secret, host or block is named that the manifest does not declare.
    #[error("{place} names the {what} {name:?}, which the manifest does not declare; {hint}")]
    Undeclared {
        /// Where.
        place: String,
        /// `secret`, `setting` or `host`.
        what: &'static str,
        /// Which.
        name: String,
        /// What to add.
        hint: String,
    },
    /// Something that this kind may not ask for.
    #[error("a {kind} asks for {what}, which it is never given; remove it from campanile.toml")]
    NotForKind {
        /// The kind.
        kind: Kind,
        /// What it asks for.
        what: &'static str,
    },
    /// An auth block that cannot work.
    #[error("auth.{block}: {why}")]
    Auth {
        /// Which block.
        block: String,
        /// Why not.
        why: String,
    },
}

impl Manifest {
    /// Everything wrong with it, apart from the settings' schema (which whoever checks settings checks).
    pub fn faults(&self) -> Vec<ManifestFault> {
        let mut faults = Vec::new();
        if !is_name(&self.name) {
            faults.push(ManifestFault::Name(self.name.clone()));
        }
        if !is_version(&self.version) {
            faults.push(ManifestFault::Version(self.version.clone()));
        }
        if !self.kind.reaches_out() {
            let asks = [
                ("hosts", self.hosts.is_empty()),
                ("secrets", self.secrets.is_empty()),
                ("auth", self.auth.is_empty()),
            ];
            let asked = asks.into_iter().filter(|(_, none)| !none);
            faults.extend(asked.map(|(what, _)| ManifestFault::NotForKind { kind: self.kind, what }));
        }
        for host in &self.hosts {
            self.check_host("hosts", host, &mut faults);
        }
        for (name, block) in &self.auth {
            self.check_block(name, block, &mut faults);
        }
        faults
    }

    fn has_setting(&self, name: &str) -> bool {
        let properties = self.settings.as_ref().and_then(|schema| schema.get("properties"));
        properties.and_then(|properties| properties.get(name)).is_some()
    }

    fn check_host(&self, place: &str, host: &HostPattern, faults: &mut Vec<ManifestFault>) {
        if let HostPattern::Setting(name) = host
            && !self.has_setting(name)
        {
            faults.push(ManifestFault::Undeclared {
                place: place.to_owned(),
                what: "setting",
                name: name.clone(),
                hint: format!("add [settings.properties.{name}]"),
            });
        }
    }

    fn check_block(&self, block: &str, auth: &AuthBlock, faults: &mut Vec<ManifestFault>) {
        let place = format!("auth.{block}");
        for credential in auth.credentials() {
            let (what, name, declared, hint) = match &credential {
                Credential::Secret(name) => {
                    ("secret", name, self.secrets.contains_key(name), format!("add [secrets.{name}]"))
                }
                Credential::Setting(name) => {
                    ("setting", name, self.has_setting(name), format!("add [settings.properties.{name}]"))
                }
                Credential::Text(_) => continue,
            };
            if !declared {
                faults.push(ManifestFault::Undeclared { place: place.clone(), what, name: name.clone(), hint });
            }
        }
        for host in &auth.hosts {
            if self.hosts.contains(host) {
                self.check_host(&place, host, faults);
            } else {
                faults.push(ManifestFault::Undeclared {
                    place: place.clone(),
                    what: "host",
                    name: host.to_string(),
                    hint: "add it to hosts".to_owned(),
                });
            }
        }
        for (field, url) in auth.endpoints() {
            self.check_endpoint(block, field, url, faults);
        }
    }

    fn check_endpoint(&self, block: &str, field: &str, url: &str, faults: &mut Vec<ManifestFault>) {
        let mut wrong = |why| faults.push(ManifestFault::Auth { block: block.to_owned(), why });
        if !url.starts_with("https://") {
            return wrong(format!("{field} is {url:?}; it must begin with https://"));
        }
        let names = match endpoint::settings_of(url) {
            Ok(names) => names,
            Err(bad) => return wrong(format!("{field}: {bad}")),
        };
        let missing = names.into_iter().filter(|name| !self.has_setting(name));
        faults.extend(missing.map(|name| ManifestFault::Undeclared {
            place: format!("auth.{block}"),
            what: "setting",
            name: name.to_owned(),
            hint: format!("add [settings.properties.{name}]"),
        }));
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

    fn read(text: &str) -> Manifest {
        toml::from_str(text).unwrap()
    }

    fn texts(manifest: &Manifest) -> Vec<String> {
        manifest.faults().iter().map(ToString::to_string).collect()
    }

    const GOOD: &str = r#"
        name = "acme-voice"
        version = "1.0.0"
        kind = "voice-gateway"
        summary = "Calls through Acme."
        hosts = ["api.acme.example", "{base_url}"]
        [settings.properties.account]
        type = "string"
        [settings.properties.base_url]
        type = "string"
        [secrets.token]
        title = "Token"
        [auth.account]
        style = "basic"
        hosts = ["api.acme.example"]
        username = { setting = "account" }
        password = { secret = "token" }
        [auth.service]
        style = "jwt-bearer"
        token_url = "https://login.acme.example/token"
        issuer = { setting = "account" }
        key = "token"
    "#;

    #[test]
    fn a_manifest_with_every_part_is_read() {
        let manifest = read(GOOD);
        assert_eq!(texts(&manifest), Vec::<String>::new());
        assert_eq!(manifest.hosts[1], HostPattern::Setting("base_url".into()));
        assert_eq!(manifest.auth["account"].hosts.len(), 1);
    }

    #[test]
    fn names_and_versions_keep_their_rules() {
        let with = |from: &str, to: &str| texts(&read(&GOOD.replace(from, to)));
        assert!(with("acme-voice", "Acme")[0].contains("plugin name"));
        assert!(with("acme-voice", "acme@1")[0].contains("plugin name"));
        assert!(with("1.0.0", "1.0")[0].contains("three numbers"));
        assert!(with("1.0.0", "01.0.0")[0].contains("three numbers"));
    }

    #[test]
    fn what_is_named_must_be_declared_and_every_gap_is_told() {
        let gaps =
            texts(&read(&GOOD.replace("[secrets.token]", "[secrets.other]").replace("\"{base_url}\"", "\"{url}\"")));
        assert_eq!(gaps.len(), 3, "{gaps:?}");
        assert!(gaps[0].contains("setting \"url\""));
        assert!(gaps[1].contains("secret \"token\"") && gaps[1].contains("[secrets.token]"));
        let elsewhere = texts(&read(&GOOD.replace("hosts = [\"api.acme.example\"]", "hosts = [\"evil.example\"]")));
        assert!(elsewhere[0].contains("host \"evil.example\""), "{elsewhere:?}");
    }

    #[test]
    fn a_policy_is_given_no_way_out() {
        let gaps = texts(&read(&GOOD.replace("voice-gateway", "retry-policy")));
        assert_eq!(gaps.iter().filter(|gap| gap.contains("never given")).count(), 3, "{gaps:?}");
    }

    #[test]
    fn tokens_are_fetched_over_tls() {
        let plain = texts(&read(&GOOD.replace("https://login", "http://login")));
        assert!(plain[0].contains("https://"), "{plain:?}");
    }

    #[test]
    fn an_address_may_name_settings_of_the_host_and_no_others() {
        let with = |url: &str| texts(&read(&GOOD.replace("https://login.acme.example/token", url)));
        assert_eq!(with("https://{base_url}/oauth/token"), Vec::<String>::new());
        assert_eq!(with("https://{account}.acme.example/oauth/token"), Vec::<String>::new());
        let undeclared = with("https://{region}.acme.example/token");
        assert!(undeclared[0].contains("setting \"region\""), "{undeclared:?}");
        let smuggled = with("https://login.acme.example/{account}");
        assert!(smuggled[0].contains("auth.service: token_url"), "{smuggled:?}");
    }
}
