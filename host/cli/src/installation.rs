//! From what the store has of an installed plugin to what the sandbox asks.
//!
//! The one place where secrets, grants, the manifest and connections come together: what was taken back is gone for the
//! plugin although it lies in the store, and only what the version in force asks for is lent.

use std::sync::Arc;

use campanile_domain::ids::TenantKey;
use campanile_domain::plugin::PluginRef;
use campanile_domain::plugin::failure::PluginFailure;
use campanile_domain::plugin::grants::Ask;
use campanile_domain::plugin::instance::PluginAnswer;
use campanile_domain::plugin::manifest::Manifest;
use campanile_domain::ports::clock::WallClock;
use campanile_domain::ports::outbound::{Outbound, Principal};
use campanile_domain::ports::policy::Usage;
use campanile_domain::ports::store::{ConnectionStatus, PluginVersion, SecretOwner, Store, StoreError};
use campanile_sandbox::{Installation, Sandbox};
use serde_json::Value;

/// What instances of plugins run in and leave through.
#[derive(Clone)]
pub struct Plugged {
    /// Runs them.
    pub sandbox: Sandbox,
    /// How their requests leave.
    pub outbound: Arc<dyn Outbound>,
    /// What their clock shows.
    pub clock: Arc<dyn WallClock>,
    /// Calls live on a clock that is faster than the sun's.
    pub faster_clock: bool,
}

/// What an instance is asked with.
///
/// # Errors
/// There is no usable version, or the store failed.
pub async fn installation(
    store: &dyn Store,
    plugged: &Plugged,
    (tenant, owner): (TenantKey, SecretOwner),
    plugin: &PluginRef,
    settings: &Value,
) -> Result<Installation, String> {
    let readable = |error: StoreError| error.to_string();
    let secrets = store.secrets(tenant, owner.clone()).await.map_err(readable)?;
    let granted = store.grants(tenant, &plugin.name).await.map_err(readable)?;
    // What was taken back is gone for the plugin, although it lies in the store.
    let is_granted =
        |secret: &str| granted.iter().any(|grant| matches!(&grant.ask, Ask::Secret { name } if name == secret));
    let secrets = secrets.only(is_granted);
    let manifest = manifest(store, tenant, plugin).await?;
    let (hosts, auth) = manifest.allowed(granted.iter().map(|grant| &grant.ask));
    let connections = store.connections(tenant).await.map_err(readable)?;
    let authorised = connections
        .into_iter()
        .filter(|one| one.plugin == plugin.name && one.status == ConnectionStatus::Authorised)
        .map(|one| (one.auth, one.id));
    let principal = Principal {
        tenant,
        instance: owner.to_string(),
        hosts,
        auth,
        settings: Arc::new(settings.clone()),
        secrets: Arc::new(secrets),
        connections: authorised.collect(),
    };
    Ok(Installation {
        plugin: plugin.clone(),
        principal: Arc::new(principal),
        outbound: Arc::clone(&plugged.outbound),
        clock: Arc::clone(&plugged.clock),
    })
}

/// The manifest of the version that a reference means now.
///
/// # Errors
/// There is no usable version, or the store failed.
pub async fn manifest(store: &dyn Store, tenant: TenantKey, plugin: &PluginRef) -> Result<Manifest, String> {
    let versions = store.plugin_versions(Some(tenant), Some(&plugin.name)).await;
    let versions = versions.map_err(|error| error.to_string())?;
    let meant = |version: &PluginVersion| match &plugin.version {
        Some(number) => version.version == *number && version.state.is_usable(),
        None => version.active,
    };
    let found = versions.into_iter().map(|(_, version)| version).find(meant);
    found.and_then(|version| version.manifest).ok_or_else(|| format!("there is no usable version of {plugin}"))
}

/// The answer of an instance that cannot be asked, and why.
pub fn not_asked<T>(failure: PluginFailure) -> PluginAnswer<T> {
    PluginAnswer { version: String::new(), answer: Err(failure), kept: None, usage: Usage::default(), log: Vec::new() }
}
