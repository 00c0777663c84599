//! Plugins: what a tenant uploads, in the words that everybody but the sandbox needs.
//!
//! The sandbox alone reads and runs components. What a plugin says about itself ([`manifest`]), what it may use
//! ([`limits`]), how one of its versions lives ([`VersionState`]) and what admission made of it ([`report`]) are plain
//! data here, so that the store keeps them, the API shows them and the command line prints them from one definition.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub mod allowance;
pub mod auth;
pub mod endpoint;
pub mod failure;
pub mod grants;
pub mod hosts;
pub mod instance;
pub mod limits;
pub mod manifest;
pub mod report;
pub mod secrets;
pub mod setback;

/// What a plugin is for; one per world of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Brings leads in from another system.
    LeadImporter,
    /// Decides what happens to a lead after a call.
    RetryPolicy,
    /// Reads variables out of a finished call.
    CallEvaluator,
    /// Places calls with a voice provider.
    VoiceGateway,
    /// Writes what happened back to the system that the leads came from.
    ResultSink,
    /// The host's own interpreter of scripts; never an upload.
    ScriptRunner,
}

impl Kind {
    /// Every kind that a tenant may upload.
    pub const UPLOADABLE: [Self; 5] =
        [Self::LeadImporter, Self::RetryPolicy, Self::CallEvaluator, Self::VoiceGateway, Self::ResultSink];

    /// The word in manifests, which is the world's name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::LeadImporter => "lead-importer",
            Self::RetryPolicy => "retry-policy",
            Self::CallEvaluator => "call-evaluator",
            Self::VoiceGateway => "voice-gateway",
            Self::ResultSink => "result-sink",
            Self::ScriptRunner => "script-runner",
        }
    }

    /// Whether it may ask for hosts, secrets and auth blocks: whoever is lent `http`.
    pub const fn reaches_out(self) -> bool {
        !matches!(self, Self::RetryPolicy | Self::ScriptRunner)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Where one version of a plugin is in its life. A version's bytes never change; only this does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionState {
    /// Entered by an upload that was admitted; left when the compiler is done or gave up. A host that died meanwhile
    /// begins it again.
    Compiling,
    /// Entered when the artefact is kept; left when the conformance cases ran. A host that died meanwhile begins it again.
    Testing,
    /// Passed everything; waits for somebody to activate it.
    Staged,
    /// The one that `name@active` follows; left when another version is activated.
    Active,
    /// Was active, or is not wanted any more. Pins still find it; it can be activated again (that is a rollback).
    Retired,
    /// Final: refused by the compiler or by conformance, with the report.
    Rejected,
}

impl VersionState {
    /// The word in the store and in the API.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Compiling => "compiling",
            Self::Testing => "testing",
            Self::Staged => "staged",
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Rejected => "rejected",
        }
    }

    /// Whether a version may go from this state to that one.
    pub const fn may_become(self, next: Self) -> bool {
        use VersionState::{Active, Compiling, Rejected, Retired, Staged, Testing};
        matches!(
            (self, next),
            (Compiling, Testing | Rejected)
                | (Testing, Staged | Rejected)
                | (Staged, Active | Retired)
                | (Active, Retired)
                | (Retired, Active)
        )
    }

    /// Whether a reference to the version finds it: only what passed everything decides or dials.
    pub const fn is_usable(self) -> bool {
        matches!(self, Self::Staged | Self::Active | Self::Retired)
    }
}

impl FromStr for VersionState {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        [Self::Compiling, Self::Testing, Self::Staged, Self::Active, Self::Retired, Self::Rejected]
            .into_iter()
            .find(|state| state.word() == text)
            .ok_or_else(|| format!("{text:?} is no state of a plugin's version"))
    }
}

/// Whether a text can name a plugin or a script: `[a-z][a-z0-9-]{2,48}`.
pub fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_ascii_lowercase())
        && (3..=49).contains(&text.len())
        && letters.all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-')
}

/// Which plugin or script, and which version of it: `goal-retry`, `goal-retry@active`, `goal-retry@2`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PluginRef {
    /// See [`is_name`].
    pub name: String,
    /// `None` follows the active version.
    pub version: Option<String>,
}

/// A text that names no plugin.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} names no plugin; write the name of a plugin or script, optionally with a version: goal-retry, goal-retry@2 or goal-retry@active"
)]
pub struct NotAPlugin(pub String);

impl FromStr for PluginRef {
    type Err = NotAPlugin;
    fn from_str(text: &str) -> Result<Self, NotAPlugin> {
        let (name, version) = match text.split_once('@') {
            Some((name, "active")) => (name, None),
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        let versioned = version.is_none_or(|version| {
            !version.is_empty()
                && version.len() <= 64
                && version.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-+".contains(letter))
        });
        if is_name(name) && versioned {
            Ok(Self { name: name.to_owned(), version: version.map(str::to_owned) })
        } else {
            Err(NotAPlugin(text.to_owned()))
        }
    }
}

impl fmt::Display for PluginRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.name, self.version.as_deref().unwrap_or("active"))
    }
}

impl Serialize for PluginRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PluginRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plugin_is_named_with_or_without_a_version() {
        let pinned: PluginRef = "goal-retry@1.2.0".parse().unwrap();
        assert_eq!((pinned.name.as_str(), pinned.version.as_deref()), ("goal-retry", Some("1.2.0")));
        let active: PluginRef = "goal-retry".parse().unwrap();
        assert_eq!(active.to_string(), "goal-retry@active");
        for bad in ["", "x", "Goal", "goal retry", "goal-retry@", "9lives"] {
            assert!(bad.parse::<PluginRef>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_version_that_was_rejected_stays_rejected_and_only_one_that_passed_is_used() {
        use VersionState::{Active, Compiling, Rejected, Retired, Staged, Testing};
        let all = [Compiling, Testing, Staged, Active, Retired, Rejected];
        for next in all {
            assert!(!Rejected.may_become(next), "{next:?}");
            assert!(!next.may_become(Compiling), "{next:?}");
        }
        for state in all {
            assert_eq!(state.word().parse::<VersionState>(), Ok(state));
            assert!(!state.may_become(Active) || state.is_usable(), "{state:?}");
        }
        assert!(Retired.may_become(Active), "a rollback");
    }
}
