//! What a tenant lets a plugin have, against what its manifest asks for.
//!
//! A manifest only asks. Hosts, secrets and auth blocks are given by a person, per plugin and not per version, so that a
//! new version which asks for nothing new needs nobody; one that asks for more is not activated before somebody saw the
//! difference. A block is granted as it was written: the same name with another token address or another secret in it is
//! another block. Pure: who keeps grants is the store.

use serde::{Deserialize, Serialize};

use super::auth::AuthBlock;
use super::hosts::HostPattern;
use super::manifest::Manifest;

/// One thing that a manifest asks for and a tenant grants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Ask {
    /// To send requests there.
    Host {
        /// Where.
        host: HostPattern,
    },
    /// To be lent a secret, which it never sees.
    Secret {
        /// Its name.
        name: String,
    },
    /// To have credentials added to its requests.
    Auth {
        /// The block's name.
        name: String,
        /// The block, as it was shown to whoever granted it.
        block: AuthBlock,
    },
}

impl Ask {
    /// `host`, `secret` or `auth`.
    pub const fn what(&self) -> &'static str {
        match self {
            Self::Host { .. } => "host",
            Self::Secret { .. } => "secret",
            Self::Auth { .. } => "auth",
        }
    }

    /// The host, or the name of the secret or block.
    pub fn item(&self) -> String {
        match self {
            Self::Host { host } => host.to_string(),
            Self::Secret { name } | Self::Auth { name, .. } => name.clone(),
        }
    }
}

impl std::fmt::Display for Ask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.what(), self.item())
    }
}

impl Manifest {
    /// Everything that it asks for, hosts first.
    pub fn asks(&self) -> Vec<Ask> {
        let hosts = self.hosts.iter().map(|host| Ask::Host { host: host.clone() });
        let secrets = self.secrets.keys().map(|name| Ask::Secret { name: name.clone() });
        let blocks = self.auth.iter().map(|(name, block)| Ask::Auth { name: name.clone(), block: block.clone() });
        hosts.chain(secrets).chain(blocks).collect()
    }

    /// What it asks for beyond what was granted: the diff that a person has to see.
    pub fn missing<'a>(&self, granted: impl IntoIterator<Item = &'a Ask> + Clone) -> Vec<Ask> {
        self.asks().into_iter().filter(|ask| !granted.clone().into_iter().any(|given| given == ask)).collect()
    }

    /// The part of its hosts and blocks that was granted: what requests may use.
    pub fn allowed<'a>(
        &self,
        granted: impl IntoIterator<Item = &'a Ask> + Clone,
    ) -> (Vec<HostPattern>, Vec<(String, AuthBlock)>) {
        let (mut hosts, mut blocks) = (Vec::new(), Vec::new());
        for ask in self.asks() {
            match ask {
                _ if !granted.clone().into_iter().any(|given| *given == ask) => {}
                Ask::Host { host } => hosts.push(host),
                Ask::Auth { name, block } => blocks.push((name, block)),
                Ask::Secret { .. } => {}
            }
        }
        (hosts, blocks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
        name = "acme-voice"
        version = "1.0.0"
        kind = "voice-gateway"
        summary = "Calls through Acme."
        hosts = ["api.acme.example"]
        [secrets.token]
        title = "Token"
        [auth.account]
        style = "bearer"
        token = { secret = "token" }
    "#;

    fn read(text: &str) -> Manifest {
        toml::from_str(text).unwrap()
    }

    fn told(asks: &[Ask]) -> Vec<String> {
        asks.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn nothing_is_granted_by_asking() {
        let manifest = read(MANIFEST);
        assert_eq!(told(&manifest.missing(&[])), ["host api.acme.example", "secret token", "auth account"]);
        assert_eq!(manifest.allowed(&[]), (Vec::new(), Vec::new()));
        let all = manifest.asks();
        assert_eq!(manifest.missing(&all), []);
        let (hosts, blocks) = manifest.allowed(&all);
        assert_eq!((hosts.len(), blocks.len()), (1, 1));
    }

    #[test]
    fn a_version_that_asks_for_more_is_told_apart_by_what_is_new() {
        let granted = read(MANIFEST).asks();
        let same = read(&MANIFEST.replace("1.0.0", "1.1.0"));
        assert_eq!(same.missing(&granted), []);
        let more = read(&MANIFEST.replace("[\"api", "[\"evil.example\", \"api"));
        assert_eq!(told(&more.missing(&granted)), ["host evil.example"]);
        let moved = read(&MANIFEST.replace("style = \"bearer\"", "style = \"bearer\"\nhosts = [\"api.acme.example\"]"));
        assert_eq!(told(&moved.missing(&granted)), ["auth account"], "the same name is not the same block");
    }
}
