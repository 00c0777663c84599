//! Plugins and scripts in the store: versions, grants, what they used and how they failed.
//!
//! A version is immutable and comes whole or not at all: its bytes are kept first, apart and by their digest, and the
//! version's row last. Listing never reads bytes. The states are the domain's ([`VersionState`]); the store moves a
//! version only along them and keeps who activated what, so that a rollback knows where to go.

use async_trait::async_trait;
use serde::Serialize;

use super::{Stored, WriteContext};
use crate::ids::{PluginId, TenantKey};
use crate::plugin::VersionState;
use crate::plugin::grants::Ask;
use crate::plugin::manifest::Manifest;
use crate::plugin::report::Report;
use crate::time::{DAY_MS, Timestamp};

/// One immutable version of a plugin or a script, without its bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PluginVersion {
    /// Outside.
    pub id: PluginId,
    /// `[a-z][a-z0-9-]{2,48}`.
    pub name: String,
    /// A plugin's three numbers, a script's count from 1.
    pub version: String,
    /// `script`, or the word of the plugin's kind.
    pub kind: String,
    /// SHA-256 of the bytes, in hexadecimal.
    pub sha256: String,
    /// How many there are.
    pub bytes: u64,
    /// Where it is in its life.
    pub state: VersionState,
    /// It is the one that `name@active` follows: `state` is active.
    pub active: bool,
    /// What a plugin says about itself; scripts say nothing.
    pub manifest: Option<Manifest>,
    /// What the gates made of it so far, its manifest left out (it is beside); scripts have none.
    pub report: Option<Report>,
    /// When it came.
    pub created_at: Timestamp,
    /// When its state last changed.
    pub changed_at: Timestamp,
    /// When it was last activated.
    pub activated_at: Option<Timestamp>,
    /// Who activated it then: `operator`, `engine` or a key's id.
    pub activated_by: Option<String>,
}

/// A version that comes.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// See [`PluginVersion::name`].
    pub name: String,
    /// `None` counts on from the last: scripts.
    pub version: Option<String>,
    /// See [`PluginVersion::kind`].
    pub kind: String,
    /// A component, or a script's source.
    pub content: Vec<u8>,
    /// What admission made of it. With one the version begins as compiling, without (scripts) as staged.
    pub report: Option<Report>,
}

/// What became of [`Plugins::add_plugin_version`].
#[derive(Clone, Debug, PartialEq)]
pub struct VersionAdded {
    /// The version.
    pub version: PluginVersion,
    /// It was not there before.
    pub is_new: bool,
}

/// One thing that a tenant lets a plugin have.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Grant {
    /// What.
    #[serde(flatten)]
    pub ask: Ask,
    /// Who gave it: `operator`, `engine` or a key's id.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What one version used in one day. Batches are added up; the peak is the largest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PluginUsage {
    /// Whose.
    #[serde(skip)]
    pub tenant: TenantKey,
    /// Which plugin.
    #[serde(skip)]
    pub name: String,
    /// Which version.
    pub version: String,
    /// The day in UTC, counted from 1970.
    pub day: i64,
    /// Calls of its functions.
    pub calls: u64,
    /// Those that failed.
    pub failures: u64,
    /// Fuel, for the kinds that run on it.
    pub fuel: u64,
    /// Processor time, in microseconds.
    pub cpu_us: u64,
    /// The largest linear memory of a call, in bytes.
    pub memory_bytes: u64,
    /// Calls of the host's functions.
    pub host_calls: u64,
    /// Requests that left the host.
    pub http_requests: u64,
    /// Bytes of those requests.
    pub http_bytes_out: u64,
    /// Bytes of their answers.
    pub http_bytes_in: u64,
}

impl PluginUsage {
    /// Nothing used yet by a version on the day of an instant.
    pub fn nothing(tenant: TenantKey, name: impl Into<String>, version: impl Into<String>, at: Timestamp) -> Self {
        let (name, version) = (name.into(), version.into());
        Self {
            tenant,
            name,
            version,
            day: at.millis().div_euclid(DAY_MS),
            calls: 0,
            failures: 0,
            fuel: 0,
            cpu_us: 0,
            memory_bytes: 0,
            host_calls: 0,
            http_requests: 0,
            http_bytes_out: 0,
            http_bytes_in: 0,
        }
    }
}

/// A call of a plugin that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PluginFailure {
    /// Which plugin.
    #[serde(skip)]
    pub name: String,
    /// Which version.
    pub version: String,
    /// Stable: `plugin_trapped`.
    pub code: String,
    /// What happened, with file and line where the guest told them. Secrets are blanked by whoever reports.
    pub message: String,
    /// When.
    pub at: Timestamp,
}

