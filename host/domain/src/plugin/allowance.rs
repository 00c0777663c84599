//! What one account may use of plugins, where that is less than everybody may.
//!
//! The operator lowers; nothing here raises anything, because pools, threads and the fairness between accounts are sized for
//! the kinds' own limits. What is left out is the default, so that an account without an allowance follows the defaults of
//! the release it runs on. An account and its test twin have the same allowance; what is stored counts for both together,
//! so that a twin is no second cupboard.

use serde::{Deserialize, Serialize};

use super::Kind;
use super::limits::{COMPONENT_BYTES, Cpu, HttpLimits, Limits};
use crate::campaign::FieldError;

/// Plugins and scripts by name.
pub const PLUGINS: u32 = 100;
/// Versions of all of them, whatever their state.
pub const VERSIONS: u32 = 1_000;
/// Bytes of all versions.
pub const STORED_BYTES: u64 = 1 << 30;
/// Uploads on their way through the gates.
pub const UNFINISHED_UPLOADS: u32 = 16;
/// Calls of guests under way at one time, of policies and of the other kinds each; more wait for their turn.
pub const CONCURRENT_CALLS: u32 = 16;

/// What one call of a kind may use, where that is less than [`Limits`] says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct KindAllowance {
    /// Linear memory, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Units of fuel, for policies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fuel: Option<u64>,
    /// Processor time in milliseconds, for the other kinds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_ms: Option<u32>,
    /// From beginning to end in milliseconds, for the kinds that wait for something.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wall_ms: Option<u32>,
    /// Bytes of an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_bytes: Option<u64>,
    /// Requests of a call, for the kinds that reach out; 0 forbids them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_requests: Option<u32>,
    /// The longest that one request may take, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub http_request_ms: Option<u32>,
}

/// What an account may use of plugins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Allowance {
    /// See [`PLUGINS`]; 0 forbids uploads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugins: Option<u32>,
    /// See [`VERSIONS`]; 0 forbids uploads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub versions: Option<u32>,
    /// See [`STORED_BYTES`]; 0 forbids uploads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored_bytes: Option<u64>,
    /// See [`UNFINISHED_UPLOADS`]; 0 forbids uploads of components.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfinished_uploads: Option<u32>,
    /// See [`CONCURRENT_CALLS`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrent_calls: Option<u32>,
    /// Of policies and scripts.
    #[serde(skip_serializing_if = "is_default")]
    pub policy: KindAllowance,
    /// Of evaluators.
    #[serde(skip_serializing_if = "is_default")]
    pub evaluator: KindAllowance,
    /// Of importers.
    #[serde(skip_serializing_if = "is_default")]
    pub importer: KindAllowance,
    /// Of gateways.
    #[serde(skip_serializing_if = "is_default")]
    pub gateway: KindAllowance,
    /// Of sinks.
    #[serde(skip_serializing_if = "is_default")]
    pub sink: KindAllowance,
}

fn is_default(kind: &KindAllowance) -> bool {
    *kind == KindAllowance::default()
}

fn least(number: usize, most: Option<u64>) -> usize {
    most.and_then(|most| usize::try_from(most).ok()).map_or(number, |most| number.min(most))
}

impl KindAllowance {
    fn lower(&self, limits: Limits) -> Limits {
        Limits {
            memory_bytes: least(limits.memory_bytes, self.memory_bytes),
            cpu: match limits.cpu {
                Cpu::Fuel(fuel) => Cpu::Fuel(self.fuel.unwrap_or(fuel).min(fuel)),
                Cpu::Millis(millis) => Cpu::Millis(self.cpu_ms.unwrap_or(millis).min(millis)),
            },
            wall_ms: self.wall_ms.unwrap_or(limits.wall_ms).min(limits.wall_ms),
            output_bytes: least(limits.output_bytes, self.output_bytes),
            http: limits.http.map(|http| HttpLimits {
                requests: self.http_requests.unwrap_or(http.requests).min(http.requests),
                request_ms: self.http_request_ms.unwrap_or(http.request_ms).min(http.request_ms),
            }),
            ..limits
        }
    }

    /// Every value with its name, its default and the least it may be; a default of `None`: the kind has no such limit.
    fn values(&self, kind: Kind) -> [(&'static str, Option<u64>, Option<u64>, u64); 7] {
        // A component with an interpreter inside has the most memory that its kind may have.
        let most = Limits::of_component(kind, Limits::component_bytes(kind).max(COMPONENT_BYTES));
        let (fuel, cpu_ms) = match most.cpu {
            Cpu::Fuel(fuel) => (Some(fuel), None),
            Cpu::Millis(millis) => (None, Some(u64::from(millis))),
        };
        let waits = most.http.is_some();
        [
            ("memory_bytes", self.memory_bytes, Some(most.memory_bytes as u64), 1),
            ("fuel", self.fuel, fuel, 1),
            ("cpu_ms", self.cpu_ms.map(u64::from), cpu_ms, 1),
            ("wall_ms", self.wall_ms.map(u64::from), waits.then_some(u64::from(most.wall_ms)), 1),
            ("output_bytes", self.output_bytes, Some(most.output_bytes as u64), 1),
            ("http_requests", self.http_requests.map(u64::from), most.http.map(|http| http.requests.into()), 0),
            ("http_request_ms", self.http_request_ms.map(u64::from), most.http.map(|http| http.request_ms.into()), 1),
        ]
    }
}

impl Allowance {
    /// What a call of a kind may use.
    #[must_use]
    pub fn lower(&self, kind: Kind, limits: Limits) -> Limits {
        self.of(kind).lower(limits)
    }

