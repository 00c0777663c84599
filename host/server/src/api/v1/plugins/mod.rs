//! Plugins: components that an account uploads, and what it lets them have.
//!
//! An upload is admitted or refused at once and goes through the other gates in the background; a person grants what the
//! manifest asks for and activates. Paths that name a version or a name also find scripts, whose life is the same but for
//! the gates.

pub(crate) mod activate;
pub(crate) mod delete;
pub(crate) mod failures;
pub(crate) mod get;
pub(crate) mod grant;
pub(crate) mod list;
pub(crate) mod list_grants;
mod ready;
pub(crate) mod replay;
pub(crate) mod retire;
pub(crate) mod revoke_grant;
pub(crate) mod rollback;
pub(crate) mod run;
pub(crate) mod secrets;
pub(crate) mod upload;
pub(crate) mod usage;
pub(crate) mod version;

use campanile_domain::ids::TenantKey;
use campanile_domain::ports::store::PluginVersion;

pub(crate) use ready::must_be_granted;

use crate::app::App;
use crate::problem::Problem;

/// The versions of a name, oldest first; 404 when there is none.
pub(crate) async fn versions_of(app: &App, tenant: TenantKey, name: &str) -> Result<Vec<PluginVersion>, Problem> {
    let versions = app.store.plugin_versions(Some(tenant), Some(name)).await?;
    if versions.is_empty() {
        Err(Problem::not_found("plugin"))
    } else {
        Ok(versions.into_iter().map(|(_, one)| one).collect())
    }
}

/// Tells everybody that a version came into force.
pub(crate) async fn in_force(app: &App, tenant: TenantKey, version: &PluginVersion) {
    app.plugins.changed(tenant, version).await;
    app.engine.policy_changed(tenant);
}