/// The most failures that are kept of one version; older ones go.
pub const KEPT_FAILURES: usize = 100;

/// Versions of plugins and scripts.
#[async_trait]
pub trait Plugins: Send + Sync {
    /// Keeps a version. The same number with the same bytes is the same version; with other bytes `Conflict`, also
    /// while the first one is still being compiled. A rejected version frees its number: whatever comes under it next,
    /// the same bytes too, is a new version that begins anew. A name belongs to one kind.
    ///
    /// The bytes are written in pieces between which others write; the version is there at the end or not at all.
    /// `NoRoom` when the account's allowance has no room for it; then nothing of it is kept.
    async fn add_plugin_version(&self, ctx: &WriteContext, new: NewVersion) -> Stored<VersionAdded>;
    /// The next step of the gates: testing, staged or rejected, with the report so far. `Conflict` when the version may
    /// not become that; staged and rejected are events.
    async fn advance_plugin(
        &self,
        ctx: &WriteContext,
        id: PluginId,
        next: VersionState,
        report: Report,
    ) -> Stored<PluginVersion>;
    /// `name@active` follows this version from now on and the one before is retired. `Conflict` when it did not pass the
    /// gates, or while it asks for something that was not granted.
    async fn activate_plugin(&self, ctx: &WriteContext, name: &str, version: &str) -> Stored<PluginVersion>;
    /// Which version a rollback would activate; `Conflict` when there was none before.
    async fn rollback_target(&self, tenant: TenantKey, name: &str) -> Stored<PluginVersion>;
    /// Activates the version that was active before the last one; again, the one before that.
    async fn rollback_plugin(&self, ctx: &WriteContext, name: &str) -> Stored<PluginVersion>;
    /// Not wanted any more. `Conflict` while a gateway or a campaign that is not completed uses it.
    async fn retire_plugin(&self, ctx: &WriteContext, name: &str, version: &str) -> Stored<PluginVersion>;

    /// Drops a version that nobody uses, with its bytes, to make room: staged, retired or rejected. `Conflict` in any other
    /// state, or while a gateway or a campaign that is not completed is pinned to it.
    async fn delete_plugin(&self, ctx: &WriteContext, name: &str, version: &str) -> Stored<PluginVersion>;

    /// Versions by name and age: of one tenant or of all, of one name or of all.
    async fn plugin_versions(
        &self,
        tenant: Option<TenantKey>,
        name: Option<&str>,
    ) -> Stored<Vec<(TenantKey, PluginVersion)>>;
    /// One.
    async fn plugin_version(&self, tenant: TenantKey, name: &str, version: &str) -> Stored<PluginVersion>;
    /// Its bytes, held against its digest. Reads up to 48 MiB.
    async fn plugin_content(&self, tenant: TenantKey, id: PluginId) -> Stored<Vec<u8>>;
    /// Every tenant's versions that are compiling or testing: what a host that died left behind. Oldest first.
    async fn unfinished_plugins(&self) -> Stored<Vec<(TenantKey, PluginVersion)>>;

    /// Lets a plugin have things; what it has already stays as it is.
    async fn grant(&self, ctx: &WriteContext, name: &str, asks: Vec<Ask>) -> Stored<Vec<Grant>>;
    /// Takes them away, whatever an auth block looks like now. An active version goes on without them.
    async fn revoke_grant(&self, ctx: &WriteContext, name: &str, asks: Vec<Ask>) -> Stored<Vec<Grant>>;
    /// What a plugin may have, by kind and name.
    async fn grants(&self, tenant: TenantKey, name: &str) -> Stored<Vec<Grant>>;

    /// Adds to the counters, of any tenants.
    async fn add_plugin_usage(&self, rows: Vec<PluginUsage>) -> Stored<()>;
    /// By day, the latest first, and by version.
    async fn plugin_usage(&self, tenant: TenantKey, name: &str) -> Stored<Vec<PluginUsage>>;
    /// Keeps failures of the tenant's plugins, the last [`KEPT_FAILURES`] of each version, with one event per version
    /// and code.
    async fn add_plugin_failures(&self, ctx: &WriteContext, failures: Vec<PluginFailure>) -> Stored<()>;
    /// The latest first.
    async fn plugin_failures(&self, tenant: TenantKey, name: &str) -> Stored<Vec<PluginFailure>>;
}