    const fn of(&self, kind: Kind) -> &KindAllowance {
        match kind {
            Kind::RetryPolicy | Kind::ScriptRunner => &self.policy,
            Kind::CallEvaluator => &self.evaluator,
            Kind::LeadImporter => &self.importer,
            Kind::VoiceGateway => &self.gateway,
            Kind::ResultSink => &self.sink,
        }
    }

    /// Plugins and scripts by name.
    pub fn plugins(&self) -> u32 {
        self.plugins.unwrap_or(PLUGINS)
    }

    /// Versions of all of them.
    pub fn versions(&self) -> u32 {
        self.versions.unwrap_or(VERSIONS)
    }

    /// Bytes of all versions.
    pub fn stored_bytes(&self) -> u64 {
        self.stored_bytes.unwrap_or(STORED_BYTES)
    }

    /// Uploads on their way through the gates.
    pub fn unfinished_uploads(&self) -> u32 {
        self.unfinished_uploads.unwrap_or(UNFINISHED_UPLOADS)
    }

    /// Calls under way, in each engine.
    pub fn concurrent_calls(&self) -> u32 {
        self.concurrent_calls.unwrap_or(CONCURRENT_CALLS)
    }

    /// Everything that is not lower than the default, or that its kind does not have; pointers begin at the allowance.
    pub fn faults(&self) -> Vec<FieldError> {
        let account = [
            ("plugins", self.plugins.map(u64::from), Some(u64::from(PLUGINS)), 0),
            ("versions", self.versions.map(u64::from), Some(u64::from(VERSIONS)), 0),
            ("stored_bytes", self.stored_bytes, Some(STORED_BYTES), 0),
            ("unfinished_uploads", self.unfinished_uploads.map(u64::from), Some(u64::from(UNFINISHED_UPLOADS)), 0),
            ("concurrent_calls", self.concurrent_calls.map(u64::from), Some(u64::from(CONCURRENT_CALLS)), 1),
        ];
        let mut faults = account.into_iter().filter_map(|value| fault("", value)).collect::<Vec<_>>();
        let kinds = [
            ("/policy", Kind::RetryPolicy),
            ("/evaluator", Kind::CallEvaluator),
            ("/importer", Kind::LeadImporter),
            ("/gateway", Kind::VoiceGateway),
            ("/sink", Kind::ResultSink),
        ];
        for (place, kind) in kinds {
            let values = self.of(kind).values(kind);
            faults.extend(values.into_iter().filter_map(|value| fault(place, value)));
        }
        faults
    }
}

fn fault(place: &str, value: (&'static str, Option<u64>, Option<u64>, u64)) -> Option<FieldError> {
    let (name, given, default, least) = value;
    let (given, pointer) = (given?, format!("{place}/{name}"));
    match default {
        None => {
            let message = "this kind of plugin has no such limit; leave it out (see the limits in plugin-guide.md)";
            Some(FieldError::new(pointer, "not_of_this_kind", message))
        }
        Some(most) if given > most => {
            let message =
                format!("{given} is more than the default of {most}; a limit can only be lowered, null takes it back");
            Some(FieldError::new(pointer, "above_default", message))
        }
        Some(most) if given < least => {
            let message = format!("{given} would forbid every call; send {least} to {most}, or suspend the account");
            Some(FieldError::new(pointer, "range", message))
        }
        Some(_) => None,
    }
}

/// What an account has no more room for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRoom {
    /// Another name.
    Plugins,
    /// Another version.
    Versions,
    /// More bytes.
    StoredBytes,
    /// Another upload before one of those under way is through.
    UnfinishedUploads,
}

impl NoRoom {
    /// The word of the limit.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Plugins => "plugins",
            Self::Versions => "versions",
            Self::StoredBytes => "stored_bytes",
            Self::UnfinishedUploads => "unfinished_uploads",
        }
    }
}

/// What an account and its twin hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Names.
    pub plugins: u64,
    /// Versions.
    pub versions: u64,
    /// Bytes.
    pub stored_bytes: u64,
    /// Uploads at the gates.
    pub unfinished_uploads: u64,
}

impl Allowance {
    /// Whether one more version of `bytes` bytes may come: of a name that is new or not, to pass the gates or not.
    ///
    /// # Errors
    /// The first limit that it would pass, with its value.
    pub fn admits(&self, held: &Held, bytes: u64, new_name: bool, gated: bool) -> Result<(), (NoRoom, u64)> {
        let checks = [
            (
                NoRoom::UnfinishedUploads,
                held.unfinished_uploads + u64::from(gated),
                u64::from(self.unfinished_uploads()),
                gated,
            ),
            (NoRoom::Plugins, held.plugins + u64::from(new_name), u64::from(self.plugins()), new_name),
            (NoRoom::Versions, held.versions + 1, u64::from(self.versions()), true),
            (NoRoom::StoredBytes, held.stored_bytes.saturating_add(bytes), self.stored_bytes(), true),
        ];
        match checks.into_iter().find(|(_, would_hold, most, asked)| *asked && would_hold > most) {
            Some((no_room, _, most, _)) => Err((no_room, most)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Allowance {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn an_allowance_only_lowers() {
        let none = Allowance::default();
        let lowered = read(
            r#"{"policy": {"fuel": 1000000, "memory_bytes": 999999999}, "gateway": {"http_requests": 0, "cpu_ms": 5}}"#,
        );
        for kind in Kind::UPLOADABLE {
            assert_eq!(none.lower(kind, Limits::of(kind)), Limits::of(kind), "{kind}");
        }
        let policy = lowered.lower(Kind::RetryPolicy, Limits::of(Kind::RetryPolicy));
        assert_eq!((policy.cpu, policy.memory_bytes), (Cpu::Fuel(1_000_000), 32 << 20));
        assert_eq!(lowered.lower(Kind::ScriptRunner, Limits::of(Kind::ScriptRunner)).cpu, Cpu::Fuel(1_000_000));
        let gateway = lowered.lower(Kind::VoiceGateway, Limits::of(Kind::VoiceGateway));
        assert_eq!((gateway.cpu, gateway.http.map(|http| http.requests)), (Cpu::Millis(5), Some(0)));
    }

    #[test]
    fn what_is_above_the_default_or_of_another_kind_is_named_with_the_default() {
        let text = r#"{"plugins": 101, "concurrent_calls": 0, "policy": {"fuel": 20000001, "cpu_ms": 5, "wall_ms": 9},
            "evaluator": {"memory_bytes": 268435456, "fuel": 1}, "importer": {"memory_bytes": 268435457}}"#;
        let faults = read(text).faults();
        let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        let wanted = [
            ("/plugins", "above_default"),
            ("/concurrent_calls", "range"),
            ("/policy/fuel", "above_default"),
            ("/policy/cpu_ms", "not_of_this_kind"),
            ("/policy/wall_ms", "not_of_this_kind"),
            ("/evaluator/fuel", "not_of_this_kind"),
            ("/importer/memory_bytes", "above_default"),
        ];
        assert_eq!(found, wanted);
        assert!(faults[2].message.contains("20000000"), "{}", faults[2].message);
        assert!(
            read(r#"{"policy": {"fuel": 20000000}, "sink": {"http_requests": 0}, "plugins": 0}"#).faults().is_empty()
        );
    }

    #[test]
    fn what_is_left_out_is_left_out_when_it_is_written() {
        let kept = read(r#"{"policy": {"fuel": 5}}"#);
        assert_eq!(serde_json::to_string(&kept).unwrap(), r#"{"policy":{"fuel":5}}"#);
        assert_eq!(serde_json::to_string(&Allowance::default()).unwrap(), "{}");
        assert!(serde_json::from_str::<Allowance>(r#"{"policy": {"feul": 5}}"#).is_err());
    }

    #[test]
    fn the_last_that_fits_fits_and_the_next_does_not() {
        let allowance = read(r#"{"plugins": 2, "versions": 3, "stored_bytes": 100, "unfinished_uploads": 1}"#);
        let held = Held { plugins: 1, versions: 2, stored_bytes: 60, unfinished_uploads: 0 };
        assert_eq!(allowance.admits(&held, 40, true, true), Ok(()));
        assert_eq!(allowance.admits(&held, 41, true, true), Err((NoRoom::StoredBytes, 100)));
        assert_eq!(allowance.admits(&Held { plugins: 2, ..held }, 1, true, false), Err((NoRoom::Plugins, 2)));
        assert_eq!(allowance.admits(&Held { plugins: 2, ..held }, 1, false, false), Ok(()));
        assert_eq!(allowance.admits(&Held { versions: 3, ..held }, 1, false, false), Err((NoRoom::Versions, 3)));
        let busy = Held { unfinished_uploads: 1, ..held };
        assert_eq!(allowance.admits(&busy, 1, false, true), Err((NoRoom::UnfinishedUploads, 1)));
        assert_eq!(allowance.admits(&busy, 1, false, false), Ok(()), "a script passes no gates");
    }
}
